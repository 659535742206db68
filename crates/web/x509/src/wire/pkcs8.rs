use std::fmt;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::algorithm::AlgorithmIdentifier;
use super::der::{BitString, DerReader, DerWriter, Integer, Tag};
use crate::rules;

const ATTRIBUTES: Tag = Tag::context_constructed(0);
const PUBLIC_KEY: Tag = Tag::context(1);
/// Some programs write the public key as if its tag were explicit.
const PUBLIC_KEY_EXPLICIT: Tag = Tag::context_constructed(1);

/// A private key and what it is for (PKCS #8; RFC 5958 §2). `Debug` does not show the key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct OneAsymmetricKey<'a> {
    /// The kind of key.
    pub private_key_algorithm: AlgorithmIdentifier<'a>,
    /// The key, in the form of its kind: an RSAPrivateKey (RFC 8017 §A.1.2), an ECPrivateKey (RFC 5915), or an OCTET
    /// STRING with the seed of Ed25519 (RFC 8410 §7).
    pub private_key: &'a [u8],
    /// Anything else about it, unread.
    pub attributes: Option<&'a [u8]>,
    /// The public key. With it the version is 2.
    pub public_key: Option<PublicKeyField<'a>>,
}

/// The public key, in the two ways that are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicKeyField<'a> {
    /// `[1]` in place of the BIT STRING's tag, as RFC 5958 has it.
    Implicit(BitString<'a>),
    /// `[1]` around a BIT STRING, as some programs write it.
    Explicit(BitString<'a>),
}

impl<'a> PublicKeyField<'a> {
    /// The key.
    pub fn bits(&self) -> BitString<'a> {
        match *self {
            PublicKeyField::Implicit(bits) | PublicKeyField::Explicit(bits) => bits,
        }
    }

    fn read(r: &mut Reader<'a, impl Trace>) -> Result<Option<Self>, WireError> {
        if r.next_is(PUBLIC_KEY) {
            return BitString::read(r, PUBLIC_KEY, "publicKey")
                .map(|bits| Some(PublicKeyField::Implicit(bits)));
        }
        r.optional(PUBLIC_KEY_EXPLICIT, |r| {
            r.constructed(PUBLIC_KEY_EXPLICIT, "publicKey", |r| {
                BitString::read(r, Tag::BIT_STRING, "publicKey").map(PublicKeyField::Explicit)
            })
        })
    }
}

impl<'a> Decode<'a> for OneAsymmetricKey<'a> {
    const NAME: &'static str = "OneAsymmetricKey";
    const SECTION: &'static str = "RFC 5958 §2";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("oneAsymmetricKey", |r| {
            let version = Integer::read(r, Tag::INTEGER, "version")?.to_u64();
            if !matches!(version, Some(0 | 1)) {
                return Err(r.invalid("version", &rules::VERSION));
            }
            let key = OneAsymmetricKey {
                private_key_algorithm: AlgorithmIdentifier::read(r, "privateKeyAlgorithm")?,
                private_key: r.primitive(Tag::OCTET_STRING, "privateKey")?,
                attributes: r.optional(ATTRIBUTES, |r| r.primitive(ATTRIBUTES, "attributes"))?,
                public_key: PublicKeyField::read(r)?,
            };
            // RFC 5958 §2: version 2 exactly where there is something of version 2.
            match key.public_key.is_some() == (version == Some(1)) {
                true => Ok(key),
                false => Err(r.invalid("publicKey", &rules::VERSION)),
            }
        })
    }
}

impl Encode for OneAsymmetricKey<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("oneAsymmetricKey", |w| {
            w.primitive(Tag::INTEGER, &[self.public_key.is_some().into()], "version");
            self.private_key_algorithm.write(w, "privateKeyAlgorithm");
            w.primitive(Tag::OCTET_STRING, self.private_key, "privateKey");
            if let Some(attributes) = self.attributes {
                w.primitive(ATTRIBUTES, attributes, "attributes");
            }
            match self.public_key {
                None => {}
                Some(PublicKeyField::Implicit(bits)) => bits.write(w, PUBLIC_KEY, "publicKey"),
                Some(PublicKeyField::Explicit(bits)) => {
                    w.constructed(PUBLIC_KEY_EXPLICIT, "publicKey", |w| {
                        bits.write(w, Tag::BIT_STRING, "publicKey");
                    });
                }
            }
        });
    }
}

impl fmt::Debug for OneAsymmetricKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithm = self.private_key_algorithm.algorithm.to_string();
        f.debug_struct("OneAsymmetricKey").field("algorithm", &algorithm).finish_non_exhaustive()
    }
}
