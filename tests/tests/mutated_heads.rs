//! Heads with random mistakes, read by us and by `httparse`: both take the same, or the difference is listed here.
//!
//! Each head is also read twice by our connection, whole and in random pieces: both must come to the same end.
//! `WIRELAB_MUTATIONS` sets how many heads the ordinary test reads.

use std::collections::BTreeMap;

use wirelab::http::{Fields, Method, Request, Target};
use wirelab::http1::wire::{RequestHead, ResponseHead};
use wirelab::http1::{Connection, Error, Event};
use wirelab::sansio::StreamProtocol;
use wirelab::sim::Random;
use wirelab::wire::{Decode, Reader, WireError};

/// Where we refuse what httparse takes.
struct Stricter {
    /// Our rule.
    rule: &'static str,
    /// What httparse does instead.
    _instead: &'static str,
    /// That this is what happened, seen from the head and the place of the error.
    is_it: fn(&[u8], usize) -> bool,
}

const STRICTER: &[Stricter] = &[
    Stricter {
        rule: "bare-lf",
        _instead: "a lone LF is taken for the end of a line",
        is_it: |head, at| head[at] == b'\n' && (at == 0 || head[at - 1] != b'\r'),
    },
    Stricter {
        rule: "version-form",
        _instead: "empty lines before a status line are skipped",
        is_it: |head, at| at == 0 && matches!(head[0], b'\r' | b'\n'),
    },
    Stricter {
        rule: "status-digits",
        _instead: "000 to 099 are status codes as well",
        is_it: |head, at| head[at] == b'0' && head[at..at + 3].iter().all(u8::is_ascii_digit),
    },
    Stricter {
        rule: "target-character",
        _instead: "a target may be UTF-8 beyond ASCII",
        is_it: |head, at| head[at] >= 0x80,
    },
];

/// Where httparse refuses what we take.
const WIDER: &[(&str, &str)] = &[(
    "Version",
    "two versions are known; our decoder reads any two digits, and our connection then refuses all but 1.x",
)];

const REQUESTS: &[&str] = &[
    "GET /caf\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /index.html?q=1&r=%20 HTTP/1.1\r\nHost: example.com:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n",
    "POST http://a/ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Type: text/plain; charset=\"utf-8\"\r\n\r\nhello",
    "PUT /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection:close\r\nX-Empty:\r\nX:\t y \t\r\n\r\n",
    "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\r\n",
    "\r\nGET /a-rather-long-path/with/several/segments/and-a-name.html HTTP/1.1\r\nHost: a.example\r\nCookie: a=b; c=d\r\n\r\n",
];

const RESPONSES: &[&str] = &[
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 404 Not Found\r\nServer: a/1.0 (b)\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.0 301\r\nLocation: http://example.com/\r\nX-Empty:\r\n\r\n",
    "HTTP/1.1 200 \r\nSet-Cookie: a=\"b\"; Path=/\r\nSet-Cookie:\tc \r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
];

/// What is put in: mistakes that smugglers make, then any byte.
const PIECES: &[&[u8]] = &[
    b"\r",
    b"\n",
    b"\r\n",
    b" ",
    b"\t",
    b":",
    b"\0",
    b"\x7f",
    b"\x80",
    b"\xff",
    b"\x0b",
    b"\x0c",
    b"\"",
    b"(",
    b",",
    b";",
    b"/",
    b"0",
    b"1",
    b"2",
    b"9",
    b"a",
    b"\r\n ",
    b" :",
    b"\r\r\n",
    b"\n\n",
    b"HTTP/1.1",
    b"Host: a\r\n",
    b"#",
    b"%",
    b"|",
];

/// A head of the corpus with one to three changes, and an end.
fn mutated(corpus: &[&str], random: &mut Random, head: &mut Vec<u8>) {
    head.clear();
    head.extend_from_slice(corpus[below(random, corpus.len())].as_bytes());
    for _ in 0..=below(random, 3) {
        let at = below(random, head.len() + 1);
        let until = (at + below(random, 3)).min(head.len());
        match below(random, 8) {
            0 => drop(head.drain(at..until)),
            1 => drop(head.splice(at..until, [random.next_u64() as u8])),
            2 => {
                let doubled = head[at..(at + below(random, 20)).min(head.len())].to_vec();
                drop(head.splice(at..at, doubled));
            }
            3 => head.truncate(at.max(1)),
            _ => drop(head.splice(at..until, PIECES[below(random, PIECES.len())].iter().copied())),
        }
    }
    // So that there is a verdict, and not only a wait for more.
    head.extend_from_slice(b"\r\n\r\n");
}

