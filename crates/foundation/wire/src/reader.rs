use std::panic::Location;

use crate::error::{ErrorKind, Rule, WireError};
use crate::trace::{Field, Off, Trace, Value};

/// Something that can be read from bytes.
///
/// The decoder is also the explanation: run with a recording [`Trace`], it yields the tree of fields
/// ([`explain`](crate::explain())). There is no second description of a format.
pub trait Decode<'a>: Sized {
    /// What the specification calls it: `"UDP datagram"`.
    const NAME: &'static str;
    /// Where it is specified: `"RFC 768"`.
    const SECTION: &'static str;

    /// Reads one from `r`, leaving `r` behind it.
    ///
    /// # Errors
    /// The bytes are not one, or not one yet.
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError>;
}

/// A position in bytes from which fields are read, each with its name.
///
/// Numbers are in network byte order (the most significant byte first) unless a method says otherwise. Nothing panics:
/// what is not there is an error that names the field.
///
/// ```
/// use wirelab_wire::Reader;
///
/// let mut r = Reader::whole(&[0x45, 0x00, 0x00, 0x1c]);
/// assert_eq!(r.bits::<4>("version")?, 4);
/// assert_eq!(r.bits::<4>("header length")?, 5);
/// assert_eq!(r.u8("traffic class")?, 0);
/// assert_eq!(r.u16("total length")?, 28);
/// r.finish()?;
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
#[derive(Debug)]
pub struct Reader<'a, T = Off> {
    /// The bytes up to the end of the innermost block.
    input: &'a [u8],
    /// The next byte.
    at: usize,
    /// How many bits of the next byte [`bits`](Self::bits) has taken, 0 to 7.
    bit: usize,
    /// Where the field read last began: an error about its value points there.
    field_at: usize,
    /// Whether the input ends here (a datagram, a block) or only has arrived so far (a stream).
    whole: bool,
    pub(crate) trace: T,
}

impl<'a> Reader<'a, Off> {
    /// Reads a stream of which `bytes` have arrived so far: running out is [`ErrorKind::Incomplete`].
    #[inline]
    pub fn prefix(bytes: &'a [u8]) -> Self {
        Reader::prefix_at(bytes, 0)
    }

    /// As [`prefix`](Self::prefix), but goes on at offset `at` (or the end, if that comes first). Positions in errors
    /// still count from the first byte.
    #[inline]
    pub fn prefix_at(bytes: &'a [u8], at: usize) -> Self {
        let at = at.min(bytes.len());
        Reader { input: bytes, at, bit: 0, field_at: at, whole: false, trace: Off }
    }

    /// Reads a datagram, or anything else that is there in full: running out is the sender's mistake
    /// ([`ErrorKind::Overrun`]), and so is what [`finish`](Self::finish) finds left over.
    #[inline]
    pub fn whole(bytes: &'a [u8]) -> Self {
        Reader { input: bytes, at: 0, bit: 0, field_at: 0, whole: true, trace: Off }
    }
}

impl<'a, T: Trace> Reader<'a, T> {
    /// A reader that reports to `trace`; `whole` as in [`Reader::whole`] against [`Reader::prefix`].
    pub fn traced(bytes: &'a [u8], whole: bool, trace: T) -> Self {
        Reader { input: bytes, at: 0, bit: 0, field_at: 0, whole, trace }
    }

    /// Whether somebody watches: if not, fields may be read together without naming each.
    #[inline]
    pub fn is_traced(&self) -> bool {
        T::ON
    }

    /// The offset of the next byte.
    #[inline]
    pub fn position(&self) -> usize {
        self.at
    }

    /// The bytes that are there and not read yet, up to the end of the block.
    #[inline]
    pub fn remaining(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// The bytes from the first one up to here.
    #[inline]
    pub fn so_far(&self) -> &'a [u8] {
        self.input.get(..self.at).unwrap_or_default()
    }

    /// The next byte, if it is there, without taking it.
    #[inline]
    pub fn peek(&self) -> Option<u8> {
        self.input.get(self.at).copied()
    }

    /// A number of one byte.
    #[inline]
    #[track_caller]
    pub fn u8(&mut self, name: &'static str) -> Result<u8, WireError> {
        self.number::<1>(name).map(|value| value as u8)
    }

    /// A number of two bytes.
    #[inline]
    #[track_caller]
    pub fn u16(&mut self, name: &'static str) -> Result<u16, WireError> {
        self.number::<2>(name).map(|value| value as u16)
    }

    /// A number of three bytes.
    #[inline]
    #[track_caller]
    pub fn u24(&mut self, name: &'static str) -> Result<u32, WireError> {
        self.number::<3>(name).map(|value| value as u32)
    }

    /// A number of four bytes.
    #[inline]
    #[track_caller]
    pub fn u32(&mut self, name: &'static str) -> Result<u32, WireError> {
        self.number::<4>(name).map(|value| value as u32)
    }

