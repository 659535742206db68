use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::GeneralName;
use crate::wire::der::{DerReader, DerWriter, Oid, Tag};

/// Something that is known elsewhere: the issuer's certificate, or whether this one is revoked (RFC 5280 §4.2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessDescription<'a> {
    /// What is there: `ocsp`, `caIssuers`.
    pub access_method: Oid<'a>,
    /// Where.
    pub access_location: GeneralName<'a>,
}

impl<'a> Decode<'a> for AccessDescription<'a> {
    const NAME: &'static str = "AccessDescription";
    const SECTION: &'static str = "RFC 5280 §4.2.2.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("accessDescription", |r| {
            Ok(AccessDescription {
                access_method: Oid::read(r, Tag::OBJECT_IDENTIFIER, "accessMethod")?,
                access_location: GeneralName::decode(r)?,
            })
        })
    }
}

impl Encode for AccessDescription<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("accessDescription", |w| {
            self.access_method.write(w, Tag::OBJECT_IDENTIFIER, "accessMethod");
            self.access_location.encode(w);
        });
    }
}
