//! The rules of RFC 9112 and RFC 9110 that bear on the wire, one test each, named by section.
//!
//! `*_breaks` is about bytes that do not parse (name of the rule, position of the byte, section), `*_violates` about
//! bytes that do (name, status, section). All of them see the bytes in every split.

mod support;

use bytes::BytesMut;
use support::{Talk, answer_no_content, data, end, get, joined, request, response, tell};
use wirelab_http::{Fields, Response, StatusCode, Version};
use wirelab_http1::{Config, Connection, Error, Event, Misuse, Role, Violation, wire};
use wirelab_sansio::StreamProtocol;
use wirelab_sim::every_split_with;

const HEAD: &str = "GET / HTTP/1.1\r\nHost: a\r\n";
const OK: &str = "HTTP/1.1 200 OK\r\n";
const CHUNKED: &str = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";

fn client() -> Connection {
    let mut client = Connection::client();
    client.send(&get("/")).unwrap();
    client.send(&end()).unwrap();
    client
}

/// The error that these bytes end in, the same in every split.
#[track_caller]
fn error_of(new: impl Fn() -> Connection, bytes: &str) -> Error {
    let outcome = every_split_with(&new, bytes.as_bytes(), answer_no_content, joined);
    let mut end = new();
    end.input().extend_from_slice(bytes.as_bytes());
    end.receive_eof();
    loop {
        match end.poll_event() {
            Ok(Some(event)) => answer_no_content(&mut end, &event),
            Ok(None) => panic!("{bytes:?} was not refused: {}", tell(&outcome.events)),
            Err(error) => return error,
        }
    }
}

#[track_caller]
fn breaks(new: impl Fn() -> Connection, bytes: &str, name: &str, at: usize, section: &str) {
    let error = error_of(new, bytes);
    let Error::Wire(wire) = &error else { panic!("{bytes:?} gave {error:?}") };
    let found = (error.name(), wire.at, error.status().unwrap().0, error.rule());
    assert_eq!(found, (name, at, 400, section), "{bytes:?} gave {error}");
}

#[track_caller]
fn violates(new: impl Fn() -> Connection, bytes: &str, name: &str, status: u16, section: &str) {
    let error = error_of(new, bytes);
    assert!(matches!(error, Error::Violation(_)), "{bytes:?} gave {error:?}");
    let found = (error.name(), error.status().unwrap().0, error.rule());
    assert_eq!(found, (name, status, section), "{bytes:?} gave {error}");
}

#[track_caller]
fn request_breaks(bytes: impl AsRef<str>, name: &str, at: usize, section: &str) {
    breaks(Connection::server, bytes.as_ref(), name, at, section);
}

#[track_caller]
fn request_violates(bytes: impl AsRef<str>, name: &str, status: u16, section: &str) {
    violates(Connection::server, bytes.as_ref(), name, status, section);
}

#[track_caller]
fn response_breaks(bytes: impl AsRef<str>, name: &str, at: usize, section: &str) {
    breaks(client, bytes.as_ref(), name, at, section);
}

#[track_caller]
fn response_violates(bytes: impl AsRef<str>, name: &str, status: u16, section: &str) {
    violates(client, bytes.as_ref(), name, status, section);
}

/// A server with a limit set low is given `bytes`.
#[track_caller]
fn limit_violates(config: Config, bytes: impl AsRef<str>, name: &str, status: u16, section: &str) {
    violates(|| Connection::new(Role::Server, config.clone()), bytes.as_ref(), name, status, section);
}

/// What a server makes of a whole request.
#[track_caller]
fn request_is(bytes: impl AsRef<str>, told: &str) {
    let outcome = every_split_with(Connection::server, bytes.as_ref().as_bytes(), answer_no_content, joined);
    assert_eq!((tell(&outcome.events).as_str(), outcome.error), (told, None), "{:?}", bytes.as_ref());
}

/// What a client makes of the answer to its GET.
#[track_caller]
fn response_is(bytes: impl AsRef<str>, told: &str) {
    let outcome = every_split_with(client, bytes.as_ref().as_bytes(), |_, _| {}, joined);
    assert_eq!((tell(&outcome.events).as_str(), outcome.error), (told, None), "{:?}", bytes.as_ref());
}

// ---------------------------------------------------------------- §2 Message

/// RFC 9112 §2.2: a recipient of a bare CR MUST take the element for invalid (or replace it: not here).
#[test]
fn s2_2_a_bare_cr_is_refused() {
    request_breaks("GET / HTTP/1.1\rHost: a\r\n\r\n", "bare-cr", 14, "RFC 9112 §2.2");
    request_breaks(format!("{HEAD}A: b\rc\r\n\r\n"), "bare-cr", 29, "RFC 9112 §2.2");
    request_breaks(format!("{HEAD}A: b\r\r\n\r\n"), "bare-cr", 29, "RFC 9112 §2.2");
    request_breaks(format!("{HEAD}\rGET"), "bare-cr", 25, "RFC 9112 §2.2");
    response_breaks("HTTP/1.1 200 OK\rA: b\r\n\r\n", "bare-cr", 15, "RFC 9112 §2.2");
}

/// RFC 9112 §2.2: a recipient MAY take a lone LF for the end of a line. This one does not.
#[test]
fn s2_2_a_lone_lf_is_not_the_end_of_a_line() {
    request_breaks("GET / HTTP/1.1\nHost: a\r\n\r\n", "bare-lf", 14, "RFC 9112 §2.2");
    request_breaks(format!("{HEAD}A: b\nC: d\r\n\r\n"), "bare-lf", 29, "RFC 9112 §2.2");
    request_breaks(format!("{HEAD}\n"), "bare-lf", 25, "RFC 9112 §2.2");
    request_breaks("\nGET / HTTP/1.1\r\n", "bare-lf", 0, "RFC 9112 §2.2");
    response_breaks(format!("{OK}\n"), "bare-lf", 17, "RFC 9112 §2.2");
}

/// RFC 9112 §2.2: a server SHOULD ignore at least one empty line before the request line.
#[test]
fn s2_2_empty_lines_before_a_request_are_ignored() {
    request_is(format!("\r\n{HEAD}\r\n"), "GET / | end | closed");
    request_is(
        format!("{HEAD}Content-Length: 1\r\n\r\nx\r\n{HEAD}\r\n\r\n"),
        "GET / | \"x\" | end | GET / | end | closed",
    );
}

