use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::algorithm::AlgorithmIdentifier;
use super::der::{BitString, DerReader, DerWriter, Tag};

/// A public key and what it is for (RFC 5280 §4.1.2.7). What is in the bits depends on the algorithm: the point of an
/// elliptic curve (RFC 5480 §2.2), 32 bytes of Ed25519 (RFC 8410 §4), an RSAPublicKey (RFC 8017 §A.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectPublicKeyInfo<'a> {
    /// The kind of key.
    pub algorithm: AlgorithmIdentifier<'a>,
    /// The key.
    pub subject_public_key: BitString<'a>,
}

impl<'a> Decode<'a> for SubjectPublicKeyInfo<'a> {
    const NAME: &'static str = "SubjectPublicKeyInfo";
    const SECTION: &'static str = "RFC 5280 §4.1.2.7";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("subjectPublicKeyInfo", |r| {
            Ok(SubjectPublicKeyInfo {
                algorithm: AlgorithmIdentifier::read(r, "algorithm")?,
                subject_public_key: BitString::read(r, Tag::BIT_STRING, "subjectPublicKey")?,
            })
        })
    }
}

impl Encode for SubjectPublicKeyInfo<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("subjectPublicKeyInfo", |w| {
            self.algorithm.write(w, "algorithm");
            self.subject_public_key.write(w, Tag::BIT_STRING, "subjectPublicKey");
        });
    }
}
