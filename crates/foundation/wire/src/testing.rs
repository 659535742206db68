//! The checks that keep explanations honest, for the tests of formats. They panic where a check fails, and say what
//! they saw.
//!
//! | check | what would be wrong without it |
//! | --- | --- |
//! | [`leaves_tile_the_bytes`] | a byte that no field owns, or two do |
//! | [`writer_names_equal_reader_names`] | two names for one field |
//! | [`decode_inverts_encode`] | a message that comes back as another |
//! | [`golden_tree`] | a format that both ends of ours understand and nobody else |
//!
//! [`all_four`] does these four. Two more belong to every parser: [`strict_prefixes_are_incomplete`], [`never_panics`].
//!
//! # Vectors
//!
//! A vector is two files in one folder. Its bytes are in `NAME.hex` (see [`hex::parse`]: comments are welcome) or, for
//! a format that is text, in `NAME.txt`, where each line end stands for CR LF, however the file itself ends its lines. Its
//! tree is in `NAME.tree`: the plain [`terminal`](render::terminal) rendering, without source lines, since those move.
//!
//! With `WIRELAB_BLESS=1` in the environment the trees are written instead of compared. Read them before you keep them:
//! from then on they are what is right.
//!
//! Checks that encode a message leak its bytes, so that messages which borrow need no special care; a test's process
//! does not live long enough to mind.

#![allow(clippy::panic, reason = "a failed check must fail the test that asked for it")]

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use crate::error::{ErrorKind, WireError};
use crate::explain::{Explanation, Node, explain, explain_prefix, explain_written};
use crate::hex;
use crate::reader::{Decode, Reader};
use crate::render::{self, Style};
use crate::writer::Encode;

/// That each bit of each buffer belongs to exactly one leaf, in order.
///
/// # Panics
/// A bit belongs to no leaf or to two.
#[track_caller]
pub fn leaves_tile_the_bytes(explanation: &Explanation) {
    let mut roots = vec![&explanation.root];
    collect_derived_roots(&explanation.root, &mut roots);
    for root in roots {
        let len = explanation.buffers.get(root.buffer).map_or(0, |buffer| buffer.bytes.len());
        let mut at = 0;
        for leaf in root.leaves() {
            let Node { name, bits, .. } = leaf;
            assert_eq!(
                bits.start,
                at,
                "bits {at}..{} before `{name}` in:\n{}",
                bits.start,
                plain(explanation)
            );
            at = bits.end;
        }
        assert_eq!(at, len * 8, "bits {at}..{} at the end in:\n{}", len * 8, plain(explanation));
        children_lie_in_their_parents(root, explanation);
    }
}

fn collect_derived_roots<'e>(node: &'e Node, roots: &mut Vec<&'e Node>) {
    for child in &node.children {
        if child.buffer != node.buffer {
            roots.push(child);
        }
        collect_derived_roots(child, roots);
    }
}

#[track_caller]
fn children_lie_in_their_parents(node: &Node, explanation: &Explanation) {
    for child in node.children.iter().filter(|child| child.buffer == node.buffer) {
        let inside = node.bits.start <= child.bits.start && child.bits.end <= node.bits.end;
        assert!(inside, "`{}` sticks out of `{}` in:\n{}", child.name, node.name, plain(explanation));
        children_lie_in_their_parents(child, explanation);
    }
}

/// That the writer calls each field, at each place, what the reader calls it. Groups and derived buffers, which may
/// be the reader's alone, are not compared.
///
/// # Panics
/// They differ, or the message cannot be read back.
#[track_caller]
pub fn writer_names_equal_reader_names<'a, M: Decode<'a> + Encode>(message: &M) {
    let (bytes, written) = explain_written(message, M::NAME, M::SECTION);
    let (result, read) = explain::<M>(Vec::leak(bytes.to_vec()));
    if let Err(error) = result {
        panic!("what was written is refused: {error}\n{}", plain(&read));
    }
    leaves_tile_the_bytes(&written);
    assert_eq!(leaf_names(&written), leaf_names(&read), "left: the writer's names, right: the reader's");
}

/// The name and the bits of each leaf.
fn leaf_names(explanation: &Explanation) -> Vec<String> {
    let leaves = explanation.root.leaves().into_iter();
    leaves.map(|leaf| format!("{} {:?}", leaf.name, leaf.bits)).collect()
}

/// That a message which is written and read again is the same message, and all of its bytes are used.
///
/// # Panics
/// It is another one, or is refused.
#[track_caller]
pub fn decode_inverts_encode<'a, M: Decode<'a> + Encode + PartialEq + Debug>(message: &M) {
    let bytes: &'a [u8] = Vec::leak(message.to_bytes().to_vec());
    let mut r = Reader::whole(bytes);
    match M::decode(&mut r).and_then(|again| r.finish().map(|()| again)) {
        Ok(again) => assert_eq!(&again, message, "what was written reads otherwise:\n{}", hex::dump(bytes)),
        Err(error) => panic!("what was written is refused: {error}\n{}", hex::dump(bytes)),
    }
}

