//! The request line: method, target, version (RFC 9112 §3).

use super::probe::{Probe, Then, open, probe, refused, request, served};

/// What a server may say to a request that it does not serve, without closing.
const NOT_ALLOWED: &[u16] = &[405, 501];

pub(crate) fn methods() -> Vec<Probe> {
    const R: &str = "RFC 9110 §9.1";
    let declined =
        |name: &str, line: &str| probe(R, name).sends(request(line)).gets(NOT_ALLOWED).then(Then::Kept);
    vec![
        declined("a method that nobody knows", "BREW / HTTP/1.1"),
        declined("a method that nobody knows, among the files", "BREW /files/a.txt HTTP/1.1"),
        declined("methods are case-sensitive: get", "get / HTTP/1.1"),
        declined("methods are case-sensitive: Post", "Post /echo HTTP/1.1"),
        declined("a method of every token character", "!#$%&'*+-.^_`|~09aZ / HTTP/1.1"),
        probe(R, "a method that nobody knows, where there is no page")
            .sends(request("BREW /none HTTP/1.1"))
            .gets(&[404, 405, 501]),
        declined("TRACE is not offered", "TRACE / HTTP/1.1"),
        declined("DELETE is not for this page", "DELETE / HTTP/1.1"),
        declined("PUT is not for this page", "PUT / HTTP/1.1"),
        declined("PATCH is not for this page", "PATCH / HTTP/1.1"),
        declined("POST is not for files", "POST /files/a.txt HTTP/1.1"),
        declined("POST is not for bytes", "POST /bytes/3 HTTP/1.1"),
        declined("GET is not for uploads", "GET /upload HTTP/1.1"),
        probe("RFC 9110 §9.3.6", "CONNECT is not offered by an origin server")
            .sends("CONNECT b.example:443 HTTP/1.1\r\nHost: b.example:443\r\n\r\n")
            .gets(&[400, 405, 501])
            .then(Then::Either),
        probe("RFC 9112 §3.2.3", "CONNECT has the authority form only")
            .sends(request("CONNECT / HTTP/1.1"))
            .gets(&[400, 405, 501])
            .then(Then::Either),
        refused("RFC 9112 §3.2.3", "CONNECT needs a port", request("CONNECT b.example HTTP/1.1")),
        probe("RFC 9110 §9.3.7", "OPTIONS says what is allowed")
            .sends(request("OPTIONS / HTTP/1.1"))
            .gets(&[200, 204])
            .has("allow"),
        probe("RFC 9110 §9.3.7", "OPTIONS * asks about the server")
            .sends(request("OPTIONS * HTTP/1.1"))
            .gets(&[200, 204])
            .has("allow"),
        probe("RFC 9110 §9.3.7", "OPTIONS about files")
            .sends(request("OPTIONS /files/a.txt HTTP/1.1"))
            .gets(&[200, 204])
            .has("allow"),
        refused(R, "no method", request(" / HTTP/1.1")),
        refused(R, "a method with a slash", request("G/T / HTTP/1.1")),
        refused(R, "a method with a control character", request("G\x01T / HTTP/1.1")),
        refused(R, "a method in brackets", request("(GET) / HTTP/1.1")),
        refused(R, "a method with a colon", request("GET: / HTTP/1.1")),
        refused(R, "a method beyond ASCII", request("GÉT / HTTP/1.1")),
        refused("RFC 9112 §3", "a method of 100 KB", request(&format!("{} / HTTP/1.1", "A".repeat(100_000))))
            .or(&[501]),
        refused("RFC 9112 §3", "a method of 100 KB that never ends", "A".repeat(100_000)).or(&[501]),
        served(R, "GET", request("GET / HTTP/1.1")).content("OK"),
        served(R, "HEAD", request("HEAD / HTTP/1.1")).answers_head().says("content-length", "2"),
        served(R, "POST without content", "POST /echo HTTP/1.1\r\nHost: a\r\n\r\n").content(""),
        served(R, "PUT", "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi").content("hi"),
    ]
}

