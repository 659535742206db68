//! What holds for every datagram, and for bytes that are none.

use std::net::Ipv4Addr;

use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_tcpip::{Datagram, PayloadTooLong, PseudoHeader, internet_checksum};
use wirelab_wire::{Encode, testing};

fn addresses() -> impl Strategy<Value = PseudoHeader> {
    let v4 = any::<(u32, u32)>().prop_map(|(source, destination)| PseudoHeader::V4 {
        source: source.into(),
        destination: destination.into(),
    });
    let v6 = any::<(u128, u128)>().prop_map(|(source, destination)| PseudoHeader::V6 {
        source: source.into(),
        destination: destination.into(),
    });
    prop_oneof![v4, v6]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(source: u16, destination: u16, payload in vec(any::<u8>(), 0..200), to in addresses()) {
        let datagram = Datagram::new(source, destination, &payload).unwrap().with_checksum(&to);
        testing::decode_inverts_encode(&datagram);
        testing::writer_names_equal_reader_names(&datagram);
        testing::strict_prefixes_are_incomplete::<Datagram<'_>>(&datagram.to_bytes());
        prop_assert_eq!(datagram.check(&to), Ok(()));
    }

    #[test]
    fn any_bytes_are_read_or_refused_and_explained(bytes in vec(any::<u8>(), 0..40)) {
        testing::never_panics::<Datagram<'_>>(&bytes);
    }

    #[test]
    fn a_flipped_bit_is_found_by_the_checksum(payload in vec(any::<u8>(), 1..50), bit: prop::sample::Index, to in addresses()) {
        let sent = Datagram::new(49152, 7, &payload).unwrap().with_checksum(&to);
        let mut bytes = sent.to_bytes();
        // Anywhere but in the length, whose mistakes the reader finds first, and in the checksum, which might become 0.
        let bit = bit.index(payload.len() * 8) + 64;
        bytes[bit / 8] ^= 0x80 >> (bit % 8);
        let (received, _) = wirelab_wire::explain::<Datagram<'_>>(&bytes);
        prop_assert!(received.unwrap().check(&to).is_err());
    }

    #[test]
    fn bytes_with_their_own_checksum_have_the_checksum_zero(mut bytes in vec(any::<u8>(), 2..60)) {
        bytes[..2].fill(0);
        let checksum = internet_checksum(&bytes);
        bytes[..2].copy_from_slice(&checksum.to_be_bytes());
        prop_assert_eq!(internet_checksum(&bytes), 0);
    }
}

#[test]
fn the_longest_payload_fits_and_one_byte_more_does_not() {
    let payload = vec![0xff; 65_528];
    assert_eq!(Datagram::new(1, 2, &vec![0; 65_544]).unwrap_err(), PayloadTooLong { len: 65_544 });
    let error = Datagram::new(1, 2, &payload).unwrap_err();
    assert_eq!(error.to_string(), "a payload of 65528 bytes is longer than the 65527 that UDP can carry");
    let longest = Datagram::new(1, 2, &payload[..65_527]).unwrap();
    assert_eq!(longest.length(), 65_535);
    let localhost = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
    testing::decode_inverts_encode(&longest.with_checksum(&localhost));
}
