//! Cookies, as a server sees them: it sets them with Set-Cookie, and they come back in Cookie (RFC 6265 §4).
//!
//! The rules by which a browser keeps them and sends them back (§5) are the client's side, and not here.

use std::fmt;

use wirelab_wire::ByteSet;

use crate::Fields;
use crate::date::Date;
use crate::grammar::{is_token, trim};

/// `cookie-octet` (RFC 6265 §4.1.1): visible ASCII without quote, comma, semicolon and backslash.
const COOKIE_OCTET: &ByteSet =
    &ByteSet::of(&[(b'<', b'['), (b']', b'~'), (b'-', b':'), (b'#', b'+'), (b'!', b'!')]);

/// What a Path or Domain may hold: anything that neither ends the attribute nor the field.
const ATTRIBUTE: &ByteSet = &ByteSet::of(&[(b'<', b'~'), (b' ', b':')]);

/// The cookies of a request, name and value, in the order in which they were sent. Quotes around a value belong to it
/// (RFC 6265 §5.2 keeps them), and names may repeat. What is not UTF-8, or has no `=`, is left out.
///
/// ```
/// use wirelab_http::{Fields, cookie};
///
/// let mut fields = Fields::new();
/// fields.push("Cookie", "SID=31d4d96e407aad42; lang=en-US").unwrap();
/// assert_eq!(cookie::get(&fields, "lang"), Some("en-US"));
/// assert_eq!(cookie::pairs(&fields).count(), 2);
/// ```
pub fn pairs(fields: &Fields) -> impl Iterator<Item = (&str, &str)> {
    // HTTP/2 may cut the field into several (RFC 9113 §8.2.3).
    fields.get_all("cookie").flat_map(|value| value.split(|&byte| byte == b';')).filter_map(|pair| {
        let (name, value) = std::str::from_utf8(trim(pair)).ok()?.split_once('=')?;
        Some((name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t'])))
    })
}

/// The value of the first cookie of this name. Unlike names of fields, names of cookies are case-sensitive.
pub fn get<'f>(fields: &'f Fields, name: &str) -> Option<&'f str> {
    pairs(fields).find(|(other, _)| *other == name).map(|(_, value)| value)
}

/// Whether a cookie goes along when another site leads the browser here. Browsers have this from a later draft
/// (RFC 6265bis).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// Never.
    Strict,
    /// When the user follows a link, not for images, frames and scripts. What browsers do when nothing is said.
    Lax,
    /// Always; browsers insist on Secure then.
    None,
}

/// Why a cookie cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCookie {
    /// The name is not a token.
    #[error("the name of the cookie is not a token (RFC 6265 §4.1.1)")]
    Name,
    /// The value has a blank, quote, comma, semicolon, backslash, control or non-ASCII character. Encode it first.
    #[error("the value of the cookie has a character that must be encoded (RFC 6265 §4.1.1)")]
    Value,
    /// Path or Domain has a semicolon, a control or a non-ASCII character.
    #[error(
        "an attribute of the cookie has a semicolon or another character that it cannot have (RFC 6265 §4.1.1)"
    )]
    Attribute,
}

/// A cookie to be set. Each goes into a Set-Cookie field of its own: these cannot be joined by commas.
///
/// ```
/// use wirelab_http::cookie::{SameSite, SetCookie};
///
/// let cookie = SetCookie::new("SID", "31d4")?.path("/")?.max_age(3600).secure().http_only().same_site(SameSite::Lax);
/// assert_eq!(cookie.to_string(), "SID=31d4; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax");
/// # Ok::<(), wirelab_http::cookie::InvalidCookie>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetCookie {
    text: String,
}

impl SetCookie {
    /// A cookie that the browser forgets when it is closed, and sends back to this host alone.
    ///
    /// # Errors
    /// The name or value has characters that a cookie cannot have.
    pub fn new(name: &str, value: &str) -> Result<Self, InvalidCookie> {
        if !is_token(name.as_bytes()) {
            return Err(InvalidCookie::Name);
        }
        if COOKIE_OCTET.span(value.as_bytes()) != value.len() {
            return Err(InvalidCookie::Value);
        }
        Ok(SetCookie { text: format!("{name}={value}") })
    }

    /// Sends it back for paths below this one only. Without it: the folder of the request.
    ///
    /// # Errors
    /// The path has characters that it cannot have.
    pub fn path(self, path: &str) -> Result<Self, InvalidCookie> {
        self.attribute("Path", path)
    }

