//! What a request costs a server: processor time, beside the least that the kernel lets any server spend.
//!
//! ```text
//!   this program, on one processor              a server, on another
//!   load: N connections, each asks as      ───▶ a child process: this program again with `--serve NAME`,
//!   soon as it is answered                 ◀─── or nginx
//! ```
//!
//! Every server answers every request with the same fields and `OK`. They take turns; between the
//! beginning and the end of a turn the processor time of the server's processes is read, user and system
//! together. Time in the kernel counts, and so most of what is counted is TCP.
//!
//! `cargo bench -p wirelab-benches --bench requests_per_cpu_second` prints the tables for servers on one thread; with
//! `-- --several` those for two threads or processes, which share both processors with the load; with `-- --syscalls` it
//! counts system calls instead, by strace. `-- --profile NAME N` keeps one server busy for some seconds with the Nth workload,
//! and prints its process number, for a profiler.

mod bare_loop;
mod hyper_server;
mod load;
mod nginx;
mod ours;
mod processor;
mod reactor_loop;
mod server;
mod syscalls;

use std::io;
use std::time::{Duration, Instant};

use load::Load;
use server::{Kind, Server};
use wirelab::socket::raise_descriptor_limit;
use wirelab_benches::inputs::{self, Input};
use wirelab_benches::rounds;

const ROUNDS: usize = 31;
const TURN: Duration = Duration::from_millis(50);

/// A way of asking.
struct Workload {
    title: &'static str,
    request: Input,
    connections: usize,
    /// So many more that ask nothing.
    idle: usize,
    /// So many requests are sent at once, before the first is answered.
    depth: usize,
}

const WORKLOADS: [Workload; 5] = [
    Workload { title: "1 connection", request: inputs::SMALL, connections: 1, idle: 0, depth: 1 },
    Workload { title: "64 connections", request: inputs::SMALL, connections: 64, idle: 0, depth: 1 },
    Workload { title: "64 connections", request: inputs::BROWSER, connections: 64, idle: 0, depth: 1 },
    Workload {
        title: "16 connections, 16 pipelined",
        request: inputs::SMALL,
        connections: 16,
        idle: 0,
        depth: 16,
    },
    Workload {
        title: "64 of 2,064 connections",
        request: inputs::SMALL,
        connections: 64,
        idle: 2000,
        depth: 1,
    },
];

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let installed =
        |kinds: &[Kind]| kinds.iter().copied().filter(|kind| kind.is_installed()).collect::<Vec<_>>();
    match arguments[..] {
        ["--serve", name] => Kind::named(name)?.serve(),
        ["--syscalls", ..] => syscalls::report(&installed(&Kind::SINGLE), &WORKLOADS),
        ["--several", ..] => compare(&installed(&Kind::SEVERAL)),
        ["--profile", name, workload, ..] => keep_busy(Kind::named(name)?, &WORKLOADS[numbered(workload)?]),
        ["--bench"] => compare(&installed(&Kind::SINGLE)),
        _ => {
            println!("nothing is timed outside of `cargo bench`");
            Ok(())
        }
    }
}

fn compare(kinds: &[Kind]) -> io::Result<()> {
    raise_descriptor_limit(10_000)?; // for the idle connections, of which each server has its own
    println!(
        "Processor time of the server per request, user and system; medians of {ROUNDS} turns in rotation."
    );
    println!("`×`: how many times as much as the first. `busy`: how much of the time the server ran;");
    println!("where it is less than 100 %, it also paid for going to sleep and waking up.");
    let servers = kinds.iter().map(|&kind| Server::start(kind)).collect::<io::Result<Vec<_>>>()?;
    // The servers that are none come first; the others would end idle connections, as they should.
    let loops = servers.iter().take_while(|server| server.kind.is_bare()).count();
    for workload in &WORKLOADS {
        match workload.idle {
            0 => workload.compare(&servers)?,
            _ if loops > 0 => workload.compare(&servers[..loops])?,
            _ => {}
        }
    }
    Ok(())
}

/// What one turn showed.
#[derive(Clone, Copy)]
struct Turn {
    requests: f64,
    wall: f64,
    processor: f64,
}

impl Workload {
    fn compare(&self, servers: &[Server]) -> io::Result<()> {
        let connect = |server: &Server| self.connect(server);
        let mut loads = servers.iter().map(connect).collect::<io::Result<Vec<_>>>()?;
        let mut turns: Vec<Vec<Turn>> = vec![Vec::new(); servers.len()];
        let mut failed = None;
        let costs = rounds::medians(ROUNDS, servers.len(), |at| match turn(&servers[at], &mut loads[at]) {
            Ok(turn) => {
                turns[at].push(turn);
                turn.processor / turn.requests * 1e6
            }
            Err(error) => {
                failed = Some(error);
                f64::NAN
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        println!("\n{}, requests of {} bytes", self.title, self.request.bytes.len());
        println!("  {:<22} {:>11} {:>8} {:>15} {:>7}", "", "µs/request", "×", "requests/CPU-s", "busy");
        for ((server, cost), turns) in servers.iter().zip(&costs).zip(turns) {
            let busy = rounds::median(turns.iter().map(|turn| turn.processor / turn.wall).collect());
            println!(
                "  {:<22} {cost:>11.2} {:>8.2} {:>15.0} {:>5.0} %",
                server.kind.title(),
                cost / costs[0],
                1e6 / cost,
                busy * 100.0
            );
        }
        Ok(())
    }

    fn connect(&self, server: &Server) -> io::Result<Load> {
        Load::connect(server.address, self.request.bytes, (self.connections, self.idle), self.depth)
    }
}

fn turn(server: &Server, load: &mut Load) -> io::Result<Turn> {
    load.run_for(TURN / 10)?; // what the other servers have pushed out of the caches comes back
    let (begin, before) = (Instant::now(), server.processor_time()?);
    let requests = load.run_for(TURN)?;
    let (after, wall) = (server.processor_time()?, begin.elapsed());
    Ok(Turn {
        requests: requests as f64,
        wall: wall.as_secs_f64(),
        processor: (after - before).as_secs_f64(),
    })
}

/// The index of the workload of this number, from 1.
fn numbered(number: &str) -> io::Result<usize> {
    let known = number.parse().ok().filter(|number| (1..=WORKLOADS.len()).contains(number));
    known.map(|number| number - 1).ok_or_else(|| io::Error::other(format!("there is no workload `{number}`")))
}

fn keep_busy(kind: Kind, workload: &Workload) -> io::Result<()> {
    let server = Server::start(kind)?;
    println!("{}: process {:?}", kind.title(), server.processes);
    let requests = workload.connect(&server)?.run_for(Duration::from_secs(8))?;
    println!("{requests} requests");
    Ok(())
}
