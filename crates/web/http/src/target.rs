use std::fmt;

use bytes::Bytes;

use wirelab_wire::ByteSet;

use crate::Method;

/// What a request is about, in one of four forms (RFC 9112 §3.2). Kept as it was sent; nothing is decoded.
///
/// ```
/// use wirelab_http::Target;
///
/// let target = Target::parse(b"http://example.com:8080/a/b?q=1").unwrap();
/// assert_eq!(target.authority(), Some("example.com:8080"));
/// assert_eq!((target.path(), target.query()), ("/a/b", Some("q=1")));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    text: Bytes,
    form: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    /// `/where?q=now`: to a server.
    Origin,
    /// `http://example.com/where`: to a proxy, and understood by every server.
    Absolute {
        /// Where the authority begins and where the path begins (which may be empty).
        authority: u32,
        path: u32,
    },
    /// `example.com:80`: CONNECT only.
    Authority,
    /// `*`: OPTIONS only, about the server as a whole.
    Asterisk,
}

/// Why a request target was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    /// Not one of the four forms (RFC 9112 §3.2).
    #[error("it has none of the four forms of a request target (RFC 9112 §3.2)")]
    Form,
    /// A character that has no place in a URI, a fragment among them (RFC 3986 §2, RFC 9112 §3.2).
    #[error("it has a character that a request target cannot have (RFC 3986 §2)")]
    Character,
    /// `user@host`, which only phishers send (RFC 9110 §4.2.4).
    #[error("it has user information before the host (RFC 9110 §4.2.4)")]
    UserInformation,
    /// A form that the method does not allow: `*` is for OPTIONS, `host:port` for CONNECT and nothing else is
    /// (RFC 9112 §3.2.3, §3.2.4).
    #[error("its form does not go with the method (RFC 9112 §3.2)")]
    Method,
}

/// Every character that a browser leaves unescaped passes; `#` begins a fragment, which is never sent.
const QUERY_TEXT: &ByteSet = &ByteSet::of(&[(b'$', b'~'), (b'!', b'"')]);

/// A path has no `\` besides (RFC 3986 §3.3): some servers read it as `/`, and two that differ can be played off
/// against each other.
const PATH_TEXT: &ByteSet = &ByteSet::of(&[(b'$', b'['), (b']', b'~'), (b'!', b'"')]);

/// The characters of a `reg-name`: unreserved, percent-encoded, sub-delims (RFC 3986 §3.2.2).
const REG_NAME: &ByteSet = &ByteSet::of(&[
    (b'a', b'z'),
    (b'-', b'.'),
    (b'0', b'9'),
    (b'A', b'Z'),
    (b'_', b'_'),
    (b'~', b'~'),
    (b'$', b','),
    (b'!', b'!'),
    (b';', b';'),
    (b'=', b'='),
]);

impl Target {
    /// `*`.
    pub const ASTERISK: Target = Target { text: Bytes::from_static(b"*"), form: Form::Asterisk };

    /// Reads a target in any form. `text` without a scheme and a leading `/` is taken as `host:port`.
    ///
    /// # Errors
    /// It has a character that it cannot have, or none of the four forms.
    pub fn parse(text: &[u8]) -> Result<Self, InvalidTarget> {
        Target::from_shared(Bytes::copy_from_slice(text))
    }

