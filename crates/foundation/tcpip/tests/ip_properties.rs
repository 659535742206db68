//! What holds for every packet, message and segment, and for bytes that are none.

use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use wirelab_sansio::Instant;
use wirelab_tcpip::ip::{self, Header, Packet, Reassembled, Reassembly, ReassemblyConfig};
use wirelab_tcpip::{
    ArpOperation, ArpPacket, Ecn, EtherType, Flags, Frame, Icmp, IcmpMessage, Icmpv6, Icmpv6Message,
    Ipv4Packet, Ipv6Packet, MacAddress, Options, Protocol, SackBlock, SackBlocks, Segment, Seq, Timestamps,
    Unreachable, Unreachable6, adjust_checksum, internet_checksum,
};
use wirelab_wire::{Decode, Encode, Reader, testing};

fn ecn() -> impl Strategy<Value = Ecn> {
    (0_u8..4).prop_map(Ecn::from_bits)
}

fn addresses() -> impl Strategy<Value = (IpAddr, IpAddr)> {
    let v4 = any::<(u32, u32)>().prop_map(|(a, b)| (IpAddr::V4(a.into()), IpAddr::V4(b.into())));
    let v6 = any::<(u128, u128)>().prop_map(|(a, b)| (IpAddr::V6(a.into()), IpAddr::V6(b.into())));
    prop_oneof![v4, v6]
}

/// A protocol whose messages are not looked into.
fn opaque() -> impl Strategy<Value = Protocol> {
    select(vec![Protocol(200), Protocol::UDP, Protocol::SCTP])
}

