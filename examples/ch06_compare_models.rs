//! Section 6: the same load on every execution model: requests a second, response times, processor time, balance.
//!
//! Each server runs in a process of its own, so that its processor time is its own, and a model that forks can.

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use wirelab::load::{Arrivals, Config, Load, Mix, Report};
use wirelab::serve::Model;
use wirelab_examples::{
    Args, Bars, Checks, Outcome, PCAP, Served, Table, Told, Traffic, Work, get, milliseconds, serve,
    used_between, what_became,
};

const ABOUT: &str = "The same load on every execution model, each in a process of its own (section 6).
Look at who is slow under which load: no model is best in all tables.";

const HOST: &str = "site.example";

/// Who cannot keep up has so long to catch up; the rest is unanswered.
const GRACE: Duration = Duration::from_secs(2);

/// What is asked for.
struct Workload {
    name: &'static str,
    about: &'static str,
    /// Pages with their weights; times are those of the first.
    pages: &'static [(&'static str, u32)],
    /// Requests a second; without it, a closed loop.
    rate: Option<f64>,
}

const WORKLOADS: [Workload; 5] = [
    Workload {
        name: "tiny",
        about: "as many tiny requests as it can answer: 64 connections, a closed loop",
        pages: &[("/", 1)],
        rate: None,
    },
    Workload {
        name: "compute",
        about: "1 ms of a processor each, 1200 a second: more than one core can do",
        pages: &[("/compute/1", 1)],
        rate: Some(1200.0),
    },
    Workload {
        name: "blocking",
        about: "a dependency that takes 10 ms, waited for in the handler, 150 a second",
        pages: &[("/block/10", 1)],
        rate: Some(150.0),
    },
    Workload {
        name: "waiting",
        about: "the same, waited for as a step: the thread goes on with others",
        pages: &[("/later/10", 1)],
        rate: Some(150.0),
    },
    Workload {
        name: "hundredth",
        about: "1000 a second; one of a hundred blocks for 50 ms; times are of the others",
        pages: &[("/", 99), ("/block/50", 1)],
        rate: Some(1000.0),
    },
];

/// What a workload has shown of a model.
struct Seen {
    model: Model,
    report: Report,
    told: Told,
    /// Processor time of the whole server.
    used: Duration,
    /// What part of the time each thread was on a processor, in percent, if it is still there at the end: those of a
    /// connection are not.
    by_thread: Vec<f64>,
}

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--seconds N", "how long each load lasts (0.8)"),
            ("--model NAME", "only this one, with a number of threads behind a colon if you like: shards:8"),
            ("--workload NAME", "only this one: tiny, compute, blocking, waiting, hundredth"),
            ("--threads N", "threads or processes of each model that has several (4)"),
            ("--svg FILE", "draws the 99th percentiles into FILE"),
            ("--serve MODEL", "what this program starts for each measurement: serves until SIGTERM"),
            PCAP,
        ],
    );
    if serve(&args, Work::new())? {
        return Ok(ExitCode::SUCCESS);
    }
    let _recording = args.recording(Traffic::Own)?;
    let time = Duration::from_secs_f64(args.value("--seconds", 0.8_f64).clamp(0.2, 600.0));
    let models = models(&args)?;
    let workloads =
        WORKLOADS.iter().filter(|workload| args.get("--workload").is_none_or(|name| name == workload.name));
    println!(
        "{} processors. The load takes a part of them, too: what a model gains by more threads than",
        processors()
    );
    println!(
        "one, it gains on what the load leaves. The servers have {} threads where they have several.\n",
        args.value("--threads", 4_usize)
    );
    let mut checks = Checks::default();
    let mut chart = Bars::new("99th percentile of response times", "ms");
    for workload in workloads {
        println!("{}: {}\n", workload.name, workload.about);
        let seen =
            models.iter().map(|&model| measure(model, workload, time)).collect::<Result<Vec<_>, _>>()?;
        println!("{}", table(&seen));
        chart = seen.iter().fold(chart.group(workload.name), |chart, seen| {
            chart.bar(seen.model.name(), times_of(&seen.report).percentile(99.0).as_secs_f64() * 1e3)
        });
        check(workload, &seen, &mut checks);
        println!();
    }
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    Ok(checks.exit_code())
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// All models, or the one that was asked for.
fn models(args: &Args) -> Result<Vec<Model>, Box<dyn Error>> {
    let threads = args.value("--threads", 4_usize);
    match args.get("--model") {
        Some(model) => Ok(vec![model.parse()?]),
        None => {
            let with_threads = |model: Model| match model.count() {
                Some(_) => format!("{}:{threads}", model.name()).parse(),
                None => Ok(model),
            };
            Ok(Model::ALL.into_iter().map(with_threads).collect::<Result<_, _>>()?)
        }
    }
}

