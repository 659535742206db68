//! One request and its response: framing, limits, expectations, time-outs.

mod common;

use std::io;
use std::time::Duration;

use bytes::Bytes;
use common::Server;
use wirelab_client::{Client, Config, Error, RequestBuilder};
use wirelab_http::{Fields, Method, Response, StatusCode};
use wirelab_http1::Event;

/// A server that reads one request and writes these bytes.
fn answers(bytes: &'static [u8]) -> Server {
    Server::start(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(bytes);
    })
}

fn fetch(bytes: &'static [u8]) -> Result<(wirelab_client::Response, Bytes), Error> {
    let server = answers(bytes);
    let result = Client::default().get(&server.url).and_then(|mut response| {
        let content = response.bytes(1 << 20)?;
        Ok((response, content))
    });
    server.finish();
    result
}

#[test]
fn chunks_are_joined_and_trailers_kept_apart() {
    let (response, content) = fetch(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nDigest: abc\r\n\r\n",
    )
    .unwrap();
    assert_eq!(content, "hello world");
    assert_eq!(response.trailers.get_str("digest"), Some("abc"));
    assert!(!response.head.fields.contains("digest"));
}

#[test]
fn content_may_reach_to_the_end_of_the_stream() {
    let (response, content) = fetch(b"HTTP/1.0 200 OK\r\n\r\nuntil the end").unwrap();
    assert_eq!(content, "until the end");
    assert!(response.into_connection().is_none());
}

#[test]
fn content_that_is_cut_off_is_an_error() {
    for bytes in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012345678"[..],
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Le",
    ] {
        let error = fetch(bytes).unwrap_err();
        assert!(error.to_string().contains("the stream ended in the middle of"), "{error}");
    }
}

#[test]
fn interim_responses_are_kept_in_order() {
    let (response, content) = fetch(
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    )
    .unwrap();
    assert_eq!(content, "ok");
    let statuses: Vec<u16> = response.interim.iter().map(|head| head.status.0).collect();
    assert_eq!(statuses, [102, 103]);
}

#[test]
fn interim_responses_without_end_are_an_error() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(&b"HTTP/1.1 102 Processing\r\n\r\n".repeat(100));
        peer.wait_for_close();
    });
    let error = Client::default().get(&server.url).unwrap_err();
    assert!(matches!(error, Error::TooManyInterim { .. }), "{error}");
    server.finish();
}

#[test]
fn the_answer_to_head_announces_content_and_has_none() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        assert_eq!(peer.request().method, Method::Head);
        peer.send(Event::Response(Response::new(StatusCode::OK).with("Content-Length", 1000)));
        peer.send(Event::End(Fields::new()));
        peer.request();
        peer.ok("after it");
    });
    let client = Client::new(Config { max_body: 100, ..Config::default() });
    let mut response = client.send(RequestBuilder::new(Method::Head, &server.url)).unwrap();
    assert_eq!(response.head.fields.get_str("Content-Length"), Some("1000"));
    assert_eq!(response.bytes(0).unwrap(), "");
    assert_eq!(client.get(&server.url).unwrap().bytes(100).unwrap(), "after it");
    server.finish();
}

#[test]
fn a_head_beyond_the_limit_is_refused() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "y".repeat(2000)).as_bytes());
        peer.close();
    });
    let mut config = Config::default();
    config.http1.max_head = 1000;
    let error = Client::new(config).get(&server.url).unwrap_err();
    assert_eq!(error.to_string(), "the head is longer than 1000 bytes (RFC 6585 §5)");
    server.finish();
}

#[test]
fn content_beyond_a_limit_is_refused() {
    let limited = Client::new(Config { max_body: 9, ..Config::default() });
    // By its announcement, by what came, and by what the caller takes.
    let server = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
    assert!(matches!(limited.get(&server.url).unwrap_err(), Error::BodyTooLarge { limit: 9 }));
    server.finish();
    let server = answers(b"HTTP/1.1 200 OK\r\n\r\n0123456789");
    let error = limited.get(&server.url).unwrap().bytes(100).unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 9 }), "{error}");
    server.finish();
    let server = answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
    let error = Client::default().get(&server.url).unwrap().bytes(8).unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 8 }), "{error}");
    server.finish();
}

#[test]
fn known_content_has_a_length_and_made_content_has_chunks() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        let head = peer.head();
        assert_eq!(head.fields.get_str("Content-Length"), Some("5"));
        assert_eq!(peer.content(), "known");
        peer.ok("");
        let head = peer.head();
        assert_eq!(head.fields.get_str("Transfer-Encoding"), Some("chunked"));
        assert_eq!(peer.content(), "made, on the way");
        peer.ok("");
        let head = peer.head();
        assert_eq!(head.fields.get_str("Content-Length"), Some("0"));
        assert_eq!(peer.content(), "");
        peer.ok("");
    });
    let client = Client::default();
    let post = || RequestBuilder::new(Method::Post, &server.url);
    client.send(post().content("known")).unwrap();
    let pieces = ["made", ", ", "", "on the way"].map(|piece| Ok(Bytes::from(piece)));
    client.send(post().content_pieces(pieces)).unwrap();
    client.send(post()).unwrap();
    server.finish();
}

