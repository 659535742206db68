//! One test a rule of IP, its fragments, path MTUs and ICMP's answers.

use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;
use wirelab_tcpip::ip::icmp::{Problem, RateLimit, Silent, echo_reply, error};
use wirelab_tcpip::ip::{
    self, CannotFragment, Header, Packet, PathMtu, PathMtuConfig, Reassembled, Reassembly, ReassemblyConfig,
    Refused, WhyDropped,
};
use wirelab_tcpip::{
    Ecn, FragmentHeader, Icmp, IcmpMessage, Icmpv6, Icmpv6Message, Ipv4Packet, Ipv6Packet, Protocol,
    Unreachable, adjust_checksum, internet_checksum, rules,
};
use wirelab_wire::{Decode, Encode, Reader};

const NOW: Instant = Instant::ZERO;
const EIGHT: &[u8] = &[0xc0, 0, 0, 7, 0, 8, 0, 0];

fn v4(packet: Ipv4Packet<'_>) -> BytesMut {
    let (source, destination) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
    let mut out = BytesMut::new();
    Ipv4Packet { source, destination, ..packet }.encode_with_checksum(&mut out);
    out
}

fn v6(next_header: Protocol, payload: &[u8]) -> BytesMut {
    let address = |last| std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, last);
    Ipv6Packet { next_header, payload, source: address(1), destination: address(2), ..Ipv6Packet::default() }
        .to_bytes()
}

/// A part of a packet whose protocol is UDP: offset in bytes.
fn part4(offset: u16, payload: &[u8], more_fragments: bool) -> BytesMut {
    let fragment_offset = offset / 8;
    v4(Ipv4Packet {
        protocol: Protocol::UDP,
        fragment_offset,
        more_fragments,
        payload,
        ..Ipv4Packet::default()
    })
}

fn part6(offset: u16, payload: &[u8], more: bool) -> BytesMut {
    let header = FragmentHeader { next_header: Protocol::UDP, offset: offset / 8, more, identification: 9 };
    v6(Protocol::FRAGMENT, &[&header.to_bytes()[..], payload].concat())
}

fn packet(bytes: &[u8]) -> Packet<'_> {
    Packet::parse(bytes).expect("it is sound")
}

fn take(reassembly: &mut Reassembly, bytes: &[u8]) -> Reassembled {
    reassembly.receive(NOW, &packet(bytes))
}

fn rule_of(bytes: &[u8]) -> Option<&'static str> {
    match Packet::parse(bytes) {
        Err(Refused::Malformed(error)) => error.rule().map(|rule| rule.name),
        _ => None,
    }
}

// The headers.

/// RFC 1122 §3.2.1.1: "A datagram whose version number is not 4 MUST be silently discarded."
#[test]
fn s3_2_1_1_another_version_is_refused() {
    for version in [0, 1, 5, 7, 15] {
        assert_eq!(rule_of(&[version << 4 | 5; 20]), Some(rules::ip::VERSION.name), "version {version}");
    }
    assert!(Packet::parse(&[]).is_err());
}

/// RFC 1122 §3.2.1.2: "A host MUST verify the IP header checksum on every received datagram".
#[test]
fn s3_2_1_2_a_damaged_header_is_refused() {
    let mut bytes = v4(Ipv4Packet::default());
    bytes[8] ^= 1;
    assert!(matches!(Packet::parse(&bytes), Err(Refused::Checksum(_))), "{:?}", Packet::parse(&bytes));
}

/// RFC 894: "the data field should be padded"; the total length says where the packet ends.
#[test]
fn padding_behind_the_total_length_is_not_payload() {
    let mut bytes = v4(Ipv4Packet { payload: EIGHT, ..Ipv4Packet::default() });
    bytes.resize(46, 0xaa);
    assert_eq!(packet(&bytes).payload, EIGHT);
    assert_eq!(packet(&bytes).bytes.len(), 28);
}

/// RFC 8200 §4.1: "Hop-by-Hop Options header … is restricted to appear immediately after an IPv6 header only".
#[test]
fn s4_1_hop_by_hop_options_come_first() {
    let padding = [1, 4, 0, 0, 0, 0];
    let chain = |first: u8, second: u8| [&[first, 0][..], &padding, &[second, 0], &padding, EIGHT].concat();
    assert_eq!(packet(&v6(Protocol::HOP_BY_HOP, &chain(60, 17))).payload, EIGHT);
    let late = v6(Protocol::DESTINATION_OPTIONS, &chain(0, 17));
    assert_eq!(rule_of(&late), Some(rules::ip::IPV6_HOP_BY_HOP_FIRST.name));
}

