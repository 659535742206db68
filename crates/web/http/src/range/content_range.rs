use std::fmt;

use super::Part;
use crate::grammar::trim;

/// The value of a Content-Range field: which part this is, or, in a 416, how long the whole is (§14.4).
///
/// ```
/// use wirelab_http::range::{ContentRange, Part};
///
/// let range = ContentRange::Part { part: Part { first: 42, last: 1233 }, complete: Some(1234) };
/// assert_eq!(range.to_string(), "bytes 42-1233/1234");
/// assert_eq!(ContentRange::parse(b"bytes 42-1233/1234"), Some(range));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentRange {
    /// `bytes 0-499/8000`, or `bytes 0-499/*` when the length of the whole is unknown.
    Part {
        /// Which part.
        part: Part,
        /// Length of the whole, if it is known.
        complete: Option<u64>,
    },
    /// `bytes */8000`: no range could be satisfied.
    Unsatisfied {
        /// Length of the whole.
        complete: u64,
    },
}

impl ContentRange {
    /// Reads a Content-Range in bytes; `None` if it is another unit or invalid, in which case the content must not be
    /// joined with other parts (§14.4).
    pub fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(trim(value)).ok()?;
        let (unit, range) = text.split_once(' ')?;
        let (positions, complete) = range.split_once('/')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        if positions == "*" {
            return Some(ContentRange::Unsatisfied { complete: number(complete)? });
        }
        let (first, last) = positions.split_once('-')?;
        let part = Part { first: number(first)?, last: number(last)? };
        let complete = if complete == "*" { None } else { Some(number(complete)?) };
        let valid = part.first <= part.last && complete.is_none_or(|complete| part.last < complete);
        valid.then_some(ContentRange::Part { part, complete })
    }
}

/// A decimal number. Unlike in a Range field, one that is too large is an error: the position must be right.
fn number(digits: &str) -> Option<u64> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContentRange::Unsatisfied { complete } => write!(f, "bytes */{complete}"),
            ContentRange::Part { part: Part { first, last }, complete: Some(complete) } => {
                write!(f, "bytes {first}-{last}/{complete}")
            }
            ContentRange::Part { part: Part { first, last }, complete: None } => {
                write!(f, "bytes {first}-{last}/*")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ContentRange, Part};
    use proptest::prelude::*;

    #[test]
    fn an_invalid_content_range_is_refused() {
        for value in [
            "bytes 5-4/10",
            "bytes 0-10/10",
            "bytes 0-9",
            "bytes */*",
            "bytes 0-9/",
            "bytes -9/10",
            "bytes 0-+9/10",
            "items 0-9/10",
            "bytes=0-9/10",
            "bytes 0-18446744073709551616/*",
        ] {
            assert_eq!(ContentRange::parse(value.as_bytes()), None, "{value}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(first: u64, more: u32, rest in 1..u32::MAX, known: bool) {
            let first = first / 2;
            let part = Part { first, last: first + u64::from(more) };
            let complete = known.then_some(part.last + u64::from(rest));
            for range in [
                ContentRange::Part { part, complete },
                ContentRange::Unsatisfied { complete: first },
            ] {
                prop_assert_eq!(ContentRange::parse(range.to_string().as_bytes()), Some(range));
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text in "bytes [0-9*/-]{0,30}") {
            let _ = (ContentRange::parse(&bytes), ContentRange::parse(text.as_bytes()));
        }
    }
}
