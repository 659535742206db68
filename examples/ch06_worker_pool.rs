//! Section 6: one loop accepts, reads and writes, and hands *requests* to a pool of workers. A slow request takes a worker and
//! no connection; more slow requests than workers wait in the queue, and everybody behind them.

use std::error::Error;
use std::thread;
use std::time::Duration;

use wirelab::client::Connection;
use wirelab::load::{Arrivals, Config, Load, Mix, Report};
use wirelab::serve::Model;
use wirelab::server::Counters;
use wirelab_examples::{
    Args, Checks, Outcome, PCAP, Site, TIMES, Table, Traffic, Work, ask, get, patient, times, wait_until,
};

const ABOUT: &str = "One loop reads requests and queues them for a pool of workers (section 6).
Look at what the others get while one request blocks, and at the queue when all workers block.";

const HOST: &str = "site.example";

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--workers N", "how many workers (4)"),
            ("--slow MS", "how long a slow request blocks (200)"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let (workers, slow) = (args.value("--workers", 4).clamp(2, 64), args.value("--slow", 200).max(50));
    let mut checks = Checks::default();
    one_blocks(workers, slow, &mut checks)?;
    spread(workers, &mut checks)?;
    all_block(workers, slow, &mut checks)?;
    Ok(checks.exit_code())
}

/// The same load and the same slow request on a single loop and on the pool.
fn one_blocks(workers: usize, slow: u64, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!(
        "A request blocks for {slow} ms, while sixteen connections ask for / a thousand times a second:\n"
    );
    let mut table = Table::new(["", "others meanwhile"].into_iter().chain(TIMES));
    let mut seen = Vec::new();
    for model in [Model::SingleLoop, Model::WorkerPool(workers)] {
        let (meanwhile, report) = beside(model, slow)?;
        table =
            table.row([model.to_string(), meanwhile.to_string()].into_iter().chain(times(&report.response)));
        seen.push((meanwhile, report.counts.all_answered()));
    }
    println!("{table}");
    let [(alone, _), (pooled, _)] = seen[..] else { return Err("a model is missing".into()) };
    checks.check(format!("while it blocked, the single loop handled {alone} others"), alone == 0);
    checks.check(format!("and the pool {pooled}"), pooled > 0);
    checks.check("every request was answered by both", seen.iter().all(|(_, all)| *all));
    Ok(())
}

fn beside(model: Model, slow: u64) -> Result<(u64, Report), Box<dyn Error>> {
    let work = Work::new();
    let mut site = Site::start_as(model, work.clone())?;
    let duration = Duration::from_millis(2 * slow + 200);
    let config = Config { arrivals: Arrivals::Constant(1000.0), duration, connections: 16, ..patient() };
    let load = Load::new(site.address, Mix::new("page", get(HOST, "/")?), config)?;
    let loading = thread::spawn(move || load.run());
    wait_until("the load to be on its way", || Ok(work.quick() > 50))?;
    ask(&mut Connection::open(site.address)?, get(HOST, &format!("/block/{slow}"))?, b"")?;
    let report = loading.join().map_err(|_| "the load panicked")??;
    site.stop()?;
    Ok((work.meanwhile().first().copied().ok_or("the slow page was not asked for")?, report))
}

/// Nothing but work: who does it?
fn spread(workers: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut site = Site::start_as(Model::WorkerPool(workers), Work::new())?;
    let duration = Duration::from_millis(500);
    let config = Config { arrivals: Arrivals::Closed, duration, connections: 2 * workers, ..patient() };
    let report = Load::new(site.address, Mix::new("work", get(HOST, "/compute/1")?), config)?.run()?;
    println!("\nAnd if all that comes is work, 1 ms of a processor for each request:\n");
    let mut table = Table::new(["thread", "connections", "requests read", "requests handled"]);
    let told = site.workers();
    for worker in &told {
        let numbers =
            [worker.accepted(), worker.requests(), worker.handled()].map(|number| number.to_string());
        table = table.row([worker.name().to_owned()].into_iter().chain(numbers));
    }
    println!("{table}");
    site.stop()?;
    let handled: Vec<u64> =
        told.iter().map(|worker| worker.handled()).filter(|&handled| handled > 0).collect();
    let all = handled.iter().sum::<u64>();
    checks.check("all workers had work, and the loop handled nothing", handled.len() == workers);
    checks.check(format!("together they handled the {all} that were sent"), all == report.counts.sent);
    Ok(())
}

/// Two slow requests more than there are workers.
fn all_block(workers: usize, slow: u64, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let work = Work::new();
    let mut site = Site::start_as(Model::WorkerPool(workers), work.clone())?;
    let count = workers + 2;
    println!("\n{count} requests that block for {slow} ms each, on {workers} workers, and then one for /:\n");
    let page = format!("/block/{slow}");
    let address = site.address;
    let asking: Vec<_> = (0..count)
        .map(|_| {
            let request = get(HOST, &page)?;
            Ok(thread::spawn(move || {
                Connection::open(address).map(|mut connection| ask(&mut connection, request, b"").is_ok())
            }))
        })
        .collect::<Result<_, wirelab::http::InvalidTarget>>()?;
    let (read, handled) = (|| site.count(Counters::requests), || site.count(Counters::handled));
    wait_until("all to be read", || Ok(read() == count as u64))?;
    let waiting = (read() - handled()).saturating_sub(workers as u64);
    println!("read {}, handled {}: {waiting} are in the queue", read(), handled());
    ask(&mut Connection::open(address)?, get(HOST, "/")?, b"")?;
    let done_before = work.meanwhile().len();
    println!("the page came when {done_before} of the slow ones were done");
    let all = asking.into_iter().all(|thread| matches!(thread.join(), Ok(Ok(true))));
    site.stop()?;
    println!();
    checks.check("the loop went on reading: the requests wait in the queue, not in the kernel", waiting == 2);
    checks.check(
        "the quick one waited for three slow ones: two before it in the line, and its own turn",
        done_before >= 3,
    );
    checks.check("everybody got an answer", all);
    Ok(())
}
