//! Section 3.1: persistent connections. The same requests with a connection each, and on one connection that is kept: in
//! virtual time, where a round trip takes 40 ms, and on real sockets, where it takes next to nothing.

use std::error::Error;
use std::time::{Duration, Instant as Clock};

use wirelab::client;
use wirelab::http::{InvalidTarget, Request};
use wirelab::sansio::Instant;
use wirelab::server::{Counters, DemoSite};
use wirelab_examples::{Args, Checks, Conversation, Outcome, PCAP, Site, Table, Traffic, ask, converse, get};

const ABOUT: &str = "The same requests with a connection each, and on one connection (section 3.1).
Look at what is repeated for every connection, and what that costs where a round trip takes time.";

const ROUND_TRIP: Duration = Duration::from_millis(40);

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--count N", "how many requests (200)"),
            ("--virtual", "only the part in virtual time, which is the same every time"),
            ("--explain", "shows the bytes of a request that asks for the connection's end, and its answer"),
            PCAP,
        ],
    );
    let count = args.value("--count", 200).max(2);
    let mut checks = Checks::default();
    in_virtual_time(count, args.has("--explain"), &mut checks)?;
    if !args.has("--virtual") || args.has("--pcap") {
        let _recording = args.recording(Traffic::Own)?;
        on_real_sockets(count, &mut checks)?;
    }
    Ok(checks.exit_code())
}

/// So many requests for one connection. The last one says that it is.
fn requests(count: usize) -> Result<Vec<Request>, InvalidTarget> {
    let mut requests = vec![get("site.example", "/7")?; count];
    if let Some(last) = requests.pop() {
        requests.push(last.with("Connection", "close"));
    }
    Ok(requests)
}

fn in_virtual_time(count: usize, explain: bool, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!(
        "In virtual time: a round trip takes {} ms, and TCP's handshake costs one. (Slow start",
        ROUND_TRIP.as_millis()
    );
    println!("is not modelled; it does not matter to answers of 2 bytes.)\n");
    let one = converse(requests(1)?, 1, ROUND_TRIP, explain)?;
    let three = converse(requests(3)?, 1, ROUND_TRIP, false)?;
    let many = converse(requests(count)?, 1, ROUND_TRIP, false)?;
    print!("{}", one.explained);
    println!(
        "A connection each:\n\n{}\nOne connection, the first three requests:\n\n{}",
        one.ladder, three.ladder
    );
    let duration = |conversation: &Conversation| {
        conversation.times.last().map_or(Duration::ZERO, |times| times.done - Instant::ZERO)
    };
    let (each, kept) = (duration(&one) * u32::try_from(count)?, duration(&many));
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let row = |way: &str, connections: usize, bytes: usize, time| {
        [
            way.into(),
            connections.to_string(),
            (connections + count).to_string(),
            bytes.to_string(),
            seconds(time),
        ]
    };
    let table = Table::new([&format!("{count} requests"), "connections", "round trips", "bytes", "time"])
        .row(row("a connection each", count, one.bytes * count, each))
        .row(row("one connection", 1, many.bytes, kept));
    println!(
        "{table}\nKept, it is {:.2} times as fast. A small request takes one round trip, and a new",
        ratio(each, kept)
    );
    println!("connection one before it; TLS 1.3 would add another, TLS 1.2 two.\n");
    let n = u32::try_from(count)?;
    checks.check("a connection each: two round trips a request", each == ROUND_TRIP * 2 * n);
    checks.check(
        "one connection: one round trip a request, and one for the handshake",
        kept == ROUND_TRIP * (n + 1),
    );
    Ok(())
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn on_real_sockets(count: usize, checks: &mut Checks) -> Result<(), Box<dyn Error>> {
    println!("\nOn real sockets, through the loopback device, where a round trip takes microseconds:\n");
    let mut site = Site::start(DemoSite::new())?;
    let each = measure(&site, count, 1)?;
    let kept = measure(&site, 1, count)?;
    site.stop()?;
    let row = |way: &str, cost: &Cost| {
        let time = format!("{:.1} ms", cost.time.as_secs_f64() * 1e3);
        [way.into(), cost.connections.to_string(), cost.segments.to_string(), cost.bytes.to_string(), time]
    };
    let table = Table::new([&format!("{count} requests"), "connections", "TCP segments", "bytes", "time"])
        .row(row("a connection each", &each))
        .row(row("one connection", &kept));
    println!(
        "{table}\nKept, it is {:.1} times as fast: what is left here is the work of the two kernels' ends, for",
        ratio(each.time, kept.time)
    );
    println!(
        "{:.1} times as many segments. (The client's FIN and its acknowledgement are not counted.)\n",
        f64::from(each.segments) / f64::from(kept.segments)
    );
    checks.check(
        "the server accepted a connection for each request, and then one for all",
        (each.connections, kept.connections) == (count as u64, 1),
    );
    checks.check("the connection that is kept needs fewer segments", kept.segments < each.segments);
    Ok(())
}

/// What a way has cost.
struct Cost {
    connections: u64,
    /// In both directions, by the client's `TCP_INFO`, when the server's FIN had come.
    segments: u32,
    bytes: u64,
    time: Duration,
}

fn measure(site: &Site, connections: usize, each: usize) -> Result<Cost, Box<dyn Error>> {
    let accepted = || site.count(Counters::accepted);
    let (before, began) = (accepted(), Clock::now());
    let (mut segments, mut bytes) = (0, 0);
    for _ in 0..connections {
        let mut connection = client::Connection::open(site.address)?;
        for request in requests(each)? {
            ask(&mut connection, request, b"")?;
        }
        while connection.next_event()?.is_some() {} // until the server's FIN
        let info = connection.tcp_info()?;
        segments += info.segs_out + info.segs_in;
        bytes += connection.bytes_sent() + connection.bytes_received();
    }
    Ok(Cost { connections: accepted() - before, segments, bytes, time: began.elapsed() })
}
