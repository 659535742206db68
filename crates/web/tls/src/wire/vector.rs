//! The vectors of TLS's presentation language (RFC 8446 §3.4): a length, and that many bytes.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::rules::VECTOR_LENGTH;

/// How long a vector's length field is, in bytes.
#[derive(Clone, Copy)]
pub(crate) enum Prefix {
    U8,
    U16,
    U24,
}

/// The two names of a vector: of its length, and of what it holds.
pub(crate) type Names = (&'static str, &'static str);

/// Reads a length, which has to be `least` or more.
#[track_caller]
fn length(
    r: &mut Reader<'_, impl Trace>,
    prefix: Prefix,
    name: &'static str,
    least: usize,
) -> Result<usize, WireError> {
    let len = match prefix {
        Prefix::U8 => r.u8(name)?.into(),
        Prefix::U16 => r.u16(name)?.into(),
        Prefix::U24 => r.u24(name)? as usize,
    };
    if len < least {
        return Err(r.invalid(name, &VECTOR_LENGTH));
    }
    Ok(len)
}

/// `opaque name<least..>`: bytes with no parts of their own.
#[track_caller]
pub(crate) fn opaque<'a>(
    r: &mut Reader<'a, impl Trace>,
    prefix: Prefix,
    names: Names,
    least: usize,
) -> Result<&'a [u8], WireError> {
    let len = length(r, prefix, names.0, least)?;
    r.bytes(len, names.1)
}

/// A vector whose content `body` reads to its end.
#[track_caller]
pub(crate) fn block<'a, T: Trace, R>(
    r: &mut Reader<'a, T>,
    prefix: Prefix,
    names: Names,
    least: usize,
    body: impl FnOnce(&mut Reader<'a, T>) -> Result<R, WireError>,
) -> Result<R, WireError> {
    let len = length(r, prefix, names.0, least)?;
    r.block(len, names.1, body)
}

/// A vector of items, each read by `item`.
#[track_caller]
pub(crate) fn list<'a, T: Trace, I>(
    r: &mut Reader<'a, T>,
    prefix: Prefix,
    names: Names,
    least: usize,
    mut item: impl FnMut(&mut Reader<'a, T>) -> Result<I, WireError>,
) -> Result<Vec<I>, WireError> {
    block(r, prefix, names, least, |r| {
        let mut items = Vec::new();
        while r.peek().is_some() {
            items.push(item(r)?);
        }
        Ok(items)
    })
}

/// Writes a vector whose content `body` writes.
#[track_caller]
pub(crate) fn write_block<T: Trace>(
    w: &mut Writer<'_, T>,
    prefix: Prefix,
    names: Names,
    body: impl FnOnce(&mut Writer<'_, T>),
) {
    // A `Writer` has its lifetime as a parameter, and `block` hands out the same writer.
    match prefix {
        Prefix::U8 => w.block::<1>(names.0, names.1, |w| body(w)),
        Prefix::U16 => w.block::<2>(names.0, names.1, |w| body(w)),
        Prefix::U24 => w.block::<3>(names.0, names.1, |w| body(w)),
    }
}

/// Writes bytes with their length before them.
#[track_caller]
pub(crate) fn write_opaque(w: &mut Writer<'_, impl Trace>, prefix: Prefix, names: Names, bytes: &[u8]) {
    match prefix {
        Prefix::U8 => w.u8(bytes.len() as u8, names.0),
        Prefix::U16 => w.u16(bytes.len() as u16, names.0),
        Prefix::U24 => w.u24(bytes.len() as u32, names.0),
    }
    w.bytes(bytes, names.1);
}