/// RFC 8200 §4: "Extension headers … are not processed, inserted, or deleted by any node along a packet's delivery path". What a
/// router reads of both versions, with a checksum that it has to look at itself.
#[test]
fn s4_the_first_header_alone_is_read_of_a_packet_on_its_way() {
    let padding = [17, 0, 1, 4, 0, 0, 0, 0];
    let extended = v6(Protocol::DESTINATION_OPTIONS, &[&padding, EIGHT].concat());
    let first = Packet::first_header(&extended).unwrap();
    assert_eq!((first.protocol, first.payload_at()), (Protocol::DESTINATION_OPTIONS, 40));
    assert_eq!((packet(&extended).protocol, packet(&extended).payload_at()), (Protocol::UDP, 48));

    let mut bytes = v4(Ipv4Packet { payload: EIGHT, identification: 7, ..Ipv4Packet::default() });
    assert_eq!(Packet::first_header(&bytes), Packet::parse(&bytes).map_err(|refused| panic!("{refused}")));
    bytes[10] ^= 1;
    assert_eq!(Packet::first_header(&bytes).unwrap().identification, 7);
    for len in 0..bytes.len() {
        assert!(Packet::first_header(&bytes[..len]).is_err(), "{len} bytes");
    }
}

/// The walk over extension headers is bounded.
#[test]
fn s4_1_no_more_than_eight_extension_headers_are_followed() {
    let chain = |len: usize| {
        let mut chain = [60, 0, 1, 4, 0, 0, 0, 0].repeat(len);
        chain[len * 8 - 8] = 17;
        [&chain[..], EIGHT].concat()
    };
    let eight = v6(Protocol::DESTINATION_OPTIONS, &chain(8));
    assert_eq!((packet(&eight).payload, packet(&eight).protocol), (EIGHT, Protocol::UDP));
    let nine = v6(Protocol::DESTINATION_OPTIONS, &chain(9));
    assert_eq!(rule_of(&nine), Some(rules::ip::IPV6_EXTENSION_COUNT.name));
}

/// RFC 8200 §4.2: the two highest bits of an unknown option say whether the packet is discarded, and whether with a report.
#[test]
fn s4_2_an_unknown_option_says_itself_what_becomes_of_the_packet() {
    let option =
        |kind: u8| v6(Protocol::DESTINATION_OPTIONS, &[&[17, 0, kind, 4, 0, 0, 0, 0][..], EIGHT].concat());
    assert_eq!(packet(&option(0x1e)).payload, EIGHT);
    assert_eq!(rule_of(&option(0x5e)), Some(rules::ip::IPV6_OPTION_DISCARD.name));
    assert_eq!(rule_of(&option(0x9e)), Some(rules::ip::IPV6_OPTION_REPORT.name));
    assert_eq!(rule_of(&option(0xde)), Some(rules::ip::IPV6_OPTION_REPORT_TO_UNICAST.name));
    let Err(Refused::Malformed(error)) = Packet::parse(&option(0x9e)) else { panic!("it was accepted") };
    assert_eq!(error.at, 42, "the option, counted from the first byte of the packet: {error}");
}

/// RFC 8200 §4.4: a routing header of an unknown type is ignored if no segments are left, and refused otherwise.
#[test]
fn s4_4_a_routing_header_with_segments_left_is_refused() {
    let routed = |left: u8| v6(Protocol::ROUTING, &[&[17, 0, 0, left, 0, 0, 0, 0][..], EIGHT].concat());
    assert_eq!(packet(&routed(0)).payload, EIGHT);
    assert_eq!(rule_of(&routed(1)), Some(rules::ip::IPV6_SEGMENTS_LEFT.name));
}

/// RFC 6946 §4: a packet with a fragment header that is in one piece is a whole packet, whatever else has its identification.
#[test]
fn rfc_6946_s4_an_atomic_fragment_is_a_whole_packet() {
    let bytes = part6(0, EIGHT, false);
    assert_eq!((packet(&bytes).fragment, packet(&bytes).payload), (None, EIGHT));
}

// Fragments.

/// RFC 791 §3.2, the example of §2.3 in other numbers: the parts say where they belong.
#[test]
fn s3_2_a_packet_is_cut_at_multiples_of_eight() {
    let payload: Vec<u8> = (0..100).collect();
    let sent = v4(Ipv4Packet {
        identification: 5,
        protocol: Protocol::UDP,
        payload: &payload,
        ..Ipv4Packet::default()
    });
    let fragments = ip::fragment_v4(&sent, 68).expect("it may be cut");
    let parts: Vec<_> =
        fragments.iter().map(|bytes| (bytes.len(), packet(bytes).fragment.expect("it is one"))).collect();
    let parts: Vec<_> =
        parts.iter().map(|(len, part)| (*len, part.identification, part.offset, part.more)).collect();
    assert_eq!(parts, [(68, 5, 0, true), (68, 5, 48, true), (24, 5, 96, false)]);
}