#[test]
fn the_fields_of_the_client_are_there_once() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        let names: Vec<String> = request.fields.iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["Host", "User-Agent", "Accept"]);
        assert!(request.fields.get_str("User-Agent").unwrap().starts_with("wirelab/"));
        peer.ok("");
        let request = peer.request();
        assert_eq!(request.fields.get_all("Host").collect::<Vec<_>>(), [b"example.com"]);
        peer.ok("");
    });
    let client = Client::default();
    client.send(RequestBuilder::new(Method::Get, &server.url).field("Accept", "*/*")).unwrap();
    client.send(RequestBuilder::new(Method::Get, &server.url).field("Host", "example.com")).unwrap();
    server.finish();
}

#[test]
fn a_source_of_content_that_fails_ends_the_request() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.head();
        // The client closes instead of pretending that this was all.
        peer.close();
    });
    let pieces = [Ok(Bytes::from("begun")), Err(io::Error::other("disk on fire"))];
    let post = RequestBuilder::new(Method::Post, &server.url).content_pieces(pieces);
    let error = Client::default().send(post).unwrap_err();
    assert_eq!(error.to_string(), "the content of the request could not be read: disk on fire");
    server.finish();
}

#[test]
fn content_waits_for_100_continue() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        assert!(peer.head().fields.has_member("Expect", "100-continue"));
        peer.send(Event::Response(Response::new(StatusCode::CONTINUE)));
        assert_eq!(peer.content(), "data");
        peer.ok("thanks");
    });
    // Longer than the test may take: only the 100 can bring the content.
    let client = Client::new(Config { continue_timeout: Duration::from_secs(3600), ..Config::default() });
    let put = RequestBuilder::new(Method::Put, &server.url).content("data").expect_continue();
    let mut response = client.send(put).unwrap();
    assert_eq!(response.interim.len(), 1);
    assert_eq!(response.bytes(100).unwrap(), "thanks");
    assert_eq!(client.idle_connections(), 1);
    server.finish();
}

#[test]
fn content_that_the_server_declines_is_not_sent() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.head();
        peer.answer(Response::new(StatusCode::CONTENT_TOO_LARGE), "no");
        peer.close();
    });
    let client = Client::new(Config { continue_timeout: Duration::from_secs(3600), ..Config::default() });
    let pieces = std::iter::from_fn(|| panic!("nobody has asked for the content"));
    let put = RequestBuilder::new(Method::Put, &server.url).content_pieces(pieces).expect_continue();
    let mut response = client.send(put).unwrap();
    assert_eq!(response.head.status, StatusCode::CONTENT_TOO_LARGE);
    assert_eq!(response.bytes(100).unwrap(), "no");
    assert_eq!(client.idle_connections(), 0, "the announced content is missing on that connection");
    server.finish();
}

/// RFC 9110 §10.1.1: "a client … SHOULD NOT wait for an indefinite period before sending the content".
#[test]
fn s10_1_1_content_is_sent_to_a_server_that_ignores_the_expectation() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.head();
        assert_eq!(peer.content(), "data");
        peer.ok("thanks");
    });
    let client = Client::new(Config { continue_timeout: Duration::from_millis(10), ..Config::default() });
    let put = RequestBuilder::new(Method::Put, &server.url).content("data").expect_continue();
    assert_eq!(client.send(put).unwrap().bytes(100).unwrap(), "thanks");
    server.finish();
}

#[test]
fn an_error_response_stops_endless_content() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.head();
        peer.event();
        peer.answer(Response::new(StatusCode::CONTENT_TOO_LARGE).with("Connection", "close"), "enough");
        peer.close();
    });
    let endless = std::iter::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1000])));
    let post = RequestBuilder::new(Method::Post, &server.url).content_pieces(endless);
    let mut response = Client::default().send(post).unwrap();
    assert_eq!(response.head.status, StatusCode::CONTENT_TOO_LARGE);
    assert_eq!(response.bytes(100).unwrap(), "enough");
    drop(response);
    server.finish();
}

#[test]
fn a_server_that_is_gone_ends_endless_content() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.head();
        peer.event();
    });
    let endless = std::iter::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 1000])));
    let post = RequestBuilder::new(Method::Post, &server.url).content_pieces(endless);
    let error = Client::default().send(post).unwrap_err();
    assert!(matches!(error, Error::Io { .. } | Error::Http(_)), "{error}");
    server.finish();
}

#[test]
fn a_server_that_takes_nothing_is_a_timeout() {
    let (done, wait) = std::sync::mpsc::channel();
    let server = Server::start(move |listener| {
        let _peer = listener.accept();
        let _ = wait.recv();
    });
    let endless = std::iter::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 60_000])));
    let post = RequestBuilder::new(Method::Post, &server.url).content_pieces(endless);
    let client = Client::new(Config { write_timeout: Duration::from_millis(20), ..Config::default() });
    let error = client.send(post).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    done.send(()).unwrap();
    server.finish();
}

