//! The checks of one certificate (RFC 5280 §6.1.3 to §6.1.5) that need no other one.

use super::error::PathViolation;
use super::purpose::Purpose;

use crate::wire::extension::KeyUsage;
use crate::wire::{Certificate, ExtensionValue, Time, Version};

/// What holds for the leaf.
pub(super) fn leaf(leaf: &Certificate<'_>, purpose: Purpose, now: Time) -> Result<(), PathViolation> {
    any(leaf, now)?;
    // RFC 5280 §4.2.1.10: only in the certificate of an authority.
    if leaf.name_constraints().is_some() && !is_authority(leaf) {
        return Err(PathViolation::Inconsistent);
    }
    purpose.check_leaf(leaf)
}

/// What holds for an authority with `below` authorities under it that are not self-issued.
pub(super) fn authority(
    authority: &Certificate<'_>,
    is_root: bool,
    below: u32,
    purpose: Purpose,
    now: Time,
) -> Result<(), PathViolation> {
    any(authority, now)?;
    if authority.subject.is_empty() {
        return Err(PathViolation::EmptyName);
    }
    // RFC 5280 §6.1.4 (k): versions 1 and 2 cannot say it. That somebody made it a root has to do.
    let cannot_say_it = is_root && authority.version != Version::V3;
    if !is_authority(authority) && !cannot_say_it {
        return Err(PathViolation::NotAnAuthority);
    }
    // §6.1.4 (m).
    if let Some(allowed) = authority.basic_constraints().and_then(|limits| limits.path_len_constraint)
        && below > allowed
    {
        return Err(PathViolation::PathLength { below, allowed });
    }
    // §6.1.4 (n).
    if authority.key_usage().is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN)) {
        return Err(PathViolation::KeyUsage("keyCertSign"));
    }
    purpose.check_authority(authority)
}

fn is_authority(certificate: &Certificate<'_>) -> bool {
    certificate.basic_constraints().is_some_and(|constraints| constraints.ca)
}

fn any(certificate: &Certificate<'_>, now: Time) -> Result<(), PathViolation> {
    // §6.1.3 (a)(2).
    let validity = certificate.validity;
    if now < validity.not_before {
        return Err(PathViolation::NotYetValid { not_before: validity.not_before });
    }
    if now > validity.not_after {
        return Err(PathViolation::Expired { not_after: validity.not_after });
    }
    // §4.1.2.4: the issuer's name is never empty.
    if certificate.issuer.is_empty() {
        return Err(PathViolation::EmptyName);
    }
    // §4.2.1.9: without cA the key signs no certificates, and says so of itself.
    let signs = certificate.key_usage().is_some_and(|usage| usage.contains(KeyUsage::KEY_CERT_SIGN));
    if signs && certificate.version == Version::V3 && !is_authority(certificate) {
        return Err(PathViolation::Inconsistent);
    }
    critical_extensions(certificate)
}

/// §6.1.4 (o), §6.1.5 (f). Policies are processed with any policy wanted, where they change nothing, so that
/// `certificatePolicies` may be critical; `policyConstraints` may not, since it would change something.
fn critical_extensions(certificate: &Certificate<'_>) -> Result<(), PathViolation> {
    use ExtensionValue::*;
    let ignored = |value| matches!(value, Unknown(_) | TlsFeature(_) | CrlNumber(_));
    match certificate.extensions.iter().find(|extension| extension.critical && ignored(extension.value)) {
        Some(extension) => {
            let name = extension.id.name().map_or_else(|| extension.id.to_string(), str::to_owned);
            Err(PathViolation::UnknownCriticalExtension(name))
        }
        None => Ok(()),
    }
}
