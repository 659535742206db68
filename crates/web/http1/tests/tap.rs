//! A connection that is tapped explains both directions, every byte of them.

mod support;

use support::{Talk, data, end, request, response};
use wirelab_http::Fields;
use wirelab_http1::{Connection, Event, Tapped};
use wirelab_wire::{Node, testing};

fn taps(connection: &mut Connection) -> Vec<Tapped> {
    std::iter::from_fn(|| connection.poll_tap()).collect()
}

/// The bytes of all pieces that went this way, after a check of each.
fn bytes(taps: &[Tapped], sent: bool) -> Vec<u8> {
    let mut all = Vec::new();
    for Tapped { explanation, .. } in taps.iter().filter(|tap| tap.sent == sent) {
        assert_eq!(explanation.error, None, "{explanation:?}");
        testing::leaves_tile_the_bytes(explanation);
        all.extend_from_slice(&explanation.buffers[0].bytes);
    }
    all
}

fn names(taps: &[Tapped]) -> Vec<&str> {
    let name = |tap: &Tapped| -> &'static str {
        let Node { name, .. } = tap.explanation.root;
        name
    };
    taps.iter().map(name).collect()
}

#[test]
fn every_byte_that_is_sent_is_explained() {
    let mut server = Talk::server();
    server.end.tap(true);
    server.receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    server.send(response(103, &[("Link", "</s>")])).unwrap();
    server.send(response(200, &[])).unwrap();
    server.send(data("hello")).unwrap();
    server.send(data("")).unwrap();
    let mut trailers = Fields::new();
    trailers.push("Checksum", "5").unwrap();
    server.send(Event::End(trailers)).unwrap();
    let taps = taps(&mut server.end);
    let response = "HTTP/1.1 response head";
    assert_eq!(names(&taps), ["HTTP/1.1 request head", "content", response, response, "chunk", "last chunk"]);
    assert_eq!(String::from_utf8(bytes(&taps, true)).unwrap(), server.sent());
}

#[test]
fn every_byte_that_is_received_is_explained() {
    let mut client = Talk::client(&[]);
    client.end.tap(true);
    client.send(request("PUT", "/", &[("Host", "a"), ("Content-Length", "2")])).unwrap();
    client.send(data("hi")).unwrap();
    client.send(end()).unwrap();
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n";
    client.receive(answer);
    let taps = taps(&mut client.end);
    assert_eq!(
        names(&taps),
        [
            "HTTP/1.1 request head",
            "content",
            "HTTP/1.1 response head",
            "chunk head",
            "content",
            "end of chunk",
            "chunk head",
            "trailers"
        ]
    );
    assert_eq!(String::from_utf8(bytes(&taps, true)).unwrap(), client.sent());
    assert_eq!(String::from_utf8(bytes(&taps, false)).unwrap(), answer);
}

/// Nobody comes for them, so the oldest go.
#[test]
fn what_is_kept_is_bounded() {
    let mut client = Talk::client(&[]);
    client.end.tap(true);
    client.send(request("PUT", "/", &[("Host", "a"), ("Transfer-Encoding", "chunked")])).unwrap();
    (0..1000).for_each(|_| client.send(data("x")).unwrap());
    let kept = taps(&mut client.end).len();
    assert!((1..1000).contains(&kept), "{kept}");
}
