//! Files: conditions and ranges (RFC 9110 §13, §14).

use super::probe::{Probe, probe, served};
use super::response::Response;

/// The file `a.txt`.
pub(crate) const CONTENT: &str = "0123456789abcdefghij";

/// What a first GET said about the file.
pub(crate) struct File {
    tag: String,
    modified: String,
}

impl File {
    pub(crate) fn of(response: &Response) -> File {
        let field = |name| response.field(name).expect("files have validators").to_owned();
        assert_eq!((response.status, &response.content[..]), (200, CONTENT.as_bytes()));
        File { tag: field("etag"), modified: field("last-modified") }
    }

    pub(crate) fn conditions(&self) -> Vec<Probe> {
        const N: &str = "RFC 9110 §13.1.2";
        const S: &str = "RFC 9110 §13.1.3";
        const P: &str = "RFC 9110 §13.2.2";
        const LONG_AGO: &str = "Thu, 01 Jan 1998 00:00:00 GMT";
        let File { tag, modified } = self;
        let later = "Sat, 01 Jan 2022 00:00:00 GMT";
        let not_modified = |rule, name: &str, fields: String| {
            probe(rule, name)
                .sends(get(&fields))
                .gets(&[304])
                .says("etag", tag.clone())
                .lacks("content-length")
                .lacks("transfer-encoding")
        };
        let whole = |rule, name: &str, fields: String| served(rule, name, get(&fields)).content(CONTENT);
        let failed = |rule, name: &str, fields: String| probe(rule, name).sends(get(&fields)).gets(&[412]);
        vec![
            not_modified(N, "the tag", format!("If-None-Match: {tag}\r\n")),
            not_modified(N, "the tag, made weak", format!("If-None-Match: W/{tag}\r\n")),
            not_modified(N, "a list with the tag", format!("If-None-Match: \"x\", {tag}, \"y\"\r\n")),
            not_modified(
                N,
                "two fields, the second with the tag",
                format!("If-None-Match: \"x\"\r\nIf-None-Match: {tag}\r\n"),
            ),
            not_modified(N, "any tag", "If-None-Match: *\r\n".to_owned()),
            not_modified(N, "a tag with a comma, and the tag", format!("If-None-Match: \"x,y\",{tag}\r\n")),
            whole(N, "another tag", "If-None-Match: \"x\"\r\n".to_owned()),
            whole(
                N,
                "the tag without quotes is none",
                format!("If-None-Match: {}\r\n", tag.trim_matches('"')),
            ),
            not_modified(S, "the date of the last change", format!("If-Modified-Since: {modified}\r\n")),
            not_modified(S, "a later date", format!("If-Modified-Since: {later}\r\n")),
            whole(S, "an earlier date", format!("If-Modified-Since: {LONG_AGO}\r\n")),
            whole(S, "no date", "If-Modified-Since: yesterday\r\n".to_owned()),
            whole(S, "an empty date", "If-Modified-Since:\r\n".to_owned()),
            not_modified(
                "RFC 9110 §5.6.7",
                "a date of RFC 850",
                "If-Modified-Since: Saturday, 01-Jan-22 00:00:00 GMT\r\n".to_owned(),
            ),
            not_modified(
                "RFC 9110 §5.6.7",
                "a date of asctime",
                "If-Modified-Since: Sat Jan  1 00:00:00 2022\r\n".to_owned(),
            ),
            whole(
                P,
                "another tag goes before a date that fits",
                format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {modified}\r\n"),
            ),
            not_modified(
                P,
                "the tag goes before a date that does not fit",
                format!("If-None-Match: {tag}\r\nIf-Modified-Since: {LONG_AGO}\r\n"),
            ),
            whole("RFC 9110 §13.1.1", "If-Match with the tag", format!("If-Match: {tag}\r\n")),
            whole("RFC 9110 §13.1.1", "If-Match: *", "If-Match: *\r\n".to_owned()),
            whole("RFC 9110 §13.1.1", "If-Match with a list", format!("If-Match: \"x\", {tag}\r\n")),
            failed("RFC 9110 §13.1.1", "If-Match with another tag", "If-Match: \"x\"\r\n".to_owned()),
            failed("RFC 9110 §13.1.1", "If-Match compares strongly", format!("If-Match: W/{tag}\r\n")),
            whole(
                "RFC 9110 §13.1.4",
                "If-Unmodified-Since with the date",
                format!("If-Unmodified-Since: {modified}\r\n"),
            ),
            failed(
                "RFC 9110 §13.1.4",
                "If-Unmodified-Since with an earlier date",
                format!("If-Unmodified-Since: {LONG_AGO}\r\n"),
            ),
            whole(
                "RFC 9110 §13.1.4",
                "If-Unmodified-Since with no date",
                "If-Unmodified-Since: x\r\n".to_owned(),
            ),
            whole(
                P,
                "If-Match goes before If-Unmodified-Since",
                format!("If-Match: {tag}\r\nIf-Unmodified-Since: {LONG_AGO}\r\n"),
            ),
            failed(
                P,
                "also where it fails",
                format!("If-Match: \"x\"\r\nIf-Unmodified-Since: {modified}\r\n"),
            ),
            failed(
                P,
                "If-Match fails before If-None-Match is looked at",
                format!("If-Match: \"x\"\r\nIf-None-Match: {tag}\r\n"),
            ),
            not_modified(
                P,
                "If-Match holds, and If-None-Match does not",
                format!("If-Match: {tag}\r\nIf-None-Match: {tag}\r\n"),
            ),
            not_modified(
                P,
                "If-None-Match goes before Range",
                format!("If-None-Match: {tag}\r\nRange: bytes=0-1\r\n"),
            ),
            probe(N, "304 to HEAD, too")
                .sends(format!("HEAD /files/a.txt HTTP/1.1\r\nHost: a\r\nIf-None-Match: {tag}\r\n\r\n"))
                .gets(&[304])
                .answers_head(),
            probe("RFC 9110 §13.2.1", "404 goes before every condition")
                .sends("GET /files/none HTTP/1.1\r\nHost: a\r\nIf-Match: *\r\nIf-None-Match: *\r\n\r\n")
                .gets(&[404, 412]),
            probe("RFC 9110 §13.2.1", "405 goes before every condition")
                .sends("DELETE /files/a.txt HTTP/1.1\r\nHost: a\r\nIf-Match: \"x\"\r\n\r\n")
                .gets(&[405]),
        ]
    }

