//! Our TCP against the kernel's: a megabyte in each direction at the same time, over a good network and over a bad one.

#[path = "common/alone.rs"]
mod alone;
#[path = "common/peer.rs"]
mod peer;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

use alone::{Alone, Application, converse};
use peer::{bad, content, exchange};
use wirelab_socket::Namespace;
use wirelab_tcpip::tcp::{Config, WhyClosed};
use wirelab_tun::{self as tun, Direction, Driver, Impairments, Tun};

const MEGABYTE: usize = 1 << 20;

/// The kernel's addresses on the device, and ours, one of each version.
const ADDRESSES: [(&str, &str); 2] = [("10.77.0.1:80", "10.77.0.2:80"), ("[fd77::1]:80", "[fd77::2]:80")];

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn config(local: SocketAddr) -> Config {
    let headers = if local.is_ipv4() { 40 } else { 60 };
    Config { maximum_segment_size: 1500 - headers, ..Config::default() }
}

/// That both have what the other sent, and that nothing ended by a reset.
fn check((application, kernel_received): (Application, Vec<u8>), kernel_sent: &[u8]) {
    assert!(kernel_received == application.bytes, "the kernel got {} bytes", kernel_received.len());
    assert!(application.received[..] == *kernel_sent, "we got {} bytes", application.received.len());
    assert!(application.ended, "the end of the kernel's stream is an event");
    assert!(matches!(application.closed, None | Some(WhyClosed::Finished)), "{:?}", application.closed);
}

fn kernel_connects(kernel: SocketAddr, ours: SocketAddr, impairments: [Impairments; 2]) -> Driver<Alone> {
    let _own = Namespace::enter_new().unwrap();
    let tun = Tun::open(&tun::Config::default()).unwrap();
    let [incoming, outgoing] = impairments;
    let mut driver = Driver::new(tun, Alone::listen(ours, config(ours)))
        .impair(Direction::In, incoming)
        .impair(Direction::Out, outgoing);
    let (theirs, mine) = (content(1, MEGABYTE), content(2, MEGABYTE));
    let bytes = theirs.clone();
    let client = thread::spawn(move || exchange(TcpStream::connect(ours)?, bytes));
    check(converse(&mut driver, mine, client), &theirs);
    let peer = driver.protocol().connection.as_ref().map(|connection| connection.endpoints().remote.ip());
    assert_eq!(peer, Some(kernel.ip()));
    driver
}

fn we_connect(kernel: SocketAddr, ours: SocketAddr, impairments: [Impairments; 2]) -> Driver<Alone> {
    let _own = Namespace::enter_new().unwrap();
    let tun = Tun::open(&tun::Config::default()).unwrap();
    let listener = TcpListener::bind(kernel).unwrap();
    let (theirs, mine) = (content(3, MEGABYTE), content(4, MEGABYTE));
    let bytes = theirs.clone();
    let server = thread::spawn(move || exchange(listener.accept()?.0, bytes));
    let [incoming, outgoing] = impairments;
    let local = SocketAddr::new(ours.ip(), 50_000);
    // The driver counts time from its own beginning.
    let alone = Alone::connect(wirelab_sansio::Instant::ZERO, local, kernel, config(local));
    let mut driver = Driver::new(tun, alone).impair(Direction::In, incoming).impair(Direction::Out, outgoing);
    check(converse(&mut driver, mine, server), &theirs);
    driver
}

fn good() -> [Impairments; 2] {
    Default::default()
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn the_kernel_connects_to_us_and_each_side_gets_a_megabyte() {
    for (kernel, ours) in ADDRESSES {
        let driver = kernel_connects(address(kernel), address(ours), good());
        let info = driver.protocol().connection.as_ref().unwrap().info();
        let agreed = info.agreed;
        assert!(
            agreed.selective_acknowledgment && agreed.timestamps && agreed.window_scale.is_some(),
            "{agreed:?}"
        );
        assert_eq!(info.timeouts, 0, "nothing was lost: {info:#?}");
    }
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn we_connect_to_the_kernel_and_each_side_gets_a_megabyte() {
    for (kernel, ours) in ADDRESSES {
        let driver = we_connect(address(kernel), address(ours), good());
        let info = driver.protocol().connection.as_ref().unwrap().info();
        assert_eq!(info.timeouts, 0, "nothing was lost: {info:#?}");
    }
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn the_kernel_connects_to_us_over_a_network_that_loses_duplicates_and_reorders() {
    for (seed, (kernel, ours)) in (1..).zip(ADDRESSES) {
        let driver = kernel_connects(address(kernel), address(ours), [bad(seed), bad(seed + 10)]);
        assert!(driver.fates(Direction::Out).lost > 10, "{:?}", driver.fates(Direction::Out));
        assert!(driver.protocol().connection.as_ref().unwrap().info().retransmissions > 0);
    }
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn we_connect_to_the_kernel_over_a_network_that_loses_duplicates_and_reorders() {
    for (seed, (kernel, ours)) in (21..).zip(ADDRESSES) {
        let driver = we_connect(address(kernel), address(ours), [bad(seed), bad(seed + 10)]);
        assert!(driver.fates(Direction::Out).lost > 10, "{:?}", driver.fates(Direction::Out));
        assert!(driver.protocol().connection.as_ref().unwrap().info().retransmissions > 0);
    }
}