/// RFC 791 §3.2: "An internet datagram can be fragmented … if don't fragment [is zero]".
#[test]
fn s3_2_with_df_nothing_is_cut() {
    let sent = v4(Ipv4Packet { dont_fragment: true, payload: &[0; 100], ..Ipv4Packet::default() });
    assert_eq!(ip::fragment_v4(&sent, 119), Err(CannotFragment::MustNot));
    assert_eq!(ip::fragment_v4(&sent, 120), Ok(vec![sent]));
}

/// RFC 791 §3.2: "Every internet module must be able to forward a datagram of 68 octets without further fragmentation."
#[test]
fn s3_2_no_link_is_smaller_than_68_bytes_or_1280() {
    let sent = v4(Ipv4Packet { payload: &[0; 100], ..Ipv4Packet::default() });
    assert_eq!(ip::fragment_v4(&sent, 67), Err(CannotFragment::MtuTooSmall));
    assert_eq!(ip::fragment_v6(&v6(Protocol::UDP, &[0; 1300]), 1279, 1), Err(CannotFragment::MtuTooSmall));
}

/// RFC 791 §3.1: the copied flag "indicates that this option is copied into all fragments on fragmentation".
#[test]
fn s3_1_only_options_that_ask_for_it_are_in_all_fragments() {
    let options = [0x07, 4, 4, 0, 0x94, 4, 0, 0]; // record route, router alert
    let sent = v4(Ipv4Packet { options: &options, payload: &[0; 100], ..Ipv4Packet::default() });
    let fragments = ip::fragment_v4(&sent, 68).expect("it may be cut");
    let options: Vec<_> = fragments
        .iter()
        .map(|bytes| Ipv4Packet::decode(&mut Reader::whole(bytes)).expect("it is one").options)
        .collect();
    assert_eq!(options, [&[0x07, 4, 4, 0, 0x94, 4, 0, 0][..], &[0x94, 4, 0, 0], &[0x94, 4, 0, 0]]);
}

/// A router may cut what another has cut.
#[test]
fn s3_2_fragments_of_fragments_give_the_packet() {
    let payload: Vec<u8> = (0..=255).collect();
    let sent = v4(Ipv4Packet { protocol: Protocol::UDP, payload: &payload, ..Ipv4Packet::default() });
    let mut reassembly = Reassembly::new(ReassemblyConfig::default());
    let mut whole = Vec::new();
    for fragment in ip::fragment_v4(&sent, 200).expect("it may be cut") {
        for part in ip::fragment_v4(&fragment, 68).expect("it may be cut again") {
            if let Reassembled::Whole(bytes) = take(&mut reassembly, &part) {
                whole.push(bytes);
            }
        }
    }
    assert_eq!(whole, [sent.freeze()]);
}

/// RFC 8200 §4.5: extension headers for the routers are in each fragment, those for the receiver in the first.
#[test]
fn s4_5_headers_for_routers_are_repeated_and_come_back_once() {
    let padding = [1, 4, 0, 0, 0, 0];
    let payload = [&[60, 0][..], &padding, &[17, 0], &padding, &[7; 2000]].concat();
    let sent = v6(Protocol::HOP_BY_HOP, &payload);
    let fragments = ip::fragment_v6(&sent, 1280, 77).expect("it may be cut");
    for bytes in &fragments {
        assert_eq!(
            (bytes[6], bytes[40], bytes[48]),
            (0, 44, 60),
            "hop-by-hop, fragment, destination options"
        );
    }
    let mut reassembly = Reassembly::new(ReassemblyConfig::default());
    assert_eq!(take(&mut reassembly, &fragments[1]), Reassembled::Waiting);
    assert_eq!(take(&mut reassembly, &fragments[0]), Reassembled::Whole(sent.freeze()));
}

/// RFC 8200 §4.5 and RFC 5722 §4: overlapping fragments, and all others of the packet, are discarded. IPv4 gets the same.
#[test]
fn s4_5_a_packet_with_overlapping_fragments_is_given_up() {
    for part in [part4, part6] {
        for overlapping in [(8, 16), (16, 8), (0, 16), (0, 40)] {
            let mut reassembly = Reassembly::new(ReassemblyConfig::default());
            assert_eq!(take(&mut reassembly, &part(8, &[1; 16], true)), Reassembled::Waiting);
            let (offset, len) = overlapping;
            let refused = take(&mut reassembly, &part(offset, &vec![2; len], true));
            assert_eq!(refused, Reassembled::Dropped(WhyDropped::Overlap), "{overlapping:?}");
            let rest = take(&mut reassembly, &part(24, &[3; 5], false));
            assert_eq!(
                rest,
                Reassembled::Dropped(WhyDropped::GivenUp),
                "RFC 5722: those not yet received, too"
            );
        }
    }
}

