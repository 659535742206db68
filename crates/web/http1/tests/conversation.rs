//! Two ends of a connection talking to each other, in virtual time.

use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Fields, Method, Request, Response, StatusCode, Target};
use wirelab_http1::{Connection, Event};
use wirelab_sim::{End, Link, Pair, first_line};

fn get(path: &str) -> Event {
    let target = Target::parse(path.as_bytes()).unwrap();
    Event::Request(Request::new(Method::Get, target).with("Host", "example.com"))
}

fn end() -> Event {
    Event::End(Fields::new())
}

/// Answers with the path of the request, once the request is complete.
fn path_server() -> impl FnMut(&mut End<Connection>, Event) {
    let mut path = String::new();
    move |server, event| match event {
        Event::Request(request) => path = request.target.path().to_string(),
        Event::End(_) => {
            let head = Response::new(StatusCode::OK).with("Content-Length", path.len());
            server.send(&Event::Response(head)).unwrap();
            server.send(&Event::Data(Bytes::from(path.clone()))).unwrap();
            server.send(&end()).unwrap();
        }
        _ => {}
    }
}

fn pair() -> Pair<Connection, Connection> {
    Pair::new(Connection::client(), Connection::server())
        .link(Link::new(Duration::from_millis(40)))
        .label(first_line)
}

#[test]
fn three_requests_in_turn_use_one_connection_and_three_round_trips() {
    let mut pair = pair();
    let mut paths = vec!["/c", "/b"];
    let mut contents = Vec::new();
    pair.client.send(&get("/a")).unwrap();
    pair.client.send(&end()).unwrap();
    let on_client = |client: &mut End<Connection>, event| match event {
        Event::Data(data) => contents.push(data),
        Event::End(_) => {
            if let Some(path) = paths.pop() {
                client.send(&get(path)).unwrap();
                client.send(&end()).unwrap();
            }
        }
        _ => {}
    };
    pair.run(on_client, path_server()).unwrap();
    assert_eq!(contents, ["/a", "/b", "/c"], "{}", pair.ladder());
    assert_eq!(pair.now().to_string(), "240.000 ms", "{}", pair.ladder());
}

#[test]
fn three_pipelined_requests_take_one_round_trip_and_are_answered_in_order() {
    let mut pair = pair();
    for path in ["/a", "/b", "/c"] {
        pair.client.send(&get(path)).unwrap();
        pair.client.send(&end()).unwrap();
    }
    let mut contents = Vec::new();
    let on_client = |_: &mut End<Connection>, event| {
        if let Event::Data(data) = event {
            contents.push(data);
        }
    };
    pair.run(on_client, path_server()).unwrap();
    assert_eq!(contents, ["/a", "/b", "/c"], "{}", pair.ladder());
    assert_eq!(pair.now().to_string(), "80.000 ms", "{}", pair.ladder());
}

#[test]
fn content_of_unknown_length_travels_in_chunks_with_trailers() {
    let mut pair = pair();
    pair.client.send(&get("/stream")).unwrap();
    pair.client.send(&end()).unwrap();
    let mut received = Vec::new();
    let on_client = |_: &mut End<Connection>, event| match event {
        Event::Response(head) => {
            received.push(head.fields.get_str("transfer-encoding").unwrap_or("-").to_string())
        }
        Event::Data(data) => received.push(String::from_utf8_lossy(&data).into()),
        Event::End(trailers) => received.push(format!("{trailers:?}")),
        _ => {}
    };
    let on_server = |server: &mut End<Connection>, event| {
        if let Event::End(_) = event {
            server.send(&Event::Response(Response::new(StatusCode::OK))).unwrap();
            server.send(&Event::Data("one".into())).unwrap();
            server.send(&Event::Data("two".into())).unwrap();
            let mut trailers = Fields::new();
            trailers.push("Checksum", "6").unwrap();
            server.send(&Event::End(trailers)).unwrap();
        }
    };
    pair.run(on_client, on_server).unwrap();
    assert_eq!(received, ["chunked", "one", "two", r#"{"Checksum": "6"}"#], "{}", pair.ladder());
}

#[test]
fn the_client_sends_its_content_only_after_100_continue() {
    let mut pair = pair();
    let head = Request::new(Method::Post, Target::parse(b"/up").unwrap())
        .with("Host", "example.com")
        .with("Content-Length", 5)
        .with("Expect", "100-continue");
    pair.client.send(&Event::Request(head)).unwrap();
    let mut statuses = Vec::new();
    let on_client = |client: &mut End<Connection>, event| {
        if let Event::Response(response) = event {
            statuses.push(response.status.0);
            if response.status == StatusCode::CONTINUE {
                client.send(&Event::Data("hello".into())).unwrap();
                client.send(&end()).unwrap();
            }
        }
    };
    let on_server = |server: &mut End<Connection>, event| match event {
        Event::Request(_) => {
            assert!(server.expects_continue());
            server.send(&Event::Response(Response::new(StatusCode::CONTINUE))).unwrap();
            assert!(!server.expects_continue());
        }
        Event::End(_) => {
            server.send(&Event::Response(Response::new(StatusCode::NO_CONTENT))).unwrap();
            server.send(&end()).unwrap();
        }
        _ => {}
    };
    pair.run(on_client, on_server).unwrap();
    assert_eq!(statuses, [100, 204], "{}", pair.ladder());
    assert!(pair.client.is_persistent() && pair.client.is_idle());
}

#[test]
fn after_an_upgrade_the_bytes_belong_to_the_new_protocol() {
    let mut pair = pair();
    let head = Request::new(Method::Get, Target::parse(b"/chat").unwrap())
        .with("Host", "example.com")
        .with("Connection", "Upgrade")
        .with("Upgrade", "echo");
    pair.client.send(&Event::Request(head)).unwrap();
    pair.client.send(&end()).unwrap();
    let on_client = |client: &mut End<Connection>, event| {
        assert!(matches!(event, Event::Response(response) if response.status.0 == 101));
        assert!(client.is_tunnel());
    };
    let on_server = |server: &mut End<Connection>, event| {
        if let Event::End(_) = event {
            let head = Response::new(StatusCode::SWITCHING_PROTOCOLS)
                .with("Connection", "Upgrade")
                .with("Upgrade", "echo");
            server.send(&Event::Response(head)).unwrap();
            assert!(server.is_tunnel());
        }
    };
    pair.run(on_client, on_server).unwrap();
    assert!(pair.client.is_tunnel() && pair.server.is_tunnel(), "{}", pair.ladder());
}
