//! Two hosts that talk.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_tcpip::host::{Event, SocketId};
use wirelab_tcpip::tcp::{self, Listen, WhyClosed};
use wirelab_tcpip::{Segment, ip};
use wirelab_wire::{Decode, Reader};

use crate::wire::{Wire, events};

#[test]
fn a_handshake_an_echo_of_100_kilobytes_and_an_orderly_end() {
    let mut wire = Wire::new();
    let (socket, accepted) = wire.pair();
    let question: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    let (mut sent, mut answer, mut echo) = (0, BytesMut::new(), BytesMut::new());
    for _ in 0..10_000 {
        sent += wire.client.send(socket, &question[sent..]).unwrap();
        wire.pass(Duration::from_millis(1));
        wire.server.receive_into(accepted, &mut echo);
        let taken = wire.server.send(accepted, &echo).unwrap();
        let _ = echo.split_to(taken);
        wire.client.receive_into(socket, &mut answer);
        if answer.len() == question.len() {
            break;
        }
    }
    assert!(answer == question, "{} of {} bytes came back", answer.len(), question.len());
    wire.client.release(wire.now, socket);
    wire.settle();
    assert!(events(&mut wire.server).contains(&Event::Tcp(accepted, tcp::Event::EndOfStream)));
    wire.server.release(wire.now, accepted);
    wire.settle();
    assert_eq!(wire.server.connections(), (0, 0));
    assert_eq!(wire.client.connections(), (1, 1), "the client closed first and waits");
    wire.pass(Duration::from_secs(61));
    assert_eq!(wire.client.connections(), (0, 0));
    assert_eq!(wire.client.counters().TcpRetransSegs, 0);
}

/// What is ready to send has no place in the order of timers yet, and its timers count all the same.
#[test]
fn timers_are_known_before_the_host_was_asked_what_it_has_to_send() {
    let mut wire = Wire::new();
    let (socket, _) = wire.pair();
    assert_eq!((wire.client.poll_timeout(), wire.server.poll_timeout()), (None, None));
    wire.client.send(socket, b"x").unwrap();
    let mut packet = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut packet));
    let (probe, why) = wire.client.poll_timeout().expect("a byte is on its way");
    assert_eq!(why, "tail loss probe");
    wire.server.receive(wire.now, &packet);
    let (when, why) = wire.server.poll_timeout().expect("a byte is to be acknowledged");
    assert_eq!(why, "delayed acknowledgment");
    // Due, though the host was not asked to send in between.
    wire.server.handle_timeout(when);
    packet.clear();
    assert!(wire.server.poll_transmit(when, &mut packet), "no acknowledgment at {when}");
    assert_eq!(wire.server.poll_timeout(), None);
    // Nor does the place of an earlier timer count any more.
    assert!(!wire.client.poll_transmit(wire.now, &mut BytesMut::new()));
    assert_eq!(wire.client.poll_timeout(), Some((probe, "tail loss probe")));
    wire.client.receive(when, &packet);
    assert_eq!(wire.client.poll_timeout(), None, "all is acknowledged");
}

#[test]
fn the_same_over_ipv6() {
    let mut wire = Wire::new();
    let to: SocketAddr = "[2001:db8::2]:80".parse().unwrap();
    let listener = wire.server.listen("[::]:80".parse().unwrap(), Listen::default()).unwrap();
    let socket = wire.client.connect(wire.now, to, tcp::Config::default()).unwrap();
    wire.client.send(socket, b"hello").unwrap();
    wire.settle();
    let accepted = wire.server.accept(listener).unwrap();
    let mut received = BytesMut::new();
    wire.server.receive_into(accepted, &mut received);
    assert_eq!(&received[..], b"hello");
    assert_eq!(wire.client.socket(socket).unwrap().info().agreed.maximum_segment_size, 1440);
}

#[test]
fn s3_10_7_1_a_syn_to_a_port_without_listener_is_reset() {
    let mut wire = Wire::new();
    let socket = wire.connect(81);
    wire.settle();
    let expected = Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Refused));
    assert_eq!(events(&mut wire.client), [expected], "{:#?}", wire.log);
    assert_eq!(wire.server.counters().TcpOutRsts, 1);
    assert_eq!(wire.server.connections(), (0, 0));
}

#[test]
fn a_thousand_idle_connections_ask_for_nothing() {
    let mut wire = Wire::new();
    wire.listen(Listen { backlog: 2000, syn_backlog: 2000, ..Listen::default() });
    for _ in 0..1000 {
        wire.connect(80);
        wire.settle();
    }
    wire.pass(Duration::from_secs(2));
    assert_eq!(wire.server.connections(), (1000, 0));
    assert_eq!((wire.client.poll_timeout(), wire.server.poll_timeout()), (None, None));
}

#[test]
fn connections_take_turns() {
    let mut wire = Wire::new();
    wire.listen(Listen::default());
    let sockets: Vec<SocketId> = (0..4).map(|_| wire.connect(80)).collect();
    wire.settle();
    for &socket in &sockets {
        wire.client.send(socket, &[7; 10 * 1448]).unwrap();
    }
    let mut ports = Vec::new();
    let mut out = BytesMut::new();
    for _ in 0..8 {
        out.clear();
        assert!(wire.client.poll_transmit(wire.now, &mut out));
        let packet = ip::Packet::parse(&out).unwrap();
        ports.push(Segment::decode(&mut Reader::whole(packet.payload)).unwrap().source);
    }
    assert_eq!(ports[..4], ports[4..], "each its turn");
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 4);
}

/// RFC 1122 §4.2.2.13: what is left unread was not received, and the peer must hear of it.
#[test]
fn releasing_with_unread_data_resets() {
    let mut wire = Wire::new();
    let (socket, accepted) = wire.pair();
    wire.client.send(socket, b"nobody reads this").unwrap();
    wire.settle();
    wire.server.release(wire.now, accepted);
    wire.settle();
    let told = events(&mut wire.client);
    assert!(told.contains(&Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Reset))), "{told:?}");
    assert_eq!(wire.server.connections(), (0, 0));
}
