//! What all attributes have: `struct nlattr`, the value, and the padding.
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! ┌───────────────────────────────┬───────────────────────────────┐
//! │ nla_len (without the padding) │           nla_type            │
//! ├───────────────────────────────┴───────────────────────────────┤
//! │                     value …                 padding           │
//! └───────────────────────────────────────────────────────────────┘
//! ```

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::rules;

/// The length of an attribute's own header, which its length counts.
const HEADER: u16 = 4;

/// The longest value, in bytes: its length and the header's have to fit into 16 bits.
pub(super) const LONGEST: usize = (u16::MAX - HEADER) as usize;

/// As much of a value as an attribute can hold.
pub(super) fn cut(value: &[u8]) -> &[u8] {
    value.get(..LONGEST).unwrap_or(value)
}

/// Reads an attribute; `decode` reads the value of the type that it is given.
pub(super) fn decode<'a, T: Trace, A>(
    r: &mut Reader<'a, T>,
    name: impl FnOnce(u16) -> &'static str,
    decode: impl FnOnce(u16, &mut Reader<'a, T>) -> Result<A, WireError>,
) -> Result<A, WireError> {
    let length = r.u16_le("nla_len")?;
    if length < HEADER {
        return Err(r.invalid("nla_len", &rules::ATTRIBUTE_BELOW_HEADER));
    }
    let kind = r.u16_le("nla_type")?;
    let name = name(kind);
    r.note(|| name.to_owned());
    let length = usize::from(length - HEADER);
    let attribute = r.block(length, name, |r| decode(kind, r))?;
    let padding = length.next_multiple_of(4) - length;
    if padding > 0 {
        r.bytes(padding, "padding")?;
    }
    Ok(attribute)
}

/// Writes an attribute whose value, of `length` bytes, `value` writes.
pub(super) fn encode<T: Trace>(
    w: &mut Writer<'_, T>,
    kind: u16,
    length: usize,
    value: impl FnOnce(&mut Writer<'_, T>),
) {
    w.u16_le(length as u16 + HEADER, "nla_len");
    w.u16_le(kind, "nla_type");
    value(w);
    let padding = length.next_multiple_of(4) - length;
    if padding > 0 {
        w.bytes(&[0; 3][..padding], "padding");
    }
}

/// How many bytes an attribute is written as, with its header and its padding.
pub(super) fn written_length(value: usize) -> usize {
    (usize::from(HEADER) + value).next_multiple_of(4)
}
