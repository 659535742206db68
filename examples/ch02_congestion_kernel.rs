//! Section 2.1: Linux's CUBIC and ours beside each other, in real time: each alone on a link, and both on one.

use std::io;
use std::thread;
use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::sim::{Chart, jain, rate, steps};
use wirelab::socket::TcpInfo;
use wirelab::tcpip::tcp::Info;
use wirelab_examples::{Args, Checks, Outcome, Rivalry, Rivals, Table};

const ABOUT: &str =
    "Linux's CUBIC and ours on one bottleneck, in real time (section 2.1). It needs root and /dev/net/tun.
Look at what each gets alone, at how they share, and at the windows of both.";

/// How long one flow alone is measured. Both run at the same time, on links of their own.
const ALONE: Duration = Duration::from_secs(15);

/// Beyond this a run says nothing: the network was somewhere else for too long.
const TOO_LATE: Duration = Duration::from_millis(2);

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--rate N", "Mbit/s of the link (40)"),
            ("--seconds N", "for how long both are measured together (30)"),
            ("--svg FILE", "draws both windows, round-trip times and goodputs"),
        ],
    );
    let (megabits, length) = (args.value("--rate", 40), Duration::from_secs(args.value("--seconds", 30)));
    println!(
        "A link of {megabits} Mbit/s, 40 ms there and back, and a queue of one bandwidth-delay product.\nThis takes {} seconds: alone first, then together.\n",
        (ALONE + length).as_secs()
    );
    let rivals = |kernel, ours, length| Rivals { megabits, kernel, ours, length };
    let [kernel, ours] = [rivals(true, false, ALONE), rivals(false, true, ALONE)].map(start);
    let (kernel, ours) = (result(kernel)?, result(ours)?);
    let both = result(start(rivals(true, true, length)))?;
    let runs = [("the kernel alone", &kernel), ("ours alone", &ours), ("both", &both)];
    println!("{}\n{}", shares(megabits, &runs), senders(&runs));
    let chart = chart(megabits, &both);
    println!("{chart}");
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    let mut checks = Checks::default();
    check(&mut checks, megabits, &runs);
    Ok(checks.exit_code())
}

type Running = thread::JoinHandle<io::Result<Rivalry>>;

/// In a thread of its own, which has a network of its own.
fn start(rivals: Rivals) -> Running {
    thread::spawn(move || rivals.run())
}

fn result(running: Running) -> io::Result<Rivalry> {
    running.join().map_err(|_| io::Error::other("a run has ended badly"))?
}

/// What there is for the applications: of a packet of 1500 bytes 1448 are data.
fn available(megabits: u64) -> f64 {
    megabits as f64 * 1448.0 / 1500.0
}

fn shares(megabits: u64, runs: &[(&str, &Rivalry)]) -> Table {
    let headings = ["", "kernel Mbit/s", "ours", "of the link", "Jain", "turned away", "late µs"];
    runs.iter().fold(Table::new(headings), |table, (name, run)| {
        let goodput = run.goodput();
        let used = 100.0 * goodput.iter().sum::<f64>() / available(megabits);
        let alone = goodput.contains(&0.0);
        table.row([
            (*name).to_owned(),
            format!("{:.2}", goodput[0]),
            format!("{:.2}", goodput[1]),
            format!("{used:.1} %"),
            if alone { String::new() } else { format!("{:.3}", jain(&goodput)) },
            run.link.turned_away.to_string(),
            run.link.mean_lateness().as_micros().to_string(),
        ])
    })
}

/// What the senders know at the end: TCP_INFO, as `ss -ti` prints it, and our own. Slow start is what happens at first.
fn senders(runs: &[(&str, &Rivalry)]) -> Table {
    let headings = ["at the end", "cwnd", "ssthresh", "rtt ms", "mss", "sent again", "in the first 5 s"];
    let row = |name: String, [cwnd, threshold]: [u32; 2], rtt: Duration, rest: [u64; 3]| {
        let milliseconds = format!("{:.1}", rtt.as_secs_f64() * 1e3);
        let first = [name, cwnd.to_string(), threshold.to_string(), milliseconds];
        first.into_iter().chain(rest.map(|number| number.to_string()))
    };
    let mut table = Table::new(headings);
    for (name, run) in runs {
        if let Some((_, info)) = run.kernel.last() {
            let early = at_first(&run.kernel).map_or(0, |info| info.total_retrans);
            let rest = [info.snd_mss, info.total_retrans, early].map(u64::from);
            let windows = [info.snd_cwnd, info.snd_ssthresh];
            table = table.row(row(format!("{name}: kernel"), windows, info.rtt, rest));
        }
        if let Some((_, info)) = run.ours.last() {
            let early = at_first(&run.ours).map_or(0, |info| info.retransmissions);
            let rest = [info.segment_size.into(), info.retransmissions, early];
            let windows = [info.congestion_window, info.slow_start_threshold];
            let windows = windows.map(|bytes| bytes / info.segment_size.max(1));
            table =
                table.row(row(format!("{name}: ours"), windows, info.smoothed_rtt.unwrap_or_default(), rest));
        }
    }
    table
}

/// What was known when the warm-up was over.
fn at_first<T: Copy>(samples: &[(Instant, T)]) -> Option<T> {
    let early = samples.iter().take_while(|&&(when, _)| when < Instant::ZERO + Rivals::WARM_UP);
    early.last().map(|&(_, info)| info)
}

fn chart(megabits: u64, run: &Rivalry) -> Chart {
    let kernel = |of: fn(&TcpInfo) -> f64| steps(run.kernel.iter().map(|(when, info)| (*when, of(info))));
    let ours = |of: fn(&Info) -> f64| steps(run.ours.iter().map(|(when, info)| (*when, of(info))));
    let end = run.ours.last().map_or(Instant::ZERO, |(when, _)| *when);
    let goodput = |flow: usize| {
        let points = rate(run.arrivals[flow].iter().copied(), Duration::from_secs(1), end);
        points.into_iter().map(|(when, bytes)| (when, bytes * 8e-6)).collect::<Vec<_>>()
    };
    Chart::new(format!("Linux's CUBIC and ours on a link of {megabits} Mbit/s"))
        .x("seconds")
        .y("segments")
        .step("the kernel", kernel(|info| f64::from(info.snd_cwnd)))
        .step("ours", ours(|info| f64::from(info.congestion_window) / f64::from(info.segment_size)))
        .panel("ms there and back")
        .step("as the kernel measures it", kernel(|info| info.rtt.as_secs_f64() * 1e3))
        .panel("Mbit/s")
        .step("the kernel", goodput(0))
        .step("ours", goodput(1))
}

fn check(checks: &mut Checks, megabits: u64, [(_, kernel), (_, ours), (_, both)]: &[(&str, &Rivalry); 3]) {
    let punctual = [kernel, ours, both].iter().all(|run| run.link.mean_lateness() < TOO_LATE);
    checks.check("this machine was free enough for a network in real time", punctual);
    let (kernel, ours) = (kernel.goodput()[0], ours.goodput()[1]);
    let differ = (kernel - ours).abs() / kernel.max(ours);
    checks.check("alone, the kernel and we get the same within a tenth", differ <= 0.1);
    let goodput = both.goodput();
    let used = goodput.iter().sum::<f64>() / available(megabits);
    checks.check("together, they use nine tenths of the link", used >= 0.9);
    checks.check("and share it evenly: Jain's index is 0.9 at least", jain(&goodput) >= 0.9);
}
