//! Section 2.1: congestion control, in virtual time: one flow, two that share, six ways of sharing, and none at all.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::thread;
use std::time::Duration;

use wirelab::capture::{LinkType, Writer};
use wirelab::sansio::Instant;
use wirelab::sim::{Chart, CoDel, Queue, seconds, steps};
use wirelab::tcpip::tcp::{Algorithm, Info};
use wirelab_examples::{Args, Bottleneck, Checks, Failure, Outcome, RATE, Run, Table};

const ABOUT: &str = "Congestion control over a link of 10 Mbit/s with a round trip of 40 ms (section 2.1).
Look at the saw-tooth, at the queue below it, and at what the link carries when nobody slows down.";

/// How long two flows run, when the second begins, and from when on they are measured.
const LENGTH: Duration = Duration::from_secs(30);
const SECOND: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(15);

const SEGMENT: f64 = 1448.0;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--svg DIR", "draws the charts into DIR"),
            ("--pcap FILE", "captures the first two seconds of the first flow, as its sender sees them"),
        ],
    );
    let mut checks = Checks::default();
    let one = one_flow(args.get("--pcap"))?;
    let chart = chart("One flow, NewReno: slow start, and then the saw-tooth", &one);
    println!("{chart}");
    let shared = shared_in_six_ways()?;
    println!("Two flows, measured over the last 15 seconds of 30:\n\n{}", compared(&shared));
    let collapsing = without_control()?;
    println!(
        "Everybody sends what the receiver has room for, as in 1986, or slows down:\n\n{}",
        collapse(&collapsing)
    );
    if let Some(folder) = args.get("--svg").map(Path::new) {
        std::fs::write(folder.join("congestion_one.svg"), chart.svg())?;
        for (name, number) in [("newreno", 0), ("cubic", 3), ("ecn", 5)] {
            if let Some((way, run)) = shared.get(number) {
                let chart = self::chart(&format!("Two flows, {}", way.name()), run);
                std::fs::write(folder.join(format!("congestion_{name}.svg")), chart.svg())?;
            }
        }
    }
    check(&mut checks, &one, &shared, &collapsing);
    Ok(checks.exit_code())
}

// ANCHOR: one
/// NewReno over a drop-tail queue of one bandwidth-delay product.
fn one_flow(capture_to: Option<&str>) -> Result<Run, Failure> {
    let mut bottleneck = Bottleneck::new(Duration::from_secs(12));
    bottleneck.tcp.congestion_control = Algorithm::NewReno;
    let run = bottleneck.run(capture_to.is_some())?;
    if let Some(file) = capture_to {
        capture(file, &run)?;
    }
    Ok(run)
}
// ANCHOR_END: one

fn capture(file: &str, run: &Run) -> Result<(), Failure> {
    let mut capture = Writer::new(BufWriter::new(File::create(file)?))?;
    let wire = capture.interface("sender 1", LinkType::RAW)?;
    let first = |when: Instant| when < Instant::ZERO + Duration::from_secs(2);
    let seen = run.events.packets().filter(|(_, at, _)| run.events.name(at.node) == "sender 1");
    for (when, _, packet) in seen.take_while(|&(when, ..)| first(when)) {
        capture.packet(when, wire, packet)?;
    }
    Ok(capture.flush()?)
}

