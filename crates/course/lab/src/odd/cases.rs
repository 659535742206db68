//! The odd requests.

use wirelab::http::Method;

/// A request to predict the answer of.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Its name in the address: `/odd?case=bare-lf`.
    pub id: &'static str,
    /// A few words.
    pub title: &'static str,
    /// What to think about first.
    pub question: &'static str,
    /// What is sent; `{host}` becomes the lab's address. Before the second part, the first must have been answered.
    parts: &'static [&'static str],
    /// The methods of the requests in it, for each of which an answer is due.
    pub methods: &'static [Method],
    /// The status of each answer, in order.
    pub statuses: &'static [u16],
    /// The name of the rule that is broken, if one is.
    pub rule: Option<&'static str>,
    /// What is to be learned.
    pub lesson: &'static str,
    /// What a lenient recipient would do, and what comes of it.
    pub lenient: &'static str,
}

/// Stands for a target that is longer than a start line may be.
const LONG: &str = "{long}";

/// How long that is.
const LONG_LEN: usize = 9 * 1024;

impl Case {
    /// The case of this name.
    pub fn find(id: &str) -> Option<&'static Case> {
        ALL.iter().find(|case| case.id == id)
    }

    /// What is sent to the server at `host`.
    pub fn parts(&self, host: &str) -> Vec<Vec<u8>> {
        let fill =
            |part: &&str| part.replace("{host}", host).replace(LONG, &"a".repeat(LONG_LEN)).into_bytes();
        self.parts.iter().map(fill).collect()
    }
}

const GET: &[Method] = &[Method::Get];
const POST: &[Method] = &[Method::Post];

