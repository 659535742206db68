//! Section 6: one thread accepts, and hands each connection to one of several readers. The readers share the cores, and a
//! connection never changes its reader: also when the connections of one of them are the ones that work.

use std::error::Error;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use wirelab::client::Connection;
use wirelab::serve::Model;
use wirelab::server::Counters;
use wirelab_examples::{
    Args, Checks, Outcome, PCAP, Percentiles, Site, Table, Traffic, Work, ask, get, milliseconds,
    thread_times, wait_until,
};

const ABOUT: &str = "One thread accepts and hands connections to readers, each with a loop (section 6).
Look at the balance of connections, then at that of work, when the busy ones are on one reader.";

const HOST: &str = "site.example";
const READERS: usize = 4;
const CONNECTIONS: usize = 16;
/// Of the connections of one reader, so many ask for something heavy.
const HEAVY: usize = 3;

/// A connection, and the name of the thread that serves it.
struct Served {
    connection: Connection,
    reader: String,
}

fn main() -> Outcome {
    let args = Args::parse(ABOUT, &[("--seconds N", "how long the busy ones are busy (1)"), PCAP]);
    let _recording = args.recording(Traffic::Own)?;
    let mut checks = Checks::default();
    let mut site = Site::start_as(Model::Readers(READERS), Work::new())?;
    let mut served = connect(&site)?;
    hand_off(&site, &mut served, &mut checks)?;
    skew(served, Duration::from_secs_f64(args.value("--seconds", 1.0_f64).clamp(0.2, 60.0)), &mut checks)?;
    site.stop()?;
    Ok(checks.exit_code())
}

/// Opens the connections one after the other, and asks each who serves it.
fn connect(site: &Site) -> Result<Vec<Served>, Box<dyn Error>> {
    let mut served = Vec::new();
    for count in 1..=CONNECTIONS {
        let mut connection = Connection::open(site.address)?;
        wait_until("the connection to be accepted", || Ok(site.count(Counters::accepted) == count as u64))?;
        let reader = who_serves(&mut connection)?;
        served.push(Served { connection, reader });
    }
    Ok(served)
}

fn who_serves(connection: &mut Connection) -> Result<String, Box<dyn Error>> {
    Ok(String::from_utf8(ask(connection, get(HOST, "/thread")?, b"")?.content)?)
}

fn names(served: &[Served]) -> Vec<String> {
    let mut names: Vec<String> = served.iter().map(|served| served.reader.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn hand_off(site: &Site, served: &mut [Served], checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("{CONNECTIONS} connections, opened one after the other, and who reads from them:\n");
    let mut table = Table::new(["worker", "connections", "requests"]);
    for worker in site.workers() {
        table = table.row([
            worker.name().to_owned(),
            worker.accepted().to_string(),
            worker.requests().to_string(),
        ]);
    }
    println!("{table}");
    let of = |reader: &String| served.iter().filter(|served| served.reader == *reader).count();
    let names = names(served);
    checks.check("the connections are on as many threads as there are readers", names.len() == READERS);
    checks.check(
        "each has as many connections as the others",
        names.iter().all(|name| of(name) == CONNECTIONS / READERS),
    );
    let again = served.iter_mut().map(|served| Ok(who_serves(&mut served.connection)? == served.reader));
    let same = again.collect::<Result<Vec<bool>, Box<dyn Error>>>()?;
    checks.check("asked again, no connection has changed its reader", same.iter().all(|same| *same));
    Ok(())
}

/// Three of the four connections of one reader ask for 5 ms of computing, over and over; meanwhile one connection of each
/// reader asks for next to nothing.
fn skew(mut served: Vec<Served>, time: Duration, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let readers = names(&served);
    let (mut quick, mut heavy) = (Vec::new(), Vec::new());
    for reader in &readers {
        let at =
            served.iter().position(|served| served.reader == *reader).ok_or("a reader has no connection")?;
        quick.push(served.swap_remove(at));
    }
    while let Some(at) = served.iter().position(|served| served.reader == readers[0] && heavy.len() < HEAVY) {
        heavy.push(served.swap_remove(at));
    }
    println!(
        "\n{HEAVY} connections of {} compute without a pause; one of each reader asks for /:\n",
        readers[0]
    );
    let before = thread_times(std::process::id())?;
    let over = AtomicBool::new(false);
    let times = thread::scope(|scope| {
        for Served { mut connection, .. } in heavy {
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let answer = get(HOST, "/compute/5").map(|request| ask(&mut connection, request, b""));
                    if !matches!(answer, Ok(Ok(_))) {
                        return;
                    }
                }
            });
        }
        let asking: Vec<_> =
            quick.iter_mut().map(|served| scope.spawn(|| ask_for(time, &mut served.connection))).collect();
        let times: Option<Vec<Vec<Duration>>> =
            asking.into_iter().map(|thread| thread.join().ok()?.ok()).collect();
        over.store(true, Ordering::Relaxed);
        times
    });
    let times: Vec<Percentiles> = times.ok_or("a client failed")?.into_iter().map(Percentiles::of).collect();
    let after = thread_times(std::process::id())?;
    let used = |reader: &str| {
        let of = |threads: &[wirelab_examples::ThreadTime]| {
            threads.iter().find(|thread| thread.name == reader).map_or(Duration::ZERO, |thread| thread.time)
        };
        of(&after) - of(&before)
    };
    let mut table = Table::new(["reader", "processor ms", "p50 ms of /", "p99 ms of /"]);
    for (reader, times) in readers.iter().zip(&times) {
        table = table.row([
            reader.clone(),
            milliseconds(used(reader)),
            milliseconds(times.at(50)),
            milliseconds(times.at(99)),
        ]);
    }
    println!("{table}");
    let others: Duration = readers[1..].iter().map(|reader| used(reader)).sum();
    checks.check("the busy reader worked more than the three others together", used(&readers[0]) > others);
    let waits = times[1..].iter().all(|others| others.at(50) < times[0].at(50));
    checks.check("and its quick connection waited longer than those of the others", waits);
    Ok(())
}

/// Asks for `/` every few milliseconds, and returns how long each answer took.
fn ask_for(
    time: Duration,
    connection: &mut Connection,
) -> Result<Vec<Duration>, Box<dyn Error + Send + Sync>> {
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < time {
        let asked = Instant::now();
        ask(connection, get(HOST, "/")?, b"").map_err(|error| error.to_string())?;
        times.push(asked.elapsed());
        thread::sleep(Duration::from_millis(2));
    }
    Ok(times)
}
