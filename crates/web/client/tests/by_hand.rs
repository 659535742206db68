//! The lower level: pipelining, counters and what passes on a connection.

mod common;

use std::sync::{Arc, Mutex};

use common::Server;
use wirelab_client::{Client, Connection, Seen};
use wirelab_http::{Fields, Method, Request, Target};
use wirelab_http1::Event;

fn get(path: &str) -> Event {
    Event::Request(Request::new(Method::Get, Target::parse(path.as_bytes()).unwrap()).with("Host", "test"))
}

#[test]
fn requests_can_run_ahead_of_their_responses() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        assert_eq!(peer.request().target.path(), "/1");
        peer.ok("one");
        assert_eq!(peer.request().target.path(), "/2");
        peer.ok("two");
        peer.close();
    });
    let mut connection = Connection::open(server.url.trim_start_matches("http://").parse().unwrap()).unwrap();
    for path in ["/1", "/2"] {
        connection.send(&get(path)).unwrap();
        connection.send(&Event::End(Fields::new())).unwrap();
    }
    assert_eq!((connection.unanswered(), connection.bytes_sent()), (2, 0));
    connection.flush().unwrap();
    assert_eq!(connection.bytes_sent(), 2 * b"GET /1 HTTP/1.1\r\nHost: test\r\n\r\n".len() as u64);
    assert_eq!(connection.tcp_info().unwrap().data_segs_out, 1, "both requests are in one segment");

    let mut contents = Vec::new();
    while let Some(event) = connection.next_event().unwrap() {
        match event {
            Event::Data(data) => contents.push(data),
            Event::Closed => break,
            _ => {}
        }
    }
    assert_eq!(contents, ["one", "two"]);
    assert_eq!(connection.next_event().unwrap(), None);
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none";
    assert_eq!(connection.bytes_received(), 2 * answer.len() as u64);
    drop(connection);
    server.finish();
}

#[test]
fn the_tap_explains_both_directions() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.ok("hello");
    });
    let mut connection = Connection::open(server.url.trim_start_matches("http://").parse().unwrap()).unwrap();
    connection.tap(true);
    connection.send(&get("/")).unwrap();
    connection.send(&Event::End(Fields::new())).unwrap();
    while !matches!(connection.next_event().unwrap(), Some(Event::End(_))) {}
    let pieces: Vec<_> = std::iter::from_fn(|| connection.poll_tap()).collect();
    let sent: Vec<bool> = pieces.iter().map(|piece| piece.sent).collect();
    assert_eq!(sent, [true, false, false], "request, head of the response, content: {pieces:#?}");
    assert_eq!(pieces[2].explanation.buffers[0].bytes, b"hello");
    server.finish();
}

#[test]
fn a_watcher_sees_every_byte() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.ok("hello");
    });
    let log = Arc::new(Mutex::new((Vec::new(), Vec::new(), 0)));
    let writer = Arc::clone(&log);
    let client = Client::default().watched_by(move |seen| {
        let mut log = writer.lock().unwrap();
        match seen {
            Seen::Sent(bytes) => log.0.extend_from_slice(bytes),
            Seen::Received(bytes) => log.1.extend_from_slice(bytes),
            Seen::Explained(_) => log.2 += 1,
        }
    });
    client.get(&server.url).unwrap().bytes(100).unwrap();
    let (sent, received, explained) = &*log.lock().unwrap();
    assert!(sent.starts_with(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:"), "{}", sent.escape_ascii());
    assert_eq!(received.escape_ascii().to_string(), r"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(*explained, 3);
    server.finish();
}
