use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::wire::interface::Resolution;
use crate::wire::order::Order;
use crate::wire::packet::Direction;

const VALUE: &str = "value";

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionValue<'a> {
    /// Characters, in UTF-8 if the writer keeps to the draft.
    Text(&'a [u8]),
    /// A number of one byte.
    U8(u8),
    /// A number of four bytes.
    U32(u32),
    /// A number of eight bytes.
    U64(u64),
    /// A timestamp, in the interface's units.
    Time(u64),
    /// Anything else.
    Bytes(&'a [u8]),
}

/// The kind of value that a code demands.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    U8,
    U32,
    U64,
    Time,
    Bytes,
    /// A byte that says what timestamps count.
    Resolution,
    /// Four bytes of flags, of which two bits are a packet's direction.
    Flags,
}

impl OptionValue<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            OptionValue::Text(bytes) | OptionValue::Bytes(bytes) => bytes.len(),
            OptionValue::U8(_) => 1,
            OptionValue::U32(_) => 4,
            OptionValue::U64(_) | OptionValue::Time(_) => 8,
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        match *self {
            OptionValue::Text(text) => w.text(text, VALUE),
            OptionValue::U8(value) => w.u8(value, VALUE),
            OptionValue::U32(value) => order.put_u32(w, value, VALUE),
            OptionValue::U64(value) => order.put_u64(w, value, VALUE),
            OptionValue::Time(time) => order.put_time(w, time),
            OptionValue::Bytes(bytes) => w.bytes(bytes, VALUE),
        }
    }
}

impl Shape {
    /// How long a value of this shape is, if all are of one length.
    pub(super) fn len(self) -> Option<usize> {
        match self {
            Shape::Text | Shape::Bytes => None,
            Shape::U8 | Shape::Resolution => Some(1),
            Shape::U32 | Shape::Flags => Some(4),
            Shape::U64 | Shape::Time => Some(8),
        }
    }

    pub(super) fn decode<'a>(
        self,
        r: &mut Reader<'a, impl Trace>,
        order: Order,
        len: usize,
    ) -> Result<OptionValue<'a>, WireError> {
        Ok(match self {
            Shape::Text => OptionValue::Text(r.text(len, VALUE)?),
            Shape::Bytes => OptionValue::Bytes(r.bytes(len, VALUE)?),
            Shape::U8 => OptionValue::U8(r.u8(VALUE)?),
            Shape::U32 => OptionValue::U32(order.u32(r, VALUE)?),
            Shape::U64 => OptionValue::U64(order.u64(r, VALUE)?),
            Shape::Time => OptionValue::Time(order.time(r)?),
            Shape::Resolution => {
                let value = r.u8(VALUE)?;
                r.note(|| format!("timestamps count {}", Resolution(value)));
                OptionValue::U8(value)
            }
            Shape::Flags => {
                let value = order.u32(r, VALUE)?;
                r.note(|| format!("{:?}", Direction::of(value)).to_lowercase());
                OptionValue::U32(value)
            }
        })
    }
}
