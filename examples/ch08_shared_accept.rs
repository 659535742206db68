//! Section 8.3: several threads accept on one socket. Which of them is woken for a connection, how many are woken, and what
//! a slow one holds up; blocked in `accept`, and waiting in epoll.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use wirelab::reactor::{Reactor, Token};
use wirelab::socket::{TcpListener, TcpStream};
use wirelab_examples::{Args, Checks, Outcome, PCAP, Table, ThreadWatch, Traffic, wait_until};

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

/// Each connection comes when all threads wait: then the kernel alone decides who gets it.
fn one_by_one(threads: usize, connections: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("{connections} connections one by one, each when all {threads} threads wait:\n");
    let mut table =
        Table::new(["waiting in", "who got the first", "each", "woken", "in vain", "told in vain"]);
    for way in Way::ALL {
        let crew = Crew::start(way, threads, connections)?;
        let woken_before = crew.wakes()?;
        for count in 1..=connections {
            drop(TcpStream::connect(crew.listener.local_addr()?)?);
            crew.wait_until_taken(count)?;
            crew.wait_until_all_wait()?;
        }
        let woken = crew.wakes()? - woken_before;
        let (takers, told) = (crew.takers(), crew.log.told_in_vain.load(SeqCst));
        let in_vain = woken.saturating_sub(connections as u64);
        let first: Vec<String> = takers.iter().take(2 * threads).map(usize::to_string).collect();
        let shares = format!("{:?}", crew.shares());
        let cells = [woken, in_vain, told].map(|count| count.to_string());
        table = table.row([way.name().to_owned(), first.join(" "), shares].into_iter().chain(cells));
        crew.stop()?;
        match way {
            Way::Accept => {
                // Among so many in a row, each thread is there once.
                let in_turn = takers.windows(threads).all(|row| (0..threads).all(|it| row.contains(&it)));
                checks.check("accept: the thread that has waited longest is woken (FIFO)", in_turn);
                checks
                    .check("accept: one thread is woken for a connection", 2 * in_vain < connections as u64);
            }
            Way::Epoll => {
                let herd = connections as u64 * (threads as u64 - 1);
                checks.check("epoll: every thread is woken for every connection", 2 * in_vain > herd);
            }
            Way::Exclusive => checks.check(
                "epoll with EPOLLEXCLUSIVE: one thread is woken for a connection",
                2 * in_vain < connections as u64,
            ),
        }
    }
    println!("\n{table}");
    Ok(())
}

/// They come as fast as one client can connect, and threads may be busy with one when the next is there.
fn at_once(threads: usize, connections: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\n{connections} connections as fast as one client can make them:\n");
    let mut table = Table::new(["waiting in", "each", "woken", "told in vain"]);
    for way in Way::ALL {
        let crew = Crew::start(way, threads, connections)?;
        let woken_before = crew.wakes()?;
        for _ in 0..connections {
            drop(TcpStream::connect(crew.listener.local_addr()?)?);
        }
        crew.wait_until_taken(connections)?;
        crew.wait_until_all_wait()?;
        let (woken, told) = (crew.wakes()? - woken_before, crew.log.told_in_vain.load(SeqCst));
        let shares = crew.shares();
        table =
            table.row([way.name().to_owned(), format!("{shares:?}"), woken.to_string(), told.to_string()]);
        let all = shares.iter().sum::<usize>() == connections;
        checks.check(format!("{}: each connection was accepted once", way.name()), all);
        crew.stop()?;
    }
    println!("\n{table}");
    Ok(())
}

/// The first connection keeps its thread busy. With one queue for all, nobody waits for that thread.
fn one_is_slow(threads: usize, connections: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\nThe thread of the first connection stays busy with it; then {connections} more come:\n");
    let crew = Crew::start(Way::Accept, threads, connections + 1)?;
    crew.log.busy.store(true, SeqCst);
    for count in 1..=connections + 1 {
        drop(TcpStream::connect(crew.listener.local_addr()?)?);
        crew.wait_until_taken(count)?;
    }
    let (shares, queue) = (crew.shares(), crew.listener.accept_queue()?);
    println!("each: {shares:?}, still in the accept queue: {}", queue.length);
    crew.log.busy.store(false, SeqCst);
    crew.stop()?;
    checks.check("the busy thread got one connection", shares[0] == 1);
    checks.check("the others took all the rest, and none waited for the busy one", queue.length == 0);
    Ok(())
}

/// How a thread waits for connections.
#[derive(Clone, Copy)]
enum Way {
    Accept,
    Epoll,
    /// With `EPOLLEXCLUSIVE`.
    Exclusive,
}

impl Way {
    const ALL: [Way; 3] = [Way::Accept, Way::Epoll, Way::Exclusive];

