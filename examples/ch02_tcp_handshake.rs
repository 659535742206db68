//! Section 2.1: a connection from its first SYN to the end of TIME-WAIT, with the states of both ends, and the two queues of a listener.

use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::{Application, Header, HostNode, host_at};
use wirelab::tcpip::host::{Event, Host, ListenerId, SocketId};
use wirelab::tcpip::{Flags, Segment, tcp};
use wirelab::wire::explain;
use wirelab::wire::render::{Style, terminal};
use wirelab_examples::{Args, Checks, Failure, Outcome, Table, TwoHosts};

const ABOUT: &str = "Three segments open a connection, four close it (section 2.1), in virtual time.
Look for what each end believes at the same moment, and for who waits at the end.";

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
    let hosts = conversation(args.has("--at-once"))?;
    let ladder = hosts.ladder();
    println!("One connection, with the states that both ends pass through:\n\n{ladder}");
    if args.has("--explain") {
        explain_syns(&hosts);
    }
    println!(
        "Five clients at once at a server with room for three handshakes and two finished connections:\n"
    );
    let (table, accepted) = five_at_once()?;
    println!("{table}");
    let mut checks = Checks::default();
    let segments = hosts.internet.events().seen_by(hosts.client).count();
    let expected = if args.has("--at-once") { 9 } else { 10 };
    checks.check(format!("the connection took {expected} segments, data and all"), segments == expected);
    let ended = |node| hosts.internet.events().notes(node).any(|(_, note)| note == "CLOSED");
    checks.check("both ends are CLOSED in the end", ended(hosts.client) && ended(hosts.server));
    checks.check("all five were accepted in the end", accepted == 5);
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, ladder.svg("A TCP connection from SYN to TIME-WAIT"))?;
    }
    if let Some(file) = args.get("--pcap") {
        hosts.write_capture(file)?;
    }
    Ok(checks.exit_code())
}

// ANCHOR: script
/// What the two applications do, and when.
fn conversation(at_once: bool) -> Result<TwoHosts, Failure> {
    let mut hosts = two_hosts(tcp::Listen::default())?;
    let (client, server) = (hosts.client, hosts.server);
    let mut script = |ms, node, call, act: fn(&mut End, &mut Host, Instant) -> Option<()>| {
        let time = Instant::ZERO + Duration::from_millis(ms);
        hosts.internet.call_at(time, node, call, move |node: &mut HostNode<Host, End>, now| {
            // What cannot be done shows in the ladder: no segment comes of it.
            act(&mut node.application, &mut node.host, now);
        });
    };
    script(0, client, "connect()", |end, host, now| end.connect(host, now));
    script(50, server, "accept()", |end, host, _| end.accept(host));
    script(60, client, "send(5 bytes)", |end, host, _| host.send(end.socket?, b"hello").ok().map(drop));
    script(75, server, "receive(), send(3 bytes)", |end, host, _| {
        host.receive_into(end.socket?, &mut BytesMut::new());
        host.send(end.socket?, b"bye").ok().map(drop)
    });
    script(150, client, "close()", |end, host, _| end.socket.map(|id| host.close(id)));
    if at_once {
        script(50, server, "will close at the end of the stream", |end, _, _| {
            end.closes = true;
            None
        });
    } else {
        script(200, server, "close()", |end, host, _| end.socket.map(|id| host.close(id)));
    }
    hosts.internet.run()?;
    Ok(hosts)
}
// ANCHOR_END: script

