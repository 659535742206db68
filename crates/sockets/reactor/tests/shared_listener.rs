//! Whom a connection to a shared listener wakes: the claims of `Reactor::listen_shared`.

#[path = "channels/pairs.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod pairs;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use support::on_each;
use wirelab_reactor::{Backend, Token};
use wirelab_socket::TcpStream;

/// One loop's thread: where the kernel shows its state, and what it has counted.
#[derive(Default)]
struct Counts {
    wakes: AtomicUsize,
    accepted: AtomicUsize,
    stop: AtomicBool,
}

fn is_asleep(thread: &Path) -> bool {
    let stat = fs::read_to_string(thread.join("stat")).unwrap();
    // The state is behind the name, which is in parentheses.
    stat.rsplit_once(") ").unwrap().1.starts_with('S')
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + pairs::DEADLINE;
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::yield_now();
    }
}

#[test]
fn a_connection_wakes_one_of_those_who_sleep_and_always_the_same() {
    const ROUNDS: usize = 50;
    on_each(|backend| {
        let shared = pairs::listener();
        let address = shared.local_addr().unwrap();
        let (tell, told) = mpsc::channel();
        let mut loops = Vec::new();
        for _ in 0..2 {
            let (listener, counts, tell) =
                (shared.try_clone().unwrap(), Arc::new(Counts::default()), tell.clone());
            let own = counts.clone();
            let thread = thread::spawn(move || {
                let mut reactor = pairs::reactor(backend);
                let mut acceptor = reactor.listen_shared(listener, Token(0)).unwrap();
                pairs::turn(&mut reactor); // a ring submits it with the first turn
                let path = PathBuf::from("/proc").join(fs::read_link("/proc/thread-self").unwrap());
                tell.send((path, reactor.waker())).unwrap();
                while !own.stop.load(Ordering::Acquire) {
                    reactor.poll(None).unwrap();
                    reactor.take_wake();
                    while reactor.next_event().is_some() {
                        own.wakes.fetch_add(1, Ordering::AcqRel);
                        while reactor.accept(&mut acceptor).is_ok() {
                            own.accepted.fetch_add(1, Ordering::AcqRel);
                        }
                    }
                }
            });
            let (path, waker) = told.recv().unwrap(); // the first is registered before the second
            loops.push((path, waker, counts, thread));
        }
        let accepted = || -> usize { loops.iter().map(|it| it.2.accepted.load(Ordering::Acquire)).sum() };
        for round in 1..=ROUNDS {
            eventually("both sleep", || loops.iter().all(|(path, ..)| is_asleep(path)));
            let _client = TcpStream::connect(address).unwrap();
            eventually("somebody accepts", || accepted() == round);
        }
        let wakes: Vec<_> = loops.iter().map(|it| it.2.wakes.load(Ordering::Acquire)).collect();
        match backend {
            Backend::Epoll | Backend::Uring => {
                assert_eq!(wakes.iter().sum::<usize>(), ROUNDS, "one for each connection: {wakes:?}");
                assert_eq!(wakes[1], 0, "the first that registered is the first asked: {wakes:?}");
            }
            Backend::Poll => assert!(wakes.iter().sum::<usize>() >= ROUNDS, "{wakes:?}"),
        }
        for (_, waker, counts, thread) in loops {
            counts.stop.store(true, Ordering::Release);
            waker.wake().unwrap();
            thread.join().unwrap();
        }
    });
}
