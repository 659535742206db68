//! Where redirects lead, and with what.

mod common;

use bytes::Bytes;
use common::Server;
use wirelab_client::{Client, Config, Error, RequestBuilder};
use wirelab_http::{Method, Response, StatusCode};

fn following(max_redirects: usize) -> Client {
    Client::new(Config { max_redirects, ..Config::default() })
}

fn redirect(status: StatusCode, location: &str) -> Response {
    Response::new(status).with("Location", location)
}

#[test]
fn a_redirect_is_a_response_unless_one_asks_to_follow() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.answer(redirect(StatusCode::FOUND, "/elsewhere"), "");
    });
    let response = Client::default().get(&server.url).unwrap();
    assert_eq!(response.head.status, StatusCode::FOUND);
    server.finish();
}

#[test]
fn a_relative_location_is_followed_on_the_same_connection() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        assert_eq!(peer.request().target.as_str(), "/a/b");
        peer.answer(redirect(StatusCode::MOVED_PERMANENTLY, "../c?d"), "go on");
        assert_eq!(peer.request().target.as_str(), "/c?d");
        peer.ok("arrived");
    });
    let mut response = following(5).get(&format!("{}/a/b#part", server.url)).unwrap();
    assert_eq!(response.bytes(100).unwrap(), "arrived");
    assert_eq!(response.url.to_string(), format!("{}/c?d#part", server.url));
    assert_eq!(response.redirects.len(), 1);
    server.finish();
}

/// RFC 9110 §15.4: 303 makes a GET of everything, 301 and 302 of POST, and 307 and 308 change nothing.
#[test]
fn s15_4_the_method_and_the_content_follow_the_status() {
    let cases = [
        (StatusCode::SEE_OTHER, Method::Put, Method::Get, ""),
        (StatusCode::SEE_OTHER, Method::Head, Method::Head, ""),
        (StatusCode::FOUND, Method::Post, Method::Get, ""),
        (StatusCode::FOUND, Method::Put, Method::Put, "data"),
        (StatusCode::TEMPORARY_REDIRECT, Method::Post, Method::Post, "data"),
        (StatusCode::PERMANENT_REDIRECT, Method::Patch, Method::Patch, "data"),
    ];
    for (status, sent, expected, content) in cases {
        let server = Server::start(move |listener| {
            let mut peer = listener.accept();
            peer.request();
            peer.answer(redirect(status, "/next"), "");
            let head = peer.head();
            assert_eq!(head.method, expected, "after {status}");
            assert_eq!(peer.content(), content, "after {status}");
            assert_eq!(head.fields.contains("Content-Type"), !content.is_empty(), "after {status}");
            peer.ok("");
        });
        let mut request = RequestBuilder::new(sent.clone(), &server.url);
        if sent != Method::Head {
            request = request.content("data").field("Content-Type", "text/plain");
        }
        following(1).send(request).unwrap();
        server.finish();
    }
}

#[test]
fn secrets_stay_with_the_server_that_they_are_for() {
    let second = Server::start(|listener| {
        let mut peer = listener.accept();
        let request = peer.request();
        assert!(
            !request.fields.contains("Authorization") && !request.fields.contains("Cookie"),
            "{request:?}"
        );
        assert_eq!(request.fields.get_str("Accept"), Some("text/plain"));
        peer.ok("");
    });
    let location = second.url.clone();
    let first = Server::start(move |listener| {
        let mut peer = listener.accept();
        assert!(peer.request().fields.contains("Authorization"));
        peer.answer(redirect(StatusCode::FOUND, &location), "");
    });
    let request = RequestBuilder::new(Method::Get, &first.url)
        .field("Authorization", "Basic c2VjcmV0")
        .field("Cookie", "session=1")
        .field("Accept", "text/plain");
    following(1).send(request).unwrap();
    first.finish();
    second.finish();
}

#[test]
fn a_circle_ends_in_an_error() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        for _ in 0..3 {
            peer.request();
            peer.answer(redirect(StatusCode::FOUND, "/"), "");
        }
    });
    let error = following(2).get(&server.url).unwrap_err();
    assert!(matches!(error, Error::TooManyRedirects { limit: 2, .. }), "{error}");
    server.finish();
}

#[test]
fn content_that_was_used_up_cannot_be_redirected() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.answer(redirect(StatusCode::TEMPORARY_REDIRECT, "/next"), "");
    });
    let request = RequestBuilder::new(Method::Post, &server.url).content_pieces([Ok(Bytes::from("data"))]);
    let response = following(1).send(request).unwrap();
    assert_eq!(response.head.status, StatusCode::TEMPORARY_REDIRECT);
    server.finish();
}

#[test]
fn a_redirect_to_https_says_that_there_is_no_tls() {
    let server = Server::start(|listener| {
        let mut peer = listener.accept();
        peer.request();
        peer.answer(redirect(StatusCode::MOVED_PERMANENTLY, "https://example.com/"), "");
    });
    let error = following(1).get(&server.url).unwrap_err();
    assert!(matches!(error, Error::Https { .. }), "{error}");
    server.finish();
}