    fn name(self) -> &'static str {
        match self {
            Way::Accept => "accept",
            Way::Epoll => "epoll",
            Way::Exclusive => "epoll, exclusive",
        }
    }
}

/// What the threads write down, without locks: a thread that waits shall wait for a connection and for nothing else.
#[derive(Default)]
struct Log {
    /// The number of the thread that took each connection, in order.
    takers: Vec<AtomicUsize>,
    taken: AtomicUsize,
    /// How often a thread was told of a connection and found none.
    told_in_vain: AtomicU64,
    /// While it is set, whoever takes the first connection stays with it.
    busy: AtomicBool,
    stop: AtomicBool,
}

impl Log {
    /// A thread has taken a connection. Returns whether it shall go on.
    fn took(&self, thread: usize) -> bool {
        let at = self.taken.fetch_add(1, SeqCst);
        if let Some(taker) = self.takers.get(at) {
            taker.store(thread, SeqCst);
        }
        while at == 0 && self.busy.load(SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        !self.stop.load(SeqCst)
    }
}

/// The server of most textbooks: the kernel wakes the thread when it has a connection for it.
fn blocked_in_accept(listener: &TcpListener, thread: usize, log: &Log) -> io::Result<()> {
    loop {
        let (_stream, _peer) = listener.accept_blocking()?;
        if !log.took(thread) {
            return Ok(());
        }
    }
}

/// Epoll tells the thread that there is a connection; it may be another's by the time it asks.
fn waiting_in_epoll(listener: TcpListener, exclusive: bool, thread: usize, log: &Log) -> io::Result<()> {
    let mut reactor = Reactor::<()>::new()?;
    let mut acceptor = match exclusive {
        false => reactor.listen(listener, Token(0))?,
        true => reactor.listen_shared(listener, Token(0))?,
    };
    loop {
        reactor.poll(None)?;
        while reactor.next_event().is_some() {
            match reactor.accept(&mut acceptor) {
                Ok(_connection) if log.took(thread) => {}
                Ok(_last) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    log.told_in_vain.fetch_add(1, SeqCst);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// The threads, and their one socket.
struct Crew {
    listener: TcpListener,
    log: Arc<Log>,
    threads: Vec<(JoinHandle<io::Result<()>>, ThreadWatch)>,
}

impl Crew {
    fn start(way: Way, threads: usize, connections: usize) -> Result<Crew, Box<dyn Error>> {
        let listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
        let takers = (0..connections).map(|_| AtomicUsize::new(usize::MAX)).collect();
        let mut crew =
            Crew { listener, log: Arc::new(Log { takers, ..Log::default() }), threads: Vec::new() };
        for number in 0..threads {
            let (listener, log) = (crew.listener.try_clone()?, crew.log.clone());
            let (sender, receiver) = mpsc::channel();
            let thread = thread::spawn(move || {
                // The receiver waits for it below.
                let _ = sender.send(ThreadWatch::current());
                match way {
                    Way::Accept => blocked_in_accept(&listener, number, &log),
                    Way::Epoll => waiting_in_epoll(listener, false, number, &log),
                    Way::Exclusive => waiting_in_epoll(listener, true, number, &log),
                }
            });
            crew.threads.push((thread, receiver.recv()??));
            crew.wait_until_all_wait()?; // so they stand in line in the order of their numbers
        }
        Ok(crew)
    }

    fn wait_until_all_wait(&self) -> io::Result<()> {
        for (_, watch) in &self.threads {
            wait_until("a thread to wait", || watch.is_waiting())?;
        }
        Ok(())
    }

    fn wait_until_taken(&self, count: usize) -> io::Result<()> {
        wait_until("a connection to be accepted", || Ok(self.log.taken.load(SeqCst) >= count))
    }

    fn wakes(&self) -> io::Result<u64> {
        self.threads.iter().map(|(_, watch)| watch.wakes()).sum()
    }

    /// Which thread took each connection.
    fn takers(&self) -> Vec<usize> {
        let taken = self.log.taken.load(SeqCst);
        self.log.takers.iter().take(taken).map(|taker| taker.load(SeqCst)).collect()
    }

    /// How many connections each thread took.
    fn shares(&self) -> Vec<usize> {
        let takers = self.takers();
        let share = |number| takers.iter().filter(|&&taker| taker == number).count();
        (0..self.threads.len()).map(share).collect()
    }

    /// A last connection for each thread, which ends it.
    fn stop(self) -> Result<(), Box<dyn Error>> {
        self.log.stop.store(true, SeqCst);
        for _ in &self.threads {
            drop(TcpStream::connect(self.listener.local_addr()?)?);
        }
        for (thread, _) in self.threads {
            thread.join().map_err(|_| "a thread panicked")??;
        }
        Ok(())
    }
}