/// All of them, the legal ones first.
pub static ALL: &[Case] = &[
    Case {
        id: "pipelined",
        title: "Two requests at once",
        question: "Two requests go out in one segment, before any answer. How many answers come back, and in which order?",
        parts: &[
            "GET /hello?first HTTP/1.1\r\nHost: {host}\r\n\r\nGET /hello?second HTTP/1.1\r\nHost: {host}\r\n\r\n",
        ],
        methods: &[Method::Get, Method::Get],
        statuses: &[200, 200],
        rule: None,
        lesson: "Pipelining is legal: answers come in the order of the requests (RFC 9112 §9.3.2). Nothing in an answer says \
                 which request it belongs to; only the order does. So a slow first answer holds up all others, which is \
                 why browsers gave pipelining up and HTTP/2 numbers its streams.",
        lenient: "There is nothing to be lenient about. A server that loses count by one gives each visitor the next one’s answer.",
    },
    Case {
        id: "chunked",
        title: "Chunks, with an extension and a trailer",
        question: "The content comes in two chunks; one has an extension, and a field follows the last chunk. How many \
                   bytes of content does the handler see?",
        parts: &[
            "POST /hello HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n\
                  6;note=\"first\"\r\nHello \r\n5\r\nchunk\r\n0\r\nX-Sum: 11\r\n\r\n",
        ],
        methods: POST,
        statuses: &[200],
        rule: None,
        lesson: "Each chunk begins with its size in hexadecimal, so that a sender can begin before it knows the whole length. \
                 Extensions are read and ignored (RFC 9112 §7.1.1); trailers are kept apart from the head’s fields (§7.1.2).",
        lenient: "Many parsers skip an extension up to the next LF without checking it. Two parsers that skip differently \
                  disagree about where the chunk begins, and bytes of one request become another one.",
    },
    Case {
        id: "head",
        title: "HEAD",
        question: "HEAD wants the head of what GET would get. Will there be a Content-Length, and will that many bytes follow?",
        parts: &["HEAD /hello HTTP/1.1\r\nHost: {host}\r\n\r\n"],
        methods: &[Method::Head],
        statuses: &[200],
        rule: None,
        lesson: "The fields are those of the answer to GET, and no content follows (RFC 9110 §9.3.2). How far an answer reaches \
                 therefore depends on its request: nobody can find its end by looking at the answer alone.",
        lenient: "A client that forgets what it asked waits for content that never comes.",
    },
    Case {
        id: "absolute-form",
        title: "A whole address as the target",
        question: "The target is not a path, but a URL as a proxy would get it. Does an ordinary server take it?",
        parts: &["GET http://{host}/hello HTTP/1.1\r\nHost: {host}\r\n\r\n"],
        methods: GET,
        statuses: &[200],
        rule: None,
        lesson: "Every server must accept the absolute form, and prefer its host to the Host field (RFC 9112 §3.2.2). If the \
                 two differ, ours refuses.",
        lenient: "Whoever checks the Host field and serves by the target, or the other way round, can be led past the check.",
    },
    Case {
        id: "http-1.0",
        title: "HTTP/1.0",
        question: "An old client: no Host, and version 1.0. In which version is it answered, and does the connection stay open?",
        parts: &["GET /hello HTTP/1.0\r\n\r\n"],
        methods: GET,
        statuses: &[200],
        rule: None,
        lesson: "Host became mandatory with 1.1, so this is legal. The answer names our version, 1.1, but uses nothing that 1.0 \
                 does not know, and the connection ends behind it, since 1.0 has one request a connection (RFC 9112 §9.3).",
        lenient: "Sending chunks to such a client would show it the sizes as part of the content.",
    },
    Case {
        id: "expect-continue",
        title: "Asking before sending",
        question: "The head says that content will follow once the server agrees. What is the first thing that comes back?",
        parts: &[
            "POST /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
            "hello",
        ],
        methods: POST,
        statuses: &[100, 200],
        rule: None,
        lesson: "Two answers to one request: the interim 100 invites the content, and the final one follows it (RFC 9110 \
                 §10.1.1). The lab sent the five bytes only after the 100 had come.",
        lenient: "A server that knows no Expect leaves the client waiting; clients therefore send the content after a second \
                  or so anyway, and the server has to cope with either.",
    },
    Case {
        id: "bare-lf",
        title: "Lines that end in LF alone",
        question: "A person types a request into a terminal, and lines end without CR. Is that a request?",
        parts: &["GET /hello HTTP/1.1\nHost: {host}\n\n"],
        methods: GET,
        statuses: &[400],
        rule: Some("bare-lf"),
        lesson: "A recipient may take a lone LF as the end of a line (RFC 9112 §2.2). Ours does not: where one reader sees a \
                 line end and the next one does not, a field, or a whole request, can be hidden from one of them.",
        lenient: "Most older servers answer 200. Behind a strict proxy that is how smuggled fields get through.",
    },
    Case {
        id: "obs-fold",
        title: "A value that goes on in the next line",
        question: "A line begins with a blank, as in mail, where that continues the value before. What does HTTP say?",
        parts: &["GET /hello HTTP/1.1\r\nHost: {host}\r\nX-Long: one\r\n two\r\n\r\n"],
        methods: GET,
        statuses: &[400],
        rule: Some("obs-fold"),
        lesson: "Line folding came from mail and is obsolete: a server must answer 400, or replace the fold by blanks before it \
                 looks at the value (RFC 9112 §5.2). Ours answers 400.",
        lenient: "One reader sees the value “one two”, another the value “one” and a line without a name.",
    },
    Case {
        id: "blank-before-colon",
        title: "A blank before the colon",
        question: "“Content-Length : 5”. Is the name “Content-Length”, or “Content-Length ” with a blank?",
        parts: &["POST /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length : 5\r\n\r\nhello"],
        methods: POST,
        statuses: &[400],
        rule: Some("blank-before-colon"),
        lesson: "A server must refuse it (RFC 9112 §5.1): the one reader takes the field for Content-Length and the five bytes \
                 for content, the other ignores a field that it does not know and takes “hello” for the next request.",
        lenient: "This very difference between a proxy and the server behind it was used for request smuggling.",
    },
    Case {
        id: "two-lengths",
        title: "Two different lengths",
        question: "Content-Length is 5 and also 6. Which one counts?",
        parts: &[
            "POST /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        ],
        methods: POST,
        statuses: &[400],
        rule: Some("length-repeated"),
        lesson: "Neither: where the message ends is unknowable, so that nothing behind the head can be believed, and the \
                 connection has to end (RFC 9112 §6.3).",
        lenient: "Some take the first, others the last. Put one of each in a row, and the byte between is an attacker’s.",
    },
    Case {
        id: "length-and-chunked",
        title: "A length, and chunks as well",
        question: "Content-Length says 5 and Transfer-Encoding says chunked. The RFC says which one wins. Will our server go by it?",
        parts: &[
            "POST /hello HTTP/1.1\r\nHost: {host}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ],
        methods: POST,
        statuses: &[400],
        rule: Some("length-with-transfer-coding"),
        lesson: "Transfer-Encoding overrides, but such a message “ought to be handled as an error” (RFC 9112 §6.3), since no \
                 honest sender makes one. It is the classic of request smuggling.",
        lenient: "The front takes the length, the back takes the chunks, and what follows “0” is a request that only the back sees.",
    },
    Case {
        id: "chunked-not-last",
        title: "Chunked, and then something else",
        question: "The content is chunked first and compressed afterwards. Where does it end?",
        parts: &["POST /hello HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"],
        methods: POST,
        statuses: &[400],
        rule: Some("chunked-not-last"),
        lesson: "Only chunks, on the outside, show where a request ends. Under another coding they cannot be seen, so that the \
                 length is unknowable: 400, and the connection ends (RFC 9112 §6.3).",
        lenient: "A search for the word “chunked” anywhere in the field is enough for many; others compare the whole value.",
    },
    Case {
        id: "no-host",
        title: "No Host",
        question: "HTTP/1.1, a path, and no Host field. The server has one site only. Does it matter?",
        parts: &["GET /hello HTTP/1.1\r\nAccept: */*\r\n\r\n"],
        methods: GET,
        statuses: &[400],
        rule: Some("host-missing"),
        lesson: "A server must answer 400 to an HTTP/1.1 request without Host (RFC 9112 §3.2), however many sites it has: \
                 otherwise clients without it would seem to work until the second site is added.",
        lenient: "A default site answers, and caches keep its answer under whatever name they think was meant.",
    },
    Case {
        id: "long-target",
        title: "A target of 9 KiB",
        question: "How long may an address be? What is the status for “too long”?",
        parts: &["GET /{long} HTTP/1.1\r\nHost: {host}\r\n\r\n"],
        methods: GET,
        statuses: &[414],
        rule: Some("start-line-too-long"),
        lesson: "No RFC has a maximum; 8000 bytes should be possible everywhere (RFC 9112 §3). Ours takes a start line of 8 KiB and \
                 then answers 414, without waiting for the end of the line.",
        lenient: "Without a limit, one client decides how much memory the server uses.",
    },
    Case {
        id: "control-character",
        title: "A bell in a value",
        question: "A field value holds byte 7, which rings a terminal’s bell. Is a value any bytes?",
        parts: &["GET /hello HTTP/1.1\r\nHost: {host}\r\nX-Bell: ding\x07dong\r\n\r\n"],
        methods: GET,
        statuses: &[400],
        rule: Some("value-character"),
        lesson: "CR, LF and NUL are dangerous and must be refused or replaced; other control characters are invalid too (RFC 9110 \
                 §5.5). Ours refuses all of them but the tab.",
        lenient: "The value ends up in a log, and an escape sequence in it rewrites what the administrator sees.",
    },
    Case {
        id: "version",
        title: "A version that does not exist here",
        question: "“GET /hello HTTP/2.7”: 400, or something more precise?",
        parts: &["GET /hello HTTP/2.7\r\nHost: {host}\r\n\r\n"],
        methods: GET,
        statuses: &[505],
        rule: Some("version-not-supported"),
        lesson: "The line has the right form, and its major version is one that this connection does not speak: 505 (RFC 9110 \
                 §15.6.6). HTTP/2 never looks like this: it is binary, and begins with a preface of its own.",
        lenient: "Some servers read the first digit only, or none, and answer as if 1.1 had been asked for.",
    },
    Case {
        id: "tls",
        title: "A TLS ClientHello",
        question: "A browser is sent to https:// but the port speaks plain HTTP. What arrives, and what can a server answer?",
        parts: &["\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03"],
        methods: GET,
        statuses: &[400],
        rule: Some("method-token"),
        lesson: "0x16 is a TLS handshake record, and no method begins with it (RFC 9112 §3.1). The answer is plain text, which the \
                 browser reports as a TLS error.",
        lenient: "Some servers recognise the first byte and say “this port speaks plain HTTP”; the bytes stay unreadable all the same.",
    },
];

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_case_has_a_name_of_its_own_and_enough_words() {
        for (at, case) in ALL.iter().enumerate() {
            assert!(ALL[..at].iter().all(|other| other.id != case.id), "{} is there twice", case.id);
            assert!(case.question.ends_with('?') || case.question.contains('?'), "{} asks nothing", case.id);
            assert_eq!(case.rule.is_some(), case.statuses[0] >= 400, "{}", case.id);
        }
    }
}
