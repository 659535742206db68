use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::GeneralNames;
use crate::rules;
use crate::wire::der::{BitString, DerReader, DerWriter, Tag};

const NAME: Tag = Tag::context_constructed(0);
const REASONS: Tag = Tag::context(1);
const ISSUER: Tag = Tag::context_constructed(2);
const FULL: Tag = Tag::context_constructed(0);
const RELATIVE: Tag = Tag::context_constructed(1);

/// Where a list of revoked certificates can be had (RFC 5280 §4.2.1.13).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DistributionPoint<'a> {
    /// Its place.
    pub distribution_point: Option<DistributionPointName<'a>>,
    /// The reasons that it covers; all if absent.
    pub reasons: Option<BitString<'a>>,
    /// Who signs the list, if it is not the issuer of the certificate.
    pub crl_issuer: Option<GeneralNames<'a>>,
}

/// The place of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistributionPointName<'a> {
    /// Names of the one list, mostly a URI.
    FullName(GeneralNames<'a>),
    /// The end of a distinguished name that the list's issuer begins: the DER of its attributes.
    NameRelativeToCrlIssuer(&'a [u8]),
}

impl<'a> Decode<'a> for DistributionPoint<'a> {
    const NAME: &'static str = "DistributionPoint";
    const SECTION: &'static str = "RFC 5280 §4.2.1.13";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("distributionPoint", |r| {
            let point = DistributionPoint {
                distribution_point: r.optional(NAME, |r| {
                    r.constructed(NAME, "distributionPointName", DistributionPointName::decode)
                })?,
                reasons: r.optional(REASONS, |r| BitString::read(r, REASONS, "reasons"))?,
                crl_issuer: r.optional(ISSUER, |r| r.elements(ISSUER, "cRLIssuer"))?,
            };
            // RFC 5280 §4.2.1.13: it must not consist of reasons alone.
            match point.distribution_point.is_some() || point.crl_issuer.is_some() {
                true => Ok(point),
                false => Err(r.invalid("distributionPoint", &rules::DISTRIBUTION_POINT)),
            }
        })
    }
}

impl Encode for DistributionPoint<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("distributionPoint", |w| {
            if let Some(name) = &self.distribution_point {
                w.elements(NAME, "distributionPointName", name);
            }
            if let Some(reasons) = self.reasons {
                reasons.write(w, REASONS, "reasons");
            }
            if let Some(issuer) = &self.crl_issuer {
                w.elements(ISSUER, "cRLIssuer", issuer);
            }
        });
    }
}

impl<'a> Decode<'a> for DistributionPointName<'a> {
    const NAME: &'static str = "DistributionPointName";
    const SECTION: &'static str = "RFC 5280 §4.2.1.13";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        match r.next_is(RELATIVE) {
            true => {
                let rdn = r.primitive(RELATIVE, "nameRelativeToCRLIssuer")?;
                Ok(DistributionPointName::NameRelativeToCrlIssuer(rdn))
            }
            false => Ok(DistributionPointName::FullName(r.elements(FULL, "fullName")?)),
        }
    }
}

impl Encode for DistributionPointName<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        match self {
            DistributionPointName::FullName(names) => w.elements(FULL, "fullName", names),
            DistributionPointName::NameRelativeToCrlIssuer(rdn) => {
                w.primitive(RELATIVE, rdn, "nameRelativeToCRLIssuer");
            }
        }
    }
}