    /// As [`parse`](Self::parse), without copying.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_shared(text: Bytes) -> Result<Self, InvalidTarget> {
        if !is_target_text(&text) {
            return Err(InvalidTarget::Character);
        }
        let form = Form::of(&text)?;
        Ok(Target { text, form })
    }

    /// That the form goes with the method.
    ///
    /// # Errors
    /// [`InvalidTarget::Method`].
    pub fn check_method(&self, method: &Method) -> Result<(), InvalidTarget> {
        let fits = match self.form {
            Form::Authority => *method == Method::Connect,
            Form::Asterisk => *method == Method::Options,
            Form::Origin | Form::Absolute { .. } => *method != Method::Connect,
        };
        if fits { Ok(()) } else { Err(InvalidTarget::Method) }
    }

    /// All of it, as it was sent.
    pub fn as_str(&self) -> &str {
        // Checked on the way in: visible ASCII only.
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// Host and port, where the target names them (absolute and authority form).
    pub fn authority(&self) -> Option<&str> {
        match self.form {
            Form::Absolute { authority, path } => self.as_str().get(authority as usize..path as usize),
            Form::Authority => Some(self.as_str()),
            Form::Origin | Form::Asterisk => None,
        }
    }

    /// The scheme, where the target names it (absolute form).
    pub fn scheme(&self) -> Option<&str> {
        match self.form {
            Form::Absolute { .. } => self.as_str().split(':').next(),
            _ => None,
        }
    }

    /// The path, beginning with `/`, still percent-encoded; `*` for the asterisk form, empty for the authority form.
    pub fn path(&self) -> &str {
        let text = self.path_and_query();
        match text.get(..question_mark(text).unwrap_or(text.len())).unwrap_or_default() {
            // `http://example.com?q=1`: no path is the path `/` (RFC 9110 §4.2.3).
            "" if self.is_absolute() => "/",
            path => path,
        }
    }

    /// What follows the first `?`, still percent-encoded.
    pub fn query(&self) -> Option<&str> {
        let text = self.path_and_query();
        text.get(question_mark(text)? + 1..)
    }

    /// Path and query, as a server sees them in origin form; the query alone for `http://example.com?q=1`, which has no
    /// path.
    pub fn path_and_query(&self) -> &str {
        match self.form {
            Form::Absolute { path, .. } => match self.as_str().get(path as usize..) {
                Some("") | None => "/",
                Some(path) => path,
            },
            Form::Authority => "",
            Form::Origin | Form::Asterisk => self.as_str(),
        }
    }

    /// Whether this is the absolute form, which a server must prefer to the Host field (RFC 9112 §3.2.2).
    pub fn is_absolute(&self) -> bool {
        matches!(self.form, Form::Absolute { .. })
    }

    /// Whether this is `*`.
    pub fn is_asterisk(&self) -> bool {
        self.form == Form::Asterisk
    }
}

/// Whether all characters may stand where they do. Few targets have a `\`, so that one look is enough for most.
fn is_target_text(text: &[u8]) -> bool {
    match text.split_at_checked(PATH_TEXT.span(text)) {
        None | Some((_, [])) => true,
        Some((before, rest)) => before.contains(&b'?') && QUERY_TEXT.span(rest) == rest.len(),
    }
}

/// Where the query begins. Targets are short: a plain loop is over before the search for a `char` has set out.
fn question_mark(text: &str) -> Option<usize> {
    text.bytes().position(|byte| byte == b'?')
}

impl Form {
    fn of(text: &[u8]) -> Result<Form, InvalidTarget> {
        match text {
            [b'/', ..] => Ok(Form::Origin),
            b"*" => Ok(Form::Asterisk),
            _ => Form::of_uri(std::str::from_utf8(text).unwrap_or_default()),
        }
    }

    fn of_uri(text: &str) -> Result<Form, InvalidTarget> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return if is_host_and_port(text) { Ok(Form::Authority) } else { Err(InvalidTarget::Form) };
        };
        let scheme_is_good = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let authority = rest.get(..end).unwrap_or_default();
        if authority.contains('@') {
            return Err(InvalidTarget::UserInformation);
        }
        if !scheme_is_good || !is_authority(authority) {
            return Err(InvalidTarget::Form);
        }
        let offset = |n: usize| u32::try_from(n).map_err(|_| InvalidTarget::Form);
        let start = scheme.len() + 3;
        Ok(Form::Absolute { authority: offset(start)?, path: offset(start + end)? })
    }
}

