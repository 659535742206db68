//! Section 10.1: Nagle's algorithm in virtual time, with our own TCP at both ends. The section's two examples, packet by packet:
//! 500 and 960 bytes, and 5000 bytes, in segments of 1460. `ch10_nagle` shows the same on the kernel's TCP.

use std::error::Error;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::Link;
use wirelab::sim::internet::{Application, Header, HostNode, Idle, Internet, NodeId};
use wirelab::tcpip::host::{self, Event, Host, SocketId};
use wirelab::tcpip::{Segment, tcp};
use wirelab::wire::{Decode, Reader};
use wirelab_examples::{Args, Checks, Outcome, Table, write_capture};

const ABOUT: &str = "Nagle's algorithm and delayed acknowledgements in virtual time (section 10.1).
Look at when the last piece leaves, and at which packet it waited for.";

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// The section's round trip.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// The client writes at this moment; the handshake is over by then.
const WRITES: Duration = Duration::from_secs(1);

/// What the client writes, one call after the other without a pause.
const SMALL: &[usize] = &[500, 960];
const LARGE: &[usize] = &[5000];

/// The two switches.
#[derive(Clone, Copy, PartialEq)]
struct Settings {
    nagle: bool,
    delayed: bool,
}

const SETTINGS: [Settings; 4] = [
    Settings { nagle: true, delayed: true },
    Settings { nagle: true, delayed: false },
    Settings { nagle: false, delayed: true },
    Settings { nagle: false, delayed: false },
];

impl Settings {
    fn name(self) -> String {
        let sender = if self.nagle { "Nagle" } else { "TCP_NODELAY" };
        let receiver = if self.delayed { "delayed ACK" } else { "ACK at once" };
        format!("{sender}, {receiver}")
    }

    fn config(self) -> tcp::Config {
        tcp::Config {
            nagle: self.nagle,
            delayed_acknowledgment: self.delayed.then_some(Duration::from_millis(40)),
            // Their 12 bytes would come out of the section's 1460.
            timestamps: false,
            // All of it can be offered in the SYN, so that no later ACK is due for telling of more.
            receive_buffer: 65_535,
            window_scaling: false,
            ..tcp::Config::default()
        }
    }
}

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--ladders", "draws the ladder of every run"),
            ("--svg FILE", "draws the ladder of the request that stalls into FILE"),
            ("--pcap FILE", "writes what the client's interface saw of that request, for Wireshark"),
        ],
    );
    println!("{ABOUT}\n");
    let mut checks = Checks::default();
    how_much_fits(&mut checks)?;
    let all = args.has("--ladders");
    let stalled = small_writes(all, &mut checks)?;
    if let Some(file) = args.get("--svg") {
        std::fs::write(
            file,
            stalled.internet.ladder(stalled.client, stalled.server).svg("Write, write, read"),
        )?;
    }
    if let Some(file) = args.get("--pcap") {
        write_capture(&stalled.internet, stalled.client, file)?;
    }
    large_write(all, &mut checks)?;
    round_trips(&mut checks)?;
    Ok(checks.exit_code())
}

// ANCHOR: server
/// Answers once it has so many bytes.
struct Server {
    expects: usize,
    received: BytesMut,
    complete: Option<Instant>,
}

impl Application<Host> for Server {
    fn on_event(&mut self, now: Instant, host: &mut Host, event: Event) {
        match event {
            Event::Acceptable(listener) => {
                host.accept(listener);
            }
            Event::Tcp(id, tcp::Event::Readable) => {
                host.receive_into(id, &mut self.received);
                if self.received.len() == self.expects {
                    self.complete = Some(now);
                    let _ = host.send(id, b"answer"); // if it cannot be sent, the run has no end, and says so
                }
            }
            _ => {}
        }
    }
}
// ANCHOR_END: server

/// What was seen of a request; times count from the writing.
struct Run {
    internet: Internet,
    client: NodeId,
    server: NodeId,
    /// When each segment with data left the client, and how many bytes it had.
    pieces: Vec<(Duration, usize)>,
    complete: Duration,
    answered: Duration,
}

