//! Requests for parts of a representation: Range and Content-Range (RFC 9110 §14).
//!
//! ```text
//! Range: bytes=0-499, -500     ──▶  Ranges  ──resolve(8000)──▶  parts 0-499 and 7500-7999
//! Content-Range: bytes 0-499/8000
//! ```
//!
//! A request can name many ranges that overlap, and a server that sent each of them would send the file many times over
//! (§17.15). Here the number of ranges has a limit, and parts that overlap or nearly touch are sent as one, so that
//! an answer is never longer than the representation and some heads.

mod content_range;

use std::fmt;

pub use content_range::ContentRange;

use crate::grammar::{list, trim};
use crate::{Fields, Method};

/// As many ranges as a player or a document viewer asks for; more are refused by [`requested`].
pub const USUAL_LIMIT: usize = 16;

/// Two parts with fewer bytes between them are sent as one: the head of a part costs about as much (§15.3.7.2).
const SMALLEST_GAP: u64 = 80;

/// One range as it was asked for, before the length of the representation is known (§14.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeSpec {
    /// `first-last`, or `first-` for all that follows. Positions count from 0, and the last one is included.
    FromTo {
        /// Position of the first byte.
        first: u64,
        /// Position of the last byte.
        last: Option<u64>,
    },
    /// `-length`: that many bytes at the end.
    Suffix {
        /// How many bytes.
        length: u64,
    },
}

/// The value of a Range field in bytes: one range or more, in the order of the request.
///
/// ```
/// use wirelab_http::range::{Part, Ranges, Resolved};
///
/// let ranges = Ranges::parse(b"bytes=0-0,-1", 16)?;
/// let parts = vec![Part { first: 0, last: 0 }, Part { first: 9999, last: 9999 }];
/// assert_eq!(ranges.resolve(10_000), Resolved::Parts(parts));
/// assert_eq!(Ranges::parse(b"bytes=500-", 16)?.resolve(500), Resolved::Unsatisfiable);
/// # Ok::<(), wirelab_http::range::InvalidRange>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranges {
    specs: Vec<RangeSpec>,
}

/// Why a Range field was refused. A server ignores such a field and sends everything (§14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRange {
    /// The unit is not `bytes`.
    #[error("its unit is not bytes (RFC 9110 §14.1)")]
    Unit,
    /// It is not `first-last`, `first-` or `-length`, or there is no range at all.
    #[error("it is not a list of byte ranges (RFC 9110 §14.1.1)")]
    Syntax,
    /// The last position comes before the first.
    #[error("a range ends before it begins (RFC 9110 §14.1.1)")]
    Order,
    /// More ranges than are accepted.
    #[error("it has more than {limit} ranges (RFC 9110 §17.15)")]
    TooMany {
        /// How many would be accepted.
        limit: usize,
    },
}

/// What is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// These parts: one with Content-Range in the head, several as multipart/byteranges. Never empty.
    Parts(Vec<Part>),
    /// Everything: the representation is empty, and Content-Range cannot name a part of it.
    Whole,
    /// Nothing: every range begins behind the end. The answer is 416 (§15.5.17).
    Unsatisfiable,
}

/// A part of a representation: positions of its first and last byte, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Position of the first byte.
    pub first: u64,
    /// Position of the last byte; not less than `first`.
    pub last: u64,
}

/// The byte ranges that a request asks for, if a server should honour them: the method is GET, there is one Range
/// field, and it is valid with at most `limit` ranges. Otherwise the field is ignored (§14.2).
pub fn requested(method: &Method, fields: &Fields, limit: usize) -> Option<Ranges> {
    let mut values = fields.get_all("range");
    match (values.next(), values.next()) {
        (Some(value), None) if *method == Method::Get => Ranges::parse(value, limit).ok(),
        _ => None,
    }
}

impl Ranges {
    /// Reads a Range field with at most `limit` ranges.
    ///
    /// # Errors
    /// Another unit, bad syntax, or too many ranges. All of them mean: ignore the field.
    pub fn parse(value: &[u8], limit: usize) -> Result<Self, InvalidRange> {
        let equals = value.iter().position(|&byte| byte == b'=').ok_or(InvalidRange::Syntax)?;
        let (unit, set) = value.split_at(equals);
        // Range units are compared without regard to case (§14.1).
        if !trim(unit).eq_ignore_ascii_case(b"bytes") {
            return Err(InvalidRange::Unit);
        }
        let mut specs = Vec::new();
        for spec in list(set.get(1..).unwrap_or_default()) {
            if specs.len() == limit {
                return Err(InvalidRange::TooMany { limit });
            }
            specs.push(RangeSpec::parse(spec)?);
        }
        if specs.is_empty() { Err(InvalidRange::Syntax) } else { Ok(Ranges { specs }) }
    }