    /// A number of eight bytes.
    #[inline]
    #[track_caller]
    pub fn u64(&mut self, name: &'static str) -> Result<u64, WireError> {
        self.number::<8>(name)
    }

    /// A number of two bytes, the least significant first.
    #[inline]
    #[track_caller]
    pub fn u16_le(&mut self, name: &'static str) -> Result<u16, WireError> {
        self.number_le::<2>(name).map(|value| value as u16)
    }

    /// A number of four bytes, the least significant first.
    #[inline]
    #[track_caller]
    pub fn u32_le(&mut self, name: &'static str) -> Result<u32, WireError> {
        self.number_le::<4>(name).map(|value| value as u32)
    }

    /// A number of eight bytes, the least significant first.
    #[inline]
    #[track_caller]
    pub fn u64_le(&mut self, name: &'static str) -> Result<u64, WireError> {
        self.number_le::<8>(name)
    }

    /// A number of `N` bits, 1 to 32, that need not begin or end with a byte. The fields that share a byte are read
    /// one after the other, most significant bit first, and must fill it before a field of whole bytes follows.
    #[inline]
    #[track_caller]
    pub fn bits<const N: usize>(&mut self, name: &'static str) -> Result<u32, WireError> {
        const { assert!(N >= 1 && N <= 32) };
        let end_bit = self.bit + N;
        let touched = end_bit.div_ceil(8);
        let Some(bytes) = self.ahead(touched) else { return Err(self.short(touched, name)) };
        let word = bytes.iter().fold(0u64, |word, &byte| word << 8 | u64::from(byte));
        let value = word >> (touched * 8 - end_bit) & ((1 << N) - 1);
        let at_bit = self.at_bit();
        self.field_at = self.at;
        self.at += end_bit / 8;
        self.bit = end_bit % 8;
        self.report(name, at_bit, N, Value::Number(value));
        Ok(value as u32)
    }

    /// A field of one bit.
    #[inline]
    #[track_caller]
    pub fn flag(&mut self, name: &'static str) -> Result<bool, WireError> {
        self.bits::<1>(name).map(|bit| bit == 1)
    }

