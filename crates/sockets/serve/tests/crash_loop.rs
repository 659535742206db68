//! Workers that die right after their start are restarted a few times, and then the server ends. Without a test harness,
//! which has threads: a process that has some is not forked.

use bytes::BytesMut;
use wirelab_serve::{Config, Facts, Model, Next, Server, Service, Session, Turn};

/// It cannot even begin.
struct Broken;

struct Never;

impl Service for Broken {
    type Local = ();
    type Request = ();
    type Answer = ();
    type Session = Never;

    fn local(&self, _worker: usize) {
        std::process::exit(7);
    }

    fn open(&self, _facts: Facts, _turn: &mut Turn<'_, ()>) -> Never {
        Never
    }

    fn handle(&self, _request: ()) {}
}

impl Session for Never {
    type Local = ();
    type Request = ();
    type Answer = ();

    fn input(&mut self) -> &mut BytesMut {
        unreachable!("no worker lives long enough to accept")
    }

    fn receive_eof(&mut self) {}

    fn advance(&mut self, _turn: &mut Turn<'_, ()>) -> Next<()> {
        Next::Shutdown
    }

    fn answer(&mut self, _answer: (), _turn: &mut Turn<'_, ()>) {}
    fn fail(&mut self, _turn: &mut Turn<'_, ()>) {}
    fn stop(&mut self, _turn: &mut Turn<'_, ()>) {}
}

fn main() {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let handle = server.handle();
    let error = server.run_as(Model::Processes(1), &Broken).unwrap_err();
    assert!(error.to_string().contains("again and again"), "{error}");
    assert_eq!(handle.counters().incidents(), [("worker-died", 5), ("worker-restarted", 4)]);
    println!("test a_crash_loop_ends_the_server ... ok");
}