/// Whether `text` is a host and, behind a colon, a port (RFC 9112 §3.2.3: CONNECT needs both).
fn is_host_and_port(text: &str) -> bool {
    let port = text.rsplit_once(':').map(|(_, port)| port);
    is_authority(text)
        && port.is_some_and(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether `text` is `host [":" port]` with a host that is not empty (RFC 3986 §3.2.2, §3.2.3). This is also what
/// a Host field must look like (RFC 9110 §7.2).
///
/// ```
/// use wirelab_http::is_authority;
///
/// assert!(is_authority("example.com:8080") && is_authority("[::1]") && is_authority("127.0.0.1"));
/// assert!(!is_authority("a b") && !is_authority("user@host") && !is_authority("host:port") && !is_authority(""));
/// ```
pub fn is_authority(text: &str) -> bool {
    let (name, rest) = match text.strip_prefix('[') {
        Some(literal) => match literal.split_once(']') {
            Some((address, rest)) => return is_ip_literal(address) && is_port_suffix(rest),
            None => return false,
        },
        None => text.split_at_checked(REG_NAME.span(text.as_bytes())).unwrap_or_default(),
    };
    // A name is never empty in an http URI (RFC 9110 §4.2.1).
    !name.is_empty() && is_port_suffix(rest)
}

fn is_ip_literal(address: &str) -> bool {
    // IPvFuture (RFC 3986 §3.2.2) has never been used; IPv6 is what brackets are for.
    address.parse::<std::net::Ipv6Addr>().is_ok()
}

fn is_port_suffix(rest: &str) -> bool {
    rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidTarget, Target, is_authority};
    use proptest::prelude::*;

    #[test]
    fn each_form_has_its_parts() {
        for (text, scheme, authority, path, query) in [
            ("/where?q=now", None, None, "/where", Some("q=now")),
            ("//a//b??", None, None, "//a//b", Some("?")),
            ("http://a:80/b?c", Some("http"), Some("a:80"), "/b", Some("c")),
            ("http://a", Some("http"), Some("a"), "/", None),
            ("http://a?c/d", Some("http"), Some("a"), "/", Some("c/d")),
            ("http://[::1]:80/", Some("http"), Some("[::1]:80"), "/", None),
            ("/a?b\\c", None, None, "/a", Some("b\\c")),
            ("a.example:443", None, Some("a.example:443"), "", None),
            ("*", None, None, "*", None),
        ] {
            let target = Target::parse(text.as_bytes()).unwrap();
            assert_eq!((target.scheme(), target.authority()), (scheme, authority), "{text}");
            assert_eq!((target.path(), target.query()), (path, query), "{text}");
            assert_eq!(target.as_str(), text);
        }
    }

    #[test]
    fn what_has_none_of_the_forms_is_refused() {
        use InvalidTarget::{Character, Form, UserInformation};
        for (text, problem) in [
            ("", Form),
            ("where", Form),
            ("?q", Form),
            ("**", Form),
            ("a.example:", Form),
            ("a:b", Form),
            ("http:///", Form),
            ("1http://a/", Form),
            ("http://a:b/", Form),
            ("http://u@a/", UserInformation),
            ("/a b", Character),
            ("/a#b", Character),
            ("/\u{7f}", Character),
            ("/a\\b", Character),
            ("/a\\b?c", Character),
            ("http://a/b\\c", Character),
            ("http://a\\b/?c", Character),
            ("/a?b\\c d", Character),
            ("/a?b\\c#d", Character),
            ("/ä", Character),
        ] {
            assert_eq!(Target::parse(text.as_bytes()), Err(problem), "{text}");
        }
    }

    #[test]
    fn an_authority_is_a_host_and_perhaps_a_port() {
        for good in
            ["a", "a.b-c_d", "%41", "a:", "a:0", "127.0.0.1:80", "[::1]", "[::1]:", "[2001:db8::1]:443"]
        {
            assert!(is_authority(good), "{good}");
        }
        for bad in [
            "",
            ":80",
            "a:b",
            "a:80:80",
            "::1",
            "[::1",
            "[]",
            "[::1]80",
            "[a]",
            "a/b",
            "a@b",
            "a b",
            "ä",
            "[::1%25lo]",
        ] {
            assert!(!is_authority(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text in "[/:?*@\\[\\]a1.%#\\\\]{0,20}") {
            for bytes in [&bytes[..], text.as_bytes()] {
                if let Ok(target) = Target::parse(bytes) {
                    prop_assert_eq!(target.as_str().as_bytes(), bytes);
                    let _ = (target.scheme(), target.authority(), target.path(), target.query());
                }
            }
        }

        #[test]
        fn whatever_comes_in_the_absolute_form_has_a_path(text in "http://a[a-z:0-9]{0,5}[/?][a-z/?]{0,8}") {
            if let Ok(target) = Target::parse(text.as_bytes()) {
                prop_assert!(target.path().starts_with('/'), "{}", text);
                prop_assert!(target.authority().is_some_and(is_authority), "{}", text);
            }
        }
    }
}
