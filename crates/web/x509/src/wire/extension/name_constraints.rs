use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::GeneralName;
use crate::rules;
use crate::wire::der::{DerReader, DerWriter, Elements, Tag};

const PERMITTED: Tag = Tag::context_constructed(0);
const EXCLUDED: Tag = Tag::context_constructed(1);

/// For which names an authority may issue (RFC 5280 §4.2.1.10). At least one of the two is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameConstraints<'a> {
    /// For these and no others of the same kinds.
    pub permitted_subtrees: Option<Elements<'a, GeneralSubtree<'a>>>,
    /// Not for these.
    pub excluded_subtrees: Option<Elements<'a, GeneralSubtree<'a>>>,
}

impl<'a> Decode<'a> for NameConstraints<'a> {
    const NAME: &'static str = "NameConstraints";
    const SECTION: &'static str = "RFC 5280 §4.2.1.10";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("nameConstraints", |r| {
            if r.remaining().is_empty() {
                return Err(r.invalid_here("nameConstraints", &rules::NO_CONSTRAINTS));
            }
            Ok(NameConstraints {
                permitted_subtrees: r.optional(PERMITTED, |r| r.elements(PERMITTED, "permittedSubtrees"))?,
                excluded_subtrees: r.optional(EXCLUDED, |r| r.elements(EXCLUDED, "excludedSubtrees"))?,
            })
        })
    }
}

impl Encode for NameConstraints<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("nameConstraints", |w| {
            if let Some(subtrees) = &self.permitted_subtrees {
                w.elements(PERMITTED, "permittedSubtrees", subtrees);
            }
            if let Some(subtrees) = &self.excluded_subtrees {
                w.elements(EXCLUDED, "excludedSubtrees", subtrees);
            }
        });
    }
}

/// All names at and below `base`. The distances that X.509 would allow beside it are fixed by RFC 5280.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneralSubtree<'a> {
    /// The name; addresses have their mask behind them.
    pub base: GeneralName<'a>,
}

impl<'a> Decode<'a> for GeneralSubtree<'a> {
    const NAME: &'static str = "GeneralSubtree";
    const SECTION: &'static str = "RFC 5280 §4.2.1.10";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("generalSubtree", |r| {
            let base = GeneralName::decode(r)?;
            if let GeneralName::IpAddress(range) = base {
                check_range(r, range)?;
            }
            // RFC 5280 §4.2.1.10: minimum is 0, which is its default and so not written; maximum is absent.
            match r.remaining().is_empty() {
                true => Ok(GeneralSubtree { base }),
                false => Err(r.invalid_here("generalSubtree", &rules::SUBTREE_BASE_DISTANCE)),
            }
        })
    }
}

fn check_range(r: &Reader<'_, impl Trace>, range: &[u8]) -> Result<(), WireError> {
    if !matches!(range.len(), 8 | 32) {
        return Err(r.invalid("iPAddress", &rules::ADDRESS_RANGE));
    }
    let (_, mask) = range.split_at(range.len() / 2);
    let mask = mask.iter().fold(0u128, |mask, &byte| mask << 8 | u128::from(byte));
    let bits = range.len() as u32 * 4;
    let ones_first = mask.count_ones() + mask.trailing_zeros().min(bits) == bits;
    match ones_first {
        true => Ok(()),
        false => Err(r.invalid("iPAddress", &rules::ADDRESS_MASK)),
    }
}

impl Encode for GeneralSubtree<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("generalSubtree", |w| self.base.encode(w));
    }
}
