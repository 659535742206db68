//! Section 8.1: one echo service, waiting for its connections in five ways: a thread for each, poll, epoll (level and edge),
//! io_uring. What a message costs in system calls, wake-ups and processor time, and what connections cost that say nothing.

use std::io::{self, ErrorKind};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;
use wirelab::reactor::{Backend, Interest, Reactor, Token, Trigger};
use wirelab::socket::{TcpStream, raise_descriptor_limit};
use wirelab_examples::{Args, Bars, Checks, Cost, EchoLoad, Meter, Outcome, PCAP, Table, Traffic};

const ABOUT: &str =
    "One echo service in five ways: threads, poll, epoll (level, edge), io_uring (section 8.1).
Look at the system calls and the processor time of a message, and at what idle connections cost.";

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--messages N", "how many messages in each measurement (5000)"),
            ("--connections N", "the most connections (1000)"),
            ("--svg FILE", "draws the cost of idle connections into FILE"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let messages = args.value("--messages", 5000).max(100);
    let most = args.value("--connections", 1000).clamp(1, 10_000);
    // Both ends are in this process.
    let descriptors = usize::try_from(raise_descriptor_limit(2 * most as u64 + 100)?)?;
    let most = most.min(descriptors.saturating_sub(100) / 2).max(1);
    println!("{ABOUT}\n");
    let mut checks = Checks::default();
    let ways: Vec<Way> = WAYS.into_iter().filter(works_here).collect();
    cost_of_a_message(&ways, most, messages, &mut checks)?;
    let chart = cost_of_silence(&ways, most, messages, &mut checks)?;
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    Ok(checks.exit_code())
}

/// A name, and how the service waits: with its connections, until so many messages were served.
type Way = (&'static str, fn(Vec<TcpStream>, usize) -> io::Result<Cost>);

const WAYS: [Way; 5] = [
    ("threads", thread_each),
    ("poll", |streams, messages| edge(Backend::Poll, streams, messages)),
    ("epoll, level", level),
    ("epoll, edge", |streams, messages| edge(Backend::Epoll, streams, messages)),
    ("io_uring", |streams, messages| edge(Backend::Uring, streams, messages)),
];

fn works_here((name, _): &Way) -> bool {
    match Backend::Uring.is_available() {
        Err(reason) if *name == "io_uring" => {
            println!("Not shown: io_uring. {reason}\n");
            false
        }
        _ => true,
    }
}

fn cost_of_a_message(ways: &[Way], most: usize, messages: usize, checks: &mut Checks) -> io::Result<()> {
    let mut sizes = vec![1, most.min(100), most];
    sizes.dedup();
    for active in sizes {
        let load = EchoLoad { active, idle: 0, rounds: (messages / active).max(5) };
        let connections = format!("{active} connection{}", if active == 1 { "" } else { "s" });
        let mut table = Table::new([&connections, "system calls", "wake-ups", "µs of processor"]);
        let (mut by_epoll, mut held) = (f64::INFINITY, true);
        for &(name, serve) in ways {
            let cost = load.best_of_three(serve)?;
            let (calls, wakes) = (cost.calls_each(), cost.wakes_each());
            let micros = format!("{:.1}", cost.micros_each());
            table = table.cells(&[&name, &format!("{calls:.2}"), &format!("{wakes:.2}"), &micros]);
            held &= match name {
                "threads" => calls == 2.0,
                "io_uring" => calls < by_epoll,
                _ => (2.0..3.1).contains(&calls),
            };
            if name == "epoll, edge" {
                by_epoll = calls;
            }
        }
        println!("{table}");
        let promise =
            "a read and a write each, and in a loop a share of the waiting; the ring makes fewer calls";
        checks.check(promise, held);
        println!();
    }
    println!(
        "Each figure is for one message of {} bytes and its echo, at the server's end; the best of",
        EchoLoad::MESSAGE
    );
    println!("three measurements. A wake-up is a return from waiting.\n");
    if cfg!(debug_assertions) {
        println!("This build is not optimized: with --release, the loops take less of the processor.\n");
    }
    Ok(())
}

/// One connection speaks; the others do not.
fn cost_of_silence(ways: &[Way], most: usize, messages: usize, checks: &mut Checks) -> io::Result<Bars> {
    let ways = ways.iter().filter(|(name, _)| ["poll", "epoll, edge", "io_uring"].contains(name));
    let mut table = Table::new(["idle connections"].into_iter().chain(ways.clone().map(|(name, _)| *name)));
    let mut chart = Bars::new("Processor time of one connection's message, beside idle ones", "µs");
    let mut micros = Vec::new();
    let mut crowds = vec![0, most / 4, most - 1];
    crowds.dedup();
    for idle in crowds {
        chart = chart.group(format!("{idle} idle connections"));
        micros.clear();
        for &(name, serve) in ways.clone() {
            let load = EchoLoad { active: 1, idle, rounds: (messages / 5).max(50) };
            let cost = load.best_of_three(serve)?.micros_each();
            chart = chart.bar(name, cost);
            micros.push(cost);
        }
        table = table.named(idle, micros.iter().map(|cost| format!("{cost:.1}")));
    }
    println!("One connection speaks; the microseconds of processor for its message:\n\n{table}");
    if most >= 500 {
        let much = micros[0] > 2.0 * micros[1];
        checks.check("beside many idle connections, poll costs more than twice what epoll does", much);
    }
    Ok(chart)
}

/// A thread for each connection, which waits in its reads.
fn thread_each(streams: Vec<TcpStream>, messages: usize) -> io::Result<Cost> {
    let messages = messages / streams.len();
    let echo = move |stream: TcpStream| {
        let (mut meter, mut calls, mut buffer) = (Meter::new(messages), 0, [0; 4096]);
        loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                return Ok(meter.cost());
            }
            stream.write(&buffer[..count])?;
            calls += 2;
            meter.served(calls)?;
        }
    };
    let start = |stream| thread::Builder::new().stack_size(64 * 1024).spawn(move || echo(stream));
    let threads =
        streams.into_iter().map(start).collect::<io::Result<Vec<JoinHandle<io::Result<Cost>>>>>()?;
    threads.into_iter().try_fold(Cost::default(), |sum, thread| {
        Ok(sum + thread.join().map_err(|_| io::Error::other("a thread panicked"))??)
    })
}