fn below(random: &mut Random, bound: usize) -> usize {
    random.below(bound as u64) as usize
}

/// A head as both parsers see it: start line, fields, length.
type Seen<'h> = (Vec<&'h [u8]>, Vec<(&'h [u8], &'h [u8])>, usize);

fn our_request(head: &[u8]) -> Result<Seen<'_>, WireError> {
    let mut r = Reader::prefix(head);
    let RequestHead { text, line, fields } = RequestHead::decode(&mut r)?;
    let spans = fields.iter().map(|span| {
        (
            &text[span.name as usize..span.name_end as usize],
            &text[span.value as usize..span.value_end as usize],
        )
    });
    Ok((vec![line.method, line.target, version(line.version.minor)], spans.collect(), r.position()))
}

fn our_response(head: &[u8]) -> Result<Seen<'_>, WireError> {
    let mut r = Reader::prefix(head);
    let ResponseHead { text, line, fields } = ResponseHead::decode(&mut r)?;
    let spans = fields.iter().map(|span| {
        (
            &text[span.name as usize..span.name_end as usize],
            &text[span.value as usize..span.value_end as usize],
        )
    });
    // httparse gives strings, and an empty one where a reason is none.
    let reason = if line.reason.is_ascii() { line.reason } else { b"" };
    Ok((vec![reason, version(line.version.minor)], spans.collect(), r.position()))
}

fn version(minor: u8) -> &'static [u8] {
    [&b"0"[..], b"1"].get(usize::from(minor)).copied().unwrap_or(b"?")
}

/// `None`: more is needed.
fn their_request(head: &[u8]) -> Result<Option<Seen<'_>>, httparse::Error> {
    let mut room = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut room);
    let httparse::Status::Complete(len) = request.parse(head)? else { return Ok(None) };
    let start = [request.method.unwrap_or_default(), request.path.unwrap_or_default()].map(str::as_bytes);
    let fields = request.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
    Ok(Some((vec![start[0], start[1], version(request.version.unwrap_or(9))], fields, len)))
}

fn their_response(head: &[u8]) -> Result<Option<Seen<'_>>, httparse::Error> {
    let mut room = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut room);
    let httparse::Status::Complete(len) = response.parse(head)? else { return Ok(None) };
    let start = vec![response.reason.unwrap_or_default().as_bytes(), version(response.version.unwrap_or(9))];
    let fields = response.headers.iter().map(|field| (field.name.as_bytes(), field.value)).collect();
    Ok(Some((start, fields, len)))
}

/// How often each listed difference was seen, and how often there was none.
#[derive(Debug, Default)]
struct Tally {
    both_take: u64,
    both_refuse: u64,
    both_wait: u64,
    stricter: BTreeMap<&'static str, u64>,
    wider: BTreeMap<String, u64>,
    /// What is not listed: how often, and the first head.
    unlisted: BTreeMap<String, (u64, String)>,
}

impl Tally {
    #[track_caller]
    fn compare(
        &mut self,
        head: &[u8],
        ours: &Result<Seen<'_>, WireError>,
        theirs: &Result<Option<Seen<'_>>, httparse::Error>,
    ) {
        match (ours, theirs) {
            (Ok(ours), Ok(Some(theirs))) if ours == theirs => self.both_take += 1,
            (Err(error), Ok(None)) if error.is_incomplete() => self.both_wait += 1,
            (Err(error), Err(_)) if !error.is_incomplete() => self.both_refuse += 1,
            (Err(error), Ok(_)) if listed_as_stricter(head, error).is_some() => {
                *self.stricter.entry(listed_as_stricter(head, error).unwrap_or_default()).or_default() += 1;
            }
            (Ok(_), Err(error)) if WIDER.iter().any(|(name, _)| *name == format!("{error:?}")) => {
                *self.wider.entry(format!("{error:?}")).or_default() += 1;
            }
            _ => {
                let kind = match (ours, theirs) {
                    (Ok(ours), Ok(Some(theirs))) => format!("{ours:?} against {theirs:?}"),
                    (Err(ours), theirs) => {
                        format!("{:?} against {:?}", ours.kind, theirs.as_ref().map(|seen| seen.is_some()))
                    }
                    (Ok(_), theirs) => format!("taken against {theirs:?}"),
                };
                let first = || (0, head.escape_ascii().to_string());
                self.unlisted.entry(kind).or_insert_with(first).0 += 1;
            }
        }
    }
}

