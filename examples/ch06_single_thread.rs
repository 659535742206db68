//! Section 6: one thread for everything. It keeps thousands of connections, sleeps when nothing happens, and stands still for
//! all of them when one handler does not return.

use std::error::Error;
use std::thread;
use std::time::Duration;

use wirelab::client;
use wirelab::load::{Arrivals, Config, Load, Mix, Report};
use wirelab::server::Counters;
use wirelab::socket::{TcpStream, raise_descriptor_limit};
use wirelab_examples::{
    Args, Checks, Outcome, PCAP, Site, TIMES, Table, Traffic, Work, ask, get, patient, times, wait_until,
};

const ABOUT: &str = "One thread that accepts, reads, handles and writes for everybody (section 6).
Look at what the others get while one request blocks, computes, or waits properly.";

const HOST: &str = "site.example";

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--connections N", "idle connections in the first part (2000)"),
            ("--slow MS", "how long the slow request of the second part takes (200)"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let mut checks = Checks::default();
    thousands(args.value("--connections", 2000), &mut checks)?;
    one_is_slow(args.value("--slow", 200).max(20), &mut checks)?;
    Ok(checks.exit_code())
}

/// Many connections, most of them silent, and some that ask.
fn thousands(wanted: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    // Both ends are in this process: two descriptors a connection.
    let limit = usize::try_from(raise_descriptor_limit(2 * wanted as u64 + 500)?)?;
    let count = wanted.min((limit.max(1000) - 500) / 2);
    let work = Work::new();
    let mut site = Site::start(work.clone())?;
    let idle = (0..count).map(|_| TcpStream::connect(site.address)).collect::<Result<Vec<_>, _>>()?;
    wait_until("all to be accepted", || Ok(site.count(Counters::accepted) == count as u64))?;
    println!("{count} connections are open and silent, and 64 more ask 5000 times a second:\n");
    let report = page_load(&site, 5000.0, 1000, 64)?.run()?;
    let headings = ["", "requests", "threads"].into_iter().chain(TIMES);
    let threads = work.threads();
    let row = ["answered".to_owned(), report.counts.answered.to_string(), threads.len().to_string()];
    println!("{}", Table::new(headings).row(row.into_iter().chain(times(&report.response))));

    wait_until("the 64 to be gone", || Ok(site.count(Counters::open) == count as u64))?;
    let wakes = || threads.iter().map(|thread| thread.wakes()).sum::<Result<u64, _>>();
    for thread in &threads {
        wait_until("the loop to sleep", || thread.is_waiting())?;
    }
    let before = wakes()?;
    thread::sleep(Duration::from_millis(500)); // the promise is about the time in which nothing happens
    let woken = wakes()? - before;
    checks.check(format!("all {} requests were answered", report.counts.due), report.counts.all_answered());
    checks.check(format!("by one thread, beside {count} silent connections"), threads.len() == 1);
    checks.check(format!("in half a second without requests it woke {woken} times"), woken == 0);
    drop(idle);
    Ok(site.stop()?)
}

/// A load on `/`, as many a second, for so many milliseconds.
fn page_load(site: &Site, rate: f64, milliseconds: u64, connections: usize) -> Result<Load, Box<dyn Error>> {
    let duration = Duration::from_millis(milliseconds);
    let config = Config { arrivals: Arrivals::Constant(rate), duration, connections, ..patient() };
    Ok(Load::new(site.address, Mix::new("page", get(HOST, "/")?), config)?)
}

fn one_is_slow(slow: u64, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\nOne request takes {slow} ms, while sixteen others ask for / a thousand times a second:\n");
    let mut table = Table::new(["the slow one", "others meanwhile"].into_iter().chain(TIMES));
    let mut seen = Vec::new();
    for (way, page) in [("blocks", "block"), ("computes", "compute"), ("waits as a step", "later")] {
        let (meanwhile, report) = beside(&format!("/{page}/{slow}"), slow)?;
        let cells = [way.to_owned(), meanwhile.to_string()];
        table = table.row(cells.into_iter().chain(times(&report.response)));
        let late = report.response.count_from(Duration::from_millis(slow / 2));
        seen.push((meanwhile, late, report.counts.all_answered()));
    }
    println!("{table}");
    println!(
        "`others meanwhile`: how many requests for / were handled from the slow one's beginning to its end.\n"
    );
    let [(blocked, late, _), (computed, ..), (waited, ..)] = seen[..] else {
        return Err("a way is missing".into());
    };
    checks.check("while a handler blocks, the loop handles nothing else", blocked == 0);
    checks.check("while it computes, neither", computed == 0);
    checks.check(format!("{late} answers came late by half of the time and more"), late > 0);
    checks.check(format!("while it waits as a step, {waited} others were handled"), waited > 0);
    checks.check(
        "nobody was lost: the others waited, in the kernel's buffers",
        seen.iter().all(|(.., all)| *all),
    );
    Ok(())
}

/// Asks for the slow page in the middle of a load on the quick one.
fn beside(page: &str, slow: u64) -> Result<(u64, Report), Box<dyn Error>> {
    let work = Work::new();
    let mut site = Site::start(work.clone())?;
    let load = page_load(&site, 1000.0, 2 * slow + 200, 16)?;
    let loading = thread::spawn(move || load.run());
    wait_until("the load to be on its way", || Ok(work.quick() > 50))?;
    ask(&mut client::Connection::open(site.address)?, get(HOST, page)?, b"")?;
    let report = loading.join().map_err(|_| "the load panicked")??;
    site.stop()?;
    Ok((work.meanwhile().first().copied().ok_or("the slow page was not asked for")?, report))
}
