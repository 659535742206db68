//! Section 11: what a request passes through before the application sees it: accept, read, (decrypt,) parse, decode, process;
//! and the way back. Each stage is timed on a real connection, first for one request, then for a thousand.
//!
//! Client and server share one thread: the client connects and sends (the kernel shakes hands and keeps the bytes), and then
//! the server goes through its stages. So a stage's time is its work alone, and no waiting for anybody.

use std::error::Error;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};
use wirelab::http::{Fields, Response, StatusCode};
use wirelab::http1::wire::RequestMessage;
use wirelab::http1::{Connection, Event};
use wirelab::sansio::StreamProtocol;
use wirelab::socket::{TcpListener, TcpStream};
use wirelab::wire::explain;
use wirelab::wire::render::{Style, terminal};
use wirelab_examples::{Args, Bars, Checks, Outcome, PCAP, Percentiles, Table, Traffic};

const ABOUT: &str = "The stages of a request, each with its time and its bytes (section 11).
Look at which stage takes longest, and how far the slowest requests are from the median.";

const STAGES: [&str; 6] = ["accept", "read", "parse", "decode", "process", "write"];
const UNITS: [&str; 6] = ["connection", "bytes", "bytes of content", "items", "bytes of JSON", "bytes"];
const ITEMS: usize = 10;

/// One request's way: how long each stage took, and how much it handed on.
struct Journey {
    times: [Duration; 6],
    handed_on: [usize; 6],
    total: Duration,
    answer: String,
}

