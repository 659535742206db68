//! The model of processes. A process that forks must have one thread, and so the server is a child of the tests, this
//! program again; it has its counters on a page.

mod load;
mod served;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use served::{PATIENCE, Served};
use wirelab_reactor::Signal;

fn main() {
    if std::env::var_os(served::ROLE).is_some() {
        return served::serve();
    }
    let tests: [(&str, fn()); 8] = [
        ("a_process_that_is_busy_leaves_new_connections_to_the_other", a_process_that_is_busy),
        ("sigkill_costs_the_connections_of_one_process", sigkill_costs_the_connections_of_one_process),
        ("a_panic_costs_the_connections_of_one_process", a_panic_costs_the_connections_of_one_process),
        ("sigterm_to_a_worker_replaces_it_and_loses_nothing", sigterm_to_a_worker),
        ("sigterm_to_the_master_ends_all_and_loses_nothing", sigterm_to_the_master),
        ("a_second_sigterm_ends_all_at_once", a_second_sigterm),
        ("processes_hand_over_to_processes_and_lose_nothing", processes_hand_over),
        ("a_handler_can_stop_the_server", a_handler_can_stop_the_server),
    ];
    let ignored: [(&str, fn()); 1] = [("processes_lose_nothing_under_full_load", full_load)];
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, wanted): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|word| word.starts_with('-'));
    let has = |flag| flags.iter().any(|other| other == flag);
    let tests = tests.into_iter().filter(|_| !has("--ignored"));
    let ignored = ignored.into_iter().filter(|_| has("--ignored") || has("--include-ignored"));
    for (name, test) in tests.chain(ignored) {
        if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            test();
            println!("test {name} ... ok");
        }
    }
}

