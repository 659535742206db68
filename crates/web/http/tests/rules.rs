//! Rules of RFC 9110, RFC 9112 and RFC 3986, one test each, with the specification's own examples.

use wirelab_http::conditional::{Outcome, Validators, evaluate};
use wirelab_http::date::Date;
use wirelab_http::etag::EntityTag;
use wirelab_http::host::{InvalidHost, host_of};
use wirelab_http::media_type::MediaType;
use wirelab_http::multipart::ByteRanges;
use wirelab_http::range::{self, ContentRange, Part, Ranges, Resolved};
use wirelab_http::url::{InvalidUrl, Url};
use wirelab_http::{Fields, Method, StatusCode, Target, Version, accept, path};

/// 14 November 2023.
const NOW: Date = Date(1_700_000_000);
/// Sun, 06 Nov 1994 08:49:37 GMT.
const CHANGED: Date = Date(784_111_777);

fn head(fields: &[(&str, &str)]) -> Fields {
    let mut head = Fields::new();
    for (name, value) in fields {
        head.push(name, value).unwrap();
    }
    head
}

/// What the conditions come to for a representation with the tag `"v2"` that changed at [`CHANGED`].
fn outcome(method: &Method, fields: &[(&str, &str)]) -> Outcome {
    let current = Validators { etag: EntityTag::strong("v2"), last_modified: Some(CHANGED) };
    evaluate(method, &head(fields), Some(&current), NOW)
}

const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
const THEN: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";

/// RFC 9110 §5.6.7: "A recipient that parses a timestamp value in an HTTP field MUST accept all three HTTP-date formats."
#[test]
fn s5_6_7_all_three_formats_of_a_date_are_accepted() {
    let examples =
        ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"];
    for text in examples {
        assert_eq!(Date::parse(text.as_bytes(), NOW), Some(CHANGED), "{text}");
    }
}

