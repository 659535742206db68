//! Content negotiation: which of several representations a client would like best (RFC 9110 §12).
//!
//! ```text
//! Accept: text/*;q=0.3, text/plain;q=0.7, */*;q=0.5      offers: text/html, image/png
//!         └ most specific range that fits decides ┘      text/html 0.3, image/png 0.5  ──▶  image/png
//! ```

mod quality;

pub use quality::Quality;

use crate::Fields;
use crate::grammar::{list, trim};
use crate::media_type::MediaType;
use crate::parameters::{Parameters, split_parameters};

/// The offer that the Accept field likes best; among equals, the one that comes first. Without the field, the first.
/// `None` if none is acceptable: answer 406, or send the first all the same (§12.4.1 allows both).
///
/// ```
/// use wirelab_http::{Fields, accept};
///
/// let mut fields = Fields::new();
/// fields.push("Accept", "text/html, application/json;q=0.9").unwrap();
/// assert_eq!(accept::media_type(&fields, &["application/json", "text/html"]), Some("text/html"));
/// ```
pub fn media_type<'o>(fields: &Fields, offers: &[&'o str]) -> Option<&'o str> {
    let Some(ranges) = media_ranges(fields) else { return offers.first().copied() };
    let parsed = |offer: &str| MediaType::parse(offer.as_bytes());
    best(offers, |offer| parsed(offer).map_or(Quality::NONE, |offer| quality_in(&ranges, &offer)))
}

/// How much the Accept field likes this type.
pub fn media_type_quality(fields: &Fields, offer: &MediaType) -> Quality {
    media_ranges(fields).map_or(Quality::BEST, |ranges| quality_in(&ranges, offer))
}

/// The coding that the Accept-Encoding field likes best; among equals, the one that comes first. `identity`, no coding,
/// has to be among the offers if it is possible. `None` if none is acceptable (§12.5.3: then send without coding).
///
/// Without the field every coding would be legal. `identity` is chosen where it is offered, because a client that says
/// nothing can usually decode nothing.
///
/// ```
/// use wirelab_http::{Fields, accept};
///
/// let mut fields = Fields::new();
/// fields.push("Accept-Encoding", "gzip, deflate, br").unwrap();
/// assert_eq!(accept::encoding(&fields, &["br", "gzip", "identity"]), Some("br"));
/// assert_eq!(accept::encoding(&Fields::new(), &["br", "gzip", "identity"]), Some("identity"));
/// ```
pub fn encoding<'o>(fields: &Fields, offers: &[&'o str]) -> Option<&'o str> {
    if !fields.contains("accept-encoding") {
        let identity = offers.iter().find(|offer| offer.eq_ignore_ascii_case("identity"));
        return identity.or(offers.first()).copied();
    }
    best(offers, |offer| encoding_quality(fields, offer))
}

/// How much the Accept-Encoding field likes this coding, by the rules of §12.5.3.
pub fn encoding_quality(fields: &Fields, coding: &str) -> Quality {
    if !fields.contains("accept-encoding") {
        return Quality::BEST;
    }
    let (mut named, mut wildcard) = (None, None);
    for member in fields.get_all("accept-encoding").flat_map(list) {
        let Some((name, quality)) = weighted(member) else { continue };
        if name == "*" {
            wildcard = wildcard.or(Some(quality));
        } else if same_coding(name, coding) {
            named = named.or(Some(quality));
        }
    }
    let unnamed = if same_coding(coding, "identity") { Quality::LAST_RESORT } else { Quality::NONE };
    named.or(wildcard).unwrap_or(unnamed)
}

/// `x-gzip` and `x-compress` are old names for the codings without the prefix (§8.4.1.1, §8.4.1.3).
fn same_coding(a: &str, b: &str) -> bool {
    without_x(a).eq_ignore_ascii_case(without_x(b))
}

fn without_x(coding: &str) -> &str {
    match coding.split_at_checked(2) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("x-") => rest,
        _ => coding,
    }
}

/// The offer of the highest quality above 0.
fn best<'o>(offers: &[&'o str], quality: impl Fn(&str) -> Quality) -> Option<&'o str> {
    let mut best = (None, Quality::NONE);
    for offer in offers {
        let quality = quality(offer);
        if quality > best.1 {
            best = (Some(*offer), quality);
        }
    }
    best.0
}

/// `value;q=0.5`: the value, and its weight. `None` for a member with a malformed weight, which then does not count.
fn weighted(member: &[u8]) -> Option<(&str, Quality)> {
    let (value, parameters) = split_parameters(trim(member))?;
    Some((value, weight(parameters, |_, _| {})?))
}

