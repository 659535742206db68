//! The addresses that a client is given, and those that a Location field refers to (RFC 9110 §4.2, RFC 3986 §3, §5.2).
//!
//! ```text
//!   http://example.com:8042/over/there?name=ferret#nose
//!   └─┬┘   └──────┬───────┘└────┬────┘ └────┬────┘ └─┬┘
//!   scheme    authority       path        query   fragment (never sent)
//! ```

mod reference;

use std::fmt;

use reference::Reference;

use crate::path::remove_dot_segments;
use crate::{InvalidTarget, Target, host, is_authority};

/// How the server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// In clear text, on port 80 unless the address says otherwise.
    Http,
    /// Over TLS, on port 443 unless the address says otherwise.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// 80 or 443 (RFC 9110 §4.2.1, §4.2.2).
    pub fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Why an address was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUrl {
    /// No scheme: `example.com/` alone is a path.
    #[error("it has no scheme; it should begin with http:// or https://")]
    Relative,
    /// A scheme that is not HTTP's.
    #[error("`{scheme}` is not a scheme of HTTP; it should be http or https")]
    Scheme {
        /// Which one.
        scheme: String,
    },
    /// No host, or something that is no `host:port` (RFC 9110 §4.2.1).
    #[error("its authority is not `host` or `host:port` (RFC 9110 §4.2.1)")]
    Authority,
    /// `user@host`, which only phishers send (RFC 9110 §4.2.4).
    #[error("it has user information before the host (RFC 9110 §4.2.4)")]
    UserInformation,
    /// A port above 65535.
    #[error("its port is above 65535")]
    Port,
    /// A blank, a control character, or one that is not ASCII: those must be percent-encoded (RFC 3986 §2.1).
    #[error("it has a character that must be percent-encoded (RFC 3986 §2.1)")]
    Character,
}

/// An address of http or https.
///
/// ```
/// use wirelab_http::url::Url;
///
/// let url = Url::parse("http://Example.com:8080/a/b?q=1#top")?;
/// assert_eq!((url.host(), url.port(), url.authority()), ("example.com", 8080, "example.com:8080"));
/// assert_eq!(url.target().as_str(), "/a/b?q=1");
/// assert_eq!(url.resolve("../c")?.to_string(), "http://example.com:8080/c#top");
/// # Ok::<(), wirelab_http::url::InvalidUrl>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Url {
    scheme: Scheme,
    authority: String,
    /// Beginning with `/`.
    path: String,
    query: Option<String>,
    fragment: Option<String>,
}

impl Url {
    /// Reads an absolute address. The host is kept in lower case, and an empty path becomes `/` (RFC 9110 §4.2.3).
    ///
    /// # Errors
    /// It is not absolute, not HTTP's, or malformed.
    pub fn parse(text: &str) -> Result<Self, InvalidUrl> {
        Url::absolute(&Reference::parse(text)?)?.ok_or(InvalidUrl::Relative)
    }

    /// The address that a reference means, seen from this one: what a Location field says (RFC 3986 §5.2).
    /// A reference without a fragment takes over this one's (RFC 9110 §10.2.2).
    ///
    /// # Errors
    /// The reference is malformed or leads out of HTTP.
    pub fn resolve(&self, reference: &str) -> Result<Self, InvalidUrl> {
        let reference = Reference::parse(reference)?;
        let mut url = match Url::absolute(&reference)? {
            Some(url) => url,
            None => self.resolve_relative(&reference)?,
        };
        url.fragment = reference.fragment.map(str::to_owned).or_else(|| self.fragment.clone());
        Ok(url)
    }

    /// The address that a reference is, if it has a scheme.
    fn absolute(reference: &Reference) -> Result<Option<Self>, InvalidUrl> {
        let Some(scheme) = reference.scheme else { return Ok(None) };
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            // `localhost:8080` has the form of scheme and path; what was meant is a host and a port.
            _ if reference.authority.is_none()
                && reference.path.starts_with(|c: char| c.is_ascii_digit()) =>
            {
                return Err(InvalidUrl::Relative);
            }
            other => return Err(InvalidUrl::Scheme { scheme: other.to_owned() }),
        };
        let authority = reference.authority.ok_or(InvalidUrl::Authority)?;
        let mut url = Url::new(scheme, authority, reference.path, reference.query.map(str::to_owned))?;
        url.fragment = reference.fragment.map(str::to_owned);
        Ok(Some(url))
    }

    /// RFC 3986 §5.2.2, for a reference without a scheme.
    fn resolve_relative(&self, reference: &Reference) -> Result<Self, InvalidUrl> {
        let query = reference.query.map(str::to_owned);
        let mut url = self.clone();
        if let Some(authority) = reference.authority {
            return Url::new(self.scheme, authority, reference.path, query);
        }
        if reference.path.is_empty() {
            url.query = query.or(url.query);
            return Ok(url);
        }
        // §5.2.3: the reference takes the place of the last segment.
        let folder = self.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        url.path = match reference.path {
            path if path.starts_with('/') => normal_path(path),
            path => normal_path(&format!("{folder}/{path}")),
        };
        url.query = query;
        Ok(url)
    }

    fn new(scheme: Scheme, authority: &str, path: &str, query: Option<String>) -> Result<Self, InvalidUrl> {
        if authority.contains('@') {
            return Err(InvalidUrl::UserInformation);
        }
        if !is_authority(authority) {
            return Err(InvalidUrl::Authority);
        }
        let port = authority.rsplit(']').next().and_then(|rest| rest.split_once(':')).map(|(_, port)| port);
        if port.is_some_and(|port| !port.is_empty()) && host::split(authority).1.is_none() {
            return Err(InvalidUrl::Port);
        }
        let path = if path.is_empty() { "/".to_owned() } else { normal_path(path) };
        Ok(Url { scheme, authority: authority.to_ascii_lowercase(), path, query, fragment: None })
    }

    /// How the server is reached.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// `host` or `host:port`, as the address names it: what the Host field says.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The host's name or address: what to look up and connect to. An IPv6 address has no brackets here.
    pub fn host(&self) -> &str {
        host::split(&self.authority).0
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        host::split(&self.authority).1.unwrap_or(self.scheme.default_port())
    }

    /// The path, beginning with `/`, percent-encoded.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands between `?` and `#`, percent-encoded.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// What follows `#`. It is for whoever shows the answer; a server never sees it.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }

    /// The target for a request to the server itself: path and query (RFC 9112 §3.2.1).
    pub fn target(&self) -> Target {
        self.checked_target(&self.path_and_query())
    }

    /// The target for a request to a proxy: all of it without the fragment (RFC 9112 §3.2.2).
    pub fn absolute_target(&self) -> Target {
        self.checked_target(&format!(
            "{}://{}{}",
            self.scheme.as_str(),
            self.authority,
            self.path_and_query()
        ))
    }

    fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    fn checked_target(&self, text: &str) -> Target {
        let target: Result<Target, InvalidTarget> = Target::parse(text.as_bytes());
        // Cannot fail: all characters and the authority were checked on the way in.
        target.unwrap_or(Target::ASTERISK)
    }
}