#[test]
fn a_silent_server_is_a_timeout() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        // Says nothing until the client has gone.
        peer.wait_for_close();
    });
    let client = Client::new(Config { read_timeout: Duration::from_millis(20), ..Config::default() });
    let error = client.get(&server.url).unwrap_err();
    assert_eq!(error.to_string(), "the server was too slow: gave up after 20ms of waiting for the response");
    server.finish();
}

#[test]
fn a_server_that_stops_within_the_content_is_a_timeout() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
        peer.wait_for_close();
    });
    let client = Client::new(Config { read_timeout: Duration::from_millis(20), ..Config::default() });
    let mut response = client.get(&server.url).unwrap();
    assert_eq!(response.read().unwrap().unwrap(), "01234");
    let error = response.read().unwrap_err();
    assert!(
        matches!(error, Error::Timeout { waiting: "waiting for the rest of the content", .. }),
        "{error}"
    );
    drop(response);
    server.finish();
}

#[test]
fn a_server_that_trickles_runs_into_the_limit_of_the_whole_exchange() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(b"HTTP/1.1 200 OK\r\n\r\n");
        // Each byte in time, and all of them never.
        while peer.try_raw(b"x") {
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let exchange_timeout = Some(Duration::from_millis(50));
    let client = Client::new(Config { exchange_timeout, ..Config::default() });
    let mut response = client.get(&server.url).unwrap();
    let error = response.bytes(usize::MAX).unwrap_err();
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    drop(response);
    server.finish();
}

#[test]
fn a_switch_of_protocols_hands_over_the_connection() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nHELLO");
        peer.close();
    });
    let request = RequestBuilder::new(Method::Get, &server.url)
        .field("Connection", "upgrade")
        .field("Upgrade", "shout");
    let mut response = Client::default().send(request).unwrap();
    assert_eq!(response.head.status, StatusCode::SWITCHING_PROTOCOLS);
    assert_eq!(response.read().unwrap(), None);
    let (stream, mut begun) = response.into_connection().unwrap().into_parts();
    while stream.read_into(&mut begun).unwrap() > 0 {}
    assert_eq!(begun, "HELLO");
    drop(stream);
    server.finish();
}

#[test]
fn what_cannot_be_fetched_says_why() {
    let client = Client::default();
    let reason = |url: &str| client.get(url).unwrap_err().to_string();
    assert_eq!(
        reason("https://example.com/"),
        "https://example.com/ asks for HTTPS, and this client has no TLS yet: only http:// can be fetched"
    );
    assert!(
        reason("example.com").starts_with("`example.com` is not an address to fetch from: it has no scheme")
    );
    let request = RequestBuilder::new(Method::Get, "http://127.0.0.1/").field("X", "a\r\nY: b");
    let error = client.send(request).unwrap_err();
    assert!(matches!(error, Error::Field(_)), "{error}");
}

#[test]
fn a_port_where_nobody_listens_is_named() {
    // Bound, and not listening: nobody else can have the port.
    let taken = wirelab_socket::Socket::tcp_for(&"127.0.0.1:0".parse().unwrap()).unwrap();
    taken.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = taken.local_addr().unwrap();
    let error = Client::default().get(&format!("http://{address}/")).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with(&format!("no connection to {address}: {address}: ")), "{text}");
    assert!(matches!(&error, Error::Connect { attempts, .. } if attempts.len() == 1), "{text}");
}

#[test]
fn content_with_a_wrong_length_is_the_callers_mistake() {
    let server = Server::start(|listener| {
        listener.accept().close();
    });
    let post = RequestBuilder::new(Method::Post, &server.url).field("Content-Length", "3").content("four");
    let error = Client::default().send(post).unwrap_err();
    assert_eq!(error.to_string(), "1 bytes more than Content-Length announced");
    server.finish();
}

#[test]
fn trailers_by_hand() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.head();
        assert_eq!(peer.event(), Event::Data(Bytes::from("x")));
        match peer.event() {
            Event::End(trailers) => assert_eq!(trailers.get_str("Sum"), Some("1")),
            other => panic!("the end was expected, not {other:?}"),
        }
        peer.ok("");
    });
    let address = server.url.trim_start_matches("http://").parse().unwrap();
    let mut connection = wirelab_client::Connection::open(address).unwrap();
    let request = wirelab_http::Request::new(Method::Post, wirelab_http::Target::parse(b"/").unwrap())
        .with("Host", "test")
        .with("Transfer-Encoding", "chunked");
    let mut trailers = Fields::new();
    trailers.push("Sum", "1").unwrap();
    for event in [Event::Request(request), Event::Data(Bytes::from("x")), Event::End(trailers)] {
        connection.send(&event).unwrap();
    }
    assert!(matches!(connection.next_event().unwrap(), Some(Event::Response(_))));
    server.finish();
}
