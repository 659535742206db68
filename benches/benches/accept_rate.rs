//! What accepting costs: `cargo bench -p wirelab-benches --bench accept_rate`.
//!
//! The handshakes are made first, so that only `accept` is timed: the queues are full, and the acceptors empty them.
//! One thread, two threads on one listener, two threads with a `SO_REUSEPORT` listener each.

use std::io;
use std::net::SocketAddr;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use wirelab::socket::{ListenOptions, TcpListener, TcpStream, raise_descriptor_limit};
use wirelab_benches::rounds;

const ROUNDS: usize = 21;
const CONNECTIONS: usize = 2000;

/// How many listeners share the port, and how many threads accept on each.
struct Way {
    title: &'static str,
    listeners: usize,
    threads: usize,
}

const WAYS: [Way; 3] = [
    Way { title: "one listener, one thread", listeners: 1, threads: 1 },
    Way { title: "one listener, two threads", listeners: 1, threads: 2 },
    Way { title: "two shards, a thread each", listeners: 2, threads: 1 },
];

fn main() -> io::Result<()> {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing is timed outside of `cargo bench`");
        return Ok(());
    }
    // Both ends of each connection are in this process.
    raise_descriptor_limit(2 * CONNECTIONS as u64 + 100)?;
    println!("{CONNECTIONS} connections that wait in the queues; medians of {ROUNDS} turns in rotation.");
    let mut failed = None;
    let times = rounds::medians(ROUNDS, WAYS.len(), |at| {
        WAYS[at].drain().map_or_else(|error| (failed = Some(error), f64::NAN).1, |time| time.as_secs_f64())
    });
    if let Some(error) = failed {
        return Err(error);
    }
    println!("  {:<28} {:>10} {:>12} {:>7}", "", "µs/accept", "accepts/s", "×");
    for (way, time) in WAYS.iter().zip(&times) {
        let each = time / CONNECTIONS as f64;
        println!("  {:<28} {:>10.2} {:>12.0} {:>7.2}", way.title, each * 1e6, 1.0 / each, time / times[0]);
    }
    Ok(())
}

impl Way {
    /// Fills the queues, and times how long the threads take to empty them together.
    fn drain(&self) -> io::Result<Duration> {
        let options = ListenOptions::default().reuse_port(self.listeners > 1).nonblocking(true);
        let first = options.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let address = first.local_addr()?;
        let mut listeners = vec![first];
        for _ in 1..self.listeners {
            listeners.push(options.bind(address)?);
        }
        let clients = (0..CONNECTIONS).map(|_| connect(address)).collect::<io::Result<Vec<_>>>()?;
        let barrier = Barrier::new(self.listeners * self.threads + 1);
        let (time, accepted) = std::thread::scope(|scope| {
            let threads = listeners.iter().flat_map(|listener| std::iter::repeat_n(listener, self.threads));
            let threads: Vec<_> =
                threads.map(|listener| scope.spawn(|| (barrier.wait(), accept_all(listener)).1)).collect();
            barrier.wait();
            let began = Instant::now();
            let accepted: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            (began.elapsed(), accepted)
        });
        let mut total = 0;
        for streams in accepted {
            total += streams.map_err(|_| io::Error::other("a thread panicked"))??.len();
        }
        drop(clients);
        if total == CONNECTIONS { Ok(time) } else { Err(io::Error::other(format!("{total} were accepted"))) }
    }
}

/// Its end is a reset, so that no port waits in TIME-WAIT for the next turn.
fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

/// Until the queue is empty. What was accepted is closed by the caller, when the clock has stopped.
fn accept_all(listener: &TcpListener) -> io::Result<Vec<TcpStream>> {
    let mut streams = Vec::with_capacity(CONNECTIONS);
    loop {
        match listener.accept() {
            Ok((stream, _peer)) => streams.push(stream),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(streams),
            Err(error) => return Err(error),
        }
    }
}
