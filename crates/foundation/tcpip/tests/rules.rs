//! One test a rule of RFC 768 and of the UDP part of RFC 8200.

use std::net::{Ipv4Addr, Ipv6Addr};

use wirelab_tcpip::{ChecksumError, Datagram, PseudoHeader, rules};
use wirelab_wire::{Decode, Reader};

const IPV4: PseudoHeader =
    PseudoHeader::V4 { source: Ipv4Addr::new(192, 0, 2, 1), destination: Ipv4Addr::new(192, 0, 2, 2) };
const IPV6: PseudoHeader = PseudoHeader::V6 {
    source: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1),
    destination: Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2),
};

/// RFC 768, Fields: "the minimum value of the length is eight".
#[test]
fn a_length_below_eight_is_refused() {
    for length in 0..8 {
        let bytes = [0, 1, 0, 2, 0, length, 0, 0];
        let error = Datagram::decode(&mut Reader::whole(&bytes)).expect_err("too short");
        assert_eq!(
            (error.at, error.rule()),
            (4, Some(&rules::udp::UDP_LENGTH_BELOW_HEADER)),
            "length {length}"
        );
    }
}

/// RFC 768: the sum runs over pseudo header, header and data.
#[test]
fn the_checksum_is_that_of_the_pseudo_header_and_the_datagram() {
    // c000 0201 c000 0202 0011 000a | 0001 0002 000a 6869 adds up to 1 ec94; with its carry ec95; complemented 136a.
    let sent = Datagram::new(1, 2, b"hi").expect("it is short").with_checksum(&IPV4);
    assert_eq!(sent.checksum(), 0x136a, "{:#06x}", sent.checksum());
    assert_eq!(sent.check(&IPV4), Ok(()));
}

/// RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
#[test]
fn a_computed_checksum_of_zero_is_sent_as_all_ones() {
    let bare = Datagram::new(1, 2, &[0, 0]).expect("it is short").with_checksum(&IPV4);
    // Filling the payload with the complement that was computed makes the sum all ones.
    let filler = bare.checksum().to_be_bytes();
    let full = Datagram::new(1, 2, &filler).expect("it is short").with_checksum(&IPV4);
    assert_eq!(full.checksum(), 0xffff);
    assert_eq!(full.check(&IPV4), Ok(()));
}

/// RFC 768: "An all zero transmitted checksum value means that the transmitter generated no checksum".
#[test]
fn without_a_checksum_nothing_is_checked_over_ipv4() {
    assert_eq!(Datagram::new(1, 2, b"hi").expect("it is short").check(&IPV4), Ok(()));
}

/// RFC 8200 §8.1: "IPv6 receivers must discard UDP packets containing a zero checksum".
#[test]
fn s8_1_without_a_checksum_a_datagram_over_ipv6_is_not_accepted() {
    assert_eq!(Datagram::new(1, 2, b"hi").expect("it is short").check(&IPV6), Err(ChecksumError::Missing));
}

/// RFC 768: the pseudo header "gives protection against misrouted datagrams".
#[test]
fn a_datagram_at_the_wrong_address_does_not_check() {
    let sent = Datagram::new(1, 2, b"hi").expect("it is short").with_checksum(&IPV6);
    assert_eq!(sent.check(&IPV6), Ok(()));
    let error = sent.check(&IPV4).expect_err("the addresses are others");
    assert!(matches!(error, ChecksumError::Wrong { carried, .. } if carried == sent.checksum()), "{error}");
}
