//! Slow, large, many: what a server must put up with.

use std::io::{Read, Write};
use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Fields, Request};
use super::on::{serve, serve_with};
use crate::support::Client;
use wirelab_server::{Config, Context, DemoSite, Pull, Reply, Step, collect};

const SHORT: Duration = Duration::from_millis(30);

#[test]
fn slow_clients_do_not_stop_a_normal_one() {
    let server = serve(DemoSite::new());
    let mut slow: Vec<Client> = (0..400).map(|_| server.connect()).collect();
    for client in &mut slow {
        client.send("GET / HTTP/1.1\r\nHost: te");
    }
    server.wait_until("the slow clients", |counters| counters.bytes_in() >= 400 * 24);
    let mut normal = server.connect();
    for client in &mut slow {
        assert_eq!(normal.get("/").text(), "OK");
        client.send("s");
    }
    for client in &mut slow {
        client.send("t\r\n\r\n");
        assert_eq!(client.answer(false).text(), "OK", "and the slow ones are served in the end");
    }
}

#[test]
fn a_head_that_is_not_completed_in_time_is_answered_with_408() {
    let server = serve_with(Config { head_time: SHORT, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost:");
    let answer = client.answer(false);
    assert_eq!((answer.status, answer.field("connection")), (408, Some("close")));
    client.expect_end();
    let mut silent = server.connect();
    silent.expect_end();
    drop((client, silent));
    server.wait_until("both ends", |counters| counters.open() == 0);
    assert_eq!(server.counters().incident("head-time"), 2);
}

#[test]
fn drop_by_drop_does_not_extend_the_head_time() {
    let http1 = wirelab_http1::Config { max_head: 1 << 30, ..Default::default() }; // so that only time limits it
    let server = serve_with(Config { http1, head_time: SHORT, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nX: ");
    // A byte now and then, for as long as the server listens.
    while client.stream.get_mut().write_all(b"x").is_ok() && server.counters().incident("head-time") == 0 {
        std::thread::yield_now();
    }
    server.wait_until("the time-out", |counters| counters.incident("head-time") == 1);
}

#[test]
fn a_connection_that_is_silent_between_requests_is_closed() {
    let server = serve_with(Config { idle_time: SHORT, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    assert_eq!(client.get("/").text(), "OK");
    client.expect_end();
    server.wait_until("the end", |counters| counters.open() == 0);
    assert_eq!(server.counters().incidents(), [("idle-time", 1)]);
}

#[test]
fn content_that_stands_still_is_answered_with_408() {
    let server = serve_with(Config { stall_time: SHORT, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf");
    assert_eq!(client.answer(false).status, 408);
    client.expect_end();
    assert_eq!(server.counters().incident("stall-time"), 1);
}

#[test]
fn an_answer_that_nobody_takes_is_given_up() {
    let server = serve_with(Config { stall_time: SHORT, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.wait_until("the time-out", |counters| counters.open() == 0 && counters.accepted() == 1);
    assert_eq!(server.counters().incident("stall-time"), 1);
    assert!(server.counters().bytes_out() < 50_000_000, "{:?}", server.counters());
}

/// How much a source was asked for tells how much memory its answer took.
#[test]
fn a_source_is_asked_only_as_fast_as_the_client_reads() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    let asked = Arc::new(AtomicU64::new(0));
    let counter = asked.clone();
    let server = serve(move |_: Request, _: &Context| {
        let counter = counter.clone();
        let source = move |room: usize| {
            counter.fetch_add(room as u64, Ordering::Relaxed);
            Pull::Data(Bytes::from(vec![0; room]))
        };
        Step::from(Reply::stream("application/octet-stream", source))
    });
    let mut client = server.connect();
    client.send("GET / HTTP/1.1\r\nHost: test\r\n\r\n");
    client.head();
    let mut received = 0;
    let mut buffer = vec![0; 1 << 20];
    while received < 50_000_000 {
        received += client.stream.read(&mut buffer).unwrap() as u64;
        let ahead = asked.load(Ordering::Relaxed).saturating_sub(received);
        assert!(ahead < 20_000_000, "{ahead} bytes were made that nobody has read");
    }
}

#[test]
fn content_over_the_limit_is_refused() {
    let server = serve_with(Config { max_body: 1000, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    assert_eq!(client.request("POST", "/echo", "", &[b'x'; 1000]).status, 200);
    assert_eq!(client.request("POST", "/echo", "", &[b'x'; 1001]).status, 413);
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    client.send(format!("1f4\r\n{0}\r\n1f5\r\n{0}y\r\n", "x".repeat(500)));
    let answer = client.answer(false);
    assert_eq!((answer.status, answer.field("connection")), (413, Some("close")));
}

/// The client has sent nothing of it, and would wait for the answer in vain.
#[test]
fn content_that_announces_more_than_the_handler_collects_is_refused_at_once() {
    let handler =
        |request: Request, _: &Context| collect(10, request, |_, content| Reply::bytes(content).into());
    let server = serve_with(Config::default(), handler);
    assert_eq!(server.connect().request("POST", "/", "", &[b'x'; 10]).status, 200);
    let mut client = server.connect();
    client.send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 11\r\n\r\n");
    assert_eq!(client.answer(false).status, 413);
}

/// RFC 9112 §9.6: the server must go on reading for a while, or the reset would destroy the answer at the client.
#[test]
fn a_large_upload_gets_its_early_answer() {
    let server = serve_with(Config { max_body: 1000, ..Config::default() }, DemoSite::new());
    for _ in 0..20 {
        let mut client = server.connect();
        client.send("POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 30000000\r\n\r\n");
        let piece = vec![b'x'; 1_000_000];
        for _ in 0..30 {
            client.send(&piece);
        }
        let answer = client.answer(false);
        assert_eq!((answer.status, answer.field("connection")), (413, Some("close")));
        client.expect_end();
    }
    server.wait_until("the ends", |counters| counters.open() == 0);
    assert_eq!(server.counters().incidents(), []);
}

#[test]
fn a_client_that_never_stops_uploading_is_left_in_the_end() {
    let limits = Config { max_body: 1000, linger_time: SHORT, ..Config::default() };
    let server = serve_with(limits, DemoSite::new());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n");
    while client.stream.get_mut().write_all(b"10\r\n0123456789abcdef\r\n").is_ok() {}
    server.wait_until("the end", |counters| counters.open() == 0);
    assert_eq!(server.counters().incident("linger-time"), 1);
}

#[test]
fn a_head_over_the_limit_is_refused() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    let answer = client.request("GET", "/", &format!("X: {}\r\n", "y".repeat(70_000)), b"");
    assert_eq!(answer.status, 431);
    let mut client = server.connect();
    assert_eq!(client.get(&format!("/{}", "x".repeat(9_000))).status, 414);
}

#[test]
fn more_connections_than_allowed_wait_their_turn() {
    let server = serve_with(Config { max_connections: 2, ..Config::default() }, DemoSite::new());
    let mut clients = [server.connect(), server.connect(), server.connect()];
    for client in &mut clients {
        client.send("GET /7 HTTP/1.1\r\nHost: test\r\n\r\n");
    }
    // With several queues, the third may be in a shorter one than the second.
    server.wait_until("two answers", |_| clients.iter().filter(|client| client.has_bytes()).count() == 2);
    assert_eq!((server.counters().accepted(), server.counters().open()), (2, 2));
    let (mut served, mut waiting): (Vec<_>, Vec<_>) = clients.into_iter().partition(Client::has_bytes);
    drop(served.pop());
    assert_eq!(waiting[0].answer(false).text(), "7\n");
    assert_eq!(served[0].answer(false).text(), "7\n");
}

#[test]
fn a_source_that_waits_for_no_time_does_not_stop_the_loop() {
    let handler = |request: Request, _: &Context| match request.target.path() {
        "/never" => Step::from(Reply::stream("text/plain", |_| Pull::Wait(Duration::ZERO))),
        "/empty" => Step::from(Reply::stream("text/plain", |_| Pull::Data(Bytes::new()))),
        _ => Step::from(Reply::stream("text/plain", |_| Pull::End(Fields::new()))),
    };
    let server = serve_with(Config { grace_time: SHORT, ..Config::default() }, handler);
    for path in ["/never", "/empty"] {
        server.connect().send(format!("GET {path} HTTP/1.1\r\nHost: test\r\n\r\n"));
        assert_eq!(server.connect().get("/").status, 200);
    }
}
