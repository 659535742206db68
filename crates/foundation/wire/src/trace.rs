use std::panic::Location;

/// What a [`Reader`](crate::Reader) or [`Writer`](crate::Writer) tells about each field that it passes.
///
/// It is a type parameter, not an object: with [`Off`] the calls, the names and the source locations are gone after
/// compilation, so that one decoder serves both the fast path and the explanation.
pub trait Trace: Default {
    /// Whether anything is recorded. A constant, so that the compiler can drop what only a recording needs.
    const ON: bool;

    /// A field was read or written.
    fn field(&mut self, field: Field);
    /// A group of fields begins at this bit; every field up to the matching [`close`](Self::close) belongs to it.
    fn open(&mut self, name: &'static str, section: Option<&'static str>, at_bit: usize, location: Source);
    /// The innermost open group ends at this bit.
    fn close(&mut self, at_bit: usize);
    /// What the last field or group means, in words.
    fn note(&mut self, note: String);
    /// Where the last field or group is specified.
    fn cite(&mut self, section: &'static str);
    /// The length field before the last group has got its value: a writer knows it only afterwards.
    fn patch_length(&mut self, value: u64);
    /// What follows, up to the matching [`leave_derived`](Self::leave_derived), lies in another buffer, whose bytes
    /// were made from the last field's (decrypted, decompressed, joined).
    fn enter_derived(&mut self, name: &'static str, bytes: &[u8]);
    /// Back to the buffer from before [`enter_derived`](Self::enter_derived).
    fn leave_derived(&mut self);
}

/// The line of source code that read or wrote a field.
pub type Source = &'static Location<'static>;

/// One field, as the trace sees it.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in the specification.
    pub name: &'static str,
    /// Its first bit, counted from the start of the buffer, most significant bit of a byte first.
    pub at_bit: usize,
    /// Its length in bits.
    pub bits: usize,
    /// How to show its value.
    pub value: Value,
    /// The call that named it.
    pub location: Source,
}

/// The value of a field. Bytes and text are not copied: they are what lies at the field's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// A group, which has no value but its parts.
    Group,
    /// An unsigned number.
    Number(u64),
    /// Opaque bytes.
    Bytes,
    /// Characters (mostly ASCII; whatever is not is shown escaped).
    Text,
}

/// The trace that records nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Off;

impl Trace for Off {
    const ON: bool = false;
    fn field(&mut self, _: Field) {}
    fn open(&mut self, _: &'static str, _: Option<&'static str>, _: usize, _: Source) {}
    fn close(&mut self, _: usize) {}
    fn note(&mut self, _: String) {}
    fn cite(&mut self, _: &'static str) {}
    fn patch_length(&mut self, _: u64) {}
    fn enter_derived(&mut self, _: &'static str, _: &[u8]) {}
    fn leave_derived(&mut self) {}
}
