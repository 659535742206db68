//! What a recorder makes of what a reader tells it.

use wirelab_wire::testing::leaves_tile_the_bytes;
use wirelab_wire::{Explanation, Node, Reader, Recorder, Rule, Value, WireError, explain_with};

const ODD: Rule = Rule { name: "odd", says: "is odd", section: "these tests" };

fn explained(
    bytes: &[u8],
    decode: impl FnOnce(&mut Reader<'_, Recorder>) -> Result<(), WireError>,
) -> Explanation {
    let (_, explanation) = explain_with(bytes, true, "message", "these tests", decode);
    leaves_tile_the_bytes(&explanation);
    explanation
}

fn names(node: &Node) -> Vec<&'static str> {
    node.children.iter().map(|child| child.name).collect()
}

#[test]
fn each_field_knows_the_line_that_read_it() {
    let line = line!() + 1;
    let explanation = explained(&[1], |r| r.u8("x").map(drop));
    let location = explanation.root.children[0].location.expect("a field was read somewhere");
    assert_eq!((location.file(), location.line()), (file!(), line));
}

#[test]
fn notes_and_sections_go_to_the_last_field_or_group() {
    let explanation = explained(&[1, 2], |r| {
        r.u8("x")?;
        r.note(|| "the first".to_owned());
        r.group("pair", "elsewhere", |r| r.u8("y"))?;
        r.cite("RFC 0 §1");
        Ok(())
    });
    let [x, pair] = &explanation.root.children[..] else { panic!("{explanation:?}") };
    assert_eq!((x.note.as_deref(), x.section), (Some("the first"), None));
    assert_eq!((pair.note.as_deref(), pair.section), (None, Some("RFC 0 §1")));
}

#[test]
fn an_error_leaves_what_was_understood_and_names_the_rest() {
    let explanation = explained(&[2, 3, 5, 7], |r| {
        r.u8("even")?;
        r.group("inner", "these tests", |r| {
            r.u8("odd")?;
            Err(r.invalid("odd", &ODD))
        })
    });
    assert_eq!(names(&explanation.root), ["even", "inner", "not understood"]);
    assert_eq!(names(&explanation.root.children[1]), ["odd"]);
    assert_eq!(explanation.root.children[2].bits, 16..32);
    let error = explanation.error.expect("it was refused");
    assert_eq!((error.at, error.rule()), (1, Some(&ODD)));
}

#[test]
fn bits_before_an_error_are_kept_and_the_rest_of_their_byte_is_not_understood() {
    let explanation = explained(&[0xff], |r| {
        r.bits::<3>("three")?;
        Err(r.invalid("three", &ODD))
    });
    assert_eq!(names(&explanation.root), ["three", "not understood"]);
    assert_eq!(explanation.root.children[1].bits, 3..8);
}

#[test]
fn bytes_behind_a_message_in_a_stream_are_what_follows() {
    let (result, explanation) = explain_with(&[1, 2], false, "message", "these tests", |r| r.u8("x"));
    assert_eq!((result, names(&explanation.root)), (Ok(1), vec!["x", "what follows"]));
}

#[test]
fn derived_bytes_hang_below_the_field_that_they_came_from() {
    let explanation = explained(&[1, 2, 3], |r| {
        r.bytes(2, "packed")?;
        r.derived("unpacked", || vec![9; 4], |r| r.u16("first").map(drop));
        r.u8("last").map(drop)
    });
    assert_eq!(names(&explanation.root), ["packed", "last"]);
    let packed = &explanation.root.children[0];
    let [unpacked] = &packed.children[..] else { panic!("{packed:?}") };
    assert_eq!((unpacked.name, unpacked.buffer, unpacked.bits.clone()), ("unpacked", 1, 0..32));
    assert_eq!(names(unpacked), ["first", "not understood"]);
    assert_eq!((packed.buffer, packed.bits.clone(), packed.value), (0, 0..16, Value::Bytes));
    assert_eq!(explanation.buffers[1].bytes, [9; 4]);
}

#[test]
fn derived_bytes_may_have_derived_bytes_of_their_own_and_mistakes_that_stay_inside() {
    let explanation = explained(&[1], |r| {
        r.u8("packed")?;
        r.derived(
            "once",
            || [2, 2],
            |r| {
                r.u16("packed again")?;
                r.derived(
                    "twice",
                    || [3],
                    |r| {
                        r.group("open", "these tests", |r| {
                            r.u8("x")?;
                            r.u8("missing").map(drop)
                        })
                    },
                );
                Ok(())
            },
        );
        Ok(())
    });
    assert_eq!(explanation.error, None);
    assert_eq!(
        explanation.buffers.iter().map(|buffer| buffer.name).collect::<Vec<_>>(),
        ["bytes", "once", "twice"]
    );
}

#[test]
fn derived_bytes_before_the_first_field_of_a_group_do_not_move_it() {
    let explanation = explained(&[1, 2], |r| {
        r.u8("x")?;
        r.group("inner", "these tests", |r| {
            r.derived("from nothing", || [7], |r| r.u8("y").map(drop));
            Err(r.invalid_here("z", &ODD))
        })
    });
    assert_eq!(names(&explanation.root), ["x", "inner", "not understood"]);
}

#[test]
fn a_reader_that_nobody_watches_does_not_make_derived_bytes_or_notes() {
    let mut r = Reader::whole(&[1]);
    r.u8("x").expect("it is there");
    r.note(|| unreachable!("nobody reads notes"));
    r.derived("unpacked", || -> Vec<u8> { unreachable!("nobody looks at them") }, |_| Ok(()));
}