/// RFC 8200 §4.5: "an implementation may choose to … drop exact duplicate fragments while keeping the other fragments".
#[test]
fn s4_5_exact_duplicates_are_dropped_alone() {
    for part in [part4, part6] {
        let mut reassembly = Reassembly::new(ReassemblyConfig::default());
        take(&mut reassembly, &part(0, &[1; 16], true));
        assert_eq!(
            take(&mut reassembly, &part(0, &[1; 16], true)),
            Reassembled::Dropped(WhyDropped::Duplicate)
        );
        assert!(matches!(take(&mut reassembly, &part(16, &[2; 3], false)), Reassembled::Whole(_)));
    }
}

/// A packet has one end, and nothing behind it.
#[test]
fn a_second_end_or_a_part_behind_the_end_gives_the_packet_up() {
    for (offset, more) in [(8, false), (32, false), (32, true)] {
        let mut reassembly = Reassembly::new(ReassemblyConfig::default());
        take(&mut reassembly, &part4(16, &[1; 8], false));
        let refused = take(&mut reassembly, &part4(offset, &[2; 8], more));
        assert_eq!(refused, Reassembled::Dropped(WhyDropped::Overlap), "at {offset}, more: {more}");
    }
}

/// RFC 8200 §4.5: "not a multiple of 8 octets and the M flag of that fragment is 1, then that fragment must be discarded".
#[test]
fn s4_5_all_parts_but_the_last_are_multiples_of_eight() {
    for part in [part4, part6] {
        let refused = take(&mut Reassembly::new(ReassemblyConfig::default()), &part(8, &[1; 9], true));
        assert_eq!(refused, Reassembled::Dropped(WhyDropped::NotAMultipleOfEight));
    }
}

/// RFC 8200 §4.5: a packet that "would exceed 65,535 octets" is discarded: the "ping of death".
#[test]
fn s4_5_a_part_beyond_the_longest_packet_is_refused() {
    for part in [part4, part6] {
        let refused = take(&mut Reassembly::new(ReassemblyConfig::default()), &part(65_528, &[1; 8], false));
        assert_eq!(refused, Reassembled::Dropped(WhyDropped::Oversized));
    }
    let longest = part6(65_520, &[1; 15], false);
    assert_eq!(take(&mut Reassembly::new(ReassemblyConfig::default()), &longest), Reassembled::Waiting);
}

/// RFC 1858 §3: the flags of a segment must not be in the second fragment.
#[test]
fn rfc_1858_s3_tiny_fragments_of_tcp_are_refused() {
    for (fragment_offset, len) in [(0, 8), (1, 16)] {
        let payload = &vec![0; len];
        let header = Ipv4Packet {
            protocol: Protocol::TCP,
            more_fragments: true,
            fragment_offset,
            ..Ipv4Packet::default()
        };
        let refused =
            take(&mut Reassembly::new(ReassemblyConfig::default()), &v4(Ipv4Packet { payload, ..header }));
        assert_eq!(refused, Reassembled::Dropped(WhyDropped::Tiny), "{len} bytes at {}", fragment_offset * 8);
    }
}

/// RFC 1122 §3.3.2 and RFC 8200 §4.5: what does not come in time is given up; the first fragment is what ICMP reports.
#[test]
fn s3_3_2_a_packet_that_is_not_complete_in_time_is_given_up() {
    for (part, seconds) in [(part4 as fn(u16, &[u8], bool) -> BytesMut, 30), (part6, 60)] {
        let mut reassembly = Reassembly::new(ReassemblyConfig::default());
        let first = part(0, &[1; 16], true);
        take(&mut reassembly, &first);
        let deadline = NOW + Duration::from_secs(seconds);
        assert_eq!(reassembly.poll_timeout().map(|(at, _)| at), Some(deadline));
        assert_eq!(reassembly.handle_timeout(NOW + Duration::from_secs(seconds - 1)), []);
        // The time runs from the first arrival, whatever arrives after it.
        reassembly.receive(NOW + Duration::from_secs(20), &packet(&part(32, &[2; 8], true)));
        let expired = reassembly.handle_timeout(deadline);
        assert_eq!(expired, [ip::Expired { first: Some(Bytes::from(first)) }]);
        assert_eq!((reassembly.held(), reassembly.poll_timeout()), (0, None));
    }
}

