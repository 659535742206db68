//! Which connection a request goes over, and what happens when that one is dead.

mod common;

use std::sync::mpsc;

use common::Server;
use wirelab_client::{Client, Config, Error, RequestBuilder};
use wirelab_http::{Method, Response, StatusCode};

fn text(response: &mut wirelab_client::Response) -> String {
    String::from_utf8(response.bytes(1 << 20).unwrap().to_vec()).unwrap()
}

#[test]
fn two_requests_share_a_connection() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        assert_eq!(peer.request().target.path(), "/one");
        peer.ok("first");
        assert_eq!(peer.request().target.path(), "/two");
        peer.ok("second");
    });
    let client = Client::default();
    let mut first = client.get(&format!("{}/one", server.url)).unwrap();
    assert_eq!(text(&mut first), "first");
    assert_eq!(client.idle_connections(), 1);
    let mut second = client.get(&format!("{}/two", server.url)).unwrap();
    assert_eq!(text(&mut second), "second");
    assert_eq!(first.local_addr, second.local_addr, "the same local port is the same connection");
    server.finish();
}

#[test]
fn a_response_without_content_frees_its_connection_even_if_nobody_reads_it() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.send(wirelab_http1::Event::Response(Response::new(StatusCode::NO_CONTENT)));
        peer.send(wirelab_http1::Event::End(wirelab_http::Fields::new()));
        peer.request();
        peer.ok("");
    });
    let client = Client::default();
    drop(client.get(&server.url).unwrap());
    assert_eq!(client.idle_connections(), 1);
    drop(client.get(&server.url).unwrap());
    server.finish();
}

#[test]
fn a_response_that_is_dropped_half_read_closes_its_connection() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
        peer.close();
    });
    let client = Client::default();
    let mut response = client.get(&server.url).unwrap();
    assert!(response.read().unwrap().is_some());
    drop(response);
    assert_eq!(client.idle_connections(), 0);
    server.finish();
}

#[test]
fn a_connection_that_the_server_lets_end_is_not_kept() {
    let server = Server::start(|listener| {
        for _ in 0..2 {
            let mut peer = listener.accept();
            peer.request();
            peer.answer(Response::new(StatusCode::OK).with("Connection", "close"), "bye");
        }
    });
    let client = Client::default();
    for _ in 0..2 {
        assert_eq!(text(&mut client.get(&server.url).unwrap()), "bye");
        assert_eq!(client.idle_connections(), 0);
    }
    server.finish();
}

#[test]
fn a_connection_with_unasked_bytes_is_not_used_again() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n");
        let mut second = listener.accept();
        second.request();
        second.ok("honest");
    });
    let client = Client::default();
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "ok");
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "honest");
    server.finish();
}

#[test]
fn a_connection_that_was_closed_while_idle_is_left_alone_even_for_post() {
    let (closed, wait_for_close) = mpsc::channel();
    let server = Server::start(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.ok("first");
        let _half_open = peer.close_unseen();
        closed.send(()).unwrap();
        let mut peer = listener.accept();
        assert_eq!(peer.request().method, Method::Post);
        peer.ok("second");
    });
    let client = Client::default();
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "first");
    wait_for_close.recv().unwrap();
    let post = RequestBuilder::new(Method::Post, &server.url).content("data");
    assert_eq!(text(&mut client.send(post).unwrap()), "second");
    server.finish();
}

/// A server that closes a kept connection in the moment when a second request arrives on it.
fn closes_under_the_second_request() -> (Server, mpsc::Receiver<Method>) {
    let (seen, requests) = mpsc::channel();
    let server = Server::start(move |listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.ok("first");
        seen.send(peer.request().method).unwrap();
        peer.close();
        let mut peer = listener.accept();
        seen.send(peer.request().method).unwrap();
        peer.ok("second");
    });
    (server, requests)
}

#[test]
fn an_idempotent_request_is_repeated_on_a_new_connection() {
    let (server, requests) = closes_under_the_second_request();
    let client = Client::default();
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "first");
    let put = RequestBuilder::new(Method::Put, &server.url).content("data");
    assert_eq!(text(&mut client.send(put).unwrap()), "second");
    assert_eq!(requests.iter().collect::<Vec<_>>(), [Method::Put, Method::Put]);
    server.finish();
}

/// RFC 9112 §9.3.1: "a user agent MUST NOT automatically retry a request with a non-idempotent method".
#[test]
fn s9_3_1_a_post_is_not_repeated() {
    let (server, requests) = closes_under_the_second_request();
    let client = Client::default();
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "first");
    let post = RequestBuilder::new(Method::Post, &server.url).content("data");
    let error = client.send(post).unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error}");
    assert_eq!(error.to_string(), "the stream ended in the middle of the responses (RFC 9112 §8)");
    assert_eq!(requests.recv().unwrap(), Method::Post);
    // The server still waits for somebody.
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "second");
    assert_eq!(requests.recv().unwrap(), Method::Get);
    server.finish();
}

#[test]
fn content_that_was_used_up_is_not_repeated() {
    let (server, requests) = closes_under_the_second_request();
    let client = Client::default();
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "first");
    let put = RequestBuilder::new(Method::Put, &server.url).content_from(&b"data"[..]);
    let error = client.send(put).unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error}");
    assert_eq!(text(&mut client.get(&server.url).unwrap()), "second");
    assert_eq!(requests.iter().collect::<Vec<_>>(), [Method::Put, Method::Get]);
    server.finish();
}

#[test]
fn a_fresh_connection_that_dies_is_an_error() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.close();
    });
    let error = Client::default().get(&server.url).unwrap_err();
    assert!(matches!(error, Error::Http(_)), "{error}");
    server.finish();
}

#[test]
fn no_more_connections_are_kept_than_configured() {
    let serve_one = || {
        Server::start(|listener| {
            let mut peer = listener.accept();
            peer.request();
            peer.ok("x");
            peer.close();
        })
    };
    let servers = [serve_one(), serve_one(), serve_one()];
    let client = Client::new(Config { max_idle: 2, ..Config::default() });
    for server in &servers {
        assert_eq!(text(&mut client.get(&server.url).unwrap()), "x");
    }
    assert_eq!(client.idle_connections(), 2);
    drop(client);
    servers.into_iter().for_each(Server::finish);
}