fn listed_as_stricter(head: &[u8], error: &WireError) -> Option<&'static str> {
    let broken = error.rule()?.name;
    let listed = STRICTER.iter().find(|listed| listed.rule == broken && (listed.is_it)(head, error.at));
    listed.map(|listed| listed.rule)
}

// ---------------------------------------------------------------- Our connection, whole and in pieces

fn client() -> Connection {
    let mut client = Connection::client();
    let request = Request::new(Method::Get, Target::parse(b"/").expect("a target")).with("Host", "a");
    client.send(&Event::Request(request)).expect("the first request");
    client.send(&Event::End(Fields::new())).expect("its end");
    client
}

/// The first event or error, when the bytes come in pieces of random lengths up to `longest`.
fn first_event(
    mut connection: Connection,
    mut bytes: &[u8],
    longest: usize,
    random: &mut Random,
) -> Result<Option<Event>, Error> {
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at((1 + below(random, longest)).min(bytes.len()));
        bytes = rest;
        connection.input().extend_from_slice(piece);
        if let Some(event) = connection.poll_event()? {
            return Ok(Some(event));
        }
    }
    Ok(None)
}

/// The connection agrees with itself, and with the head's own decoder as far as that goes.
#[track_caller]
fn connection_agrees(
    new: fn() -> Connection,
    head: &[u8],
    ours: &Result<Seen<'_>, WireError>,
    random: &mut Random,
) {
    let whole = first_event(new(), head, usize::MAX / 2, random);
    let pieces = first_event(new(), head, 30, random);
    assert_eq!(whole, pieces, "\"{}\"", head.escape_ascii());
    let fields = match &whole {
        Ok(Some(Event::Request(request))) => Some(&request.fields),
        Ok(Some(Event::Response(response))) => Some(&response.fields),
        _ => None,
    };
    let same = match (ours, &whole) {
        (Ok((_, seen, _)), Ok(Some(_))) => fields.is_some_and(|fields| {
            fields.iter().map(|(name, value)| (name.as_bytes(), value)).eq(seen.iter().copied())
        }),
        (Ok(_), Err(Error::Violation(_))) => true,
        (Err(error), Err(Error::Wire(same))) => error == same,
        (Err(error), Ok(None)) => error.is_incomplete(),
        _ => false,
    };
    assert!(same, "\"{}\"\nhead:       {ours:?}\nconnection: {whole:?}", head.escape_ascii());
}

fn read_mutated_heads(count: u64, seed: u64) {
    let mut random = Random::new(seed);
    let mut head = Vec::new();
    let mut tally = Tally::default();
    for number in 0..count {
        if number % 2 == 0 {
            mutated(REQUESTS, &mut random, &mut head);
            let ours = our_request(&head);
            tally.compare(&head, &ours, &their_request(&head));
            connection_agrees(Connection::server, &head, &ours, &mut random);
        } else {
            mutated(RESPONSES, &mut random, &mut head);
            let ours = our_response(&head);
            tally.compare(&head, &ours, &their_response(&head));
            connection_agrees(client, &head, &ours, &mut random);
        }
    }
    println!("{count} heads from seed {seed}: {tally:#?}");
    assert!(tally.unlisted.is_empty(), "{} differences are not listed", tally.unlisted.len());
    if count >= 200_000 {
        let unseen: Vec<_> = STRICTER
            .iter()
            .map(|listed| listed.rule)
            .filter(|rule| !tally.stricter.contains_key(rule))
            .collect();
        assert!(unseen.is_empty(), "listed as stricter, but never seen: {unseen:?}");
        assert!(
            WIDER.iter().all(|(name, _)| tally.wider.contains_key(*name)),
            "listed as wider, but not all seen"
        );
    }
}

#[test]
fn mutated_heads_are_read_as_by_httparse() {
    let count = std::env::var("WIRELAB_MUTATIONS").ok().and_then(|count| count.parse().ok());
    read_mutated_heads(count.unwrap_or(200_000), 1);
}

#[test]
#[ignore = "ten million heads take minutes: run in release"]
fn ten_million_mutated_heads_are_read_as_by_httparse() {
    read_mutated_heads(10_000_000, 2);
}
