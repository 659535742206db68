use std::fmt;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::{DerReader, DerWriter, Tag};
use crate::rules;

/// An INTEGER of any size: two's complement, most significant byte first, in as few bytes as it takes (X.690 §8.3).
///
/// `Display` is hexadecimal, as serial numbers are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Integer<'a>(&'a [u8]);

impl<'a> Integer<'a> {
    /// The value bytes of an INTEGER; `None` if they are empty or begin with a needless byte.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        match *bytes {
            [] | [0, 0..=0x7f, ..] | [0xff, 0x80..=0xff, ..] => None,
            _ => Some(Integer(bytes)),
        }
    }

    /// Reads one, called `name`.
    pub fn read(r: &mut Reader<'a, impl Trace>, tag: Tag, name: &'static str) -> Result<Self, WireError> {
        let bytes = r.primitive(tag, name)?;
        let integer = Integer::new(bytes).ok_or_else(|| r.invalid(name, &rules::INTEGER))?;
        if let Some(value) = integer.to_u64() {
            r.note(|| value.to_string());
        }
        Ok(integer)
    }

    /// Writes it, called `name`.
    pub fn write(self, w: &mut Writer<'_, impl Trace>, tag: Tag, name: &'static str) {
        w.primitive(tag, self.0, name);
    }

    /// The value bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0.first().is_some_and(|&byte| byte >= 0x80)
    }

    /// Whether it is zero.
    pub fn is_zero(self) -> bool {
        self.0 == [0]
    }

    /// The number, if it is not negative and fits into 64 bits.
    pub fn to_u64(self) -> Option<u64> {
        let digits = self.0.strip_prefix(&[0]).unwrap_or(self.0);
        match self.is_negative() || digits.len() > 8 {
            true => None,
            false => Some(digits.iter().fold(0, |value, &byte| value << 8 | u64::from(byte))),
        }
    }
}

/// The value bytes of an INTEGER for an unsigned number of any size: leading zeros dropped, and one put back where the
/// first bit would be taken for a sign.
pub(crate) fn unsigned(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|&byte| byte != 0).unwrap_or(number.len());
    let digits = number.get(start..).unwrap_or_default();
    let mut bytes = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|&byte| byte >= 0x80) {
        bytes.push(0);
    }
    bytes.extend_from_slice(digits);
    bytes
}

/// Writes a small number as an INTEGER.
pub(crate) fn write_u32(w: &mut Writer<'_, impl Trace>, tag: Tag, value: u32, name: &'static str) {
    w.primitive(tag, &unsigned(&value.to_be_bytes()), name);
}

impl fmt::Display for Integer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
