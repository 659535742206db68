//! Field lines, and the field that every request has (RFC 9112 §5, RFC 9110 §5, §7.2).

use super::probe::{Probe, get, open, refused, served};

pub(crate) fn host() -> Vec<Probe> {
    const R: &str = "RFC 9112 §3.2";
    let hosted = |lines: &str| format!("GET / HTTP/1.1\r\n{lines}\r\n");
    let invalid = |name: &str, host: &str| refused(R, name, hosted(&format!("Host: {host}\r\n")));
    let valid = |name: &str, host: &str| served(R, name, hosted(&format!("Host: {host}\r\n")));
    vec![
        refused(R, "no Host", hosted("")),
        refused(R, "no Host, but other fields", hosted("Accept: */*\r\n")),
        refused(R, "no Host in an OPTIONS", "OPTIONS * HTTP/1.1\r\n\r\n"),
        refused(R, "two Hosts that agree", hosted("Host: a\r\nHost: a\r\n")),
        refused(R, "two Hosts that do not", hosted("Host: a\r\nHost: b\r\n")),
        refused(R, "two Hosts in different spelling", hosted("Host: a\r\nX: y\r\nhOST: a\r\n")),
        refused(R, "two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"),
        refused(R, "an invalid Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n"),
        refused("RFC 9110 §4.2.1", "an empty Host", hosted("Host:\r\n")),
        refused("RFC 9110 §4.2.1", "a Host of blanks", hosted("Host: \t \r\n")),
        refused("RFC 9110 §4.2.1", "an empty Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n"),
        invalid("a blank within", "a b"),
        invalid("a tab within", "a\tb"),
        invalid("user information", "u@a.example"),
        invalid("user and password", "u:p@a.example"),
        invalid("a path", "a.example/x"),
        invalid("a whole URI", "http://a.example"),
        invalid("a query", "a.example?x"),
        invalid("a fragment", "a.example#x"),
        invalid("a backslash", "a\\b"),
        invalid("angle brackets", "<a>"),
        invalid("quotes", "\"a\""),
        invalid("braces", "{a}"),
        invalid("a port that is no number", "a.example:x"),
        invalid("a negative port", "a.example:-1"),
        invalid("two ports", "a.example:80:80"),
        invalid("a port without a host", ":80"),
        invalid("a bracket that is not closed", "[::1"),
        invalid("no address in brackets", "[]"),
        invalid("something behind the brackets", "[::1]x"),
        invalid("an IPv6 address without brackets", "::1"),
        invalid("beyond ASCII", "ä.example"),
        open(R, "a comma: a list, or a strange name", hosted("Host: a, b\r\n")),
        open(R, "a comma without a blank", hosted("Host: a,b\r\n")),
        valid("a port", "a.example:8080"),
        valid("an empty port", "a.example:"),
        valid("an address", "127.0.0.1"),
        valid("an IPv6 address", "[::1]"),
        valid("an IPv6 address and a port", "[2001:db8::1]:8080"),
        valid("a dot behind it", "a.example."),
        valid("blanks around it", " \ta.example\t "),
        served(R, "the name in lower case", hosted("host: a\r\n")),
        served(R, "the name in capitals", hosted("HOST: a\r\n")),
        served(R, "not the first field", hosted("Accept: */*\r\nHost: a\r\n")),
        refused("RFC 9112 §5.1", "a blank before the colon", hosted("Host : a\r\n")),
        refused("RFC 9112 §5.1", "hidden behind a bad name", hosted("X\0: y\r\nHost: a\r\n")),
    ]
}

/// Everything in a field name that is not a token (RFC 9110 §5.6.2).
const NOT_IN_NAMES: &[u8] = b"\0\x01\x07\x08\x0b\x0c\x0e\x1b\x1f\"(),/;<=>?@[\\]{}\x7f\x80\xa0\xc3\xff";

pub(crate) fn names() -> Vec<Probe> {
    const R: &str = "RFC 9110 §5.1";
    let with_byte = |byte: u8, at: &str| {
        let (before, after) = match at {
            "first" => ("", "Name"),
            "within" => ("Na", "me"),
            _ => ("Name", ""),
        };
        let line = [before.as_bytes(), &[byte], after.as_bytes(), b": y\r\n\r\n"].concat();
        let bytes = [b"GET / HTTP/1.1\r\nHost: a\r\n", &line[..]].concat();
        refused(R, format!("the byte {byte:#04x} {at} in a field name"), bytes)
    };
    let mut probes: Vec<Probe> = NOT_IN_NAMES
        .iter()
        .flat_map(|&byte| ["first", "within", "last"].map(|at| with_byte(byte, at)))
        .collect();
    probes.extend([
        refused("RFC 9112 §5.1", "a blank before the colon", get("Name : y\r\n")),
        refused("RFC 9112 §5.1", "a tab before the colon", get("Name\t: y\r\n")),
        refused("RFC 9112 §5.1", "a blank within the name", get("Na me: y\r\n")),
        refused("RFC 9112 §5.1", "a blank before the colon of Content-Length", get("Content-Length : 5\r\n")),
        refused(
            "RFC 9112 §5.1",
            "a blank before the colon of Transfer-Encoding",
            get("Transfer-Encoding : chunked\r\n"),
        ),
        refused("RFC 9112 §5", "no name", get(": y\r\n")),
        refused("RFC 9112 §5", "no colon", get("Name\r\n")),
        refused("RFC 9112 §5", "no colon, and a blank", get("Name y\r\n")),
        refused("RFC 9112 §5", "a request line among the fields", get("GET /7 HTTP/1.1\r\n")),
        served(R, "a colon within the value", get("Name: y:z:\r\n")),
        served(R, "every token character", get("!#$%&'*+-.^_`|~09aZ: y\r\n")),
        served(R, "a name of one character", get("X: y\r\n")),
        served(R, "a name of 1000", get(&format!("{}: y\r\n", "n".repeat(1000)))),
    ]);
    probes
}