/// The weight among parameters, wherever it stands (§12.5.1); the others go to `other`.
fn weight<'t>(
    parameters: Parameters<'t>,
    mut other: impl FnMut(&'t str, std::borrow::Cow<'t, str>),
) -> Option<Quality> {
    let mut weight = Quality::BEST;
    for parameter in parameters {
        let (name, value) = parameter.ok()?;
        if name.eq_ignore_ascii_case("q") {
            weight = Quality::parse(value.as_bytes())?;
        } else {
            other(name, value);
        }
    }
    Some(weight)
}

/// The members of the Accept field, if there is one; malformed ones do not count.
fn media_ranges(fields: &Fields) -> Option<Vec<MediaRange>> {
    let members = || fields.get_all("accept").flat_map(list).filter_map(MediaRange::parse);
    fields.contains("accept").then(|| members().collect())
}

/// A member of Accept: a type, or a pattern of types, with parameters that a type must have (§12.5.1).
struct MediaRange {
    /// `text/html`, `text/*` or `*/*`.
    pattern: String,
    parameters: Vec<(String, String)>,
    quality: Quality,
}

impl MediaRange {
    fn parse(member: &[u8]) -> Option<Self> {
        let (pattern, rest) = split_parameters(member)?;
        let mut parameters = Vec::new();
        let quality = weight(rest, |name, value| parameters.push((name.to_owned(), value.into_owned())))?;
        Some(MediaRange { pattern: pattern.to_ascii_lowercase(), parameters, quality })
    }

    /// How specifically the range speaks of `offer`; `None` if it does not.
    fn precedence(&self, offer: &MediaType) -> Option<(u8, usize)> {
        let has = |(name, value): &(String, String)| {
            offer.parameter(name).is_some_and(|other| other.eq_ignore_ascii_case(value))
        };
        if !self.parameters.iter().all(has) {
            return None;
        }
        let specific = match self.pattern.as_str() {
            "*/*" => 0,
            pattern if pattern.strip_suffix("/*") == Some(offer.main_type()) => 1,
            pattern if offer.is(pattern) => 2,
            _ => return None,
        };
        Some((specific, self.parameters.len()))
    }
}

/// The quality in the most specific range that fits.
fn quality_in(ranges: &[MediaRange], offer: &MediaType) -> Quality {
    let fitting = ranges.iter().filter_map(|range| Some((range.precedence(offer)?, range.quality)));
    fitting.max_by_key(|(precedence, _)| *precedence).map_or(Quality::NONE, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::{Quality, encoding, encoding_quality, media_type};
    use crate::Fields;
    use proptest::prelude::*;

    fn fields(name: &str, value: &str) -> Fields {
        let mut fields = Fields::new();
        fields.push(name, value).unwrap();
        fields
    }

    #[test]
    fn the_server_decides_among_what_is_liked_equally() {
        let equal = fields("Accept", "a/b, c/d");
        assert_eq!(media_type(&equal, &["c/d", "a/b"]), Some("c/d"));
        assert_eq!(media_type(&equal, &["e/f"]), None);
        assert_eq!(media_type(&Fields::new(), &["e/f", "a/b"]), Some("e/f"));
    }

    #[test]
    fn a_member_with_a_malformed_weight_does_not_count() {
        assert_eq!(media_type(&fields("Accept", "a/b;q=2, c/d;q=0.1"), &["a/b", "c/d"]), Some("c/d"));
        assert_eq!(media_type(&fields("Accept", "a/b;q"), &["a/b"]), None);
    }

    #[test]
    fn old_names_of_codings_mean_the_same() {
        assert_eq!(encoding_quality(&fields("Accept-Encoding", "x-gzip;q=0.4"), "gzip"), Quality(400));
    }

    #[test]
    fn nothing_is_acceptable_when_identity_is_refused_and_no_other_coding_is_known() {
        let refused = fields("Accept-Encoding", "identity;q=0, zstd");
        assert_eq!(encoding(&refused, &["gzip", "identity"]), None);
    }

    proptest! {
        #[test]
        fn arbitrary_fields_never_panic(value in "[a-c/*;=q0-9., \"\\\\]{0,40}") {
            let _ = media_type(&fields("Accept", &value), &["a/b", "c/c"]);
            let _ = encoding(&fields("Accept-Encoding", &value), &["a", "identity"]);
        }

        #[test]
        fn what_is_chosen_is_offered_and_acceptable(value in "(gzip|br|identity|\\*)(;q=0(\\.[0-9])?)?(, (gzip|br)(;q=1)?)?") {
            let fields = fields("Accept-Encoding", &value);
            if let Some(chosen) = encoding(&fields, &["gzip", "br", "identity"]) {
                prop_assert!(encoding_quality(&fields, chosen) > Quality::NONE, "{} for {}", chosen, value);
            }
        }
    }
}
