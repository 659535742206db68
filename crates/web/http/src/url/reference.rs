use super::InvalidUrl;

/// A reference: an address, or part of one, cut into its five components (RFC 3986 §3, §4.1).
pub(super) struct Reference<'t> {
    pub(super) scheme: Option<&'t str>,
    pub(super) authority: Option<&'t str>,
    pub(super) path: &'t str,
    pub(super) query: Option<&'t str>,
    pub(super) fragment: Option<&'t str>,
}

impl<'t> Reference<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, InvalidUrl> {
        if !text.bytes().all(|byte| (b'!'..=b'~').contains(&byte)) {
            return Err(InvalidUrl::Character);
        }
        let (rest, fragment) = cut(text, '#');
        if fragment.is_some_and(|fragment| fragment.contains('#')) {
            return Err(InvalidUrl::Character);
        }
        let (rest, query) = cut(rest, '?');
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Ok(Reference { scheme, authority, path, query, fragment })
    }
}

/// `text` before the first `separator`, and what follows it.
fn cut(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}
