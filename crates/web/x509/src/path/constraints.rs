//! Name constraints (RFC 5280 §4.2.1.10, §6.1.3 (b) and (c)): for which names an authority may issue.

use std::mem::discriminant;
use std::net::IpAddr;

use super::error::PathViolation;
use crate::wire::der::Elements;
use crate::wire::extension::{GeneralName, GeneralSubtree, NameConstraints};
use crate::wire::{Certificate, oids};

/// Checks all names of a certificate against the constraints of one authority above it. `budget` counts comparisons.
pub(super) fn check(
    constraints: &NameConstraints<'_>,
    certificate: &Certificate<'_>,
    budget: &mut usize,
) -> Result<(), PathViolation> {
    if !certificate.subject.is_empty() {
        check_name(constraints, &GeneralName::DirectoryName(certificate.subject), budget)?;
    }
    match certificate.subject_alt_name() {
        Some(names) => names.iter().try_for_each(|name| check_name(constraints, &name, budget)),
        // §4.2.1.10: without other names the subject's mail addresses are bound too.
        None => certificate
            .subject
            .attributes(oids::EMAIL_ADDRESS)
            .try_for_each(|address| check_name(constraints, &GeneralName::Rfc822Name(&address), budget)),
    }
}

fn check_name(
    constraints: &NameConstraints<'_>,
    name: &GeneralName<'_>,
    budget: &mut usize,
) -> Result<(), PathViolation> {
    let refused = || Err(PathViolation::NameNotPermitted(name.to_string()));
    if excluded(constraints.excluded_subtrees, name, budget)? {
        return refused();
    }
    match permitted(constraints.permitted_subtrees, name, budget)? {
        true => Ok(()),
        false => refused(),
    }
}

type Subtrees<'a> = Option<Elements<'a, GeneralSubtree<'a>>>;

