//! Whether a certificate was taken back (RFC 5280 §6.3).
//!
//! What is done here is the part of it that is in use: complete lists by the issuer of the certificate itself. Lists of
//! changes (delta) and lists by others (indirect) are refused by name.

use super::Verifier;
use super::build::Node;
use super::distribution::IssuingDistributionPoint;
use super::error::{PathError, PathViolation};
use crate::wire::extension::KeyUsage;
use crate::wire::{CertificateList, Extension, ExtensionValue, RevokedCertificate, Time, oids};

/// What is to be done with a certificate that no list covers. One whose issuer has a list here that cannot be used (it is
/// too old, or its signature is wrong) is refused whatever the policy, since the list was put here to be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Revocation {
    /// It is accepted.
    #[default]
    IfListed,
    /// The leaf is refused.
    LeafMustBeListed,
    /// The leaf and each intermediate is refused.
    AllMustBeListed,
}

/// Checks each certificate of a path, from the root downwards: a list is believed only by who is believed himself.
pub(super) fn check(verifier: &Verifier, path: &[&Node<'_>], now: Time) -> Result<(), PathError> {
    for (place, pair) in path.windows(2).enumerate().rev() {
        let [node, issuer] = pair else { continue };
        let required = match verifier.revocation {
            Revocation::IfListed => false,
            Revocation::LeafMustBeListed => place == 0,
            Revocation::AllMustBeListed => true,
        };
        check_one(&verifier.lists, node, issuer, required, now).map_err(|violation| node.error(violation))?;
    }
    Ok(())
}

fn check_one(
    lists: &[Vec<u8>],
    node: &Node<'_>,
    issuer: &Node<'_>,
    required: bool,
    now: Time,
) -> Result<(), PathViolation> {
    let (mut covered, mut unusable) = (false, None);
    // They were read once when they were added.
    for list in lists.iter().filter_map(|der| CertificateList::from_der(der).ok()) {
        if !list.issuer.matches(&node.certificate.issuer) {
            continue;
        }
        match about(&list, node, issuer, now) {
            Ok(true) => {
                covered = true;
                if let Some(entry) = list.revoked(node.certificate.serial_number) {
                    return Err(revoked(&entry));
                }
            }
            Ok(false) => {}
            Err(violation) => unusable = Some(violation),
        }
    }
    match (covered, unusable) {
        (true, _) => Ok(()),
        (false, Some(violation)) => Err(violation),
        (false, None) if required => Err(PathViolation::RevocationUnknown),
        (false, None) => Ok(()),
    }
}

/// Whether the list speaks of this certificate; an error if it does or may, and cannot be believed.
fn about(
    list: &CertificateList<'_>,
    node: &Node<'_>,
    issuer: &Node<'_>,
    now: Time,
) -> Result<bool, PathViolation> {
    let unusable = |why| Err(PathViolation::UnusableList(why));
    if let Some(point) = point(&list.crl_extensions)? {
        if point.indirect_crl {
            return unusable("it is indirect");
        }
        if !point.covers(&node.certificate) {
            return Ok(false);
        }
    }
    if list.crl_extensions.iter().any(|extension| extension.id == oids::DELTA_CRL_INDICATOR) {
        return unusable("it is a delta list");
    }
    let known = |extension: &Extension<'_>| {
        extension.id == oids::ISSUING_DISTRIBUTION_POINT
            || matches!(
                extension.value,
                ExtensionValue::CrlNumber(_) | ExtensionValue::AuthorityKeyIdentifier(_)
            )
    };
    if list.crl_extensions.iter().any(|extension| extension.critical && !known(extension)) {
        return unusable("a critical extension is not known here");
    }
    check_dates(list, now)?;
    // §6.3.3 (f).
    if issuer.certificate.key_usage().is_some_and(|usage| !usage.contains(KeyUsage::CRL_SIGN)) {
        return unusable("its signer's key may not sign lists");
    }
    // §6.3.3 (g).
    let key = issuer.certificate.public_key();
    if key.and_then(|key| list.verify_signed_by(&key)).is_err() {
        return unusable("its signature is wrong");
    }
    // An entry that is not understood may be about another issuer's certificate (§5.3.3).
    let mut entries = list.revoked_certificates.iter().flat_map(|entries| entries.iter());
    match entries.any(|entry| entry.crl_entry_extensions.iter().any(|extension| extension.critical)) {
        true => unusable("a critical extension of an entry is not known here"),
        false => Ok(true),
    }
}

/// §5.1.2.4, §5.1.2.5: a list has both dates, and `now` lies between them.
fn check_dates(list: &CertificateList<'_>, now: Time) -> Result<(), PathViolation> {
    match list.next_update {
        _ if now < list.this_update => Err(PathViolation::UnusableList("it is of a later time")),
        None => Err(PathViolation::UnusableList("it does not say when the next one comes")),
        Some(next) if next < now => Err(PathViolation::UnusableList("it is out of date")),
        Some(_) => Ok(()),
    }
}

fn point<'a>(extensions: &[Extension<'a>]) -> Result<Option<IssuingDistributionPoint<'a>>, PathViolation> {
    let extension = extensions.iter().find(|extension| extension.id == oids::ISSUING_DISTRIBUTION_POINT);
    match extension.map(|extension| extension.value) {
        None => Ok(None),
        Some(ExtensionValue::Unknown(der)) => match IssuingDistributionPoint::from_der(der) {
            Some(point) => Ok(Some(point)),
            None => Err(PathViolation::UnusableList("its distribution point cannot be read")),
        },
        Some(_) => Err(PathViolation::UnusableList("its distribution point cannot be read")),
    }
}

fn revoked(entry: &RevokedCertificate<'_>) -> PathViolation {
    let reason = entry.crl_entry_extensions.iter().find_map(|extension| match extension.value {
        // §5.3.1: an ENUMERATED of one byte.
        ExtensionValue::Unknown([0x0a, 1, reason]) if extension.id == oids::REASON_CODE => Some(*reason),
        _ => None,
    });
    PathViolation::Revoked { date: entry.revocation_date, reason }
}
