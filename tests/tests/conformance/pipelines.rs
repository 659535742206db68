//! Several requests on a connection: each begins where the one before it ended (RFC 9112 §6, §9.3.2).

use super::framing::HIDDEN;
use super::probe::{Probe, Then, chunked, get, post, probe, request};

/// Content where few expect any: it must be read as what it is, or the connection must end.
pub(crate) fn unexpected_content() -> Vec<Probe> {
    const R: &str = "RFC 9112 §6";
    let mut probes = Vec::new();
    for (method, path, statuses) in [
        ("GET", "/", &[200][..]),
        ("GET", "/bytes/3", &[200]),
        ("GET", "/files/a.txt", &[200]),
        ("GET", "/none", &[404]),
        ("GET", "/echo", &[200]),
        ("GET", "/upload", &[405]),
        ("GET", "/delay/1", &[200]),
        ("HEAD", "/", &[200]),
        ("DELETE", "/", &[405]),
        ("OPTIONS", "/", &[200, 204]),
        ("TRACE", "/", &[400, 405]),
        ("POST", "/none", &[404]),
        ("BREW", "/", &[405, 501]),
    ] {
        let framings = [
            ("by length", format!("Content-Length: {}\r\n\r\n{HIDDEN}", HIDDEN.len())),
            ("in chunks", format!("Transfer-Encoding: chunked\r\n\r\n26\r\n{HIDDEN}\r\n0\r\n\r\n")),
        ];
        for (framing, rest) in framings {
            let bytes = format!("{method} {path} HTTP/1.1\r\nHost: a.example\r\n{rest}");
            let mut probe =
                probe(R, format!("{method} {path} with content {framing}")).sends(bytes).gets(statuses);
            if method == "HEAD" {
                probe = probe.answers_head();
            }
            // Of what arrives in pieces and ends nobody knows where, less need be thrown away.
            probes.push(probe.then(if framing == "by length" { Then::Kept } else { Then::Either }));
        }
        let chunks_at_once = format!(
            "{method} {path} HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n{}",
            "1\r\nx\r\n".repeat(20) + "0\r\n\r\n"
        );
        let mut probe =
            probe(R, format!("{method} {path} with many chunks")).sends(chunks_at_once).gets(statuses);
        if method == "HEAD" {
            probe = probe.answers_head();
        }
        probes.push(probe.then(Then::Either));
    }
    probes
}

pub(crate) fn pipelines() -> Vec<Probe> {
    const R: &str = "RFC 9112 §9.3.2";
    let one = request("GET /1 HTTP/1.1");
    let two = request("GET /2 HTTP/1.1");
    let mut fifty = probe(R, "fifty requests at once")
        .sends((0..50).map(|n| request(&format!("GET /{n} HTTP/1.1"))).collect::<String>());
    for n in 0..50 {
        fifty = fifty.gets(&[200]).content(format!("{n}\n"));
    }
    let mut thousand = probe(R, "a thousand requests at once").sends(request("GET /7 HTTP/1.1").repeat(1000));
    for _ in 0..1000 {
        thousand = thousand.gets(&[200]).content("7\n");
    }
    vec![
        probe(R, "two").sends(format!("{one}{two}")).gets(&[200]).content("1\n").gets(&[200]).content("2\n"),
        probe(R, "the answers keep the order, though the first takes longer")
            .sends(request("GET /delay/20 HTTP/1.1") + &two)
            .gets(&[200])
            .content("20 ms later\n")
            .gets(&[200])
            .content("2\n"),
        probe(R, "a stream, and one behind it")
            .sends(request("GET /stream/2 HTTP/1.1") + &two)
            .gets(&[200])
            .content("line 1 of 2\nline 2 of 2\n")
            .gets(&[200])
            .content("2\n"),
        probe(R, "HEAD, and one behind it")
            .sends(request("HEAD /1 HTTP/1.1") + &two)
            .gets(&[200])
            .answers_head()
            .gets(&[200])
            .content("2\n"),
        probe(R, "content, and one behind it")
            .sends(post("Content-Length: 5\r\n", "hello") + &two)
            .gets(&[200])
            .content("hello")
            .gets(&[200])
            .content("2\n"),
        probe(R, "chunks, and one behind them")
            .sends(chunked("5\r\nhello\r\n0\r\n\r\n") + &two)
            .gets(&[200])
            .content("hello")
            .gets(&[200])
            .content("2\n"),
        probe(R, "a valid one and an invalid one")
            .sends(format!("{one}GET / HTTP/1.1\r\nHost : a\r\n\r\n{two}"))
            .gets(&[200])
            .content("1\n")
            .gets(&[400])
            .closed(),
        probe(R, "a valid one and garbage")
            .sends(format!("{one}\x16\x03\x01"))
            .gets(&[200])
            .gets(&[400])
            .closed(),
        probe(R, "a valid one that takes longer, and an invalid one")
            .sends(request("GET /delay/20 HTTP/1.1") + "GET / HTTP/1.1\r\n\r\n")
            .gets(&[200])
            .content("20 ms later\n")
            .gets(&[400])
            .closed(),
        probe(R, "a stream, and an invalid one")
            .sends(request("GET /stream/2 HTTP/1.1") + "x")
            .sends("\r\n\r\n")
            .gets(&[200])
            .gets(&[400])
            .closed(),
        probe("RFC 9112 §2.2", "an empty line between two")
            .sends(format!("{one}\r\n{two}"))
            .gets(&[200])
            .content("1\n")
            .gets(&[200])
            .content("2\n"),
        probe("RFC 9112 §9.6", "none behind the one that said close")
            .sends(get("Connection: close\r\n") + &two)
            .gets(&[200])
            .closed(),
        probe("RFC 9112 §9.6", "nor an invalid one")
            .sends(get("Connection: close\r\n") + "GARBAGE")
            .gets(&[200])
            .closed(),
        fifty,
        thousand,
    ]
}
