//! A stream has no packets: however the network cuts the bytes, the events are the same.
//!
//! What is refused is checked in every split as well, in `rules.rs`.

mod support;

use support::{Talk, answer_no_content, end, get, joined, request, tell};
use wirelab_http1::{Config, Connection, Event, Role};
use wirelab_sansio::StreamProtocol;
use wirelab_sim::every_split_with;

#[track_caller]
fn server_sees(bytes: &str, told: &str) {
    let outcome = every_split_with(Connection::server, bytes.as_bytes(), answer_no_content, joined);
    assert_eq!((tell(&outcome.events).as_str(), outcome.error), (told, None));
}

#[track_caller]
fn client_sees(requests: &[Event], bytes: &str, told: &str) {
    let client = || {
        let mut client = Connection::client();
        for request in requests {
            client.send(request).unwrap();
            client.send(&end()).unwrap();
        }
        client
    };
    let outcome = every_split_with(client, bytes.as_bytes(), |_, _| {}, joined);
    assert_eq!((tell(&outcome.events).as_str(), outcome.error), (told, None));
}

#[test]
fn a_request_of_each_framing() {
    server_sees(
        "GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept:*/*\r\nX: \t y z \r\n\r\n",
        "GET /a?b=c | end | closed",
    );
    server_sees(
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\na\r\n\r\nbc",
        "PUT / | \"a\\r\\n\\r\\nbc\" | end | closed",
    );
    server_sees(
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
         3;a=b;c=\"d\\\"; \"\r\na\r\n\r\n0C ; x\r\n0123456789ab\r\n00;last\r\nA: b\r\nC:\r\n\r\n",
        "PUT / | \"a\\r\\n0123456789ab\" | end {\"A\": \"b\", \"C\": \"\"} | closed",
    );
}

#[test]
fn pipelined_requests_with_their_answers() {
    server_sees(
        "\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi\r\n\r\n\
         POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n\
         GET /4 HTTP/1.0\r\nHost: a\r\n\r\nGET /never HTTP/1.1\r\n",
        "GET /1 | end | POST /2 | \"hi\" | end | POST /3 | \"hi\" | end | GET /4 | end",
    );
}

#[test]
fn a_response_of_each_framing() {
    let one = [get("/")];
    client_sees(&one, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 | \"abc\" | end | closed");
    client_sees(&one, "HTTP/1.1 404\r\nContent-Length: 0\r\n\r\n", "404 | end | closed");
    client_sees(&one, "HTTP/1.0 200 OK\r\n\r\nto the\r\nend", "200 | \"to the\\r\\nend\" | end");
    client_sees(&one, "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", "304 | end | closed");
    client_sees(
        &one,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x\r\na\r\nA\r\n0123456789\r\n0\r\nSum: 1\r\n\r\n",
        "200 | \"a0123456789\" | end {\"Sum\": \"1\"} | closed",
    );
}

#[test]
fn responses_to_pipelined_requests() {
    client_sees(
        &[get("/"), request("HEAD", "/", &[("Host", "a")]), get("/"), get("/")],
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s>\r\n\r\n\
         HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na\
         HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n\
         HTTP/1.1 204 No Content\r\n\r\n\
         HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nlast",
        "100 | 103 | 200 | \"a\" | end | 200 | end | 204 | end | 200 | \"last\" | end",
    );
}

/// Every cut between head and new protocol, on both sides: what is left over is the new protocol's first bytes.
#[test]
fn bytes_behind_a_switch_are_left_over_wherever_they_are_cut() {
    let offer = [("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "x")];
    let answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nnew";
    for at in 0..=answer.len() {
        let mut client = Talk::client(&[request("GET", "/", &offer)]);
        let told = client.receive(&answer[..at]) + &client.receive(&answer[at..]);
        assert_eq!(told, "101");
        assert_eq!(&client.end.take_leftover()[..], b"new");
    }
    let request = "CONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\nnew";
    for at in 0..=request.len() {
        let mut server = Talk::server();
        let told = server.receive(&request[..at]) + &server.receive(&request[at..]);
        assert_eq!(told, "CONNECT b:1 | end");
        server.send(support::response(200, &[])).unwrap();
        assert_eq!(&server.end.take_leftover()[..], b"new");
    }
}

/// What is buffered while an answer is awaited is bounded, and so is everything else.
#[test]
fn a_connection_asks_for_no_more_than_it_needs() {
    let mut server = Talk::server();
    server.receive("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    while server.end.wants_read() {
        server.end.input().extend_from_slice(&[b'x'; 1000]);
    }
    assert!(server.end.input().len() < 64 * 1024 + 1000);
}

/// A limit above the usual size of the buffer can be reached, or the connection would wait for ever.
#[test]
fn a_connection_asks_for_enough_to_find_a_limit_exceeded() {
    let limits = Config { max_start_line: 100_000, max_head: 90_000, ..Config::default() };
    let mut server = Talk::new(Role::Server, limits);
    server.end.input().extend_from_slice(b"GET /");
    while server.end.wants_read() {
        server.end.input().extend_from_slice(&[b'x'; 1000]);
    }
    assert_eq!(server.receive(""), "refused: start-line-too-long");
}