/// The bytes of the vector `dir/name.txt` or `dir/name.hex`.
///
/// # Panics
/// There is neither file, or the second is not hexadecimal.
#[track_caller]
pub fn vector(dir: impl AsRef<Path>, name: &str) -> &'static [u8] {
    let file = |kind: &str| dir.as_ref().join(format!("{name}.{kind}"));
    if let Ok(text) = fs::read_to_string(file("txt")) {
        return text.replace("\r\n", "\n").replace('\n', "\r\n").into_bytes().leak();
    }
    match hex::parse(&read(&file("hex"))) {
        Ok(bytes) => bytes.leak(),
        Err(error) => panic!("{name}.hex: {error}"),
    }
}

/// That a vector, read as a whole `M`, gives its tree, and that the leaves tile the bytes. It may be one that `M` has to
/// refuse: then the tree ends with the reason.
///
/// # Panics
/// The trees differ, or a file is missing.
#[track_caller]
pub fn golden_tree<'a, M: Decode<'a>>(dir: impl AsRef<Path>, name: &str) {
    golden_explanation(&explain::<M>(vector(&dir, name)).1, dir, name);
}

/// As [`golden_tree`], for an explanation that was made some other way.
///
/// # Panics
/// The trees differ, or the file is missing.
#[track_caller]
pub fn golden_explanation(explanation: &Explanation, dir: impl AsRef<Path>, name: &str) {
    leaves_tile_the_bytes(explanation);
    let tree = plain(explanation);
    let golden = dir.as_ref().join(format!("{name}.tree"));
    if std::env::var_os("WIRELAB_BLESS").is_some_and(|value| value == "1") {
        if let Err(error) = fs::write(&golden, &tree) {
            panic!("{}: {error}", golden.display());
        }
        return;
    }
    let expected = read(&golden).replace("\r\n", "\n");
    assert!(
        tree == expected,
        "{name}: the tree is\n{tree}\nand should be\n{expected}\n(WIRELAB_BLESS=1 accepts it)"
    );
}

#[track_caller]
fn read(path: &Path) -> String {
    match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// All four checks: a correct vector gives its tree, and the message that it is passes the other three.
///
/// # Panics
/// One of them fails.
#[track_caller]
pub fn all_four<'a, M>(dir: impl AsRef<Path>, name: &str)
where
    M: Decode<'a> + Encode + PartialEq + Debug,
{
    golden_tree::<M>(&dir, name);
    match explain::<M>(vector(&dir, name)) {
        (Ok(message), _) => {
            writer_names_equal_reader_names(&message);
            decode_inverts_encode(&message);
        }
        (Err(error), explanation) => panic!("{name} is refused: {error}\n{}", plain(&explanation)),
    }
}

/// That a message of which only the beginning has arrived is incomplete, never refused and never accepted; and that the
/// count of missing bytes is not more than what is missing.
///
/// # Panics
/// A shorter beginning of `bytes` is taken for a message, or for a mistake; or `bytes` is not a message.
#[track_caller]
pub fn strict_prefixes_are_incomplete<'a, M: Decode<'a>>(bytes: &'a [u8]) {
    if let Err(error) = M::decode(&mut Reader::prefix(bytes)) {
        panic!("all {} bytes are refused: {error}", bytes.len());
    }
    for len in 0..bytes.len() {
        let prefix = bytes.get(..len).unwrap_or_default();
        match M::decode(&mut Reader::prefix(prefix)) {
            Ok(_) => panic!("{len} of {} bytes are taken for all of them", bytes.len()),
            Err(error) => match error.kind {
                ErrorKind::Incomplete { needed } => {
                    let missing = bytes.len() - len;
                    assert!(
                        (1..=missing).contains(&needed),
                        "{len} bytes: {needed} needed, {missing} missing"
                    );
                }
                _ => panic!("{len} of {} bytes are refused: {error}", bytes.len()),
            },
        }
    }
}

/// That these bytes, which may be anything, are read without a panic, in whole and as a prefix; that reading with and
/// without a recorder gives the same verdict; that what was understood of them tiles them; and that all renderings of it can be made.
///
/// # Panics
/// One of these is not so.
#[track_caller]
pub fn never_panics<'a, M: Decode<'a>>(bytes: &'a [u8]) {
    let mut r = Reader::whole(bytes);
    let verdict = M::decode(&mut r).and_then(|_| r.finish()).err();
    let waits = verdict.is_some_and(|error| error.is_incomplete());
    assert!(!waits, "a whole has no more to come: {verdict:?}\n{}", hex::dump(bytes));
    explained_alike(verdict, &explain::<M>(bytes).1);
    let verdict = M::decode(&mut Reader::prefix(bytes)).err();
    explained_alike(verdict, &explain_prefix::<M>(bytes).1);
}

#[track_caller]
fn explained_alike(verdict: Option<WireError>, explanation: &Explanation) {
    let tree = plain(explanation);
    assert_eq!(verdict, explanation.error, "left: the plain reader, right: the recording one\n{tree}");
    leaves_tile_the_bytes(explanation);
    render::html(explanation, &render::HtmlOptions::default());
    render::json(explanation);
}

fn plain(explanation: &Explanation) -> String {
    render::terminal(explanation, Style::PLAIN)
}