fn measure(model: Model, workload: &Workload, time: Duration) -> Result<Seen, Box<dyn Error>> {
    let served = Served::start(model)?;
    let mut pages = workload.pages.iter();
    let &(first, weight) = pages.next().ok_or("a workload has no page")?;
    let mut mix = Mix::new(first, get(HOST, first)?).weigh(first, weight);
    for &(page, weight) in pages {
        mix = mix.and(page, weight, get(HOST, page)?);
    }
    let arrivals = workload.rate.map_or(Arrivals::Closed, |rate| Arrivals::Poisson { rate, seed: 6 });
    let config = Config { arrivals, duration: time, grace: GRACE, ..Config::default() };
    let (all_before, before) = (served.processor_time()?, served.threads()?);
    let report = Load::new(served.address, mix, config)?.run()?;
    let (all_after, after) = (served.processor_time()?, served.threads()?);
    let told = served.stop()?;
    let by_thread = used_between(&before, &after);
    // The one counts the threads that have ended, too, and the other finer than in hundredths of a second.
    let used = (all_after - all_before).max(by_thread.iter().sum());
    let percent = |time: Duration| 100.0 * time.as_secs_f64() / report.elapsed.as_secs_f64();
    let by_thread = by_thread.into_iter().map(percent).collect();
    Ok(Seen { model, report, told, used, by_thread })
}

/// Of the first kind of page.
fn times_of(report: &Report) -> &wirelab::load::Histogram {
    report.kinds.first().map_or(&report.response, |kind| &kind.response)
}

fn table(seen: &[Seen]) -> Table {
    let headings =
        ["answers/s", "p50 ms", "p99 ms", "max ms", "µs each", "processor %", "by thread", "handled %"];
    seen.iter().fold(Table::new(["model"].into_iter().chain(headings)), |table, seen| {
        let times = times_of(&seen.report);
        let [p50, p99, max] =
            [times.percentile(50.0), times.percentile(99.0), times.longest()].map(milliseconds);
        let each = seen.used.as_secs_f64() * 1e6 / seen.report.counts.answered.max(1) as f64;
        let busy = 100.0 * seen.used.as_secs_f64() / seen.report.elapsed.as_secs_f64();
        table.row([
            seen.model.to_string(),
            format!("{:.0}", seen.report.rate()),
            p50,
            p99,
            max,
            format!("{each:.1}"),
            format!("{busy:.0}"),
            by_thread(&seen.by_thread),
            seen.told.balance(),
        ])
    })
}

fn by_thread(busy: &[f64]) -> String {
    let mut busy: Vec<f64> = busy.iter().copied().filter(|busy| *busy >= 0.5).collect();
    busy.sort_by(|a, b| b.total_cmp(a));
    let shown: Vec<String> = busy.iter().take(5).map(|busy| format!("{busy:.0}")).collect();
    let more = busy.len().saturating_sub(5);
    if more > 0 { format!("{} +{more}", shown.join(" ")) } else { shown.join(" ") }
}

/// What must be so, whatever the machine: counts, and who came before whom.
fn check(workload: &Workload, seen: &[Seen], checks: &mut Checks) {
    for seen in seen.iter().filter(|seen| !seen.report.counts.all_answered()) {
        println!("{}: {}", seen.model, what_became(&seen.report.counts));
    }
    let add_up = seen.iter().all(|seen| {
        let counts = &seen.report.counts;
        counts.add_up()
            && seen.told.sum(|worker| worker.responses) >= counts.answered
            && seen.told.sum(|worker| worker.requests) <= counts.sent
    });
    checks.check(format!("{}: both sides count the same, for every model", workload.name), add_up);
    let of = |model: Model| seen.iter().find(|seen| seen.model.name() == model.name());
    let (Some(single), Some(pool)) = (of(Model::SingleLoop), of(Model::WorkerPool(1))) else { return };
    match workload.name {
        "blocking" => {
            // It cannot have answered more than one every 10 ms, in all the time that there was.
            let most = (single.report.elapsed.as_millis() / 10) as u64 + 1;
            checks.check(
                "blocking: the single loop answered one after the other",
                single.report.counts.answered <= most,
            );
        }
        "hundredth" => {
            let (alone, pooled) = (single.told.meanwhile, pool.told.meanwhile);
            checks.check(
                format!(
                    "hundredth: while one blocked, the single loop handled {alone} others, the pool {pooled}"
                ),
                alone == 0 && pooled > 0,
            );
        }
        _ => {}
    }
}
