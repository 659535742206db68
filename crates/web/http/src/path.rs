//! Paths: percent-encoding, dot segments, and the way from a request's path to the name of a file
//! (RFC 3986 §2.1, §3.3, §5.2.4).
//!
//! The order matters to a file server: a path is split at its slashes first and decoded afterwards, so that an encoded
//! slash (`%2F`) never becomes a separator, and `..` is looked for after decoding, so that `%2e%2e` is found.

use std::borrow::Cow;

/// Why a path cannot name a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnsafePath {
    /// It does not begin with `/`.
    #[error("it does not begin with a slash")]
    Relative,
    /// A `%` without two hexadecimal digits (RFC 3986 §2.1).
    #[error("it has a % without two hexadecimal digits (RFC 3986 §2.1)")]
    Escape,
    /// `..` above the root.
    #[error("it climbs out of the root by `..`")]
    AboveRoot,
    /// A slash or backslash within a segment, which some system or other would take for a separator.
    #[error("it has an encoded slash, or a backslash")]
    Separator,
    /// NUL or another control character, which file names do not have unless somebody is up to something.
    #[error("it has a control character")]
    Control,
    /// The decoded bytes are not UTF-8.
    #[error("it is not UTF-8")]
    Encoding,
}

/// The bytes that percent-encoded text stands for; `None` if a `%` is not followed by two hexadecimal digits.
///
/// ```
/// use wirelab_http::path::percent_decode;
///
/// assert_eq!(percent_decode("caf%C3%A9").unwrap(), "café".as_bytes());
/// assert_eq!(percent_decode("100%"), None);
/// ```
pub fn percent_decode(text: &str) -> Option<Cow<'_, [u8]>> {
    let Some((plain, _)) = text.split_once('%') else { return Some(text.as_bytes().into()) };
    let mut decoded = plain.as_bytes().to_vec();
    let mut rest = text.as_bytes().get(plain.len()..).unwrap_or_default();
    while let Some((&byte, behind)) = rest.split_first() {
        match (byte, behind) {
            (b'%', [high, low, behind @ ..]) => {
                decoded.push(hex_digit(*high)? << 4 | hex_digit(*low)?);
                rest = behind;
            }
            (b'%', _) => return None,
            _ => {
                decoded.push(byte);
                rest = behind;
            }
        }
    }
    Some(decoded.into())
}

/// A name as one segment of a path: everything but the unreserved characters is encoded (RFC 3986 §2.3).
///
/// ```
/// use wirelab_http::path::percent_encode;
///
/// assert_eq!(percent_encode("50% of café/bar"), "50%25%20of%20caf%C3%A9%2Fbar");
/// ```
pub fn percent_encode(name: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).map_or('0', |&digit| char::from(digit));
            encoded.extend(['%', digit(byte >> 4), digit(byte & 0xf)]);
        }
    }
    encoded
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

/// A path without its `.` and `..` segments: each `..` takes the segment before it along (RFC 3986 §5.2.4). Above
/// the root there is the root.
///
/// ```
/// use wirelab_http::path::remove_dot_segments;
///
/// assert_eq!(remove_dot_segments("/a/b/c/./../../g"), "/a/g");
/// assert_eq!(remove_dot_segments("/a/b/.."), "/a/");
/// ```
pub fn remove_dot_segments(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            _ => kept.push(segment),
        }
        // A dot segment at the end names a folder: its slash stays.
        if is_last && matches!(segment, "." | "..") {
            kept.push("");
        }
    }
    let root = if is_absolute { "/" } else { "" };
    format!("{root}{}", kept.join("/"))
}

