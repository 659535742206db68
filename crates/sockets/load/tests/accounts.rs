//! Every request is counted in one place, whatever the server does.

mod support;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use proptest::prelude::*;
use support::{config, get};
use wirelab_load::{Arrivals, Config, Load, Mix};
use wirelab_sim::Random;
use wirelab_socket::{TcpListener, TcpStream};

/// What a server may do with a request.
const WAYS: u64 = 10;

/// A server that draws for each request how it misbehaves.
struct Rogue {
    address: SocketAddr,
    over: Arc<AtomicBool>,
    /// Answers that were written whole.
    answered: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Rogue {
    fn start(seed: u64) -> io::Result<Rogue> {
        let listener = TcpListener::bind(support::LOOPBACK.parse().unwrap())?;
        listener.set_nonblocking(true)?;
        let (over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let address = listener.local_addr()?;
        let (is_over, count) = (over.clone(), answered.clone());
        let thread = std::thread::spawn(move || {
            let (mut random, mut open) = (Random::new(seed), Vec::new());
            while !is_over.load(Ordering::Relaxed) {
                while let Ok((stream, _)) = listener.accept() {
                    open.push(stream);
                }
                open.retain_mut(|stream| serve(stream, &mut random, &count));
                std::thread::sleep(Duration::from_micros(200));
            }
        });
        Ok(Rogue { address, over, answered, thread: Some(thread) })
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

/// Whether the connection goes on. A request comes in one piece here, as it is small.
fn serve(stream: &mut TcpStream, random: &mut Random, answered: &AtomicU64) -> bool {
    match stream.read(&mut [0; 4096]) {
        Ok(0) => return false,
        Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        Ok(_) => {}
    }
    let say = |bytes: &[u8]| stream.write(bytes).is_ok_and(|written| written == bytes.len());
    let answer = |bytes: &[u8]| {
        answered.fetch_add(1, Ordering::Relaxed);
        say(bytes)
    };
    match random.below(WAYS) {
        0..3 => answer(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"),
        3 => answer(
            b"HTTP/1.1 503 Service Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        ),
        4 => {
            answer(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            false
        }
        5 => {
            answer(b"HTTP/1.1 200 OK\r\n\r\nup to the end of the stream");
            false
        }
        6 => {
            say(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nless than announced");
            false
        }
        7 => {
            let _ = stream.set_linger(Some(Duration::ZERO)); // RST
            false
        }
        8 => say(b"\x16\x03\x01 this is no HTTP\r\n\r\n"),
        _ => true, // silence
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn sent_is_answered_and_failed_and_unanswered(
        seed in any::<u64>(),
        arrivals in prop_oneof![
            Just(Arrivals::Closed),
            (50.0..4000.0).prop_map(Arrivals::Constant),
            (50.0..4000.0, any::<u64>()).prop_map(|(rate, seed)| Arrivals::Poisson { rate, seed }),
        ],
        connections in 1_usize..12,
        connection_per_request in any::<bool>(),
        queue in 0_usize..50,
        timeout in 5_u64..60,
        grace in 0_u64..60,
    ) {
        let rogue = Rogue::start(seed).unwrap();
        let config = Config {
            arrivals,
            connection_per_request,
            queue,
            timeout: Duration::from_millis(timeout),
            grace: Duration::from_millis(grace),
            rest: Duration::from_millis(2),
            ..config(60, connections)
        };
        let mix = Mix::new("one", get("/1")).and("two", 2, get("/2"));
        let report = Load::new(rogue.address, mix, config).unwrap().run().unwrap();
        prop_assert!(report.counts.add_up(), "{:#?}", report.counts);
        prop_assert!(report.kinds.iter().all(|kind| kind.counts.add_up()), "{:#?}", report.kinds);
        let due: u64 = report.kinds.iter().map(|kind| kind.counts.due).sum();
        prop_assert_eq!(due, report.counts.due);
        prop_assert!(report.counts.answered <= rogue.answered.load(Ordering::Relaxed));
        prop_assert_eq!(report.response.count(), report.counts.answered);
        let seconds: u64 = report.seconds.iter().map(|second| second.due).sum();
        prop_assert_eq!(seconds, report.counts.due);
    }
}