/// RFC 9112 §2.2: a recipient of a blank before the first field MUST reject the message (or skip the line: not here).
#[test]
fn s2_2_a_blank_before_the_first_field_is_refused() {
    request_breaks("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "blank-before-first-field", 16, "RFC 9112 §2.2");
    response_breaks(format!("{OK}\tA: b\r\n\r\n"), "blank-before-first-field", 17, "RFC 9112 §2.2");
}

/// RFC 9112 §2.3: the version is case-sensitive, and is one digit, a dot, and one digit.
#[test]
fn s2_3_a_version_has_one_form() {
    for version in ["http/1.1", "HTTP/1,1", "HTTP/11", "HTTP/1.", "HTTP/x.1", "HTTP 1.1", "HTTP/1.1 "] {
        let at = 6 + "HTTP/1.1".bytes().zip(version.bytes()).take_while(|(a, b)| a == b).count();
        request_breaks(format!("GET / {version}\r\nHost: a\r\n\r\n"), "version-form", at, "RFC 9112 §2.3");
    }
    request_breaks("GET / HTTP/1.10\r\n\r\n", "version-form", 14, "RFC 9112 §2.3");
    response_breaks("HTTP/1.1\t200 OK\r\n\r\n", "version-form", 8, "RFC 9112 §2.3");
    response_breaks("ICY 200 OK\r\n\r\n", "version-form", 0, "RFC 9112 §2.3");
}

/// RFC 9110 §2.5, §15.6.6: a higher minor version is read as the highest known one, another major version is not read.
#[test]
fn s2_3_only_major_version_1_is_spoken() {
    request_violates("GET / HTTP/2.0\r\n\r\n", "version-not-supported", 505, "RFC 9110 §15.6.6");
    request_violates("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version-not-supported", 505, "RFC 9110 §15.6.6");
    request_violates("GET / HTTP/0.9\r\n\r\n", "version-not-supported", 505, "RFC 9110 §15.6.6");
    request_is("GET / HTTP/1.2\r\nHost: a\r\n\r\n", "GET / | end | closed");
    response_violates("HTTP/3.1 200 OK\r\n\r\n", "version-not-supported", 505, "RFC 9110 §15.6.6");
}

// ---------------------------------------------------------------- §3 Request line

/// RFC 9112 §3.1: `method = token`, and one blank behind it.
#[test]
fn s3_1_a_method_is_a_token() {
    request_breaks(" GET / HTTP/1.1\r\n\r\n", "method-token", 0, "RFC 9112 §3.1");
    request_breaks("G@T / HTTP/1.1\r\n\r\n", "method-token", 1, "RFC 9112 §3.1");
    request_breaks("GET\t/ HTTP/1.1\r\n\r\n", "method-token", 3, "RFC 9112 §3.1");
    request_breaks("GET\r\n\r\n", "method-token", 3, "RFC 9112 §3.1");
    request_is("M-SEARCH /x HTTP/1.1\r\nHost: a\r\n\r\n", "M-SEARCH /x | end | closed");
}

/// RFC 9112 §3.2: no whitespace is allowed in the target, and a recipient SHOULD NOT mend it.
#[test]
fn s3_2_a_target_has_only_visible_ascii() {
    request_breaks("GET  / HTTP/1.1\r\n\r\n", "target-character", 4, "RFC 9112 §3.2");
    request_breaks("GET /\x7f HTTP/1.1\r\n\r\n", "target-character", 5, "RFC 9112 §3.2");
    request_breaks("GET /é HTTP/1.1\r\n\r\n", "target-character", 5, "RFC 9112 §3.2");
    request_breaks("GET /a\r\n\r\n", "target-character", 6, "RFC 9112 §3.2");
    request_breaks("GET /a b HTTP/1.1\r\n\r\n", "version-form", 7, "RFC 9112 §2.3");
}

/// RFC 9112 §3: a server that gets a longer target than it wishes MUST answer 414, and 8000 bytes are to be supported.
#[test]
fn s3_a_start_line_has_a_limit() {
    let config = Config { max_start_line: 40, ..Config::default() };
    let line = |len: usize| format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(len - 16));
    limit_violates(config.clone(), line(41), "start-line-too-long", 414, "RFC 9112 §3");
    limit_violates(config.clone(), "\r\n".repeat(20), "start-line-too-long", 414, "RFC 9112 §3");
    let mut server = Talk::new(Role::Server, config);
    assert_eq!(server.receive(line(40)), format!("GET /{} | end", "x".repeat(24)));
    assert!(Talk::server().receive(line(8000)).ends_with(" | end"));
}

/// RFC 9112 §3: a server that gets a longer method than any it implements SHOULD answer 501, not 414.
#[test]
fn s3_a_method_beyond_the_limit_is_not_a_target_that_is_too_long() {
    let config = Config { max_start_line: 40, ..Config::default() };
    let method = |len: usize| format!("{} / HTTP/1.1\r\nHost: a\r\n\r\n", "A".repeat(len));
    for bytes in [method(40), method(41), "A".repeat(40), format!("\r\n\r\n{}", method(36)), method(400)] {
        limit_violates(config.clone(), bytes, "method-too-long", 501, "RFC 9112 §3");
    }
    // One that ends before the limit was not too long: the rest of the line is.
    for bytes in [method(39), method(29), format!("\r\n{}", method(37))] {
        limit_violates(config.clone(), bytes, "start-line-too-long", 414, "RFC 9112 §3");
    }
    let mut server = Talk::new(Role::Server, config);
    assert_eq!(server.receive("A".repeat(39)), "", "a blank may still follow");
    let mut client = Connection::new(Role::Client, Config { max_start_line: 4, ..Config::default() });
    client.send(&get("/")).unwrap();
    client.input().extend_from_slice(b"HTTP");
    assert_eq!(client.poll_event(), Err(Violation::StartLineTooLong { limit: 4 }.into()), "no method here");
}

/// RFC 9112 §3.2: a server MUST answer 400 to an HTTP/1.1 request without Host.
#[test]
fn s3_2_host_is_required_in_http_1_1() {
    request_violates("GET / HTTP/1.1\r\n\r\n", "host-missing", 400, "RFC 9112 §3.2");
    request_violates("GET http://a/ HTTP/1.1\r\n\r\n", "host-missing", 400, "RFC 9112 §3.2");
    request_is("GET / HTTP/1.0\r\n\r\n", "GET / | end");
}