/// The congestion windows, the queue and the goodput, one below the other.
fn chart(title: &str, run: &Run) -> Chart {
    let mut chart = Chart::new(title).x("seconds").y("segments");
    let alone = run.flows.len() == 1;
    for (number, flow) in run.flows.iter().enumerate() {
        let window = flow.iter().map(|(when, info)| (*when, f64::from(info.congestion_window) / SEGMENT));
        chart = chart.step(flow_name(number, alone), steps(window));
        let losses = losses(flow);
        if !losses.is_empty() {
            chart = chart.marks("a loss is found", losses);
        }
        if alone {
            // Before the first loss there is no threshold to draw.
            let known = flow.iter().filter(|(_, info)| info.slow_start_threshold < u32::MAX);
            let points = known.map(|(when, info)| (*when, f64::from(info.slow_start_threshold) / SEGMENT));
            chart = chart.step("slow start threshold", steps(points));
        }
    }
    chart = chart.panel("packets").step("queue", steps(run.queue.iter().map(|&(when, n)| (when, n as f64))));
    chart = chart.panel("Mbit/s").level("the link's rate", RATE as f64 * 8e-6);
    for number in 0..run.flows.len() {
        let name = if alone { "goodput".to_owned() } else { flow_name(number, alone) };
        chart = chart.step(name, run.goodput_points(number));
    }
    chart
}

/// Where the sender began to repair something, and how large its window was before.
fn losses(flow: &[(Instant, Info)]) -> Vec<(f64, f64)> {
    let repairs = |info: &Info| info.fast_recoveries + info.timeouts;
    let found = flow.windows(2).filter(|pair| repairs(&pair[1].1) > repairs(&pair[0].1));
    found.map(|pair| (seconds(pair[1].0), f64::from(pair[0].1.congestion_window) / SEGMENT)).collect()
}

fn flow_name(number: usize, alone: bool) -> String {
    if alone { "congestion window".to_owned() } else { format!("flow {}", number + 1) }
}

/// Which congestion control over which queue.
#[derive(Clone, Copy)]
struct Way {
    algorithm: Algorithm,
    queue: &'static str,
}

impl Way {
    fn name(self) -> String {
        format!("{}, {}", named(self.algorithm), self.queue)
    }

    // ANCHOR: way
    fn bottleneck(self) -> Bottleneck {
        let mut bottleneck = Bottleneck::new(LENGTH);
        bottleneck.starts = vec![Duration::ZERO, SECOND];
        bottleneck.tcp.congestion_control = self.algorithm;
        bottleneck.tcp.explicit_congestion_notification = self.queue == "CoDel and ECN";
        if self.queue != "drop-tail" {
            bottleneck.queue = Queue::CoDel(CoDel::default());
        }
        bottleneck
    }
    // ANCHOR_END: way
}

fn named(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Off => "none",
        Algorithm::NewReno => "NewReno",
        Algorithm::Cubic => "CUBIC",
    }
}

fn shared_in_six_ways() -> Result<Vec<(Way, Run)>, Failure> {
    let of = |algorithm| ["drop-tail", "CoDel", "CoDel and ECN"].map(|queue| Way { algorithm, queue });
    let ways: Vec<Way> = [Algorithm::NewReno, Algorithm::Cubic].into_iter().flat_map(of).collect();
    let runs = run_all(ways.iter().map(|way| way.bottleneck()))?;
    Ok(ways.into_iter().zip(runs).collect())
}

/// Each in a thread of its own: they have nothing to do with one another.
fn run_all(worlds: impl Iterator<Item = Bottleneck>) -> Result<Vec<Run>, Failure> {
    let run = |world: Bottleneck| thread::spawn(move || world.run(false).map_err(|error| error.to_string()));
    let running: Vec<_> = worlds.map(run).collect();
    let ended = running
        .into_iter()
        .map(|thread| thread.join().map_err(|_| "a run has ended badly")?.map_err(Failure::from));
    ended.collect()
}

fn compared(shared: &[(Way, Run)]) -> Table {
    let headings =
        ["", "Mbit/s", "flow 1", "flow 2", "Jain", "wait ms", "lost", "marked", "sent again", "timeouts"];
    shared.iter().fold(Table::new(headings), |table, (way, run)| {
        let goodput = run.goodput(MEASURED);
        let shares = [goodput.iter().sum(), goodput[0], goodput[1]].map(|rate: f64| format!("{rate:.2}"));
        let counts = [run.link.drops(), run.link.marked, run.retransmissions(), run.timeouts()];
        let measured = [format!("{:.3}", run.fairness(MEASURED)), format!("{:.1}", run.mean_wait(MEASURED))];
        let counts = counts.map(|count| count.to_string());
        table.row([way.name()].into_iter().chain(shares).chain(measured).chain(counts))
    })
}