/// A path as it is sent: without dot segments, and with `\` encoded, which a path cannot have (RFC 3986 §3.3).
fn normal_path(path: &str) -> String {
    remove_dot_segments(path).replace('\\', "%5C")
}

impl std::str::FromStr for Url {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        Url::parse(text)
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority, self.path_and_query())?;
        self.fragment.iter().try_for_each(|fragment| write!(f, "#{fragment}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidUrl, Url};
    use proptest::prelude::*;

    #[test]
    fn an_address_that_is_not_http_is_refused_with_the_reason() {
        let scheme = |scheme: &str| InvalidUrl::Scheme { scheme: scheme.to_owned() };
        for (text, problem) in [
            ("", InvalidUrl::Relative),
            ("/a", InvalidUrl::Relative),
            ("example.com/a", InvalidUrl::Relative),
            ("localhost:8080", InvalidUrl::Relative),
            ("ftp://example.com/", scheme("ftp")),
            ("mailto:a@b", scheme("mailto")),
            ("http:", InvalidUrl::Authority),
            ("http:///a", InvalidUrl::Authority),
            ("http://:80/", InvalidUrl::Authority),
            ("http://[::1/", InvalidUrl::Authority),
            ("http://a:b/", InvalidUrl::Authority),
            ("http://user:secret@a/", InvalidUrl::UserInformation),
            ("http://a:65536/", InvalidUrl::Port),
            ("http://a/ b", InvalidUrl::Character),
            ("http://a/\r\n", InvalidUrl::Character),
            ("http://a/é", InvalidUrl::Character),
            ("http://a/#b#c", InvalidUrl::Character),
        ] {
            assert_eq!(Url::parse(text), Err(problem), "{text}");
        }
    }

    #[test]
    fn ports_and_paths_have_defaults() {
        let parts = |text: &str| {
            let url = Url::parse(text).unwrap();
            (url.host().to_owned(), url.port(), url.target().to_string())
        };
        assert_eq!(parts("http://a"), ("a".to_owned(), 80, "/".to_owned()));
        assert_eq!(parts("HTTPS://a:?q"), ("a".to_owned(), 443, "/?q".to_owned()));
        assert_eq!(parts("http://[::1]:8080/x"), ("::1".to_owned(), 8080, "/x".to_owned()));
    }

    #[test]
    fn a_backslash_in_a_path_is_sent_encoded() {
        let url = Url::parse("http://a/b\\c/d?e\\f").unwrap();
        assert_eq!(url.target().as_str(), "/b%5Cc/d?e\\f");
        assert_eq!(url.resolve("..\\g").unwrap().target().as_str(), "/b%5Cc/..%5Cg", "it separates nothing");
        assert_eq!(url.resolve("/\\h").unwrap().absolute_target().as_str(), "http://a/%5Ch");
    }

    #[test]
    fn a_proxy_is_sent_everything_but_the_fragment() {
        let url = Url::parse("http://a:8080/b?c#d").unwrap();
        assert_eq!(url.absolute_target().to_string(), "http://a:8080/b?c");
    }

    #[test]
    fn a_redirect_that_leads_out_of_http_is_refused() {
        let base = Url::parse("https://a/b").unwrap();
        assert_eq!(base.resolve("//c/d").unwrap().to_string(), "https://c/d");
        assert!(matches!(base.resolve("javascript:alert(1)"), Err(InvalidUrl::Scheme { .. })));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "https?://[a-z]{1,5}(:[1-9][0-9]{0,3})?(/[a-z.%]{0,4}){1,4}(\\?[a-z/?]{0,5})?(#[a-z]{0,3})?") {
            let url = Url::parse(&text).unwrap();
            prop_assert_eq!(Url::parse(&url.to_string()), Ok(url));
        }

        #[test]
        fn every_address_has_a_target_that_goes_to_its_server(base in "http://[a-z]{1,3}/[!-~]{0,10}", reference in "[!-~]{0,20}") {
            let Ok(base) = Url::parse(&base) else { return Ok(()) };
            if let Ok(url) = base.resolve(&reference) {
                prop_assert!(url.target().as_str().starts_with('/'), "{:?}", url);
                let absolute = url.absolute_target();
                prop_assert_eq!(absolute.authority(), Some(url.authority()));
            }
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = Url::parse(&text);
        }
    }
}