    /// Sends it back to this domain and those below it, not only to the host that set it.
    ///
    /// # Errors
    /// The domain has characters that it cannot have.
    pub fn domain(self, domain: &str) -> Result<Self, InvalidCookie> {
        self.attribute("Domain", domain)
    }

    /// Keeps it for so many seconds. 0 removes it at once.
    #[must_use]
    pub fn max_age(self, seconds: u64) -> Self {
        self.with(format_args!("Max-Age={seconds}"))
    }

    /// Keeps it until this date. Max-Age goes before it.
    #[must_use]
    pub fn expires(self, date: Date) -> Self {
        self.with(format_args!("Expires={date}"))
    }

    /// Sends it back over https only.
    #[must_use]
    pub fn secure(self) -> Self {
        self.with(format_args!("Secure"))
    }

    /// Hides it from scripts.
    #[must_use]
    pub fn http_only(self) -> Self {
        self.with(format_args!("HttpOnly"))
    }

    /// Whether it goes along when another site leads here.
    #[must_use]
    pub fn same_site(self, same_site: SameSite) -> Self {
        self.with(match same_site {
            SameSite::Strict => format_args!("SameSite=Strict"),
            SameSite::Lax => format_args!("SameSite=Lax"),
            SameSite::None => format_args!("SameSite=None"),
        })
    }

    fn attribute(self, name: &str, value: &str) -> Result<Self, InvalidCookie> {
        if ATTRIBUTE.span(value.as_bytes()) != value.len() {
            return Err(InvalidCookie::Attribute);
        }
        Ok(self.with(format_args!("{name}={value}")))
    }

    fn with(mut self, attribute: fmt::Arguments<'_>) -> Self {
        self.text.push_str("; ");
        self.text.push_str(&attribute.to_string());
        self
    }
}

/// The value of the Set-Cookie field.
impl fmt::Display for SetCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidCookie, SameSite, SetCookie, get, pairs};
    use crate::Fields;
    use crate::date::Date;
    use proptest::prelude::*;

    fn cookies(values: &[&[u8]]) -> Fields {
        let mut fields = Fields::new();
        for value in values {
            fields.push("Cookie", value).unwrap();
        }
        fields
    }

    #[test]
    fn cookies_may_be_spread_over_several_fields() {
        let fields = cookies(&[b"a=1;b = \"2\" ; ;c", b"a=3; d=x=y", b"e=\xff"]);
        let expected = [("a", "1"), ("b", "\"2\""), ("a", "3"), ("d", "x=y")];
        assert_eq!(pairs(&fields).collect::<Vec<_>>(), expected);
        assert_eq!((get(&fields, "a"), get(&fields, "A")), (Some("1"), None));
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_cookie() {
        for name in ["", "a b", "a=b", "a;", "a\r\n"] {
            assert_eq!(SetCookie::new(name, "1"), Err(InvalidCookie::Name), "{name:?}");
        }
        for value in ["a b", "a;b", "a,b", "\"a\"", "a\\", "a\r\nX: y", "é"] {
            assert_eq!(SetCookie::new("a", value), Err(InvalidCookie::Value), "{value:?}");
        }
        for path in ["/;Secure", "/\r\n", "/é"] {
            let cookie = SetCookie::new("a", "1").unwrap();
            assert_eq!(cookie.path(path), Err(InvalidCookie::Attribute), "{path:?}");
        }
    }

    #[test]
    fn every_attribute_is_written() {
        let cookie = SetCookie::new("a", "").unwrap().domain("example.com").unwrap();
        let cookie = cookie.expires(Date(784_111_777)).same_site(SameSite::None).secure();
        let expected = "a=; Domain=example.com; Expires=Sun, 06 Nov 1994 08:49:37 GMT; SameSite=None; Secure";
        assert_eq!(cookie.to_string(), expected);
    }

    proptest! {
        #[test]
        fn what_is_set_comes_back(name in "[a-zA-Z_-]{1,8}", value in "[!#-+--:<-\\[\\]-~]{0,12}") {
            let set = SetCookie::new(&name, &value).unwrap().to_string();
            let received = cookies(&[set.as_bytes()]);
            prop_assert_eq!(get(&received, &name), Some(value.as_str()));
        }

        #[test]
        fn arbitrary_cookies_never_panic(value in "[ -~é]{0,40}") {
            let _ = pairs(&cookies(&[value.as_bytes()])).count();
        }
    }
}
