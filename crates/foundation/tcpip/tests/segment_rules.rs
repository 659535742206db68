//! One test a rule of TCP's header and options.

use std::net::Ipv4Addr;

use bytes::BytesMut;
use wirelab_tcpip::{
    ChecksumError, Flags, Options, PseudoHeader, SackBlock, SackBlocks, Segment, Seq, rules,
};
use wirelab_wire::{Decode, Encode, Reader};

const IPV4: PseudoHeader =
    PseudoHeader::V4 { source: Ipv4Addr::new(192, 0, 2, 1), destination: Ipv4Addr::new(192, 0, 2, 2) };

/// A header with these options, whole words of them, and a payload behind.
fn with_options(options: &[u8]) -> Vec<u8> {
    let data_offset = (5 + options.len() / 4) as u8;
    let header = [0xc3, 0x50, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, data_offset << 4, 0x02, 0xff, 0xff, 0, 0, 0, 0];
    [&header[..], options, b"data"].concat()
}

fn read(bytes: &[u8]) -> Segment<'_> {
    Segment::decode(&mut Reader::whole(bytes)).expect("it is sound")
}

/// The rule that these options break, and where.
fn broken(options: &[u8]) -> (usize, Option<&'static str>) {
    let bytes = with_options(options);
    let error = Segment::decode(&mut Reader::whole(&bytes)).expect_err("it should be refused");
    (error.at, error.rule().map(|rule| rule.name))
}

/// RFC 9293 §3.1: the data offset is "the number of 32-bit words in the TCP header".
#[test]
fn s3_1_a_data_offset_below_five_is_refused() {
    for data_offset in 0..5 {
        let mut bytes = with_options(&[]);
        bytes[12] = data_offset << 4;
        let error = Segment::decode(&mut Reader::whole(&bytes)).expect_err("it is too small");
        assert_eq!(
            (error.at, error.rule()),
            (12, Some(&rules::tcp::DATA_OFFSET_BELOW_HEADER)),
            "{data_offset}"
        );
    }
}

/// RFC 9293 §3.1: the reserved bits "must be ignored in received segments if the corresponding future features are not implemented".
#[test]
fn s3_1_reserved_bits_do_no_harm() {
    let mut bytes = with_options(&[]);
    bytes[12] |= 0x0f;
    assert_eq!((read(&bytes).reserved, read(&bytes).payload), (15, &b"data"[..]));
}

/// RFC 9293 §3.1, MUST-6: "A TCP implementation MUST … ignore without error any TCP Option it does not implement".
#[test]
fn s3_1_must_6_an_unknown_option_is_ignored() {
    let bytes = with_options(&[253, 6, 1, 2, 3, 4, 1, 1, 2, 4, 5, 0xb4]);
    assert_eq!(
        (read(&bytes).options.maximum_segment_size(), read(&bytes).payload),
        (Some(1460), &b"data"[..])
    );
}

/// RFC 9293 §3.1, MUST-7: "MUST be prepared to handle an illegal option length (e.g., zero)".
#[test]
fn s3_1_must_7_an_illegal_length_is_refused_and_ends() {
    let name = rules::tcp::OPTION_LENGTH_BELOW_TWO.name;
    for kind in [2, 3, 4, 5, 8, 253] {
        for len in [0, 1] {
            assert_eq!(broken(&[kind, len, 0, 0]), (21, Some(name)), "kind {kind}, length {len}");
        }
    }
    assert_eq!(broken(&[253, 5, 0, 0]), (22, None), "longer than the header");
    assert_eq!(broken(&[1, 1, 1, 253]), (24, None), "no room for a length");
}

/// RFC 9293 §3.1: behind the end of the list there is nothing but padding, whatever it looks like.
#[test]
fn s3_1_what_follows_the_end_of_the_list_is_ignored() {
    let bytes = with_options(&[0, 2, 4, 5, 0xb4, 2, 0, 0]);
    assert_eq!(read(&bytes).options.maximum_segment_size(), None);
}

/// RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2: each kind has its length.
#[test]
fn s3_2_a_known_option_of_another_length_is_refused() {
    let name = Some(rules::tcp::OPTION_LENGTH_WRONG.name);
    for option in [[2, 3, 0, 0], [3, 4, 0, 0], [4, 3, 0, 0], [8, 4, 0, 0]] {
        assert_eq!(broken(&option), (21, name), "{option:?}");
    }
}

/// RFC 2018 §3: "A SACK option that specifies n blocks will have a length of 8*n+2 bytes".
#[test]
fn rfc_2018_s3_a_sack_has_whole_blocks() {
    for len in [2, 9, 11, 14] {
        let option = [&[5, len][..], &[0; 14]].concat();
        assert_eq!(broken(&option), (21, Some(rules::tcp::SACK_LENGTH_WRONG.name)), "length {len}");
    }
}

/// RFC 2018 §3: with timestamps there is room for three blocks of four.
#[test]
fn rfc_2018_s3_as_many_blocks_are_written_as_fit() {
    let mut blocks = SackBlocks::EMPTY;
    (0..5).for_each(|n| blocks.push(SackBlock { left: Seq(n * 10), right: Seq(n * 10 + 5) }));
    assert_eq!(blocks.as_slice().len(), 4);
    let mut options = Options::new();
    options.push_timestamps(wirelab_tcpip::Timestamps { value: 1, echo: 2 });
    options.push_sack(&blocks);
    assert_eq!((options.sack().as_slice().len(), options.bytes().len()), (3, 36));
    options.push_sack_permitted();
    options.push_maximum_segment_size(1460);
    assert_eq!((options.sack_permitted(), options.maximum_segment_size()), (true, None), "40 bytes are all");
}

/// RFC 7323 §2.3: "If a Window Scale option is received with a shift.cnt value larger than 14 … use 14 instead"; as it came, here.
#[test]
fn rfc_7323_s2_3_a_scale_above_14_is_no_mistake_of_the_format() {
    assert_eq!(read(&with_options(&[3, 3, 255, 0])).options.window_scale(), Some(255));
}

/// RFC 9293 §3.1: the checksum covers pseudo header, header and data, an odd byte too.
#[test]
fn s3_1_the_checksum_finds_damage_and_wrong_addresses() {
    let sent =
        Segment { source: 50_000, destination: 80, flags: Flags::ACK, payload: b"odd", ..Segment::default() };
    let mut bytes = BytesMut::from(&b"before"[..]);
    sent.encode_between(&IPV4, &mut bytes);
    let mut bytes = bytes.split_off(6);
    assert_eq!(Segment::check(&bytes, &IPV4), Ok(()));
    let right = read(&bytes).checksum;
    bytes[22] ^= 1;
    let error = Segment::check(&bytes, &IPV4);
    assert!(matches!(error, Err(ChecksumError::Wrong { carried, .. }) if carried == right), "{error:?}");
    bytes[22] ^= 1;
    bytes[16..18].copy_from_slice(&[0, 0]);
    assert_eq!(Segment::check(&bytes, &IPV4), Err(ChecksumError::Wrong { carried: 0, computed: right }));
}

/// RFC 9293 §3.4: SYN and FIN take a sequence number each.
#[test]
fn s3_4_syn_and_fin_count() {
    let segment = Segment {
        sequence: Seq(u32::MAX),
        flags: Flags::SYN | Flags::FIN,
        payload: b"data",
        ..Segment::default()
    };
    assert_eq!((segment.sequence_len(), segment.end()), (6, Seq(5)));
    assert_eq!(segment.to_bytes().len(), 24);
}
