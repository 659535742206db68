//! The orderly end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::on::{serve, serve_with};
use crate::support::PATIENCE;
use wirelab_server::{Config, DemoSite};

#[test]
fn an_idle_server_ends_at_once() {
    let handle = serve(DemoSite::new()).stop();
    assert_eq!(handle.counters().accepted(), 0);
}

#[test]
fn a_running_request_is_finished_and_its_connection_closed() {
    let server = serve(DemoSite::new());
    let mut client = server.connect();
    client.send("GET /stream/20?ms=5 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.wait_until("the request", |counters| counters.requests() == 1);
    server.handle.stop();
    assert_eq!(client.answer(false).text().lines().count(), 20);
    client.expect_end();
    drop(client);
    server.stop();
}

#[test]
fn a_request_on_its_way_is_answered_with_close() {
    let farewell_time = PATIENCE;
    let server = serve_with(Config { farewell_time, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    assert_eq!(client.get("/1").field("connection"), None);
    server.handle.stop();
    // The listener is closed once a new connection is refused: the server has begun to stop.
    while TcpStream::connect(server.address).is_ok() {}
    // Where one thread accepts and another serves, the other hears of it a moment later.
    let mut answer = client.get("/2");
    for _ in 0..10_000 {
        if answer.field("connection").is_none() {
            answer = client.get("/2");
        }
    }
    assert_eq!((answer.text(), answer.field("connection")), ("2\n", Some("close")));
    client.expect_end();
}

#[test]
fn a_request_that_takes_too_long_is_given_up() {
    let grace_time = Duration::from_millis(20);
    let server = serve_with(Config { grace_time, ..Config::default() }, DemoSite::new());
    let mut client = server.connect();
    client.send("GET /delay/60000 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.wait_until("the request", |counters| counters.requests() == 1);
    let handle = server.stop();
    assert_eq!(handle.counters().incidents(), [("grace-time", 1)]);
    client.expect_end();
}

/// Requests with `Connection: close`, one connection each, until the server accepts no more. Returns how many were
/// answered; one that was accepted and not answered fails the test.
fn load(address: std::net::SocketAddr, sent: &AtomicU64) -> u64 {
    let mut answered = 0;
    while let Ok(mut stream) = TcpStream::connect(address) {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let request = b"GET /7 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
        sent.fetch_add(1, Ordering::Relaxed);
        // A handshake that the kernel completed while the listener was being closed ends in a reset: this
        // connection was never accepted.
        if stream.write_all(request).is_err() {
            break;
        }
        let mut answer = String::new();
        match stream.read_to_string(&mut answer) {
            Ok(_) if answer.ends_with("\r\n\r\n7\n") => answered += 1,
            other => {
                assert_eq!(answer, "", "{other:?}");
                break;
            }
        }
    }
    answered
}

#[test]
fn under_load_no_accepted_request_is_lost() {
    let server = serve(DemoSite::new());
    let sent = Arc::new(AtomicU64::new(0));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let (address, sent) = (server.address, sent.clone());
            std::thread::spawn(move || load(address, &sent))
        })
        .collect();
    server.wait_until("some load", |counters| counters.requests() > 500);
    let handle = server.stop();
    let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    let counters = handle.counters();
    assert_eq!(counters.accepted(), counters.requests(), "{counters:?}");
    assert_eq!(counters.requests(), counters.responses(), "{counters:?}");
    assert_eq!(answered, counters.responses(), "{counters:?}");
    assert_eq!(counters.open(), 0);
}

#[test]
fn keep_alive_clients_under_load_lose_nothing_either() {
    let server = serve(DemoSite::new());
    let clients: Vec<_> = (0..8)
        .map(|_| {
            let mut client = server.connect();
            std::thread::spawn(move || {
                let mut answered = 0;
                loop {
                    let answer = client.get("/7");
                    assert_eq!(answer.text(), "7\n");
                    answered += 1;
                    if answer.field("connection") == Some("close") {
                        client.expect_end();
                        return answered;
                    }
                }
            })
        })
        .collect();
    server.wait_until("some load", |counters| counters.requests() > 500);
    let handle = server.stop();
    let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert_eq!(answered, handle.counters().requests());
    assert_eq!(handle.counters().incidents(), []);
}
