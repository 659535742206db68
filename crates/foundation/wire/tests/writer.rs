//! What a writer writes, and that it is what a reader reads.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_wire::testing::{decode_inverts_encode, never_panics, strict_prefixes_are_incomplete};
use wirelab_wire::testing::{leaves_tile_the_bytes, writer_names_equal_reader_names};
use wirelab_wire::{Decode, Encode, Reader, Trace, Value, WireError, Writer, explain_written};

fn written(write: impl FnOnce(&mut Writer<'_>)) -> BytesMut {
    let mut out = BytesMut::new();
    write(&mut Writer::new(&mut out));
    out
}

#[test]
fn numbers_are_written_most_significant_byte_first() {
    let out = written(|w| {
        w.u8(0x01, "a");
        w.u16(0x0203, "b");
        w.u24(0x0004_0506, "c");
        w.u32(0x0708_090a, "d");
        w.u64(0x0b0c_0d0e_0f10_1112, "e");
    });
    assert_eq!(out, (1..=18).collect::<Vec<u8>>());
}

#[test]
fn numbers_of_the_other_order_are_written_least_significant_byte_first() {
    let out = written(|w| {
        w.u16_le(0x0201, "a");
        w.u32_le(0x0605_0403, "b");
        w.u64_le(0x0e0d_0c0b_0a09_0807, "c");
    });
    assert_eq!(out, (1..=14).collect::<Vec<u8>>());
}

#[test]
fn what_does_not_fit_loses_its_high_bits() {
    let out = written(|w| {
        w.u24(0xff00_0001, "three bytes");
        w.bits::<4>(0x12, "low half of");
        w.bits::<4>(0x34, "and of");
    });
    assert_eq!(out[..], [0, 0, 1, 0x24]);
}

#[test]
fn a_writer_counts_from_where_it_began() {
    let mut out = BytesMut::from(&b"before"[..]);
    let mut w = Writer::new(&mut out);
    w.block::<2>("length", "body", |w| w.u8(7, "x"));
    assert_eq!(w.position(), 3);
    assert_eq!(out, &b"before\x00\x01\x07"[..]);
}

#[test]
fn blocks_in_blocks_each_get_their_own_length() {
    let out = written(|w| {
        w.block::<3>("outer length", "outer", |w| {
            w.block::<1>("inner length", "inner", |w| w.bytes(b"ab", "data"));
            w.block::<2>("empty length", "empty", |_| {});
        });
    });
    assert_eq!(out[..], [0, 0, 5, 2, b'a', b'b', 0, 0]);
}

/// A format of made-up parts, one of each kind.
#[derive(Clone, Debug, PartialEq)]
struct Sampler {
    version: u32,
    urgent: bool,
    id: u64,
    name: Vec<u8>,
    items: Vec<u16>,
}

impl<'a> Decode<'a> for Sampler {
    const NAME: &'static str = "sampler";
    const SECTION: &'static str = "these tests";
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let version = r.bits::<7>("version")?;
        let urgent = r.flag("urgent")?;
        let id = r.u64("id")?;
        let len = r.u8("name length")?;
        let name = r.block(len.into(), "name", |r| r.text(r.remaining().len(), "characters"))?.to_vec();
        let len = r.u16("items length")?;
        let items = r.block(len.into(), "items", |r| {
            let mut items = Vec::new();
            while r.peek().is_some() {
                items.push(r.u16("item")?);
            }
            Ok(items)
        })?;
        Ok(Sampler { version, urgent, id, name, items })
    }
}

impl Encode for Sampler {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.bits::<7>(self.version, "version");
        w.flag(self.urgent, "urgent");
        w.u64(self.id, "id");
        w.block::<1>("name length", "name", |w| w.text(&self.name, "characters"));
        w.block::<2>("items length", "items", |w| self.items.iter().for_each(|&item| w.u16(item, "item")));
    }
}

fn sampler() -> impl Strategy<Value = Sampler> {
    let fields = (0..128u32, any::<bool>(), any::<u64>(), vec(any::<u8>(), 0..20), vec(any::<u16>(), 0..5));
    fields.prop_map(|(version, urgent, id, name, items)| Sampler { version, urgent, id, name, items })
}

proptest! {
    #[test]
    fn a_message_with_one_field_of_each_kind_keeps_all_checks(message in sampler()) {
        decode_inverts_encode(&message);
        writer_names_equal_reader_names(&message);
        strict_prefixes_are_incomplete::<Sampler>(&message.to_bytes());
    }

    #[test]
    fn a_damaged_message_is_read_or_refused(message in sampler(), place: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut bytes = message.to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        never_panics::<Sampler>(&bytes);
        never_panics::<Sampler>(&bytes[..cut.index(bytes.len())]);
    }
}

#[test]
fn a_recorded_writer_tells_the_lengths_that_it_filled_in() {
    let message = Sampler { version: 1, urgent: true, id: 2, name: b"ab".to_vec(), items: vec![1, 2, 3] };
    let (bytes, explanation) = explain_written(&message, "sampler", "these tests");
    leaves_tile_the_bytes(&explanation);
    assert_eq!(bytes, message.to_bytes(), "recording changes nothing");
    let value = |name| explanation.root.children.iter().find(|node| node.name == name).map(|node| node.value);
    assert_eq!(value("name length"), Some(Value::Number(2)));
    assert_eq!(value("items length"), Some(Value::Number(6)));
}
