//! Whether a certificate is for a server (RFC 9525 §6).

use super::error::PathViolation;
use crate::server_name::ServerName;
use crate::wire::Certificate;
use crate::wire::extension::GeneralName;

/// Compares with each name in `subjectAltName`. The subject's commonName is not looked at (RFC 9525 §2).
pub(super) fn check(certificate: &Certificate<'_>, name: &ServerName) -> Result<(), PathViolation> {
    let mut names = certificate.subject_alt_name().into_iter().flat_map(|names| names.iter());
    match names.any(|presented| matches(&presented, name)) {
        true => Ok(()),
        false => Err(PathViolation::NameMismatch(name.to_string())),
    }
}

fn matches(presented: &GeneralName<'_>, name: &ServerName) -> bool {
    match (presented, name) {
        (GeneralName::DnsName(pattern), ServerName::Dns(name)) => dns_matches(pattern, name.as_str()),
        // RFC 9525 §6.4: octet by octet.
        (GeneralName::IpAddress(_), ServerName::Ip(ip)) => presented.ip() == Some(*ip),
        _ => false,
    }
}

/// RFC 9525 §6.3: without regard to case; `*` stands for one whole label, the leftmost, and for nothing else.
fn dns_matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_prefix("*.") {
        // A wildcard right above one label would cover all of a top-level domain.
        Some(base) => {
            base.contains('.')
                && name.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(base))
        }
        None => pattern.eq_ignore_ascii_case(name),
    }
}

#[cfg(test)]
mod tests {
    use super::dns_matches;

    /// RFC 9525 §6.3.
    #[test]
    fn s6_3_a_wildcard_is_the_whole_leftmost_label() {
        let cases = [
            ("example.com", "example.com", true),
            ("EXAMPLE.com", "example.com", true),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("w*.example.com", "www.example.com", false),
            ("www.*.com", "www.example.com", false),
            ("*.*.com", "www.example.com", false),
            ("*.com", "example.com", false),
            ("*", "example", false),
            ("", "example", false),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(dns_matches(pattern, name), expected, "{pattern} for {name}");
        }
    }
}
