//! Section 10.1: Nagle's algorithm in virtual time, with our own TCP at both ends. The section's two examples, packet by packet:
//! 500 and 960 bytes, and 5000 bytes, in segments of 1460. `ch10_nagle` shows the same on the kernel's TCP.

use std::error::Error;
use std::time::Duration;

use bytes::BytesMut;
use wirelab::sansio::Instant;
use wirelab::sim::internet::{Application, HostNode, Idle, host_at};
use wirelab::tcpip::host::{Event, Host};
use wirelab::tcpip::tcp;
use wirelab_examples::{Args, Checks, Outcome, Table, TwoHosts};

const ABOUT: &str = "Nagle's algorithm and delayed acknowledgements in virtual time (section 10.1).
Look at when the last piece leaves, and at which packet it waited for.";

/// The section's round trip.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// How long an acknowledgement is delayed, as on Linux at first.
const DELAY: Duration = Duration::from_millis(40);

/// The client writes at this moment; the handshake is over by then.
const WRITES: Instant = Instant::from_nanos(1_000_000_000);

/// The two switches: Nagle's algorithm, and delayed acknowledgements.
const SETTINGS: [(&str, bool, bool); 4] = [
    ("Nagle, delayed ACK", true, true),
    ("Nagle, ACK at once", true, false),
    ("TCP_NODELAY, delayed ACK", false, true),
    ("TCP_NODELAY, ACK at once", false, false),
];

fn config(settings: usize) -> tcp::Config {
    let (_, nagle, delayed) = SETTINGS[settings];
    tcp::Config {
        nagle,
        delayed_acknowledgment: delayed.then_some(DELAY),
        // Their 12 bytes would come out of the section's 1460.
        timestamps: false,
        // All of it can be offered in the SYN, so that no later ACK is due for telling of more.
        receive_buffer: 65_535,
        window_scaling: false,
        ..tcp::Config::default()
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
        std::fs::write(file, stalled.hosts.ladder().svg("Write, write, read"))?;
    }
    if let Some(file) = args.get("--pcap") {
        stalled.hosts.write_capture(file)?;
    }
    large_write(all, &mut checks)?;
    round_trips(&mut checks)?;
    Ok(checks.exit_code())
}

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

/// What was seen of a request; times count from the writing.
struct Run {
    hosts: TwoHosts,
    /// When each segment with data left the client, and how many bytes it had.
    pieces: Vec<(Duration, usize)>,
    complete: Duration,
    answered: Duration,
}

impl Run {
    /// The client writes pieces of these lengths, one call after the other without a pause.
    fn of(config: tcp::Config, writes: &[usize], round_trip: Duration) -> Result<Run, Box<dyn Error>> {
        let (mut client, mut server) = (host_at(TwoHosts::CLIENT, 1), host_at(TwoHosts::SERVER, 2));
        server.listen(TwoHosts::WEB.into(), tcp::Listen { tcp: config.clone(), ..tcp::Listen::default() })?;
        let socket = client.connect(Instant::ZERO, TwoHosts::WEB.into(), config)?;
        let expects = Server { expects: writes.iter().sum(), received: BytesMut::new(), complete: None };
        let (client, server) = (HostNode::new(client, Idle), HostNode::new(server, expects));
        let mut hosts = TwoHosts::new(client, server, round_trip / 2);
        for &len in writes {
            let remark = format!("writes {len} bytes");
            hosts.internet.call_at(WRITES, hosts.client, remark, move |client: &mut HostNode<Host>, _| {
                let _ = client.host.send(socket, &vec![b'x'; len]); // what is missing, the server misses too
            });
        }
        hosts.internet.run_until(WRITES + Duration::from_secs(1))?;

        let segments = hosts.internet.events().segments_of(hosts.client);
        let (sent, received): (Vec<_>, Vec<_>) =
            segments.filter(|(.., segment)| !segment.payload.is_empty()).partition(|(_, at, ..)| at.outgoing);
        let pieces = sent.iter().map(|(time, .., segment)| (*time - WRITES, segment.payload.len())).collect();
        let answered = received.first().ok_or("no answer came")?.0 - WRITES;
        let node = hosts.internet.get::<HostNode<Host, Server>>(hosts.server).ok_or("there is no server")?;
        let complete = node.application.complete.ok_or("the request is incomplete")? - WRITES;
        Ok(Run { hosts, pieces, complete, answered })
    }

    /// One for each of the settings.
    fn four(writes: &[usize]) -> Result<Vec<Run>, Box<dyn Error>> {
        (0..4).map(|settings| Run::of(config(settings), writes, ROUND_TRIP)).collect()
    }

    fn row(&self, table: Table, name: &str) -> Table {
        let leave: Vec<String> =
            self.pieces.iter().map(|(time, len)| format!("{}: {len}", ms(*time))).collect();
        table.row([name, &leave.join(", "), &ms(self.complete), &ms(self.answered)])
    }
}

