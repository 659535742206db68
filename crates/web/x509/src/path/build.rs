//! The search for a path: from the leaf upwards, depth first, roots before intermediates, and those whose key
//! identifier fits before others. The identifiers are hints (RFC 4158 §3.5.12); what counts is the signature.

use super::error::{PathError, PathViolation, Place};
use super::purpose::Purpose;
use super::{PathLimits, Verifier, check, constraints, revocation};
use crate::error::Error;
use crate::wire::{Certificate, Time};

/// A certificate, and where it came from.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) certificate: Certificate<'a>,
    pub(super) der: &'a [u8],
    pub(super) place: Place,
}

impl Node<'_> {
    pub(super) fn error(&self, violation: PathViolation) -> PathError {
        PathError { place: self.place, violation }
    }

    fn is_same_authority(&self, other: &Node<'_>) -> bool {
        self.certificate.subject_public_key_info == other.certificate.subject_public_key_info
            && self.certificate.subject.matches(&other.certificate.subject)
    }
}

/// One search.
pub(super) struct Search<'v, 'a> {
    verifier: &'v Verifier,
    purpose: Purpose,
    now: Time,
    intermediates: &'v [Node<'a>],
    candidates: usize,
    signatures: usize,
    comparisons: usize,
    /// The most telling error so far.
    found: Option<PathError>,
}

impl<'v, 'a> Search<'v, 'a> {
    pub(super) fn new(
        verifier: &'v Verifier,
        purpose: Purpose,
        now: Time,
        intermediates: &'v [Node<'a>],
    ) -> Self {
        let PathLimits { max_candidates, max_signature_checks, max_name_comparisons, .. } = verifier.limits;
        Search {
            verifier,
            purpose,
            now,
            intermediates,
            candidates: max_candidates,
            signatures: max_signature_checks,
            comparisons: max_name_comparisons,
            found: None,
        }
    }

    /// The DER of each certificate from the leaf to the root.
    pub(super) fn run(
        mut self,
        leaf: &'v Node<'a>,
        unreadable: Option<PathError>,
    ) -> Result<Vec<Vec<u8>>, PathError> {
        self.found = unreadable;
        match self.extend(&mut vec![leaf])? {
            Some(path) => Ok(path),
            None => Err(self.found.unwrap_or_else(|| unknown_issuer(leaf))),
        }
    }

    /// Looks for whoever issued the last certificate of `path`. An error is the end of the search; a way that does not
    /// lead on is `None`.
    fn extend(&mut self, path: &mut Vec<&'v Node<'a>>) -> Result<Option<Vec<Vec<u8>>>, PathError> {
        let Some(&child) = path.last() else { return Ok(None) };
        let verifier = self.verifier;
        let mut any = false;
        for (place, der) in verifier.roots.named(&child.certificate.issuer) {
            any = true;
            let Ok(certificate) = Certificate::from_der(der) else { continue };
            let root = Node { certificate, der, place: Place::Root(place) };
            if self.accepts(path, child, &root)? {
                let whole: Vec<&Node<'_>> = path.iter().copied().chain([&root]).collect();
                match self.finish(&whole) {
                    Ok(()) => return Ok(Some(whole.iter().map(|node| node.der.to_vec()).collect())),
                    Err(error) => self.remember(error)?,
                }
            }
        }
        for candidate in self.issuers_of(child) {
            any = true;
            if path.iter().any(|node| node.is_same_authority(candidate)) {
                continue;
            }
            if self.accepts(path, child, candidate)? {
                path.push(candidate);
                let found = self.extend(path)?;
                path.pop();
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        if !any {
            self.remember(unknown_issuer(child))?;
        }
        Ok(None)
    }

    fn issuers_of(&self, child: &Node<'_>) -> Vec<&'v Node<'a>> {
        let named = |node: &&Node<'a>| node.certificate.subject.matches(&child.certificate.issuer);
        let wanted = child.certificate.authority_key_identifier().and_then(|id| id.key_identifier);
        let mut issuers: Vec<_> = self.intermediates.iter().filter(named).collect();
        issuers.sort_by_key(|node| wanted.is_some() && node.certificate.subject_key_identifier() != wanted);
        issuers
    }

    /// Whether `issuer` may have issued `child`, and did. What costs little comes first.
    fn accepts(
        &mut self,
        path: &[&Node<'_>],
        child: &Node<'_>,
        issuer: &Node<'_>,
    ) -> Result<bool, PathError> {
        spend(&mut self.candidates, child, "candidates for issuers")?;
        // §6.1.4 (l): self-issued certificates are not counted.
        let counted = path.iter().skip(1).filter(|node| !node.certificate.is_self_issued()).count();
        let below = u32::try_from(counted).unwrap_or(u32::MAX);
        let is_root = matches!(issuer.place, Place::Root(_));
        let counts = !is_root && !issuer.certificate.is_self_issued();
        if counted + usize::from(counts) > self.verifier.limits.max_depth {
            self.remember(issuer.error(PathViolation::Limit("authorities on the path")))?;
            return Ok(false);
        }
        if let Err(violation) = check::authority(&issuer.certificate, is_root, below, self.purpose, self.now)
        {
            self.remember(issuer.error(violation))?;
            return Ok(false);
        }
        spend(&mut self.signatures, child, "signatures")?;
        match signed_by(child, issuer) {
            Ok(()) => Ok(true),
            Err(error) => {
                self.remember(child.error(PathViolation::Unacceptable(Box::new(error))))?;
                Ok(false)
            }
        }
    }

    /// What needs the whole path, from the leaf to the root.
    fn finish(&mut self, path: &[&Node<'_>]) -> Result<(), PathError> {
        for (above, authority) in path.iter().enumerate().skip(1) {
            let Some(limits) = authority.certificate.name_constraints() else { continue };
            for (place, node) in path.iter().enumerate().take(above) {
                // §6.1.3 (b): not for self-issued certificates, unless it is the last one.
                if place == 0 || !node.certificate.is_self_issued() {
                    constraints::check(&limits, &node.certificate, &mut self.comparisons)
                        .map_err(|violation| node.error(violation))?;
                }
            }
        }
        revocation::check(self.verifier, path, self.now)
    }

    /// Keeps the more telling of two errors, the earlier one of equals. A spent budget ends the search.
    fn remember(&mut self, error: PathError) -> Result<(), PathError> {
        if matches!(error.violation, PathViolation::Limit("comparisons of names")) {
            return Err(error);
        }
        if self.found.as_ref().is_none_or(|found| found.violation.weight() < error.violation.weight()) {
            self.found = Some(error);
        }
        Ok(())
    }
}

fn unknown_issuer(child: &Node<'_>) -> PathError {
    child.error(PathViolation::UnknownIssuer(child.certificate.issuer.to_string()))
}

fn spend(budget: &mut usize, child: &Node<'_>, what: &'static str) -> Result<(), PathError> {
    *budget = budget.checked_sub(1).ok_or_else(|| child.error(PathViolation::Limit(what)))?;
    Ok(())
}

fn signed_by(child: &Node<'_>, issuer: &Node<'_>) -> Result<(), Error> {
    child.certificate.verify_signed_by(&issuer.certificate.public_key()?)
}
