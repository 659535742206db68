//! Section 2.1: a connection from its first SYN to the end of TIME-WAIT, with the states of both ends, and the two queues of a listener.

use std::fs::File;
use std::io::BufWriter;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab::capture::{Direction, LinkType, Writer};
use wirelab::sansio::Instant;
use wirelab::sim::Link;
use wirelab::sim::internet::{Application, Header, HostNode, Internet, Node, NodeId, PortId};
use wirelab::tcpip::host::{self, Event, Host, ListenerId, SocketId};
use wirelab::tcpip::{Flags, Segment, tcp};
use wirelab::wire::explain;
use wirelab::wire::render::{Style, terminal};
use wirelab_examples::{Args, Checks, Failure, Outcome, Table};

const ABOUT: &str = "Three segments open a connection, four close it (section 2.1), in virtual time.
Look for what each end believes at the same moment, and for who waits at the end.";

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [198, 51, 100, 1];

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--at-once", "the server closes as soon as the client has"),
            ("--explain", "shows every bit of the two SYNs"),
            ("--pcap FILE", "writes what the client's interface saw, for Wireshark"),
            ("--svg FILE", "draws the ladder into FILE"),
        ],
    );
    let (internet, client, server) = conversation(args.has("--at-once"))?;
    let ladder = internet.ladder(client, server);
    println!("One connection, with the states that both ends pass through:\n\n{ladder}");
    if args.has("--explain") {
        explain_syns(&internet, client);
    }
    println!(
        "Five clients at once at a server with room for three handshakes and two finished connections:\n"
    );
    let (table, accepted) = five_at_once()?;
    println!("{table}");
    let mut checks = Checks::default();
    let segments = internet.events().seen_by(client).count();
    let expected = if args.has("--at-once") { 9 } else { 10 };
    checks.check(format!("the connection took {expected} segments, data and all"), segments == expected);
    let ended = |node| internet.events().notes(node).any(|(_, note)| note == "CLOSED");
    checks.check("both ends are CLOSED in the end", ended(client) && ended(server));
    checks.check("all five were accepted in the end", accepted == 5);
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, ladder.svg("A TCP connection from SYN to TIME-WAIT"))?;
    }
    if let Some(file) = args.get("--pcap") {
        write_capture(file, &internet, client)?;
    }
    Ok(checks.exit_code())
}

// ANCHOR: script
/// What the two applications do, and when.
fn conversation(at_once: bool) -> Result<(Internet, NodeId, NodeId), Failure> {
    let mut internet = Internet::new(1);
    let client = internet.add("client", Watched::new(CLIENT));
    let server = internet.add("server", Watched::listening(tcp::Listen::default())?);
    internet.link(client, server, Link::new(Duration::from_millis(10)));
    let mut script = |ms, node, call: &'static str, act: fn(&mut Watched, Instant)| {
        internet.at(Instant::ZERO + Duration::from_millis(ms), move |internet| {
            let now = internet.now();
            internet.note(node, call);
            if let Some(watched) = internet.get_mut::<Watched>(node) {
                act(watched, now);
            }
        });
    };
    script(0, client, "connect()", |end, now| end.connect(now));
    script(50, server, "accept()", |end, _| end.accept());
    script(60, client, "send(5 bytes)", |end, _| end.send(b"hello"));
    script(75, server, "receive(), send(3 bytes)", |end, _| end.answer(b"bye"));
    script(150, client, "close()", |end, _| end.close());
    if at_once {
        script(50, server, "will close at the end of the stream", |end, _| {
            end.node.application.closes = true
        });
    } else {
        script(200, server, "close()", |end, _| end.close());
    }
    internet.run()?;
    Ok((internet, client, server))
}
// ANCHOR_END: script

// ANCHOR: queues
/// Five connections at the same moment, and a server that accepts one every 300 ms. Each change of a queue is a row.
fn five_at_once() -> Result<(Table, usize), Failure> {
    let mut internet = Internet::new(1);
    let listen =
        tcp::Listen { syn_backlog: 3, backlog: 1, cookies: tcp::Cookies::Never, ..Default::default() };
    let client = internet.add("client", Watched::new(CLIENT));
    let server = internet.add("server", Watched::listening(listen)?);
    internet.link(client, server, Link::new(Duration::from_millis(10)));
    if let Some(client) = internet.get_mut::<Watched>(client) {
        (0..5).for_each(|_| client.connect(Instant::ZERO));
    }
    for turn in 1..=20 {
        internet.at(Instant::ZERO + Duration::from_millis(300 * turn), move |internet| {
            if let Some(server) = internet.get_mut::<Watched>(server) {
                server.accept();
            }
        });
    }
    let mut table =
        Table::new(["time", "SYN queue", "accept queue", "accepted", "no room: SYN queue", "accept queue"]);
    let mut before = [0; 5];
    while internet.now() < Instant::ZERO + Duration::from_secs(6) && internet.step()? {
        let counts = internet.get::<Watched>(server).map(Watched::counts).unwrap_or_default();
        if counts != before {
            before = counts;
            table = table.row([internet.now().to_string()].into_iter().chain(counts.map(|n| n.to_string())));
        }
    }
    Ok((table, before[2] as usize))
}
// ANCHOR_END: queues

