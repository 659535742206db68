//! Fragments, the MTU of a path, congestion marks.

use std::time::Duration;

use bytes::BytesMut;
use wirelab_tcpip::tcp::{self, Listen};
use wirelab_tcpip::{Ecn, Ipv4Packet, Protocol, ip};
use wirelab_wire::{Decode, Reader};

use crate::wire::{SERVER, Wire, stranger, too_large};

#[test]
fn a_long_datagram_goes_in_fragments_and_arrives_whole_over_both_versions() {
    let mut wire = Wire::new();
    for (here, there) in [("192.0.2.1:4000", "192.0.2.2:53"), ("[2001:db8::1]:4000", "[2001:db8::2]:53")] {
        let client = wire.client.bind(here.parse().unwrap()).unwrap();
        let server = wire.server.bind(there.parse().unwrap()).unwrap();
        let payload: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
        wire.client.send_to(wire.now, client, there.parse().unwrap(), &payload).unwrap();
        wire.settle();
        let (_, bytes) = wire.server.receive_from(server).unwrap();
        assert!(bytes == payload);
    }
    assert_eq!((wire.server.counters().IpReasmReqds, wire.server.counters().IpReasmOKs), (8, 2));
}

#[test]
fn a_flood_of_fragments_that_never_become_whole_stays_within_its_limit_and_ends() {
    let mut wire = Wire::new();
    for number in 0..5000_u16 {
        let header = ip::Header {
            dont_fragment: false,
            identification: number,
            ..ip::Header::new(stranger(number.into()).ip(), SERVER.into(), Protocol::UDP)
        };
        let mut out = BytesMut::new();
        ip::write_packet(&mut out, &header, |out| out.extend_from_slice(&[7; 3000])).unwrap();
        let first = &ip::fragment_v4(&out, 1500).unwrap()[0];
        wire.server.receive(wire.now, first);
    }
    let (bytes, packets) = wire.server.fragments();
    let limits = ip::ReassemblyConfig::default();
    assert!(bytes <= limits.bytes && packets <= limits.packets, "{bytes} bytes of {packets} packets");
    assert!(packets > 0);
    let (when, why) = wire.server.poll_timeout().unwrap();
    assert_eq!(why, "fragments are missing");
    wire.server.handle_timeout(when + Duration::from_secs(1));
    assert_eq!((wire.server.fragments(), wire.server.poll_timeout()), ((0, 0), None));
}

#[test]
fn the_mtu_of_a_path_is_remembered_for_the_next_connection() {
    let mut wire = Wire::new();
    let (socket, _) = wire.pair();
    wire.client.send(socket, &[7; 1400]).unwrap();
    let mut lost = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut lost));
    wire.client.receive(wire.now, &too_large(&lost));
    let second = wire.connect(80);
    wire.settle();
    assert!(wire.client.socket(second).unwrap().info().segment_size <= 1000 - 40);
}

/// RFC 3168 §6.1: agreed on in the handshake; a mark on the way is echoed, and the sender slows down.
#[test]
fn a_congestion_mark_is_echoed() {
    let mut wire = Wire::new();
    let tcp = tcp::Config { explicit_congestion_notification: true, ..tcp::Config::default() };
    wire.listen(Listen { tcp: tcp.clone(), ..Listen::default() });
    let socket = wire.client.connect(wire.now, (SERVER, 80).into(), tcp).unwrap();
    wire.settle();
    assert!(wire.client.socket(socket).unwrap().info().agreed.explicit_congestion_notification);
    wire.client.send(socket, &[7; 4000]).unwrap();
    let mut out = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut out));
    assert_eq!(ip::Packet::parse(&out).unwrap().ecn, Ecn::Ect0);
    let marked = Ipv4Packet { ecn: Ecn::Ce, ..Ipv4Packet::decode(&mut Reader::whole(&out)).unwrap() };
    let mut bytes = BytesMut::new();
    marked.encode_with_checksum(&mut bytes);
    wire.server.receive(wire.now, &bytes);
    wire.settle();
    wire.pass(Duration::from_millis(100));
    assert!(wire.log.iter().any(|line| line.contains("<-") && line.contains("ECE")), "{:#?}", wire.log);
    assert!(wire.log.iter().any(|line| line.contains("->") && line.contains("CWR")), "{:#?}", wire.log);
}
