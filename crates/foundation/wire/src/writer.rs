use std::panic::Location;

use bytes::{BufMut, BytesMut};

use crate::trace::{Field, Off, Trace, Value};

/// Something that can be written as bytes.
///
/// Encoding cannot fail: what cannot be written cannot be built in the first place.
pub trait Encode {
    /// Appends the bytes to what `w` has.
    fn encode(&self, w: &mut Writer<'_, impl Trace>);

    /// The bytes alone.
    fn to_bytes(&self) -> BytesMut {
        let mut out = BytesMut::new();
        self.encode(&mut Writer::new(&mut out));
        out
    }
}

/// Appends fields, each with its name, to a buffer.
///
/// Numbers go out in network byte order. A number wider than its field loses its high bits, as with `as`; types
/// that can be built only with values that fit are the answer to that.
///
/// ```
/// use bytes::BytesMut;
/// use wirelab_wire::Writer;
///
/// let mut out = BytesMut::new();
/// let mut w = Writer::new(&mut out);
/// w.bits::<4>(4, "version");
/// w.bits::<4>(5, "header length");
/// w.block::<2>("length", "options", |w| w.bytes(b"abc", "data"));
/// assert_eq!(&out[..], [0x45, 0, 3, b'a', b'b', b'c']);
/// ```
#[derive(Debug)]
pub struct Writer<'b, T = Off> {
    out: &'b mut BytesMut,
    /// Where this writer began, so that positions count from its own first byte.
    start: usize,
    /// How many bits of the last byte are filled, 0 (all of it) to 7.
    bit: usize,
    trace: T,
}

impl<'b> Writer<'b, Off> {
    /// Appends to `out`.
    #[inline]
    pub fn new(out: &'b mut BytesMut) -> Self {
        Writer::traced(out, Off)
    }
}

impl<'b, T: Trace> Writer<'b, T> {
    /// Appends to `out`, and reports to `trace`.
    #[inline]
    pub fn traced(out: &'b mut BytesMut, trace: T) -> Self {
        let start = out.len();
        Writer { out, start, bit: 0, trace }
    }

    /// The trace with all that was reported to it.
    pub fn into_trace(self) -> T {
        self.trace
    }

    /// Whether somebody watches: if not, prepared bytes may be appended without naming their parts.
    #[inline]
    pub fn is_traced(&self) -> bool {
        T::ON
    }

    /// How many bytes this writer has appended.
    #[inline]
    pub fn position(&self) -> usize {
        self.out.len() - self.start
    }

    /// A number of one byte.
    #[inline]
    #[track_caller]
    pub fn u8(&mut self, value: u8, name: &'static str) {
        self.field(1, name, Value::Number(value.into()), |out| out.put_u8(value));
    }

    /// A number of two bytes.
    #[inline]
    #[track_caller]
    pub fn u16(&mut self, value: u16, name: &'static str) {
        self.field(2, name, Value::Number(value.into()), |out| out.put_u16(value));
    }

    /// A number of three bytes.
    #[inline]
    #[track_caller]
    pub fn u24(&mut self, value: u32, name: &'static str) {
        self.field(3, name, Value::Number(value.into()), |out| out.put_uint(value.into(), 3));
    }

    /// A number of four bytes.
    #[inline]
    #[track_caller]
    pub fn u32(&mut self, value: u32, name: &'static str) {
        self.field(4, name, Value::Number(value.into()), |out| out.put_u32(value));
    }

    /// A number of eight bytes.
    #[inline]
    #[track_caller]
    pub fn u64(&mut self, value: u64, name: &'static str) {
        self.field(8, name, Value::Number(value), |out| out.put_u64(value));
    }

    /// A number of two bytes, the least significant first.
    #[inline]
    #[track_caller]
    pub fn u16_le(&mut self, value: u16, name: &'static str) {
        self.field(2, name, Value::Number(value.into()), |out| out.put_u16_le(value));
    }