/// An application that does what the script says, and may close when its peer has.
#[derive(Default)]
struct Scripted {
    closes: bool,
}

impl Application<Host> for Scripted {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(id, tcp::Event::EndOfStream) = event
            && self.closes
        {
            host.close(id);
        }
    }
}

/// A host that notes every change of its connection's state in the log.
struct Watched {
    node: HostNode<Host, Scripted>,
    listener: Option<ListenerId>,
    socket: Option<SocketId>,
    accepted: u64,
    noted: String,
}

impl Watched {
    fn new(address: [u8; 4]) -> Self {
        let mut host = Host::new(host::Config::default(), [address[0]; 32]); // a secret that everybody knows
        host.add_address(address.into());
        let node = HostNode::new(host, Scripted::default());
        Watched { node, listener: None, socket: None, accepted: 0, noted: "CLOSED".into() }
    }

    fn listening(options: tcp::Listen) -> Result<Self, Failure> {
        let mut watched = Watched::new(SERVER);
        watched.listener = Some(watched.node.host.listen(web(), options)?);
        Ok(watched)
    }

    fn connect(&mut self, now: Instant) {
        self.socket = self.node.host.connect(now, web(), tcp::Config::default()).ok();
    }

    fn accept(&mut self) {
        if let Some(id) = self.listener.and_then(|listener| self.node.host.accept(listener)) {
            self.socket = Some(id);
            self.accepted += 1;
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        if let Some(id) = self.socket {
            // A refusal shows in the ladder: the bytes are not in it.
            let _ = self.node.host.send(id, bytes);
        }
    }

    fn answer(&mut self, bytes: &[u8]) {
        if let Some(id) = self.socket {
            self.node.host.receive_into(id, &mut BytesMut::new());
        }
        self.send(bytes);
    }

    fn close(&mut self) {
        if let Some(id) = self.socket {
            self.node.host.close(id);
        }
    }

    /// Both queues, how many were accepted, and how many segments were dropped for want of room in each queue.
    fn counts(&self) -> [u64; 5] {
        let queues = self.listener.and_then(|listener| self.node.host.queues(listener));
        let (half_open, waiting) = queues.unwrap_or_default();
        let counters = self.node.host.counters();
        let (drops, overflows) = (counters.TcpExtListenDrops, counters.TcpExtListenOverflows);
        [half_open as u64, waiting as u64, self.accepted, drops - overflows, overflows]
    }

    fn state(&self) -> String {
        let host = &self.node.host;
        match (self.socket, self.listener.and_then(|listener| host.queues(listener))) {
            (Some(id), _) => host.socket(id).map_or(tcp::State::Closed, |socket| socket.state()).to_string(),
            (None, Some((0, 0))) => "LISTEN".into(),
            (None, Some((1, 0))) => "SYN-RECEIVED, in the SYN queue".into(),
            (None, Some(_)) => "ESTABLISHED, in the accept queue".into(),
            (None, None) => "CLOSED".into(),
        }
    }
}

impl Node for Watched {
    fn receive(&mut self, now: Instant, port: PortId, packet: Bytes) {
        self.node.receive(now, port, packet);
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<(PortId, Bytes)> {
        self.node.poll_transmit(now)
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        self.node.poll_timeout()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.node.handle_timeout(now);
    }

    fn poll_note(&mut self) -> Option<String> {
        let state = self.state();
        let before = std::mem::replace(&mut self.noted, state);
        (before != self.noted).then(|| self.noted.clone())
    }

    fn addresses(&self) -> Vec<std::net::IpAddr> {
        self.node.addresses()
    }
}

fn web() -> SocketAddr {
    (SERVER, 80).into()
}

fn explain_syns(internet: &Internet, client: NodeId) {
    for (_, _, packet) in internet.events().seen_by(client) {
        let Some(header) = Header::read(packet) else { continue };
        let (segment, explanation) = explain::<Segment<'_>>(header.payload(packet));
        if segment.is_ok_and(|segment| segment.flags.contains(Flags::SYN)) {
            println!("{}", terminal(&explanation, Style::detect()));
        }
    }
}

// ANCHOR: capture
fn write_capture(file: &str, internet: &Internet, client: NodeId) -> Result<(), Failure> {
    let mut capture = Writer::new(BufWriter::new(File::create(file)?))?;
    let interface = capture.interface("client", LinkType::RAW)?;
    capture.name(CLIENT.into(), "client.example")?;
    capture.name(SERVER.into(), "server.example")?;
    for (time, at, packet) in internet.events().seen_by(client) {
        let way = if at.outgoing { Direction::Outbound } else { Direction::Inbound };
        capture.packet_with(time, interface, packet, way, "")?;
    }
    Ok(capture.flush()?)
}
// ANCHOR_END: capture
