//! Requests with a condition: "only if it has changed", "only if it has not" (RFC 9110 §13).
//!
//! ```text
//!  If-Match ── else If-Unmodified-Since ──▶ If-None-Match ── else If-Modified-Since ──▶ If-Range
//!     │ the state is not what the client       │ the client has it already                  │ what the client has
//!     ▼ saw: no lost updates                   ▼                                            ▼ a part of is gone
//!    412                                  304 (GET, HEAD) or 412                      send it wholly
//! ```
//!
//! Evaluate after all other checks and before acting: a request that would fail or redirect does so without regard
//! to its conditions (§13.2.1).

use crate::date::Date;
use crate::etag::{EntityTag, TagList};
use crate::{Fields, Method};

/// What is known about the current version of a representation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its entity tag, as its ETag field says.
    pub etag: Option<EntityTag>,
    /// When it changed last, as its Last-Modified field says.
    pub last_modified: Option<Date>,
}

/// What the conditions of a request come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Do as asked; a Range field counts.
    Proceed,
    /// Do as asked, and ignore the Range field: the parts that the client has belong to another version.
    ProceedWholly,
    /// Answer 304: the client's copy is good.
    NotModified,
    /// Answer 412: the representation is not in the state that the client expects.
    PreconditionFailed,
}

/// Evaluates the conditions of a request on an origin server, in the order of RFC 9110 §13.2.2.
///
/// `current` describes the representation that a GET would send now, `None` if there is none (a PUT may create it).
/// `now` decides what a two-digit year means, and whether a modification date is old enough to tell versions apart.
///
/// ```
/// use wirelab_http::conditional::{Outcome, Validators, evaluate};
/// use wirelab_http::{Fields, Method, date::Date, etag::EntityTag};
///
/// let current = Validators { etag: EntityTag::strong("v2"), last_modified: None };
/// let mut fields = Fields::new();
/// fields.push("If-None-Match", r#""v1", "v2""#).unwrap();
/// let now = Date(1_700_000_000);
/// assert_eq!(evaluate(&Method::Get, &fields, Some(&current), now), Outcome::NotModified);
/// assert_eq!(evaluate(&Method::Put, &fields, Some(&current), now), Outcome::PreconditionFailed);
/// ```
pub fn evaluate(method: &Method, fields: &Fields, current: Option<&Validators>, now: Date) -> Outcome {
    // RFC 9110 §13.2.1: these methods neither select nor change a representation.
    if matches!(method, Method::Connect | Method::Options | Method::Trace) {
        return Outcome::Proceed;
    }
    let reads = matches!(method, Method::Get | Method::Head);
    let state_is_as_expected = if fields.contains("if-match") {
        if_match_holds(fields, current) // step 1
    } else {
        if_unmodified_since_holds(fields, current, now) // step 2
    };
    if !state_is_as_expected {
        return Outcome::PreconditionFailed;
    }
    if fields.contains("if-none-match") {
        // Step 3.
        if !if_none_match_holds(fields, current) {
            return if reads { Outcome::NotModified } else { Outcome::PreconditionFailed };
        }
    } else if reads && !if_modified_since_holds(fields, current, now) {
        return Outcome::NotModified; // step 4
    }
    let asks_for_parts = *method == Method::Get && fields.contains("range");
    if asks_for_parts && fields.contains("if-range") && !if_range_holds(fields, current, now) {
        return Outcome::ProceedWholly; // step 5
    }
    Outcome::Proceed
}

/// §13.1.1: `*` holds if there is a representation; tags are compared strongly.
fn if_match_holds(fields: &Fields, current: Option<&Validators>) -> bool {
    let list = TagList::parse(fields.get_all("if-match"));
    current.is_some_and(|current| list.matches(current.etag.as_ref(), EntityTag::strongly_matches))
}

/// §13.1.2: the opposite, and tags are compared weakly.
fn if_none_match_holds(fields: &Fields, current: Option<&Validators>) -> bool {
    let list = TagList::parse(fields.get_all("if-none-match"));
    current.is_none_or(|current| !list.matches(current.etag.as_ref(), EntityTag::weakly_matches))
}

