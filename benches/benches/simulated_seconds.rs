//! How fast simulated time passes: `cargo bench -p wirelab-benches --bench simulated_seconds`, about 10 s.
//!
//! A hundred TCP connections of one client share a bottleneck to one server for ten simulated seconds, and always have
//! something to send. Every packet is a real one, with both checksums, through two of our hosts.

use std::time::{Duration, Instant as Clock};

use bytes::BytesMut;
use wirelab_benches::rounds;
use wirelab_sansio::Instant;
use wirelab_sim::internet::{Application, HostNode, Internet};
use wirelab_sim::{CoDel, Link, Queue};
use wirelab_tcpip::host::{self, Event, Host};
use wirelab_tcpip::tcp;

const CONNECTIONS: u32 = 100;
const SIMULATED: Duration = Duration::from_secs(10);
const ROUNDS: usize = 5;
/// Bytes a second, and whether the events are kept for ladders and charts.
const CASES: [(&str, u64, bool); 4] = [
    ("10 Mbit/s", 1_250_000, false),
    ("10 Mbit/s, with its log", 1_250_000, true),
    ("100 Mbit/s", 12_500_000, false),
    ("100 Mbit/s, with its log", 12_500_000, true),
];

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing is timed outside of `cargo bench`");
        return;
    }
    println!(
        "{CONNECTIONS} connections share a link of 10 ms with CoDel; medians of {ROUNDS} turns in rotation."
    );
    let outcomes: Vec<Outcome> = CASES.iter().map(|&(_, rate, log)| simulate(rate, log)).collect();
    let times = rounds::medians(ROUNDS, CASES.len(), |case| {
        let (_, rate, log) = CASES[case];
        simulate(rate, log).took.as_secs_f64()
    });
    for (((name, ..), outcome), time) in CASES.iter().zip(outcomes).zip(times) {
        println!(
            "  {name:<26} {:>6.1} simulated seconds a second, {:>4.0} ns a packet ({} packets, {} kB arrived)",
            SIMULATED.as_secs_f64() / time,
            time / outcome.packets as f64 * 1e9,
            outcome.packets,
            outcome.received / 1000,
        );
    }
}

struct Outcome {
    took: Duration,
    packets: u64,
    received: u64,
}

/// Fills every send buffer, again and again.
struct Sender;

impl Application<Host> for Sender {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        if let Event::Tcp(id, tcp::Event::Established | tcp::Event::Writable) = event {
            let bytes = [0x5a; 16 * 1024];
            while host.send(id, &bytes).is_ok_and(|taken| taken > 0) {}
        }
    }
}

/// Reads, and counts.
#[derive(Default)]
struct Reader {
    received: u64,
    bytes: BytesMut,
}

impl Application<Host> for Reader {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        match event {
            Event::Acceptable(listener) => while host.accept(listener).is_some() {},
            Event::Tcp(id, tcp::Event::Readable) => {
                self.bytes.clear();
                self.received += host.receive_into(id, &mut self.bytes) as u64;
            }
            _ => {}
        }
    }
}

fn node<A: Application<Host>>(n: u8, application: A) -> HostNode<Host, A> {
    let mut host = Host::new(host::Config::default(), [n; 32]);
    host.add_address([192, 0, 2, n].into());
    HostNode::new(host, application)
}

fn simulate(rate: u64, log: bool) -> Outcome {
    let mut internet = if log { Internet::new(1) } else { Internet::new(1).without_events() };
    internet = internet.max_steps(usize::MAX);
    let mut server = node(2, Reader::default());
    let address = ([192, 0, 2, 2], 80).into();
    server.host.listen(address, tcp::Listen::default()).expect("the port is free");
    let client = internet.add("client", node(1, Sender));
    let server = internet.add("server", server);
    let link = Link::new(Duration::from_millis(10)).rate(rate).queue(Queue::CoDel(CoDel::default()));
    let link = internet.link(client, server, link);
    for number in 0..CONNECTIONS {
        let when = Instant::ZERO + Duration::from_millis(10) * number;
        internet.at(when, move |internet| {
            let now = internet.now();
            let client = internet.get_mut::<HostNode<Host, Sender>>(client).expect("a client");
            client.host.connect(now, address, tcp::Config::default()).expect("a free port");
        });
    }
    let began = Clock::now();
    internet.run_until(Instant::ZERO + SIMULATED).expect("steps are not limited");
    let took = began.elapsed();
    let packets = internet.counters(link.up()).packets + internet.counters(link.down()).packets;
    let received = internet.get::<HostNode<Host, Reader>>(server).expect("a server").application.received;
    Outcome { took, packets, received }
}
