//! The orderly end by signals. In the single loop alone, where a handler can raise one for the thread that listens for it.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use super::on::serve_with;
use crate::support::PATIENCE;
use wirelab_http::Request;
use wirelab_reactor::Signal;
use wirelab_server::{Config, Context, Reply, Step};

/// The handler raises the signal, as it runs on the thread that watches for it; `kill` would send it to the process.
#[test]
fn sigterm_ends_the_server_in_good_order() {
    let handler = |_: Request, _: &Context| {
        Signal::TERM.raise().unwrap();
        Step::Later(Duration::from_millis(20), Box::new(|| Reply::text("finished").into()))
    };
    let mut server = serve_with(Config { stop_on_signals: true, ..Config::default() }, handler);
    let mut client = server.connect();
    let answer = client.get("/");
    assert_eq!(answer.text(), "finished");
    client.expect_end();
    drop(client);
    server.join();
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let handler = |request: Request, _: &Context| {
        Signal::TERM.raise().unwrap();
        match request.target.path() {
            "/2" => Reply::text("never seen").into(),
            _ => Step::Later(PATIENCE, Box::new(|| Reply::text("never reached").into())),
        }
    };
    let config = Config { stop_on_signals: true, farewell_time: PATIENCE, ..Config::default() };
    let mut server = serve_with(config, handler);
    let (mut first, mut second) = (server.connect(), server.connect());
    server.wait_until("both", |counters| counters.accepted() == 2);
    first.send("GET /1 HTTP/1.1\r\nHost: test\r\n\r\n");
    while TcpStream::connect(server.address).is_ok() {}
    second.send("GET /2 HTTP/1.1\r\nHost: test\r\n\r\n");
    server.join();
    let mut rest = Vec::new();
    let _ = first.stream.read_to_end(&mut rest);
    assert_eq!(rest, b"", "the first request was given up");
}
