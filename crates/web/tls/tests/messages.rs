//! The messages of RFC 8448: each is read, explained, and written again to the same bytes.

mod support;

use support::trace;
use wirelab_tls::{Handshake, Record};
use wirelab_wire::testing::{
    decode_inverts_encode, leaves_tile_the_bytes, strict_prefixes_are_incomplete,
    writer_names_equal_reader_names,
};
use wirelab_wire::{Decode, Encode, Reader, explain};

#[test]
fn every_handshake_message_of_rfc_8448_is_read_and_written_again() {
    let mut seen = 0;
    for section in 3..=7 {
        for step in trace(section) {
            let Some(bytes) = step.message() else { continue };
            let message = Handshake::decode(&mut Reader::prefix(bytes)).expect(&step.does);
            assert_eq!(&message.to_bytes()[..], bytes, "section {section}: {}", step.does);
            assert!(!matches!(message, Handshake::Unknown { .. }), "section {section}: {}", step.does);
            leaves_tile_the_bytes(&explain::<Handshake<'_>>(bytes).1);
            writer_names_equal_reader_names(&message);
            decode_inverts_encode(&message);
            strict_prefixes_are_incomplete::<Handshake<'_>>(bytes);
            seen += 1;
        }
    }
    assert_eq!(seen, 40);
}

#[test]
fn every_record_of_rfc_8448_is_read_and_written_again() {
    let mut seen = 0;
    for section in 3..=7 {
        for step in trace(section) {
            let Some(bytes) = step.get("complete record") else { continue };
            let record = Record::decode(&mut Reader::whole(bytes)).expect(&step.does);
            assert_eq!(&record.to_bytes()[..], bytes, "section {section}: {}", step.does);
            strict_prefixes_are_incomplete::<Record<'_>>(bytes);
            seen += 1;
        }
    }
    assert_eq!(seen, 41);
}