    /// The ranges as they were asked for.
    pub fn specs(&self) -> &[RangeSpec] {
        &self.specs
    }

    /// What they mean for a representation of `length` bytes: its satisfiable parts in the order of the request, those
    /// that overlap or nearly touch joined.
    pub fn resolve(&self, length: u64) -> Resolved {
        let parts: Vec<Part> = self.specs.iter().filter_map(|spec| spec.resolve(length)).collect();
        let asks_for_the_end = |spec: &RangeSpec| matches!(spec, RangeSpec::Suffix { length: 1.. });
        if !parts.is_empty() {
            Resolved::Parts(coalesce(parts))
        } else if length == 0 && self.specs.iter().any(asks_for_the_end) {
            Resolved::Whole
        } else {
            Resolved::Unsatisfiable
        }
    }
}

impl RangeSpec {
    fn parse(text: &[u8]) -> Result<Self, InvalidRange> {
        let dash = text.iter().position(|&byte| byte == b'-').ok_or(InvalidRange::Syntax)?;
        let (first, last) = text.split_at(dash);
        let spec = match (first, last.get(1..).unwrap_or_default()) {
            ([], length) => RangeSpec::Suffix { length: number(length).ok_or(InvalidRange::Syntax)? },
            (first, []) => {
                RangeSpec::FromTo { first: number(first).ok_or(InvalidRange::Syntax)?, last: None }
            }
            (first, last) => {
                let (first, last) = number(first).zip(number(last)).ok_or(InvalidRange::Syntax)?;
                if last < first {
                    return Err(InvalidRange::Order);
                }
                RangeSpec::FromTo { first, last: Some(last) }
            }
        };
        Ok(spec)
    }

    /// The part of a representation of this length, if there is one (§14.1.2).
    fn resolve(self, length: u64) -> Option<Part> {
        let end = length.checked_sub(1)?;
        match self {
            RangeSpec::FromTo { first, last } => {
                (first <= end).then(|| Part { first, last: last.unwrap_or(end).min(end) })
            }
            RangeSpec::Suffix { length: 0 } => None,
            RangeSpec::Suffix { length: wanted } => {
                Some(Part { first: length.saturating_sub(wanted), last: end })
            }
        }
    }
}

impl Part {
    /// How many bytes it has.
    #[expect(clippy::len_without_is_empty, reason = "a part has at least one byte")]
    pub fn len(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

/// Joins parts that overlap or nearly touch; the order stays that in which the first of the joined was asked for.
fn coalesce(parts: Vec<Part>) -> Vec<Part> {
    let mut by_position: Vec<(usize, Part)> = parts.into_iter().enumerate().collect();
    by_position.sort_by_key(|(_, part)| part.first);
    let mut joined: Vec<(usize, Part)> = Vec::with_capacity(by_position.len());
    for (order, part) in by_position {
        match joined.last_mut() {
            Some((earliest, previous)) if part.first <= previous.last.saturating_add(SMALLEST_GAP) => {
                previous.last = previous.last.max(part.last);
                *earliest = order.min(*earliest);
            }
            _ => joined.push((order, part)),
        }
    }
    joined.sort_by_key(|(order, _)| *order);
    joined.into_iter().map(|(_, part)| part).collect()
}

/// A decimal number. One that is too large becomes the largest: it lies behind every end (§14.1.2).
fn number(digits: &[u8]) -> Option<u64> {
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    valid.then(|| digits.iter().fold(0, add))
}

impl fmt::Display for RangeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RangeSpec::FromTo { first, last: Some(last) } => write!(f, "{first}-{last}"),
            RangeSpec::FromTo { first, last: None } => write!(f, "{first}-"),
            RangeSpec::Suffix { length } => write!(f, "-{length}"),
        }
    }
}

