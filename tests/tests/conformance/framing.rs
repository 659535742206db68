//! Where a message ends: the questions on which two readers must not differ (RFC 9112 §6, §11.2).

use super::probe::{Probe, get, open, post, probe, refused, served};

/// What is hidden in a content, for the server that takes it for a request.
pub(crate) const HIDDEN: &str = "GET /666 HTTP/1.1\r\nHost: a.example\r\n\r\n";

pub(crate) fn lengths() -> Vec<Probe> {
    const R: &str = "RFC 9112 §6.3";
    let length = |value: &str| format!("Content-Length: {value}\r\n");
    let invalid = |name: &str, value: &str| refused(R, name, post(&length(value), "hello"));
    vec![
        served(R, "5", post(&length("5"), "hello")).content("hello"),
        served(R, "0", post(&length("0"), "")).content(""),
        served(R, "blanks around it", post(&length(" \t5\t "), "hello")).content("hello"),
        served(R, "the hidden request is content", post(&length("38"), HIDDEN)).content(HIDDEN),
        served(R, "neither field: no content", post("", "")).content(""),
        open("RFC 9110 §8.6", "leading zeros", post(&length("0005"), "hello")).content("hello"),
        open("RFC 9110 §8.6", "twenty leading zeros", post(&length("000000000000000000005"), "hello"))
            .content("hello"),
        invalid("a negative number", "-5"),
        invalid("minus nought", "-0"),
        invalid("a plus", "+5"),
        invalid("hexadecimal with a prefix", "0x5"),
        invalid("hexadecimal", "5a"),
        invalid("octal with a prefix", "0o5"),
        invalid("a letter", "five"),
        invalid("a fraction", "5.0"),
        invalid("an exponent", "5e0"),
        invalid("a blank within", "5 5"),
        invalid("a tab within", "0\t5"),
        invalid("an underscore", "5_0"),
        invalid("a semicolon", "5;"),
        invalid("a parameter", "5;q=1"),
        invalid("quotes", "\"5\""),
        invalid("empty", ""),
        invalid("blanks", "  "),
        invalid("a comma alone", ","),
        invalid("a comma behind", "5,"),
        invalid("a comma before", ",5"),
        invalid("a full-width digit", "５"),
        invalid("an Arabic digit", "٥"),
        invalid("a vertical tab before", "\x0b5"),
        invalid("a NUL behind", "5\0"),
        invalid("2^64", "18446744073709551616"),
        invalid("2^64 + 5", "18446744073709551621"),
        invalid("a hundred digits", &"9".repeat(100)),
        refused(R, "2^63 of a page that reads", post(&length("9223372036854775808"), "hello"))
            .or(&[400, 413]),
        refused(R, "2^64 - 1 of a page that reads", post(&length("18446744073709551615"), "hello"))
            .or(&[400, 413]),
        open(R, "a list that agrees", post(&length("5, 5"), "hello")).content("hello"),
        open(R, "two fields that agree", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"))
            .content("hello"),
        invalid("a list that differs", "5, 6"),
        invalid("a list that begins with nought", "0, 5"),
        refused(R, "two fields that differ", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")),
        refused(
            R,
            "two fields, the first nought",
            post("Content-Length: 0\r\nContent-Length: 38\r\n", HIDDEN),
        ),
        refused(
            R,
            "two fields, the second nought",
            post("Content-Length: 38\r\nContent-Length: 0\r\n", HIDDEN),
        ),
        refused(
            R,
            "two fields, one in capitals",
            post("CONTENT-LENGTH: 0\r\nContent-Length: 38\r\n", HIDDEN),
        ),
        refused(
            R,
            "two fields, one of them no number",
            post("Content-Length: x\r\nContent-Length: 5\r\n", "hello"),
        ),
        refused(
            R,
            "two fields, one of them empty",
            post("Content-Length:\r\nContent-Length: 5\r\n", "hello"),
        ),
        refused(R, "invalid, to GET", get("Content-Length: x\r\n")),
        refused(R, "invalid, in HTTP/1.0", "POST /echo HTTP/1.0\r\nContent-Length: +5\r\n\r\nhello"),
        served(
            "RFC 9110 §5.1",
            "a name that is nearly it is another field",
            post("Content_Length: 40\r\n", ""),
        )
        .content(""),
        probe(R, "more than was announced is the next request")
            .sends(post(&length("5"), "helloGARBAGE\r\n\r\n"))
            .gets(&[200])
            .content("hello")
            .gets(&[400])
            .closed(),
        probe(R, "less than was announced takes the next request for content")
            .sends(post(&length("7"), "hello"))
            .sends("hiGET /7 HTTP/1.1\r\nHost: a\r\n\r\n")
            .gets(&[200])
            .content("hellohi")
            .gets(&[200])
            .content("7\n"),
    ]
}

pub(crate) fn codings() -> Vec<Probe> {
    const R: &str = "RFC 9112 §6.1";
    const L: &str = "RFC 9112 §6.3";
    const BODY: &str = "5\r\nhello\r\n0\r\n\r\n";
    let coding = |value: &str| post(&format!("Transfer-Encoding: {value}\r\n"), BODY);
    let taken = |name: &str, value: &str| served(R, name, coding(value)).content("hello");
    let invalid = |name: &str, value: &str| refused(L, name, coding(value)).or(&[400, 501]);
    let both = |name: &str, fields: &str, content: &str| refused(L, name, post(fields, content));
    vec![
        taken("chunked", "chunked"),
        taken("Chunked", "Chunked"),
        taken("CHUNKED", "CHUNKED"),
        taken("cHuNkEd", "cHuNkEd"),
        taken("blanks around it", " \tchunked\t "),
        served("RFC 9110 §5.1", "the name in capitals", post("TRANSFER-ENCODING: chunked\r\n", BODY))
            .content("hello"),
        invalid("chunked twice", "chunked, chunked"),
        refused(
            L,
            "chunked in two fields",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", BODY),
        ),
        invalid("chunked not last", "chunked, gzip"),
        invalid("chunked not last, identity", "chunked, identity"),
        invalid("gzip", "gzip"),
        refused(R, "gzip, chunked", coding("gzip, chunked")).or(&[501]),
        refused(
            R,
            "gzip and chunked in two fields",
            post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", BODY),
        )
        .or(&[501]),
        refused(
            R,
            "chunked and identity in two fields",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", BODY),
        )
        .or(&[400, 501]),
        refused(
            R,
            "chunked and nonsense in two fields",
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", BODY),
        )
        .or(&[400, 501]),
        refused(
            R,
            "nonsense and chunked in two fields",
            post("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", BODY),
        )
        .or(&[400, 501]),
        invalid("identity", "identity"),
        invalid("identity, chunked", "identity, chunked"),
        invalid("xchunked", "xchunked"),
        invalid("chunkedx", "chunkedx"),
        invalid("x-chunked", "x-chunked"),
        invalid("chunk", "chunk"),
        invalid("two words", "x chunked"),
        invalid("two words, chunked first", "chunked x"),
        invalid("quoted", "\"chunked\""),
        invalid("single quotes", "'chunked'"),
        invalid("a parameter", "chunked;q=1"),
        invalid("a semicolon", "chunked;"),
        invalid("a parameter with blanks", "chunked ; a=b"),
        invalid("brackets", "[chunked]"),
        invalid("a colon", ": chunked"),
        invalid("a vertical tab before", "\x0bchunked"),
        invalid("a vertical tab behind", "chunked\x0b"),
        invalid("a form feed before", "\x0cchunked"),
        invalid("a NUL behind", "chunked\0"),
        invalid("a NUL before", "\0chunked"),
        invalid("a lone CR before", "\rchunked"),
        invalid("a lone CR behind", "chunked\r"),
        invalid("a lone LF before", "\nchunked"),
        invalid("a line of its own", "\r\n chunked"),
        invalid("a no-break space", "\u{a0}chunked"),
        invalid("the Kelvin sign", "chun\u{212a}ed"),
        invalid("a backspace", "chunked\x08"),
        invalid("empty", ""),
        invalid("blanks", "  "),
        invalid("a comma alone", ","),
        open("RFC 9110 §5.6.1", "empty elements of the list", coding(", chunked,"))
            .or(&[200, 400, 501])
            .content("hello"),
        refused(
            R,
            "an empty field and chunked",
            post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", BODY),
        )
        .or(&[400, 501]),
        refused("RFC 9112 §5.1", "a blank before the colon", post("Transfer-Encoding : chunked\r\n", BODY)),
        refused("RFC 9112 §5.1", "a tab before the colon", post("Transfer-Encoding\t: chunked\r\n", BODY)),
        refused("RFC 9112 §2.2", "a blank before the name", post(" Transfer-Encoding: chunked\r\n", BODY)),
        refused(
            "RFC 9112 §2.2",
            "hidden behind a lone CR",
            post("X: y\rTransfer-Encoding: chunked\r\n", BODY),
        ),
        refused(
            "RFC 9110 §5.1",
            "a control character in the name",
            post("\x01Transfer-Encoding: chunked\r\n", BODY),
        ),
        refused(
            L,
            "a hidden request behind a name with a NUL",
            post("Transfer-Encoding\0: chunked\r\n", BODY),
        ),
        both("Content-Length first", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", BODY),
        both("Transfer-Encoding first", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", BODY),
        both("CL.TE", "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\nX"),
        both(
            "TE.CL",
            "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
            "26\r\nGET /666 HTTP/1.1\r\nHost: a.example\r\n\r\n\r\n0\r\n\r\n",
        ),
        both("TE.TE", "Content-Length: 4\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n", BODY),
        both("Content-Length: 0 and chunks", "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", BODY),
        both("both, with an unknown coding", "Content-Length: 5\r\nTransfer-Encoding: x\r\n", "hello")
            .or(&[400, 501]),
        both("both, with identity", "Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello")
            .or(&[400, 501]),
        both("both, with an empty coding", "Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello"),
        both(
            "an invalid Content-Length and chunks",
            "Content-Length: x\r\nTransfer-Encoding: chunked\r\n",
            BODY,
        ),
        refused(
            R,
            "chunked in HTTP/1.0",
            format!("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}"),
        ),
        refused(
            R,
            "chunked in HTTP/1.0 that would live on",
            format!(
                "POST /echo HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}"
            ),
        ),
        refused(
            R,
            "both in HTTP/1.0",
            format!("POST /echo HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{BODY}"),
        ),
        served(
            "RFC 9110 §5.1",
            "a name that is nearly it is another field",
            post("Transfer_Encoding: chunked\r\n", ""),
        )
        .content(""),
        refused(L, "GET, chunked not last", get("Transfer-Encoding: chunked, x\r\n")).or(&[400, 501]),
    ]
}
