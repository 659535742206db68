//! What names and numbers mean, each in a sentence: for pages and terminals that explain a message.
//!
//! ```
//! use wirelab_http::registry;
//!
//! let field = registry::field("sec-fetch-site").unwrap();
//! assert_eq!((field.name, field.section), ("Sec-Fetch-Site", "W3C Fetch Metadata"));
//! assert_eq!(registry::status(304).unwrap().section, "RFC 9110 §15.4.5");
//! assert!(registry::method("BREW").is_none());
//! ```

mod fields;

use std::cmp::Ordering;

use crate::{Method, StatusCode};

/// What a field is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// The name as it is usually written.
    pub name: &'static str,
    /// Where it is defined: `RFC 9110 §7.2`, or the name of another specification.
    pub section: &'static str,
    /// What it says, in a sentence.
    pub meaning: &'static str,
}

/// What a method asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MethodInfo {
    /// Its name, which is case-sensitive.
    pub name: &'static str,
    /// Where it is defined.
    pub section: &'static str,
    /// What it asks for, in a sentence.
    pub meaning: &'static str,
}

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusInfo {
    /// The code.
    pub code: u16,
    /// Its phrase.
    pub name: &'static str,
    /// Where it is defined.
    pub section: &'static str,
    /// What it says, in a sentence.
    pub meaning: &'static str,
}

/// About the field of this name, in any case.
pub fn field(name: &str) -> Option<FieldInfo> {
    let found = fields::TABLE.binary_search_by(|(other, _, _)| compare(other, name)).ok()?;
    let (name, section, meaning) = *fields::TABLE.get(found)?;
    Some(FieldInfo { name, section, meaning })
}

/// About the method of this name.
pub fn method(name: &str) -> Option<MethodInfo> {
    let (name, section, meaning) = match Method::from_bytes(name.as_bytes())? {
        Method::Get => ("GET", "RFC 9110 §9.3.1", "Send me the current representation of the target."),
        Method::Head => ("HEAD", "RFC 9110 §9.3.2", "Answer as to GET, but without the content."),
        Method::Post => ("POST", "RFC 9110 §9.3.3", "Process this content in the target's own way."),
        Method::Put => ("PUT", "RFC 9110 §9.3.4", "Make this content the target's new representation."),
        Method::Delete => ("DELETE", "RFC 9110 §9.3.5", "Remove the target's representation."),
        Method::Connect => ("CONNECT", "RFC 9110 §9.3.6", "Open a tunnel to this host and port for me."),
        Method::Options => ("OPTIONS", "RFC 9110 §9.3.7", "Tell me how I may talk to the target."),
        Method::Trace => ("TRACE", "RFC 9110 §9.3.8", "Send this request back to me as it arrived."),
        Method::Patch => ("PATCH", "RFC 5789 §2", "Change the target as this content says."),
        Method::Other(_) => return None,
    };
    Some(MethodInfo { name, section, meaning })
}

/// About the status of this number.
pub fn status(code: u16) -> Option<StatusInfo> {
    let status = StatusCode(code);
    let (section, meaning) = status.definition()?;
    Some(StatusInfo { code, name: status.reason(), section, meaning })
}

/// All fields that are explained, in alphabetical order.
pub fn all_fields() -> impl ExactSizeIterator<Item = FieldInfo> {
    fields::TABLE.iter().map(|&(name, section, meaning)| FieldInfo { name, section, meaning })
}

/// Alphabetical order without regard to case.
fn compare(a: &str, b: &str) -> Ordering {
    let lower = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(lower).cmp(b.bytes().map(lower))
}

#[cfg(test)]
mod tests {
    use super::{all_fields, compare, field, method, status};
    use crate::grammar::is_token;
    use std::cmp::Ordering;

    #[test]
    fn the_table_is_sorted_so_that_all_of_it_is_found() {
        let all: Vec<_> = all_fields().collect();
        for pair in all.windows(2) {
            assert_eq!(
                compare(pair[0].name, pair[1].name),
                Ordering::Less,
                "{} {}",
                pair[0].name,
                pair[1].name
            );
        }
        for info in all {
            assert_eq!(field(&info.name.to_ascii_uppercase()), Some(info));
            assert!(is_token(info.name.as_bytes()), "{}", info.name);
            assert!(info.meaning.ends_with('.') && !info.section.is_empty(), "{info:?}");
        }
        assert_eq!(field("X-Unheard-Of"), None);
    }

    #[test]
    fn methods_are_case_sensitive() {
        assert!(method("GET").is_some());
        assert_eq!(method("get"), None);
    }

    #[test]
    fn every_status_with_a_reason_has_a_meaning() {
        for code in 0..1000 {
            let info = status(code);
            assert_eq!(info.is_some(), !crate::StatusCode(code).reason().is_empty(), "{code}");
            assert!(info.is_none_or(|info| info.meaning.ends_with('.')), "{code}");
        }
    }
}