/// RFC 9112 §3.2: … to one with more than one Host, or an invalid one, in any version. An empty one is invalid: an http
/// URI has a host, and a recipient MUST reject one that has not (RFC 9110 §4.2.1).
#[test]
fn s3_2_host_is_there_once_and_valid() {
    request_violates(format!("{HEAD}host: a\r\n\r\n"), "host-repeated", 400, "RFC 9112 §3.2");
    request_violates("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "host-repeated", 400, "RFC 9112 §3.2");
    for host in ["", "\t ", ":80", "a b", "a,b c", "user@a", "a:b", "http://a", "[::1", "a/b", "é"] {
        for line in ["GET / HTTP/1.1", "GET / HTTP/1.0", "GET http://a/ HTTP/1.1", "OPTIONS * HTTP/1.1"] {
            let bytes = format!("{line}\r\nHost: {host}\r\n\r\n");
            request_violates(bytes, "host-invalid", 400, "RFC 9112 §3.2");
        }
    }
    for host in ["a:80", "[::1]:80", "127.0.0.1", "xn--e1afmkfd.example"] {
        request_is(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"), "GET / | end | closed");
    }
}

/// RFC 9112 §3.2: a client MUST send Host in every HTTP/1.1 request.
#[test]
fn s3_2_a_client_cannot_forget_host() {
    let mut client = Talk::client(&[]);
    for fields in [&[][..], &[("Host", "a"), ("Host", "a")], &[("Host", "a b")]] {
        assert!(matches!(client.send(request("GET", "/", fields)), Err(Misuse::Head(_))), "{fields:?}");
    }
    assert_eq!(client.sent(), "");
}

/// RFC 9112 §3.2.2: a server MUST accept the absolute form; where Host says something else, this one refuses.
#[test]
fn s3_2_2_absolute_form_must_agree_with_host() {
    request_is("GET http://A:80/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET http://A:80/x | end | closed");
    request_is("GET https://a HTTP/1.1\r\nHost: a:443\r\n\r\n", "GET https://a | end | closed");
    for (target, host) in [("http://a/", "b"), ("https://a:80/", "a"), ("http://a/", "a:81")] {
        let bytes = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        request_violates(bytes, "host-differs-from-target", 400, "RFC 9112 §3.2.2");
    }
}

/// RFC 9112 §3.2: origin form, absolute form, authority form, asterisk form, and no other.
#[test]
fn s3_2_a_target_has_one_of_four_forms() {
    for target in ["a", "a/b", "?q", "http:/a", "http://", "1http://a/", "/a#b", "http://u@a/", "/a\\b"] {
        request_violates(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n"), "target", 400, "RFC 9112 §3.2");
    }
    for target in ["/", "//", "/a?b?c", "/\"|^{}", "/?\\", "/%zz", "urn+x://a"] {
        let bytes = format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n");
        request_is(bytes, &format!("GET {target} | end | closed"));
    }
}

/// RFC 9112 §3.2.3: the authority form is only for CONNECT, and CONNECT has no other.
#[test]
fn s3_2_3_authority_form_is_for_connect() {
    request_is("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "CONNECT a:80 | end"); // and a tunnel
    request_violates("GET a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "target", 400, "RFC 9112 §3.2");
    for target in ["/", "*", "http://a/", "a", "a:"] {
        request_violates(
            format!("CONNECT {target} HTTP/1.1\r\nHost: a\r\n\r\n"),
            "target",
            400,
            "RFC 9112 §3.2",
        );
    }
    assert!(matches!(
        Talk::client(&[]).send(request("CONNECT", "/", &[("Host", "a")])),
        Err(Misuse::Head(_))
    ));
}

/// RFC 9112 §3.2.4: the asterisk form is only for OPTIONS.
#[test]
fn s3_2_4_asterisk_form_is_for_options() {
    request_is("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * | end | closed");
    request_violates("GET * HTTP/1.1\r\nHost: a\r\n\r\n", "target", 400, "RFC 9112 §3.2");
}

// ---------------------------------------------------------------- §4 Status line

/// RFC 9112 §4: `status-code = 3DIGIT`, and a blank behind it.
#[test]
fn s4_a_status_is_three_digits() {
    for status in ["20", "2x0", " 200", "099"] {
        response_breaks(format!("HTTP/1.1 {status} OK\r\n\r\n"), "status-digits", 9, "RFC 9112 §4");
    }
    response_breaks("HTTP/1.1 2000 OK\r\n\r\n", "status-digits", 12, "RFC 9112 §4");
    response_breaks("HTTP/1.1 200\tOK\r\n\r\n", "status-digits", 12, "RFC 9112 §4");
    response_breaks("HTTP/1.1 200\n\r\n", "bare-lf", 12, "RFC 9112 §2.2");
}

/// RFC 9112 §4: a client SHOULD ignore the reason; one that is missing, even with its blank, can do no harm.
#[test]
fn s4_a_reason_is_optional_and_without_control_characters() {
    response_is("HTTP/1.1 204\r\n\r\n", "204 | end | closed");
    response_is("HTTP/1.1 204 \r\n\r\n", "204 | end | closed");
    response_is("HTTP/1.1 204 Tout va très\tbien\r\n\r\n", "204 | end | closed");
    response_breaks("HTTP/1.1 204 N\0\r\n\r\n", "reason-character", 14, "RFC 9112 §4");
}

/// RFC 9112 §4: a server MUST send the blank behind the status even without a reason; §11.1: and no line break in one.
#[test]
fn s4_a_server_sends_the_blank_and_no_line_break() {
    let mut server = Talk::server();
    server.receive(format!("{HEAD}\r\n"));
    let Event::Response(mut head) = response(299, &[("Content-Length", "0")]) else { unreachable!() };
    head.reason = Some("Fine\r\nSet-Cookie: a=b".into());
    assert!(matches!(server.send(Event::Response(head.clone())), Err(Misuse::Head(_))));
    head.reason = None;
    server.send(Event::Response(head)).unwrap();
    assert!(server.sent().starts_with("HTTP/1.1 299 \r\n"));
}

// ---------------------------------------------------------------- §5 Fields

/// RFC 9112 §5.1: a server MUST refuse blanks between name and colon.
#[test]
fn s5_1_a_blank_before_the_colon_is_refused() {
    request_breaks(format!("{HEAD}A : b\r\n\r\n"), "blank-before-colon", 26, "RFC 9112 §5.1");
    request_breaks(format!("{HEAD}Content-Length\t: 5\r\n\r\n"), "blank-before-colon", 39, "RFC 9112 §5.1");
    response_breaks(format!("{OK}A : b\r\n\r\n"), "blank-before-colon", 18, "RFC 9112 §5.1");
}

/// RFC 9112 §5.1: blanks around a value are not part of it. RFC 9110 §5.1, §5.3, §5.5: order, case, and bytes are kept.
#[test]
fn s5_1_values_are_bytes_without_the_blanks_around_them() {
    let mut server = Talk::server();
    let events = server.try_receive(format!("{HEAD}b:\t  x y \t \r\nA:\r\nB: \u{e9}\r\n\r\n")).unwrap();
    let Some(Event::Request(request)) = events.first() else { panic!("{events:?}") };
    let fields: Vec<_> = request.fields.iter().collect();
    assert_eq!(fields, [("Host", &b"a"[..]), ("b", b"x y"), ("A", b""), ("B", "\u{e9}".as_bytes())]);
    assert_eq!(request.fields.get_all("b").count(), 2);
}

/// RFC 9112 §5.1, RFC 9110 §5.1: `field-name = token`.
#[test]
fn s5_1_a_field_name_is_a_token() {
    request_breaks(format!("{HEAD}: b\r\n\r\n"), "field-name-empty", 25, "RFC 9112 §5");
    request_breaks(format!("{HEAD}A\r\n\r\n"), "field-name-character", 26, "RFC 9110 §5.1");
    request_breaks(format!("{HEAD}(A): b\r\n\r\n"), "field-name-character", 25, "RFC 9110 §5.1");
    request_breaks(format!("{HEAD}A(: b\r\n\r\n"), "field-name-character", 26, "RFC 9110 §5.1");
    request_breaks(format!("{HEAD}\u{e9}: b\r\n\r\n"), "field-name-character", 25, "RFC 9110 §5.1");
}

/// RFC 9110 §5.5: a value with CR, LF or NUL MUST be refused (or mended), and other control characters are invalid.
#[test]
fn s5_1_a_value_has_no_control_character() {
    for byte in (0..0x20u8).filter(|byte| !b"\t\r\n".contains(byte)).chain([0x7f]) {
        let bytes = format!("{HEAD}A: b{}c\r\n\r\n", byte as char);
        request_breaks(bytes, "value-character", 29, "RFC 9110 §5.5");
    }
}

/// RFC 9112 §5.2: a server MUST refuse obs-fold or replace it. A client that is no proxy MUST replace it; ours refuses, since
/// whoever folds lines today hopes that two readers differ.
#[test]
fn s5_2_a_folded_line_is_refused() {
    request_breaks(format!("{HEAD} b\r\n\r\n"), "obs-fold", 25, "RFC 9112 §5.2");
    request_breaks(format!("{HEAD}A: b\r\n\tc\r\n\r\n"), "obs-fold", 31, "RFC 9112 §5.2");
    response_breaks(format!("{OK}A: b\r\n c\r\n\r\n"), "obs-fold", 23, "RFC 9112 §5.2");
}

/// RFC 6585 §5: 431 for fields that are too long or too many.
#[test]
fn s5_a_head_has_limits() {
    let config = Config { max_head: 60, max_fields: 3, ..Config::default() };
    let long = format!("{HEAD}A: {}\r\n\r\n", "x".repeat(29));
    limit_violates(config.clone(), &long, "head-too-long", 431, "RFC 6585 §5");
    limit_violates(
        config.clone(),
        format!("{HEAD}A:\r\nB:\r\nC:\r\n\r\n"),
        "too-many-fields",
        431,
        "RFC 6585 §5",
    );
    let mut server = Talk::new(Role::Server, config);
    assert_eq!(server.receive(long.replacen('x', "", 1)), "GET / | end");
}

// ---------------------------------------------------------------- §6 Message body

/// RFC 9112 §6.1, §6.3: both framings at once are an attack or look like one.
#[test]
fn s6_1_length_with_transfer_coding_is_refused() {
    for codings in ["chunked", "identity", "gzip, chunked", ""] {
        let fields = format!("Content-Length: 5\r\nTransfer-Encoding: {codings}\r\n\r\n0\r\n\r\n");
        request_violates(format!("{HEAD}{fields}"), "length-with-transfer-coding", 400, "RFC 9112 §6.1");
        response_violates(format!("{OK}{fields}"), "length-with-transfer-coding", 400, "RFC 9112 §6.1");
    }
}

/// RFC 9112 §6.1: a server SHOULD answer 501 to a transfer coding that it does not know.
#[test]
fn s6_1_an_unknown_transfer_coding_gets_501() {
    request_violates(
        format!("{HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        "transfer-coding-unknown",
        501,
        "RFC 9112 §6.1",
    );
}

/// RFC 9112 §6.1: Transfer-Encoding in an HTTP/1.0 message MUST be taken for faulty framing.
#[test]
fn s6_1_http_1_0_has_no_transfer_codings() {
    let fields = "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    request_violates(
        format!("POST / HTTP/1.0\r\n{fields}"),
        "transfer-coding-in-http-1.0",
        400,
        "RFC 9112 §6.1",
    );
    response_violates(
        format!("HTTP/1.0 200 OK\r\n{fields}"),
        "transfer-coding-in-http-1.0",
        400,
        "RFC 9112 §6.1",
    );
}

/// RFC 9112 §6.1: a sender MUST NOT apply `chunked` twice.
#[test]
fn s6_1_chunked_is_there_once() {
    for fields in ["chunked, chunked", "chunked\r\nTransfer-Encoding: chunked", "gzip, chunked, Chunked"] {
        let bytes = format!("{HEAD}Transfer-Encoding: {fields}\r\n\r\n");
        request_violates(bytes, "chunked-repeated", 400, "RFC 9112 §7");
    }
}

/// RFC 9112 §6.1: a server MUST NOT send Transfer-Encoding with 1xx, 204, or a successful answer to CONNECT, nor to HTTP/1.0.
#[test]
fn s6_1_a_server_cannot_send_a_coding_where_there_must_be_none() {
    let coding = [("Transfer-Encoding", "chunked")];
    let refused = |bytes: &str, status| {
        let mut server = Talk::server();
        server.receive(bytes);
        assert!(
            matches!(server.send(response(status, &coding)), Err(Misuse::Framing(_))),
            "{bytes} {status}"
        );
    };
    refused(&format!("{HEAD}\r\n"), 103);
    refused(&format!("{HEAD}\r\n"), 204);
    refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 200);
    refused("GET / HTTP/1.0\r\n\r\n", 200);
}

/// RFC 9112 §6.2: a sender MUST NOT send Content-Length with Transfer-Encoding, be there content or not.
#[test]
fn s6_2_both_framings_cannot_be_sent() {
    let both = [("Host", "a"), ("Content-Length", "5"), ("Transfer-Encoding", "chunked")];
    assert!(matches!(Talk::client(&[]).send(request("POST", "/", &both)), Err(Misuse::Framing(_))));
    for method in ["GET", "HEAD"] {
        let mut server = Talk::server();
        server.receive(format!("{method} / HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert!(matches!(server.send(response(200, &both[1..])), Err(Misuse::Framing(_))), "{method}");
    }
}

/// RFC 9112 §6.3 (1): the answer to HEAD, 1xx, 204 and 304 end with their heads, whatever the fields say.
#[test]
fn s6_3_1_some_responses_never_have_content() {
    for fields in ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: x\r\n"] {
        response_is(format!("HTTP/1.1 304 Not Modified\r\n{fields}\r\n"), "304 | end | closed");
        response_is(format!("HTTP/1.1 204 No Content\r\n{fields}\r\n"), "204 | end | closed");
        let mut client = Talk::client(&[request("HEAD", "/", &[("Host", "a")]), get("/")]);
        let told = client.receive(format!("{OK}{fields}\r\n{OK}Content-Length: 1\r\n\r\nx"));
        assert_eq!(told, "200 | end | 200 | \"x\" | end");
    }
    response_is(
        format!("HTTP/1.1 100 Continue\r\n\r\n{OK}Content-Length: 0\r\n\r\n"),
        "100 | 200 | end | closed",
    );
}

/// RFC 9112 §6.3 (1), RFC 9110 §9.3.2: what a server sends to HEAD is the head alone.
#[test]
fn s6_3_1_a_server_leaves_out_the_content_for_head() {
    let mut server = Talk::server();
    server.receive("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.answer(200, "hello");
    assert_eq!(server.sent(), "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    assert!(server.end.is_idle() && server.end.is_persistent());
}

/// RFC 9112 §6.3 (2): behind a successful answer to CONNECT is a tunnel; its framing fields MUST be ignored.
#[test]
fn s6_3_2_a_tunnel_begins_behind_the_answer_to_connect() {
    let mut client = Talk::client(&[request("CONNECT", "b:1", &[("Host", "b:1")])]);
    assert_eq!(client.receive(format!("{OK}Content-Length: 5\r\nTransfer-Encoding: x\r\n\r\ntunnel")), "200");
    assert!(client.end.is_tunnel());
    assert_eq!(&client.end.take_leftover()[..], b"tunnel");
}

/// RFC 9112 §6.3 (4): a request whose last coding is not `chunked` MUST get 400. A response ends with the stream: refused too,
/// since what was applied cannot be removed.
#[test]
fn s6_3_4_chunked_is_the_last_coding() {
    let odd = [
        "chunked, gzip",
        "gzip",
        "xchunked",
        "chunked;a=b",
        "\"chunked\"",
        "chunkedchunked",
        "",
        "chunked\r\nTransfer-Encoding:",
    ];
    for codings in odd {
        let fields = format!("Transfer-Encoding: {codings}\r\n\r\n0\r\n\r\n");
        request_violates(format!("{HEAD}{fields}"), "chunked-not-last", 400, "RFC 9112 §6.3");
        response_violates(format!("{OK}{fields}"), "chunked-not-last", 400, "RFC 9112 §6.3");
    }
    for codings in ["chunked", "CHUNKED", " chunked ", ",chunked,"] {
        let bytes = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {codings}\r\n\r\n0\r\n\r\n");
        request_is(bytes, "POST / | end | closed");
    }
}

/// RFC 9112 §6.3 (5): an invalid Content-Length is an unrecoverable error.
#[test]
fn s6_3_5_a_length_is_decimal_digits() {
    for length in ["", "+5", "-5", "5 5", "0x5", "5;", "٥", "5.0", "1e3"] {
        let fields = format!("Content-Length: {length}\r\n\r\n");
        request_violates(format!("{HEAD}{fields}"), "length-invalid", 400, "RFC 9112 §6.3");
        response_violates(format!("{OK}{fields}"), "length-invalid", 400, "RFC 9112 §6.3");
    }
}

/// RFC 9112 §6.3 (5): a list of equal lengths MAY be mended. Not here: the next reader may see only one of them.
#[test]
fn s6_3_5_a_length_is_there_once() {
    for fields in ["5\r\nContent-Length: 5", "5\r\nContent-length: 6", "5, 5", "5,6", ",5"] {
        let bytes = format!("{HEAD}Content-Length: {fields}\r\n\r\nhello");
        request_violates(bytes, "length-repeated", 400, "RFC 9112 §6.3");
    }
}

/// RFC 9110 §8.6: a recipient MUST guard against overflow.
#[test]
fn s6_3_6_a_length_fits_into_64_bits() {
    let max = u64::MAX.to_string();
    let over = format!("{HEAD}Content-Length: {}\r\n\r\n", max.replace("615", "616"));
    request_violates(over, "length-overflow", 400, "RFC 9112 §6.3");
    assert_eq!(Talk::server().receive(format!("{HEAD}Content-Length: {max}\r\n\r\nx")), "GET / | \"x\"");
    request_is(
        format!("{HEAD}Content-Length: 00000000000000000000001\r\n\r\nx"),
        "GET / | \"x\" | end | closed",
    );
}

/// RFC 9112 §6.3 (6): the sender closing before all of it was there MUST be taken for an incomplete message.
#[test]
fn s6_3_6_a_message_that_is_cut_off_is_incomplete() {
    let fields = "Content-Length: 5\r\n\r\nhell";
    request_violates(format!("{HEAD}{fields}"), "truncated", 400, "RFC 9112 §8");
    response_violates(format!("{OK}{fields}"), "truncated", 400, "RFC 9112 §8");
}

/// RFC 9112 §6.3 (7): a request without either field has no content.
#[test]
fn s6_3_7_a_request_without_framing_has_no_content() {
    request_is(format!("{HEAD}\r\n{HEAD}\r\n"), "GET / | end | GET / | end | closed");
}

/// RFC 9112 §6.3 (8): a response without either reaches to the end of the stream.
#[test]
fn s6_3_8_a_response_without_framing_ends_with_the_stream() {
    response_is(format!("{OK}\r\nuntil the end"), "200 | \"until the end\" | end");
    response_is(format!("{OK}\r\n"), "200 | end");
}

// ---------------------------------------------------------------- §7 Chunks

/// RFC 9112 §7.1: `chunk-size = 1*HEXDIG`, then extensions or CRLF.
#[test]
fn s7_1_a_chunk_begins_with_its_size() {
    let at = CHUNKED.len();
    for (line, offset) in
        [("\r\n", 0), ("x\r\n", 0), ("-1\r\n", 0), ("0x5\r\n", 1), ("5g\r\n", 1), (" 5\r\n", 0)]
    {
        request_breaks(format!("{CHUNKED}{line}"), "chunk-size-digits", at + offset, "RFC 9112 §7.1");
    }
    request_breaks(format!("{CHUNKED}5\nhello"), "bare-lf", at + 1, "RFC 9112 §2.2");
    request_is(
        format!("{CHUNKED}00A\r\n0123456789\r\n000\r\n\r\n"),
        "POST / | \"0123456789\" | end | closed",
    );
}

/// RFC 9112 §7.1: recipients MUST anticipate large numerals and prevent overflow.
#[test]
fn s7_1_a_chunk_size_fits_into_64_bits() {
    request_breaks(
        format!("{CHUNKED}10000000000000000\r\n"),
        "chunk-size-overflow",
        CHUNKED.len(),
        "RFC 9112 §7.1",
    );
    request_breaks(
        format!("{CHUNKED}00000000000000005\r\n"),
        "chunk-size-overflow",
        CHUNKED.len(),
        "RFC 9112 §7.1",
    );
    assert_eq!(Talk::server().receive(format!("{CHUNKED}ffffffffffffffff\r\nx")), "POST / | \"x\"");
}

/// RFC 9112 §7.1: the data is followed by CRLF. The position counts from the first byte of the message.
#[test]
fn s7_1_a_chunk_ends_where_its_size_says() {
    let at = CHUNKED.len() + 8;
    request_breaks(format!("{CHUNKED}5\r\nhelloo\r\n0\r\n\r\n"), "chunk-end", at, "RFC 9112 §7.1");
    request_breaks(format!("{CHUNKED}5\r\nhello\n0\r\n\r\n"), "bare-lf", at, "RFC 9112 §2.2");
    request_breaks(format!("{CHUNKED}5\r\nhell\r\n0\r\n\r\n"), "bare-lf", at, "RFC 9112 §2.2");
}

/// RFC 9112 §8: without the last chunk the message is incomplete.
#[test]
fn s7_1_content_without_the_last_chunk_is_incomplete() {
    for rest in ["", "5\r\nhello\r\n", "5\r\nhel", "0\r\n", "0\r\nA: b\r\n"] {
        request_violates(format!("{CHUNKED}{rest}"), "truncated", 400, "RFC 9112 §8");
    }
}

/// RFC 9112 §7.1.1: a recipient MUST ignore extensions that it does not know.
#[test]
fn s7_1_1_extensions_are_ignored() {
    for extension in [";a", ";a=b", " ; a = \"b\\\" ;\"\t;c", ";a=b;a=c"] {
        let bytes = format!("{CHUNKED}2{extension}\r\nhi\r\n0{extension}\r\n\r\n");
        request_is(bytes, "POST / | \"hi\" | end | closed");
    }
}

/// RFC 9112 §7.1.1: their form is not free, though.
#[test]
fn s7_1_1_an_extension_is_a_name_and_perhaps_a_value() {
    let at = CHUNKED.len();
    for (line, offset) in [
        ("2;\r\n", 2),
        ("2 \r\n", 2),
        ("2;=b\r\n", 2),
        ("2;a=\r\n", 4),
        ("2;a=\"\n\"\r\n", 5),
        ("2 a\r\n", 2),
        ("2;a b\r\n", 4),
    ] {
        request_breaks(format!("{CHUNKED}{line}"), "chunk-extension", at + offset, "RFC 9112 §7.1.1");
    }
}

/// RFC 9112 §7.1.1: a server ought to limit the extensions.
#[test]
fn s7_1_1_extensions_have_limits() {
    let config = Config { max_chunk_line: 16, max_chunk_extensions: 20, ..Config::default() };
    let long = format!("{CHUNKED}1;{}\r\nx\r\n0\r\n\r\n", "a".repeat(20));
    limit_violates(config.clone(), long, "chunk-line-too-long", 400, "RFC 9112 §7.1.1");
    limit_violates(
        config.clone(),
        format!("{CHUNKED}{}", "0".repeat(16)),
        "chunk-line-too-long",
        400,
        "RFC 9112 §7.1.1",
    );
    let many = format!("{CHUNKED}{}0\r\n\r\n", "1;aaaaaaaaaa\r\nx\r\n".repeat(2));
    limit_violates(config, many, "chunk-extensions-too-long", 400, "RFC 9112 §7.1.1");
}

/// RFC 9112 §7.1.2, RFC 9110 §6.5.1: trailers are kept apart from the head's fields.
#[test]
fn s7_1_2_trailers_are_kept_apart() {
    let mut server = Talk::server();
    let told = server.receive(format!("{CHUNKED}1\r\nx\r\n0\r\nContent-Length: 7\r\nB: c\r\n\r\n"));
    assert_eq!(told, "POST / | \"x\" | end {\"Content-Length\": \"7\", \"B\": \"c\"}");
    request_breaks(
        format!("{CHUNKED}0\r\nA : b\r\n\r\n"),
        "blank-before-colon",
        CHUNKED.len() + 4,
        "RFC 9112 §5.1",
    );
}

/// RFC 9112 §7.1.2: … and limited like those.
#[test]
fn s7_1_2_trailers_have_limits() {
    let config = Config { max_trailers: 20, max_fields: 3, ..Config::default() };
    let long = format!("{CHUNKED}0\r\nA: {}\r\n\r\n", "x".repeat(20));
    limit_violates(config.clone(), long, "trailers-too-long", 431, "RFC 6585 §5");
    limit_violates(
        config,
        format!("{CHUNKED}0\r\nA:\r\nB:\r\nC:\r\nD:\r\n\r\n"),
        "too-many-fields",
        431,
        "RFC 6585 §5",
    );
}

/// RFC 9110 §6.5.1: a sender MUST NOT put framing or routing into trailers, nor trailers where there are no chunks.
#[test]
fn s7_1_2_a_sender_keeps_framing_out_of_trailers() {
    let mut server = Talk::server();
    server.receive(format!("{HEAD}\r\n{HEAD}\r\n"));
    let with = |name| {
        let mut fields = Fields::new();
        fields.push(name, "1").unwrap();
        Event::End(fields)
    };
    server.send(response(200, &[])).unwrap();
    assert_eq!(server.send(with("content-length")), Err(Misuse::ForbiddenTrailer));
    server.send(with("Checksum")).unwrap();
    assert!(server.sent().ends_with("\r\n\r\n0\r\nChecksum: 1\r\n\r\n"));
    server.poll().unwrap();
    server.send(response(200, &[("Content-Length", "0")])).unwrap();
    assert_eq!(server.send(with("Checksum")), Err(Misuse::TrailersWithoutChunks));
}

// ---------------------------------------------------------------- §8, §9 Connections

/// RFC 9112 §8: a stream that ends within a head, or without the awaited response, is an incomplete message.
#[test]
fn s8_a_head_that_is_cut_off_is_incomplete() {
    for bytes in ["G", "GET / HTTP/1.1\r\n", HEAD, "\r\nG"] {
        request_violates(bytes, "truncated", 400, "RFC 9112 §8");
    }
    response_violates("", "truncated", 400, "RFC 9112 §8");
    response_violates("HTTP/1.1 100 Continue\r\n\r\n", "truncated", 400, "RFC 9112 §8");
    request_is("", "closed");
    request_is("\r\n", "closed");
}

/// RFC 9112 §9.2: bytes that no request asked for MUST NOT be taken for a response.
#[test]
fn s9_2_a_response_needs_a_request() {
    violates(Connection::client, "HTTP/1.1 200 OK\r\n\r\n", "unasked-response", 400, "RFC 9112 §9.2");
    response_violates(
        "HTTP/1.1 204 A\r\n\r\nHTTP/1.1 204 B\r\n\r\n",
        "unasked-response",
        400,
        "RFC 9112 §9.2",
    );
}

/// RFC 9112 §9.2: responses belong to the requests in order, interim ones to the first that has no final one.
#[test]
fn s9_2_responses_belong_to_the_requests_in_order() {
    let mut client = Talk::client(&[get("/"), request("HEAD", "/", &[("Host", "a")]), get("/")]);
    let head = format!("{OK}Content-Length: 1\r\n\r\n");
    let told = client.receive(format!("HTTP/1.1 103 Early Hints\r\n\r\n{head}a{head}{head}c"));
    assert_eq!(told, "103 | 200 | \"a\" | end | 200 | end | 200 | \"c\" | end");
    assert_eq!(client.end.unanswered(), 0);
}

/// RFC 9112 §9.3: who is persistent: HTTP/1.1 without `close`, HTTP/1.0 with `keep-alive`.
#[test]
fn s9_3_persistence_follows_version_and_connection_option() {
    for (version, option, persists, echoed) in [
        ("1.1", "", true, ""),
        ("1.1", "Connection: x, Close\r\n", false, "Connection: close\r\n"),
        ("1.1", "Connection: close, keep-alive\r\n", false, "Connection: close\r\n"),
        ("1.0", "", false, "Connection: close\r\n"),
        ("1.0", "Connection: Keep-Alive\r\n", true, "Connection: keep-alive\r\n"),
    ] {
        let mut server = Talk::server();
        server.receive(format!("GET / HTTP/{version}\r\nHost: a\r\n{option}\r\n"));
        server.answer(200, "");
        assert_eq!(server.sent(), format!("{OK}Content-Length: 0\r\n{echoed}\r\n"), "{version} {option}");
        assert_eq!((server.end.is_persistent(), server.end.wants_shutdown()), (persists, !persists));
        let mut client = Talk::client(&[get("/")]);
        client.receive(format!("HTTP/{version} 200 OK\r\nContent-Length: 0\r\n{option}\r\n"));
        assert_eq!((client.end.is_persistent(), client.end.wants_shutdown()), (persists, !persists));
    }
}

/// RFC 9112 §9.3: content of unknown length needs chunks, or, to HTTP/1.0, the end of the stream.
#[test]
fn s9_3_content_of_unknown_length_is_framed_for_the_version() {
    let streamed = |request: &str| {
        let mut server = Talk::server();
        server.receive(request);
        server.send(response(200, &[])).unwrap();
        server.send(data("hi")).unwrap();
        server.send(end()).unwrap();
        (server.sent(), server.end.wants_shutdown())
    };
    let chunked = format!("{OK}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    assert_eq!(streamed(&format!("{HEAD}\r\n")), (chunked, false));
    let closed = format!("{OK}Connection: close\r\n\r\nhi");
    assert_eq!(streamed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), (closed, true));
}

/// RFC 9112 §9.3: a server MUST read all of a request or close; content that nobody waited for must not become a request.
#[test]
fn s9_3_the_rest_of_a_request_is_never_taken_for_the_next_one() {
    let mut server = Talk::server();
    assert_eq!(server.receive(format!("{HEAD}Content-Length: {}\r\n\r\n", HEAD.len() + 2)), "GET /");
    server.answer(403, "no");
    assert_eq!(server.receive(format!("{HEAD}\r\n{HEAD}\r\n")).matches("GET / |").count(), 1);
}

/// RFC 9112 §9.3.2: pipelined requests are answered in order; until one is answered, the next is not even read.
#[test]
fn s9_3_2_the_next_request_waits_for_the_answer() {
    let mut server = Talk::server();
    assert_eq!(server.receive(format!("{HEAD}\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")), "GET / | end");
    server.answer(200, "");
    assert_eq!(tell(&server.poll().unwrap()), "GET /2 | end");
}

/// RFC 9112 §9.5: a client that sees that the server does not want the rest SHOULD stop sending and close.
#[test]
fn s9_5_a_client_gives_up_a_request_that_was_refused() {
    let mut client = Talk::client(&[]);
    client.send(request("POST", "/", &[("Host", "a"), ("Content-Length", "9")])).unwrap();
    client.send(data("some")).unwrap();
    let told =
        client.receive("HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(told, "413 | end");
    assert!(client.send(data("more")).is_err() && client.end.wants_shutdown());
}

/// RFC 9112 §9.5: while the connection persists, it finishes the request.
#[test]
fn s9_5_a_client_finishes_its_request_after_an_early_answer() {
    let mut client = Talk::client(&[]);
    client.send(request("POST", "/", &[("Host", "a"), ("Content-Length", "4")])).unwrap();
    assert_eq!(client.receive("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "403 | end");
    client.send(data("some")).unwrap();
    client.send(end()).unwrap();
    client.sent();
    assert!(client.end.is_idle() && client.end.is_persistent());
}

/// RFC 9112 §9.6: a client that half-closes is still interested in the response.
#[test]
fn s9_6_the_end_of_the_clients_stream_does_not_end_its_request() {
    let mut server = Talk::server();
    assert_eq!(server.receive(format!("{HEAD}\r\n")), "GET / | end");
    assert_eq!(server.eof(), "");
    server.answer(200, "still here");
    assert!(server.sent().ends_with("still here"));
    assert_eq!(tell(&server.poll().unwrap()), "closed");
    assert!(server.end.wants_shutdown());
}

/// RFC 9112 §9.6: after `close` a server MUST NOT process further requests, and MUST close after its response.
#[test]
fn s9_6_a_server_ignores_what_follows_close() {
    let mut server = Talk::server();
    assert_eq!(server.receive(format!("{HEAD}Connection: close\r\n\r\n{HEAD}\r\n")), "GET / | end");
    server.answer(200, "");
    assert_eq!(tell(&server.poll().unwrap()), "");
    assert!(server.end.wants_shutdown() && !server.end.wants_read());
}

/// RFC 9112 §9.6: … whether it said so itself, and whether or not the content has come.
#[test]
fn s9_6_a_server_that_says_close_closes_after_its_response() {
    let mut server = Talk::server();
    assert_eq!(server.receive(format!("{HEAD}Content-Length: 5\r\n\r\nhe")), "GET / | \"he\"");
    server.end.end_after_this();
    server.answer(200, "");
    assert!(server.sent().contains("\r\nConnection: close\r\n"));
    assert!(server.end.wants_shutdown());
    assert_eq!(server.receive("llo"), "\"llo\" | end");
    assert_eq!(server.receive(format!("{HEAD}\r\n")), "");
}

/// RFC 9112 §9.6: a client that sent `close` MUST NOT send more, and reads up to the answer to that request.
#[test]
fn s9_6_a_client_that_said_close_sends_no_more() {
    let last = request("GET", "/2", &[("Host", "a"), ("Connection", "close")]);
    let mut client = Talk::client(&[get("/1"), last]);
    assert!(matches!(client.send(get("/3")), Err(Misuse::OutOfOrder { .. })));
    let one = format!("{OK}Content-Length: 1\r\n\r\n1");
    assert_eq!(client.receive(one), "200 | \"1\" | end");
    assert!(!client.end.wants_shutdown(), "one response is still to come");
    assert_eq!(client.receive(format!("{OK}Content-Length: 1\r\n\r\n2")), "200 | \"2\" | end");
    assert!(client.end.wants_shutdown());
}

/// RFC 9112 §9.6: a client that receives `close` MUST cease sending and close after that response.
#[test]
fn s9_6_a_client_that_receives_close_closes() {
    let mut client = Talk::client(&[get("/1"), get("/2")]);
    let told = client.receive(format!("{OK}Connection: close\r\nContent-Length: 0\r\n\r\n{OK}\r\n"));
    assert_eq!(told, "200 | end", "what follows is no response");
    assert!(client.end.wants_shutdown() && client.send(get("/3")).is_err());
    assert_eq!(client.end.unanswered(), 1, "the second may be sent again elsewhere");
}

// ---------------------------------------------------------------- RFC 9110

/// RFC 9110 §7.8: a server may switch only to what the client offered, and MUST ignore an offer in HTTP/1.0.
#[test]
fn s9110_7_8_only_an_offer_can_be_taken() {
    let offer = "Connection: upgrade\r\nUpgrade: x\r\n\r\n";
    let switch = || response(101, &[("Connection", "upgrade"), ("Upgrade", "x")]);
    for (request, switches) in [
        (format!("{HEAD}{offer}"), true),
        (format!("{HEAD}\r\n"), false),
        (format!("{HEAD}Upgrade: x\r\n\r\n"), false),
        (format!("GET / HTTP/1.0\r\n{offer}"), false),
    ] {
        let mut server = Talk::server();
        server.receive(&request);
        assert_eq!(server.send(switch()).is_ok(), switches, "{request}");
    }
    response_violates("HTTP/1.1 101 Switching Protocols\r\n\r\n", "unasked-switch", 400, "RFC 9110 §7.8");
}

/// RFC 9110 §7.8: the new protocol begins behind the 101, and a server must have the whole request first.
#[test]
fn s9110_7_8_bytes_behind_the_switch_are_left_over() {
    let mut server = Talk::server();
    let offer = "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 2\r\n\r\n";
    assert_eq!(server.receive(format!("{HEAD}{offer}a")), "GET / | \"a\"");
    assert!(server.send(response(101, &[])).is_err(), "the content is still arriving");
    assert_eq!(server.receive("bnew"), "\"b\" | end");
    server.send(response(101, &[])).unwrap();
    assert!(server.end.is_tunnel());
    assert_eq!(&server.end.take_leftover()[..], b"new");
}

/// RFC 9110 §7.8: a client cannot change protocols in the middle of a message.
#[test]
fn s9110_7_8_a_client_finishes_its_request_before_it_switches() {
    let mut client = Talk::client(&[]);
    let offer = [("Host", "a"), ("Connection", "upgrade"), ("Upgrade", "x"), ("Content-Length", "2")];
    client.send(request("POST", "/", &offer)).unwrap();
    assert_eq!(client.receive("HTTP/1.1 101 Switching Protocols\r\n\r\nnew"), "101");
    assert!(!client.end.is_tunnel());
    client.send(data("ab")).unwrap();
    client.send(end()).unwrap();
    assert!(client.end.is_tunnel());
    assert_eq!(&client.end.take_leftover()[..], b"new");
}

/// RFC 9110 §9.3.6: a CONNECT that is declined leaves the connection as it was.
#[test]
fn s9110_9_3_6_a_declined_connect_is_an_ordinary_response() {
    let mut client = Talk::client(&[request("CONNECT", "b:1", &[("Host", "b:1")])]);
    assert_eq!(client.send(get("/")), Err(Misuse::TooFarAhead));
    assert_eq!(client.receive("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"), "403 | \"no\" | end");
    assert!(!client.end.is_tunnel());
    client.send(get("/")).unwrap();
}

/// RFC 9110 §9.3.6: a server's tunnel begins with its 2xx.
#[test]
fn s9110_9_3_6_a_server_opens_a_tunnel() {
    let mut server = Talk::server();
    server.receive("CONNECT b:1 HTTP/1.1\r\nHost: b:1\r\n\r\nhello");
    server.send(response(200, &[])).unwrap();
    assert_eq!(server.sent(), format!("{OK}\r\n"));
    assert_eq!(&server.end.take_leftover()[..], b"hello");
}

/// RFC 9110 §10.1.1: a server MUST NOT wait for content whose client waits; a final answer may come at once.
#[test]
fn s9110_10_1_1_an_expectation_is_met_or_answered_finally() {
    let expecting = format!("{HEAD}Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n");
    let mut server = Talk::server();
    server.receive(&expecting);
    assert!(server.end.expects_continue());
    server.send(response(100, &[])).unwrap();
    assert!(!server.end.expects_continue());
    assert_eq!(server.receive("hi"), "\"hi\" | end");

    let mut server = Talk::server();
    server.receive(&expecting);
    server.answer(417, "");
    assert!(server.sent().contains("Connection: close"), "whether content follows cannot be known");
    assert!(server.end.wants_shutdown());
}

/// RFC 9110 §10.1.1: no expectation from HTTP/1.0, nor without content, nor once the content comes.
#[test]
fn s9110_10_1_1_some_expectations_mean_nothing() {
    for bytes in [
        "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n".to_string(),
        format!("{HEAD}Expect: 100-continue\r\n\r\n"),
        format!("{HEAD}Expect: 100-continue\r\nContent-Length: 2\r\n\r\nh"),
    ] {
        let mut server = Talk::server();
        server.receive(&bytes);
        assert!(!server.end.expects_continue(), "{bytes}");
    }
}

/// RFC 9110 §15.2: a server MUST NOT send 1xx to HTTP/1.0.
#[test]
fn s9110_15_2_http_1_0_gets_no_interim_response() {
    let mut server = Talk::server();
    server.receive("GET / HTTP/1.0\r\n\r\n");
    assert_eq!(server.send(response(103, &[])), Err(Misuse::InterimToHttp10));
}

/// RFC 9110 §15.2: a client MUST be able to parse any number of 1xx before the final response.
#[test]
fn s9110_15_2_a_client_takes_any_number_of_interim_responses() {
    let interim = "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n".repeat(5) + "HTTP/1.1 199 X\r\n\r\n";
    response_is(
        format!("{interim}HTTP/1.1 204 N\r\n\r\n"),
        "103 | 103 | 103 | 103 | 103 | 199 | 204 | end | closed",
    );
}

// ---------------------------------------------------------------- The answer to a refusal

/// RFC 9112 §2.2, §3.2, §6.3: a server answers what it refuses, and closes.
#[test]
fn a_refusal_is_answered_with_its_status_and_rule() {
    let mut server = Talk::server();
    let error =
        server.try_receive(format!("{HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\n")).unwrap_err();
    server.end.refuse(&error, &Fields::new());
    let sent = server.sent();
    assert!(
        sent.starts_with("HTTP/1.1 400 Bad Request\r\n") && sent.contains("Connection: close\r\n"),
        "{sent}"
    );
    assert!(sent.ends_with("there is more than one Content-Length (RFC 9112 §6.3)\n"), "{sent}");
    assert!(server.end.wants_shutdown());
    server.end.refuse(&error, &Fields::new());
    assert_eq!(server.sent(), "", "one refusal is enough");
}

/// RFC 9110 §9.3.2: not even a refusal of HEAD has content.
#[test]
fn a_refused_head_gets_no_content() {
    let mut server = Talk::server();
    let error = server.try_receive("HEAD / HTTP/1.1\r\n\r\n").unwrap_err();
    server.end.refuse(&error, &Fields::new());
    assert!(server.sent().ends_with("\r\n\r\n"));
}

/// A response that has been begun cannot become an error message.
#[test]
fn a_refusal_behind_the_beginning_of_an_answer_only_closes() {
    let mut server = Talk::server();
    server.receive(CHUNKED);
    server.send(response(200, &[("Content-Length", "9")])).unwrap();
    server.sent();
    let error = server.try_receive("x\r\n").unwrap_err();
    server.end.refuse(&error, &Fields::new());
    assert_eq!((server.sent().as_str(), server.end.wants_shutdown()), ("", true));
}

/// Every command that is out of order says so and sends nothing.
#[test]
fn commands_out_of_order_change_nothing() {
    let mut server = Talk::server();
    assert!(matches!(server.send(response(200, &[])), Err(Misuse::OutOfOrder { .. })));
    assert!(matches!(server.send(data("x")), Err(Misuse::OutOfOrder { .. })));
    assert_eq!(server.send(get("/")), Err(Misuse::WrongRole));
    assert_eq!(server.send(Event::Closed), Err(Misuse::WrongRole));
    server.receive(format!("{HEAD}\r\n"));
    assert!(matches!(server.send(response(99, &[])), Err(Misuse::Head(_))));
    server.send(response(200, &[("Content-Length", "2")])).unwrap();
    server.sent();
    assert_eq!(server.send(data("xyz")), Err(Misuse::TooMuchData { by: 1 }));
    assert_eq!(server.send(end()), Err(Misuse::TooLittleData { missing: 2 }));
    assert_eq!(server.end.send_elsewhere(3), Err(Misuse::TooMuchData { by: 1 }));
    assert_eq!(server.sent(), "");
    server.end.send_elsewhere(2).unwrap();
    server.send(end()).unwrap();
    assert!(server.end.is_idle());
}

// ---------------------------------------------------------------- Is that all?

/// One of each, so that a new variant without a test does not compile, or does not pass.
fn every_violation() -> Vec<Violation> {
    use Violation::*;
    let limit = 0;
    let all = vec![
        StartLineTooLong { limit },
        MethodTooLong { limit },
        HeadTooLong { limit },
        TooManyFields { limit },
        VersionNotSupported(Version::HTTP_2),
        Target(wirelab_http::InvalidTarget::Form),
        HostMissing,
        HostRepeated,
        HostInvalid,
        HostDiffersFromTarget,
        LengthInvalid,
        LengthOverflow,
        LengthRepeated,
        LengthWithTransferCoding,
        ChunkedNotLast,
        ChunkedRepeated,
        TransferCodingUnknown,
        TransferCodingInHttp10,
        ChunkLineTooLong { limit },
        ChunkExtensionsTooLong { limit },
        TrailersTooLong { limit },
        Truncated { within: "" },
        UnaskedResponse,
        UnaskedSwitch,
    ];
    for violation in &all {
        match violation {
            StartLineTooLong { .. } | MethodTooLong { .. } | VersionNotSupported(_) => {}
            HeadTooLong { .. } | TooManyFields { .. } => {}
            Target(_) | HostMissing | HostRepeated | HostInvalid | HostDiffersFromTarget => {}
            LengthInvalid | LengthOverflow | LengthRepeated | LengthWithTransferCoding => {}
            ChunkedNotLast | ChunkedRepeated | TransferCodingUnknown | TransferCodingInHttp10 => {}
            ChunkLineTooLong { .. } | ChunkExtensionsTooLong { .. } | TrailersTooLong { .. } => {}
            Truncated { .. } | UnaskedResponse | UnaskedSwitch => {}
        }
    }
    all
}

/// The helpers above assert the name that they are given, so a name in this file has been provoked.
#[test]
fn every_rule_and_every_violation_is_provoked_here() {
    let here = include_str!("rules.rs");
    let violations = every_violation();
    let names = violations.iter().map(Violation::name).chain(wire::rules::ALL.iter().map(|rule| rule.name));
    let missing: Vec<_> = names.filter(|name| !here.contains(&format!("\"{name}\""))).collect();
    assert_eq!(missing, [""; 0]);
}

/// RFC 9110 §15.5.9: a server that closes because it would not wait longer sends 408, and `Connection: close` with it.
#[test]
fn s15_5_9_a_head_that_takes_too_long_is_answered_with_408() {
    let mut server = Connection::server();
    server.input().extend_from_slice(b"GET / HTTP/1.1\r\nHost: a\r\n");
    assert_eq!(server.poll_event(), Ok(None));
    server.time_out(&Fields::new());
    let mut out = BytesMut::new();
    server.poll_transmit(&mut out);
    let text = String::from_utf8_lossy(&out);
    assert!(text.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{text}");
    assert!(text.contains("\r\nConnection: close\r\n") && server.wants_shutdown(), "{text}");
}

/// In the middle of an answer a second one would be taken for its content.
#[test]
fn an_answer_that_has_begun_is_not_followed_by_a_408() {
    let mut server = Connection::server();
    server.input().extend_from_slice(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(matches!(server.poll_event(), Ok(Some(Event::Request(_)))));
    server.send_response(&Response::new(StatusCode::OK).with("Content-Length", 2)).unwrap();
    let mut out = BytesMut::new();
    server.poll_transmit(&mut out);
    server.time_out(&Fields::new());
    assert_eq!(server.poll_transmit(&mut BytesMut::new()), 0);
}