fn run(settings: Settings, writes: &'static [usize], round_trip: Duration) -> Result<Run, Box<dyn Error>> {
    let mut internet = Internet::new(1);
    let (address, expects) = (SocketAddr::from((SERVER, 80)), writes.iter().sum());
    let mut host = Host::new(host::Config::default(), [2; 32]);
    host.add_address(SERVER.into());
    host.listen(address, tcp::Listen { tcp: settings.config(), ..tcp::Listen::default() })?;
    let application = Server { expects, received: BytesMut::new(), complete: None };
    let server = internet.add("server", HostNode::new(host, application));
    let mut host = Host::new(host::Config::default(), [1; 32]);
    host.add_address(CLIENT.into());
    let socket = host.connect(Instant::ZERO, address, settings.config())?;
    let client = internet.add("client", HostNode::new(host, Idle));
    internet.link(client, server, Link::new(round_trip / 2));
    for &len in writes {
        internet.at(Instant::ZERO + WRITES, move |internet| write(internet, client, socket, len));
    }
    internet.run_until(Instant::ZERO + 2 * WRITES)?;

    let since = |time: Instant| time - (Instant::ZERO + WRITES);
    let data = data_of(&internet, client);
    let pieces = data.iter().filter(|(_, outgoing, _)| *outgoing).map(|&(time, _, len)| (since(time), len));
    let pieces = pieces.collect();
    let answer = data.iter().find(|(_, outgoing, _)| !outgoing).ok_or("no answer came")?;
    let answered = since(answer.0);
    let node = internet.get::<HostNode<Host, Server>>(server).ok_or("there is no server")?;
    let complete = since(node.application.complete.ok_or("the request is incomplete")?);
    Ok(Run { pieces, complete, answered, internet, client, server })
}

/// One call of `write`. What can be sent has been when it returns.
fn write(internet: &mut Internet, client: NodeId, socket: SocketId, len: usize) {
    internet.note(client, format!("writes {len} bytes"));
    if let Some(node) = internet.get_mut::<HostNode<Host>>(client) {
        let _ = node.host.send(socket, &vec![b'x'; len]); // what is missing, the server misses too
    }
}

/// The segments with data that the client saw: when, whether it sent them, how much they carried.
fn data_of(internet: &Internet, client: NodeId) -> Vec<(Instant, bool, usize)> {
    let data = internet.events().seen_by(client).filter_map(|(time, seen, packet)| {
        let header = Header::read(packet)?;
        let segment = Segment::decode(&mut Reader::whole(header.payload(packet))).ok()?;
        (!segment.payload.is_empty()).then_some((time, seen.outgoing, segment.payload.len()))
    });
    data.collect()
}

fn how_much_fits(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["", "packet", "IP and TCP", "MSS", "options", "data in a segment"]);
    let mut fits = Vec::new();
    for (name, timestamps) in [("with timestamps", true), ("without", false)] {
        let ends = tcp::Endpoints { local: (CLIENT, 50_000).into(), remote: (SERVER, 80).into() };
        let config = tcp::Config { timestamps, ..tcp::Config::default() };
        let mut server = tcp::Connection::connect(Instant::ZERO, ends, Default::default(), config.clone());
        let syn = server.poll_transmit(Instant::ZERO).ok_or("no SYN")?.segment;
        let ends = tcp::Endpoints { local: ends.remote, remote: ends.local };
        let info = tcp::Connection::accept(Instant::ZERO, ends, Default::default(), config, &syn).info();
        let (agreed, data) = (u32::from(info.agreed.maximum_segment_size), info.segment_size);
        table = table.row(
            [name.into(), "1500".into(), "20 + 20".into()]
                .into_iter()
                .chain([agreed, agreed - data, data].map(|bytes| bytes.to_string())),
        );
        fits.push(data);
    }
    println!("How much fits (bytes):\n\n{table}");
    checks.check("timestamps take 12 bytes of each segment: 1448 are left of 1460", fits == [1448, 1460]);
    Ok(())
}