pub(crate) fn blanks() -> Vec<Probe> {
    const R: &str = "RFC 9112 §3";
    const E: &str = "RFC 9112 §2.2";
    vec![
        open(R, "two blanks behind the method", request("GET  / HTTP/1.1")),
        open(R, "two blanks before the version", request("GET /  HTTP/1.1")),
        open(R, "a tab behind the method", request("GET\t/ HTTP/1.1")),
        open(R, "a tab before the version", request("GET /\tHTTP/1.1")),
        open(R, "a blank behind the version", request("GET / HTTP/1.1 ")),
        open(R, "a tab behind the version", request("GET / HTTP/1.1\t")),
        refused(R, "a blank before the method", request(" GET / HTTP/1.1")),
        refused(R, "a tab before the method", request("\tGET / HTTP/1.1")),
        refused(R, "a vertical tab in place of a blank", request("GET\x0b/ HTTP/1.1")),
        refused(R, "a form feed in place of a blank", request("GET / \x0cHTTP/1.1")),
        refused(R, "a blank within the target", request("GET /a b HTTP/1.1")),
        refused(R, "a word too many", request("GET / HTTP/1.1 HTTP/1.1")),
        served(E, "an empty line before the request", format!("\r\n{}", request("GET / HTTP/1.1"))),
        served(E, "two empty lines before it", format!("\r\n\r\n{}", request("GET / HTTP/1.1"))),
        open(E, "an empty line that is a lone LF", format!("\n{}", request("GET / HTTP/1.1"))),
        refused(E, "a lone CR before the request", format!("\r{}", request("GET / HTTP/1.1"))),
        refused(E, "100 KB of empty lines", "\r\n".repeat(50_000)).or(&[400, 414, 431]),
        open(E, "LF ends the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n"),
        open(E, "LF ends a field", "GET / HTTP/1.1\r\nHost: a\n\r\n"),
        open(E, "LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n"),
        open(E, "LF everywhere", "GET / HTTP/1.1\nHost: a\n\n"),
        refused(E, "a lone CR in the request line", request("GET / HTTP/1.1\rX: y")),
        refused(E, "a lone CR in the method", request("GE\rT / HTTP/1.1")),
        refused(E, "a lone CR in the target", request("GET /\r HTTP/1.1")),
        refused(E, "CR CR LF ends the line", request("GET / HTTP/1.1\r")),
        refused(E, "CR alone ends a field", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n"),
        refused(E, "CR CR LF ends a field", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
        open(E, "a blank before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
        open(E, "a tab before the first field", "GET / HTTP/1.1\r\n\tHost: a\r\n\r\n"),
        open(E, "a line of blanks before the first field", "GET / HTTP/1.1\r\n  \r\nHost: a\r\n\r\n"),
    ]
}

pub(crate) fn versions() -> Vec<Probe> {
    const R: &str = "RFC 9112 §2.3";
    const N: &str = "RFC 9110 §15.6.6";
    let unsupported =
        |name: &str, version: &str| refused(N, name, request(&format!("GET / {version}"))).or(&[400, 505]);
    vec![
        served(R, "HTTP/1.1", request("GET / HTTP/1.1")).content("OK"),
        served("RFC 9110 §2.5", "HTTP/1.2 is read as 1.1", request("GET / HTTP/1.2")).content("OK"),
        served("RFC 9110 §2.5", "HTTP/1.9 is read as 1.1", request("GET / HTTP/1.9")).content("OK"),
        refused("RFC 9112 §3.2", "HTTP/1.2 needs Host as well", "GET / HTTP/1.2\r\n\r\n"),
        refused(N, "HTTP/2.0 in this syntax", request("GET / HTTP/2.0")).or(&[505]),
        refused(N, "HTTP/3.0", request("GET / HTTP/3.0")).or(&[505]),
        refused(N, "HTTP/0.9 with a version", request("GET / HTTP/0.9")).or(&[400, 505]),
        refused(N, "HTTP/9.9", request("GET / HTTP/9.9")).or(&[505]),
        unsupported("two digits behind the dot", "HTTP/1.10"),
        unsupported("a leading zero", "HTTP/01.1"),
        unsupported("two digits before the dot", "HTTP/11.1"),
        unsupported("no minor version", "HTTP/1"),
        unsupported("no digit behind the dot", "HTTP/1."),
        unsupported("no digit before the dot", "HTTP/.1"),
        unsupported("a comma", "HTTP/1,1"),
        unsupported("three numbers", "HTTP/1.1.1"),
        unsupported("a sign", "HTTP/+1.1"),
        unsupported("letters", "HTTP/a.b"),
        unsupported("lower case", "http/1.1"),
        unsupported("mixed case", "HtTP/1.1"),
        unsupported("another protocol", "HTTPS/1.1"),
        unsupported("RTSP", "RTSP/1.0"),
        unsupported("no slash", "HTTP 1.1"),
        unsupported("a blank behind the slash", "HTTP/ 1.1"),
        unsupported("a full-width digit", "HTTP/１.1"),
        unsupported("nothing", ""),
        refused(R, "no version: HTTP/0.9", "GET /\r\n").or(&[400]),
        refused(R, "no version, and a blank", "GET / \r\n").or(&[400, 505]),
        refused(R, "the method alone", "GET\r\n\r\n"),
        refused(R, "the version alone", "HTTP/1.1\r\n\r\n"),
        refused(R, "a response", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        probe(R, "HTTP/1.0 without Host").sends("GET / HTTP/1.0\r\n\r\n").gets(&[200]).content("OK").closed(),
    ]
}

pub(crate) fn targets() -> Vec<Probe> {
    const R: &str = "RFC 9112 §3.2";
    const A: &str = "RFC 9112 §3.2.2";
    let not_found = |name: &str, target: &str| {
        probe("RFC 3986 §2.1", name)
            .sends(request(&format!("GET {target} HTTP/1.1")))
            .gets(&[400, 404])
            .then(Then::Either)
    };
    let misdirected = |name: &str, target: &str| {
        probe("RFC 9110 §7.4", name).sends(request(&format!("GET {target} HTTP/1.1"))).gets(&[421])
    };
    vec![
        served(A, "the absolute form", request("GET http://a.example/ HTTP/1.1")).content("OK"),
        served(A, "the absolute form with a query", request("GET http://a.example/7?x=y HTTP/1.1"))
            .content("7\n"),
        served(A, "the absolute form without a path", request("GET http://a.example HTTP/1.1")).content("OK"),
        served(A, "and a query", request("GET http://a.example?x HTTP/1.1")).content("OK"),
        served(A, "scheme and host in capitals", request("GET HTTP://A.EXAMPLE/ HTTP/1.1")).content("OK"),
        served(A, "the default port in the target", request("GET http://a.example:80/ HTTP/1.1"))
            .content("OK"),
        open(A, "Host names another host", request("GET http://b.example/ HTTP/1.1")),
        open(A, "Host names another port", request("GET http://a.example:81/ HTTP/1.1")),
        refused(R, "the absolute form without Host", "GET http://a.example/ HTTP/1.1\r\n\r\n"),
        probe(A, "the absolute form in HTTP/1.0 without Host")
            .sends("GET http://a.example/ HTTP/1.0\r\n\r\n")
            .gets(&[200])
            .closed(),
        misdirected("https on a plain connection", "https://a.example/"),
        misdirected("https in capitals", "HTTPS://a.example/"),
        misdirected("another scheme", "ftp://a.example/"),
        refused("RFC 9110 §4.2.4", "user information", request("GET http://u:p@a.example/ HTTP/1.1")),
        refused("RFC 9110 §4.2.1", "an empty host", request("GET http:///a HTTP/1.1")),
        refused(R, "a port that is no number", request("GET http://a.example:x/ HTTP/1.1")),
        refused(R, "a scheme without slashes", request("GET http:a.example/ HTTP/1.1")),
        refused(R, "a scheme that begins with a digit", request("GET 1ttp://a.example/ HTTP/1.1")),
        refused("RFC 9112 §3.2.4", "GET *", request("GET * HTTP/1.1")),
        refused("RFC 9112 §3.2.3", "GET with the authority form", request("GET a.example:80 HTTP/1.1")),
        refused(R, "no target", request("GET  HTTP/1.1")),
        refused(R, "a path without a slash", request("GET index.html HTTP/1.1")),
        refused(R, "a query alone", request("GET ?q HTTP/1.1")),
        refused(R, "dots alone", request("GET ../7 HTTP/1.1")),
        refused(R, "a backslash first", request("GET \\7 HTTP/1.1")),
        refused(R, "a backslash in the path", request("GET /7\\ HTTP/1.1")),
        served(R, "a backslash in the query", request("GET /7?\\ HTTP/1.1")).content("7\n"),
        refused(R, "a fragment", request("GET /7#x HTTP/1.1")),
        refused(R, "NUL", request("GET /\0 HTTP/1.1")),
        refused(R, "a control character", request("GET /\x1b[0m HTTP/1.1")),
        refused(R, "DEL", request("GET /\x7f HTTP/1.1")),
        refused(R, "UTF-8", request("GET /ä HTTP/1.1")),
        refused(R, "a byte that is no text", b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n"),
        served(R, "a query is the page's own affair", request("GET /7?a=b&c=/?d HTTP/1.1")).content("7\n"),
        served(R, "an empty query", request("GET /7? HTTP/1.1")).content("7\n"),
        served(R, "8000 bytes", request(&format!("GET /7?{} HTTP/1.1", "q".repeat(7980)))).content("7\n"),
        refused("RFC 9110 §15.5.15", "100 KB", request(&format!("GET /{} HTTP/1.1", "a".repeat(100_000))))
            .or(&[414]),
        refused("RFC 9110 §15.5.15", "100 KB that never ends", format!("GET /{}", "a".repeat(100_000)))
            .or(&[414]),
        served("RFC 3986 §6.2.2.2", "%65 is e", request("POST /%65cho HTTP/1.1")).content(""),
        served("RFC 3986 §6.2.2.2", "%37 is 7", request("GET /%37 HTTP/1.1")).content("7\n"),
        not_found("an encoded slash is none", "/bytes%2F3"),
        not_found("an encoded NUL", "/7%00"),
        not_found("an encoded line break", "/7%0d%0aX:y"),
        not_found("no hexadecimal digits", "/%zz"),
        not_found("half an encoding", "/%3"),
        not_found("an encoding of an encoding", "/%2537"),
        not_found("UTF-8 that is too long", "/%c0%ae%c0%ae/7"),
        not_found("out of the folder", "/files/../../etc/passwd"),
        not_found("out of the folder, encoded", "/files/%2e%2e/%2e%2e/etc/passwd"),
        not_found("out of the folder, with encoded slashes", "/files/..%2f..%2fetc%2fpasswd"),
        not_found("out of the folder, with backslashes", "/files/..\\..\\etc\\passwd"),
        not_found("out of the folder, encoded twice", "/files/%252e%252e/secret"),
        not_found("two slashes", "//a.example/7"),
        not_found("a hidden file", "/files/.hidden"),
    ]
}

/// The method was read before the fault was seen: the refusal of a HEAD has no content either.
pub(crate) fn refused_heads() -> Vec<Probe> {
    const R: &str = "RFC 9110 §9.3.2";
    let refused_head = |name: &str, line: &str, fields: &str| {
        refused(R, name, format!("HEAD {line}\r\nHost: a\r\n{fields}\r\n")).answers_head()
    };
    vec![
        refused_head("two Hosts", "/ HTTP/1.1", "Host: b\r\n"),
        refused_head("both framings", "/ HTTP/1.1", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
        refused_head("a target that is not for HEAD", "* HTTP/1.1", ""),
        refused_head("a target that is none", "x HTTP/1.1", ""),
        refused_head("another version", "/ HTTP/2.0", "").or(&[505]),
        refused_head("a blank before a colon", "/ HTTP/1.1", "X : y\r\n"),
        refused_head("a field that is too long", "/ HTTP/1.1", &format!("X: {}\r\n", "y".repeat(70_000)))
            .or(&[431]),
    ]
}
