//! A server takes over from another while clients come and go: in every model of threads, one after the other.

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use support::{PATIENCE, start_on};
use wirelab_server::{Backend, Config, DemoSite, Model, Server};

/// The first is not taken over from anybody, the last stops.
const MODELS: [Model; 6] = [
    Model::SingleLoop,
    Model::Readers(2),
    Model::WorkerPool(2),
    Model::SharedListener(2),
    Model::ThreadPerConnection,
    Model::SingleLoop,
];

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("wirelab-handover-{name}-{}", std::process::id()))
}

/// A client under load: connections of some requests each, until it is told to stop. Everything is answered, or it panics.
fn ask(address: SocketAddr, stop: &AtomicBool) -> u64 {
    let mut answered = 0;
    while !stop.load(Ordering::Acquire) {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        for n in 0..3 {
            let close = if n == 2 { "Connection: close\r\n" } else { "" };
            write!(stream, "GET /7 HTTP/1.1\r\nHost: test\r\n{close}\r\n").unwrap();
            let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
            while !answer.ends_with(b"\r\n\r\n7\n") {
                let count = stream.read(&mut buffer).unwrap();
                assert!(count > 0, "a connection ended without an answer");
                answer.extend_from_slice(&buffer[..count]);
            }
            answered += 1;
            if answer.windows(5).any(|part| part == b"close") {
                break;
            }
        }
    }
    answered
}

fn pass_on_under_load(name: &str, models: &[Model], backend: Backend) {
    let path = path(name);
    let config = || Config { backend, farewell_time: PATIENCE, ..Config::default() };
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), config()).unwrap();
    let mut running = start_on(models[0], server.hand_over_at(&path).unwrap(), DemoSite::new());
    let (address, stop) = (running.address, AtomicBool::new(false));
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(|| ask(address, &stop))).collect();
        let mut responses = 0;
        for model in &models[1..] {
            running.wait_until("some load", |counters| counters.responses() > 200);
            let server = Server::take_over(&path, config()).unwrap();
            let next = start_on(*model, server.hand_over_at(&path).unwrap(), DemoSite::new());
            running.join(); // it ends by itself
            let counters = running.counters();
            assert_eq!((counters.open(), counters.requests()), (0, counters.responses()), "{counters:?}");
            assert_eq!(counters.incidents(), [], "{model}");
            responses += counters.responses();
            running = next;
        }
        running.wait_until("some load", |counters| counters.responses() > 200);
        stop.store(true, Ordering::Release);
        let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
        responses += running.stop().counters().responses();
        assert_eq!(answered, responses);
    });
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn every_model_passes_its_listener_on_and_no_connection_is_lost() {
    pass_on_under_load("models", &MODELS, Backend::Epoll);
}

#[test]
fn shards_pass_on_all_of_their_sockets() {
    pass_on_under_load("shards", &[Model::Shards(2), Model::Shards(2), Model::Shards(3)], Backend::Epoll);
}

#[test]
fn a_ring_passes_its_listener_on() {
    pass_on_under_load("ring", &[Model::SingleLoop, Model::SharedListener(2)], Backend::Uring);
}

#[test]
fn a_successor_that_fails_is_no_successor() {
    let path = path("failing");
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let running = start_on(Model::SingleLoop, server.hand_over_at(&path).unwrap(), DemoSite::new());
    for _ in 0..3 {
        drop(Server::take_over(&path, Config::default()).unwrap()); // and never runs
        assert_eq!(running.connect().get("/").text(), "OK");
    }
    let server = Server::take_over(&path, Config::default()).unwrap();
    let next = start_on(Model::SingleLoop, server, DemoSite::new());
    let mut running = running;
    running.join();
    assert_eq!(next.connect().get("/").text(), "OK");
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn where_nobody_serves_there_is_nothing_to_take_over() {
    let error = Server::take_over(path("nobody"), Config::default()).err().unwrap();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn sockets_of_shards_are_for_shards() {
    let path = path("too-many");
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default()).unwrap();
    let running = start_on(Model::Shards(3), server.hand_over_at(&path).unwrap(), DemoSite::new());
    for model in [Model::SingleLoop, Model::Shards(2)] {
        let server = Server::take_over(&path, Config::default()).unwrap();
        let error = server.run_as(model, DemoSite::new()).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
    }
    assert_eq!(running.connect().get("/").text(), "OK", "the old one serves still");
    std::fs::remove_file(&path).unwrap();
}
