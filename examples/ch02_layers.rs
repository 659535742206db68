//! Section 2: one HTTP request on the wire, as messages in messages: HTTP in a TCP segment in an IP packet in an Ethernet frame. What
//! each byte is, and how much of the whole the layers take for themselves.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use wirelab::capture::LinkType;
use wirelab::http::Request;
use wirelab::http1::wire::RequestHead;
use wirelab::sansio::Instant;
use wirelab::sim::internet::{HostNode, host_at};
use wirelab::tcpip::{EtherType, Frame, Ipv4Packet, MacAddress, PseudoHeader, Segment, tcp};
use wirelab::wire::render::{Style, terminal};
use wirelab::wire::{Decode, Encode, Reader, WireError, explain};
use wirelab_examples::{Args, Checks, Outcome, Table, TwoHosts, Web, get, write_packets};

const ABOUT: &str = "One HTTP request as nested bytes: HTTP, TCP, IP, Ethernet (section 2).
Look at which layer knows which address, and at the share of each layer.";

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
/// Locally administered, as the second lowest bit of the first byte says: no manufacturer has them.
const CLIENT_CARD: MacAddress = MacAddress([2, 0, 0, 0, 0, 1]);
const SERVER_CARD: MacAddress = MacAddress([2, 0, 0, 0, 0, 2]);

/// What a browser says about itself with every request.
const BROWSER: &str = r#"Connection: keep-alive
sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"
sec-ch-ua-mobile: ?0
sec-ch-ua-platform: "Linux"
Upgrade-Insecure-Requests: 1
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8
Sec-Fetch-Mode: navigate
Sec-Fetch-Dest: document
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-GB,en;q=0.9"#;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[("--pcap FILE", "writes the frames of the small request's connection, for Wireshark")],
    );
    let small = get("example.com", "/")?;
    let fields = BROWSER.lines().filter_map(|line| line.split_once(": "));
    let browser = fields.fold(small.clone(), |request, (name, value)| request.with(name, value));
    let plain = tcp::Config { timestamps: false, ..tcp::Config::default() };
    let first = exchange(small.clone(), tcp::Config::default())?;
    let second = exchange(browser, tcp::Config::default())?;
    let third = exchange(small, plain)?;
    if let Some(file) = args.get("--pcap") {
        let frames = first.iter().map(|frame| (frame.at, frame.sent, &frame.bytes[..]));
        write_packets(file, "client", LinkType::ETHERNET, frames)?;
    }
    let mut checks = Checks::default();
    let request = request_of(&first).ok_or("no request was sent")?;
    show(request, &mut checks)?;
    let columns = [
        ("GET, small", request),
        ("GET, browser", request_of(&second).ok_or("no request was sent")?),
        ("full segment", longest(&first).ok_or("no response was sent")?),
        ("no timestamps", longest(&third).ok_or("no response was sent")?),
    ];
    shares(&columns, &mut checks)?;
    whole(&first, &mut checks);
    Ok(checks.exit_code())
}

/// A frame as the client's card sees it.
struct Seen {
    at: Instant,
    sent: bool,
    bytes: Vec<u8>,
}

// ANCHOR: exchange
/// Asks, on a new connection between two hosts in virtual time, and closes it when the answer is complete.
fn exchange(request: Request, config: tcp::Config) -> Result<Vec<Seen>, Box<dyn Error>> {
    let port_80 = SocketAddr::new(SERVER.into(), 80);
    let (mut client, mut server) = (host_at(CLIENT, 1), host_at(SERVER, 2));
    server.listen(port_80, tcp::Listen { tcp: config.clone(), ..tcp::Listen::default() })?;
    let socket = client.connect(Instant::ZERO, port_80, config)?;
    let mut asking = Web::closing();
    asking.ask(socket, request)?;

    let answering = Web::serving(|_| Bytes::from_static(&[b'.'; 4000])); // more than what fits into two segments
    let (client, server) = (HostNode::new(client, asking), HostNode::new(server, answering));
    let mut hosts = TwoHosts::new(client, server, Duration::from_millis(10));
    hosts.internet.run_until(Instant::ZERO + Duration::from_secs(1))?;
    let packets = hosts.internet.events().seen_by(hosts.client).map(|(at, seen, ip)| (at, seen.outgoing, ip));
    Ok(packets.map(|(at, sent, ip)| Seen { at, sent, bytes: framed(sent, ip) }).collect())
}

/// The simulator's links carry IP packets. On Ethernet, each would be in a frame from one card to the other.
fn framed(sent: bool, packet: &[u8]) -> Vec<u8> {
    let (source, destination) = if sent { (CLIENT_CARD, SERVER_CARD) } else { (SERVER_CARD, CLIENT_CARD) };
    Frame { destination, source, ether_type: EtherType::IPV4, payload: packet }.to_bytes().to_vec()
}
// ANCHOR_END: exchange

