//! The device alone: what is set of it, and that packets go both ways.

use std::net::{Ipv6Addr, UdpSocket};
use std::time::Duration;

use wirelab_socket::Namespace;
use wirelab_tun::{Config, Error, Tun};

/// The next packet that is wanted of those that the kernel sends. (It also looks for IPv6 routers, and says that it listens to
/// groups of hosts.)
fn next_packet(tun: &Tun, wanted: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut room = vec![0; 65_535];
    loop {
        match tun.receive(&mut room).unwrap() {
            Some(length) if wanted(&room[..length]) => return room[..length].to_vec(),
            Some(_) => {}
            None => tun.wait(Some(Duration::from_secs(10))).unwrap(),
        }
    }
}

fn is_udp(packet: &[u8]) -> bool {
    match packet[0] >> 4 {
        4 => packet[9] == 17,
        _ => packet[6] == 17,
    }
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn what_is_sent_to_the_devices_prefix_comes_out_as_packets_from_its_address() {
    let _own = Namespace::enter_new().unwrap();
    let tun = Tun::open(&Config::default()).unwrap();
    assert_eq!((tun.name(), tun.mtu()), ("tun0", 1500));
    let four = UdpSocket::bind("10.77.0.1:0").unwrap();
    four.send_to(b"four", "10.77.0.2:7").unwrap();
    let packet = next_packet(&tun, is_udp);
    assert_eq!((packet.len(), &packet[12..20]), (20 + 8 + 4, &[10, 77, 0, 1, 10, 77, 0, 2][..]));
    let six = UdpSocket::bind("[fd77::1]:0").unwrap();
    six.send_to(b"six", "[fd77::2]:7").unwrap();
    let packet = next_packet(&tun, is_udp);
    let addresses: Vec<u8> =
        ["fd77::1", "fd77::2"].iter().flat_map(|text| text.parse::<Ipv6Addr>().unwrap().octets()).collect();
    assert_eq!((packet.len(), &packet[8..40]), (40 + 8 + 3, &addresses[..]));
    assert!(four.send_to(b"elsewhere", "10.78.0.2:7").is_err(), "there is no other route");
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn packets_are_as_long_as_the_mtu_allows() {
    let _own = Namespace::enter_new().unwrap();
    let config = Config { mtu: 600, ipv6: None, name: "short".to_owned(), ..Config::default() };
    let tun = Tun::open(&config).unwrap();
    assert_eq!(tun.name(), "short");
    let socket = UdpSocket::bind("10.77.0.1:0").unwrap();
    socket.send_to(&[0; 1000], "10.77.0.2:7").unwrap();
    // A fragment's payload is a multiple of eight bytes (RFC 791 §3.2): 576 of 580.
    let lengths = [next_packet(&tun, is_udp).len(), next_packet(&tun, is_udp).len()];
    assert_eq!(lengths, [20 + 576, 20 + 1008 - 576]);
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn a_device_is_gone_when_its_holder_is_and_in_use_before() {
    let _own = Namespace::enter_new().unwrap();
    let config = Config { name: "wire".to_owned(), ..Config::default() };
    let first = Tun::open(&config).unwrap();
    let refusal = Tun::open(&config).unwrap_err();
    assert!(matches!(&refusal, Error::InUse(name) if name == "wire"), "{refusal}");
    drop(first);
    Tun::open(&config).unwrap();
}

#[test]
#[ignore = "needs root and /dev/net/tun"]
fn names_that_no_device_can_have_are_refused_before_there_is_one() {
    let _own = Namespace::enter_new().unwrap();
    for name in ["", "a name", "a/b", "sixteen-bytes-ab", "zero\0"] {
        let refusal = Tun::open(&Config { name: name.to_owned(), ..Config::default() }).unwrap_err();
        assert!(matches!(refusal, Error::Name(_)), "{name:?}: {refusal}");
    }
}
