//! What an answer says, whatever the request's syntax (RFC 9110), and what becomes of the connection (RFC 9112 §9).

use super::probe::{Probe, Then, get, post, probe, request, served};

pub(crate) fn responses() -> Vec<Probe> {
    let status = |number: u16, statuses: &'static [u16], rule: &'static str| {
        probe(rule, format!("/status/{number}"))
            .sends(request(&format!("GET /status/{number} HTTP/1.1")))
            .gets(statuses)
    };
    vec![
        served("RFC 9110 §8.6", "Content-Length is right", request("GET /bytes/1000 HTTP/1.1"))
            .says("content-length", "1000")
            .lacks("transfer-encoding"),
        served("RFC 9110 §8.6", "no content has length 0", request("GET /bytes/0 HTTP/1.1"))
            .says("content-length", "0"),
        served("RFC 9112 §6.1", "content of unknown length is chunked", request("GET /stream/3 HTTP/1.1"))
            .says("transfer-encoding", "chunked")
            .content("line 1 of 3\nline 2 of 3\nline 3 of 3\n"),
        probe("RFC 9112 §6.1", "to HTTP/1.0 it is never chunked")
            .sends("GET /stream/3 HTTP/1.0\r\n\r\n")
            .gets(&[200])
            .lacks("transfer-encoding")
            .content("line 1 of 3\nline 2 of 3\nline 3 of 3\n")
            .closed(),
        probe("RFC 9112 §6.1", "nor if HTTP/1.0 asks to keep the connection")
            .sends("GET /stream/3 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .gets(&[200])
            .lacks("transfer-encoding")
            .content("line 1 of 3\nline 2 of 3\nline 3 of 3\n")
            .closed(),
        served("RFC 9110 §8.3", "Content-Type", request("GET / HTTP/1.1"))
            .says("content-type", "text/plain; charset=utf-8"),
        served("RFC 9110 §10.2.4", "Server", request("GET / HTTP/1.1")).has("server"),
        status(204, &[204], "RFC 9110 §15.3.5").lacks("content-length").lacks("transfer-encoding"),
        status(205, &[205], "RFC 9110 §15.3.6").content(""),
        status(304, &[304], "RFC 9110 §15.4.5").lacks("transfer-encoding"),
        status(401, &[401], "RFC 9110 §15.5.2"),
        status(405, &[405], "RFC 9110 §15.5.6"),
        status(407, &[407], "RFC 9110 §15.5.8"),
        status(416, &[416], "RFC 9110 §15.5.17"),
        status(418, &[418], "RFC 9110 §15"),
        status(426, &[426], "RFC 9110 §15.5.22"),
        status(500, &[500], "RFC 9110 §15.6.1"),
        status(503, &[503], "RFC 9110 §15.6.4"),
        status(599, &[599], "RFC 9110 §15"),
        status(100, &[404], "RFC 9110 §15.2"),
        probe("RFC 9110 §9.3.2", "204 to HEAD")
            .sends(request("HEAD /status/204 HTTP/1.1"))
            .gets(&[204])
            .answers_head()
            .lacks("content-length"),
        probe("RFC 9110 §9.3.2", "404 to HEAD has no content")
            .sends(request("HEAD /none HTTP/1.1"))
            .gets(&[404])
            .answers_head(),
        probe("RFC 9110 §9.3.2", "405 to HEAD has no content")
            .sends(request("HEAD /upload HTTP/1.1"))
            .gets(&[405])
            .answers_head(),
        probe("RFC 9110 §9.3.2", "400 to HEAD has no content")
            .sends("HEAD / HTTP/1.1\r\n\r\n")
            .gets(&[400])
            .answers_head()
            .closed(),
        probe("RFC 9110 §9.3.2", "a stream of unknown length to HEAD has no content")
            .sends(request("HEAD /stream/3 HTTP/1.1"))
            .gets(&[200])
            .answers_head(),
        probe("RFC 9110 §15.5.14", "too much content is refused before it is sent")
            .sends(post("Content-Length: 17000000000\r\n", "the beginning"))
            .gets(&[413])
            .closed(),
        probe("RFC 9110 §15.5.14", "chunks without end are refused in time")
            .sends(post("Transfer-Encoding: chunked\r\n", "1100000\r\n") + &"x".repeat(17_000_000))
            .gets(&[413])
            .closed(),
        probe("RFC 9112 §9.6", "the answer survives 17 MB that nobody reads")
            .sends(post("Content-Length: 17000000\r\n", "") + &"x".repeat(17_000_000))
            .gets(&[413])
            .closed(),
        probe("RFC 9112 §9.6", "so does a 404")
            .sends(
                "POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n".to_owned()
                    + &"x".repeat(5_000_000),
            )
            .gets(&[404])
            .closed(),
        probe("RFC 9112 §9.6", "so does a 400")
            .sends(get("Host: b\r\nContent-Length: 5000000\r\n") + &"x".repeat(5_000_000))
            .gets(&[400])
            .closed(),
        served("RFC 9110 §8.4", "Accept-Encoding may be ignored", get("Accept-Encoding: gzip, br\r\n"))
            .content("OK"),
        served("RFC 9110 §12.5.1", "Accept may be ignored", get("Accept: image/png\r\n")).or(&[200, 406]),
        served("RFC 9110 §14.2", "Range may be ignored", get("Range: bytes=0-0\r\n")).or(&[200, 206]),
        served("RFC 9110 §7.6.2", "Max-Forwards is ignored with GET", get("Max-Forwards: 0\r\n"))
            .content("OK"),
    ]
}

pub(crate) fn expectations() -> Vec<Probe> {
    const R: &str = "RFC 9110 §10.1.1";
    const WAITING: &str = "Content-Length: 5\r\nExpect: 100-continue\r\n";
    let invited = |name: &str, fields: &str, content: &str| {
        probe(R, name)
            .sends(post(fields, ""))
            .awaits_head()
            .sends(content)
            .gets(&[100])
            .lacks("content-length")
            .gets(&[200])
            .content("hello")
    };
    vec![
        invited("the content is invited", WAITING, "hello"),
        invited("in any case", "Content-Length: 5\r\nexpect: 100-Continue\r\n", "hello"),
        invited(
            "chunks are invited",
            "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
        ),
        probe(R, "who does not wait may get an invitation or not")
            .sends(post(WAITING, "hello"))
            .gets(&[100])
            .optional()
            .gets(&[200])
            .content("hello"),
        probe(R, "what is not wanted is refused, and not invited")
            .sends("POST /none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            .gets(&[404])
            .then(Then::Closed),
        probe(R, "too much is refused, and not invited")
            .sends(post("Content-Length: 17000000000\r\nExpect: 100-continue\r\n", ""))
            .gets(&[413])
            .closed(),
        probe(R, "an invalid length is refused, and not invited")
            .sends(post("Content-Length: x\r\nExpect: 100-continue\r\n", ""))
            .gets(&[400])
            .closed(),
        probe(R, "no content, no invitation")
            .sends(get("Expect: 100-continue\r\n"))
            .gets(&[200])
            .content("OK"),
        probe(R, "content of length 0, no invitation")
            .sends(post("Content-Length: 0\r\nExpect: 100-continue\r\n", ""))
            .gets(&[200])
            .content(""),
        probe(R, "HTTP/1.0 is never invited")
            .sends("POST /echo HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
            .gets(&[200])
            .content("hello")
            .closed(),
        probe(R, "an expectation that nobody knows may be refused with 417")
            .sends(get("Expect: the-unexpected\r\n"))
            .gets(&[200, 417]),
        probe(R, "one with content, too")
            .sends(post("Content-Length: 5\r\nExpect: 200-ok\r\n", "hello"))
            .gets(&[200, 417]),
    ]
}

pub(crate) fn persistence() -> Vec<Probe> {
    const R: &str = "RFC 9112 §9.3";
    const U: &str = "RFC 9110 §7.8";
    let ends = |name: &str, bytes: &str| {
        probe(R, name).sends(bytes).gets(&[200]).says("connection", "close").closed()
    };
    vec![
        served(R, "HTTP/1.1 goes on", get("")).lacks("connection"),
        served(R, "keep-alive changes nothing", get("Connection: keep-alive\r\n")),
        ends("close", &get("Connection: close\r\n")),
        ends("close in capitals", &get("Connection: CLOSE\r\n")),
        ends("close in a list", &get("Connection: foo, close ,bar\r\n")),
        ends("close in a second field", &get("Connection: foo\r\nConnection: close\r\n")),
        ends("close goes before keep-alive", &get("Connection: keep-alive, close\r\n")),
        served(R, "closed is not close", get("Connection: closed\r\n")),
        served(R, "an empty option", get("Connection: ,\r\n")),
        ends("HTTP/1.0 ends", "GET / HTTP/1.0\r\n\r\n"),
        ends("HTTP/1.0 with close", "GET / HTTP/1.0\r\nConnection: close\r\n\r\n"),
        served(R, "HTTP/1.0 with keep-alive goes on", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .says("connection", "keep-alive"),
        served(R, "in any case", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").says("connection", "keep-alive"),
        ends("HTTP/1.0 with close and keep-alive", "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"),
        ends("the field Keep-Alive alone means nothing", "GET / HTTP/1.0\r\nKeep-Alive: timeout=5\r\n\r\n"),
        served(R, "Proxy-Connection means nothing", get("Proxy-Connection: close\r\n")),
        served("RFC 9110 §15.5.5", "404 does not end the connection", request("GET /none HTTP/1.1")).or(&[404]),
        served("RFC 9110 §15.6.1", "500 from a page does not end the connection", request("GET /status/500 HTTP/1.1"))
            .or(&[500]),
        served(U, "another protocol is not switched to", get("Connection: upgrade\r\nUpgrade: foo/2\r\n")).content("OK"),
        served(U, "HTTP/2 over TCP is not switched to", get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"))
            .content("OK"),
        served(U, "WebSocket is not switched to", get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"))
            .content("OK"),
        served(U, "TLS is not switched to", get("Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n")).content("OK"),
        served(U, "an Upgrade that Connection does not name", get("Upgrade: h2c\r\n")).content("OK"),
        served(U, "an Upgrade with content", post("Connection: upgrade\r\nUpgrade: foo\r\nContent-Length: 5\r\n", "hello"))
            .content("hello"),
        probe(R, "the client ends its side, and is answered all the same")
            .sends(request("GET /7 HTTP/1.1"))
            .half_closes()
            .gets(&[200])
            .content("7\n"),
        probe(R, "also if the answer is long")
            .sends(request("GET /bytes/3000000 HTTP/1.1"))
            .half_closes()
            .gets(&[200])
            .says("content-length", "3000000"),
        probe(R, "so are all that were sent ahead")
            .sends(request("GET /delay/20 HTTP/1.1") + &request("GET /8 HTTP/1.1"))
            .half_closes()
            .gets(&[200])
            .content("20 ms later\n")
            .gets(&[200])
            .content("8\n"),
    ]
}

/// For a server that waits for a tenth of a second only.
pub(crate) fn the_patience_of_a_server_ends() -> Vec<Probe> {
    const R: &str = "RFC 9110 §15.5.9";
    let late = |name: &str, bytes: &str| {
        probe(R, name).sends(bytes).awaits_head().gets(&[408]).says("connection", "close").closed()
    };
    vec![
        late("a head that does not end", "GET / HTTP/1.1\r\nHost: a\r\n"),
        late("a request line that does not end", "GET /"),
        late("content that does not come", &post("Content-Length: 5\r\n", "hell")),
        late("chunks that do not come", &post("Transfer-Encoding: chunked\r\n", "5\r\nhel")),
        probe(R, "a second request that does not end")
            .sends(request("GET /7 HTTP/1.1") + "GET /")
            .awaits_head()
            .awaits_head()
            .gets(&[200])
            .gets(&[408])
            .closed(),
        probe("RFC 9112 §9.5", "silence after an answer ends in silence")
            .sends(request("GET /7 HTTP/1.1"))
            .awaits_end()
            .gets(&[200])
            .then(Then::ClosedInSilence),
        probe("RFC 9112 §9.5", "silence from the beginning ends in silence")
            .awaits_end()
            .then(Then::ClosedInSilence),
    ]
}

/// What a server on which everybody may ask three times answers.
pub(crate) fn the_third_is_the_last() -> Vec<Probe> {
    let one = request("GET /1 HTTP/1.1");
    vec![
        probe("RFC 9112 §9.6", "the last answer says close")
            .sends(one.repeat(4))
            .gets(&[200])
            .lacks("connection")
            .gets(&[200])
            .lacks("connection")
            .gets(&[200])
            .says("connection", "close")
            .closed(),
    ]
}
