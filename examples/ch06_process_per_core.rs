//! Section 6: a master and a worker process for each core. One worker is killed under load: what is lost, who notices, and who
//! takes its place?

use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use wirelab::load::{Arrivals, Config, Load, Mix};
use wirelab::reactor::Signal;
use wirelab::serve::Model;
use wirelab_examples::{
    Args, Checks, Outcome, PCAP, Served, Table, Told, Traffic, Work, get, patient, serve, wait_until,
    what_became,
};

const ABOUT: &str = "A master process and its workers, one of which is killed under load (section 6).
Look at how many requests fail: only those that were on the dead worker's connections.";

const HOST: &str = "site.example";
const CONNECTIONS: usize = 32;

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--workers N", "how many worker processes (as many as there are processors, at least 2)"),
            ("--seconds N", "how long the load lasts (2)"),
            ("--serve MODEL", "what this program starts: serves until SIGTERM"),
            ("--hand-over-at PATH", "and lets another take its listener, there"),
            ("--take-over PATH", "and takes the listener of the one that listens there"),
            PCAP,
        ],
    );
    // Before there are threads: it forks.
    if serve(&args, Work::new())? {
        return Ok(ExitCode::SUCCESS);
    }
    let _recording = args.recording(Traffic::Own)?;
    let processors = thread::available_parallelism().map_or(1, usize::from);
    let workers = args.value("--workers", processors).clamp(2, 64);
    let mut checks = Checks::default();
    let seconds = args.value("--seconds", 2.0_f64).clamp(0.5, 600.0);
    kill_one(workers, seconds, &mut checks)?;
    restart(workers, seconds, &mut checks)?;
    Ok(checks.exit_code())
}

/// The numbers of the worker processes.
fn workers_of(served: &Served) -> std::io::Result<Vec<u32>> {
    let mut workers: Vec<u32> = served.threads()?.iter().map(|thread| thread.process).collect();
    workers.retain(|process| *process != served.process());
    workers.dedup();
    Ok(workers)
}

/// The worker with the most open descriptors, and so the most connections. (Which one accepts is nobody's choice.)
fn busiest(workers: &[u32]) -> Result<(usize, u32), Box<dyn Error>> {
    let descriptors = |&worker: &u32| Ok((std::fs::read_dir(format!("/proc/{worker}/fd"))?.count(), worker));
    let counts = workers.iter().map(descriptors).collect::<std::io::Result<Vec<_>>>()?;
    Ok(counts.into_iter().max().ok_or("there is no worker")?)
}

/// Pages of 5 ms, 2000 a second.
fn load(served: &Served, seconds: f64, connection_per_request: bool) -> Result<Load, Box<dyn Error>> {
    let config = Config {
        arrivals: Arrivals::Constant(2000.0),
        duration: Duration::from_secs_f64(seconds),
        connections: CONNECTIONS,
        connection_per_request,
        ..patient()
    };
    Ok(Load::new(served.address, Mix::new("page", get(HOST, "/later/5")?), config)?)
}

fn kill_one(workers: usize, seconds: f64, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let served = Served::start(Model::Processes(workers))?;
    wait_until("all workers to be there", || Ok(workers_of(&served)?.len() == workers))?;
    let before = workers_of(&served)?;
    println!("master {}, workers {before:?}, all on {}\n", served.process(), served.address);

    let load = load(&served, seconds, false)?;
    let loading = thread::spawn(move || load.run());
    thread::sleep(Duration::from_secs_f64(seconds / 2.0)); // so that there is a before and an after
    let (held, killed) = busiest(&before)?;
    println!(
        "{killed} has {held} descriptors, the most of all. SIGKILL to it, in the middle of 2000 requests"
    );
    println!(
        "a second on {CONNECTIONS} connections, each of which takes 5 ms: about ten are always under way."
    );
    Signal::KILL.send(killed)?;
    wait_until("another worker to take its place", || {
        let now = workers_of(&served)?;
        Ok(now.len() == workers && !now.contains(&killed))
    })?;
    let after = workers_of(&served)?;
    println!("workers are now {after:?}\n");
    let report = loading.join().map_err(|_| "the load panicked")??;
    let told = served.stop()?;

    println!("{}", what_became(&report.counts));
    println!(
        "connections: {} made, {} ended while idle\n\n{}",
        report.connected,
        report.lost_idle,
        table(&told)
    );
    let (failed, lost) = (report.counts.failed.total(), told.sum(|worker| worker.lost));
    checks.check(
        "the master noticed one death, and started one process",
        told.incident("worker-died") == 1 && told.incident("worker-restarted") == 1,
    );
    checks.check(
        "the other workers are the same as before",
        before.iter().filter(|&&worker| worker != killed).all(|worker| after.contains(worker)),
    );
    checks.check(
        format!("{lost} connections were lost, and {failed} requests on them"),
        lost > 0 && failed <= lost,
    );
    checks.check("every other request was answered", report.counts.answered + failed == report.counts.due);
    checks.check(
        "the clients connected anew as often as they had lost a connection",
        report.connected == CONNECTIONS as u64 + lost,
    );
    checks.check(
        "the answers add up on both sides",
        told.sum(|worker| worker.responses) >= report.counts.answered,
    );
    Ok(())
}

fn table(told: &Told) -> Table {
    let table = Table::new(["worker", "connections", "lost", "requests", "answers"]);
    told.workers.iter().fold(table, |table, worker| {
        let numbers = [worker.accepted, worker.lost, worker.requests, worker.responses]
            .map(|number| number.to_string());
        table.row([worker.name.clone()].into_iter().chain(numbers))
    })
}

/// A new server takes the listener over from an old one, which then ends.
fn restart(workers: usize, seconds: f64, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let path = std::env::temp_dir().join(format!("wirelab-{}.socket", std::process::id()));
    let place = path.to_str().ok_or("the folder for temporary files has an odd name")?;
    let model = Model::Processes(workers);
    let old = Served::start_with(model, &["--hand-over-at", place])?;
    let kept = load(&old, seconds, false)?;
    let new_ones = load(&old, seconds, true)?;
    let loading = [kept, new_ones].map(|load| thread::spawn(move || load.run()));
    thread::sleep(Duration::from_secs_f64(seconds / 2.0));
    println!("\nAnother master takes the listener over from {}, under twice that load:\n", old.process());
    let new = Served::start_with(model, &["--take-over", place])?;
    let (same, told_old) = (new.address == old.address, old.wait_for_end()?);
    let mut reports = Vec::new();
    for thread in loading {
        reports.push(thread.join().map_err(|_| "the load panicked")??);
    }
    let told_new = new.stop()?;
    std::fs::remove_file(&path)?;
    for (name, report) in ["connections that are kept", "one for each request"].iter().zip(&reports) {
        println!("{name}: {}, on {} connections", what_became(&report.counts), report.connected);
    }
    println!("\nthe old one\n{}\nthe new one\n{}", table(&told_old), table(&told_new));
    let [by_old, by_new] = [&told_old, &told_new].map(|told| told.sum(|worker| worker.responses));
    checks.check("the new one listens at the same address, and the old one has ended in good order", same);
    checks.check(format!("both have answered: {by_old} and {by_new}"), by_old > 0 && by_new > 0);
    let answered: u64 = reports.iter().map(|report| report.counts.answered).sum();
    let all = reports.iter().all(|report| report.counts.all_answered());
    checks.check(format!("of {answered} requests, none was refused, reset, lost or left unanswered"), all);
    checks.check("the answers of both servers are those that the clients got", by_old + by_new == answered);
    Ok(())
}
