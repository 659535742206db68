//! `issuingDistributionPoint` (RFC 5280 §5.2.5): which certificates a revocation list is about.

use wirelab_wire::{Decode, Reader, Trace, WireError};

use crate::wire::der::{DerReader, Tag};
use crate::wire::extension::{DistributionPointName, GeneralName};
use crate::wire::{Certificate, ExtensionValue};

const NAME: Tag = Tag::context_constructed(0);

/// The extension of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IssuingDistributionPoint<'a> {
    distribution_point: Option<DistributionPointName<'a>>,
    only_contains_user_certs: bool,
    only_contains_ca_certs: bool,
    only_some_reasons: bool,
    pub(super) indirect_crl: bool,
    only_contains_attribute_certs: bool,
}

impl<'a> IssuingDistributionPoint<'a> {
    /// Reads the value of the extension.
    pub(super) fn from_der(der: &'a [u8]) -> Option<Self> {
        let mut r = Reader::whole(der);
        let point = Self::read(&mut r).ok()?;
        r.finish().ok()?;
        Some(point)
    }

    fn read(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("issuingDistributionPoint", |r| {
            Ok(IssuingDistributionPoint {
                distribution_point: r.optional(NAME, |r| {
                    r.constructed(NAME, "distributionPointName", DistributionPointName::decode)
                })?,
                only_contains_user_certs: flag(r, 1, "onlyContainsUserCerts")?,
                only_contains_ca_certs: flag(r, 2, "onlyContainsCACerts")?,
                only_some_reasons: r
                    .optional(Tag::context(3), |r| r.primitive(Tag::context(3), "onlySomeReasons"))?
                    .is_some(),
                indirect_crl: flag(r, 4, "indirectCRL")?,
                only_contains_attribute_certs: flag(r, 5, "onlyContainsAttributeCerts")?,
            })
        })
    }

    /// Whether the list is about this certificate, for all reasons (§6.3.3 (b)(2)).
    pub(super) fn covers(&self, certificate: &Certificate<'_>) -> bool {
        let is_ca = certificate.basic_constraints().is_some_and(|constraints| constraints.ca);
        !(self.only_contains_user_certs && is_ca
            || self.only_contains_ca_certs && !is_ca
            || self.only_some_reasons
            || self.only_contains_attribute_certs)
            && self.distribution_point.is_none_or(|name| names_it(certificate, &name))
    }
}

/// §6.3.3 (b)(2)(i): one name of the list's point is one of a point in the certificate.
fn names_it(certificate: &Certificate<'_>, name: &DistributionPointName<'_>) -> bool {
    let DistributionPointName::FullName(own) = name else { return false };
    let points = certificate.extensions.iter().find_map(|extension| match extension.value {
        ExtensionValue::CrlDistributionPoints(points) => Some(points),
        _ => None,
    });
    let names = points.into_iter().flat_map(|points| points.iter()).filter_map(|point| {
        match point.distribution_point {
            Some(DistributionPointName::FullName(names)) => Some(names),
            _ => None,
        }
    });
    names.flat_map(|names| names.iter()).any(|one: GeneralName<'_>| own.iter().any(|other| one == other))
}

fn flag(r: &mut Reader<'_, impl Trace>, number: u8, name: &'static str) -> Result<bool, WireError> {
    let tag = Tag::context(number);
    Ok(r.optional(tag, |r| r.primitive(tag, name))?.is_some_and(|value| value != [0]))
}