    /// A number of four bytes, the least significant first.
    #[inline]
    #[track_caller]
    pub fn u32_le(&mut self, value: u32, name: &'static str) {
        self.field(4, name, Value::Number(value.into()), |out| out.put_u32_le(value));
    }

    /// A number of eight bytes, the least significant first.
    #[inline]
    #[track_caller]
    pub fn u64_le(&mut self, value: u64, name: &'static str) {
        self.field(8, name, Value::Number(value), |out| out.put_u64_le(value));
    }

    /// The low `N` bits of `value`, 1 to 32, most significant first. The fields that share a byte are written one
    /// after the other.
    #[inline]
    #[track_caller]
    pub fn bits<const N: usize>(&mut self, value: u32, name: &'static str) {
        const { assert!(N >= 1 && N <= 32) };
        let at_bit = self.at_bit();
        for i in (0..N).rev() {
            if self.bit == 0 {
                self.out.put_u8(0);
            }
            if let Some(last) = self.out.last_mut() {
                *last |= (value >> i & 1) as u8 * (0x80 >> self.bit);
            }
            self.bit = (self.bit + 1) % 8;
        }
        self.report(name, at_bit, N, Value::Number((u64::from(value)) & ((1 << N) - 1)));
    }

    /// A field of one bit.
    #[inline]
    #[track_caller]
    pub fn flag(&mut self, value: bool, name: &'static str) {
        self.bits::<1>(value.into(), name);
    }

    /// Opaque bytes.
    #[inline]
    #[track_caller]
    pub fn bytes(&mut self, bytes: &[u8], name: &'static str) {
        self.field(bytes.len(), name, Value::Bytes, |out| out.extend_from_slice(bytes));
    }

    /// Characters. Text of no length is not a field: it leaves no trace.
    #[inline]
    #[track_caller]
    pub fn text(&mut self, text: &[u8], name: &'static str) {
        if !text.is_empty() {
            self.field(text.len(), name, Value::Text, |out| out.extend_from_slice(text));
        }
    }

    /// A length of `N` bytes (1 to 8), called `length`, and behind it a part of that length, called `name`, which
    /// `body` writes; the length is filled in afterwards.
    #[track_caller]
    pub fn block<const N: usize>(
        &mut self,
        length: &'static str,
        name: &'static str,
        body: impl FnOnce(&mut Self),
    ) {
        const { assert!(N >= 1 && N <= 8) };
        let at = self.out.len();
        self.field(N, length, Value::Number(0), |out| out.put_bytes(0, N));
        self.open(name, None);
        body(self);
        self.close();
        let len = (self.out.len() - at - N) as u64;
        if let (Some(place), Some(digits)) =
            (self.out.get_mut(at..at + N), len.to_be_bytes().last_chunk::<N>())
        {
            place.copy_from_slice(digits);
        }
        if T::ON {
            self.trace.patch_length(len);
        }
    }

    /// Fields that belong together and have a name together.
    #[inline]
    #[track_caller]
    pub fn group(&mut self, name: &'static str, section: &'static str, body: impl FnOnce(&mut Self)) {
        self.open(name, Some(section));
        body(self);
        self.close();
    }

    #[inline]
    #[track_caller]
    fn open(&mut self, name: &'static str, section: Option<&'static str>) {
        if T::ON {
            self.trace.open(name, section, self.at_bit(), Location::caller());
        }
    }

    #[inline]
    fn close(&mut self) {
        if T::ON {
            self.trace.close(self.at_bit());
        }
    }

    #[inline]
    #[track_caller]
    fn field(&mut self, len: usize, name: &'static str, value: Value, put: impl FnOnce(&mut BytesMut)) {
        debug_assert_eq!(self.bit, 0, "field `{name}` begins inside a byte");
        let at_bit = self.at_bit();
        put(self.out);
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
        match self.bit {
            0 => self.position() * 8,
            bit => (self.position() - 1) * 8 + bit,
        }
    }
}