    /// `len` opaque bytes, borrowed from the input.
    #[inline]
    #[track_caller]
    pub fn bytes(&mut self, len: usize, name: &'static str) -> Result<&'a [u8], WireError> {
        self.take(len, name, Value::Bytes)
    }

    /// `N` opaque bytes (a key share, an address), as an array.
    #[inline]
    #[track_caller]
    pub fn array<const N: usize>(&mut self, name: &'static str) -> Result<&'a [u8; N], WireError> {
        let Some(array) = self.remaining().first_chunk::<N>() else { return Err(self.short(N, name)) };
        self.pass(N, name, Value::Bytes);
        Ok(array)
    }

    /// All that is left of the block. In a stream, all that has arrived.
    #[inline]
    #[track_caller]
    pub fn rest(&mut self, name: &'static str) -> &'a [u8] {
        let rest = self.remaining();
        self.pass(rest.len(), name, Value::Bytes);
        rest
    }

    /// A part of `len` bytes that holds fields of its own. Inside, running out and leaving bytes over are both the
    /// sender's mistake, even where the whole is a stream.
    #[inline]
    #[track_caller]
    pub fn block<R>(
        &mut self,
        len: usize,
        name: &'static str,
        body: impl FnOnce(&mut Self) -> Result<R, WireError>,
    ) -> Result<R, WireError> {
        if self.ahead(len).is_none() {
            return Err(self.short(len, name));
        }
        let outer = (self.input, self.whole);
        self.input = self.input.get(..self.at + len).unwrap_or(self.input);
        self.whole = true;
        if T::ON {
            self.trace.open(name, None, self.at_bit(), Location::caller());
        }
        let result = body(self)?;
        if let count @ 1.. = self.input.len() - self.at {
            return Err(WireError { at: self.at, field: name, kind: ErrorKind::Leftover { count } });
        }
        if T::ON {
            self.trace.close(self.at_bit());
        }
        (self.input, self.whole) = outer;
        Ok(result)
    }

    /// Fields that belong together and have a name together. It reads nothing by itself.
    #[inline]
    #[track_caller]
    pub fn group<R>(
        &mut self,
        name: &'static str,
        section: &'static str,
        body: impl FnOnce(&mut Self) -> Result<R, WireError>,
    ) -> Result<R, WireError> {
        if T::ON {
            self.trace.open(name, Some(section), self.at_bit(), Location::caller());
        }
        let result = body(self)?;
        if T::ON {
            self.trace.close(self.at_bit());
        }
        Ok(result)
    }

    /// A whole message as a part of another.
    #[inline]
    #[track_caller]
    pub fn message<M: Decode<'a>>(&mut self) -> Result<M, WireError> {
        self.group(M::NAME, M::SECTION, M::decode)
    }

    /// That a datagram or block has been read to its end. A stream has none, so nothing is checked there.
    #[inline]
    pub fn finish(&self) -> Result<(), WireError> {
        match self.input.len() - self.at {
            count @ 1.. if self.whole => {
                Err(WireError { at: self.at, field: "end", kind: ErrorKind::Leftover { count } })
            }
            _ => Ok(()),
        }
    }

    /// Explains the last field or group in words; the closure runs only when somebody listens.
    #[inline]
    pub fn note(&mut self, note: impl FnOnce() -> String) {
        if T::ON {
            self.trace.note(note());
        }
    }

    /// Says where the last field or group is specified, when that is not where its message is.
    #[inline]
    pub fn cite(&mut self, section: &'static str) {
        if T::ON {
            self.trace.cite(section);
        }
    }

    /// Explains bytes that were made from the last field's (decompressed, decrypted, joined). Only an explanation asks
    /// for them: when nobody listens, neither closure runs. What does not parse is left unexplained.
    #[inline]
    pub fn derived<B: AsRef<[u8]>>(
        &mut self,
        name: &'static str,
        bytes: impl FnOnce() -> B,
        body: impl FnOnce(&mut Reader<'_, T>) -> Result<(), WireError>,
    ) {
        if T::ON {
            let bytes = bytes();
            let mut inner = Reader::traced(bytes.as_ref(), true, std::mem::take(&mut self.trace));
            inner.trace.enter_derived(name, bytes.as_ref());
            // An error inside says nothing about the outer message, which was already accepted.
            let _ = body(&mut inner);
            inner.trace.leave_derived();
            self.trace = inner.trace;
        }
    }

    /// The error that the field read last breaks `rule`.
    #[cold]
    pub fn invalid(&self, field: &'static str, rule: &'static Rule) -> WireError {
        WireError { at: self.field_at, field, kind: ErrorKind::Invalid(rule) }
    }

    /// The error that the *next* byte breaks `rule`.
    #[cold]
    pub fn invalid_here(&self, field: &'static str, rule: &'static Rule) -> WireError {
        WireError { at: self.at, field, kind: ErrorKind::Invalid(rule) }
    }

    /// The error that `len` bytes from here are more than there are.
    #[cold]
    pub fn short(&self, len: usize, field: &'static str) -> WireError {
        let missing = len.saturating_sub(self.input.len() - self.at).max(1);
        let kind = match self.whole {
            true => ErrorKind::Overrun { by: missing },
            false => ErrorKind::Incomplete { needed: missing },
        };
        WireError { at: self.at, field, kind }
    }

    #[inline]
    pub(crate) fn is_whole(&self) -> bool {
        self.whole
    }

    #[inline]
    fn ahead(&self, len: usize) -> Option<&'a [u8]> {
        self.remaining().get(..len)
    }

    #[inline]
    #[track_caller]
    fn number<const N: usize>(&mut self, name: &'static str) -> Result<u64, WireError> {
        let Some(bytes) = self.remaining().first_chunk::<N>() else { return Err(self.short(N, name)) };
        let value = bytes.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
        self.pass(N, name, Value::Number(value));
        Ok(value)
    }

    #[inline]
    #[track_caller]
    fn number_le<const N: usize>(&mut self, name: &'static str) -> Result<u64, WireError> {
        let Some(bytes) = self.remaining().first_chunk::<N>() else { return Err(self.short(N, name)) };
        let value = bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte));
        self.pass(N, name, Value::Number(value));
        Ok(value)
    }

    #[inline]
    #[track_caller]
    pub(crate) fn take(
        &mut self,
        len: usize,
        name: &'static str,
        value: Value,
    ) -> Result<&'a [u8], WireError> {
        let Some(bytes) = self.ahead(len) else { return Err(self.short(len, name)) };
        self.pass(len, name, value);
        Ok(bytes)
    }

    /// Moves over `len` bytes that are known to be there.
    #[inline]
    #[track_caller]
    pub(crate) fn pass(&mut self, len: usize, name: &'static str, value: Value) {
        debug_assert_eq!(self.bit, 0, "field `{name}` begins inside a byte");
        let at_bit = self.at_bit();
        self.field_at = self.at;
        self.at += len;
        self.report(name, at_bit, len * 8, value);
    }

    #[inline]
    #[track_caller]
    fn report(&mut self, name: &'static str, at_bit: usize, bits: usize, value: Value) {
        if T::ON {
            self.trace.field(Field { name, at_bit, bits, value, location: Location::caller() });
        }
    }

    #[inline]
    fn at_bit(&self) -> usize {
        self.at * 8 + self.bit
    }
}
