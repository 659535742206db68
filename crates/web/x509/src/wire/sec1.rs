use std::fmt;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::der::{BitString, DerReader, DerWriter, Integer, Oid, Tag};
use crate::rules;

const PARAMETERS: Tag = Tag::context_constructed(0);
const PUBLIC_KEY: Tag = Tag::context_constructed(1);

/// The private key of an elliptic curve (RFC 5915 §3). `Debug` does not show the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EcPrivateKey<'a> {
    /// The number, most significant byte first, of the curve's length.
    pub private_key: &'a [u8],
    /// The curve. In PKCS #8 it stands outside already.
    pub parameters: Option<Oid<'a>>,
    /// The point that belongs to the number.
    pub public_key: Option<BitString<'a>>,
}

impl<'a> Decode<'a> for EcPrivateKey<'a> {
    const NAME: &'static str = "ECPrivateKey";
    const SECTION: &'static str = "RFC 5915 §3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("ecPrivateKey", |r| {
            if Integer::read(r, Tag::INTEGER, "version")?.to_u64() != Some(1) {
                return Err(r.invalid("version", &rules::VERSION));
            }
            Ok(EcPrivateKey {
                private_key: r.primitive(Tag::OCTET_STRING, "privateKey")?,
                parameters: r.optional(PARAMETERS, |r| {
                    r.constructed(PARAMETERS, "parameters", |r| {
                        Oid::read(r, Tag::OBJECT_IDENTIFIER, "namedCurve")
                    })
                })?,
                public_key: r.optional(PUBLIC_KEY, |r| {
                    r.constructed(PUBLIC_KEY, "publicKey", |r| {
                        BitString::read(r, Tag::BIT_STRING, "publicKey")
                    })
                })?,
            })
        })
    }
}

impl Encode for EcPrivateKey<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("ecPrivateKey", |w| {
            w.primitive(Tag::INTEGER, &[1], "version");
            w.primitive(Tag::OCTET_STRING, self.private_key, "privateKey");
            if let Some(curve) = self.parameters {
                w.constructed(PARAMETERS, "parameters", |w| {
                    curve.write(w, Tag::OBJECT_IDENTIFIER, "namedCurve");
                });
            }
            if let Some(point) = self.public_key {
                w.constructed(PUBLIC_KEY, "publicKey", |w| point.write(w, Tag::BIT_STRING, "publicKey"));
            }
        });
    }
}

impl fmt::Debug for EcPrivateKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcPrivateKey").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}
