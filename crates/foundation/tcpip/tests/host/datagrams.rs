//! UDP and pings.

use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use wirelab_tcpip::host::{self, Event};

use crate::wire::{CLIENT, SERVER, Wire, events};

#[test]
fn datagrams_arrive_and_a_port_without_socket_is_reported() {
    let mut wire = Wire::new();
    let (here, there) = (SocketAddr::from((CLIENT, 4000)), SocketAddr::from((SERVER, 53)));
    let client = wire.client.bind(here).unwrap();
    let server = wire.server.bind(there).unwrap();
    wire.client.send_to(wire.now, client, there, b"question").unwrap();
    wire.settle();
    assert_eq!(events(&mut wire.server), [Event::Udp(server)]);
    let (from, bytes) = wire.server.receive_from(server).unwrap();
    assert_eq!((from, &bytes[..]), (here, &b"question"[..]));
    wire.server.unbind(server);
    wire.client.send_to(wire.now, client, there, b"question").unwrap();
    wire.settle();
    let reason = "port unreachable";
    let expected = Event::Unreachable { socket: Some(client), to: there, reported_by: SERVER.into(), reason };
    assert_eq!(events(&mut wire.client), [expected]);
    assert_eq!(wire.server.counters().UdpNoPorts, 1);
}

#[test]
fn a_udp_queue_holds_what_it_may_and_drops_the_rest() {
    let config = host::Config { udp_queue: 10_000, ..host::Config::default() };
    let mut wire = Wire::with(host::Config::default(), config);
    let there = SocketAddr::from((SERVER, 53));
    let client = wire.client.bind((CLIENT, 0).into()).unwrap();
    let server = wire.server.bind(there).unwrap();
    for _ in 0..100 {
        wire.client.send_to(wire.now, client, there, &[7; 936]).unwrap();
    }
    wire.settle();
    assert_eq!(std::iter::from_fn(|| wire.server.receive_from(server)).count(), 10);
    assert_eq!(wire.server.counters().UdpRcvbufErrors, 90);
    assert_eq!(events(&mut wire.server), [Event::Udp(server)]);
}

#[test]
fn a_ping_is_answered_over_both_versions() {
    let mut wire = Wire::new();
    for to in [IpAddr::from(SERVER), "2001:db8::2".parse().unwrap()] {
        wire.client.ping(wire.now, to, 7, 1, b"abcdefgh").unwrap();
        wire.settle();
        let payload = Bytes::from_static(b"abcdefgh");
        let expected = Event::EchoReply { from: to, identifier: 7, sequence: 1, payload };
        assert_eq!(events(&mut wire.client), [expected]);
    }
}