/// RFC 3168 §5.3: a mark on one fragment is a mark on the packet, unless another says that nobody would understand it.
#[test]
fn rfc_3168_s5_3_the_mark_of_a_fragment_marks_the_packet() {
    let part = |ecn, fragment_offset, more_fragments| {
        let header = Ipv4Packet {
            ecn,
            fragment_offset,
            more_fragments,
            protocol: Protocol::UDP,
            ..Ipv4Packet::default()
        };
        v4(Ipv4Packet { payload: EIGHT, ..header })
    };
    let mut reassembly = Reassembly::new(ReassemblyConfig::default());
    take(&mut reassembly, &part(Ecn::Ect0, 0, true));
    let Reassembled::Whole(whole) = take(&mut reassembly, &part(Ecn::Ce, 1, false)) else {
        panic!("{reassembly:?}")
    };
    assert_eq!(packet(&whole).ecn, Ecn::Ce);
    take(&mut reassembly, &part(Ecn::NotEct, 0, true));
    let dropped = take(&mut reassembly, &part(Ecn::Ce, 1, false));
    assert_eq!(dropped, Reassembled::Dropped(WhyDropped::Marks));
}

#[test]
fn the_oldest_packet_makes_room_for_a_new_one() {
    let mut reassembly = Reassembly::new(ReassemblyConfig { packets: 2, ..ReassemblyConfig::default() });
    let part = |identification, more_fragments: bool| {
        let fragment_offset = u16::from(!more_fragments);
        let header = Ipv4Packet { identification, fragment_offset, more_fragments, ..Ipv4Packet::default() };
        v4(Ipv4Packet { payload: EIGHT, ..header })
    };
    for identification in 1..=3 {
        let now = NOW + Duration::from_secs(identification.into());
        reassembly.receive(now, &packet(&part(identification, true)));
    }
    assert!(matches!(take(&mut reassembly, &part(3, false)), Reassembled::Whole(_)));
    assert!(matches!(take(&mut reassembly, &part(2, false)), Reassembled::Whole(_)));
    assert_eq!(take(&mut reassembly, &part(1, false)), Reassembled::Waiting, "its first half is gone");
}

// Path MTUs.

fn there(v6: bool) -> IpAddr {
    if v6 { std::net::Ipv6Addr::LOCALHOST.into() } else { [192, 0, 2, 9].into() }
}

/// RFC 1191 §3: "A host MUST never reduce its estimate of the Path MTU below 68 octets"; RFC 8201 §4: nor below 1280.
#[test]
fn s3_a_path_mtu_below_the_minimum_is_refused() {
    let mut paths = PathMtu::new(PathMtuConfig::default(), 1500);
    assert_eq!(paths.too_big(NOW, there(false), 67, 1500), None);
    assert_eq!(paths.too_big(NOW, there(true), 1279, 1500), None);
    assert_eq!(paths.too_big(NOW, there(true), 0, 1500), None);
    assert_eq!(paths.too_big(NOW, there(false), 68, 1500), Some(68));
    assert_eq!(paths.too_big(NOW, there(true), 1280, 1500), Some(1280));
    assert_eq!((paths.mtu(NOW, there(false)), paths.mtu(NOW, there(true))), (68, 1280));
}

/// RFC 8201 §4: "A node must not increase its estimate of the Path MTU in response to the contents of a Packet Too Big message."
#[test]
fn s4_a_message_never_raises_the_path_mtu() {
    let mut paths = PathMtu::new(PathMtuConfig::default(), 1500);
    paths.too_big(NOW, there(false), 1000, 1500);
    for mtu in [1000, 1200, 9000, 70_000] {
        assert_eq!(paths.too_big(NOW, there(false), mtu, 9000), None, "{mtu}");
    }
    assert_eq!(paths.too_big(NOW, there(false), 900, 900), None, "a packet of 900 bytes would have passed");
    assert_eq!(paths.mtu(NOW, there(false)), 1000);
}

/// RFC 1191 §7.1: a router that does not know of this puts zero there, and the next plateau is tried.
#[test]
fn s7_1_without_a_number_the_next_plateau_is_taken() {
    let mut paths = PathMtu::new(PathMtuConfig::default(), 1500);
    assert_eq!(paths.too_big(NOW, there(false), 0, 1500), Some(1492));
    assert_eq!(paths.too_big(NOW, there(false), 0, 1492), Some(1006));
    assert_eq!(paths.too_big(NOW, there(false), 0, 68), None);
}

/// RFC 1191 §6.3, RFC 8201 §5.3: after ten minutes a larger packet is tried again.
#[test]
fn s6_3_a_path_mtu_is_forgotten_after_ten_minutes() {
    let mut paths = PathMtu::new(PathMtuConfig::default(), 1500);
    paths.too_big(NOW, there(false), 1000, 1500);
    assert_eq!(paths.mtu(NOW + Duration::from_secs(599), there(false)), 1000);
    assert_eq!(paths.mtu(NOW + Duration::from_secs(600), there(false)), 1500);
}