fn main() -> Outcome {
    let args = Args::parse(
        ABOUT,
        &[
            ("--count N", "how many requests after the first (1000)"),
            ("--explain", "shows every byte of the request"),
            ("--svg FILE", "draws the chart of the medians into FILE"),
            PCAP,
        ],
    );
    let _recording = args.recording(Traffic::Own)?;
    let request = order();
    if args.has("--explain") {
        println!("{}", terminal(&explain::<RequestMessage<'_>>(&request).1, Style::detect()));
    }
    let listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
    let journeys = (0..=args.value("--count", 1000).max(1)).map(|_| travel(&listener, &request));
    let journeys = journeys.collect::<Result<Vec<_>, _>>()?;
    let chart = show(&journeys);
    if let Some(file) = args.get("--svg") {
        std::fs::write(file, chart.svg())?;
    }
    let mut checks = Checks::default();
    let sums = journeys.iter().all(|journey| journey.times.iter().sum::<Duration>() <= journey.total);
    checks.check("the stages together never took longer than the whole", sums);
    let ran = journeys.iter().all(|journey| journey.handed_on.iter().all(|&amount| amount > 0));
    checks.check("every stage handed something on, for every request", ran);
    let right = journeys.iter().all(|journey| journey.answer.ends_with("\r\n\r\n{\"cents\":20090}"));
    checks.check("every client got the right sum", right);

    println!("\nOne read is not one request:\n");
    let (half, more) = (request.len() / 2, request.len() * 3 / 4);
    let pieces = reads_and_requests(&listener, &[&request[..half], &request[half..more], &request[more..]])?;
    let together = reads_and_requests(&listener, &[&[&request[..], &request[..]].concat()])?;
    let count = |(reads, requests)| format!("reads {reads}, requests {requests}");
    checks.check(format!("a request in three writes: {}", count(pieces)), pieces == (3, 1));
    checks.check(format!("two requests in one write: {}", count(together)), together == (1, 2));
    Ok(checks.exit_code())
}

/// The first request by itself, and the others as percentiles.
fn show(journeys: &[Journey]) -> Bars {
    let mut table = Table::new(["stage", "hands on", "first", "p50", "p90", "p99", "max"]);
    let mut chart = Bars::new(format!("Median of {} requests", journeys.len() - 1), "µs");
    let row = |name: &str, hands_on: String, time: &dyn Fn(&Journey) -> Duration| {
        let first = time(&journeys[0]).as_secs_f64() * 1e6;
        let others = Percentiles::of(journeys[1..].iter().map(time));
        let micros = [first, others.micros(50), others.micros(90), others.micros(99), others.micros(100)];
        let micros = micros.map(|micros| format!("{micros:.1}"));
        ([name.to_string(), hands_on].into_iter().chain(micros), others.micros(50))
    };
    for (stage, name) in STAGES.iter().enumerate() {
        let hands_on = format!("{} {}", journeys[0].handed_on[stage], UNITS[stage]);
        let (cells, median) = row(name, hands_on, &|journey| journey.times[stage]);
        (table, chart) = (table.row(cells), chart.bar(*name, median));
        if *name == "read" {
            table = table.row(["decrypt", "(not yet: plain HTTP)"]);
        }
    }
    let table = table.row(row("all", String::new(), &|journey| journey.total).0);
    println!("Microseconds on this machine's loopback device. The client has connected and sent everything");
    println!("before the clock starts, so that no stage waits for it.\n\n{table}\n{chart}");
    if cfg!(debug_assertions) {
        println!(
            "This build is not optimized. With --release, parse and decode are several times as fast.\n"
        );
    }
    chart
}

/// A POST with an order in JSON.
fn order() -> Vec<u8> {
    let item = |number| json!({ "article": format!("book {number}"), "cents": 1000 + number, "count": 2 });
    let content = json!({ "customer": 7, "items": (0..ITEMS).map(item).collect::<Vec<_>>() }).to_string();
    let head = "POST /orders HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n";
    format!("{head}Content-Length: {}\r\n\r\n{content}", content.len()).into_bytes()
}

/// Sends a request on a new connection, and takes it through the server's stages.
fn travel(listener: &TcpListener, request: &[u8]) -> Result<Journey, Box<dyn Error>> {
    let client = TcpStream::connect(listener.local_addr()?)?; // the kernel puts it into the accept queue
    client.write(request)?;
    let (mut times, mut handed_on) = ([Duration::ZERO; 6], [1; 6]);
    let began = Instant::now();

    let (stream, _peer) = timed(&mut times[0], || listener.accept_blocking())?;
    let mut http = Connection::server();
    handed_on[1] = timed(&mut times[1], || read(&stream, &mut http, request.len()))?;
    // Decrypt would stand here. This is plain HTTP: there is nothing to decrypt.
    let content = timed(&mut times[2], || parse(&mut http))?.ok_or("the request is incomplete")?;
    handed_on[2] = content.len();
    let order: Value = timed(&mut times[3], || serde_json::from_slice(&content))?;
    handed_on[3] = order["items"].as_array().map_or(0, Vec::len);
    let answer = timed(&mut times[4], || process(&order));
    handed_on[4] = answer.len();
    handed_on[5] = timed(&mut times[5], || respond(&stream, &mut http, answer))?;

    let total = began.elapsed();
    let mut received = vec![0; 4096];
    let len = client.read(&mut received)?;
    Ok(Journey { times, handed_on, total, answer: String::from_utf8_lossy(&received[..len]).into_owned() })
}

fn timed<R>(time: &mut Duration, stage: impl FnOnce() -> R) -> R {
    let began = Instant::now();
    let result = stage();
    *time = began.elapsed();
    result
}

/// Bytes, and nothing more: reads until `len` of them are there.
fn read(stream: &TcpStream, http: &mut Connection, len: usize) -> std::io::Result<usize> {
    http.input().reserve(len);
    while http.input().len() < len && stream.read_into(http.input())? > 0 {}
    Ok(http.input().len())
}

/// From bytes to a request: its content, if it has come to its end.
fn parse(http: &mut Connection) -> Result<Option<Bytes>, wirelab::http1::Error> {
    let mut content = BytesMut::new();
    while let Some(event) = http.poll_event()? {
        match event {
            Event::Data(data) => content.extend_from_slice(&data),
            Event::End(_) => return Ok(Some(content.freeze())),
            _ => {}
        }
    }
    Ok(None)
}

/// The application: what does the order cost?
fn process(order: &Value) -> Bytes {
    let cost = |item: &Value| Some(item["cents"].as_u64()? * item["count"].as_u64()?);
    let cents: u64 = order["items"].as_array().into_iter().flatten().filter_map(cost).sum();
    json!({ "cents": cents }).to_string().into()
}

fn respond(stream: &TcpStream, http: &mut Connection, answer: Bytes) -> Result<usize, Box<dyn Error>> {
    let head = Response::new(StatusCode::OK).with("Content-Type", "application/json");
    http.send(&Event::Response(head.with("Content-Length", answer.len())))?;
    http.send(&Event::Data(answer))?;
    http.send(&Event::End(Fields::new()))?;
    let mut out = BytesMut::new();
    http.poll_transmit(&mut out);
    Ok(stream.write(&out)?)
}

/// One read after each write, and an answer to each request that has become complete by it: how many of both?
fn reads_and_requests(listener: &TcpListener, writes: &[&[u8]]) -> Result<(usize, usize), Box<dyn Error>> {
    let client = TcpStream::connect(listener.local_addr()?)?;
    client.set_nodelay(true)?; // or Nagle's algorithm would hold the second piece back (section 10.1)
    let (stream, _peer) = listener.accept_blocking()?;
    let (mut http, mut reads, mut requests) = (Connection::server(), 0, 0);
    for bytes in writes {
        client.write(bytes)?;
        http.input().reserve(64 * 1024);
        stream.read_into(http.input())?;
        reads += 1;
        while parse(&mut http)?.is_some() {
            respond(&stream, &mut http, Bytes::from_static(b"{}"))?;
            requests += 1;
        }
    }
    Ok((reads, requests))
}
