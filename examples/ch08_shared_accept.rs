//! Section 8.3: several threads accept on one socket. Which of them is woken for a connection, how many are woken, and what
//! a slow one holds up; blocked in `accept`, and waiting in epoll.

use std::error::Error;
use std::io::{self, ErrorKind};

use wirelab::reactor::{Acceptor, Reactor, Token};
use wirelab::socket::TcpListener;
use wirelab_examples::{AcceptLog, Acceptors, Args, Checks, Outcome, PCAP, Table, Traffic};

const ABOUT: &str = "Several threads accept on one socket (section 8.3).
Look at who gets the next connection, how many threads are woken for it, and what a slow thread holds up.";

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--threads N", "how many threads accept (4)"),
            ("--connections N", "how many come one by one, and how many at once (200)"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let threads = args.value("--threads", 4).clamp(2, 64);
    let connections = args.value("--connections", 200).clamp(threads, 4000);
    println!("{ABOUT}\n");
    let mut checks = Checks::default();
    one_by_one(threads, connections, &mut checks)?;
    at_once(threads, connections, &mut checks)?;
    one_is_slow(threads, connections, &mut checks)?;
    Ok(checks.exit_code())
}

/// How a thread waits for connections.
type Way = fn(TcpListener, usize, &AcceptLog) -> io::Result<()>;

/// Each with its name, and with whether all threads are woken for a connection.
const WAYS: [(&str, Way, bool); 3] = [
    ("accept", blocked_in_accept, false),
    ("epoll", waiting_in_epoll, true),
    ("epoll, exclusive", waiting_exclusively, false),
];

/// The server of most textbooks: the kernel wakes the thread when it has a connection for it.
fn blocked_in_accept(listener: TcpListener, thread: usize, log: &AcceptLog) -> io::Result<()> {
    loop {
        let (_stream, _peer) = listener.accept_blocking()?;
        if !log.took(thread) {
            return Ok(());
        }
    }
}

/// Epoll tells the thread that there is a connection; it may be another's by the time it asks.
fn waiting_in_epoll(listener: TcpListener, thread: usize, log: &AcceptLog) -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    let acceptor = reactor.listen(listener, Token(0))?;
    accept_when_told(reactor, acceptor, thread, log)
}

/// With `EPOLLEXCLUSIVE`.
fn waiting_exclusively(listener: TcpListener, thread: usize, log: &AcceptLog) -> io::Result<()> {
    let mut reactor = Reactor::new()?;
    let acceptor = reactor.listen_shared(listener, Token(0))?;
    accept_when_told(reactor, acceptor, thread, log)
}

fn accept_when_told(
    mut reactor: Reactor<()>,
    mut acceptor: Acceptor,
    thread: usize,
    log: &AcceptLog,
) -> io::Result<()> {
    loop {
        reactor.poll(None)?;
        while reactor.next_event().is_some() {
            match reactor.accept(&mut acceptor) {
                Ok(_connection) if log.took(thread) => {}
                Ok(_last) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    log.told_in_vain();
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// Each connection comes when all threads wait: then the kernel alone decides who gets it.
fn one_by_one(threads: usize, connections: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("{connections} connections one by one, each when all {threads} threads wait:\n");
    let mut table =
        Table::new(["waiting in", "who got the first", "each", "woken", "in vain", "told in vain"]);
    for (name, way, herd) in WAYS {
        let crew = Acceptors::start(threads, connections, way)?;
        let woken_before = crew.wakes()?;
        for count in 1..=connections {
            crew.connect()?;
            crew.wait_until_taken(count)?;
            crew.wait_until_all_wait()?;
        }
        let woken = crew.wakes()? - woken_before;
        let (takers, told) = (crew.log.takers(), crew.log.in_vain());
        let in_vain = woken.saturating_sub(connections as u64);
        let first: Vec<String> = takers.iter().take(2 * threads).map(usize::to_string).collect();
        let shares = format!("{:?}", crew.shares());
        table = table.cells(&[&name, &first.join(" "), &shares, &woken, &in_vain, &told]);
        crew.stop()?;
        if name == "accept" {
            // Among so many in a row, each thread is there once.
            let in_turn = takers.windows(threads).all(|row| (0..threads).all(|it| row.contains(&it)));
            checks.check("accept: the thread that has waited longest is woken (FIFO)", in_turn);
        }
        let way = name.replace(", exclusive", " with EPOLLEXCLUSIVE");
        if herd {
            let all = connections as u64 * (threads as u64 - 1);
            checks.check(format!("{way}: every thread is woken for every connection"), 2 * in_vain > all);
        } else {
            let few = 2 * in_vain < connections as u64;
            checks.check(format!("{way}: one thread is woken for a connection"), few);
        }
    }
    println!("\n{table}");
    Ok(())
}

/// They come as fast as one client can connect, and threads may be busy with one when the next is there.
fn at_once(threads: usize, connections: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\n{connections} connections as fast as one client can make them:\n");
    let mut table = Table::new(["waiting in", "each", "woken", "told in vain"]);
    for (name, way, _) in WAYS {
        let crew = Acceptors::start(threads, connections, way)?;
        let woken_before = crew.wakes()?;
        (0..connections).try_for_each(|_| crew.connect())?;
        crew.wait_until_taken(connections)?;
        crew.wait_until_all_wait()?;
        let (woken, told) = (crew.wakes()? - woken_before, crew.log.in_vain());
        let shares = crew.shares();
        table = table.cells(&[&name, &format!("{shares:?}"), &woken, &told]);
        let all = shares.iter().sum::<usize>() == connections;
        checks.check(format!("{name}: each connection was accepted once"), all);
        crew.stop()?;
    }
    println!("\n{table}");
    Ok(())
}

/// The first connection keeps its thread busy. With one queue for all, nobody waits for that thread.
fn one_is_slow(threads: usize, connections: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\nThe thread of the first connection stays busy with it; then {connections} more come:\n");
    let crew = Acceptors::start(threads, connections + 1, blocked_in_accept)?;
    crew.log.keep_busy(true);
    for count in 1..=connections + 1 {
        crew.connect()?;
        crew.wait_until_taken(count)?;
    }
    let (shares, queue) = (crew.shares(), crew.listener.accept_queue()?);
    println!("each: {shares:?}, still in the accept queue: {}", queue.length);
    crew.log.keep_busy(false);
    crew.stop()?;
    checks.check("the busy thread got one connection", shares[0] == 1);
    checks.check("the others took all the rest, and none waited for the busy one", queue.length == 0);
    Ok(())
}
