//! Any packets at all: nobody panics.

use std::time::Duration;

use bytes::BytesMut;
use proptest::prelude::*;
use wirelab_tcpip::tcp::Listen;
use wirelab_tcpip::{Datagram, Flags, Protocol, PseudoHeader, Segment, Seq};
use wirelab_wire::{Encode, Writer};

use crate::wire::{CLIENT, SERVER, Wire, packet, said};

fn any_segment() -> impl Strategy<Value = (u8, u32, u32, Vec<u8>, u16)> {
    (any::<u8>(), 0_u32..20, 0_u32..20, prop::collection::vec(any::<u8>(), 0..40), any::<u16>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..50)) {
        let mut wire = Wire::new();
        wire.pair();
        for packet in packets {
            wire.server.receive(wire.now, &packet);
        }
        wire.settle();
    }

    /// A true conversation whose packets are damaged, doubled or lost: nobody panics, and what is held stays within limits.
    #[test]
    fn damaged_packets_are_survived(
        damage in prop::collection::vec((any::<u16>(), any::<u8>(), 0_u8..4), 200),
    ) {
        let mut wire = Wire::new();
        let listener = wire.listen(Listen::default());
        let socket = wire.connect(80);
        let _ = wire.client.send(socket, &[7; 5000]);
        let mut out = BytesMut::new();
        for (place, mask, what) in damage {
            let to_server = { out.clear(); wire.client.poll_transmit(wire.now, &mut out) };
            if !to_server && !wire.server.poll_transmit(wire.now, &mut out) {
                wire.now += Duration::from_millis(100);
                wire.client.handle_timeout(wire.now);
                wire.server.handle_timeout(wire.now);
                if let Some(accepted) = wire.server.accept(listener) {
                    let _ = wire.server.send(accepted, &[8; 3000]);
                }
                continue;
            }
            let mut packets = vec![out.clone()];
            match what {
                0 => packets.clear(),
                1 => packets.push(out.clone()),
                2 => { let at = usize::from(place) % out.len(); packets[0][at] ^= mask; }
                _ => {}
            }
            for packet in packets {
                if to_server { wire.server.receive(wire.now, &packet) } else { wire.client.receive(wire.now, &packet) }
            }
        }
    }

    /// Segments with right checksums and any numbers near those of a connection.
    #[test]
    fn any_segments_of_a_connection_are_survived(segments in prop::collection::vec(any_segment(), 0..60)) {
        let mut wire = Wire::new();
        let (socket, accepted) = wire.pair();
        let ends = wire.client.socket(socket).unwrap().endpoints();
        let sequence = wire.server.socket(accepted).unwrap().expects();
        let acknowledgment = wire.client.socket(socket).unwrap().expects();
        for (flags, ahead, behind, payload, window) in segments {
            let segment = Segment {
                sequence: Seq(sequence.0.wrapping_add(ahead).wrapping_sub(10)),
                acknowledgment: Seq(acknowledgment.0.wrapping_add(behind).wrapping_sub(10)),
                flags: Flags(flags),
                window,
                payload: &payload,
                ..Segment::default()
            };
            wire.forge(ends.local, segment);
            said(&mut wire.server, wire.now);
        }
    }

    #[test]
    fn datagrams_of_any_kind_are_survived(
        payload in prop::collection::vec(any::<u8>(), 0..100), source: u16, destination: u16, checksum: bool,
    ) {
        let mut wire = Wire::new();
        let addresses = PseudoHeader::between(CLIENT.into(), SERVER.into()).unwrap();
        let mut datagram = Datagram::new(source, destination, &payload).unwrap();
        if checksum {
            datagram = datagram.with_checksum(&addresses);
        }
        let packet = packet(CLIENT.into(), SERVER.into(), Protocol::UDP, |out| datagram.encode(&mut Writer::new(out)));
        wire.server.receive(wire.now, &packet);
        prop_assert_eq!(wire.server.counters().UdpNoPorts, 1);
        wire.settle();
    }
}