#[test]
fn the_number_of_paths_is_bounded() {
    let mut paths = PathMtu::new(PathMtuConfig { entries: 2, ..PathMtuConfig::default() }, 1500);
    for host in 1..=5_u8 {
        paths.too_big(NOW + Duration::from_secs(host.into()), [192, 0, 2, host].into(), 1000, 1500);
        assert!(paths.entries() <= 2);
    }
    let known: Vec<u8> = (1..=5).filter(|&host| paths.mtu(NOW, [192, 0, 2, host].into()) == 1000).collect();
    assert_eq!(known, [4, 5]);
}

// Answers.

fn answer(bytes: &[u8], problem: Problem) -> Result<BytesMut, Silent> {
    let about = packet(bytes);
    let from = if about.is_v6() { "2001:db8::ff".parse() } else { "192.0.2.254".parse() };
    let mut out = BytesMut::new();
    let result = error(&about, problem, from.expect("it is an address"), &mut out);
    assert_eq!(result.is_err(), out.is_empty());
    result.map(|()| out)
}

/// RFC 792: the header and the first bytes of the payload come back, and RFC 1812 §4.3.2.3 limits them to 576 in all.
#[test]
fn s4_3_2_3_an_error_quotes_the_packet_that_it_is_about() {
    let sent = v4(Ipv4Packet { protocol: Protocol::UDP, payload: &[7; 1000], ..Ipv4Packet::default() });
    let answered = answer(&sent, Problem::TooBig { mtu: 576 }).expect("nothing forbids it");
    assert_eq!(answered.len(), 576);
    let answered = packet(&answered);
    assert_eq!((answered.protocol, answered.destination), (Protocol::ICMP, packet(&sent).source));
    assert_eq!(IcmpMessage::check(answered.payload), Ok(()));
    let body = IcmpMessage::decode(&mut Reader::whole(answered.payload)).expect("it is one").body;
    let code = Unreachable::FRAGMENTATION_NEEDED;
    assert_eq!(body, Icmp::DestinationUnreachable { code, next_hop_mtu: 576, original: &sent[..548] });
}

/// RFC 4443 §2.4 (c): as much of the packet as fits into 1280 bytes; §3.4: the pointer shows the next header.
#[test]
fn s2_4_c_an_icmpv6_error_quotes_up_to_the_minimum_mtu() {
    let sent = v6(Protocol::DESTINATION_OPTIONS, &[&[200, 0, 1, 4, 0, 0, 0, 0][..], &[7; 1300]].concat());
    let answered = answer(&sent, Problem::NoSuchProtocol).expect("nothing forbids it");
    assert_eq!(answered.len(), 1280);
    let answered = packet(&answered);
    assert_eq!(Icmpv6Message::check(answered.payload, &answered.pseudo_header()), Ok(()));
    let body = Icmpv6Message::decode(&mut Reader::whole(answered.payload)).expect("it is one").body;
    assert_eq!(body, Icmpv6::ParameterProblem { code: 1, pointer: 40, original: &sent[..1232] });
}

/// RFC 1122 §3.2.2, RFC 4443 §2.4 (e.1): never about an ICMP error; about a ping, yes.
#[test]
fn s3_2_2_no_error_about_an_error() {
    let sent = v4(Ipv4Packet { protocol: Protocol::UDP, payload: EIGHT, ..Ipv4Packet::default() });
    let error = answer(&sent, Problem::NoSuchPort).expect("nothing forbids it");
    assert_eq!(answer(&error, Problem::HopLimit), Err(Silent::AboutAnError));
    let error = answer(&v6(Protocol::UDP, EIGHT), Problem::NoSuchPort).expect("nothing forbids it");
    assert_eq!(answer(&error, Problem::HopLimit), Err(Silent::AboutAnError));
    assert_eq!(answer(&v6(Protocol::ICMPV6, &[137, 0, 0, 0]), Problem::HopLimit), Err(Silent::AboutAnError));
    assert!(answer(&v6(Protocol::ICMPV6, &[128, 0, 0, 0]), Problem::HopLimit).is_ok());
    let ping = v4(Ipv4Packet { protocol: Protocol::ICMP, payload: &[8, 0, 0, 0], ..Ipv4Packet::default() });
    assert!(answer(&ping, Problem::HopLimit).is_ok());
}

