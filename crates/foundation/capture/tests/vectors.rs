//! The bytes of `tests/vectors/`: their golden trees and the four checks. The files follow the draft's layouts and were not
//! written by this crate's writer; `editcap.hex` was written by Wireshark's editcap.

use wirelab_capture::{Block, File, KeyLog, Reader, rules};
use wirelab_wire::testing::{all_four, golden_tree, never_panics, vector};
use wirelab_wire::{Decode, Reader as Bytes, Rule};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// The files that are refused, and by which rule; `None` where it is a matter of length.
const REFUSED: [(&str, Option<&Rule>); 13] = [
    ("no_section", Some(&rules::pcapng::FILE_WITHOUT_SECTION)),
    ("magic", Some(&rules::pcapng::BYTE_ORDER_MAGIC)),
    ("version", Some(&rules::pcapng::MAJOR_VERSION)),
    ("length_below_twelve", Some(&rules::pcapng::BLOCK_LENGTH_BELOW_TWELVE)),
    ("length_not_in_words", Some(&rules::pcapng::BLOCK_LENGTH_NOT_IN_WORDS)),
    ("too_long", Some(&rules::pcapng::BLOCK_TOO_LONG)),
    ("lengths_differ", Some(&rules::pcapng::BLOCK_LENGTHS_DIFFER)),
    ("unknown_interface", Some(&rules::pcapng::UNKNOWN_INTERFACE)),
    ("option_length", Some(&rules::pcapng::OPTION_LENGTH)),
    ("name_without_end", Some(&rules::pcapng::NAME_WITHOUT_END)),
    ("end_record_with_length", Some(&rules::pcapng::END_RECORD_WITH_LENGTH)),
    ("truncated", None),
    ("packet_beyond_block", None),
];

#[test]
fn correct_files_pass_the_four_checks() {
    for name in ["little_endian", "big_endian", "unknown_and_two_sections", "editcap"] {
        all_four::<File<'_>>(VECTORS, name);
    }
}

#[test]
fn both_byte_orders_hold_the_same_blocks() {
    let blocks = |name| {
        let file = File::decode(&mut Bytes::whole(vector(VECTORS, name))).unwrap();
        file.blocks.into_iter().skip(1).collect::<Vec<Block<'_>>>()
    };
    assert_eq!(blocks("little_endian"), blocks("big_endian"));
}

#[test]
fn refused_files_are_explained_up_to_their_mistake() {
    for (mistake, rule) in REFUSED {
        let name = format!("refused_{mistake}");
        golden_tree::<File<'_>>(VECTORS, &name);
        let last = Reader::new(vector(VECTORS, &name)).last();
        let error = last.expect("an error at least").expect_err(mistake);
        assert_eq!(error.rule(), rule, "{mistake}: {error}");
    }
}

#[test]
fn a_key_log_passes_the_four_checks_and_mistakes_in_one_are_named() {
    all_four::<KeyLog>(VECTORS, "key_log");
    for (mistake, rule) in [
        ("short_random", &rules::keylog::CLIENT_RANDOM),
        ("half_a_byte", &rules::keylog::SECRET),
        ("small_letters", &rules::keylog::LABEL),
        ("what_follows", &rules::keylog::LINE_END),
        ("two_spaces", &rules::keylog::CLIENT_RANDOM),
    ] {
        let name = format!("refused_{mistake}");
        golden_tree::<KeyLog>(VECTORS, &name);
        let error = KeyLog::decode(&mut Bytes::whole(vector(VECTORS, &name))).expect_err(mistake);
        assert_eq!(error.rule(), Some(rule), "{mistake}: {error}");
    }
}

/// Where each block of a correct file ends.
fn ends(file: &[u8]) -> Vec<usize> {
    let mut reader = Reader::new(file);
    let mut ends = Vec::new();
    while let Some(block) = reader.next() {
        block.expect("the file is correct");
        ends.push(reader.position());
    }
    ends
}

// ANCHOR: truncation
#[test]
fn every_truncation_ends_in_a_named_error_or_between_two_blocks() {
    for name in ["little_endian", "big_endian", "unknown_and_two_sections"] {
        let file = vector(VECTORS, name);
        let ends = ends(file);
        assert_eq!(ends.last(), Some(&file.len()));
        for len in 0..file.len() {
            let blocks: Vec<_> = Reader::new(&file[..len]).collect();
            let whole = ends.iter().filter(|end| **end <= len).count();
            let (good, bad) = blocks.split_at(whole);
            assert!(good.iter().all(Result::is_ok), "{name} cut at {len}");
            match bad {
                [] => assert!(ends.contains(&len), "{name} cut at {len}: the end goes unnoticed"),
                [Err(error)] => assert!(!error.field.is_empty() && !error.is_incomplete(), "{error}"),
                more => panic!("{name} cut at {len}: {more:?}"),
            }
        }
    }
}
// ANCHOR_END: truncation

#[test]
fn no_change_of_a_byte_makes_the_reader_panic() {
    for name in ["little_endian", "big_endian", "unknown_and_two_sections"] {
        let mut file = vector(VECTORS, name).to_vec();
        for at in 0..file.len() {
            for bits in [0x01, 0x80, 0xff] {
                file[at] ^= bits;
                Reader::new(&file).for_each(drop);
                if at % 7 == 0 {
                    never_panics::<File<'_>>(&file);
                }
                file[at] ^= bits;
            }
        }
    }
}
