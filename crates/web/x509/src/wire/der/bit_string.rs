use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::{DerReader, DerWriter, Tag};
use crate::rules;

/// A BIT STRING: bits from the most significant of the first byte on, and how many of the last byte do not count
/// (X.690 §8.6). Those are zero in DER (§11.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BitString<'a> {
    unused: u8,
    bytes: &'a [u8],
}

impl<'a> BitString<'a> {
    /// Whole bytes.
    pub fn of_bytes(bytes: &'a [u8]) -> Self {
        BitString { unused: 0, bytes }
    }

    /// Reads one, called `name`.
    pub fn read(r: &mut Reader<'a, impl Trace>, tag: Tag, name: &'static str) -> Result<Self, WireError> {
        let len = r.header(tag, name)?;
        let Some(len) = len.checked_sub(1) else { return Err(r.invalid(name, &rules::BIT_STRING)) };
        let unused = r.u8("unused bits")?;
        if unused > 7 || (len == 0 && unused > 0) {
            return Err(r.invalid("unused bits", &rules::BIT_STRING));
        }
        let bytes = r.bytes(len, name)?;
        if bytes.last().is_some_and(|last| last & ((1 << unused) - 1) != 0) {
            return Err(r.invalid(name, &rules::BIT_STRING_PADDING));
        }
        Ok(BitString { unused, bytes })
    }

    /// Writes it, called `name`.
    pub fn write(self, w: &mut Writer<'_, impl Trace>, tag: Tag, name: &'static str) {
        w.header(tag, self.bytes.len() + 1);
        w.u8(self.unused, "unused bits");
        w.bytes(self.bytes, name);
    }

    /// The bytes, the last one padded with zero bits.
    pub fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The bytes, if all bits of the last one count: keys and signatures are so.
    pub fn whole_bytes(self) -> Option<&'a [u8]> {
        (self.unused == 0).then_some(self.bytes)
    }

    /// Bit `n`, counted from the most significant of the first byte; bits that are not there are not set.
    pub fn bit(self, n: usize) -> bool {
        self.bytes.get(n / 8).is_some_and(|byte| byte << (n % 8) & 0x80 != 0)
    }
}