/// RFC 1122 §3.2.2: never about "a non-initial fragment".
#[test]
fn s3_2_2_no_error_about_a_later_fragment() {
    for part in [part4, part6] {
        assert_eq!(answer(&part(8, EIGHT, true), Problem::HopLimit), Err(Silent::LaterFragment));
        assert!(answer(&part(0, EIGHT, true), Problem::FragmentsMissing).is_ok());
    }
}

/// RFC 1122 §3.2.2: never about "a datagram destined to an IP broadcast or IP multicast address", nor from no single host.
#[test]
fn s3_2_2_no_error_to_many_and_none_to_nobody() {
    let between = |source: &str, destination: &str| {
        let (source, destination) = (source.parse().expect("address"), destination.parse().expect("address"));
        let mut out = BytesMut::new();
        let header = Header::new(source, destination, Protocol::UDP);
        ip::write_packet(&mut out, &header, |out| out.extend_from_slice(EIGHT)).expect("it is short");
        answer(&out, Problem::NoSuchPort)
    };
    for many in ["255.255.255.255", "224.0.0.1"] {
        assert_eq!(between("192.0.2.1", many), Err(Silent::ToMany), "{many}");
    }
    assert_eq!(between("2001:db8::1", "ff02::1"), Err(Silent::ToMany));
    for nobody in ["0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255"] {
        assert_eq!(between(nobody, "192.0.2.2"), Err(Silent::FromNobody), "{nobody}");
    }
    assert_eq!(between("::", "2001:db8::1"), Err(Silent::FromNobody));
    assert_eq!(between("ff02::1", "2001:db8::1"), Err(Silent::FromNobody));
}

/// RFC 8200 §4.2: an unknown option of the kinds 10… and 11… is reported with code 2, pointing at it; 11… not in a packet to many.
#[test]
fn s4_2_an_unknown_option_is_reported_if_it_says_so() {
    let report = |kind: u8, many: bool| {
        let mut sent =
            v6(Protocol::DESTINATION_OPTIONS, &[&[17, 0, kind, 4, 0, 0, 0, 0][..], EIGHT].concat());
        if many {
            sent[24] = 0xff;
        }
        let refused = Packet::parse(&sent).expect_err("the option is unknown");
        let mut out = BytesMut::new();
        let from = "2001:db8::ff".parse().expect("it is an address");
        ip::icmp::error_about_refused(&sent, &refused, from, &mut out)?;
        let answered = packet(&out);
        let body = Icmpv6Message::decode(&mut Reader::whole(answered.payload)).expect("it is one").body;
        assert_eq!(body, Icmpv6::ParameterProblem { code: 2, pointer: 42, original: &sent });
        Ok(())
    };
    assert_eq!(report(0x5e, false), Err(Silent::Malformed));
    assert_eq!((report(0x9e, false), report(0x9e, true)), (Ok(()), Ok(())));
    assert_eq!((report(0xde, false), report(0xde, true)), (Ok(()), Err(Silent::ToMany)));
}

/// RFC 8200 §4: an unexpected next header is reported with code 1, pointing at the field that names it; §4.4: a routing type
/// with code 0, pointing at the type.
#[test]
fn s4_a_header_out_of_place_is_reported_where_it_is_named() {
    let report = |first: Protocol, chain: &[u8]| {
        let sent = v6(first, &[chain, EIGHT].concat());
        let refused = Packet::parse(&sent).expect_err("it cannot be followed");
        let mut out = BytesMut::new();
        let from = "2001:db8::ff".parse().expect("it is an address");
        ip::icmp::error_about_refused(&sent, &refused, from, &mut out).expect("nothing forbids it");
        match Icmpv6Message::decode(&mut Reader::whole(packet(&out).payload)).expect("it is one").body {
            Icmpv6::ParameterProblem { code, pointer, .. } => (code, pointer),
            other => panic!("{other:?}"),
        }
    };
    let late = [60, 0, 1, 4, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0];
    assert_eq!(report(Protocol::DESTINATION_OPTIONS, &late), (1, 48));
    assert_eq!(report(Protocol::ROUTING, &[17, 0, 0, 1, 0, 0, 0, 0]), (0, 42));
}

/// RFC 1122 §3.2.1.2: a packet whose header is damaged is discarded in silence.
#[test]
fn s3_2_1_2_a_damaged_header_is_not_reported() {
    let mut bytes = v4(Ipv4Packet::default());
    bytes[8] ^= 1;
    let refused = Packet::parse(&bytes).expect_err("it is damaged");
    let silent = ip::icmp::error_about_refused(&bytes, &refused, there(false), &mut BytesMut::new());
    assert_eq!(silent, Err(Silent::Malformed));
}