    pub(crate) fn ranges(&self) -> Vec<Probe> {
        const R: &str = "RFC 9110 §14.2";
        const I: &str = "RFC 9110 §13.1.5";
        let File { tag, modified } = self;
        let part = |rule, name: &str, fields: &str, says: &str, content: &str| {
            probe(rule, name)
                .sends(get(fields))
                .gets(&[206])
                .says("content-range", format!("bytes {says}/20"))
                .says("content-length", content.len().to_string())
                .says("etag", tag.clone())
                .content(content)
        };
        let whole = |rule, name: &str, fields: &str| {
            served(rule, name, get(fields)).content(CONTENT).lacks("content-range")
        };
        let unsatisfiable = |name: &str, range: &str| {
            probe("RFC 9110 §15.5.17", name)
                .sends(get(&format!("Range: {range}\r\n")))
                .gets(&[416])
                .says("content-range", "bytes */20")
        };
        let several = |name: &str, range: &str| {
            probe("RFC 9110 §15.3.7.2", name)
                .sends(format!("GET /files/b.txt HTTP/1.1\r\nHost: a\r\nRange: {range}\r\n\r\n"))
                .gets(&[206])
                .lacks("content-range")
                .has("content-type")
                .has("content-length")
        };
        vec![
            part(R, "the first bytes", "Range: bytes=0-4\r\n", "0-4", "01234"),
            part(R, "one byte", "Range: bytes=0-0\r\n", "0-0", "0"),
            part(R, "from a place on", "Range: bytes=15-\r\n", "15-19", "fghij"),
            part(R, "the last bytes", "Range: bytes=-5\r\n", "15-19", "fghij"),
            part(R, "more last bytes than there are", "Range: bytes=-100\r\n", "0-19", CONTENT),
            part(R, "beyond the end", "Range: bytes=15-100\r\n", "15-19", "fghij"),
            part(R, "all of it", "Range: bytes=0-19\r\n", "0-19", CONTENT),
            part(R, "the unit in capitals", "Range: BYTES=0-4\r\n", "0-4", "01234"),
            part(R, "a number beyond 2^64", "Range: bytes=15-99999999999999999999999\r\n", "15-19", "fghij"),
            several("two", "bytes=0-1,9000-9001"),
            probe("RFC 9110 §15.3.7.2", "two that are close together may become one")
                .sends(get("Range: bytes=0-1,18-19\r\n"))
                .gets(&[206]),
            several("three, one of them from the end", "bytes=0-1,5000-5001,-1"),
            several("one that can be had, and one that cannot", "bytes=0-1,4000-4001,20000-20001"),
            several("two with blanks", "bytes=0-1 , 9000-9001"),
            unsatisfiable("behind the end", "bytes=20-"),
            unsatisfiable("far behind the end", "bytes=100-200"),
            unsatisfiable("the last no bytes", "bytes=-0"),
            unsatisfiable("several behind the end", "bytes=20-21,30-31"),
            whole(R, "an unknown unit", "Range: lines=0-4\r\n"),
            whole(R, "last before first", "Range: bytes=4-0\r\n"),
            whole(R, "no numbers", "Range: bytes=-\r\n"),
            whole(R, "letters", "Range: bytes=a-b\r\n"),
            whole(R, "hexadecimal", "Range: bytes=0x0-0x4\r\n"),
            whole(R, "no range", "Range: bytes=\r\n"),
            whole(R, "no equals sign", "Range: bytes 0-4\r\n"),
            whole(R, "three numbers", "Range: bytes=0-1-2\r\n"),
            whole(R, "a sign", "Range: bytes=+0-4\r\n"),
            whole(R, "one good and one bad", "Range: bytes=0-1,x\r\n"),
            served(
                R,
                "with HEAD it is ignored",
                "HEAD /files/a.txt HTTP/1.1\r\nHost: a\r\nRange: bytes=0-4\r\n\r\n",
            )
            .answers_head()
            .says("content-length", "20")
            .lacks("content-range"),
            served(
                R,
                "with POST it is ignored",
                "POST /echo HTTP/1.1\r\nHost: a\r\nRange: bytes=0-1\r\nContent-Length: 5\r\n\r\nhello",
            )
            .content("hello"),
            part(
                I,
                "If-Range with the tag",
                &format!("If-Range: {tag}\r\nRange: bytes=0-4\r\n"),
                "0-4",
                "01234",
            ),
            part(
                I,
                "If-Range with the date",
                &format!("If-Range: {modified}\r\nRange: bytes=0-4\r\n"),
                "0-4",
                "01234",
            ),
            whole(I, "If-Range with another tag", "If-Range: \"x\"\r\nRange: bytes=0-4\r\n"),
            whole(
                I,
                "If-Range with the tag made weak",
                &format!("If-Range: W/{tag}\r\nRange: bytes=0-4\r\n"),
            ),
            whole(
                I,
                "If-Range with another date",
                "If-Range: Sat, 01 Jan 2022 00:00:00 GMT\r\nRange: bytes=0-4\r\n",
            ),
            whole(I, "If-Range without Range", &format!("If-Range: {tag}\r\n")),
            part(
                "RFC 9110 §13.2.2",
                "If-Match holds",
                &format!("If-Match: {tag}\r\nRange: bytes=0-4\r\n"),
                "0-4",
                "01234",
            ),
            served(R, "a file that allows ranges says so", get("")).says("accept-ranges", "bytes"),
            probe(R, "a flood of ranges is no flood of answers")
                .sends(get(&format!("Range: bytes={}0-1\r\n", "0-,".repeat(1000))))
                .gets(&[200, 206, 400, 416]),
        ]
    }
}

/// `GET /files/a.txt` with these fields.
pub(crate) fn get(fields: &str) -> String {
    format!("GET /files/a.txt HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n")
}
