use std::fmt;

use crate::grammar;

/// What a request asks for (RFC 9110 §9). Names are case-sensitive: `get` is another method than `GET`, and unknown.
///
/// ```
/// use wirelab_http::Method;
///
/// assert_eq!(Method::from_bytes(b"GET"), Some(Method::Get));
/// assert!(Method::Get.is_safe() && !Method::Post.is_idempotent());
/// assert_eq!(Method::from_bytes(b"PURGE").unwrap().as_str(), "PURGE");
/// assert_eq!(Method::from_bytes(b"no token"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Transfer a current representation of the target (§9.3.1).
    Get,
    /// As GET, without the content (§9.3.2).
    Head,
    /// Process the content in the target's own way (§9.3.3).
    Post,
    /// Replace the target's representation by the content (§9.3.4).
    Put,
    /// Remove the target's representation (§9.3.5).
    Delete,
    /// Make a tunnel to the target (§9.3.6).
    Connect,
    /// Say how one may talk to the target (§9.3.7).
    Options,
    /// Send back the request as it arrived (§9.3.8).
    Trace,
    /// Change the target as the content says (RFC 5789).
    Patch,
    /// Any other token.
    Other(Box<str>),
}

impl Method {
    /// The method of that name; `None` if it is not a token.
    pub fn from_bytes(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"GET" => Method::Get,
            b"HEAD" => Method::Head,
            b"POST" => Method::Post,
            b"PUT" => Method::Put,
            b"DELETE" => Method::Delete,
            b"CONNECT" => Method::Connect,
            b"OPTIONS" => Method::Options,
            b"TRACE" => Method::Trace,
            b"PATCH" => Method::Patch,
            _ if grammar::is_token(name) => Method::Other(std::str::from_utf8(name).ok()?.into()),
            _ => return None,
        })
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
            Method::Connect => "CONNECT",
            Method::Options => "OPTIONS",
            Method::Trace => "TRACE",
            Method::Patch => "PATCH",
            Method::Other(name) => name,
        }
    }

    /// Whether it only reads: the client asks for no change of state (RFC 9110 §9.2.1).
    pub fn is_safe(&self) -> bool {
        matches!(self, Method::Get | Method::Head | Method::Options | Method::Trace)
    }

    /// Whether twice has the intended effect of once, so that a client may repeat it when a connection breaks
    /// (RFC 9110 §9.2.2).
    pub fn is_idempotent(&self) -> bool {
        self.is_safe() || matches!(self, Method::Put | Method::Delete)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
