//! Section 8.1: one echo service, waiting for its connections in five ways: a thread for each, poll, epoll (level and edge),
//! io_uring. What a message costs in system calls, wake-ups and processor time, and what connections cost that say nothing.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;
use wirelab::reactor::{Backend, Interest, Reactor, Token, Trigger};
use wirelab::socket::{ListenOptions, TcpListener, TcpStream, raise_descriptor_limit};
use wirelab_examples::{Args, Bars, Checks, Cost, Meter, Outcome, PCAP, Table, Traffic};

const ABOUT: &str =
    "One echo service in five ways: threads, poll, epoll (level, edge), io_uring (section 8.1).
Look at the system calls and the processor time of a message, and at what idle connections cost.";

const MESSAGE: usize = 64;

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
    let ways: Vec<Way> = Way::ALL.into_iter().filter(Way::works_here).collect();
    cost_of_a_message(&ways, most, messages, &mut checks)?;
    let chart = cost_of_silence(&ways, most, messages, &mut checks)?;
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    Ok(checks.exit_code())
}

/// How the service waits.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Threads,
    Poll,
    EpollLevel,
    EpollEdge,
    Uring,
}

impl Way {
    const ALL: [Way; 5] = [Way::Threads, Way::Poll, Way::EpollLevel, Way::EpollEdge, Way::Uring];

    fn name(self) -> &'static str {
        match self {
            Way::Threads => "threads",
            Way::Poll => "poll",
            Way::EpollLevel => "epoll, level",
            Way::EpollEdge => "epoll, edge",
            Way::Uring => "io_uring",
        }
    }

    fn works_here(&self) -> bool {
        if *self != Way::Uring {
            return true;
        }
        let available = Backend::Uring.is_available();
        if let Err(reason) = &available {
            println!("Not shown: io_uring. {reason}\n");
        }
        available.is_ok()
    }
}

fn cost_of_a_message(
    ways: &[Way],
    most: usize,
    messages: usize,
    checks: &mut Checks,
) -> Result<(), Box<dyn Error>> {
    let mut sizes = vec![1, most.min(100), most];
    sizes.dedup();
    for connections in sizes {
        let rounds = (messages / connections).max(5);
        let plural = if connections == 1 { "" } else { "s" };
        let headings =
            [&format!("{connections} connection{plural}"), "system calls", "wake-ups", "µs of processor"];
        let mut table = Table::new(headings);
        let mut by_epoll = f64::INFINITY;
        let mut held = true;
        for &way in ways {
            let cost = measure(way, connections, 0, rounds)?;
            let (calls, wakes) = (cost.calls_each(), cost.wakes_each());
            table = table.row([
                way.name(),
                &format!("{calls:.2}"),
                &format!("{wakes:.2}"),
                &format!("{:.1}", cost.micros_each()),
            ]);
            held &= match way {
                Way::Threads => calls == 2.0,
                Way::Poll | Way::EpollLevel | Way::EpollEdge => (2.0..3.1).contains(&calls),
                Way::Uring => calls < by_epoll,
            };
            if way == Way::EpollEdge {
                by_epoll = calls;
            }
        }
        println!("{table}");
        checks.check(
            "a read and a write each, and in a loop a share of the waiting; the ring makes fewer calls",
            held,
        );
        println!();
    }
    println!(
        "Each figure is for one message of {MESSAGE} bytes and its echo, at the server's end; the best of"
    );
    println!("three measurements. A wake-up is a return from waiting.\n");
    if cfg!(debug_assertions) {
        println!("This build is not optimized: with --release, the loops take less of the processor.\n");
    }
    Ok(())
}

/// One connection speaks; the others do not.
fn cost_of_silence(
    ways: &[Way],
    most: usize,
    messages: usize,
    checks: &mut Checks,
) -> Result<Bars, Box<dyn Error>> {
    let ways = ways.iter().filter(|way| matches!(way, Way::Poll | Way::EpollEdge | Way::Uring));
    let headings = ["idle connections"].into_iter().chain(ways.clone().map(|way| way.name()));
    let mut table = Table::new(headings);
    let mut chart = Bars::new("Processor time of one connection's message, beside idle ones", "µs");
    let mut micros = Vec::new();
    let mut crowds = vec![0, most / 4, most - 1];
    crowds.dedup();
    for idle in crowds {
        chart = chart.group(format!("{idle} idle connections"));
        micros.clear();
        for way in ways.clone() {
            let cost = measure(*way, 1, idle, (messages / 5).max(50))?.micros_each();
            chart = chart.bar(way.name(), cost);
            micros.push(cost);
        }
        table =
            table.row([idle.to_string()].into_iter().chain(micros.iter().map(|cost| format!("{cost:.1}"))));
    }
    println!("One connection speaks; the microseconds of processor for its message:\n\n{table}");
    if most >= 500 {
        checks.check(
            "beside many idle connections, poll costs more than twice what epoll does",
            micros[0] > 2.0 * micros[1],
        );
    }
    Ok(chart)
}

/// The best of three measurements: whatever else the machine does can only add to it.
fn measure(way: Way, active: usize, idle: usize, rounds: usize) -> Result<Cost, Box<dyn Error>> {
    let costs = (0..3).map(|_| measure_once(way, active, idle, rounds)).collect::<Result<Vec<_>, _>>()?;
    Ok(costs.into_iter().min_by_key(|cost| cost.cpu).unwrap_or_default())
}

/// So many connections speak in each round, and wait for their echo before the next; others only exist.
fn measure_once(way: Way, active: usize, idle: usize, rounds: usize) -> Result<Cost, Box<dyn Error>> {
    let listener = ListenOptions::default().bind("127.0.0.1:0".parse()?)?;
    let address = listener.local_addr()?;
    let server = thread::spawn(move || serve(way, &listener, active + idle, active * rounds));
    let connect = |_| TcpStream::connect(address);
    let clients = (0..active).map(connect).collect::<io::Result<Vec<_>>>()?;
    let silent = (0..idle).map(connect).collect::<io::Result<Vec<_>>>()?;
    let mut echo = [0; MESSAGE];
    for round in 0..rounds {
        let message = [round as u8; MESSAGE];
        for client in &clients {
            client.write(&message)?;
        }
        for client in &clients {
            let mut filled = 0;
            while filled < MESSAGE {
                filled += match client.read(&mut echo[filled..])? {
                    0 => return Err("the server ended a connection".into()),
                    count => count,
                };
            }
            if echo != message {
                return Err("the echo is not what was sent".into());
            }
        }
    }
    drop((clients, silent));
    Ok(server.join().map_err(|_| "the server panicked")??)
}

fn serve(way: Way, listener: &TcpListener, connections: usize, messages: usize) -> io::Result<Cost> {
    let streams =
        (0..connections).map(|_| Ok(listener.accept_blocking()?.0)).collect::<io::Result<Vec<_>>>()?;
    match way {
        Way::Threads => thread_each(streams, messages / connections),
        Way::EpollLevel => level(&streams, messages),
        Way::Poll => edge(Backend::Poll, streams, messages),
        Way::EpollEdge => edge(Backend::Epoll, streams, messages),
        Way::Uring => edge(Backend::Uring, streams, messages),
    }
}

/// A thread for each connection, which waits in its reads.
fn thread_each(streams: Vec<TcpStream>, messages: usize) -> io::Result<Cost> {
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
fn level(streams: &[TcpStream], messages: usize) -> io::Result<Cost> {
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
