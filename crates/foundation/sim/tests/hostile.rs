//! Nodes get packets from anybody: whatever the bytes are, they do not panic.

mod stations;

use bytes::Bytes;
use proptest::prelude::*;
use stations::{ip, packet_of, ping, socket};
use wirelab_sansio::Instant;
use wirelab_sim::internet::{Flows, Header, Middlebox, Nat, NatConfig, Node, PortId, Router, build, stock};
use wirelab_tcpip::{Flags, Icmp, Options, Segment};

fn nodes() -> Vec<Box<dyn Node>> {
    let router = Router::new(ip("203.0.113.1")).route("0.0.0.0/0".parse().unwrap(), PortId(0));
    let mut router = router.route("::/0".parse().unwrap(), PortId(0));
    router.attached(PortId(0), 100);
    let boxes: [Middlebox; 5] = [
        stock::strip_option(3),
        stock::clamp_mss(100),
        stock::drop_unknown_syn_options(&[2]),
        stock::clear_ecn(),
        stock::reset_on(*b"a"),
    ];
    let nat = Nat::new(NatConfig::full_cone([203, 0, 113, 5].into()));
    let mut nodes: Vec<Box<dyn Node>> = vec![Box::new(router), Box::new(nat)];
    nodes.extend(boxes.into_iter().map(|middlebox| Box::new(middlebox) as Box<dyn Node>));
    nodes
}

/// Gives a packet to every node on both of its ports; what comes out must be whole packets, if what went in was.
fn feed(packet: &[u8]) {
    let _ = Flows::new().label(packet);
    for mut node in nodes() {
        for port in [PortId(0), PortId(1)] {
            node.receive(Instant::ZERO, port, Bytes::copy_from_slice(packet));
            while let Some((_, out)) = node.poll_transmit(Instant::ZERO) {
                assert!(Header::read(packet).is_none() || Header::read(&out).is_some());
            }
            while node.poll_note().is_some() {}
        }
    }
}

/// One packet of each kind that the nodes look into.
fn samples() -> Vec<Bytes> {
    let mut options = Options::new();
    options.push_maximum_segment_size(1460);
    options.push_window_scale(7);
    let syn = Segment { flags: Flags::SYN, options, payload: b"data", ..Segment::default() };
    let (a, b, external) = (ip("192.0.2.1"), ip("198.51.100.1"), ip("203.0.113.5"));
    let original = packet_of(60);
    vec![
        packet_of(200),
        ping("203.0.113.1", 1),
        build::tcp(a, b, &syn),
        build::tcp(ip("2001:db8::1"), ip("2001:db8::2"), &syn),
        build::udp(socket("198.51.100.1:53"), socket("203.0.113.5:1024"), b"in"),
        build::icmp(b, external, Icmp::TimeExceeded { code: 0, original: &original }),
        build::echo_request(ip("2001:db8::1"), ip("2001:db8::2"), 1, 2, b"six"),
    ]
}

proptest! {
    #[test]
    fn any_bytes(packet in prop::collection::vec(any::<u8>(), 0..200)) {
        feed(&packet);
    }

    #[test]
    fn packets_with_changed_bytes_and_cut_off(
        which in 0_usize..7, changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in 0_usize..60,
    ) {
        let mut packet = samples()[which].to_vec();
        for (at, byte) in changes {
            let at = at.index(packet.len());
            packet[at] = byte;
        }
        // The checksum of the header is put right, so that the change is not the end of it.
        if packet[0] == 0x45 && packet.len() >= 20 {
            packet[10..12].fill(0);
            let sum = wirelab_tcpip::internet_checksum(&packet[..20]);
            packet[10..12].copy_from_slice(&sum.to_be_bytes());
        }
        feed(&packet);
        packet.truncate(packet.len() - cut.min(packet.len()));
        feed(&packet);
    }
}
