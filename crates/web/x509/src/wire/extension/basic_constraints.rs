use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules;
use crate::wire::der::{DerReader, DerWriter, Integer, Tag, write_u32};

/// Whether the subject may issue certificates, and how many issuers may stand below it (RFC 5280 §4.2.1.9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether it is an authority (`cA`).
    pub ca: bool,
    /// How many intermediate certificates that are not self-issued may follow it on the path.
    pub path_len_constraint: Option<u32>,
}

impl<'a> Decode<'a> for BasicConstraints {
    const NAME: &'static str = "BasicConstraints";
    const SECTION: &'static str = "RFC 5280 §4.2.1.9";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("basicConstraints", |r| {
            let ca = r.boolean_default_false("cA")?;
            let path_len_constraint = r.optional(Tag::INTEGER, |r| {
                let number = Integer::read(r, Tag::INTEGER, "pathLenConstraint")?;
                let small = number.to_u64().and_then(|number| u32::try_from(number).ok());
                small.ok_or_else(|| r.invalid("pathLenConstraint", &rules::INTEGER_RANGE))
            })?;
            Ok(BasicConstraints { ca, path_len_constraint })
        })
    }
}

impl Encode for BasicConstraints {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("basicConstraints", |w| {
            w.boolean_default_false(self.ca, "cA");
            if let Some(path_len) = self.path_len_constraint {
                write_u32(w, Tag::INTEGER, path_len, "pathLenConstraint");
            }
        });
    }
}