fn how_much_fits(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table = Table::new(["", "packet", "IP and TCP", "MSS", "options", "data in a segment"]);
    let mut fits = Vec::new();
    for (name, timestamps) in [("with timestamps", true), ("without", false)] {
        let run = Run::of(tcp::Config { timestamps, ..config(3) }, &[5000], ROUND_TRIP)?;
        let syn = run.hosts.internet.events().segments_of(run.hosts.client).next();
        let agreed = usize::from(syn.and_then(|(.., syn)| syn.options.maximum_segment_size()).unwrap_or(0));
        let data = run.pieces[0].1;
        table = table.cells(&[&name, &1500, &"20 + 20", &agreed, &(agreed - data), &data]);
        fits.push(data);
    }
    println!("How much fits (bytes):\n\n{table}");
    checks.check("timestamps take 12 bytes of each segment: 1448 are left of 1460", fits == [1448, 1460]);
    Ok(())
}

/// Prints a table of the four runs and of the `others`, and the ladders of all or of `some`.
fn show(runs: &[Run], others: &[(&str, &Run)], all: bool, some: [usize; 2]) {
    let heading = Table::new(["milliseconds after the writing", "segments leave at", "complete", "answered"]);
    let names = SETTINGS.map(|(name, ..)| name);
    let rows = names.into_iter().zip(runs).chain(others.iter().copied());
    println!("{}", rows.fold(heading, |table, (name, run)| run.row(table, name)));
    for (index, run) in runs.iter().enumerate().filter(|(index, _)| all || some.contains(index)) {
        println!("{}:\n\n{}", names[index], run.hosts.ladder());
    }
}

/// The section's first example. Returns the run that stalls.
fn small_writes(all: bool, checks: &mut Checks) -> Result<Run, Box<dyn Error>> {
    println!("\n500 bytes and 960 bytes, one write after the other, and an answer to all 1460:\n");
    let runs = Run::four(&[500, 960])?;
    let one_write = Run::of(config(0), &[1460], ROUND_TRIP)?;
    let in_flight = Run::of(config(0), &[1, 500, 960], ROUND_TRIP)?;
    let others =
        [("the same with 1 byte before, Nagle", &in_flight), ("one write of 1460, Nagle", &one_write)];
    show(&runs, &others, all, [0, 2]);
    let answered = |index: usize| runs[index].answered;
    let at_once = runs.iter().all(|run| run.pieces.first() == Some(&(Duration::ZERO, 500)));
    checks.check("the 500 bytes leave at once in all four, though 500 < 1460", at_once);
    checks.check("Nagle keeps the 960 back for a round trip", answered(1) == answered(3) + ROUND_TRIP);
    checks.check("and for the delayed ACK's 40 ms on top of it", answered(0) == answered(1) + DELAY);
    checks.check(
        "with nothing in flight the two are never put together into one segment",
        runs.iter().all(|run| run.pieces.len() == 2),
    );
    checks.check(
        "one write of all 1460 is one segment, and as fast as TCP_NODELAY with two",
        one_write.pieces == [(Duration::ZERO, 1460)] && one_write.answered == answered(2),
    );
    checks.check(
        "with a byte in flight the two are: they fill a segment, which waits for nothing",
        in_flight.pieces == [(Duration::ZERO, 1), (Duration::ZERO, 1460)],
    );
    runs.into_iter().next().ok_or_else(|| "no run".into())
}

/// The section's second example.
fn large_write(all: bool, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\n5000 = 3 × 1460 + 620 bytes in one write, and an answer to all of them:\n");
    let runs = Run::four(&[5000])?;
    show(&runs, &[], all, [0, 1]);
    let full = runs.iter().all(|run| run.pieces.starts_with(&[(Duration::ZERO, 1460); 3]));
    checks.check("three full segments leave at once in all four", full);
    let waited = |index: usize, time| runs[index].pieces.last() == Some(&(time, 620));
    let one = waited(1, ROUND_TRIP);
    checks.check("the 620 bytes wait one round trip if every segment is acknowledged at once", one);
    let more = waited(0, ROUND_TRIP + DELAY);
    checks.check("and 40 ms more if the ACK of the third, odd segment is delayed", more);
    let free = waited(2, Duration::ZERO) && waited(3, Duration::ZERO);
    checks.check("with TCP_NODELAY they wait for nothing", free);
    Ok(())
}

/// What the distance has to do with it.
fn round_trips(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut table =
        Table::new(["round trip (ms)", "TCP_NODELAY", "Nagle, ACK at once", "Nagle, delayed ACK"]);
    let mut all = true;
    for micros in [20, 1_000, 50_000, 200_000] {
        let round_trip = Duration::from_micros(micros);
        let answered = |settings| Run::of(config(settings), &[500, 960], round_trip).map(|run| run.answered);
        let (nodelay, at_once, stalled) = (answered(2)?, answered(1)?, answered(0)?);
        table = table.row([round_trip, nodelay, at_once, stalled].map(ms));
        all &= stalled.saturating_sub(nodelay + round_trip) == DELAY;
    }
    println!("\nWhen 500 + 960 bytes are answered, over different distances (milliseconds):\n\n{table}");
    checks.check("at every distance the stall is one round trip and 40 ms, on localhost too", all);
    Ok(())
}

/// In milliseconds, without zeros at the end.
fn ms(time: Duration) -> String {
    format!("{}", time.as_micros() as f64 / 1e3)
}