/// §13.1.4: ignored, and therefore true, without a valid date on both sides.
fn if_unmodified_since_holds(fields: &Fields, current: Option<&Validators>, now: Date) -> bool {
    modified_and(fields, "if-unmodified-since", current, now)
        .is_none_or(|(modified, asked)| modified <= asked)
}

/// §13.1.3: ignored, and therefore true, without a valid date on both sides.
fn if_modified_since_holds(fields: &Fields, current: Option<&Validators>, now: Date) -> bool {
    modified_and(fields, "if-modified-since", current, now).is_none_or(|(modified, asked)| modified > asked)
}

/// When the representation changed, and the date in the field, if both are known.
fn modified_and(
    fields: &Fields,
    name: &str,
    current: Option<&Validators>,
    now: Date,
) -> Option<(Date, Date)> {
    Some((current?.last_modified?, Date::parse(only(fields, name)?, now)?))
}

/// §13.1.5: a tag compared strongly, or the very date of the last change if that date is a strong validator.
fn if_range_holds(fields: &Fields, current: Option<&Validators>, now: Date) -> bool {
    let (Some(value), Some(current)) = (only(fields, "if-range"), current) else { return false };
    if let Some(tag) = EntityTag::parse(value) {
        return current.etag.as_ref().is_some_and(|etag| etag.strongly_matches(&tag));
    }
    // §8.8.2.2: within the second of a change there may be another one, which the date could not tell apart.
    let is_strong = |modified: &Date| *modified < now;
    Date::parse(value, now).is_some_and(|date| current.last_modified.filter(is_strong) == Some(date))
}

/// The value of a field that may be there once only.
fn only<'f>(fields: &'f Fields, name: &'f str) -> Option<&'f [u8]> {
    let mut values = fields.get_all(name);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Validators, evaluate};
    use crate::date::Date;
    use crate::etag::EntityTag;
    use crate::{Fields, Method};
    use proptest::prelude::*;

    const NOW: Date = Date(1_700_000_000);

    fn outcome(method: Method, fields: &[(&str, &str)], exists: bool) -> Outcome {
        let mut head = Fields::new();
        for (name, value) in fields {
            head.push(name, value).unwrap();
        }
        let current = Validators { etag: EntityTag::strong("v2"), last_modified: Some(Date(1_600_000_000)) };
        evaluate(&method, &head, exists.then_some(&current), NOW)
    }

    #[test]
    fn a_request_without_conditions_proceeds() {
        assert_eq!(outcome(Method::Get, &[], true), Outcome::Proceed);
        assert_eq!(outcome(Method::Put, &[], false), Outcome::Proceed);
    }

    #[test]
    fn a_put_can_be_limited_to_creating_or_to_replacing() {
        assert_eq!(outcome(Method::Put, &[("If-None-Match", "*")], true), Outcome::PreconditionFailed);
        assert_eq!(outcome(Method::Put, &[("If-None-Match", "*")], false), Outcome::Proceed);
        assert_eq!(outcome(Method::Put, &[("If-Match", "*")], true), Outcome::Proceed);
        assert_eq!(outcome(Method::Put, &[("If-Match", "*")], false), Outcome::PreconditionFailed);
    }

    #[test]
    fn a_range_is_ignored_when_the_version_has_changed_meanwhile() {
        let range = ("Range", "bytes=0-1");
        assert_eq!(outcome(Method::Get, &[range, ("If-Range", "\"v2\"")], true), Outcome::Proceed);
        assert_eq!(outcome(Method::Get, &[range, ("If-Range", "\"v1\"")], true), Outcome::ProceedWholly);
        assert_eq!(outcome(Method::Get, &[range, ("If-Range", "garbage")], true), Outcome::ProceedWholly);
        assert_eq!(outcome(Method::Head, &[range, ("If-Range", "\"v1\"")], true), Outcome::Proceed);
    }

    proptest! {
        #[test]
        fn arbitrary_conditions_never_panic(
            names in proptest::collection::vec(0..6usize, 0..6),
            values in proptest::collection::vec("[ -~]{0,20}", 6),
        ) {
            const NAMES: [&str; 6] =
                ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"];
            let fields: Vec<_> = names.iter().zip(&values).map(|(&name, value)| (NAMES[name], value.as_str())).collect();
            for method in [Method::Get, Method::Put] {
                let _ = outcome(method, &fields, true);
            }
        }
    }
}