proptest! {
    #[test]
    fn ipv4_packets_read_back(
        (dscp, ecn, identification, flags) in (0_u8..64, ecn(), any::<u16>(), any::<[bool; 3]>()),
        fragment_offset in 0_u16..0x2000, (time_to_live, protocol) in any::<(u8, u8)>(), (source, destination) in any::<(u32, u32)>(),
        option_words in 0_usize..11, filler: u8, payload in vec(any::<u8>(), 0..100),
    ) {
        let options = vec![filler; option_words * 4];
        let [reserved, dont_fragment, more_fragments] = flags;
        let packet = Ipv4Packet {
            dscp, ecn, identification, reserved, dont_fragment, more_fragments, fragment_offset, time_to_live,
            protocol: Protocol(protocol), header_checksum: 0, source: source.into(), destination: destination.into(),
            options: &options, payload: &payload,
        };
        let packet = Ipv4Packet { header_checksum: packet.computed_checksum(), ..packet };
        prop_assert_eq!(packet.check(), Ok(()));
        testing::decode_inverts_encode(&packet);
        testing::writer_names_equal_reader_names(&packet);
        testing::strict_prefixes_are_incomplete::<Ipv4Packet<'_>>(&packet.to_bytes());
        // The shortcut over the fields gives what the sum over the bytes does.
        prop_assert_eq!(internet_checksum(&packet.to_bytes()[..packet.header_len()]), 0);
    }

    #[test]
    fn ipv6_packets_read_back(
        dscp in 0_u8..64, ecn in ecn(), flow_label in 0_u32..1 << 20, (next_header, hop_limit) in any::<(u8, u8)>(),
        (source, destination) in any::<(u128, u128)>(), payload in vec(any::<u8>(), 0..100),
    ) {
        let packet = Ipv6Packet {
            dscp, ecn, flow_label, next_header: Protocol(next_header), hop_limit, source: source.into(),
            destination: destination.into(), payload: &payload,
        };
        testing::decode_inverts_encode(&packet);
        testing::writer_names_equal_reader_names(&packet);
        testing::strict_prefixes_are_incomplete::<Ipv6Packet<'_>>(&packet.to_bytes());
    }

    #[test]
    fn frames_and_arp_read_back(a: [u8; 6], b: [u8; 6], ether_type in 0x600_u16.., payload in vec(any::<u8>(), 0..80), operation: u16, (source, target) in any::<(u32, u32)>()) {
        let (destination, source_card) = (MacAddress(a), MacAddress(b));
        let frame = Frame { destination, source: source_card, ether_type: EtherType(ether_type), payload: &payload };
        testing::decode_inverts_encode(&frame);
        testing::writer_names_equal_reader_names(&frame);
        let arp = ArpPacket {
            operation: ArpOperation(operation), sender_hardware: source_card, sender_protocol: source.into(),
            target_hardware: destination, target_protocol: target.into(),
        };
        testing::decode_inverts_encode(&arp);
        testing::writer_names_equal_reader_names(&arp);
        testing::strict_prefixes_are_incomplete::<ArpPacket>(&arp.to_bytes());
    }

    #[test]
    fn icmp_messages_read_back((checksum, identifier, sequence) in any::<(u16, u16, u16)>(), code: u8, data in vec(any::<u8>(), 0..60)) {
        let (data, original) = (&data[..], &data[..]);
        for body in [
            Icmp::EchoReply { identifier, sequence, data },
            Icmp::EchoRequest { identifier, sequence, data },
            Icmp::DestinationUnreachable { code: Unreachable(code), next_hop_mtu: sequence, original },
            Icmp::TimeExceeded { code, original },
            Icmp::ParameterProblem { code, pointer: identifier as u8, original },
            Icmp::Other { kind: 5, code, rest: data },
        ] {
            let message = IcmpMessage { checksum, body };
            testing::decode_inverts_encode(&message);
            testing::writer_names_equal_reader_names(&message);
            let mut out = BytesMut::new();
            message.encode_with_checksum(&mut out);
            prop_assert_eq!(IcmpMessage::check(&out), Ok(()));
        }
    }

    #[test]
    fn icmpv6_messages_read_back((checksum, identifier, sequence) in any::<(u16, u16, u16)>(), code: u8, word: u32, target: u128, flags: [bool; 3], data in vec(any::<u8>(), 0..60)) {
        let (data, original, target) = (&data[..], &data[..], target.into());
        let [router, solicited, override_known] = flags;
        for body in [
            Icmpv6::DestinationUnreachable { code: Unreachable6(code), original },
            Icmpv6::PacketTooBig { mtu: word, original },
            Icmpv6::TimeExceeded { code, original },
            Icmpv6::ParameterProblem { code, pointer: word, original },
            Icmpv6::EchoRequest { identifier, sequence, data },
            Icmpv6::EchoReply { identifier, sequence, data },
            Icmpv6::NeighborSolicitation { target, options: data },
            Icmpv6::NeighborAdvertisement { router, solicited, override_known, target, options: data },
            Icmpv6::Other { kind: 133, code, rest: data },
        ] {
            let message = Icmpv6Message { checksum, body };
            testing::decode_inverts_encode(&message);
            testing::writer_names_equal_reader_names(&message);
        }
    }

    #[test]
    fn segments_read_back(
        (source, destination, sequence, acknowledgment) in any::<(u16, u16, u32, u32)>(), reserved in 0_u8..16,
        (flags, window, checksum, urgent_pointer) in any::<(u8, u16, u16, u16)>(),
        pushes in subsequence(vec![0, 1, 2, 3, 4, 5], 0..6).prop_shuffle(), (size, shift, value, echo) in any::<(u16, u8, u32, u32)>(),
        edges in vec(any::<(u32, u32)>(), 1..5), payload in vec(any::<u8>(), 0..60),
    ) {
        let mut blocks = SackBlocks::EMPTY;
        edges.iter().for_each(|&(left, right)| blocks.push(SackBlock { left: Seq(left), right: Seq(right) }));
        let mut options = Options::new();
        for push in pushes {
            match push {
                0 => options.push_maximum_segment_size(size),
                1 => options.push_window_scale(shift),
                2 => options.push_sack_permitted(),
                3 => options.push_timestamps(Timestamps { value, echo }),
                4 => options.push_sack(&blocks),
                _ => options.push_no_operation(),
            }
        }
        let segment = Segment {
            source, destination, sequence: Seq(sequence), acknowledgment: Seq(acknowledgment), reserved, flags: Flags(flags),
            window, checksum, urgent_pointer, options, payload: &payload,
        };
        testing::decode_inverts_encode(&segment);
        testing::writer_names_equal_reader_names(&segment);
        let bytes = segment.to_bytes();
        let again = Segment::decode(&mut Reader::whole(&bytes)).unwrap().options;
        prop_assert_eq!(
            (again.maximum_segment_size(), again.window_scale(), again.sack_permitted(), again.timestamps(), again.sack()),
            (options.maximum_segment_size(), options.window_scale(), options.sack_permitted(), options.timestamps(), options.sack())
        );
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_explained(bytes in vec(any::<u8>(), 0..100)) {
        testing::never_panics::<Frame<'_>>(&bytes);
        testing::never_panics::<ArpPacket>(&bytes);
        testing::never_panics::<Ipv4Packet<'_>>(&bytes);
        testing::never_panics::<Ipv6Packet<'_>>(&bytes);
        testing::never_panics::<IcmpMessage<'_>>(&bytes);
        testing::never_panics::<Icmpv6Message<'_>>(&bytes);
        testing::never_panics::<Segment<'_>>(&bytes);
        let _ = Packet::parse(&bytes);
    }

    /// Random bytes seldom get past the lengths; these have them right.
    #[test]
    fn any_payload_in_a_sound_header_is_read_or_refused_and_explained(
        next in select(vec![0_u8, 1, 6, 17, 43, 44, 58, 60]), mut payload in vec(any::<u8>(), 0..120), chain in vec((select(vec![0_u8, 6, 17, 43, 44, 58, 60]), 0_usize..100), 0..6),
        data_offset in 5_u8..16, kinds in vec((0_usize..60, 0_u8..9), 0..6), mtu in 60_u16..100,
    ) {
        for (value, at) in chain {
            payload.get_mut(at / 8 * 8..).into_iter().for_each(|tail| if let [first, len, ..] = tail { (*first, *len) = (value, 0); });
        }
        for (at, kind) in kinds {
            payload.get_mut(20 + at).into_iter().for_each(|byte| *byte = kind);
        }
        payload.get_mut(12).into_iter().for_each(|byte| *byte = data_offset << 4);
        testing::never_panics::<Segment<'_>>(&payload);
        let v6 = Ipv6Packet { next_header: Protocol(next), payload: &payload, ..Ipv6Packet::default() }.to_bytes();
        testing::never_panics::<Ipv6Packet<'_>>(&v6);
        let _ = ip::fragment_v6(&v6, mtu, 1);
        let mut v4 = BytesMut::new();
        Ipv4Packet { protocol: Protocol(next), payload: &payload, ..Ipv4Packet::default() }.encode_with_checksum(&mut v4);
        testing::never_panics::<Ipv4Packet<'_>>(&v4);
        for bytes in [&v6, &v4] {
            if let Ok(packet) = Packet::parse(bytes) {
                let mut out = BytesMut::new();
                let _ = ip::icmp::error(&packet, ip::icmp::Problem::NoSuchPort, packet.destination, &mut out);
                ip::icmp::echo_reply(&packet, 0, &mut out);
                Reassembly::new(ReassemblyConfig::default()).receive(Instant::ZERO, &packet);
            }
        }
    }

    #[test]
    fn what_is_written_around_a_payload_is_parsed_again((source, destination) in addresses(), protocol in opaque(), ecn in ecn(), hop_limit: u8, payload in vec(any::<u8>(), 0..100), before in vec(any::<u8>(), 0..5), padding in 0_usize..40) {
        let mut out = BytesMut::from(&before[..]);
        let header = Header { ecn, hop_limit, ..Header::new(source, destination, protocol) };
        ip::write_packet(&mut out, &header, |out| out.extend_from_slice(&payload)).unwrap();
        prop_assert_eq!(&out[..before.len()], &before[..]);
        let len = out.len() - before.len();
        out.resize(out.len() + padding, 0);
        let packet = Packet::parse(&out[before.len()..]).unwrap();
        prop_assert_eq!((packet.source, packet.destination, packet.protocol, packet.ecn, packet.hop_limit), (source, destination, protocol, ecn, hop_limit));
        prop_assert_eq!((packet.payload, packet.bytes.len(), packet.fragment), (&payload[..], len, None));
    }

    #[test]
    fn fragments_in_any_order_and_number_give_the_packet((source, destination) in addresses(), protocol in opaque(), payload in vec(any::<u8>(), 1..6000), over in 0_u16..1400, picks in vec(any::<Index>(), 0..60), order in any::<prop::sample::Selector>()) {
        let header = Header { dont_fragment: false, identification: 7, ..Header::new(source, destination, protocol) };
        let mut sent = BytesMut::new();
        ip::write_packet(&mut sent, &header, |out| out.extend_from_slice(&payload)).unwrap();
        let fragments = match source {
            IpAddr::V4(_) => ip::fragment_v4(&sent, 68 + over).unwrap(),
            IpAddr::V6(_) => ip::fragment_v6(&sent, 1280 + over, 7).unwrap(),
        };
        let least = if source.is_ipv4() { 68 } else { 1280 };
        prop_assert!(fragments.iter().all(|fragment| fragment.len() <= usize::from(least + over)));
        if let [only] = &fragments[..] {
            prop_assert_eq!(only, &sent);
            return Ok(());
        }
        // Each of them some times, in some order.
        let mut arriving: Vec<usize> = picks.iter().map(|pick| pick.index(fragments.len())).collect();
        let mut missing: Vec<usize> = (0..fragments.len()).collect();
        while !missing.is_empty() {
            let at = order.select(0..missing.len());
            arriving.push(missing.remove(at));
        }
        let mut reassembly = Reassembly::new(ReassemblyConfig { fragments: 200, ..ReassemblyConfig::default() });
        let mut whole = Vec::new();
        for fragment in arriving {
            let packet = Packet::parse(&fragments[fragment]).unwrap();
            if let Reassembled::Whole(bytes) = reassembly.receive(Instant::ZERO, &packet) {
                whole.push(bytes);
            }
        }
        prop_assert!(!whole.is_empty(), "nothing came of {} fragments", fragments.len());
        prop_assert!(whole.iter().all(|bytes| bytes == &sent.clone().freeze()));
    }

    #[test]
    fn whatever_arrives_the_memory_stays_under_its_limit(arrivals in vec((0_u8..4, 0_u16..40, 0_u16..6, any::<bool>(), 0_usize..200, 0_u64..20), 0..150)) {
        let config = ReassemblyConfig { bytes: 2_000, packets: 3, fragments: 8, ..ReassemblyConfig::default() };
        let mut reassembly = Reassembly::new(config);
        let mut now = Instant::ZERO;
        for (host, fragment_offset, identification, more_fragments, len, seconds) in arrivals {
            now += std::time::Duration::from_secs(seconds);
            let mut out = BytesMut::new();
            Ipv4Packet {
                source: [192, 0, 2, host].into(), identification, fragment_offset, more_fragments, payload: &vec![host; len / 8 * 8],
                protocol: Protocol::UDP, ..Ipv4Packet::default()
            }.encode_with_checksum(&mut out);
            reassembly.receive(now, &Packet::parse(&out).unwrap());
            prop_assert!(reassembly.held() <= config.bytes && reassembly.packets() <= config.packets, "{reassembly:?}");
            if reassembly.poll_timeout().is_some_and(|(deadline, _)| deadline <= now) {
                reassembly.handle_timeout(now);
            }
            prop_assert!(reassembly.poll_timeout().is_none_or(|(deadline, _)| deadline > now));
        }
        reassembly.handle_timeout(now + std::time::Duration::from_secs(100));
        prop_assert_eq!((reassembly.held(), reassembly.packets()), (0, 0));
    }

    #[test]
    fn a_checksum_is_adjusted_as_if_it_were_computed_anew(mut bytes in vec(any::<u8>(), 2..80), at: Index, new: u16) {
        let at = at.index(bytes.len() / 2) * 2;
        let before = internet_checksum(&bytes);
        let old = u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        bytes[at..at + 2].copy_from_slice(&new.to_be_bytes());
        // Bytes that are all zero have a sum that no addition can reach from elsewhere: the other zero.
        prop_assume!(bytes.iter().any(|&byte| byte != 0));
        prop_assert_eq!(adjust_checksum(before, old, new), internet_checksum(&bytes));
    }

    #[test]
    fn the_checksum_is_that_of_the_definition(bytes in vec(any::<u8>(), 0..300), from: Index) {
        // From any place in memory, of any length.
        let bytes = &bytes[if bytes.is_empty() { 0 } else { from.index(bytes.len()) }..];
        let mut sum = 0_u32;
        for pair in bytes.chunks(2) {
            sum += u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |&low| u32::from(low));
            sum = (sum & 0xffff) + (sum >> 16);
        }
        prop_assert_eq!(internet_checksum(bytes), !(sum as u16));
    }
}

#[test]
fn the_checksum_of_the_longest_packet_of_ones_does_not_lose_a_carry() {
    assert_eq!(internet_checksum(&vec![0xff; 65_535]), !0xff00);
    assert_eq!(internet_checksum(&vec![0xff; 65_534]), 0);
}

#[test]
fn a_packet_longer_than_its_length_field_is_not_written() {
    let header = Header::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into(), Protocol::UDP);
    let mut out = BytesMut::from(&b"kept"[..]);
    let error = ip::write_packet(&mut out, &header, |out| out.resize(out.len() + 65_516, 0)).unwrap_err();
    assert_eq!(error, ip::Unwritable::TooLong { len: 65_536 });
    assert_eq!(out.freeze(), Bytes::from_static(b"kept"));
    let mixed = Header { source: std::net::Ipv6Addr::LOCALHOST.into(), ..header };
    let error = ip::write_packet(&mut BytesMut::new(), &mixed, |_| ()).unwrap_err();
    assert_eq!(error, ip::Unwritable::TwoVersions);
}
