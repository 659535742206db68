//! Section 3.1: pipelining, and what a slow answer does to those behind it.
//!
//! Three requests, the first of which takes the server 300 ms: one after another, pipelined on one connection, and on
//! three connections. First in virtual time, where nothing but the network and the slow page takes time; with `--live`,
//! on real sockets.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use wirelab::client;
use wirelab::sansio::Instant;
use wirelab::server::DemoSite;
use wirelab::sim::{Phase, Row, Waterfall};
use wirelab_examples::{Args, Checks, Outcome, Site, Table, Times, Traffic, answer, converse, get, queue};

const ABOUT: &str =
    "Three requests, the first one slow: in turn, pipelined, and on three connections (section 3.1).
Look at the two fast pages: what do they wait for in each way?";

const HOST: &str = "site.example";
const PATHS: [&str; 3] = ["/delay/300", "/1", "/2"];
const ROUND_TRIP: Duration = Duration::from_millis(40);
const CONNECTED: Instant = Instant::from_nanos(ROUND_TRIP.as_nanos() as u64);

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--live", "the same on real sockets, against the demo site"),
            ("--explain", "shows the bytes of the pipelined requests and answers, field by field"),
            ("--svg FILE", "draws the waterfall into FILE"),
            ("--pcap FILE", "as --live, and writes the packets into FILE, for Wireshark (needs CAP_NET_RAW)"),
        ],
    );
    let mut checks = Checks::default();
    if args.has("--live") || args.has("--pcap") {
        let _recording = args.recording(Traffic::Own)?;
        live(&mut checks)?
    } else {
        virtual_time(&args, &mut checks)?
    }
    Ok(checks.exit_code())
}

fn virtual_time(args: &Args, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("In virtual time: a round trip takes {} ms, and the server 300 ms", ROUND_TRIP.as_millis());
    println!("for {}. The handshake costs one round trip.\n", PATHS[0]);
    let requests = PATHS.iter().map(|path| get(HOST, path)).collect::<Result<Vec<_>, _>>()?;
    let in_turn = converse(requests.clone(), 1, ROUND_TRIP, false)?.times;
    let pipelined = converse(requests.clone(), 3, ROUND_TRIP, args.has("--explain"))?;
    let mut apart = Vec::new();
    for request in requests {
        apart.extend(converse(vec![request], 1, ROUND_TRIP, false)?.times); // connections do not know of each other
    }
    print!("{}", pipelined.explained);
    let mut chart = Waterfall::new("When do three pages arrive?");
    for (way, times) in [("in turn", &in_turn), ("pipelined", &pipelined.times), ("3 connections", &apart)] {
        for (path, t) in PATHS.iter().zip(times) {
            let row = Row::new(format!("{way:<13} {path}")).span(Phase::Connect, Instant::ZERO, CONNECTED);
            let row = if t.sent > CONNECTED { row.span(Phase::Blocked, CONNECTED, t.sent) } else { row };
            chart = chart.row(row.span(Phase::Wait, t.sent, t.began).span(Phase::Receive, t.began, t.done));
        }
    }
    println!("{chart}\nThe pipelined connection, packet by packet:\n\n{}", pipelined.ladder);
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    let ms = |times: &[Times]| times.iter().map(|t| (t.done - Instant::ZERO).as_millis()).collect::<Vec<_>>();
    checks.check(
        "in turn, a page waits for those before it, and for a round trip of its own",
        ms(&in_turn) == [380, 420, 460],
    );
    checks.check(
        "pipelined, the fast pages still wait behind the slow one: head-of-line blocking",
        ms(&pipelined.times) == [380, 380, 380],
    );
    checks.check(
        "on three connections nobody waits for the slow page; three handshakes are the price",
        ms(&apart) == [380, 80, 80],
    );
    Ok(())
}

/// The same against the demo site on this machine, where a round trip takes next to nothing.
fn live(checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    let mut site = Site::start(DemoSite::new())?;
    println!("On real sockets, against the demo site on {}; {} takes it 300 ms.\n", site.address, PATHS[0]);
    let in_turn = live_run(site.address, &PATHS, 1)?;
    let pipelined = live_run(site.address, &PATHS, 3)?;
    let threads = PATHS.map(|path| std::thread::spawn(move || live_run(site.address, &[path], 1).ok()));
    let apart: Vec<Duration> =
        threads.into_iter().filter_map(|thread| thread.join().ok()?).flatten().collect();
    site.stop()?;
    let mut table = Table::new(["", PATHS[0], PATHS[1], PATHS[2]]);
    for (way, times) in [("in turn", &in_turn), ("pipelined", &pipelined), ("3 connections", &apart)] {
        let cells = times.iter().map(|time| format!("{:.1} ms", time.as_secs_f64() * 1e3));
        table = table.row(std::iter::once(way.to_string()).chain(cells));
    }
    println!("{table}");
    let late = |times: &[Duration]| times.iter().all(|&time| time >= Duration::from_millis(300));
    checks.check("in turn, no page came before the slow one", late(&in_turn));
    checks.check("pipelined, no page came before the slow one", late(&pipelined));
    let first = apart.len() == 3 && apart[1].max(apart[2]) < apart[0];
    checks.check("on three connections the fast pages came before it", first);
    Ok(())
}

/// When each answer was complete, on one connection with so many requests `ahead` of their answers.
fn live_run(address: SocketAddr, paths: &[&str], ahead: usize) -> Result<Vec<Duration>, Box<dyn Error>> {
    let (mut connection, began, mut done) = (client::Connection::open(address)?, Clock::now(), Vec::new());
    for group in paths.chunks(ahead) {
        for path in group {
            queue(&mut connection, get(HOST, path)?, b"")?;
        }
        for _ in group {
            done.extend(answer(&mut connection)?.map(|_| began.elapsed()));
        }
    }
    Ok(done)
}