fn a_process_that_is_busy() {
    let server = Served::start();
    for _ in 0..100 {
        let mut busy = server.connect();
        busy.write_all(b"GET /block/200 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
        server.wait_until("the request", |page| page.sum("requests") > 0);
        // Whoever answers this is not blocked.
        let other = server.get("/process");
        let blocked = text_of(&mut busy);
        if !blocked.ends_with(&other) {
            drop(busy);
            server.finish();
            return;
        }
    }
    panic!("in a hundred attempts the blocked process answered first");
}

fn sigkill_costs_the_connections_of_one_process() {
    let server = Served::start();
    let load = Load::on(&server, || {
        let victim = server.page().processes()[0];
        Signal(9).send(victim).unwrap();
        server.wait_until("the restart", |page| page.incident("worker-restarted") == 1);
        assert!(!server.page().processes().contains(&victim), "another process has taken its place");
    });
    let page = server.finish();
    assert_eq!(page.incident("worker-died"), 1, "{page:?}");
    // And those that their clients had ended already, which the process had not noticed.
    let lost = page.sum("lost");
    assert!(load.broken <= lost && lost <= load.broken + 9, "{load:?} {page:?}");
    assert_eq!(page.sum("open"), 0, "{page:?}");
    // What was answered when the signal struck may have been on its way to the socket.
    let responses = page.sum("responses");
    assert!(load.answered <= responses && responses <= load.answered + load.broken, "{load:?} {page:?}");
}

fn a_panic_costs_the_connections_of_one_process() {
    let server = Served::start();
    let mut client = server.connect();
    client.write_all(b"GET /panic HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{rest:?}");
    server.wait_until("the restart", |page| page.incident("worker-restarted") == 1);
    let page = server.page();
    assert_eq!((page.sum("lost"), page.incident("worker-died")), (1, 1), "{page:?}");
    server.finish();
}

fn sigterm_to_a_worker() {
    let server = Served::start();
    let load = Load::on(&server, || {
        for _ in 0..3 {
            let before = server.page();
            Signal::TERM.send(before.processes()[0]).unwrap();
            let restarts = before.incident("worker-restarted") + 1;
            server.wait_until("the restart", |page| page.incident("worker-restarted") == restarts);
        }
    });
    let page = server.finish();
    assert_eq!((load.broken, page.sum("lost"), page.incident("worker-died")), (0, 0, 0), "{page:?}");
    assert_eq!(load.answered, page.sum("responses"), "{page:?}");
}

fn sigterm_to_the_master() {
    let server = Served::start();
    let workers = server.page().processes();
    // Requests with a connection each, until there are no more.
    let clients = (0..8).map(|_| {
        let address = server.address;
        std::thread::spawn(move || {
            let mut answered = 0;
            while let Ok(mut stream) = TcpStream::connect(address) {
                stream.set_read_timeout(Some(PATIENCE)).unwrap();
                let _ = stream.write_all(b"GET /7 HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
                // A handshake that the kernel completed while the listener was being closed ends in a reset.
                let Some(_) = read_answer(&mut stream) else { break };
                answered += 1;
            }
            answered
        })
    });
    let clients: Vec<_> = clients.collect();
    server.wait_until("some load", |page| page.sum("responses") > 500);
    let pages = server.pages_read();
    let page = server.finish();
    let answered: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
    assert_eq!((page.sum("lost"), page.sum("open")), (0, 0), "{page:?}");
    assert_eq!(page.sum("accepted"), page.sum("requests"), "{page:?}");
    assert_eq!(page.sum("requests"), page.sum("responses"), "{page:?}");
    assert_eq!(answered + pages, page.sum("responses"), "{page:?}");
    for process in workers {
        assert!(Signal(0).send(process).is_err(), "process {process} is still there");
    }
}

fn a_second_sigterm() {
    let server = Served::start();
    let mut client = server.connect();
    client.write_all(b"GET /delay/60000 HTTP/1.1\r\nHost: test\r\n\r\n").unwrap();
    server.wait_until("the request", |page| page.sum("requests") - page.sum("responses") > 0);
    server.signal(Signal::TERM);
    while TcpStream::connect(server.address).is_ok() {}
    server.signal(Signal::TERM);
    let page = server.wait_for_end();
    // A connection that has brought a page may be lingering, and be cut off too.
    assert!(page.incident("grace-time") >= 1, "{page:?}");
    let mut rest = Vec::new();
    let _ = client.read_to_end(&mut rest);
    assert!(rest.is_empty(), "the request was given up: {rest:?}");
}

fn processes_hand_over() {
    let path = std::env::temp_dir().join(format!("wirelab-processes-{}", std::process::id()));
    let mut server = Served::start_at(&path);
    for _ in 0..3 {
        let (address, stop) = (server.address, AtomicBool::new(false));
        std::thread::scope(|scope| {
            let clients: Vec<_> = (0..4).map(|_| scope.spawn(|| Load::client(address, &stop))).collect();
            server.wait_until("some load", |page| page.sum("responses") > 300);
            let next = Served::start_at(&path);
            assert_eq!(next.address, address);
            let pages = server.pages_read();
            let old = std::mem::replace(&mut server, next).wait_for_end(); // by itself
            server.wait_until("some load", |page| page.sum("responses") > 300);
            stop.store(true, Ordering::Release);
            let ends: Vec<Load> = clients.into_iter().map(|client| client.join().unwrap()).collect();
            assert_eq!(ends.iter().map(|end| end.broken).sum::<u64>(), 0, "{old:?}");
            let answered = ends.iter().map(|end| end.answered).sum::<u64>();
            let responses = old.sum("responses") - pages + server.page().sum("responses");
            assert_eq!((old.sum("open"), old.sum("lost")), (0, 0), "{old:?}");
            assert!(answered <= responses, "{ends:?} {old:?}");
        });
    }
    server.finish();
    std::fs::remove_file(&path).unwrap();
}

fn a_handler_can_stop_the_server() {
    let server = Served::start();
    assert_eq!(server.get("/stop"), "stopping\n");
    let page = server.wait_for_end();
    assert_eq!((page.sum("lost"), page.incident("worker-died")), (0, 0), "{page:?}");
}

/// Some seconds, `WIRELAB_SOAK_SECONDS` of them. In the middle, a worker is replaced in good order.
fn full_load() {
    let server = Served::start();
    let seen = load::run(server.address, load::duration(), || {
        Signal::TERM.send(server.page().processes()[0]).unwrap();
    });
    let pages = server.pages_read();
    let page = server.finish();
    println!("{seen:?}\n{page:?}");
    let [accepted, requests, responses] = ["accepted", "requests", "responses"].map(|name| page.sum(name));
    seen.agree_with(accepted - pages, requests - pages, responses - pages);
    assert_eq!((page.sum("open"), page.sum("lost"), page.incident("worker-died")), (0, 0, 0), "{page:?}");
    assert_eq!(page.incident("worker-restarted"), 1, "{page:?}");
}

/// What clients saw that ask, on connections that they keep, until they are told that there will be no more.
#[derive(Debug, Default)]
struct Load {
    answered: u64,
    /// Connections that ended otherwise than by `Connection: close`.
    broken: u64,
}

impl Load {
    /// Runs `meanwhile` under load, then sends the server SIGTERM.
    fn on(server: &Served, meanwhile: impl FnOnce()) -> Load {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let clients: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Load::client(server.address, &stop))).collect();
            server.wait_until("some load", |page| page.sum("responses") > 300);
            meanwhile();
            let so_far = server.page().sum("responses");
            server.wait_until("more load", |page| page.sum("responses") > so_far + 300);
            stop.store(true, Ordering::Release);
            let ends: Vec<Load> = clients.into_iter().map(|client| client.join().unwrap()).collect();
            Load {
                answered: ends.iter().map(|end| end.answered).sum::<u64>() + server.pages_read(),
                broken: ends.iter().map(|end| end.broken).sum(),
            }
        })
    }

    /// Each connection asks ten times at most, so that connections come and go.
    fn client(address: SocketAddr, stop: &AtomicBool) -> Load {
        let mut load = Load::default();
        while !stop.load(Ordering::Acquire) {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            for n in 1..=10 {
                let close = if n == 10 { "Connection: close\r\n" } else { "" };
                let request = format!("GET /7 HTTP/1.1\r\nHost: test\r\n{close}\r\n");
                let answer = match stream.write_all(request.as_bytes()) {
                    Ok(()) => read_answer(&mut stream),
                    Err(_) => None,
                };
                let Some(answer) = answer else {
                    load.broken += 1;
                    break;
                };
                assert!(answer.ends_with("\r\n\r\n7\n"), "{answer}");
                load.answered += 1;
                if answer.contains("Connection: close") {
                    break;
                }
            }
        }
        load
    }
}

/// The answer to `/7`; nothing if the connection ended before it.
fn read_answer(stream: &mut TcpStream) -> Option<String> {
    let (mut answer, mut buffer) = (Vec::new(), [0; 1024]);
    while !answer.ends_with(b"\r\n\r\n7\n") {
        match stream.read(&mut buffer) {
            Ok(count @ 1..) => answer.extend_from_slice(&buffer[..count]),
            _ if answer.is_empty() => return None,
            other => panic!("{other:?} within an answer: {}", String::from_utf8_lossy(&answer)),
        }
    }
    Some(String::from_utf8(answer).unwrap())
}

/// What follows a head with a length.
fn text_of(stream: &mut TcpStream) -> String {
    let (mut answer, mut buffer) = (String::new(), [0; 1024]);
    let began = Instant::now();
    while !answer.contains("\r\n\r\n") || !answer.ends_with('\n') {
        assert!(began.elapsed() < PATIENCE + Duration::from_secs(1));
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the stream ended within an answer: {answer}");
        answer.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    answer
}
