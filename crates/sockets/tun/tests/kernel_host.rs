//! The whole host (TCP, UDP and ICMP over both versions of IP) as the kernel's neighbour.

#[path = "common/peer.rs"]
mod peer;

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::ops::ControlFlow;
use std::process::Command;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::BytesMut;
use peer::{bad, content, exchange};
use wirelab_sansio::Instant;
use wirelab_socket::Namespace;
use wirelab_tcpip::host::{self, Event, Host, SocketId};
use wirelab_tcpip::tcp::{self, Cookies, Listen, State};
use wirelab_tun::{self as tun, Direction, Driver, Tun};

const OURS: [&str; 2] = ["10.77.0.2", "fd77::2"];
const KERNELS: [&str; 2] = ["10.77.0.1", "fd77::1"];

fn driver() -> Driver<Host> {
    let tun = Tun::open(&tun::Config::default()).unwrap();
    let mut host = Host::new(host::Config { mtu: tun.mtu(), ..host::Config::default() }, [7; 32]);
    OURS.iter().for_each(|address| host.add_address(ip(address)));
    Driver::new(tun, host)
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn at(address: &str, port: u16) -> SocketAddr {
    SocketAddr::new(ip(address), port)
}

/// Runs the host, and `act` after every packet, until the thread is done and `act` says that it is.
fn run_while<T>(
    driver: &mut Driver<Host>,
    thread: JoinHandle<T>,
    mut act: impl FnMut(&mut Host, Instant) -> bool,
) -> T {
    let deadline = driver.now() + Duration::from_secs(120);
    let ended = driver.run(deadline, |host, now| {
        let done = act(host, now);
        if done && thread.is_finished() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(ended.unwrap(), "the kernel's end does not come to an end: {:#?}", driver.protocol().counters());
    thread.join().unwrap()
}

/// One end of an exchange on a socket of the host.
struct End {
    bytes: Vec<u8>,
    sent: usize,
    received: BytesMut,
}

/// An end for each connection, all with the same to say.
#[derive(Default)]
struct Ends(BTreeMap<SocketId, End>);

impl Ends {
    fn add(&mut self, socket: SocketId, bytes: Vec<u8>) {
        self.0.insert(socket, End { bytes, sent: 0, received: BytesMut::new() });
    }

    /// Sends and receives what can be; `true` when all have received everything.
    fn act(&mut self, host: &mut Host) -> bool {
        let mut complete = true;
        for (&socket, end) in &mut self.0 {
            complete &= host.stream_has_ended(socket);
            let Some(state) = host.socket(socket).map(tcp::Connection::state) else { continue };
            host.receive_into(socket, &mut end.received);
            if matches!(state, State::Established | State::CloseWait) && end.sent < end.bytes.len() {
                end.sent += host.send(socket, &end.bytes[end.sent..]).unwrap();
                if end.sent == end.bytes.len() {
                    host.close(socket);
                }
            }
        }
        complete
    }
}

#[test]
#[ignore = "needs root, /dev/net/tun and ping"]
fn ping_is_answered_and_our_ping_is_answered_by_the_kernel() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = driver();
    for (number, (ours, kernel)) in (1..).zip(OURS.into_iter().zip(KERNELS)) {
        // The last one, and its answer, are cut into fragments.
        for size in ["0", "1400", "4000"] {
            let arguments = ["-c", "3", "-i", "0.01", "-W", "5", "-s", size, ours];
            let ping = thread::spawn(move || Command::new("ping").args(arguments).output());
            let output = run_while(&mut driver, ping, |_, _| true).unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert!(printed.contains("3 packets transmitted, 3 received, 0% packet loss"), "{printed}");
        }
        let now = driver.now();
        driver.protocol_mut().ping(now, ip(kernel), 5, number, b"are you there").unwrap();
        let mut answers = Vec::new();
        let answered = driver.run(now + Duration::from_secs(10), |host, _| {
            answers.extend(std::iter::from_fn(|| host.poll_event()));
            if answers.is_empty() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        assert!(answered.unwrap());
        let payload = b"are you there"[..].into();
        let reply = Event::EchoReply { from: ip(kernel), identifier: 5, sequence: number, payload };
        assert_eq!(answers, [reply]);
    }
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn datagrams_go_both_ways_and_where_nobody_is_bound_both_sides_say_so() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = driver();
    for (ours, kernel) in OURS.into_iter().zip(KERNELS) {
        let echo = driver.protocol_mut().bind(at(ours, 7)).unwrap();
        let client = thread::spawn(move || {
            let socket = UdpSocket::bind(at(kernel, 0)).unwrap();
            socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            socket.connect(at(ours, 7)).unwrap();
            socket.send(b"hello").unwrap();
            let mut room = [0; 16];
            let length = socket.recv(&mut room).unwrap();
            socket.connect(at(ours, 9)).unwrap();
            socket.send(b"nobody").unwrap();
            (room[..length].to_vec(), socket.recv(&mut room).map_err(|error| error.kind()))
        });
        let (answer, refusal) = run_while(&mut driver, client, |host, now| {
            while let Some((from, bytes)) = host.receive_from(echo) {
                host.send_to(now, echo, from, &bytes).unwrap();
            }
            true
        });
        assert_eq!((&answer[..], refusal), (&b"hello"[..], Err(ErrorKind::ConnectionRefused)));

        let now = driver.now();
        driver.protocol_mut().send_to(now, echo, at(kernel, 9), b"nobody").unwrap();
        let mut told = None;
        driver
            .run(now + Duration::from_secs(10), |host, _| {
                while let Some(event) = host.poll_event() {
                    if let Event::Unreachable { socket, to, reported_by, .. } = event {
                        told = Some((socket, to, reported_by));
                    }
                }
                if told.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            })
            .unwrap();
        assert_eq!(told, Some((Some(echo), at(kernel, 9), ip(kernel))));
    }
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn where_nobody_listens_the_kernel_is_refused() {
    let _own = Namespace::enter_new().unwrap();
    let mut driver = driver();
    for ours in OURS {
        let client =
            thread::spawn(move || TcpStream::connect(at(ours, 81)).map_err(|error| error.kind()).err());
        assert_eq!(run_while(&mut driver, client, |_, _| true), Some(ErrorKind::ConnectionRefused));
    }
}

/// The kernel's clients, so many at once, exchange `length` bytes in each direction with a listener of ours.
fn kernel_connects(mut driver: Driver<Host>, options: Listen, clients: u64, length: usize) -> Driver<Host> {
    for ours in OURS {
        let listener = driver.protocol_mut().listen(at(ours, 80), options.clone()).unwrap();
        let all = thread::spawn(move || {
            let client = |seed| move || exchange(TcpStream::connect(at(ours, 80))?, content(seed, length));
            let threads: Vec<_> = (0..clients).map(|seed| thread::spawn(client(seed))).collect();
            threads.into_iter().map(|client| client.join().unwrap().unwrap()).collect::<Vec<_>>()
        });
        let (mut ends, bytes) = (Ends::default(), content(100, length));
        let received = run_while(&mut driver, all, |host, _| {
            while let Some(socket) = host.accept(listener) {
                ends.add(socket, bytes.clone());
            }
            ends.act(host)
        });
        assert!(received.iter().all(|received| *received == bytes), "what the kernel has received");
        let mut ours: Vec<_> = ends.0.values().map(|end| end.received.to_vec()).collect();
        let mut theirs: Vec<_> = (0..clients).map(|seed| content(seed, length)).collect();
        ours.sort();
        theirs.sort();
        assert!(ours == theirs, "what we have received");
    }
    driver
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn the_kernels_clients_and_our_listener_exchange_megabytes() {
    let _own = Namespace::enter_new().unwrap();
    let driver = kernel_connects(driver(), Listen::default(), 8, 1 << 20);
    let counters = driver.protocol().counters();
    assert_eq!(counters.TcpPassiveOpens, 16, "{counters:#?}");
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn the_kernels_client_and_our_listener_exchange_a_megabyte_over_a_bad_network() {
    let _own = Namespace::enter_new().unwrap();
    let driver = driver().impair(Direction::In, bad(31)).impair(Direction::Out, bad(32));
    let driver = kernel_connects(driver, Listen::default(), 1, 1 << 20);
    assert!(driver.protocol().counters().TcpRetransSegs > 10, "{:#?}", driver.protocol().counters());
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn the_kernel_returns_our_syn_cookies() {
    let _own = Namespace::enter_new().unwrap();
    let options = Listen { cookies: Cookies::Always, ..Listen::default() };
    let driver = kernel_connects(driver(), options, 4, 100_000);
    let counters = driver.protocol().counters();
    assert_eq!((counters.TcpExtSyncookiesSent, counters.TcpExtSyncookiesRecv), (8, 8), "{counters:#?}");
    assert_eq!(counters.TcpExtSyncookiesFailed, 0);
}

/// Our host connects to a listener of the kernel's, and both exchange a megabyte.
fn we_connect(mut driver: Driver<Host>) -> Driver<Host> {
    for kernel in KERNELS {
        let listener = TcpListener::bind(at(kernel, 80)).unwrap();
        let server = thread::spawn(move || exchange(listener.accept()?.0, content(1, 1 << 20)));
        let now = driver.now();
        let socket = driver.protocol_mut().connect(now, at(kernel, 80), tcp::Config::default()).unwrap();
        let mut ends = Ends::default();
        ends.add(socket, content(2, 1 << 20));
        let received = run_while(&mut driver, server, |host, _| ends.act(host)).unwrap();
        assert!(received == content(2, 1 << 20), "the kernel has received {} bytes", received.len());
        assert!(ends.0[&socket].received[..] == content(1, 1 << 20), "what we have received");
    }
    driver
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn our_client_and_the_kernels_listener_exchange_a_megabyte() {
    let _own = Namespace::enter_new().unwrap();
    let driver = we_connect(driver());
    assert_eq!(driver.protocol().counters().TcpActiveOpens, 2);
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn our_client_and_the_kernels_listener_exchange_a_megabyte_over_a_bad_network() {
    let _own = Namespace::enter_new().unwrap();
    let driver = driver().impair(Direction::In, bad(41)).impair(Direction::Out, bad(42));
    let driver = we_connect(driver);
    assert!(driver.protocol().counters().TcpRetransSegs > 10, "{:#?}", driver.protocol().counters());
}