pub(crate) fn values() -> Vec<Probe> {
    const R: &str = "RFC 9110 §5.5";
    const F: &str = "RFC 9112 §5.2";
    let with_byte = |byte: u8| {
        let bytes = [b"GET / HTTP/1.1\r\nHost: a\r\nName: y", &[byte][..], b"z\r\n\r\n"].concat();
        match byte {
            b'\0' | b'\r' | b'\n' => refused(R, format!("the byte {byte:#04x} in a value"), bytes),
            // "recipients of CTL characters within field values … MAY retain": refusing is allowed as well.
            _ => open(R, format!("the byte {byte:#04x} in a value"), bytes),
        }
    };
    let controls = (0..=0x1f).chain([0x7f]).filter(|byte| *byte != b'\t');
    let mut probes: Vec<Probe> = controls.map(with_byte).collect();
    probes.extend([
        served(R, "a tab in a value", get("Name: y\tz\r\n")),
        served(R, "obs-text", b"GET / HTTP/1.1\r\nHost: a\r\nName: \x80\xa0\xe4\xff\r\n\r\n"),
        served(R, "UTF-8", get("Name: grüß 你好\r\n")),
        served(R, "every visible character", get("Name: !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\r\n")),
        served(R, "an empty value", get("Name:\r\n")),
        served(R, "a value of blanks", get("Name: \t \t\r\n")),
        served(R, "no blank before the value", get("Name:y\r\n")),
        served(R, "blanks behind the value", get("Name: y \t \r\n")),
        served(R, "quotes that do not end", get("Name: \"y\r\n")),
        served(R, "a value of 8 KB", get(&format!("Name: {}\r\n", "v".repeat(8192)))),
        served(R, "a field twice", get("Name: y\r\nName: z\r\n")),
        served(R, "Content-Type twice", get("Content-Type: text/plain\r\nContent-Type: text/html\r\n")),
        served(R, "User-Agent twice", get("User-Agent: a\r\nUser-Agent: b\r\n")),
        open(F, "obs-fold in the first field", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n").or(&[400]).closed(),
        open(F, "obs-fold in a later field", get("Name: y\r\n z\r\n")),
        open(F, "obs-fold with a tab", get("Name: y\r\n\tz\r\n")),
        open(F, "obs-fold of blanks only", get("Name: y\r\n \r\n")),
        open(F, "obs-fold behind an empty value", get("Name:\r\n z\r\n")),
        refused(F, "obs-fold in Transfer-Encoding", get("Transfer-Encoding:\r\n chunked\r\n")),
        refused(F, "obs-fold in Content-Length", get("Content-Length: 1\r\n 0\r\n")),
        served(
            "RFC 9110 §5.3",
            "the names' case does not matter",
            "POST /echo HTTP/1.1\r\nhOsT: a\r\ncONTENT-lENGTH: 2\r\n\r\nhi",
        )
        .content("hi"),
    ]);
    probes
}

pub(crate) fn limits() -> Vec<Probe> {
    const R: &str = "RFC 6585 §5";
    let lines = |count: usize| (0..count).map(|n| format!("X-{n}: y\r\n")).collect::<String>();
    let too_large = |name: &str, fields: &str| refused(R, name, get(fields)).or(&[431]);
    vec![
        served(R, "90 fields", get(&lines(90))),
        too_large("101 fields and more", &lines(105)),
        too_large("10,000 fields", &lines(10_000)),
        too_large("a field of 70 KB", &format!("Name: {}\r\n", "v".repeat(70_000))),
        too_large("a name of 70 KB", &format!("{}: y\r\n", "n".repeat(70_000))),
        too_large("70 KB of blanks", &format!("Name:{}\r\n", " ".repeat(70_000))),
        refused(
            R,
            "a megabyte of a field that does not end",
            get("").trim_end().to_owned() + "\r\nName: " + &"v".repeat(1_000_000),
        )
        .or(&[431]),
    ]
}
