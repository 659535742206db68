//! Section 6: several threads accept from one listening socket. Who gets a connection, how many threads does it wake, and
//! what if one of them is busy? Beside it, the same with a socket for each thread (`SO_REUSEPORT`).

use std::error::Error;
use std::thread;
use std::time::Duration;

use wirelab::client::Connection;
use wirelab::load::{Arrivals, Config, Load, Mix};
use wirelab::serve::{Model, Worker};
use wirelab::server::Counters;
use wirelab_examples::{Args, Checks, Outcome, PCAP, Site, Table, Traffic, Work, ask, get, wait_until};

const ABOUT: &str = "Several loops accept from one socket, or each from its own (section 6).
Look at who accepts, how many threads wake, and who waits when one of them is busy.";

const HOST: &str = "site.example";

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--threads N", "how many threads accept (4)"),
            ("--connections N", "how many connections (400)"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let threads = args.value("--threads", 4).clamp(2, 32);
    let connections = args.value("--connections", 400).clamp(100, 5000);
    let mut checks = Checks::default();
    who_accepts(threads, connections, &mut checks)?;
    one_is_busy(threads, &mut checks)?;
    Ok(checks.exit_code())
}

fn who_accepts(threads: usize, connections: u64, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!(
        "{connections} connections, each with a request, on {threads} loops that have nothing else to do:\n"
    );
    let shared = one_by_one(Model::SharedListener(threads), connections)?;
    let shards = one_by_one(Model::Shards(threads), connections)?;
    let together = all_at_once(Model::SharedListener(threads), connections)?;
    let table = Table::new(["", "accepted by each", "wakes of each for a connection"])
        .row(["one socket, one by one".to_owned(), listed(&shared.accepted), shared.wakes()])
        .row(["a socket each, one by one".to_owned(), listed(&shards.accepted), shards.wakes()])
        .row(["one socket, all at once".to_owned(), listed(&together), String::new()]);
    println!("{table}\nA loop wakes for a connection, for its request, and for its end.\n");
    let sums = [&shared.accepted, &shards.accepted, &together].map(|accepted| accepted.iter().sum::<u64>());
    checks.check("each connection was accepted once", sums == [connections; 3]);
    checks.check(
        "on one socket, who accepted little slept: there is no thundering herd",
        shared.others_slept(),
    );
    let most = shared.accepted.iter().max().copied().unwrap_or(0);
    let unequal = most * threads as u64 > 2 * connections;
    checks.check(
        format!("but the shares are not equal: one of the loops took {most} of {connections}"),
        unequal,
    );
    let everybody = shards.accepted.iter().all(|&accepted| accepted > 0);
    checks.check("with a socket each, the kernel's hash gives everybody some", everybody);
    Ok(())
}

/// What each loop did for connections that came one by one.
struct Spread {
    accepted: Vec<u64>,
    waits: Vec<u64>,
}

fn listed<T: ToString>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

impl Spread {
    fn connections(&self) -> u64 {
        self.accepted.iter().sum()
    }

    fn wakes(&self) -> String {
        let each = self.waits.iter().map(|&waits| format!("{:.2}", waits as f64 / self.connections() as f64));
        each.collect::<Vec<_>>().join(" ")
    }

    /// A loop that was woken for every connection, to find it taken, would have woken as often as there were connections.
    fn others_slept(&self) -> bool {
        let mut loops = self.accepted.iter().zip(&self.waits);
        loops.all(|(&accepted, &waits)| waits < 4 * accepted + self.connections() / 4)
    }
}

fn one_by_one(model: Model, connections: u64) -> Result<Spread, Box<dyn Error>> {
    let mut site = Site::start_as(model, Work::new())?;
    let waits = |site: &Site| site.threads().map(|threads| threads.into_iter().map(|thread| thread.waits));
    let before = waits(&site)?;
    for _ in 0..connections {
        ask(&mut Connection::open(site.address)?, get(HOST, "/")?, b"")?;
        wait_until("the connection to be closed", || Ok(site.count(Counters::open) == 0))?;
    }
    let waits = waits(&site)?.zip(before).map(|(after, before)| after - before).collect();
    let accepted = site.workers().iter().map(Worker::accepted).collect();
    site.stop()?;
    Ok(Spread { accepted, waits })
}

/// How many each loop accepts of connections that come together, and ask at once.
fn all_at_once(model: Model, connections: u64) -> Result<Vec<u64>, Box<dyn Error>> {
    let mut site = Site::start_as(model, Work::new())?;
    let config = Config {
        arrivals: Arrivals::Closed,
        duration: Duration::from_millis(200),
        connections: usize::try_from(connections)?,
        ..Config::default()
    };
    Load::new(site.address, Mix::new("page", get(HOST, "/")?), config)?.run()?;
    let accepted = site.workers().iter().map(Worker::accepted).collect();
    site.stop()?;
    Ok(accepted)
}

const CLIENTS: u64 = 40;

fn one_is_busy(threads: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\nOne thread blocks for 700 ms, and {CLIENTS} clients connect and ask:\n");
    let in_shared = answered_meanwhile(Model::SharedListener(threads))?;
    let in_shards = answered_meanwhile(Model::Shards(threads))?;
    let row =
        |name: &str, meanwhile| [name.to_owned(), format!("{meanwhile}"), format!("{}", CLIENTS - meanwhile)];
    let table = Table::new(["", "answered meanwhile", "had to wait"])
        .row(row("one socket", in_shared))
        .row(row("a socket each", in_shards));
    println!("{table}");
    checks.check("on one socket nobody waits: whoever is free accepts", in_shared == CLIENTS);
    checks.check("with a socket each, those in the busy thread's queue do", in_shards < CLIENTS);
    Ok(())
}

/// How many of the clients were answered while one thread was blocked.
fn answered_meanwhile(model: Model) -> Result<u64, Box<dyn Error>> {
    let work = Work::new();
    let mut site = Site::start_as(model, work.clone())?;
    let address = site.address;
    let client = |page: &str| -> Result<_, wirelab::http::InvalidTarget> {
        let request = get(HOST, page)?;
        let ask = move || {
            Connection::open(address).map(|mut connection| ask(&mut connection, request, b"").is_ok())
        };
        Ok(thread::spawn(ask))
    };
    let mut clients = vec![client("/block/700")?];
    wait_until("a thread to be busy", || Ok(site.count(Counters::requests) == 1))?;
    for _ in 0..CLIENTS {
        clients.push(client("/")?);
    }
    let ends: Vec<bool> = clients.into_iter().map(|client| matches!(client.join(), Ok(Ok(true)))).collect();
    site.stop()?;
    match work.meanwhile().first() {
        Some(&meanwhile) if ends.iter().all(|answered| *answered) => Ok(meanwhile),
        _ => Err("a client was not answered".into()),
    }
}
