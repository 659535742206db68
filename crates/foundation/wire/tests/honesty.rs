//! The checks of `wirelab_wire::testing` catch what they are there to catch: formats that lie.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use wirelab_wire::{Decode, Encode, Reader, Rule, Trace, WireError, Writer, explain, render, testing};

static TOO_SHORT: Rule = Rule { name: "too-short", says: "is too short", section: "here" };

/// Two numbers, as an honest format would have them; `LIE` says what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair<const LIE: char>(u8, u8);

const HONEST: char = ' ';
const OTHER_NAME: char = 'n';
const OTHER_PLACE: char = 'p';
const FORGETS: char = 'f';
const IMPATIENT: char = 'i';
const CREDULOUS: char = 'c';
const TWO_FACED: char = 't';

impl<'a, const LIE: char> Decode<'a> for Pair<LIE> {
    const NAME: &'static str = "pair";
    const SECTION: &'static str = "here";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        if LIE == IMPATIENT && r.remaining().len() < 2 {
            return Err(r.invalid_here("pair", &TOO_SHORT));
        }
        if LIE == CREDULOUS {
            let rest = r.rest("rest");
            return Ok(Pair(rest.len() as u8, 0));
        }
        let mut watched = false;
        r.note(|| {
            watched = true;
            String::new()
        });
        if LIE == TWO_FACED && watched {
            return Err(r.invalid_here("pair", &TOO_SHORT));
        }
        let first = r.u8("first")?;
        let second = r.u8("second")?;
        Ok(Pair(first, if LIE == FORGETS { 0 } else { second }))
    }
}

impl<const LIE: char> Encode for Pair<LIE> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        match LIE {
            OTHER_PLACE => w.u16(u16::from_be_bytes([self.0, self.1]), "first"),
            OTHER_NAME => {
                w.u8(self.0, "first");
                w.u8(self.1, "last");
            }
            _ => {
                w.u8(self.0, "first");
                w.u8(self.1, "second");
            }
        }
    }
}

/// What a failing check says, or nothing.
fn complaint(check: impl FnOnce()) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(check)).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| text.to_string()))
}

#[track_caller]
fn assert_complains(check: impl FnOnce(), about: &str) {
    let complaint = complaint(check);
    assert!(complaint.as_ref().is_some_and(|text| text.contains(about)), "no `{about}` in {complaint:?}");
}

#[test]
fn an_honest_format_passes() {
    testing::writer_names_equal_reader_names(&Pair::<HONEST>(1, 2));
    testing::decode_inverts_encode(&Pair::<HONEST>(1, 2));
    testing::strict_prefixes_are_incomplete::<Pair<HONEST>>(&[1, 2]);
    testing::never_panics::<Pair<HONEST>>(&[1]);
}

#[test]
fn a_field_with_two_names_or_places_is_noticed() {
    let names = "left: the writer's names, right: the reader's";
    assert_complains(|| testing::writer_names_equal_reader_names(&Pair::<OTHER_NAME>(1, 2)), names);
    assert_complains(|| testing::writer_names_equal_reader_names(&Pair::<OTHER_PLACE>(1, 2)), names);
}

#[test]
fn a_message_that_comes_back_as_another_is_noticed() {
    assert_complains(|| testing::decode_inverts_encode(&Pair::<FORGETS>(1, 2)), "reads otherwise");
    testing::decode_inverts_encode(&Pair::<FORGETS>(1, 0));
}

#[test]
fn a_beginning_that_is_refused_or_accepted_is_noticed() {
    let prefixes = testing::strict_prefixes_are_incomplete::<Pair<IMPATIENT>>;
    assert_complains(|| prefixes(&[1, 2]), "0 of 2 bytes are refused");
    let prefixes = testing::strict_prefixes_are_incomplete::<Pair<CREDULOUS>>;
    assert_complains(|| prefixes(&[1, 2]), "0 of 2 bytes are taken for all of them");
}

#[test]
fn a_verdict_that_depends_on_being_watched_is_noticed() {
    assert_complains(|| testing::never_panics::<Pair<TWO_FACED>>(&[1, 2]), "right: the recording one");
}

#[test]
fn gaps_overlaps_and_ends_that_do_not_fit_are_noticed() {
    let (_, honest) = explain::<Pair<HONEST>>(&[1, 2]);
    testing::leaves_tile_the_bytes(&honest);
    for (child, bits) in [(0, 0..7), (0, 0..9), (0, 1..8), (1, 8..15), (1, 8..24)] {
        let mut lie = honest.clone();
        lie.root.children[child].bits = bits;
        assert!(complaint(|| testing::leaves_tile_the_bytes(&lie)).is_some(), "{:?}", lie.root);
    }
}

/// A folder of this test's own, with the vector `pair`.
fn folder(name: &str, file: &str, content: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(file), content).unwrap();
    folder
}

/// With `WIRELAB_BLESS=1` the tree is rewritten, and without it the difference is an error.
#[test]
fn a_tree_that_changed_is_noticed_or_written() {
    let folder = folder("changed", "pair.hex", "01 02 # a comment");
    std::fs::write(folder.join("pair.tree"), "something else\n").unwrap();
    let complaint = complaint(|| testing::golden_tree::<Pair<HONEST>>(&folder, "pair"));
    let blessing = std::env::var_os("WIRELAB_BLESS").is_some_and(|value| value == "1");
    assert_eq!(complaint.is_none(), blessing, "{complaint:?}");

    let tree = render::terminal(&explain::<Pair<HONEST>>(&[1, 2]).1, render::Style::PLAIN);
    std::fs::write(folder.join("pair.tree"), tree).unwrap();
    testing::all_four::<Pair<HONEST>>(&folder, "pair");
}

#[test]
fn the_line_ends_of_a_text_vector_stand_for_cr_lf() {
    let unix = folder("unix", "pair.txt", "a\n\nb\n");
    let windows = folder("windows", "pair.txt", "a\r\n\r\nb\r\n");
    assert_eq!(testing::vector(unix, "pair"), b"a\r\n\r\nb\r\n");
    assert_eq!(testing::vector(windows, "pair"), b"a\r\n\r\nb\r\n");
}
