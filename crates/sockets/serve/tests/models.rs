//! What the models promise, and what they differ in.

mod support;

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use support::{Lines, PATIENCE, Running, serve, serve_lines, serve_with};
use wirelab_reactor::{Backend, Signal, Signals};
use wirelab_serve::{Config, Counters, Model, Server};

impl Running {
    fn wait_until(&self, what: &str, condition: impl Fn(&Counters) -> bool) {
        let began = Instant::now();
        while !condition(self.counters()) {
            assert!(began.elapsed() < PATIENCE, "in vain for {what}; {:?}", self.handle.workers());
            std::thread::sleep(Duration::from_millis(1)); // counters make no events
        }
    }
}

/// Those that can run in a test: its process has several threads, and cannot be forked.
fn thread_models() -> impl Iterator<Item = Model> {
    Model::ALL.into_iter().filter(|model| !matches!(model, Model::Processes(_)))
}

#[test]
fn many_lines_on_many_connections_are_answered_in_order() {
    for model in thread_models() {
        let server = serve(model);
        let mut clients: Vec<_> = (0..20).map(|_| server.connect()).collect();
        for n in 0..20 {
            clients.iter_mut().for_each(|client| client.send(&format!("one {n}\ntwo {n}")));
            for client in &mut clients {
                assert_eq!(
                    [client.line(), client.line()],
                    [format!("ONE {n}"), format!("TWO {n}")],
                    "{model}"
                );
            }
        }
        drop(clients);
        server.wait_until("the ends", |counters| counters.open() == 0);
        let counters = server.counters();
        let counts = (counters.accepted(), counters.requests(), counters.responses(), counters.handled());
        assert_eq!(counts, (20, 800, 800, 800), "{model}: {:?}", server.handle.workers());
        assert_eq!(counters.bytes_in(), counters.bytes_out(), "{model}");
        assert_eq!(counters.incidents(), [], "{model}");
        server.stop();
    }
}

#[test]
fn workers_have_their_names_and_add_up_to_the_whole() {
    let names = |model| {
        let server = serve(model);
        assert_eq!(server.connect().ask("hello"), "HELLO", "{model}");
        let (workers, counters) = (server.handle.workers(), server.counters());
        let sum = |of: fn(&wirelab_serve::Worker) -> u64| workers.iter().map(of).sum::<u64>();
        assert_eq!(sum(|worker| worker.accepted()), counters.accepted(), "{model}");
        assert_eq!(sum(|worker| worker.requests()), counters.requests(), "{model}");
        let names = workers.iter().map(|worker| worker.name().to_owned()).collect::<Vec<_>>().join(" ");
        server.stop();
        names
    };
    assert_eq!(names(Model::SingleLoop), "loop");
    assert_eq!(names(Model::Readers(2)), "acceptor reader-0 reader-1");
    assert_eq!(names(Model::WorkerPool(2)), "loop pool-0 pool-1");
    assert_eq!(names(Model::SharedListener(2)), "loop-0 loop-1");
    assert_eq!(names(Model::Shards(2)), "shard-0 shard-1");
    assert_eq!(names(Model::ThreadPerConnection), "acceptor threads");
}

#[test]
fn readers_get_equally_many_connections() {
    let server = serve(Model::Readers(3));
    let mut clients: Vec<_> = (0..30).map(|_| server.connect()).collect();
    clients.iter_mut().for_each(|client| assert_eq!(client.ask("here"), "HERE"));
    let open: Vec<u64> = server.handle.workers().iter().map(|worker| worker.open()).collect();
    assert_eq!(open, [0, 10, 10, 10]);
    server.stop();
}

/// While one handler waits, who else is answered?
#[test]
fn a_handler_that_blocks_holds_up_its_loop_or_nobody() {
    for (model, others_are_answered) in [
        (Model::SingleLoop, false),
        (Model::Readers(1), false),
        (Model::WorkerPool(1), false),
        (Model::WorkerPool(2), true),
        (Model::ThreadPerConnection, true),
    ] {
        let server = serve(model);
        let (mut blocked, mut other) = (server.connect(), server.connect());
        assert_eq!((blocked.ask("a"), other.ask("b")), ("A".to_owned(), "B".to_owned()));
        blocked.send("block");
        server.wait_until("the request", |counters| counters.requests() == 3);
        other.send("hello");
        if others_are_answered {
            assert_eq!(other.line(), "HELLO", "{model}");
            assert_eq!(server.counters().handled(), 3, "{model}: the first is still at it");
        }
        server.lines.open_gate();
        assert_eq!(blocked.line(), "BLOCK", "{model}");
        if !others_are_answered {
            assert_eq!(other.line(), "HELLO", "{model}");
        }
        server.stop();
    }
}

/// Requests beyond the queue stay with their connections, and are handled in the end.
#[test]
fn a_full_queue_delays_requests_and_loses_none() {
    let server = serve_with(Model::WorkerPool(1), Config { max_queue: 2, ..Config::default() });
    let mut clients: Vec<_> = (0..10).map(|_| server.connect()).collect();
    clients[0].send("block");
    server.wait_until("the first", |counters| counters.requests() == 1);
    for client in &mut clients[1..] {
        client.send("one\ntwo\nthree");
    }
    server.wait_until("the others", |counters| counters.requests() == 10);
    assert!(server.counters().incident("queue-full") >= 6, "{:?}", server.counters());
    assert_eq!(server.counters().handled(), 0);
    server.lines.open_gate();
    assert_eq!(clients[0].line(), "BLOCK");
    for client in &mut clients[1..] {
        assert_eq!([client.line(), client.line(), client.line()], ["ONE", "TWO", "THREE"]);
    }
    assert_eq!(server.counters().handled(), 28);
    server.stop();
}

