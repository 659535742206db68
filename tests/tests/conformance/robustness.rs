//! What is no HTTP at all, and what breaks off (RFC 9112 §2.2, §8).

use super::probe::{Probe, chunked, post, probe, refused, request};

/// The beginning of what a browser says on a port that it takes for HTTPS.
const CLIENT_HELLO: &[u8] = b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03\x8e\x1b\x0d\x0a\x20\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f\x00\x00\x00\x0e\x00\x0c\x00\x00\x09localhost";

pub(crate) fn garbage() -> Vec<Probe> {
    const R: &str = "RFC 9112 §2.2";
    let mut probes = vec![
        refused(R, "a TLS ClientHello", CLIENT_HELLO),
        refused(
            "RFC 9113 §3.4",
            "the preface of HTTP/2",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        )
        .or(&[400, 505]),
        refused(R, "an SSH client", "SSH-2.0-OpenSSH_9.6\r\n"),
        refused(R, "SMTP", "EHLO a.example\r\n"),
        refused(
            R,
            "the PROXY protocol",
            format!("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n{}", request("GET / HTTP/1.1")),
        ),
        refused(R, "the PROXY protocol, second version", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c"),
        refused(R, "a byte order mark", format!("\u{feff}{}", request("GET / HTTP/1.1"))),
        refused(
            R,
            "UTF-16",
            request("GET / HTTP/1.1").bytes().flat_map(|byte| [byte, 0]).collect::<Vec<u8>>(),
        ),
        refused(R, "NULs", [0; 1000]),
        refused(R, "0xff", [0xff; 1000]),
        refused(R, "Redis", "*1\r\n$4\r\nPING\r\n"),
        refused(R, "JSON", "{\"method\": \"GET\"}\r\n\r\n"),
        refused(R, "a very long line", "A".repeat(1_000_000)).or(&[400, 414, 501]),
    ];
    probes.extend((1..=40).map(|seed| refused(R, format!("random bytes, seed {seed}"), random(seed))));
    probes
}

/// Bytes of a linear congruential generator. The first cannot begin a method, so that something is wrong at once.
fn random(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::once(b'@').chain((0..300).map(|_| next())).collect()
}

pub(crate) fn broken_off() -> Vec<Probe> {
    const R: &str = "RFC 9112 §8";
    let breaks = |name: &str, bytes: &str| probe(R, name).sends(bytes).half_closes().gets(&[400]).optional();
    let mut probes = vec![
        probe(R, "nothing").half_closes(),
        probe(R, "an empty line").sends("\r\n").half_closes(),
        breaks("half a method", "GE"),
        breaks("a request line without its end", "GET / HTTP/1.1"),
        breaks("a request line and CR", "GET / HTTP/1.1\r"),
        breaks("a request line", "GET / HTTP/1.1\r\n"),
        breaks("half a field", "GET / HTTP/1.1\r\nHost: a"),
        breaks("a head without its last line", "GET / HTTP/1.1\r\nHost: a\r\n"),
        breaks("a head without its last LF", "GET / HTTP/1.1\r\nHost: a\r\n\r"),
        breaks("no content", &post("Content-Length: 5\r\n", "")),
        breaks("a part of the content", &post("Content-Length: 5\r\n", "hell")),
        breaks("no chunk", &chunked("")),
        breaks("a size without its end", &chunked("5")),
        breaks("a size and CR", &chunked("5\r")),
        breaks("a size", &chunked("5\r\n")),
        breaks("a part of a chunk", &chunked("5\r\nhel")),
        breaks("a chunk without its end", &chunked("5\r\nhello")),
        breaks("no last chunk", &chunked("5\r\nhello\r\n")),
        breaks("the last chunk without its end", &chunked("5\r\nhello\r\n0\r\n")),
        breaks("half a trailer", &chunked("5\r\nhello\r\n0\r\nX: y")),
        breaks("a trailer and no end", &chunked("5\r\nhello\r\n0\r\nX: y\r\n")),
        probe(R, "one whole request and half of another")
            .sends(request("GET /7 HTTP/1.1") + "GET /8 HT")
            .half_closes()
            .gets(&[200])
            .content("7\n")
            .gets(&[400])
            .optional(),
        probe(R, "the answer to a part of a content is not a success")
            .sends(post("Content-Length: 100\r\n", "hello"))
            .half_closes()
            .gets(&[400]),
    ];
    probes.extend((1..request("GET / HTTP/1.1").len()).map(|len| {
        breaks(&format!("the first {len} bytes of a request"), &request("GET / HTTP/1.1")[..len])
    }));
    probes
}

pub(crate) fn in_pieces() -> Vec<Probe> {
    const R: &str = "RFC 9112 §2.2";
    let whole =
        post("Content-Length: 5\r\n", "hello") + &chunked("3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\nX: y\r\n\r\n");
    // A cut between any two bytes, with the second piece sent when the first has been: the answers are the same.
    (1..whole.len())
        .map(|at| {
            probe(R, format!("two requests, cut at {at}"))
                .sends(&whole[..at])
                .sends(&whole[at..])
                .gets(&[200])
                .content("hello")
                .gets(&[200])
                .content("hello")
        })
        .collect()
}
