//! Lists the packets of a capture file: `cargo run --example pcap -- FILE`. Without a file it writes one itself, in virtual time.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use bytes::BytesMut;
use wirelab::capture::{
    Block, Config, Direction, EnhancedPacket, Interface, KeyLog, LinkType, Reader, Utc, Writer,
};
use wirelab::formats;
use wirelab::sansio::Instant;
use wirelab::tcpip::{Datagram, Frame, Protocol, PseudoHeader, Segment, ip};
use wirelab::wire::render::{Style, terminal};
use wirelab::wire::{Decode, Encode, Explanation, Reader as FieldReader, explain};
use wirelab_examples::{Args, Checks, Conversations, Outcome};

const ABOUT: &str =
    "Lists the packets of a capture file (pcapng), with what is known of the first lines of each.
Without FILE: writes a small capture of a question and its answer over UDP, and reads it back.";

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("FILE", "the capture to be listed"),
            ("--write FILE", "keeps the capture that is written here, for Wireshark"),
            ("--explain", "shows what each byte of the file is"),
            ("--ladder", "draws who speaks with whom over TCP and UDP, instead of a list"),
            ("--lines N", "how many lines of a packet are explained (6)"),
        ],
    );
    let lines = args.value("--lines", 6);
    if let Some(file) = args.get("FILE") {
        let file = fs::read(file)?;
        match args.has("--ladder") {
            true => draw(&file)?,
            false => show(&file, lines, args.has("--explain")).map(drop)?,
        }
        return Ok(ExitCode::SUCCESS);
    }
    let temporary = std::env::temp_dir().join(format!("wirelab-pcap-{}.pcapng", std::process::id()));
    let path = args.get("--write").map_or(temporary.as_path(), Path::new);
    let written = write(path).and_then(|()| fs::read(path));
    if !args.has("--write") {
        let _ = fs::remove_file(&temporary);
    }
    let file = written?;
    let packets = show(&file, lines, args.has("--explain"))?;
    println!();
    let mut checks = Checks::default();
    checks.check("the file has the two packets that were written", packets == 2);
    let again = capture(Vec::new())?;
    checks.check("the same exchange gives the same bytes, since its time is virtual", again == file);
    Ok(checks.exit_code())
}

fn write(path: &Path) -> io::Result<()> {
    let out = capture(BufWriter::new(File::create(path)?))?;
    out.into_inner()?.sync_all()
}

// ANCHOR: capture
/// A question and its answer, a millisecond and a half apart, as the client's interface sees them.
fn capture<W: io::Write>(out: W) -> io::Result<W> {
    let mut capture = Writer::new(out)?;
    let client = capture.interface("client", LinkType::RAW)?;
    capture.name(CLIENT.into(), "client.example")?;
    capture.name(SERVER.into(), "server.example")?;
    let question = packet((CLIENT, 49_152), (SERVER, 7), b"Is anybody there?")?;
    let answer = packet((SERVER, 7), (CLIENT, 49_152), b"Is anybody there?")?;
    let asked = Instant::ZERO + Duration::from_millis(1);
    let answered = asked + Duration::from_micros(1_500);
    capture.packet_with(asked, client, &question, Direction::Outbound, "the question")?;
    capture.packet_with(answered, client, &answer, Direction::Inbound, "its echo")?;
    Ok(capture.into_inner())
}
// ANCHOR_END: capture

/// An IPv4 packet (RFC 791 §3.1) without options, and a UDP datagram in it.
fn packet(source: (Ipv4Addr, u16), destination: (Ipv4Addr, u16), payload: &[u8]) -> io::Result<Vec<u8>> {
    let addresses = PseudoHeader::V4 { source: source.0, destination: destination.0 };
    let datagram = Datagram::new(source.1, destination.1, payload).map_err(io::Error::other)?;
    let datagram = datagram.with_checksum(&addresses);
    let header = ip::Header::new(source.0.into(), destination.0.into(), Protocol::UDP);
    let mut packet = BytesMut::new();
    ip::write_packet(&mut packet, &header, |out| out.extend_from_slice(&datagram.to_bytes()))
        .map_err(io::Error::other)?;
    Ok(packet.to_vec())
}

