//! The packets of `tests/vectors/`: their golden trees, the four checks, and their checksums, which another program computed.

use std::net::Ipv6Addr;
use std::path::Path;

use wirelab_tcpip::{
    ArpPacket, Frame, IcmpMessage, Icmpv6, Icmpv6Message, Ipv4Packet, Ipv6Packet, PseudoHeader, Segment, ip,
    link_layer_address,
};
use wirelab_wire::testing::{all_four, golden_tree, vector};
use wirelab_wire::{Decode, Reader};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
const IPV4: PseudoHeader = PseudoHeader::V4 {
    source: std::net::Ipv4Addr::new(192, 0, 2, 1),
    destination: std::net::Ipv4Addr::new(192, 0, 2, 2),
};
const IPV6: PseudoHeader = PseudoHeader::V6 {
    source: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
    destination: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2),
};

fn bytes(name: &str) -> &'static [u8] {
    vector(Path::new(VECTORS), name)
}

#[test]
fn frames_pass_the_four_checks() {
    all_four::<Frame<'_>>(VECTORS, "ethernet_syn");
    all_four::<Frame<'_>>(VECTORS, "ethernet_padded_arp");
    all_four::<ArpPacket>(VECTORS, "arp_request");
    all_four::<ArpPacket>(VECTORS, "arp_reply");
    golden_tree::<Frame<'_>>(VECTORS, "refused_ethernet_length");
    golden_tree::<ArpPacket>(VECTORS, "refused_arp_for_ipv6");
}

#[test]
fn ipv4_packets_pass_the_four_checks() {
    for name in ["ipv4_udp", "ipv4_options", "ipv4_fragment"] {
        all_four::<Ipv4Packet<'_>>(VECTORS, name);
        let packet = Ipv4Packet::decode(&mut Reader::whole(bytes(name))).expect(name);
        assert_eq!(packet.check(), Ok(()), "{name}");
    }
    for mistake in ["version", "header_length", "total_length", "cut", "padding"] {
        golden_tree::<Ipv4Packet<'_>>(VECTORS, &format!("refused_ipv4_{mistake}"));
    }
}

#[test]
fn ipv6_packets_pass_the_four_checks() {
    for name in ["ipv6_syn", "ipv6_extensions", "ipv6_fragment"] {
        all_four::<Ipv6Packet<'_>>(VECTORS, name);
    }
    for mistake in ["version", "cut"] {
        golden_tree::<Ipv6Packet<'_>>(VECTORS, &format!("refused_ipv6_{mistake}"));
    }
}

#[test]
fn icmp_messages_pass_the_four_checks() {
    for name in [
        "icmp_echo",
        "icmp_echo_reply",
        "icmp_port_unreachable",
        "icmp_fragmentation_needed",
        "icmp_time_exceeded",
        "icmp_parameter_problem",
        "icmp_redirect",
    ] {
        all_four::<IcmpMessage<'_>>(VECTORS, name);
        assert_eq!(IcmpMessage::check(bytes(name)), Ok(()), "{name}");
    }
    golden_tree::<IcmpMessage<'_>>(VECTORS, "refused_icmp_half_an_echo");
}

#[test]
fn icmpv6_messages_pass_the_four_checks() {
    for name in [
        "packet_too_big",
        "time_exceeded",
        "parameter_problem",
        "echo",
        "echo_reply",
        "neighbor_solicitation",
        "neighbor_advertisement",
        "router_solicitation",
    ] {
        let name = format!("icmpv6_{name}");
        all_four::<Icmpv6Message<'_>>(VECTORS, &name);
        assert_eq!(Icmpv6Message::check(bytes(&name), &IPV6), Ok(()), "{name}");
    }
    // The one that Linux sent, to itself.
    all_four::<Icmpv6Message<'_>>(VECTORS, "icmpv6_port_unreachable");
    let localhost = PseudoHeader::V6 { source: Ipv6Addr::LOCALHOST, destination: Ipv6Addr::LOCALHOST };
    assert_eq!(Icmpv6Message::check(bytes("icmpv6_port_unreachable"), &localhost), Ok(()));
    golden_tree::<Icmpv6Message<'_>>(VECTORS, "refused_icmpv6_half_a_target");
}

#[test]
fn segments_pass_the_four_checks() {
    all_four::<Segment<'_>>(VECTORS, "tcp_syn_linux");
    for name in ["syn_all_options", "sack", "unknown_option", "data_urgent"] {
        let name = format!("tcp_{name}");
        all_four::<Segment<'_>>(VECTORS, &name);
        assert_eq!(Segment::check(bytes(&name), &IPV4), Ok(()), "{name}");
    }
    for mistake in [
        "data_offset",
        "options_cut",
        "option_length_zero",
        "option_beyond",
        "segment_size_length",
        "window_scale_length",
        "sack_length",
    ] {
        golden_tree::<Segment<'_>>(VECTORS, &format!("refused_tcp_{mistake}"));
    }
}

#[test]
fn the_options_of_segments_say_what_their_files_say() {
    let options = |name| Segment::decode(&mut Reader::whole(bytes(name))).expect(name).options;
    let all = options("tcp_syn_all_options");
    assert_eq!(
        (all.maximum_segment_size(), all.window_scale(), all.sack_permitted()),
        (Some(1460), Some(7), true)
    );
    assert_eq!(all.timestamps().map(|timestamps| (timestamps.value, timestamps.echo)), Some((1, 0)));
    let sack = options("tcp_sack").sack();
    let edges: Vec<_> = sack.as_slice().iter().map(|block| (block.left.0, block.right.0)).collect();
    assert_eq!(edges, [(6000, 7000), (8000, 9000)]);
    assert_eq!(options("tcp_unknown_option").timestamps(), None);
}

#[test]
fn packets_that_linux_sent_are_written_again_byte_by_byte() {
    for name in ["ipv4_udp", "ipv6_syn"] {
        let sent = bytes(name);
        let packet = ip::Packet::parse(sent).expect(name);
        let mut header = ip::Header::new(packet.source, packet.destination, packet.protocol);
        header.identification = u16::from_be_bytes([sent[4], sent[5]]);
        header.flow_label = u32::from_be_bytes([0, sent[1] & 0xf, sent[2], sent[3]]);
        let mut out = bytes::BytesMut::new();
        ip::write_packet(&mut out, &header, |out| out.extend_from_slice(packet.payload)).expect(name);
        assert_eq!(&out[..], sent, "{name}");
    }
}

#[test]
fn the_card_of_a_neighbor_is_found_among_its_options() {
    let message = Icmpv6Message::decode(&mut Reader::whole(bytes("icmpv6_neighbor_solicitation")));
    let Ok(Icmpv6Message { body: Icmpv6::NeighborSolicitation { options, .. }, .. }) = message else {
        panic!("{message:?}")
    };
    let address = link_layer_address(options).map(|address| address.to_string());
    assert_eq!(address.as_deref(), Some("02:00:5e:10:00:01"));
    assert_eq!(
        link_layer_address(&[14, 1, 0, 0, 0, 0, 0, 0, 1, 0]),
        None,
        "a length of zero ends the search"
    );
}
