use std::fmt;
use std::ops::BitOr;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules;
use crate::wire::der::{DerReader, DerWriter, Tag};

/// What a key may be used for (RFC 5280 §4.2.1.3): a set of named bits, the first of them the most significant.
///
/// ```
/// use wirelab_x509::wire::extension::KeyUsage;
///
/// let usage = KeyUsage::KEY_CERT_SIGN | KeyUsage::CRL_SIGN;
/// assert!(usage.contains(KeyUsage::CRL_SIGN));
/// assert_eq!(usage.to_string(), "keyCertSign, cRLSign");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUsage(
    /// Bit 0 of the RFC is 0x8000.
    pub u16,
);

const NAMES: [&str; 9] = [
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
];

impl KeyUsage {
    /// Signatures on anything but certificates and lists: handshakes.
    pub const DIGITAL_SIGNATURE: KeyUsage = KeyUsage(0x8000);
    /// Signatures that are to prove something later (contentCommitment).
    pub const NON_REPUDIATION: KeyUsage = KeyUsage(0x4000);
    /// Encrypting keys: RSA key transport.
    pub const KEY_ENCIPHERMENT: KeyUsage = KeyUsage(0x2000);
    /// Encrypting data.
    pub const DATA_ENCIPHERMENT: KeyUsage = KeyUsage(0x1000);
    /// Agreeing on keys: static Diffie-Hellman.
    pub const KEY_AGREEMENT: KeyUsage = KeyUsage(0x0800);
    /// Signing certificates.
    pub const KEY_CERT_SIGN: KeyUsage = KeyUsage(0x0400);
    /// Signing revocation lists.
    pub const CRL_SIGN: KeyUsage = KeyUsage(0x0200);
    /// Agreed keys encrypt only.
    pub const ENCIPHER_ONLY: KeyUsage = KeyUsage(0x0100);
    /// Agreed keys decrypt only.
    pub const DECIPHER_ONLY: KeyUsage = KeyUsage(0x0080);

    /// Whether all of `other`'s bits are set.
    pub fn contains(self, other: KeyUsage) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for KeyUsage {
    type Output = KeyUsage;

    fn bitor(self, other: KeyUsage) -> KeyUsage {
        KeyUsage(self.0 | other.0)
    }
}

impl fmt::Display for KeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = NAMES.iter().enumerate().filter(|(i, _)| self.0 & (0x8000 >> i) != 0);
        for (place, (_, name)) in set.enumerate() {
            write!(f, "{}{name}", if place > 0 { ", " } else { "" })?;
        }
        Ok(())
    }
}

impl<'a> Decode<'a> for KeyUsage {
    const NAME: &'static str = "KeyUsage";
    const SECTION: &'static str = "RFC 5280 §4.2.1.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let len = r.header(Tag::BIT_STRING, "keyUsage")?;
        if !(1..=3).contains(&len) {
            return Err(r.invalid("keyUsage", &rules::BIT_STRING));
        }
        let unused = r.u8("unused bits")?;
        let bytes = r.bytes(len - 1, "keyUsage")?;
        let usage = match *bytes {
            [first, second] => KeyUsage(u16::from_be_bytes([first, second])),
            [first] => KeyUsage(u16::from_be_bytes([first, 0])),
            _ => KeyUsage(0),
        };
        if (unused, bytes.len()) != usage.size() {
            return Err(r.invalid("keyUsage", &rules::NAMED_BITS));
        }
        r.note(|| usage.to_string());
        Ok(usage)
    }
}

impl KeyUsage {
    /// How many bits of the last byte do not count, and how many bytes there are: up to the last bit that is set
    /// (X.690 §11.2.2).
    fn size(self) -> (u8, usize) {
        match self.0.trailing_zeros() {
            16 => (0, 0),
            zeros => ((zeros % 8) as u8, 2 - (zeros / 8) as usize),
        }
    }
}

impl Encode for KeyUsage {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        let (unused, len) = self.size();
        w.header(Tag::BIT_STRING, len + 1);
        w.u8(unused, "unused bits");
        w.bytes(self.0.to_be_bytes().get(..len).unwrap_or_default(), "keyUsage");
    }
}
