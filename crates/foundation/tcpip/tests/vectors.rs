//! The bytes of `tests/vectors/`: their golden trees, the four checks, and the checksums between their addresses.

use std::path::Path;

use wirelab_tcpip::{Datagram, PseudoHeader};
use wirelab_wire::testing::{all_four, golden_tree, vector};
use wirelab_wire::{Decode, Reader};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

#[test]
fn correct_datagrams_pass_the_four_checks() {
    for name in ["dns_query_ipv4", "no_checksum", "no_payload", "odd_payload_ipv6", "sum_of_zero"] {
        all_four::<Datagram<'_>>(VECTORS, name);
    }
}

#[test]
fn refused_datagrams_are_explained_up_to_their_mistake() {
    for mistake in
        ["half_a_header", "length_below_header", "length_beyond_the_end", "bytes_behind_the_length"]
    {
        golden_tree::<Datagram<'_>>(VECTORS, &format!("refused_{mistake}"));
    }
}

#[test]
fn the_checksums_in_the_files_are_those_of_the_addresses_beside_them() {
    let v4 = |source: [u8; 4], destination: [u8; 4]| PseudoHeader::V4 {
        source: source.into(),
        destination: destination.into(),
    };
    let v6 = |source: u128, destination: u128| PseudoHeader::V6 {
        source: (0x2001_0db8 << 96 | source).into(),
        destination: (0x2001_0db8 << 96 | destination).into(),
    };
    for (name, addresses) in [
        ("dns_query_ipv4", v4([192, 0, 2, 1], [192, 0, 2, 53])),
        ("odd_payload_ipv6", v6(1, 2)),
        ("sum_of_zero", v4([192, 0, 2, 1], [192, 0, 2, 2])),
    ] {
        let datagram = Datagram::decode(&mut Reader::whole(vector(Path::new(VECTORS), name)));
        let checked = datagram.map(|datagram| datagram.check(&addresses));
        assert_eq!(checked, Ok(Ok(())), "{name}");
    }
}