/// The field value, as a client sends it.
impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, spec) in self.specs.iter().enumerate() {
            write!(f, "{}{spec}", if i == 0 { "bytes=" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidRange, Part, Ranges, Resolved};
    use proptest::prelude::*;

    fn parts(value: &str, length: u64) -> Vec<(u64, u64)> {
        match Ranges::parse(value.as_bytes(), 100).map(|ranges| ranges.resolve(length)) {
            Ok(Resolved::Parts(parts)) => parts.iter().map(|part| (part.first, part.last)).collect(),
            other => panic!("{value}: {other:?}"),
        }
    }

    #[test]
    fn what_is_no_list_of_byte_ranges_is_refused() {
        use InvalidRange::{Order, Syntax, TooMany, Unit};
        for (value, problem) in [
            ("bytes", Syntax),
            ("bytes=", Syntax),
            ("bytes=,", Syntax),
            ("bytes=-", Syntax),
            ("bytes=5", Syntax),
            ("bytes=a-b", Syntax),
            ("bytes=1-2-3", Syntax),
            ("bytes=1 - 2", Syntax),
            ("bytes=+1-2", Syntax),
            ("bytes=2-1", Order),
            ("seconds=1-2", Unit),
            ("bytes=0-0,1-1,2-2", TooMany { limit: 2 }),
        ] {
            assert_eq!(Ranges::parse(value.as_bytes(), 2), Err(problem), "{value}");
        }
    }

    #[test]
    fn parts_that_overlap_or_nearly_touch_are_joined_where_the_first_of_them_was_asked_for() {
        assert_eq!(parts("bytes=5000-5999, 0-9, 5500-6999, 7000-7009", 10_000), [(5000, 7009), (0, 9)]);
        assert_eq!(parts("bytes=5500-6999, 0-9, 5000-5999", 10_000), [(5000, 6999), (0, 9)]);
        assert_eq!(parts("bytes=0-99, 179-199", 10_000), [(0, 199)], "79 bytes between");
        assert_eq!(parts("bytes=0-99, 180-199", 10_000), [(0, 99), (180, 199)], "80 bytes between");
    }

    #[test]
    fn an_attack_with_overlapping_ranges_sends_the_representation_once() {
        let value = format!("bytes=0-{}", ",5-".repeat(99));
        assert_eq!(parts(&value, 1_000_000), [(0, 999_999)]);
    }

    #[test]
    fn ranges_behind_the_end_are_left_out() {
        assert_eq!(parts("bytes=0-1, 500-600", 500), [(0, 1)]);
        assert_eq!(
            parts("bytes=499-499, 0-0", 500),
            [(499, 499), (0, 0)],
            "the last byte is not behind the end"
        );
        let resolve = |value: &[u8], length| Ranges::parse(value, 9).unwrap().resolve(length);
        assert_eq!(resolve(b"bytes=500-", 500), Resolved::Unsatisfiable);
        assert_eq!(resolve(b"bytes=-0", 500), Resolved::Unsatisfiable);
        assert_eq!(resolve(b"bytes=0-", 0), Resolved::Unsatisfiable);
        assert_eq!(resolve(b"bytes=-5", 0), Resolved::Whole);
    }

    proptest! {
        #[test]
        fn resolved_parts_lie_within_and_apart(value in "bytes=[0-9,-]{0,40}", length: u64) {
            let Ok(ranges) = Ranges::parse(value.as_bytes(), 100) else { return Ok(()) };
            let Resolved::Parts(mut parts) = ranges.resolve(length) else { return Ok(()) };
            parts.sort_by_key(|part| part.first);
            for (i, part) in parts.iter().enumerate() {
                prop_assert!(part.first <= part.last && part.last < length, "{:?} of {}", part, length);
                prop_assert!(i == 0 || parts[i - 1].last < part.first, "{:?}", parts);
            }
            prop_assert!(parts.iter().map(|part: &Part| part.len()).sum::<u64>() <= length);
        }

        #[test]
        fn what_is_written_is_read(value in "bytes=[1-9]{1,9}-(, -[1-9]{1,9}){0,5}") {
            let ranges = Ranges::parse(value.as_bytes(), 100).unwrap();
            prop_assert_eq!(ranges.to_string(), value);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, length: u64) {
            let _ = Ranges::parse(&bytes, 10).map(|ranges| ranges.resolve(length));
        }
    }
}
