//! An idle connection is probed (RFC 9293 §3.8.4): by the kernel and by us. A peer that is there answers, and one that has
//! vanished is given up after the probes that were agreed on.

#[path = "common/watched.rs"]
mod watched;

use std::io;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use watched::{Seen, Watched, driver, is_answered, kernels, old_numbers, ours};
use wirelab_sansio::Instant;
use wirelab_socket::{self as socket, ConnectOptions, ListenOptions, Namespace};
use wirelab_tcpip::host::Host;
use wirelab_tcpip::tcp::{self, Listen, State, WhyClosed};
use wirelab_tun::{Direction, Driver, Impairments};

const SECOND: Duration = Duration::from_secs(1);
const PROBES: u8 = 3;

/// For how long the peer is there.
const THERE: Duration = Duration::from_millis(5500);

fn nothing_arrives() -> Impairments {
    Impairments { loss: 1.0, ..Impairments::default() }
}

/// Lets time pass while nobody has anything to say.
fn rest(driver: &mut Driver<Host>, until: Instant) {
    let ended = driver.run(until, |_, _| ControlFlow::Continue(()));
    assert!(!ended.unwrap());
}

/// That `by` has probed once a second, and that it was answered.
fn check_answered(watched: &Watched, by: Direction) {
    let segments = watched.borrow();
    let probes = old_numbers(&segments, by);
    println!("{by:?}: {segments:?}");
    assert!((4..=6).contains(&probes.len()), "{segments:#?}");
    assert!(probes.iter().all(|&probe| is_answered(&segments, probe)), "{segments:#?}");
}

/// That since then `by` has probed as often as was agreed on, a second apart.
fn check_given_up(watched: &Watched, by: Direction, vanished: Instant) {
    let segments: Vec<Seen> = watched
        .borrow()
        .iter()
        .copied()
        .filter(|segment| segment.direction == by && segment.when > vanished)
        .collect();
    println!("{by:?}, vanished at {vanished:?}: {segments:?}");
    let probes: Vec<&Seen> =
        segments.iter().filter(|segment| !segment.flags.contains(wirelab_tcpip::Flags::RST)).collect();
    assert_eq!(probes.len(), usize::from(PROBES), "{segments:#?}");
    let apart = probes.windows(2).map(|pair| (pair[1].when - pair[0].when).as_secs_f64());
    assert!(apart.clone().all(|gap| (0.8..1.5).contains(&gap)), "{segments:#?}");
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn the_kernel_probes_us_and_gives_us_up_when_no_answer_comes() {
    let _own = Namespace::enter_new().unwrap();
    let (mut driver, watched) = driver();
    let listener = driver.protocol_mut().listen(ours(), Listen::default()).unwrap();
    let kernel = thread::spawn(move || {
        let keep_alive = socket::KeepAlive { idle: SECOND, interval: SECOND, probes: PROBES };
        let stream = ConnectOptions::default().keep_alive(keep_alive).connect(ours())?;
        stream.read(&mut [0; 1])
    });
    rest(&mut driver, Instant::ZERO + THERE);
    assert!(driver.protocol_mut().accept(listener).is_some());
    check_answered(&watched, Direction::In);
    assert!(!kernel.is_finished(), "the connection has survived");

    // The peer has not heard us since.
    let vanished = driver.now();
    driver = driver.impair(Direction::Out, nothing_arrives());
    let noticed = driver.run(vanished + 10 * SECOND, |_, _| match kernel.is_finished() {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    });
    assert!(noticed.unwrap(), "{:#?}", watched.borrow());
    assert_eq!(kernel.join().unwrap().map_err(|error| error.kind()), Err(io::ErrorKind::TimedOut));
    check_given_up(&watched, Direction::In, vanished);
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn we_probe_the_kernel_and_give_it_up_when_no_answer_comes() {
    let _own = Namespace::enter_new().unwrap();
    let (mut driver, watched) = driver();
    let listening = ListenOptions::default().bind(kernels()).unwrap();
    let keep_alive = tcp::KeepAlive { idle: SECOND, interval: SECOND, probes: PROBES.into() };
    let config = tcp::Config { keep_alive: Some(keep_alive), ..tcp::Config::default() };
    let socket = driver.protocol_mut().connect(Instant::ZERO, kernels(), config).unwrap();
    rest(&mut driver, Instant::ZERO + THERE);
    let _kernels_end = listening.accept().unwrap();
    check_answered(&watched, Direction::Out);
    assert_eq!(driver.protocol().socket(socket).map(tcp::Connection::state), Some(State::Established));

    // The kernel hears us, and we do not hear it.
    let vanished = driver.now();
    driver = driver.impair(Direction::In, nothing_arrives());
    let mut why = None;
    let noticed = driver.run(vanished + 10 * SECOND, |host, _| {
        why = host.socket(socket).and_then(tcp::Connection::why_closed);
        if why.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(noticed.unwrap(), "{:#?}", watched.borrow());
    assert_eq!(why, Some(WhyClosed::TimedOut));
    check_given_up(&watched, Direction::Out, vanished);
}