// ANCHOR: queues
/// Five connections at the same moment, and a server that accepts one every 300 ms. Each change of a queue is a row.
fn five_at_once() -> Result<(Table, usize), Failure> {
    let listen =
        tcp::Listen { syn_backlog: 3, backlog: 1, cookies: tcp::Cookies::Never, ..Default::default() };
    let TwoHosts { mut internet, client, server } = two_hosts(listen)?;
    if let Some(client) = internet.get_mut::<HostNode<Host, End>>(client) {
        for _ in 0..5 {
            client.application.connect(&mut client.host, Instant::ZERO);
        }
    }
    for turn in 1..=20 {
        internet.at(Instant::ZERO + Duration::from_millis(300 * turn), move |internet| {
            if let Some(server) = internet.get_mut::<HostNode<Host, End>>(server) {
                server.application.accept(&mut server.host);
            }
        });
    }
    let mut table =
        Table::new(["time", "SYN queue", "accept queue", "accepted", "no room: SYN queue", "accept queue"]);
    let mut before = [0; 5];
    while internet.now() < Instant::ZERO + Duration::from_secs(6) && internet.step()? {
        let server = internet.get::<HostNode<Host, End>>(server);
        let counts = server.map(|server| server.application.counts(&server.host)).unwrap_or_default();
        if counts != before {
            before = counts;
            table = table.named(internet.now(), counts);
        }
    }
    Ok((table, before[2] as usize))
}
// ANCHOR_END: queues

fn two_hosts(listen: tcp::Listen) -> Result<TwoHosts, Failure> {
    let [client, mut server] =
        [TwoHosts::CLIENT, TwoHosts::SERVER].map(|address| host_at(address, address[0]));
    let listener = Some(server.listen(TwoHosts::WEB.into(), listen)?);
    let client = HostNode::new(client, End::default());
    let server = HostNode::new(server, End { listener, ..End::default() });
    Ok(TwoHosts::new(client, server, Duration::from_millis(10)))
}

/// One end of a connection. Every change of its state is written into the log.
#[derive(Default)]
struct End {
    listener: Option<ListenerId>,
    socket: Option<SocketId>,
    accepted: u64,
    /// Whether it closes when its peer has.
    closes: bool,
    noted: Option<String>,
}

impl End {
    fn connect(&mut self, host: &mut Host, now: Instant) -> Option<()> {
        self.socket = host.connect(now, TwoHosts::WEB.into(), tcp::Config::default()).ok();
        self.socket.map(drop)
    }

    fn accept(&mut self, host: &mut Host) -> Option<()> {
        self.socket = Some(host.accept(self.listener?)?);
        self.accepted += 1;
        Some(())
    }

    /// Both queues, how many were accepted, and how many segments were dropped for want of room in each queue.
    fn counts(&self, host: &Host) -> [u64; 5] {
        let queues = self.listener.and_then(|listener| host.queues(listener));
        let (half_open, waiting) = queues.unwrap_or_default();
        let (drops, overflows) = (host.counters().TcpExtListenDrops, host.counters().TcpExtListenOverflows);
        [half_open as u64, waiting as u64, self.accepted, drops - overflows, overflows]
    }

    fn state(&self, host: &Host) -> String {
        match (self.socket, self.listener.and_then(|listener| host.queues(listener))) {
            (Some(id), _) => host.socket(id).map_or(tcp::State::Closed, |socket| socket.state()).to_string(),
            (None, Some((0, 0))) => "LISTEN".into(),
            (None, Some((1, 0))) => "SYN-RECEIVED, in the SYN queue".into(),
            (None, Some(_)) => "ESTABLISHED, in the accept queue".into(),
            (None, None) => "CLOSED".into(),
        }
    }
}

impl Application<Host> for End {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(id, tcp::Event::EndOfStream) = event
            && self.closes
        {
            host.close(id);
        }
    }

    fn poll_note(&mut self, host: &Host) -> Option<String> {
        let before = self.noted.replace(self.state(host)).unwrap_or("CLOSED".into());
        self.noted.clone().filter(|state| *state != before)
    }
}

fn explain_syns(hosts: &TwoHosts) {
    for (_, _, packet) in hosts.internet.events().seen_by(hosts.client) {
        let Some(header) = Header::read(packet) else { continue };
        let (segment, explanation) = explain::<Segment<'_>>(header.payload(packet));
        if segment.is_ok_and(|segment| segment.flags.contains(Flags::SYN)) {
            println!("{}", terminal(&explanation, Style::detect()));
        }
    }
}