/// RFC 9110 §5.6.7: a sender MUST generate timestamps in the IMF-fixdate format.
#[test]
fn s5_6_7_dates_are_written_as_imf_fixdate() {
    assert_eq!(CHANGED.to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
}

/// RFC 9110 §5.6.7: a two-digit year that appears to be more than 50 years in the future MUST be taken as the most recent
/// year in the past with the same last two digits.
#[test]
fn s5_6_7_a_two_digit_year_is_at_most_fifty_years_ahead() {
    for (text, expected) in [
        ("Tuesday, 14-Nov-73 22:13:20 GMT", "Tue, 14 Nov 2073 22:13:20 GMT"), // 50 years ahead to the second
        ("Wednesday, 14-Nov-73 22:13:21 GMT", "Wed, 14 Nov 1973 22:13:21 GMT"), // one second more
        ("Friday, 01-Jan-99 00:00:00 GMT", "Fri, 01 Jan 1999 00:00:00 GMT"),
        ("Saturday, 01-Jan-00 00:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"),
    ] {
        let date = Date::parse(text.as_bytes(), NOW);
        assert_eq!(date.map(|date| date.to_string()).as_deref(), Some(expected), "{text}");
    }
}

/// RFC 9110 §5.5: control characters in values would let one field become two.
#[test]
fn s5_5_a_value_with_a_line_break_or_nul_cannot_be_built() {
    for value in ["a\r\nX: y", "a\nb", "a\0b", "a\rb", "a\u{7f}"] {
        assert!(Fields::new().push("X", value).is_err(), "{value:?}");
    }
}

/// RFC 9110 §8.3.1: type, subtype and parameter names are case-insensitive; the four examples mean the same.
#[test]
fn s8_3_1_media_types_are_compared_without_regard_to_case() {
    for value in [
        "text/html;charset=utf-8",
        "Text/HTML;Charset=\"utf-8\"",
        "text/html; charset=\"utf-8\"",
        "text/html;charset=UTF-8",
    ] {
        let parsed = MediaType::parse(value.as_bytes()).unwrap();
        assert!(parsed.is("text/html"), "{value}");
        assert!(parsed.parameter("charset").unwrap().eq_ignore_ascii_case("utf-8"), "{value}");
    }
}

/// RFC 9110 §8.8.3.2, table 3.
#[test]
fn s8_8_3_2_weak_tags_match_weakly_only() {
    for (a, b, strong, weak) in [
        ("W/\"1\"", "W/\"1\"", false, true),
        ("W/\"1\"", "W/\"2\"", false, false),
        ("W/\"1\"", "\"1\"", false, true),
        ("\"1\"", "\"1\"", true, true),
    ] {
        let (x, y) = (EntityTag::parse(a.as_bytes()).unwrap(), EntityTag::parse(b.as_bytes()).unwrap());
        assert_eq!((x.strongly_matches(&y), x.weakly_matches(&y)), (strong, weak), "{a} and {b}");
        assert_eq!((y.strongly_matches(&x), y.weakly_matches(&x)), (strong, weak), "{b} and {a}");
    }
}

/// RFC 9110 §12.5.1, table 5: the most specific range that fits decides.
#[test]
fn s12_5_1_the_most_specific_range_decides() {
    let fields = head(&[(
        "Accept",
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5",
    )]);
    for (offer, quality) in [
        ("text/plain;format=flowed", 1000),
        ("text/plain", 700),
        ("text/html", 300),
        ("image/jpeg", 500),
        ("text/plain;format=fixed", 400),
        // The table says 0.7, which the field does not: only `text/*` fits (0.3).
        ("text/html;level=3", 300),
    ] {
        let parsed = MediaType::parse(offer.as_bytes()).unwrap();
        assert_eq!(accept::media_type_quality(&fields, &parsed).0, quality, "{offer}");
    }
}

/// RFC 9110 §12.5.1: "I prefer audio/basic, but send me any audio type if it is the best available".
#[test]
fn s12_5_1_a_wildcard_counts_when_nothing_better_is_offered() {
    let fields = head(&[("Accept", "audio/*; q=0.2, audio/basic")]);
    assert_eq!(accept::media_type(&fields, &["audio/mpeg", "audio/basic"]), Some("audio/basic"));
    assert_eq!(accept::media_type(&fields, &["image/png", "audio/mpeg"]), Some("audio/mpeg"));
}

/// RFC 9110 §12.5.3: the five examples.
#[test]
fn s12_5_3_the_coding_with_the_highest_weight_is_chosen() {
    let offers = ["gzip", "compress", "identity"];
    for (value, expected) in [
        ("compress, gzip", "gzip"), // equal: the server's order
        ("", "identity"),
        ("*", "gzip"),
        ("compress;q=0.5, gzip;q=1.0", "gzip"),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", "gzip"),
        ("compress", "compress"),
        ("br", "identity"),
    ] {
        let fields = head(&[("Accept-Encoding", value)]);
        assert_eq!(accept::encoding(&fields, &offers), Some(expected), "{value}");
    }
}

/// RFC 9110 §12.5.3: no coding is acceptable unless `identity;q=0` or `*;q=0` without `identity` excludes it.
#[test]
fn s12_5_3_no_coding_is_acceptable_unless_it_is_excluded() {
    for (value, acceptable) in
        [("gzip", true), ("identity;q=0", false), ("*;q=0", false), ("*;q=0, identity", true)]
    {
        let chosen = accept::encoding(&head(&[("Accept-Encoding", value)]), &["identity"]);
        assert_eq!(chosen.is_some(), acceptable, "{value}");
    }
}

/// RFC 9110 §13.1.1: If-Match MUST use the strong comparison.
#[test]
fn s13_1_1_if_match_compares_strongly() {
    assert_eq!(outcome(&Method::Put, &[("If-Match", "\"v1\", \"v2\"")]), Outcome::Proceed);
    assert_eq!(outcome(&Method::Put, &[("If-Match", "W/\"v2\"")]), Outcome::PreconditionFailed);
}

/// RFC 9110 §13.1.2: If-None-Match MUST use the weak comparison.
#[test]
fn s13_1_2_if_none_match_compares_weakly() {
    assert_eq!(outcome(&Method::Get, &[("If-None-Match", "W/\"v2\"")]), Outcome::NotModified);
    assert_eq!(outcome(&Method::Get, &[("If-None-Match", "\"v1\"")]), Outcome::Proceed);
}

/// RFC 9110 §13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an If-None-Match header field".
#[test]
fn s13_1_3_if_modified_since_is_ignored_beside_if_none_match() {
    let fields = [("If-None-Match", "\"v1\""), ("If-Modified-Since", AFTER)];
    assert_eq!(outcome(&Method::Get, &fields), Outcome::Proceed);
}

/// RFC 9110 §13.1.3: MUST be ignored if it is no date, is there twice, or the method is neither GET nor HEAD.
#[test]
fn s13_1_3_if_modified_since_is_ignored_where_it_makes_no_sense() {
    assert_eq!(outcome(&Method::Get, &[("If-Modified-Since", AFTER)]), Outcome::NotModified);
    assert_eq!(outcome(&Method::Get, &[("If-Modified-Since", "yesterday")]), Outcome::Proceed);
    let twice = [("If-Modified-Since", AFTER), ("If-Modified-Since", AFTER)];
    assert_eq!(outcome(&Method::Get, &twice), Outcome::Proceed);
    assert_eq!(outcome(&Method::Post, &[("If-Modified-Since", AFTER)]), Outcome::Proceed);
}

/// RFC 9110 §13.1.3: false if the last change is earlier than the date or equal to it.
#[test]
fn s13_1_3_an_equal_date_is_not_modified() {
    assert_eq!(outcome(&Method::Head, &[("If-Modified-Since", THEN)]), Outcome::NotModified);
    assert_eq!(outcome(&Method::Head, &[("If-Modified-Since", BEFORE)]), Outcome::Proceed);
}

/// RFC 9110 §13.1.3, §13.1.4: both MUST be ignored if there is no modification date.
#[test]
fn s13_1_4_dates_are_ignored_where_no_modification_date_is_known() {
    let undated = Validators { etag: EntityTag::strong("v2"), last_modified: None };
    for name in ["If-Modified-Since", "If-Unmodified-Since"] {
        for date in [BEFORE, AFTER] {
            let fields = head(&[(name, date)]);
            assert_eq!(
                evaluate(&Method::Get, &fields, Some(&undated), NOW),
                Outcome::Proceed,
                "{name}: {date}"
            );
        }
    }
}

/// RFC 9110 §13.1.4: "A recipient MUST ignore If-Unmodified-Since if the request contains an If-Match header field".
#[test]
fn s13_1_4_if_unmodified_since_is_ignored_beside_if_match() {
    assert_eq!(outcome(&Method::Put, &[("If-Unmodified-Since", BEFORE)]), Outcome::PreconditionFailed);
    let fields = [("If-Match", "\"v2\""), ("If-Unmodified-Since", BEFORE)];
    assert_eq!(outcome(&Method::Put, &fields), Outcome::Proceed);
}

/// RFC 9110 §13.1.4: MUST be ignored if it is not a valid date, "including when the field value appears to be a list".
#[test]
fn s13_1_4_an_invalid_if_unmodified_since_is_ignored() {
    let list = format!("{BEFORE}, {BEFORE}");
    assert_eq!(outcome(&Method::Put, &[("If-Unmodified-Since", &list)]), Outcome::Proceed);
    assert_eq!(outcome(&Method::Put, &[("If-Unmodified-Since", THEN)]), Outcome::Proceed);
}

/// RFC 9110 §13.1.5: "A server MUST ignore an If-Range header field received in a request that does not contain a Range
/// header field."
#[test]
fn s13_1_5_if_range_is_ignored_without_range() {
    assert_eq!(outcome(&Method::Get, &[("If-Range", "\"v1\"")]), Outcome::Proceed);
}

/// RFC 9110 §13.1.5: a tag is compared strongly, a date must be exactly the same, and otherwise Range MUST be ignored.
#[test]
fn s13_1_5_if_range_must_match_exactly() {
    for (value, expected) in [
        ("\"v2\"", Outcome::Proceed),
        ("W/\"v2\"", Outcome::ProceedWholly),
        (THEN, Outcome::Proceed),
        (AFTER, Outcome::ProceedWholly),
        (BEFORE, Outcome::ProceedWholly),
    ] {
        let fields = [("Range", "bytes=0-1"), ("If-Range", value)];
        assert_eq!(outcome(&Method::Get, &fields), expected, "{value}");
    }
}

/// RFC 9110 §13.1.5, §8.8.2.2: a date that is no strong validator makes the condition false.
#[test]
fn s13_1_5_a_date_within_the_second_of_the_change_is_no_validator() {
    let current = Validators { etag: None, last_modified: Some(CHANGED) };
    let fields = head(&[("Range", "bytes=0-1"), ("If-Range", THEN)]);
    let at = |now| evaluate(&Method::Get, &fields, Some(&current), now);
    assert_eq!(at(CHANGED), Outcome::ProceedWholly);
    assert_eq!(at(Date(CHANGED.0 + 1)), Outcome::Proceed);
}

/// RFC 9110 §13.2.1: conditions MUST be ignored with methods that neither select nor modify a representation.
#[test]
fn s13_2_1_conditions_are_ignored_with_connect_options_and_trace() {
    for method in [Method::Connect, Method::Options, Method::Trace] {
        let fields = [("If-Match", "\"v1\""), ("If-None-Match", "*")];
        assert_eq!(outcome(&method, &fields), Outcome::Proceed, "{method}");
    }
}

/// RFC 9110 §13.2.2, steps 1 and 3: lost updates are prevented before caches are served.
#[test]
fn s13_2_2_if_match_goes_before_if_none_match() {
    let fields = [("If-None-Match", "\"v2\""), ("If-Match", "\"v1\"")];
    assert_eq!(outcome(&Method::Get, &fields), Outcome::PreconditionFailed);
    let fields = [("If-None-Match", "\"v2\""), ("If-Match", "\"v2\"")];
    assert_eq!(outcome(&Method::Get, &fields), Outcome::NotModified);
}

/// RFC 9110 §13.2.2, steps 2 and 3.
#[test]
fn s13_2_2_if_unmodified_since_goes_before_if_none_match() {
    let fields = [("If-None-Match", "\"v2\""), ("If-Unmodified-Since", BEFORE)];
    assert_eq!(outcome(&Method::Get, &fields), Outcome::PreconditionFailed);
}

/// RFC 9110 §13.2.2, step 3: 304 answers GET and HEAD, 412 all other methods.
#[test]
fn s13_2_2_only_get_and_head_are_answered_with_304() {
    for (method, expected) in [
        (Method::Get, Outcome::NotModified),
        (Method::Head, Outcome::NotModified),
        (Method::Put, Outcome::PreconditionFailed),
        (Method::Delete, Outcome::PreconditionFailed),
    ] {
        assert_eq!(outcome(&method, &[("If-None-Match", "\"v2\"")]), expected, "{method}");
    }
}

/// RFC 9110 §13.2.2, steps 4 and 5: a copy that is still good goes before a part.
#[test]
fn s13_2_2_not_modified_goes_before_if_range() {
    let fields = [("Range", "bytes=0-1"), ("If-Range", "\"v1\""), ("If-Modified-Since", AFTER)];
    assert_eq!(outcome(&Method::Get, &fields), Outcome::NotModified);
}

/// RFC 9110 §14.1.2: the examples, for a representation of 10 000 bytes.
#[test]
fn s14_1_2_byte_ranges_mean_what_the_examples_say() {
    for (value, expected) in [
        ("bytes=0-499", &[(0, 499)][..]),
        ("bytes=500-999", &[(500, 999)]),
        ("bytes=-500", &[(9500, 9999)]),
        ("bytes=9500-", &[(9500, 9999)]),
        ("bytes=0-0,-1", &[(0, 0), (9999, 9999)]),
        ("bytes= 0-999, 4500-5499, -1000", &[(0, 999), (4500, 5499), (9000, 9999)]),
        ("bytes=500-600,601-999", &[(500, 999)]),
        ("bytes=500-700,601-999", &[(500, 999)]),
        ("bytes=9500-20000", &[(9500, 9999)]),
        ("bytes=-20000", &[(0, 9999)]),
    ] {
        let parts = expected.iter().map(|&(first, last)| Part { first, last }).collect();
        let resolved = Ranges::parse(value.as_bytes(), 16).map(|ranges| ranges.resolve(10_000));
        assert_eq!(resolved, Ok(Resolved::Parts(parts)), "{value}");
    }
}

/// RFC 9110 §14.1.2: recipients MUST anticipate large numerals and prevent overflow.
#[test]
fn s14_1_2_positions_beyond_64_bits_do_not_overflow() {
    let resolve = |value: &[u8]| Ranges::parse(value, 16).unwrap().resolve(10);
    let huge = "9".repeat(100);
    assert_eq!(resolve(format!("bytes={huge}-").as_bytes()), Resolved::Unsatisfiable);
    let whole = Resolved::Parts(vec![Part { first: 0, last: 9 }]);
    assert_eq!(resolve(format!("bytes=0-{huge}").as_bytes()), whole);
    assert_eq!(resolve(format!("bytes=-{huge}").as_bytes()), whole);
}

/// RFC 9110 §14.2: "A server MUST ignore a Range header field received with a request method […] for which range
/// handling is not defined", and only GET defines it; an unknown unit MUST be ignored.
#[test]
fn s14_2_range_is_ignored_unless_it_is_bytes_of_a_get() {
    let requested = |method, value| range::requested(&method, &head(&[("Range", value)]), 16);
    assert!(requested(Method::Get, "bytes=0-1").is_some());
    assert_eq!(requested(Method::Head, "bytes=0-1"), None);
    assert_eq!(requested(Method::Post, "bytes=0-1"), None);
    assert_eq!(requested(Method::Get, "seconds=0-1"), None);
}

/// RFC 9110 §14.4: the examples, for a representation of 1234 bytes.
#[test]
fn s14_4_content_range_is_written_as_in_the_examples() {
    let part = |first, last, complete| ContentRange::Part { part: Part { first, last }, complete };
    for (range, text) in [
        (part(0, 499, Some(1234)), "bytes 0-499/1234"),
        (part(500, 999, Some(1234)), "bytes 500-999/1234"),
        (part(500, 1233, Some(1234)), "bytes 500-1233/1234"),
        (part(734, 1233, Some(1234)), "bytes 734-1233/1234"),
        (part(42, 1233, None), "bytes 42-1233/*"),
        (ContentRange::Unsatisfied { complete: 1234 }, "bytes */1234"),
    ] {
        assert_eq!(range.to_string(), text);
        assert_eq!(ContentRange::parse(text.as_bytes()), Some(range), "{text}");
    }
}

/// RFC 9110 §14.4: a last position before the first, or not below the complete length, is invalid.
#[test]
fn s14_4_an_impossible_content_range_is_invalid() {
    for text in ["bytes 500-499/1234", "bytes 0-1234/1234"] {
        assert_eq!(ContentRange::parse(text.as_bytes()), None, "{text}");
    }
}

/// RFC 9110 §15.3.7.2: the example, 1741 bytes long with parts of 500 and 1000 bytes and other heads than these; here
/// the parts' Content-Type and Content-Range, which each part MUST have.
#[test]
fn s15_3_7_2_every_part_has_its_content_range() {
    let parts = vec![Part { first: 500, last: 999 }, Part { first: 7000, last: 7999 }];
    let answer = ByteRanges::new("THIS_STRING_SEPARATES", Some("application/pdf"), parts, 8000).unwrap();
    assert_eq!(answer.content_type(), "multipart/byteranges; boundary=THIS_STRING_SEPARATES");
    let first = "--THIS_STRING_SEPARATES\r\nContent-Type: application/pdf\r\nContent-Range: bytes 500-999/8000\r\n\r\n";
    let second = first.replace("500-999", "7000-7999");
    let last = "--THIS_STRING_SEPARATES--\r\n";
    let line_breaks = 2 * 2;
    let expected = first.len() + 500 + second.len() + 1000 + last.len() + line_breaks;
    assert_eq!(answer.content_length(), expected as u64);
}

/// RFC 9112 §3.2: 400 MUST answer an HTTP/1.1 request without Host, and any with more than one or an invalid one.
#[test]
fn s3_2_a_request_needs_exactly_one_valid_host() {
    let host = |hosts: &[(&str, &str)]| {
        let target = Target::parse(b"/").unwrap();
        host_of(&target, &head(hosts), Version::HTTP_11).map(|host| host.map(str::to_owned))
    };
    assert_eq!(host(&[]), Err(InvalidHost::Missing));
    assert_eq!(host(&[("Host", "a"), ("host", "b")]), Err(InvalidHost::Repeated));
    assert_eq!(host(&[("Host", "a/b")]), Err(InvalidHost::Malformed));
    assert_eq!(host(&[("Host", "example.com:80")]), Ok(Some("example.com:80".to_owned())));
}

/// RFC 9112 §3.2.2: with a target in absolute form, the Host field MUST be ignored in favour of the target.
#[test]
fn s3_2_2_the_absolute_form_goes_before_host() {
    let target = Target::parse(b"http://www.example.org/pub/WWW/TheProject.html").unwrap();
    let fields = head(&[("Host", "other.example")]);
    assert_eq!(host_of(&target, &fields, Version::HTTP_11), Ok(Some("www.example.org")));
}

/// RFC 9112 §3.2.3, §3.2.4: `host:port` is for CONNECT alone, and `*` for OPTIONS alone.
#[test]
fn s3_2_4_forms_of_the_target_go_with_their_methods() {
    let fits = |target: &[u8], method| Target::parse(target).unwrap().check_method(&method).is_ok();
    assert!(fits(b"www.example.com:80", Method::Connect) && !fits(b"www.example.com:80", Method::Get));
    assert!(fits(b"*", Method::Options) && !fits(b"*", Method::Get));
    assert!(fits(b"/where?q=now", Method::Get) && !fits(b"/where?q=now", Method::Connect));
    assert!(fits(b"http://a/", Method::Options) && !fits(b"http://a/", Method::Connect));
}

/// RFC 9112 §6.3, RFC 9110 §15: 1xx, 204 and 304 have no content.
#[test]
fn s6_3_some_statuses_never_have_content() {
    for (code, forbids) in
        [(100, true), (199, true), (204, true), (304, true), (200, false), (205, false), (404, false)]
    {
        assert_eq!(StatusCode(code).forbids_content(), forbids, "{code}");
    }
}

/// RFC 3986 §5.2.4: the two examples.
#[test]
fn s5_2_4_dot_segments_are_removed() {
    assert_eq!(path::remove_dot_segments("/a/b/c/./../../g"), "/a/g");
    assert_eq!(path::remove_dot_segments("mid/content=5/../6"), "mid/6");
}

/// RFC 3986 §5.4: references resolved against `http://a/b/c/d;p?q`.
#[test]
fn s5_4_references_resolve_as_in_the_examples() {
    let base = Url::parse("http://a/b/c/d;p?q").unwrap();
    for (reference, expected) in [
        // §5.4.1: normal.
        ("g", "http://a/b/c/g"),
        ("./g", "http://a/b/c/g"),
        ("g/", "http://a/b/c/g/"),
        ("/g", "http://a/g"),
        ("//g", "http://g/"), // RFC 9110 §4.2.3: an empty path is `/`
        ("?y", "http://a/b/c/d;p?y"),
        ("g?y", "http://a/b/c/g?y"),
        ("#s", "http://a/b/c/d;p?q#s"),
        ("g#s", "http://a/b/c/g#s"),
        ("g?y#s", "http://a/b/c/g?y#s"),
        (";x", "http://a/b/c/;x"),
        ("g;x", "http://a/b/c/g;x"),
        ("g;x?y#s", "http://a/b/c/g;x?y#s"),
        ("", "http://a/b/c/d;p?q"),
        (".", "http://a/b/c/"),
        ("./", "http://a/b/c/"),
        ("..", "http://a/b/"),
        ("../", "http://a/b/"),
        ("../g", "http://a/b/g"),
        ("../..", "http://a/"),
        ("../../", "http://a/"),
        ("../../g", "http://a/g"),
        // §5.4.2: abnormal.
        ("../../../g", "http://a/g"),
        ("../../../../g", "http://a/g"),
        ("/./g", "http://a/g"),
        ("/../g", "http://a/g"),
        ("g.", "http://a/b/c/g."),
        (".g", "http://a/b/c/.g"),
        ("g..", "http://a/b/c/g.."),
        ("..g", "http://a/b/c/..g"),
        ("./../g", "http://a/b/g"),
        ("./g/.", "http://a/b/c/g/"),
        ("g/./h", "http://a/b/c/g/h"),
        ("g/../h", "http://a/b/c/h"),
        ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "http://a/b/c/y"),
        ("g?y/./x", "http://a/b/c/g?y/./x"),
        ("g?y/../x", "http://a/b/c/g?y/../x"),
        ("g#s/./x", "http://a/b/c/g#s/./x"),
        ("g#s/../x", "http://a/b/c/g#s/../x"),
    ] {
        assert_eq!(
            base.resolve(reference).map(|url| url.to_string()).as_deref(),
            Ok(expected),
            "{reference}"
        );
    }
    // Not HTTP, and for strict parsers `http:g` is an absolute address without a host.
    assert_eq!(base.resolve("g:h"), Err(InvalidUrl::Scheme { scheme: "g".to_owned() }));
    assert_eq!(base.resolve("http:g"), Err(InvalidUrl::Authority));
}

/// RFC 9110 §10.2.2: the examples, where a fragment is taken over from the address that was asked for.
#[test]
fn s10_2_2_location_takes_over_the_fragment() {
    let asked = Url::parse("http://www.example.org/~tim").unwrap();
    assert_eq!(
        asked.resolve("/People.html#tim").unwrap().to_string(),
        "http://www.example.org/People.html#tim"
    );
    let asked = Url::parse("http://www.example.org/index.html#larry").unwrap();
    let moved = asked.resolve("http://www.example.net/index.html").unwrap();
    assert_eq!(moved.to_string(), "http://www.example.net/index.html#larry");
}

/// RFC 9110 §4.2.4: user information in an address is refused.
#[test]
fn s4_2_4_user_information_is_refused() {
    assert_eq!(Url::parse("http://user:pass@example.com/"), Err(InvalidUrl::UserInformation));
    assert!(Target::parse(b"http://user@example.com/").is_err());
}
