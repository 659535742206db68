use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::wire::der::{DerReader, DerWriter, Oid, Tag};

/// Terms under which a certificate was issued (RFC 5280 §4.2.1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyInformation<'a> {
    /// Which terms.
    pub policy_identifier: Oid<'a>,
    /// Where they stand, or what they say: the DER of the qualifiers, without the SEQUENCE around them.
    pub policy_qualifiers: Option<&'a [u8]>,
}

impl<'a> Decode<'a> for PolicyInformation<'a> {
    const NAME: &'static str = "PolicyInformation";
    const SECTION: &'static str = "RFC 5280 §4.2.1.4";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("policyInformation", |r| {
            Ok(PolicyInformation {
                policy_identifier: Oid::read(r, Tag::OBJECT_IDENTIFIER, "policyIdentifier")?,
                policy_qualifiers: r
                    .optional(Tag::SEQUENCE, |r| r.primitive(Tag::SEQUENCE, "policyQualifiers"))?,
            })
        })
    }
}

impl Encode for PolicyInformation<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("policyInformation", |w| {
            self.policy_identifier.write(w, Tag::OBJECT_IDENTIFIER, "policyIdentifier");
            if let Some(qualifiers) = self.policy_qualifiers {
                w.primitive(Tag::SEQUENCE, qualifiers, "policyQualifiers");
            }
        });
    }
}