// ANCHOR: collapse
/// What hosts did before congestion control: the timer alone finds losses, never backs off, and sends everything again. The
/// queue is ten times as long as it should be, so that a packet waits for longer than the timer does.
fn unrestrained(algorithm: Algorithm, flows: usize) -> Bottleneck {
    let mut bottleneck = Bottleneck::new(Duration::from_secs(5));
    bottleneck.starts = vec![Duration::ZERO; flows];
    bottleneck.queue = Queue::Packets(333);
    bottleneck.tcp.congestion_control = algorithm;
    if algorithm == Algorithm::Off {
        bottleneck.tcp.selective_acknowledgment = false;
        bottleneck.tcp.fast_retransmit = false;
        bottleneck.tcp.back_off = false;
    }
    bottleneck
}
// ANCHOR_END: collapse

type Collapsing = Vec<((Algorithm, usize), Run)>;

fn without_control() -> Result<Collapsing, Failure> {
    let of = |algorithm| [1, 4, 16].map(|flows| (algorithm, flows));
    let ways: Vec<_> = [Algorithm::Off, Algorithm::Cubic].into_iter().flat_map(of).collect();
    let runs = run_all(ways.iter().map(|&(algorithm, flows)| unrestrained(algorithm, flows)))?;
    Ok(ways.into_iter().zip(runs).collect())
}

fn total(run: &Run) -> f64 {
    run.goodput(Duration::ZERO).iter().sum()
}

fn collapse(collapsing: &Collapsing) -> Table {
    let table = Table::new(["control", "flows", "link Mbit/s", "goodput", "sent again", "lost", "timeouts"]);
    collapsing.iter().fold(table, |table, ((algorithm, flows), run)| {
        let carried = run.link.arrived_bytes as f64 * 8e-6 / 5.0;
        let rates = [carried, total(run)].map(|rate| format!("{rate:.2}"));
        let counts = [run.retransmissions(), run.link.drops(), run.timeouts()].map(|count| count.to_string());
        table.row([named(*algorithm).to_owned(), flows.to_string()].into_iter().chain(rates).chain(counts))
    })
}

fn check(checks: &mut Checks, one: &Run, shared: &[(Way, Run)], collapsing: &Collapsing) {
    let goodput = one.goodput(Duration::ZERO)[0];
    checks.check("one flow gets nine tenths of the link's rate", goodput >= 9.0);
    let fair = |(_, run): &(Way, Run)| run.fairness(MEASURED) >= 0.9;
    checks.check(
        "two flows share evenly, whatever the way: Jain's index is 0.9 at least",
        shared.iter().all(fair),
    );
    let of = |queue| shared.iter().filter(move |(way, _)| way.queue == queue).map(|(_, run)| run);
    let shorter = of("drop-tail")
        .zip(of("CoDel"))
        .all(|(long, short)| short.mean_wait(MEASURED) * 2.0 < long.mean_wait(MEASURED));
    checks.check("with CoDel a packet waits for less than half as long", shorter);
    let unharmed = of("CoDel and ECN").all(|run| run.link.marked > 0 && run.link.drops() == 0);
    checks.check("with ECN there are marks and no losses", unharmed);
    let most =
        |wanted| collapsing.iter().find(|((algorithm, flows), _)| *algorithm == wanted && *flows == 16);
    let (Some((_, off)), Some((_, cubic))) = (most(Algorithm::Off), most(Algorithm::Cubic)) else { return };
    checks.check("without control the link is busy, and a quarter of it is for nothing", total(off) < 7.5);
    checks.check("with control 16 flows get nine tenths of it", total(cubic) >= 9.0);
}
