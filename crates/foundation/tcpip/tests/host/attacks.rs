//! Packets of somebody who knows less than the peer.

use std::time::Duration;

use bytes::BytesMut;
use wirelab_tcpip::host;
use wirelab_tcpip::tcp::State;
use wirelab_tcpip::{Flags, Segment, Seq};

use crate::wire::{Wire, said, segment_packet, stranger, too_large};

#[test]
fn resets_to_strangers_are_limited() {
    let config = host::Config { resets_per_second: 10, transmit_queue: 1000, ..host::Config::default() };
    let mut wire = Wire::with(host::Config::default(), config);
    for number in 0..1000 {
        wire.forge(stranger(number), Segment { flags: Flags::ACK, ..Segment::default() });
    }
    assert_eq!(said(&mut wire.server, wire.now).len(), 10);
}

/// RFC 5961: somebody who knows the ends but not the numbers cannot reset, reopen, or write into a connection.
#[test]
fn rfc_5961_blind_resets_syns_and_data_are_refused() {
    let mut wire = Wire::new();
    let (socket, accepted) = wire.pair();
    let from = wire.client.socket(socket).unwrap().endpoints().local;
    for number in 0..2000_u32 {
        let sequence = Seq(number.wrapping_mul(2_147_483)); // a grid finer than the window: some are inside it
        let base = Segment { sequence, acknowledgment: sequence, window: 1000, ..Segment::default() };
        wire.forge(from, Segment { flags: Flags::RST, ..base });
        wire.forge(from, Segment { flags: Flags::SYN, ..base });
        wire.forge(from, Segment { flags: Flags::ACK, payload: b"forged", ..base });
    }
    wire.settle();
    assert_eq!(wire.server.socket(accepted).unwrap().state(), State::Established);
    assert_eq!(wire.server.socket(accepted).unwrap().readable(), 0);
    wire.client.send(socket, b"true").unwrap();
    wire.settle();
    let mut received = BytesMut::new();
    wire.server.receive_into(accepted, &mut received);
    assert_eq!(&received[..], b"true");
}

/// RFC 5927 §4.1: an ICMP error ends or slows a connection only if it quotes a segment that is on its way.
#[test]
fn rfc_5927_an_icmp_error_about_a_segment_that_is_not_on_its_way_is_ignored() {
    let mut wire = Wire::new();
    let (socket, _) = wire.pair();
    let ends = wire.client.socket(socket).unwrap().endpoints();
    let before = wire.client.socket(socket).unwrap().info().segment_size;
    for number in 0..1000_u32 {
        let quoted = Segment { sequence: Seq(number.wrapping_mul(4_294_967)), ..Segment::default() };
        let too_large =
            too_large(&segment_packet(ends.local, ends.remote, Segment { payload: &[0; 1400], ..quoted }));
        wire.client.receive(wire.now, &too_large);
    }
    assert_eq!(wire.client.socket(socket).unwrap().info().segment_size, before);
    assert_eq!(wire.client.counters().TcpExtOutOfWindowIcmps, 1000);
    // A true one: the segment that the client has sent is the one that is quoted.
    wire.client.send(socket, &[7; 1400]).unwrap();
    let mut lost = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut lost));
    wire.client.receive(wire.now, &too_large(&lost));
    assert_eq!(wire.client.socket(socket).unwrap().info().agreed.maximum_segment_size, 1460);
    assert!(wire.client.socket(socket).unwrap().info().segment_size <= 1000 - 40);
    wire.pass(Duration::from_millis(100));
    assert_eq!(wire.client.socket(socket).unwrap().unacknowledged(), 0, "{:#?}", wire.log);
}
