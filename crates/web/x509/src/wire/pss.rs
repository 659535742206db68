use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::der::{Any, DerReader, DerWriter, Integer, Oid, Tag};

/// The parameters of an RSASSA-PSS signature (RFC 8017 §A.2.3): all of them have defaults, and those are of SHA-1, so
/// that the signatures of today write out the first three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PssParameters<'a> {
    /// `[0]` The hash of the message.
    pub hash_algorithm: Option<HashAlgorithm<'a>>,
    /// `[1]` How the mask is made: the function, and the hash that it uses.
    pub mask_gen_algorithm: Option<MaskGenAlgorithm<'a>>,
    /// `[2]` The length of the salt in bytes.
    pub salt_length: Option<Integer<'a>>,
    /// `[3]` The number of the trailer; 1 is the only one.
    pub trailer_field: Option<Integer<'a>>,
}

/// A hash, with its parameters: NULL or none, which mean the same (RFC 4055 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashAlgorithm<'a> {
    /// Which one.
    pub algorithm: Oid<'a>,
    /// What stands behind it.
    pub parameters: Option<Any<'a>>,
}

/// A mask generation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskGenAlgorithm<'a> {
    /// Which one: MGF1.
    pub algorithm: Oid<'a>,
    /// The hash that it uses.
    pub hash: HashAlgorithm<'a>,
}

impl<'a> Decode<'a> for PssParameters<'a> {
    const NAME: &'static str = "RSASSA-PSS-params";
    const SECTION: &'static str = "RFC 8017 §A.2.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let tag = Tag::context_constructed;
        r.sequence("RSASSA-PSS-params", |r| {
            Ok(PssParameters {
                hash_algorithm: r
                    .optional(tag(0), |r| r.constructed(tag(0), "hashAlgorithm", HashAlgorithm::decode))?,
                mask_gen_algorithm: r.optional(tag(1), |r| {
                    r.constructed(tag(1), "maskGenAlgorithm", MaskGenAlgorithm::decode)
                })?,
                salt_length: r.optional(tag(2), |r| number(r, tag(2), "saltLength"))?,
                trailer_field: r.optional(tag(3), |r| number(r, tag(3), "trailerField"))?,
            })
        })
    }
}

fn number<'a>(
    r: &mut Reader<'a, impl Trace>,
    tag: Tag,
    name: &'static str,
) -> Result<Integer<'a>, WireError> {
    r.constructed(tag, name, |r| Integer::read(r, Tag::INTEGER, name))
}

impl Encode for PssParameters<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        let tag = Tag::context_constructed;
        w.sequence("RSASSA-PSS-params", |w| {
            if let Some(hash) = &self.hash_algorithm {
                w.elements(tag(0), "hashAlgorithm", hash);
            }
            if let Some(mask) = &self.mask_gen_algorithm {
                w.elements(tag(1), "maskGenAlgorithm", mask);
            }
            if let Some(salt) = self.salt_length {
                w.constructed(tag(2), "saltLength", |w| salt.write(w, Tag::INTEGER, "saltLength"));
            }
            if let Some(trailer) = self.trailer_field {
                w.constructed(tag(3), "trailerField", |w| trailer.write(w, Tag::INTEGER, "trailerField"));
            }
        });
    }
}

impl<'a> Decode<'a> for HashAlgorithm<'a> {
    const NAME: &'static str = "HashAlgorithm";
    const SECTION: &'static str = "RFC 8017 §A.2.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("hash", |r| {
            let algorithm = Oid::read(r, Tag::OBJECT_IDENTIFIER, "algorithm")?;
            let some = !r.remaining().is_empty();
            let parameters = some.then(|| Any::read(r, "parameters")).transpose()?;
            Ok(HashAlgorithm { algorithm, parameters })
        })
    }
}

impl Encode for HashAlgorithm<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("hash", |w| {
            self.algorithm.write(w, Tag::OBJECT_IDENTIFIER, "algorithm");
            if let Some(parameters) = self.parameters {
                parameters.write(w, "parameters");
            }
        });
    }
}

impl<'a> Decode<'a> for MaskGenAlgorithm<'a> {
    const NAME: &'static str = "MaskGenAlgorithm";
    const SECTION: &'static str = "RFC 8017 §A.2.3";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("maskGen", |r| {
            let algorithm = Oid::read(r, Tag::OBJECT_IDENTIFIER, "algorithm")?;
            Ok(MaskGenAlgorithm { algorithm, hash: HashAlgorithm::decode(r)? })
        })
    }
}

impl Encode for MaskGenAlgorithm<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("maskGen", |w| {
            self.algorithm.write(w, Tag::OBJECT_IDENTIFIER, "algorithm");
            self.hash.encode(w);
        });
    }
}
