use std::fmt;

/// The version of the protocol that a message claims (RFC 9110 §2.5): major and minor number.
///
/// ```
/// use wirelab_http::Version;
///
/// assert!(Version::HTTP_10 < Version::HTTP_11);
/// assert_eq!(Version::HTTP_11.to_string(), "HTTP/1.1");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Changes when the syntax of messages does.
    pub major: u8,
    /// Changes when a sender can do more.
    pub minor: u8,
}

impl Version {
    /// HTTP/1.0: a connection a request, unless both sides agree otherwise.
    pub const HTTP_10: Version = Version { major: 1, minor: 0 };
    /// HTTP/1.1: connections persist, bodies may be chunked.
    pub const HTTP_11: Version = Version { major: 1, minor: 1 };
    /// HTTP/2: binary frames, many streams on one connection.
    pub const HTTP_2: Version = Version { major: 2, minor: 0 };
    /// HTTP/3: the same over QUIC.
    pub const HTTP_3: Version = Version { major: 3, minor: 0 };
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.major {
            0 | 1 => write!(f, "HTTP/{}.{}", self.major, self.minor),
            major => write!(f, "HTTP/{major}"),
        }
    }
}
