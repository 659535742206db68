//! Content in chunks: sizes, extensions, trailers (RFC 9112 §7.1).

use super::framing::HIDDEN;
use super::probe::{Probe, Then, chunked, get, open, refused, served};

pub(crate) fn chunks() -> Vec<Probe> {
    const R: &str = "RFC 9112 §7.1";
    let taken = |name: &str, chunks: &str| served(R, name, chunked(chunks)).content("hello");
    let invalid = |name: &str, chunks: &str| refused(R, name, chunked(chunks));
    let sized = |name: &str, size: &str| refused(R, name, chunked(&format!("{size}\r\nhello\r\n0\r\n\r\n")));
    vec![
        taken("one chunk", "5\r\nhello\r\n0\r\n\r\n"),
        taken("five chunks", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n"),
        taken("leading zeros", "0005\r\nhello\r\n0\r\n\r\n"),
        taken("sixteen digits", "0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n"),
        served(R, "the last chunk alone", chunked("0\r\n\r\n")).content(""),
        served(R, "the last chunk with several noughts", chunked("000\r\n\r\n")).content(""),
        served(R, "a small letter", chunked("a\r\n0123456789\r\n0\r\n\r\n")).content("0123456789"),
        served(R, "a capital letter", chunked("A\r\n0123456789\r\n0\r\n\r\n")).content("0123456789"),
        served(R, "line breaks are data", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n")).content("\r\n\r\n"),
        served(R, "the hidden request is data", chunked(&format!("26\r\n{HIDDEN}\r\n0\r\n\r\n")))
            .content(HIDDEN),
        open(R, "seventeen digits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n")).content("hello"),
        sized("2^64 + 5", "10000000000000005"),
        // These two are only too long for what follows.
        sized("2^64 - 1 and hello", "FFFFFFFFFFFFFFFF").half_closes().or(&[400, 413]),
        sized("2^63 and hello", "8000000000000000").half_closes().or(&[400, 413]),
        sized("a hundred digits", &"f".repeat(100)),
        sized("a plus", "+5"),
        sized("a minus", "-5"),
        sized("minus nought", "-0"),
        sized("0x", "0x5"),
        sized("0X", "0X5"),
        sized("h behind", "5h"),
        sized("an underscore", "0_5"),
        sized("a fraction", "5.0"),
        sized("no digit", ""),
        sized("a letter beyond f", "g"),
        sized("a blank before", " 5"),
        sized("a tab before", "\t5"),
        sized("a blank within", "0 5"),
        sized("a comma", "5,"),
        sized("quotes", "\"5\""),
        sized("a NUL behind", "5\0"),
        sized("a vertical tab behind", "5\x0b"),
        sized("a full-width digit", "５"),
        sized("an equals sign", "5=a"),
        open(R, "a blank behind the size", chunked("5 \r\nhello\r\n0\r\n\r\n")).content("hello"),
        open(R, "a tab behind the size", chunked("5\t\r\nhello\r\n0\r\n\r\n")).content("hello"),
        open(R, "a blank behind the last size", chunked("5\r\nhello\r\n0 \r\n\r\n")).content("hello"),
        invalid("LF behind the size", "5\nhello\r\n0\r\n\r\n"),
        invalid("CR alone behind the size", "5\rhello\r\n0\r\n\r\n"),
        invalid("LF behind the data", "5\r\nhello\n0\r\n\r\n"),
        invalid("CR alone behind the data", "5\r\nhello\r0\r\n\r\n"),
        invalid("nothing behind the data", "5\r\nhello0\r\n\r\n"),
        invalid("LF CR behind the data", "5\r\nhello\n\r0\r\n\r\n"),
        invalid("two blanks in place of CRLF behind the data", "5\r\nhello  0\r\n\r\n"),
        invalid("an empty line behind the data", "5\r\nhello\r\n\r\n0\r\n\r\n"),
        invalid("LF behind the last size", "5\r\nhello\r\n0\n\r\n"),
        invalid("LF ends the message", "5\r\nhello\r\n0\r\n\n"),
        invalid("LF everywhere", "5\nhello\n0\n\n"),
        invalid("an empty line before the first chunk", "\r\n5\r\nhello\r\n0\r\n\r\n"),
        invalid("data longer than the size", "4\r\nhello\r\n0\r\n\r\n"),
        invalid("data shorter than the size", "6\r\nhello\r\n0\r\n\r\n"),
        invalid("a size much too long", "9\r\nhello\r\n0\r\n\r\n"),
        invalid("no chunk at all", "hello\r\n\r\n"),
        invalid("a request in place of a chunk", HIDDEN),
        refused(R, "no chunk behind a GET", get("Transfer-Encoding: chunked\r\n") + "hello\r\n\r\n"),
        refused(R, "a bad size behind a GET", get("Transfer-Encoding: chunked\r\n") + "0x0\r\n\r\n"),
    ]
}

pub(crate) fn extensions() -> Vec<Probe> {
    const R: &str = "RFC 9112 §7.1.1";
    let with = |extension: &str| chunked(&format!("5{extension}\r\nhello\r\n0{extension}\r\n\r\n"));
    let taken = |name: &str, extension: &str| served(R, name, with(extension)).content("hello");
    let invalid = |name: &str, extension: &str| refused(R, name, with(extension));
    let either = |name: &str, extension: &str| open(R, name, with(extension)).content("hello");
    vec![
        taken("a name", ";a"),
        taken("a name and a value", ";a=b"),
        taken("several", ";a=b;c;d=e"),
        taken("quoted", ";a=\"b c\""),
        taken("quoted, with a semicolon", ";a=\"b;c\""),
        taken("quoted, with an escape", ";a=\"\\\"b\\\\\""),
        taken("an empty quoted value", ";a=\"\""),
        taken("blanks around the semicolon", " ; a=b"),
        taken("blanks around the equals sign", ";a = b"),
        taken("800 bytes", &format!(";a={}", "b".repeat(800))),
        either("no name", ";"),
        either("no name, and a value", ";=b"),
        either("no value", ";a="),
        either("two semicolons", ";;a"),
        either("a blank within the value", ";a=b c"),
        either("quotes that do not end", ";a=\"b"),
        either("something behind the quotes", ";a=\"b\"c"),
        invalid("LF within", ";a\nb"),
        invalid("CR within", ";a\rb"),
        invalid("LF at the end", ";a\n"),
        invalid("CRLF within quotes", ";a=\"b\r\nc\""),
        invalid("LF within quotes", ";a=\"b\nc\""),
        invalid("NUL", ";a\0"),
        invalid("a control character", ";a=\x01"),
        invalid("a control character in quotes", ";a=\"\x01\""),
        refused(R, "100 KB", with(&format!(";a={}", "b".repeat(100_000)))).or(&[400, 413, 431]),
        refused(R, "100 KB without an end", chunked(&format!("5;{}", "b".repeat(100_000))))
            .or(&[400, 413, 431]),
        refused(R, "a flood of short ones", chunked(&"1;aaaaaaaaaaaaaaa\r\nx\r\n".repeat(5000)))
            .or(&[400, 413, 431]),
    ]
}

pub(crate) fn trailers() -> Vec<Probe> {
    const R: &str = "RFC 9112 §7.1.2";
    let with = |trailers: &str| chunked(&format!("5\r\nhello\r\n0\r\n{trailers}\r\n"));
    let taken = |name: &str, trailers: &str| served(R, name, with(trailers)).content("hello");
    let invalid = |name: &str, trailers: &str| refused(R, name, with(trailers));
    vec![
        taken("one field", "X: y\r\n"),
        taken("several", "X: y\r\nZ: a\r\n"),
        // RFC 9110 §6.5.1: they are not merged into the head, so that none of these has any effect.
        taken("Content-Length has no effect", "Content-Length: 100\r\n"),
        taken("Transfer-Encoding has no effect", "Transfer-Encoding: gzip\r\n"),
        taken("Host has no effect", "Host: b.example\r\n"),
        taken("Connection: close has no effect", "Connection: close\r\n"),
        taken("Expect has no effect", "Expect: 100-continue\r\n"),
        taken("Content-Type has no effect", "Content-Type: text/html\r\n")
            .says("content-type", "application/octet-stream"),
        taken("an announced one", "Checksum: 1\r\n"),
        invalid("no colon", "X\r\n"),
        invalid("no name", ": y\r\n"),
        invalid("a blank before the colon", "X : y\r\n"),
        invalid("a separator in the name", "X@: y\r\n"),
        invalid("obs-fold", "X: y\r\n z\r\n").or(&[200, 400]).then(Then::ClosedIfRefused),
        invalid("a blank before the first", " X: y\r\n"),
        invalid("NUL", "X: \0\r\n"),
        invalid("a lone CR", "X: y\rz\r\n"),
        invalid("a lone LF", "X: y\n\r\n"),
        invalid("a request line", "GET /666 HTTP/1.1\r\nHost: a\r\n"),
        invalid("100 KB", &format!("X: {}\r\n", "y".repeat(100_000))).or(&[400, 413, 431]),
        refused(R, "100 KB without an end", chunked(&format!("0\r\nX: {}", "y".repeat(100_000))))
            .or(&[400, 413, 431]),
        invalid("a thousand", &"X: y\r\n".repeat(1000)).or(&[400, 413, 431]),
    ]
}
