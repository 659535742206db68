//! A server that has nothing to do does nothing. Alone in its file, since the process's other threads would count too.

mod support;

use std::time::Duration;

use support::{Client, start_on};
use wirelab_server::{Backend, Config, DemoSite, Model, Server};
use wirelab_socket::Usage;

/// Each wait that ends is a switch back to the thread: one that looks now and then would show here, however little time it
/// takes. The only one that is expected is this thread's own sleep.
#[test]
fn an_idle_server_never_wakes_up() {
    let threads = Model::ALL.into_iter().filter(|model| !matches!(model, Model::Processes(_)));
    let runs = threads.map(|model| (model, Backend::Epoll));
    for (model, backend) in runs.chain([Backend::Poll, Backend::Uring].map(|it| (Model::SingleLoop, it))) {
        let config = Config { backend, ..Config::default() };
        let server = Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
        let server = start_on(model, server, DemoSite::new());
        let mut clients: Vec<Client> = (0..100).map(|_| server.connect()).collect();
        for client in &mut clients {
            assert_eq!(client.get("/").text(), "OK");
        }
        let deadline = std::time::Instant::now() + support::PATIENCE;
        loop {
            let before = Usage::of_process().unwrap();
            std::thread::sleep(Duration::from_millis(300));
            let used = Usage::of_process().unwrap().since(&before);
            // What the last answers left to do may still be under way at first.
            if used.voluntary_switches <= 1 {
                break;
            }
            assert!(std::time::Instant::now() < deadline, "{model} on {backend} is never quiet: {used:?}");
        }
        assert_eq!(server.counters().open(), 100);
    }
}