/// RFC 4443 §2.4 (e.3): "Packet Too Big … to allow Path MTU discovery to work for IPv6 multicast".
#[test]
fn s2_4_e_3_a_multicast_packet_that_is_too_big_is_reported() {
    let mut sent = v6(Protocol::UDP, EIGHT);
    sent[24] = 0xff;
    assert_eq!(answer(&sent, Problem::NoSuchPort), Err(Silent::ToMany));
    assert!(answer(&sent, Problem::TooBig { mtu: 1280 }).is_ok());
}

/// RFC 1122 §3.2.2.6: "data received in an ICMP Echo Request MUST be entirely included in the resulting Echo Reply", whose source
/// is the address that was asked.
#[test]
fn s3_2_2_6_a_ping_is_answered_with_its_data() {
    let mut message = BytesMut::new();
    IcmpMessage::new(Icmp::EchoRequest { identifier: 1, sequence: 2, data: b"ping" })
        .encode_with_checksum(&mut message);
    let mut ping = v4(Ipv4Packet { protocol: Protocol::ICMP, payload: &message, ..Ipv4Packet::default() });
    let mut out = BytesMut::new();
    assert!(echo_reply(&packet(&ping), 0, &mut out));
    let reply = packet(&out);
    assert_eq!((reply.source, reply.destination), (packet(&ping).destination, packet(&ping).source));
    assert_eq!(IcmpMessage::check(reply.payload), Ok(()));
    let body = IcmpMessage::decode(&mut Reader::whole(reply.payload)).expect("it is one").body;
    assert_eq!(body, Icmp::EchoReply { identifier: 1, sequence: 2, data: b"ping" });
    assert!(!echo_reply(&reply, 0, &mut BytesMut::new()), "a reply is not answered");
    *ping.last_mut().expect("it has bytes") ^= 1;
    assert!(!echo_reply(&packet(&ping), 0, &mut BytesMut::new()), "nor is a ping that was damaged");
}

/// RFC 4443 §4.2: the same for IPv6, with the addresses in the checksum.
#[test]
fn s4_2_a_ping_over_ipv6_is_answered_with_its_data() {
    let addresses = packet(&v6(Protocol::ICMPV6, &[])).pseudo_header();
    let mut message = BytesMut::new();
    Icmpv6Message::new(Icmpv6::EchoRequest { identifier: 1, sequence: 2, data: b"ping" })
        .encode_between(&addresses, &mut message);
    let ping = v6(Protocol::ICMPV6, &message);
    let mut out = BytesMut::new();
    assert!(echo_reply(&packet(&ping), 0, &mut out));
    let reply = packet(&out);
    assert_eq!((reply.source, reply.destination), (packet(&ping).destination, packet(&ping).source));
    assert_eq!(Icmpv6Message::check(reply.payload, &reply.pseudo_header()), Ok(()));
    let body = Icmpv6Message::decode(&mut Reader::whole(reply.payload)).expect("it is one").body;
    assert_eq!(body, Icmpv6::EchoReply { identifier: 1, sequence: 2, data: b"ping" });
}

/// RFC 4443 §2.4 (f): a token bucket "limiting the average rate of transmission to N … but allowing up to B error messages".
#[test]
fn s2_4_f_answers_come_in_bursts_and_at_a_rate() {
    let mut limit = RateLimit::new(3, Duration::from_millis(100));
    let mut allowed = |milliseconds| limit.allow(NOW + Duration::from_millis(milliseconds));
    let start: Vec<bool> = (0..5).map(|_| allowed(50)).collect();
    assert_eq!(start, [true, true, true, false, false]);
    assert!(!allowed(149));
    assert!(allowed(150));
    assert!(!allowed(151));
    // Long silence fills the bucket, and no more.
    let later: Vec<bool> = (0..4).map(|_| allowed(60_000)).collect();
    assert_eq!(later, [true, true, true, false]);
}

// The checksum.

/// RFC 1624 §4: the example in which the older formula gives the other zero.
#[test]
fn rfc_1624_s4_an_adjusted_checksum_is_not_the_other_zero() {
    assert_eq!(adjust_checksum(0xdd2f, 0x5555, 0x3285), 0x0000);
}

/// A router takes one from the time to live, and adjusts the checksum by that.
#[test]
fn rfc_1624_a_router_adjusts_the_header_checksum() {
    let mut bytes = v4(Ipv4Packet { protocol: Protocol::UDP, ..Ipv4Packet::default() });
    let word = |bytes: &[u8], at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let (old, checksum) = (word(&bytes, 8), word(&bytes, 10));
    bytes[8] -= 1;
    let adjusted = adjust_checksum(checksum, old, word(&bytes, 8));
    bytes[10..12].copy_from_slice(&adjusted.to_be_bytes());
    assert_eq!((internet_checksum(&bytes[..20]), packet(&bytes).hop_limit), (0, 63));
}
