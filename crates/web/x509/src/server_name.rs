use std::fmt;
use std::net::IpAddr;

use crate::error::{Error, Violation};

/// Whom one wants to talk to: what the names in a server's certificate are compared with (RFC 6125 §6).
///
/// ```
/// use wirelab_x509::ServerName;
///
/// assert_eq!(ServerName::parse("Example.ORG.")?.to_string(), "example.org");
/// assert!(matches!(ServerName::parse("::1")?, ServerName::Ip(_)));
/// assert!(ServerName::parse("*.example.org").is_err());
/// # Ok::<(), wirelab_x509::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ServerName {
    /// A host's name.
    Dns(DnsName),
    /// An address, which a certificate has to name as such: one does not look it up.
    Ip(IpAddr),
}

/// A host's name in lower case, without a dot at its end: labels of letters, digits, hyphens and underscores, of 1 to 63
/// bytes each and 253 in all (RFC 1034 §3.5, RFC 1035 §2.3.4). Names in other scripts are given in their ASCII form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DnsName(String);

impl ServerName {
    /// Reads a host's name or an address. An IPv6 address may stand in brackets.
    ///
    /// # Errors
    /// [`Violation::NotAServerName`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        match (bare, bare.unwrap_or(text).parse()) {
            (Some(_), Ok(IpAddr::V6(ip))) => Ok(ServerName::Ip(ip.into())),
            (None, Ok(ip)) => Ok(ServerName::Ip(ip)),
            _ => DnsName::parse(text).map(ServerName::Dns),
        }
    }
}

impl DnsName {
    /// Reads a host's name.
    ///
    /// # Errors
    /// [`Violation::NotAServerName`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        // One dot at the end says that the name is complete (RFC 1034 §3.1); certificates leave it out.
        let name = text.strip_suffix('.').unwrap_or(text);
        check(name).map_err(Violation::NotAServerName)?;
        Ok(DnsName(name.to_ascii_lowercase()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn check(name: &str) -> Result<(), &'static str> {
    if name.is_empty() {
        return Err("it is empty");
    }
    if name.len() > 253 {
        return Err("it is longer than 253 bytes");
    }
    name.split('.').try_for_each(check_label)?;
    // A last label of digits would be an address to some programs (RFC 1123 §2.1).
    match name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) {
        true => Err("its last label is a number"),
        false => Ok(()),
    }
}

fn check_label(label: &str) -> Result<(), &'static str> {
    if label.is_empty() {
        return Err("a label is empty");
    }
    if label.len() > 63 {
        return Err("a label is longer than 63 bytes");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Err("a label begins or ends with a hyphen");
    }
    // Underscores are no letters of host names, but there are hosts that have them.
    match label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        true => Ok(()),
        false => Err("a character is neither letter, digit, hyphen nor underscore"),
    }
}

impl fmt::Display for DnsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerName::Dns(name) => name.fmt(f),
            ServerName::Ip(ip) => ip.fmt(f),
        }
    }
}