#[test]
fn a_client_that_leaves_while_its_request_is_handled_costs_nothing() {
    let server = serve(Model::WorkerPool(1));
    let mut client = server.connect();
    client.send("block");
    server.wait_until("the request", |counters| counters.requests() == 1);
    let stream = wirelab_socket::TcpStream::connect(server.address).unwrap();
    stream.write(b"second\n").unwrap();
    server.wait_until("the second", |counters| counters.requests() == 2);
    stream.set_linger(Some(std::time::Duration::ZERO)).unwrap();
    drop(stream); // with a reset
    server.wait_until("its end", |counters| counters.open() == 1);
    server.lines.open_gate();
    assert_eq!(client.line(), "BLOCK");
    assert_eq!(client.ask("third"), "THIRD");
    assert_eq!(server.counters().handled(), 3, "the second was handled, for nobody");
    server.stop();
}

fn backends() -> impl Iterator<Item = Backend> {
    Backend::ALL.into_iter().filter(|backend| match backend.is_available() {
        Ok(()) => true,
        Err(error) => {
            println!("{}: {error}", backend.name());
            false
        }
    })
}

/// The longer greeting is more than a socket takes at once.
#[test]
fn what_a_session_says_when_it_is_opened_is_sent_before_the_client_says_anything() {
    for model in thread_models() {
        for backend in backends() {
            for len in [10, 5_000_000] {
                let config = Config { backend, linger_time: Duration::from_millis(10), ..Config::default() };
                let greeting = "w".repeat(len) + "\n";
                let server = serve_lines(model, config, Lines::greeting(greeting));
                let mut clients: Vec<_> = (0..3).map(|_| server.connect()).collect();
                for client in &mut clients {
                    assert_eq!(client.line().len(), len, "{model} on {}", backend.name());
                    assert_eq!(client.ask("thanks"), "THANKS", "{model} on {}", backend.name());
                }
                drop(clients);
                server.wait_until("the ends", |counters| counters.open() == 0);
                let counters = server.counters();
                assert_eq!(counters.bytes_out(), 3 * (len as u64 + 1 + 7), "{model} on {}", backend.name());
                assert_eq!(counters.incidents(), [], "{model} on {}", backend.name());
                server.stop();
            }
        }
    }
}

/// As `Config::stop_on_signals` says of programs that tell others of the server before it runs.
#[test]
fn a_signal_that_came_before_the_server_ran_stops_it_if_the_program_has_caught_it() {
    let (ended, end) = std::sync::mpsc::channel();
    let thread = std::thread::spawn(move || {
        let caught = Signals::new(&[Signal::TERM, Signal::INT]).unwrap();
        let config = Config { stop_on_signals: true, ..Config::default() };
        let server = Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
        Signal::TERM.raise().unwrap();
        server.run(&Lines::default()).unwrap();
        ended.send(caught.read().unwrap()).unwrap();
    });
    let left = end.recv_timeout(PATIENCE).expect("the server heard it");
    assert_eq!(left, None, "the server has taken it");
    thread.join().unwrap();
}

#[test]
fn the_kernel_can_be_asked_about_a_connection_from_any_thread() {
    for model in thread_models() {
        let server = serve(model);
        assert_eq!(server.connect().ask("info"), "true", "{model}");
        server.stop();
    }
}

#[test]
fn places_are_common_to_all_workers() {
    for model in thread_models() {
        let server = serve_with(model, Config { max_connections: 5, ..Config::default() });
        let mut clients: Vec<_> = (0..5).map(|_| server.connect()).collect();
        clients.iter_mut().for_each(|client| assert_eq!(client.ask("here"), "HERE"));
        let mut late: Vec<_> = (0..5).map(|_| server.connect()).collect();
        late.iter_mut().for_each(|client| client.send("late"));
        for (client, accepted) in clients.into_iter().zip(5..) {
            let counters = server.counters();
            assert_eq!((counters.accepted(), counters.open()), (accepted, 5), "{model}: {counters:?}");
            drop(client);
            // Whose turn it is depends on the queue that it is in.
            server.wait_until("the next", |counters| counters.accepted() == accepted + 1);
        }
        late.iter_mut().for_each(|late| assert_eq!(late.line(), "LATE", "{model}"));
        drop(late);
        server.stop();
    }
}

#[test]
fn a_process_with_threads_is_not_forked() {
    let mut server = serve(Model::Processes(2));
    let error = server.end().unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("threads"), "{error}");
}

#[test]
fn no_worker_at_all_is_a_mistake() {
    for model in [Model::Readers(0), Model::WorkerPool(0), Model::Shards(0), Model::Processes(0)] {
        let error = serve(model).end().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
}

#[test]
fn models_are_written_as_they_are_read() {
    for model in Model::ALL {
        assert_eq!(model.to_string().parse::<Model>().unwrap(), model);
        assert_eq!(model.name().parse::<Model>().unwrap().name(), model.name());
    }
    for wrong in ["", "fork", "shards:", "shards:0", "shards:-1", "shards:9999", "single-loop:2", "Shards"] {
        let error = wrong.parse::<Model>().unwrap_err();
        assert!(error.to_string().contains("worker-pool"), "{error}");
    }
}