/// The segments of a path as names of folders and a file, decoded and safe to be joined to a root folder: none is
/// empty, `.` or `..`, and none has a separator or a control character.
///
/// Whether the path ended with a slash is lost; where that matters, look at the path.
///
/// # Errors
/// The path climbs above the root, or has something that has no place in the name of a file.
///
/// ```
/// use wirelab_http::path::{UnsafePath, safe_segments};
///
/// assert_eq!(safe_segments("/docs/./a%20b/../c.html").unwrap(), ["docs", "c.html"]);
/// assert_eq!(safe_segments("/%2e%2e/etc/passwd"), Err(UnsafePath::AboveRoot));
/// assert_eq!(safe_segments("/a%2Fb"), Err(UnsafePath::Separator));
/// ```
pub fn safe_segments(path: &str) -> Result<Vec<String>, UnsafePath> {
    let segments = path.strip_prefix('/').ok_or(UnsafePath::Relative)?.split('/');
    let mut names = Vec::new();
    for segment in segments {
        let name = decode_segment(segment)?;
        match name.as_str() {
            "" | "." => {}
            ".." => {
                names.pop().ok_or(UnsafePath::AboveRoot)?;
            }
            _ => names.push(name),
        }
    }
    Ok(names)
}

fn decode_segment(segment: &str) -> Result<String, UnsafePath> {
    let bytes = percent_decode(segment).ok_or(UnsafePath::Escape)?;
    if bytes.iter().any(|byte| matches!(byte, b'/' | b'\\')) {
        return Err(UnsafePath::Separator);
    }
    if bytes.iter().any(u8::is_ascii_control) {
        return Err(UnsafePath::Control);
    }
    String::from_utf8(bytes.into_owned()).map_err(|_| UnsafePath::Encoding)
}

#[cfg(test)]
mod tests {
    use super::{UnsafePath, percent_decode, percent_encode, remove_dot_segments, safe_segments};
    use proptest::prelude::*;

    #[test]
    fn attacks_on_a_file_server_are_refused() {
        for (path, problem) in [
            ("", UnsafePath::Relative),
            ("etc/passwd", UnsafePath::Relative),
            ("/../etc", UnsafePath::AboveRoot),
            ("/a/../../etc", UnsafePath::AboveRoot),
            ("/a/%2E%2e/.%2e/etc", UnsafePath::AboveRoot),
            ("/..%2fetc", UnsafePath::Separator),
            ("/..%5cetc", UnsafePath::Separator),
            ("/..\\etc", UnsafePath::Separator),
            ("/a%00.html", UnsafePath::Control),
            ("/a%0d%0aX", UnsafePath::Control),
            ("/%zz", UnsafePath::Escape),
            ("/%c0%ae%c0%ae/", UnsafePath::Encoding),
        ] {
            assert_eq!(safe_segments(path), Err(problem), "{path}");
        }
    }

    #[test]
    fn a_path_is_decoded_once() {
        assert_eq!(safe_segments("/%252e%252e/").unwrap(), ["%2e%2e"]);
        assert_eq!(safe_segments("//a//b/").unwrap(), ["a", "b"]);
    }

    #[test]
    fn dots_within_a_segment_stay() {
        assert_eq!(remove_dot_segments("/a/..b/.c/d../..."), "/a/..b/.c/d../...");
        assert_eq!(remove_dot_segments("/../../a//b/.."), "/a//");
        assert_eq!(remove_dot_segments(""), "");
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(name: String) {
            let encoded = percent_encode(&name);
            prop_assert_eq!(percent_decode(&encoded).unwrap(), name.as_bytes());
        }

        #[test]
        fn safe_segments_stay_below_the_root(path in "(/|%2f|\\.|%2e|a|\\\\|%|%00|ä){0,20}") {
            for name in safe_segments(&path).unwrap_or_default() {
                prop_assert!(!matches!(name.as_str(), "" | "." | ".."), "{}", path);
                prop_assert!(!name.contains(['/', '\\', '\0']), "{}", path);
            }
        }

        #[test]
        fn a_path_without_dot_segments_has_none(path in "/([./a]){0,20}") {
            let normal = remove_dot_segments(&path);
            prop_assert!(normal.starts_with('/'));
            prop_assert!(!normal.split('/').any(|segment| matches!(segment, "." | "..")), "{}", normal);
            prop_assert_eq!(remove_dot_segments(&normal), normal.clone());
        }

        #[test]
        fn arbitrary_text_never_panics(path: String) {
            let _ = (safe_segments(&path), percent_decode(&path), remove_dot_segments(&path));
        }
    }
}
