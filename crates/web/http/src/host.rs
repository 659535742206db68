//! Which host a request is for: the target says it, or the Host field does (RFC 9110 §7.2, RFC 9112 §3.2, §3.3).

use crate::{Fields, Target, Version, is_authority};

/// Why it cannot be said which host a request is for. The answer to all of them is 400 (RFC 9112 §3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHost {
    /// HTTP/1.1 without a Host field.
    #[error("there is no Host field (RFC 9112 §3.2)")]
    Missing,
    /// More than one Host field: two servers on the way could each believe another one.
    #[error("there is more than one Host field (RFC 9112 §3.2)")]
    Repeated,
    /// The field is not `host` or `host:port`.
    #[error("the Host field is not `host` or `host:port` (RFC 9110 §7.2)")]
    Malformed,
}

/// The host, with the port if the request names one. `None` where a request may do without: in HTTP/1.0, and with an
/// empty Host field (the target has no authority). In HTTP/2 and HTTP/3 the target carries it, and Host may be absent.
///
/// # Errors
/// HTTP/1.1 without a Host field, more than one of them, or one that is malformed.
///
/// ```
/// use wirelab_http::{Fields, Target, Version, host::host_of};
///
/// let mut fields = Fields::new();
/// fields.push("Host", "proxy.example").unwrap();
/// let origin = Target::parse(b"/").unwrap();
/// let absolute = Target::parse(b"http://example.com:8080/").unwrap();
/// assert_eq!(host_of(&origin, &fields, Version::HTTP_11), Ok(Some("proxy.example")));
/// assert_eq!(host_of(&absolute, &fields, Version::HTTP_11), Ok(Some("example.com:8080")));
/// assert!(host_of(&origin, &Fields::new(), Version::HTTP_11).is_err());
/// ```
pub fn host_of<'r>(
    target: &'r Target,
    fields: &'r Fields,
    version: Version,
) -> Result<Option<&'r str>, InvalidHost> {
    let mut values = fields.get_all("host");
    let host = match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        (Some(_), Some(_)) => return Err(InvalidHost::Repeated),
        (None, _) if version.major == 1 && version >= Version::HTTP_11 => return Err(InvalidHost::Missing),
        (None, _) => None,
    };
    let host = match host.map(std::str::from_utf8) {
        None | Some(Ok("")) => None,
        Some(Ok(host)) if is_authority(host) => Some(host),
        Some(_) => return Err(InvalidHost::Malformed),
    };
    // RFC 9112 §3.2.2: the target goes before the field.
    Ok(target.authority().or(host))
}

/// `host:port` as host and port. The brackets of an IPv6 address are not part of it; without a port, or with one that
/// is empty or above 65535, there is `None`.
///
/// ```
/// use wirelab_http::host::split;
///
/// assert_eq!(split("example.com:8080"), ("example.com", Some(8080)));
/// assert_eq!(split("[::1]"), ("::1", None));
/// ```
pub fn split(authority: &str) -> (&str, Option<u16>) {
    let (host, port) = match authority.strip_prefix('[').and_then(|literal| literal.split_once(']')) {
        Some((address, rest)) => (address, rest.strip_prefix(':')),
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    (host, port.filter(|port| port.bytes().all(|b| b.is_ascii_digit())).and_then(|port| port.parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::{InvalidHost, host_of, split};
    use crate::{Fields, Target, Version};

    fn host(version: Version, hosts: &[&str]) -> Result<Option<String>, InvalidHost> {
        let mut fields = Fields::new();
        for host in hosts {
            fields.push("Host", host).unwrap();
        }
        let target = Target::parse(b"/").unwrap();
        host_of(&target, &fields, version).map(|host| host.map(str::to_owned))
    }

    #[test]
    fn only_http_1_1_insists_on_the_field() {
        assert_eq!(host(Version::HTTP_11, &[]), Err(InvalidHost::Missing));
        assert_eq!(host(Version::HTTP_10, &[]), Ok(None));
        assert_eq!(host(Version::HTTP_2, &[]), Ok(None));
        assert_eq!(host(Version::HTTP_11, &[""]), Ok(None));
    }

    #[test]
    fn a_doubtful_host_is_refused_in_every_version() {
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert_eq!(host(version, &["a", "a"]), Err(InvalidHost::Repeated));
            assert_eq!(host(version, &["a b"]), Err(InvalidHost::Malformed));
            assert_eq!(host(version, &["user@a"]), Err(InvalidHost::Malformed));
        }
    }

    #[test]
    fn ports_are_numbers_that_a_port_can_have() {
        assert_eq!(split("[2001:db8::1]:443"), ("2001:db8::1", Some(443)));
        assert_eq!(split("a:65536"), ("a", None));
        assert_eq!(split("a:+80"), ("a", None));
        assert_eq!(split("a:"), ("a", None));
    }
}
