//! Media types: what kind of content this is (RFC 9110 §8.3.1).

use std::fmt;

use crate::grammar::is_token;
use crate::parameters::{quote, split_parameters};

/// `type/subtype; name=value`.
///
/// ```
/// use wirelab_http::media_type::MediaType;
///
/// let html = MediaType::parse(b"Text/HTML;Charset=\"utf-8\"").unwrap();
/// assert!(html.is("text/html"));
/// assert_eq!(html.parameter("charset"), Some("utf-8"));
/// assert_eq!(html.to_string(), "text/html; charset=utf-8");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MediaType {
    essence: String,
    slash: usize,
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads a Content-Type; `None` if it is malformed. Type, subtype and parameter names are kept in lower case, since
    /// they are compared without regard to it.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let (essence, rest) = split_parameters(value)?;
        let (main, subtype) = essence.split_once('/')?;
        if !is_token(main.as_bytes()) || !is_token(subtype.as_bytes()) {
            return None;
        }
        let owned = |parameter: Result<(&str, std::borrow::Cow<'_, str>), _>| {
            parameter.map(|(name, value)| (name.to_ascii_lowercase(), value.into_owned()))
        };
        let parameters = rest.map(owned).collect::<Result<_, _>>().ok()?;
        Some(MediaType { essence: essence.to_ascii_lowercase(), slash: main.len(), parameters })
    }

    /// `type/subtype`, in lower case, without parameters.
    pub fn essence(&self) -> &str {
        &self.essence
    }

    /// Before the slash.
    pub fn main_type(&self) -> &str {
        self.essence.get(..self.slash).unwrap_or_default()
    }

    /// Behind the slash.
    pub fn subtype(&self) -> &str {
        self.essence.get(self.slash + 1..).unwrap_or_default()
    }

    /// Whether type and subtype are these, without regard to case and parameters.
    pub fn is(&self, essence: &str) -> bool {
        self.essence.eq_ignore_ascii_case(essence)
    }

    /// The value of the first parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let named = |(other, _): &&(String, String)| other.eq_ignore_ascii_case(name);
        self.parameters.iter().find(named).map(|(_, value)| value.as_str())
    }

    /// All parameters: name in lower case, and value.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.essence)?;
        self.parameters.iter().try_for_each(|(name, value)| write!(f, "; {name}={}", quote(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::MediaType;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_media_type_is_refused() {
        for value in
            ["", "text", "text/", "/html", "text/html/x", "text / html", "text/html; charset", "a/b;c=\"d"]
        {
            assert_eq!(MediaType::parse(value.as_bytes()), None, "{value}");
        }
    }

    #[test]
    fn the_parts_are_there() {
        let form = MediaType::parse(b" multipart/form-data ; Boundary=\"a b\" ").unwrap();
        assert_eq!((form.main_type(), form.subtype()), ("multipart", "form-data"));
        assert_eq!(form.parameters().collect::<Vec<_>>(), [("boundary", "a b")]);
        assert_eq!(form.to_string(), "multipart/form-data; boundary=\"a b\"");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "[a-z]{1,5}/[a-z+.]{1,8}(; [a-z]{1,4}=\"[ -!#-Z]{0,9}\"){0,3}") {
            let parsed = MediaType::parse(text.as_bytes()).unwrap();
            prop_assert_eq!(MediaType::parse(parsed.to_string().as_bytes()), Some(parsed));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = MediaType::parse(&bytes);
        }
    }
}
