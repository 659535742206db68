//! The specifications' own messages, and what is said about each of their bytes.
//!
//! `vectors/NAME.txt` is the message, named by its section (a line's end there is CR LF here; what cannot be told that
//! way is in a `.hex` file); `vectors/NAME.tree` is its explanation. With `WIRELAB_BLESS=1` the trees are written anew.

use wirelab_http1::wire::{ChunkHead, RequestHead, RequestMessage, ResponseHead, ResponseMessage};
use wirelab_wire::testing::{self, vector};
use wirelab_wire::{Decode, Encode, Reader};

const DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// The four checks, and that every strict prefix is incomplete: for what can be written as well as read.
#[track_caller]
fn four_checks<M>(name: &str)
where
    M: Decode<'static> + Encode + PartialEq + std::fmt::Debug,
{
    let bytes = vector(DIR, name);
    let message = M::decode(&mut Reader::whole(bytes)).unwrap();
    assert_eq!(&message.to_bytes()[..], bytes, "{name}: written again, it is other bytes");
    testing::all_four::<M>(DIR, name);
    testing::strict_prefixes_are_incomplete::<M>(bytes);
}

/// The golden tree, whose leaves tile the bytes: for whole messages, which a connection writes piece by piece.
#[track_caller]
fn tree<M: Decode<'static>>(name: &str) {
    testing::golden_tree::<M>(DIR, name);
}

#[test]
fn heads_of_requests() {
    four_checks::<RequestHead<'_>>("rfc9110-7.8-request");
    four_checks::<RequestHead<'_>>("rfc9110-9.3.6-request");
    four_checks::<RequestHead<'_>>("rfc9110-10.1.1-request");
    four_checks::<RequestHead<'_>>("rfc9112-3.2.1-request");
    four_checks::<RequestHead<'_>>("rfc9112-3.2.2-request");
    four_checks::<RequestHead<'_>>("rfc9112-3.2.3-request");
    four_checks::<RequestHead<'_>>("rfc9112-3.2.4-request");
}

#[test]
fn heads_of_responses() {
    four_checks::<ResponseHead<'_>>("rfc8297-2-response");
    four_checks::<ResponseHead<'_>>("rfc9110-7.8-response");
    four_checks::<ResponseHead<'_>>("rfc9110-15.5.17-response");
    four_checks::<ResponseHead<'_>>("rfc9112-6.1-response");
}

#[test]
fn heads_of_chunks() {
    let bytes = vector(DIR, "rfc9112-7.1.1-chunk-head");
    let head = ChunkHead::decode(&mut Reader::whole(bytes)).unwrap();
    assert_eq!((head.size, head.extensions), (0x1af, &br#";name=value;quoted="a \"b\"";alone"#[..]));
    tree::<ChunkHead<'_>>("rfc9112-7.1.1-chunk-head");
    // To the writer extensions are one piece of text, and a sender of ours has none.
    let bare = ChunkHead { size: 0x1af, extensions: b"" };
    testing::writer_names_equal_reader_names(&bare);
    testing::decode_inverts_encode(&bare);
    testing::strict_prefixes_are_incomplete::<ChunkHead<'_>>(bytes);
}

#[test]
fn whole_requests() {
    tree::<RequestMessage<'_>>("rfc9110-3.9-request");
    tree::<RequestMessage<'_>>("rfc9112-7.1-request");
    testing::strict_prefixes_are_incomplete::<RequestMessage<'_>>(vector(DIR, "rfc9112-7.1-request"));
    let message = RequestMessage::decode(&mut Reader::whole(vector(DIR, "rfc9112-7.1-request"))).unwrap();
    assert_eq!(&message.content[..], b"hello, world");
}

#[test]
fn whole_responses() {
    tree::<ResponseMessage<'_>>("rfc9110-3.9-response");
    tree::<ResponseMessage<'_>>("rfc9110-15.5.22-response");
    tree::<ResponseMessage<'_>>("rfc9112-6.3-8-response");
    testing::strict_prefixes_are_incomplete::<ResponseMessage<'_>>(vector(DIR, "rfc9110-3.9-response"));
    let message = ResponseMessage::decode(&mut Reader::whole(vector(DIR, "rfc9110-3.9-response"))).unwrap();
    assert_eq!(&message.content[..], b"Hello World! My content includes a trailing CRLF.\r\n");
}

/// A refusal is explained as well: what was understood, and where understanding ended.
#[test]
fn what_is_refused() {
    tree::<RequestMessage<'_>>("refused-bare-lf");
}

/// A vector that no test reads would be no vector.
#[test]
fn every_vector_is_used() {
    let here = include_str!("vectors.rs");
    for entry in std::fs::read_dir(DIR).unwrap() {
        let path = entry.unwrap().path();
        let (name, extension) = (path.file_stem().unwrap(), path.extension().unwrap());
        let name = name.to_str().unwrap();
        assert!(here.contains(&format!("\"{name}\"")), "{name}");
        assert!(extension == "txt" || extension == "hex" || extension == "tree", "{}", path.display());
    }
}
