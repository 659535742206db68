//! How our TCP and the kernel's refuse, reset, and do without what one of them has not.

#[path = "common/alone.rs"]
mod alone;
#[path = "common/peer.rs"]
mod peer;

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use alone::{Alone, converse};
use peer::{bad, content, exchange};
use wirelab_sansio::Instant;
use wirelab_socket::Namespace;
use wirelab_tcpip::tcp::{Agreed, Config, Event, WhyClosed};
use wirelab_tun::{self as tun, Direction, Driver, Tun};

fn kernel() -> SocketAddr {
    ([10, 77, 0, 1], 80).into()
}

fn ours() -> SocketAddr {
    ([10, 77, 0, 2], 80).into()
}

fn tun() -> Tun {
    Tun::open(&tun::Config { ipv6: None, ..tun::Config::default() }).unwrap()
}

/// Runs until our connection says why it is over.
fn why_closed(driver: &mut Driver<Alone>) -> Option<WhyClosed> {
    let (mut why, deadline) = (None, driver.now() + Duration::from_secs(60));
    let act = |alone: &mut Alone, _: Instant| {
        while let Some(event) = alone.connection.as_mut().and_then(|connection| connection.poll_event()) {
            if let Event::Closed(reason) = event {
                why = Some(reason);
            }
        }
        if why.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    driver.run(deadline, act).unwrap();
    why
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn where_nobody_listens_the_kernel_refuses_us() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = Driver::new(tun(), Alone::connect(Instant::ZERO, ours(), kernel(), Config::default()));
    assert_eq!(why_closed(&mut driver), Some(WhyClosed::Refused));
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn a_kernel_that_closes_with_unread_data_resets_us() {
    let _own = Namespace::enter_new().unwrap();
    let tun = tun();
    let listener = TcpListener::bind(kernel()).unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0; 1]).unwrap(); // and leaves the others: RFC 1122 §4.2.2.13
    });
    let mut alone = Alone::connect(Instant::ZERO, ours(), kernel(), Config::default());
    let mut driver = {
        let connection = alone.connection.as_mut().unwrap();
        assert_eq!(connection.send(b"three"), Ok(5), "what is sent before the handshake waits for it");
        Driver::new(tun, alone)
    };
    assert_eq!(why_closed(&mut driver), Some(WhyClosed::Reset));
    server.join().unwrap();
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn when_we_abort_the_kernel_says_connection_reset() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = Driver::new(tun(), Alone::listen(ours(), Config::default()));
    let client = thread::spawn(|| {
        let mut stream = TcpStream::connect(ours()).unwrap();
        stream.write_all(b"hello").unwrap();
        stream.read(&mut [0; 1]).map_err(|error| error.kind())
    });
    let deadline = driver.now() + Duration::from_secs(60);
    let ended = driver.run(deadline, |alone, _| {
        if let Some(connection) = alone.connection.as_mut().filter(|connection| connection.readable() == 5) {
            connection.abort();
        }
        if client.is_finished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(ended.unwrap());
    assert_eq!(client.join().unwrap(), Err(ErrorKind::ConnectionReset));
}

/// Exchanges a little over a bad network while the kernel has this setting, and returns what was agreed on.
fn agreed_with(setting: &str, value: &str, config: Config) -> Agreed {
    let _own = Namespace::enter_new().unwrap();
    fs::write(format!("/proc/sys/net/ipv4/{setting}"), value).unwrap();
    let mut driver = Driver::new(tun(), Alone::listen(ours(), config))
        .impair(Direction::In, bad(7))
        .impair(Direction::Out, bad(8));
    let client = thread::spawn(|| exchange(TcpStream::connect(ours())?, content(1, 100_000)));
    let (application, kernel_received) = converse(&mut driver, content(2, 100_000), client);
    assert!(
        kernel_received == application.bytes && application.received[..] == content(1, 100_000),
        "{setting}"
    );
    driver.protocol().connection.as_ref().unwrap().info().agreed
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn what_the_kernel_does_not_offer_is_not_used() {
    let agreed = agreed_with("tcp_sack", "0", Config::default());
    assert!(!agreed.selective_acknowledgment && agreed.timestamps && agreed.window_scale.is_some());
    let agreed = agreed_with("tcp_timestamps", "0", Config::default());
    assert!(agreed.selective_acknowledgment && !agreed.timestamps && agreed.window_scale.is_some());
    let agreed = agreed_with("tcp_window_scaling", "0", Config::default());
    assert!(agreed.selective_acknowledgment && agreed.timestamps && agreed.window_scale.is_none());
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn what_we_do_not_offer_is_not_used() {
    let plain = Config {
        window_scaling: false,
        timestamps: false,
        selective_acknowledgment: false,
        ..Config::default()
    };
    let agreed = agreed_with("tcp_sack", "1", plain);
    assert!(!agreed.selective_acknowledgment && !agreed.timestamps && agreed.window_scale.is_none());
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn congestion_notification_is_agreed_on_if_both_want_it() {
    let wanting = || Config { explicit_congestion_notification: true, ..Config::default() };
    assert!(agreed_with("tcp_ecn", "1", wanting()).explicit_congestion_notification);
    assert!(!agreed_with("tcp_ecn", "1", Config::default()).explicit_congestion_notification);
    assert!(!agreed_with("tcp_ecn", "0", wanting()).explicit_congestion_notification);
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn a_kernel_that_does_not_read_closes_its_window_and_gets_the_rest_later() {
    let _own = Namespace::enter_new().unwrap();
    let tun = tun();
    let listener = TcpListener::bind(kernel()).unwrap();
    let bytes = content(5, 4 << 20); // more than the kernel buffers of one connection by default
    let mut driver = Driver::new(tun, Alone::connect(Instant::ZERO, ours(), kernel(), Config::default()));
    let (stream, sent) = (&mut None, &mut 0);
    let deadline = driver.now() + Duration::from_secs(60);
    listener.set_nonblocking(true).unwrap();
    let mut full_for = 0;
    let full = driver.run(deadline, |alone, _| {
        if stream.is_none() {
            *stream = listener.accept().ok().map(|(stream, _)| stream);
        }
        let connection = alone.connection.as_mut().unwrap();
        *sent += connection.send(&bytes[*sent..]).unwrap();
        full_for = if connection.info().send_window == 0 { full_for + 1 } else { 0 };
        if full_for > 20 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(full.unwrap(), "{:#?}", driver.protocol().connection.as_ref().unwrap().info());
    let mut stream = stream.take().unwrap();
    stream.set_nonblocking(false).unwrap();
    let reader = thread::spawn(move || {
        let mut received = Vec::new();
        stream.read_to_end(&mut received).map(|_| received)
    });
    let ended = driver.run(deadline, |alone, _| {
        let connection = alone.connection.as_mut().unwrap();
        if *sent < bytes.len() {
            *sent += connection.send(&bytes[*sent..]).unwrap();
        } else {
            connection.close();
        }
        if reader.is_finished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(ended.unwrap(), "{:#?}", driver.protocol().connection.as_ref().unwrap().info());
    assert!(reader.join().unwrap().unwrap() == bytes);
}