/// A frame, taken apart.
struct Layers<'a> {
    frame: Frame<'a>,
    packet: Ipv4Packet<'a>,
    segment: Segment<'a>,
}

impl<'a> Layers<'a> {
    fn of(bytes: &'a [u8]) -> Result<Self, WireError> {
        let frame = Frame::decode(&mut Reader::whole(bytes))?;
        let packet = Ipv4Packet::decode(&mut Reader::whole(frame.payload))?;
        let segment = Segment::decode(&mut Reader::whole(packet.payload))?;
        Ok(Layers { frame, packet, segment })
    }

    /// What each layer adds of its own, from the outermost to the innermost, which is all content.
    fn bytes(&self) -> [usize; 4] {
        let (ip, tcp) = (self.packet.header_len(), self.segment.header_len());
        [Frame::HEADER_LEN, ip, tcp, self.segment.payload.len()]
    }
}

fn carries(frame: &Seen) -> usize {
    Layers::of(&frame.bytes).map_or(0, |layers| layers.segment.payload.len())
}

fn request_of(frames: &[Seen]) -> Option<&Seen> {
    frames.iter().find(|frame| frame.sent && carries(frame) > 0)
}

fn longest(frames: &[Seen]) -> Option<&Seen> {
    frames.iter().filter(|frame| !frame.sent).max_by_key(|frame| carries(frame))
}

fn show(seen: &Seen, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let Layers { frame, packet, segment } = Layers::of(&seen.bytes)?;
    println!(
        "The request, as the client's card sends it. Each layer's payload is the next layer's message:\n"
    );
    println!("{}", terminal(&explain::<Frame<'_>>(&seen.bytes).1, Style::detect()));
    println!("TCP does not know what it carries. The server's program does:\n");
    let (head, explanation) = explain::<RequestHead<'_>>(segment.payload);
    println!("{}", terminal(&explanation, Style::detect()));
    println!(
        "Not here: TLS, which would stand between TCP and HTTP. Its record layer is not written in this edition.\n"
    );
    let table = Table::new(["layer", "from", "to"])
        .named("Ethernet", [frame.source, frame.destination])
        .named("IP", [packet.source, packet.destination])
        .named("TCP", [segment.source, segment.destination])
        .named("HTTP", ["", head?.fields().get_str("Host").unwrap_or_default()]);
    println!("Who is addressed:\n\n{table}");
    let addresses = PseudoHeader::V4 { source: packet.source, destination: packet.destination };
    checks.check("the checksum of IP is right", packet.check().is_ok());
    checks.check("the checksum of TCP is right", Segment::check(packet.payload, &addresses).is_ok());
    println!();
    Ok(())
}

fn shares(columns: &[(&str, &Seen)], checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut layers = Vec::new();
    for (_, seen) in columns {
        layers.push((Layers::of(&seen.bytes)?.bytes(), seen.bytes.len()));
    }
    let share = |bytes: usize, total: usize| format!("{:.1} %", 100.0 * bytes as f64 / total as f64);
    let mut table =
        Table::new(["bytes"].into_iter().chain(columns.iter().flat_map(|(name, _)| [*name, "share"])));
    for (layer, name) in ["Ethernet", "IP", "TCP", "HTTP"].into_iter().enumerate() {
        let cells = layers.iter().map(|(bytes, total)| (bytes[layer], *total));
        table = table.named(name, cells.flat_map(|(bytes, total)| [bytes.to_string(), share(bytes, total)]));
    }
    let whole = layers.iter().flat_map(|&(_, total)| [total.to_string(), share(total, total)]);
    println!("What each layer takes of a frame:\n\n{}", table.named("frame", whole));
    let tiled = layers.iter().all(|(bytes, total)| bytes.iter().sum::<usize>() == *total);
    checks.check("no byte belongs to two layers, and none to nobody", tiled);
    let http: Vec<usize> = layers.iter().map(|(bytes, _)| bytes[3]).collect();
    let full = http[2..] == [1448, 1460];
    checks.check("a full segment carries 1448 bytes with timestamps, and 1460 without", full);
    println!();
    Ok(())
}

/// The connection of the small request, from SYN to the last ACK.
fn whole(frames: &[Seen], checks: &mut Checks) {
    let mut table = Table::new(["the whole connection", "frames", "empty", "bytes", "of HTTP"]);
    let mut asked = 0;
    for (name, sent) in [("client to server", true), ("server to client", false)] {
        let side: Vec<&Seen> = frames.iter().filter(|frame| frame.sent == sent).collect();
        let http: usize = side.iter().map(|frame| carries(frame)).sum();
        let empty = side.iter().filter(|frame| carries(frame) == 0).count();
        let bytes: usize = side.iter().map(|frame| frame.bytes.len()).sum();
        table = table.named(name, [side.len(), empty, bytes, http]);
        asked += if sent { bytes - http } else { 0 };
    }
    println!("{table}");
    let request = request_of(frames).map_or(0, carries);
    checks.check("to ask cost the client several times the request itself", asked > 3 * request);
}
