//! What a handler's panic costs.

mod support;

use support::serve;
use wirelab_serve::Model;

/// The message of each panic would stand in the tests' output.
fn silence() {
    std::panic::set_hook(Box::new(|panic| {
        if !panic.to_string().contains("as the test wants it") {
            eprintln!("{panic}");
        }
    }));
}

#[test]
fn in_a_pool_and_in_a_thread_of_its_own_it_costs_the_request() {
    silence();
    for model in [Model::WorkerPool(1), Model::ThreadPerConnection] {
        let server = serve(model);
        let (mut client, mut other) = (server.connect(), server.connect());
        for _ in 0..3 {
            let mut client = server.connect();
            assert_eq!(client.ask("panic"), "failed", "{model}");
            assert_eq!(client.line(), "", "{model}: and the session ended it");
        }
        assert_eq!((client.ask("a"), other.ask("b")), ("A".to_owned(), "B".to_owned()), "{model}");
        assert_eq!(server.counters().incidents(), [("panic", 3)], "{model}");
        assert_eq!(server.counters().lost(), 0, "{model}");
        server.stop();
    }
}

#[test]
fn in_a_loop_it_ends_the_server_and_the_other_loops_finish() {
    silence();
    for model in [Model::SingleLoop, Model::Readers(2), Model::SharedListener(2), Model::Shards(2)] {
        let mut server = serve(model);
        let mut clients: Vec<_> = (0..16).map(|_| server.connect()).collect();
        let workers: Vec<String> = clients.iter_mut().map(|client| client.ask("worker")).collect();
        clients[0].send("panic");
        assert!(server.end().is_err(), "{model}: the panic goes on in the thread that ran the server");
        for client in &mut clients {
            assert_eq!(client.line(), "", "{model}: every connection has ended");
        }
        let with_it = workers.iter().filter(|worker| **worker == workers[0]).count() as u64;
        assert_eq!(server.counters().lost(), with_it, "{model}: {:?}", server.handle.workers());
        assert_eq!(server.counters().open(), 0, "{model}");
    }
}