// ANCHOR: show
/// Prints the blocks of a file; returns how many of them are packets.
fn show(file: &[u8], lines: usize, explain: bool) -> Result<usize, Box<dyn std::error::Error>> {
    if let (true, Some(format)) = (explain, formats::find("pcapng")) {
        println!("{}", terminal(&(format.explain)(file), Style::detect()));
    }
    let mut reader = Reader::new(file);
    let mut packets = 0;
    while let Some(block) = reader.next() {
        let block = block?;
        match &block {
            Block::Packet(packet) => {
                packets += 1;
                let interface = reader.interface(packet.interface);
                show_packet(packets, packet, interface.ok_or("a packet without an interface")?, lines);
            }
            other => println!("{}: {}", other.name(), about(other)),
        }
    }
    Ok(packets)
}
// ANCHOR_END: show

/// Draws a ladder of each conversation.
fn draw(file: &[u8]) -> Result<(), Box<dyn std::error::Error>> {
    let (mut reader, mut packets) = (Reader::new(file), Vec::new());
    while let Some(block) = reader.next() {
        let Block::Packet(packet) = block? else { continue };
        let interface = reader.interface(packet.interface).ok_or("a packet without an interface")?;
        let bytes = ip_packet(packet.data, interface.link_type).unwrap_or_default();
        packets.push((interface.time(packet.timestamp), bytes));
    }
    let conversations = Conversations::of(packets);
    conversations.ladders().for_each(|ladder| println!("{ladder}"));
    match conversations.others() {
        0 => {}
        others => println!("Not drawn: {others} packets that are neither TCP nor UDP, or not whole."),
    }
    Ok(())
}

fn show_packet(number: usize, packet: &EnhancedPacket<'_>, interface: &Interface<'_>, lines: usize) {
    let time = Utc(interface.time(packet.timestamp));
    let name = interface.name().unwrap_or("without a name".into());
    let way = match packet.direction() {
        Direction::Inbound => " in",
        Direction::Outbound => " out",
        Direction::Unknown => "",
    };
    println!("\n#{number}  {time}  {name}{way}  {} bytes  {}", packet.original_length, interface.link_type);
    for comment in packet.options.comments() {
        println!("    “{comment}”");
    }
    if let Some(explanation) = transport(packet.data, interface.link_type) {
        let text = terminal(&explanation, Style::detect());
        text.lines().take(lines).for_each(|line| println!("    {line}"));
    }
}

/// What a block that is not a packet says.
fn about(block: &Block<'_>) -> String {
    match block {
        Block::Section(section) => {
            let comments: Vec<_> = section.options.comments().collect();
            format!("{:?}-endian. {}", section.order, comments.join(" "))
        }
        Block::Interface(interface) => {
            let name = String::from_utf8_lossy(interface.name().unwrap_or(b"without a name"));
            let comments: Vec<_> =
                interface.options.comments().map(|comment| format!("\n    “{comment}”")).collect();
            let about =
                format!("{name}, {}, its clock counts {}", interface.link_type, interface.resolution());
            about + &comments.concat()
        }
        Block::Names(names) => {
            let names = names.addresses().map(|named| {
                let names: Vec<_> = named.names().iter().map(|name| String::from_utf8_lossy(name)).collect();
                format!("{} is {}", named.address(), names.join(", "))
            });
            names.collect::<Vec<_>>().join("; ")
        }
        Block::Secrets(secrets) => match KeyLog::parse(secrets.data, &Config::default()) {
            Ok(log) => format!("{} TLS secrets", log.secrets().len()),
            Err(error) => format!("not a key log: {error}"),
        },
        Block::Statistics(statistics) => {
            let count =
                |count: Option<u64>| count.map_or("not counted".to_owned(), |count| count.to_string());
            format!("packets received {}, lost {}", count(statistics.received()), count(statistics.dropped()))
        }
        other => format!("{} bytes", other.encoded_len()),
    }
}

/// The UDP datagram or TCP segment in a packet that is not a fragment, explained.
fn transport(bytes: &[u8], link_type: LinkType) -> Option<Explanation> {
    let packet =
        ip::Packet::parse(ip_packet(bytes, link_type)?).ok().filter(|packet| packet.fragment.is_none())?;
    match packet.protocol {
        Protocol::UDP => Some(explain::<Datagram<'_>>(packet.payload).1),
        Protocol::TCP => Some(explain::<Segment<'_>>(packet.payload).1),
        _ => None,
    }
}

/// What is behind the link's header.
fn ip_packet(bytes: &[u8], link_type: LinkType) -> Option<&[u8]> {
    match link_type {
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Some(bytes),
        LinkType::ETHERNET => Some(Frame::decode(&mut FieldReader::whole(bytes)).ok()?.payload),
        _ => None,
    }
}