/// The section's first example. Returns the run that stalls.
fn small_writes(all: bool, checks: &mut Checks) -> Result<Run, Box<dyn Error>> {
    println!("\n500 bytes and 960 bytes, one write after the other, and an answer to all 1460:\n");
    let runs = four(SMALL)?;
    let one_write = run(SETTINGS[0], &[1460], ROUND_TRIP)?;
    let in_flight = run(SETTINGS[0], &[1, 500, 960], ROUND_TRIP)?;
    let table = row(table_of(&runs), "the same with 1 byte before, Nagle", &in_flight);
    println!("{}", row(table, "one write of 1460, Nagle", &one_write));
    ladders(&runs, if all { &[0, 1, 2, 3] } else { &[0, 2] });
    let answered = |index: usize| runs[index].1.answered;
    checks.check(
        "the 500 bytes leave at once in all four, though 500 < 1460",
        runs.iter().all(|(_, run)| run.pieces.first() == Some(&(Duration::ZERO, 500))),
    );
    checks.check("Nagle keeps the 960 back for a round trip", answered(1) == answered(3) + ROUND_TRIP);
    checks.check(
        "and for the delayed ACK's 40 ms on top of it",
        answered(0) == answered(1) + Duration::from_millis(40),
    );
    checks.check(
        "with nothing in flight the two are never put together into one segment",
        runs.iter().all(|(_, run)| run.pieces.len() == 2),
    );
    checks.check(
        "one write of all 1460 is one segment, and as fast as TCP_NODELAY with two",
        one_write.pieces == [(Duration::ZERO, 1460)] && one_write.answered == answered(2),
    );
    checks.check(
        "with a byte in flight the two are: they fill a segment, which waits for nothing",
        in_flight.pieces == [(Duration::ZERO, 1), (Duration::ZERO, 1460)],
    );
    let stalled = runs.into_iter().next().ok_or("no run")?;
    Ok(stalled.1)
}

/// The section's second example.
fn large_write(all: bool, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\n5000 = 3 × 1460 + 620 bytes in one write, and an answer to all of them:\n");
    let runs = four(LARGE)?;
    println!("{}", table_of(&runs));
    ladders(&runs, if all { &[0, 1, 2, 3] } else { &[0, 1] });
    let full = [(Duration::ZERO, 1460); 3];
    let waited = |index: usize| runs[index].1.pieces.last().copied();
    checks.check(
        "three full segments leave at once in all four",
        runs.iter().all(|(_, run)| run.pieces.starts_with(&full)),
    );
    checks.check(
        "the 620 bytes wait one round trip if every segment is acknowledged at once",
        waited(1) == Some((ROUND_TRIP, 620)),
    );
    checks.check(
        "and 40 ms more if the ACK of the third, odd segment is delayed",
        waited(0) == Some((ROUND_TRIP + Duration::from_millis(40), 620)),
    );
    let free = Some((Duration::ZERO, 620));
    checks.check("with TCP_NODELAY they wait for nothing", waited(2) == free && waited(3) == free);
    Ok(())
}

fn four(writes: &'static [usize]) -> Result<Vec<(Settings, Run)>, Box<dyn Error>> {
    SETTINGS.into_iter().map(|settings| Ok((settings, run(settings, writes, ROUND_TRIP)?))).collect()
}

fn table_of(runs: &[(Settings, Run)]) -> Table {
    let table = Table::new(["milliseconds after the writing", "segments leave at", "complete", "answered"]);
    runs.iter().fold(table, |table, (settings, run)| row(table, &settings.name(), run))
}

fn row(table: Table, name: &str, run: &Run) -> Table {
    let leave: Vec<String> = run.pieces.iter().map(|(time, len)| format!("{}: {len}", ms(*time))).collect();
    table.row([name, &leave.join(", "), &ms(run.complete), &ms(run.answered)])
}

fn ladders(runs: &[(Settings, Run)], which: &[usize]) {
    for (settings, run) in which.iter().filter_map(|&index| runs.get(index)) {
        println!("{}:\n\n{}", settings.name(), run.internet.ladder(run.client, run.server));
    }
}

/// What the distance has to do with it.
fn round_trips(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table =
        Table::new(["round trip (ms)", "TCP_NODELAY", "Nagle, ACK at once", "Nagle, delayed ACK"]);
    let mut stalls = Vec::new();
    for micros in [20, 1_000, 50_000, 200_000] {
        let round_trip = Duration::from_micros(micros);
        let [stalled, at_once, nodelay, _] = SETTINGS.map(|settings| run(settings, SMALL, round_trip));
        let [stalled, at_once, nodelay] = [stalled?, at_once?, nodelay?].map(|run| run.answered);
        table = table.row([round_trip, nodelay, at_once, stalled].map(ms));
        stalls.push(stalled.saturating_sub(nodelay + round_trip));
    }
    println!("\nWhen 500 + 960 bytes are answered, over different distances (milliseconds):\n\n{table}");
    checks.check(
        "at every distance the stall is one round trip and 40 ms, on localhost too",
        stalls.iter().all(|&stall| stall == Duration::from_millis(40)),
    );
    Ok(())
}

/// In milliseconds, without zeros at the end.
fn ms(time: Duration) -> String {
    format!("{}", time.as_micros() as f64 / 1e3)
}
