use std::fmt;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::{DerReader, DerWriter, Tag};
use crate::rules;
use crate::wire::oids;

/// An OBJECT IDENTIFIER: a path of numbers, such as 2.5.4.3 for commonName.
///
/// The first two numbers share one (40 times the first, plus the second); each is written in groups of seven bits, of which
/// all but the last have the high bit set (X.690 §8.19).
///
/// ```
/// use wirelab_x509::wire::der::Oid;
///
/// let oid = Oid::new(&[0x55, 0x04, 0x03]).ok_or("no OID")?;
/// assert_eq!((oid.to_string().as_str(), oid.name()), ("2.5.4.3", Some("commonName")));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Oid<'a>(&'a [u8]);

impl<'a> Oid<'a> {
    /// The value bytes of an OBJECT IDENTIFIER; `None` if they are empty, end inside of a number, or have a number
    /// that begins with a needless byte.
    pub fn new(bytes: &'a [u8]) -> Option<Self> {
        let ends = bytes.last().is_some_and(|&byte| byte < 0x80);
        let starts = std::iter::once(0).chain(bytes.iter().copied()).zip(bytes);
        // A byte of 0x80 at the start of a number is a leading zero.
        let padded = starts.into_iter().any(|(before, &byte)| before < 0x80 && byte == 0x80);
        (ends && !padded).then_some(Oid(bytes))
    }

    /// For constants, whose bytes a test checks.
    pub(crate) const fn known(bytes: &'a [u8]) -> Self {
        Oid(bytes)
    }

    /// Reads one, called `name`.
    pub fn read(r: &mut Reader<'a, impl Trace>, tag: Tag, name: &'static str) -> Result<Self, WireError> {
        let bytes = r.primitive(tag, name)?;
        let oid = Oid::new(bytes).ok_or_else(|| r.invalid(name, &rules::OID))?;
        r.note(|| match oid.name() {
            Some(known) => format!("{known} ({oid})"),
            None => oid.to_string(),
        });
        Ok(oid)
    }

    /// Writes it, called `name`.
    pub fn write(self, w: &mut Writer<'_, impl Trace>, tag: Tag, name: &'static str) {
        w.primitive(tag, self.0, name);
    }

    /// The value bytes.
    pub fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// What it stands for, if it is known here.
    pub fn name(self) -> Option<&'static str> {
        oids::name(self)
    }

    /// The numbers; `None` stands for one beyond 64 bits.
    fn numbers(self) -> impl Iterator<Item = Option<u64>> + 'a {
        self.0.split_inclusive(|&byte| byte < 0x80).map(|groups| match groups.len() {
            0..=9 => Some(groups.iter().fold(0, |number, &group| number << 7 | u64::from(group & 0x7f))),
            _ => None,
        })
    }
}

impl fmt::Display for Oid<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, number) in self.numbers().enumerate() {
            match (i, number) {
                (0, Some(both)) => write!(f, "{}.{}", both.min(80) / 40, both - both.min(80) / 40 * 40)?,
                (0, None) => f.write_str("2.(more than 64 bits)")?,
                (_, Some(number)) => write!(f, ".{number}")?,
                (_, None) => f.write_str(".(more than 64 bits)")?,
            }
        }
        Ok(())
    }
}