fn excluded(
    subtrees: Subtrees<'_>,
    name: &GeneralName<'_>,
    budget: &mut usize,
) -> Result<bool, PathViolation> {
    for subtree in subtrees.iter().flat_map(|subtrees| subtrees.iter()) {
        if spend(budget, &subtree, name)? && (within(name, &subtree.base)? || may_become(name, &subtree.base))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Names of kinds without a subtree are not bound.
fn permitted(
    subtrees: Subtrees<'_>,
    name: &GeneralName<'_>,
    budget: &mut usize,
) -> Result<bool, PathViolation> {
    let mut bound = false;
    for subtree in subtrees.iter().flat_map(|subtrees| subtrees.iter()) {
        if spend(budget, &subtree, name)? {
            bound = true;
            if within(name, &subtree.base)? {
                return Ok(true);
            }
        }
    }
    Ok(!bound)
}

/// Whether the subtree is of the name's kind.
fn spend(
    budget: &mut usize,
    subtree: &GeneralSubtree<'_>,
    name: &GeneralName<'_>,
) -> Result<bool, PathViolation> {
    *budget = budget.checked_sub(1).ok_or(PathViolation::Limit("comparisons of names"))?;
    Ok(discriminant(&subtree.base) == discriminant(name))
}

/// Both are of one kind. What cannot be compared is an error, since either answer could let a name through.
fn within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Result<bool, PathViolation> {
    let unsupported = || PathViolation::UnsupportedConstraint(name.to_string());
    match (name, base) {
        (GeneralName::DnsName(name), GeneralName::DnsName(base)) => {
            let bare = name.strip_prefix("*.").unwrap_or(name);
            let base_host = base.strip_prefix('.').unwrap_or(base);
            match is_host(bare) && (base.is_empty() || is_host(base_host)) {
                true => Ok(dns_within(name, base)),
                false => Err(unsupported()),
            }
        }
        (GeneralName::IpAddress(address), GeneralName::IpAddress(range)) => {
            Ok(address_within(address, range))
        }
        (GeneralName::DirectoryName(name), GeneralName::DirectoryName(base)) => Ok(name.is_within(base)),
        (GeneralName::Rfc822Name(address), GeneralName::Rfc822Name(base)) => {
            mail_within(address, base).ok_or_else(unsupported)
        }
        (GeneralName::UniformResourceIdentifier(uri), GeneralName::UniformResourceIdentifier(base)) => {
            Ok(host_within(host_of(uri).ok_or_else(unsupported)?, base))
        }
        _ => Err(unsupported()),
    }
}

/// A wildcard that is not within an excluded subtree and could still stand for a name in it.
fn may_become(name: &GeneralName<'_>, base: &GeneralName<'_>) -> bool {
    let (GeneralName::DnsName(name), GeneralName::DnsName(base)) = (name, base) else { return false };
    let parent = base.split_once('.').map_or("", |(_, parent)| parent);
    name.strip_prefix("*.").is_some_and(|rest| rest.eq_ignore_ascii_case(parent))
}

fn is_host(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.split('.').all(|label| !label.is_empty() && label.bytes().all(letter))
}

/// The name itself, or labels added on its left. A dot at the beginning, which the RFC does not have here and
/// authorities write, asks for at least one more label.
fn dns_within(name: &str, base: &str) -> bool {
    base.is_empty()
        || ends_with(name, base)
            && (base.starts_with('.')
                || name.len() == base.len()
                || name.as_bytes().get(name.len() - base.len() - 1) == Some(&b'.'))
}

fn ends_with(name: &str, end: &str) -> bool {
    let start = name.len().checked_sub(end.len());
    start.and_then(|start| name.get(start..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

/// An address with a mask behind it. Addresses of the other family lie outside.
fn address_within(address: &[u8], range: &[u8]) -> bool {
    let (base, mask) = range.split_at(range.len() / 2);
    base.len() == address.len()
        && address.iter().zip(base).zip(mask).all(|((a, base), mask)| a & mask == base & mask)
}

/// One mailbox, all of one host, or with a dot first all of the hosts below.
fn mail_within(address: &str, base: &str) -> Option<bool> {
    let (local, host) =
        address.rsplit_once('@').filter(|(local, host)| !local.is_empty() && is_host(host))?;
    match base.rsplit_once('@') {
        Some((base_local, base_host)) => Some(local == base_local && host.eq_ignore_ascii_case(base_host)),
        None => Some(host_within(host, base)),
    }
}

/// Here the host alone is meant, unless a dot comes first.
fn host_within(host: &str, base: &str) -> bool {
    match base.starts_with('.') {
        true => ends_with(host, base) && host.len() > base.len(),
        false => base.is_empty() || host.eq_ignore_ascii_case(base),
    }
}

/// The host of a URI. §4.2.1.10 has none refused, and an address too.
fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (is_host(host) && host.parse::<IpAddr>().is_err()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::{GeneralName, excluded, host_of, may_become, within};

    /// RFC 5280 §4.2.1.10, its own examples among them.
    #[test]
    fn s4_2_1_10_subtrees_hold_what_they_should() {
        use GeneralName::*;
        let cases = [
            (DnsName("www.host.example.com"), DnsName("host.example.com"), true),
            (DnsName("host1.example.com"), DnsName("host.example.com"), false),
            (DnsName("badhost.example.com"), DnsName("host.example.com"), false),
            (DnsName("HOST.example.com"), DnsName("host.EXAMPLE.com"), true),
            (DnsName("example.com"), DnsName(".example.com"), false),
            (DnsName("example.com"), DnsName(""), true),
            (Rfc822Name("root@example.com"), Rfc822Name("root@Example.com"), true),
            (Rfc822Name("Root@example.com"), Rfc822Name("root@example.com"), false),
            (Rfc822Name("a@my.xyz.com"), Rfc822Name(".xyz.com"), true),
            (Rfc822Name("a@xyz.com"), Rfc822Name(".xyz.com"), false),
            (Rfc822Name("a@my.xyz.com"), Rfc822Name("xyz.com"), false),
            (UniformResourceIdentifier("https://a.b.c/x"), UniformResourceIdentifier(".c"), true),
            (UniformResourceIdentifier("https://u@a.b:1/x"), UniformResourceIdentifier("a.b"), true),
            (IpAddress(&[10, 9, 8, 7]), IpAddress(&[10, 9, 0, 0, 255, 255, 0, 0]), true),
            (IpAddress(&[10, 8, 8, 7]), IpAddress(&[10, 9, 0, 0, 255, 255, 0, 0]), false),
            (IpAddress(&[0; 16]), IpAddress(&[0; 8]), false),
        ];
        for (name, base, expected) in cases {
            assert_eq!(within(&name, &base), Ok(expected), "{name} within {base}");
        }
    }

    /// RFC 5280 §4.2.1.10: a URI without a host, or with an address, is refused.
    #[test]
    fn s4_2_1_10_what_cannot_be_compared_is_an_error() {
        assert_eq!(host_of("urn:a:b"), None);
        assert_eq!(host_of("https://127.0.0.1/"), None);
        let other = GeneralName::OtherName(&[]);
        assert!(within(&other, &other).is_err());
        assert!(excluded(None, &other, &mut 0).is_ok_and(|excluded| !excluded));
    }

    #[test]
    fn a_wildcard_may_stand_for_an_excluded_name() {
        assert!(may_become(&GeneralName::DnsName("*.a.b"), &GeneralName::DnsName("x.a.b")));
        assert!(!may_become(&GeneralName::DnsName("*.a.b"), &GeneralName::DnsName("y.x.a.b")));
    }
}