/// Epoll names a connection as long as it has something to read: one read is enough, whatever it leaves.
fn level(streams: Vec<TcpStream>, messages: usize) -> io::Result<Cost> {
    let mut reactor = Reactor::<()>::new()?;
    for (number, stream) in streams.iter().enumerate() {
        reactor.register(stream, Token(number as u64), Interest::READABLE, Trigger::Level)?;
    }
    let (mut meter, mut calls, mut open, mut buffer) = (Meter::new(messages), 0, streams.len(), [0; 4096]);
    while open > 0 {
        reactor.poll(None)?;
        while let Some(event) = reactor.next_event() {
            let stream = &streams[event.token().0 as usize];
            match stream.read(&mut buffer)? {
                0 => {
                    reactor.deregister(stream)?; // or it is named again and again
                    open -= 1;
                }
                count => {
                    stream.write(&buffer[..count])?;
                    calls += 2;
                    meter.served(calls + reactor.system_calls())?;
                }
            }
        }
    }
    Ok(meter.cost())
}

/// A connection is named when something has come; then everything is read. The same code for all back ends.
fn edge(backend: Backend, streams: Vec<TcpStream>, messages: usize) -> io::Result<Cost> {
    let mut reactor = Reactor::<()>::with_backend(backend)?;
    let mut channels = Vec::new();
    for (number, stream) in streams.into_iter().enumerate() {
        channels.push(Some(reactor.open(stream, Token(number as u64))?));
    }
    let (mut meter, mut open, mut buffer) =
        (Meter::new(messages), channels.len(), BytesMut::with_capacity(4096));
    while open > 0 {
        reactor.poll(None)?;
        while let Some(event) = reactor.next_event() {
            let number = event.token().0 as usize;
            while let Some(channel) = &channels[number] {
                buffer.clear();
                match reactor.read(channel, &mut buffer) {
                    Ok(0) => {
                        if let Some(channel) = channels[number].take() {
                            reactor.close(channel);
                            open -= 1;
                        }
                    }
                    Ok(count) => {
                        reactor.write(channel, &buffer)?;
                        meter.served(reactor.system_calls())?;
                        if count < buffer.capacity() && !event.is_read_closed() {
                            break; // that was all
                        }
                    }
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(meter.cost())
}
