//! The parsers of heads that are compared. All do the same: locate the parts of the start line, and every name and
//! value; the bytes are all there.

use std::hint::black_box;
use std::mem::MaybeUninit;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use httparse::{EMPTY_HEADER, Header};
use wirelab::http::{Fields, Response, Span, StatusCode};
use wirelab::http1::wire::{RequestHead, ResponseHead};
use wirelab::http1::{Connection, Event};
use wirelab::sansio::StreamProtocol;
use wirelab::wire::Reader;

use crate::inputs::{Input, Kind};

/// Room for so many fields is offered to the parsers that want an array.
pub(crate) const MAX_FIELDS: usize = 64;

/// A parser, ready to be timed on one head.
pub struct Contender {
    /// What it is called in the tables.
    pub name: &'static str,
    /// Parses the head that many times and says how long that took. The loop is inside, so that it costs the same
    /// for all and nothing is called through a pointer.
    pub batch: Box<dyn FnMut(u64) -> Duration>,
}

/// Ours, decoding into a list that is used again; the tree of the explanation is off.
pub const OURS: &str = "ours";
/// Ours as a server uses it: the state machine of a connection, from received bytes to an owned request and on to the
/// bytes of a short answer. No other contender does that much; it shows what is added to parsing.
pub const OURS_EXCHANGE: &str = "ours, a whole exchange";
/// httparse as its documentation uses it, with an array that is cleared for each head.
pub const HTTPARSE: &str = "httparse";
/// httparse as hyper uses it, with an array that is not initialised.
pub const HTTPARSE_UNINIT: &str = "httparse, uninit";
/// picohttpparser, C with SSE 4.2.
pub const PICO: &str = "picohttpparser";

/// All parsers that take this input, [`OURS`] first.
pub fn contenders(input: &Input) -> Vec<Contender> {
    let head = input.bytes;
    let mut all = match input.kind {
        Kind::Request => vec![
            ours(head, ours_request),
            contender(HTTPARSE, head, httparse_request),
            contender(HTTPARSE_UNINIT, head, httparse_request_uninit),
        ],
        Kind::Response => vec![
            ours(head, ours_response),
            contender(HTTPARSE, head, httparse_response),
            contender(HTTPARSE_UNINIT, head, httparse_response_uninit),
        ],
    };
    #[cfg(target_arch = "x86_64")]
    all.push(match input.kind {
        Kind::Request => contender(PICO, head, pico_request),
        Kind::Response => contender(PICO, head, pico_response),
    });
    if input.kind == Kind::Request {
        let mut exchange = Exchange::new();
        all.push(contender(OURS_EXCHANGE, head, move |head| exchange.run(head)));
    }
    all
}

/// `parse` says whether it succeeded: a parser that gives up early must not win.
fn contender(
    name: &'static str,
    head: &'static [u8],
    mut parse: impl FnMut(&[u8]) -> bool + 'static,
) -> Contender {
    let batch = move |heads| {
        let mut parsed = 0;
        let begin = Instant::now();
        for _ in 0..heads {
            parsed += u64::from(parse(black_box(head)));
        }
        let took = begin.elapsed();
        assert_eq!(parsed, heads, "{name} refuses the head");
        took
    };
    Contender { name, batch: Box::new(batch) }
}

fn ours(head: &'static [u8], decode: impl Fn(&[u8], &mut Vec<Span>) -> bool + 'static) -> Contender {
    let mut fields = Vec::with_capacity(MAX_FIELDS);
    contender(OURS, head, move |head| decode(head, &mut fields))
}

#[inline]
fn ours_request(head: &[u8], fields: &mut Vec<Span>) -> bool {
    fields.clear();
    let line = RequestHead::decode_into(&mut Reader::prefix(head), fields);
    black_box(&fields);
    black_box(line).is_ok()
}

#[inline]
fn ours_response(head: &[u8], fields: &mut Vec<Span>) -> bool {
    fields.clear();
    let line = ResponseHead::decode_into(&mut Reader::prefix(head), fields);
    black_box(&fields);
    black_box(line).is_ok()
}

#[inline]
fn httparse_request(head: &[u8]) -> bool {
    let mut headers = [EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut headers);
    let parsed = request.parse(head);
    black_box(&request);
    complete(parsed)
}

#[inline]
fn httparse_request_uninit(head: &[u8]) -> bool {
    let mut headers = [const { MaybeUninit::<Header<'_>>::uninit() }; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut []);
    let parsed = request.parse_with_uninit_headers(head, &mut headers);
    black_box(&request);
    complete(parsed)
}

#[inline]
fn httparse_response(head: &[u8]) -> bool {
    let mut headers = [EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(head);
    black_box(&response);
    complete(parsed)
}

#[inline]
fn httparse_response_uninit(head: &[u8]) -> bool {
    let mut headers = [const { MaybeUninit::<Header<'_>>::uninit() }; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut []);
    let config = httparse::ParserConfig::default();
    let parsed = config.parse_response_with_uninit_headers(&mut response, head, &mut headers);
    black_box(&response);
    complete(parsed)
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn pico_request(head: &[u8]) -> bool {
    let mut room = crate::pico::NO_FIELDS;
    let parsed = crate::pico::request(head, &mut room);
    black_box(&room);
    black_box(parsed).is_some()
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn pico_response(head: &[u8]) -> bool {
    let mut room = crate::pico::NO_FIELDS;
    let parsed = crate::pico::response(head, &mut room);
    black_box(&room);
    black_box(parsed).is_some()
}

#[inline]
fn complete(parsed: httparse::Result<usize>) -> bool {
    matches!(black_box(parsed), Ok(httparse::Status::Complete(_)))
}

/// A server's connection that is kept alive: request in, events out, answer in, bytes out.
struct Exchange {
    connection: Connection,
    out: BytesMut,
    answer: Event,
    end: Event,
}

impl Exchange {
    fn new() -> Self {
        Exchange {
            connection: Connection::server(),
            out: BytesMut::with_capacity(4096),
            answer: Event::Response(Response::new(StatusCode::OK).with("Content-Length", "0")),
            end: Event::End(Fields::new()),
        }
    }

    fn run(&mut self, head: &[u8]) -> bool {
        self.connection.input().extend_from_slice(head);
        while let Ok(Some(event)) = self.connection.poll_event() {
            black_box(event);
        }
        let sent = self.connection.send(&self.answer).is_ok() && self.connection.send(&self.end).is_ok();
        self.out.clear();
        self.connection.poll_transmit(&mut self.out);
        sent && !black_box(&self.out).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs;

    type Found = Vec<(Vec<u8>, Vec<u8>)>;

    fn found_by_ours(input: &Input) -> Found {
        let mut spans = Vec::new();
        let decoded = match input.kind {
            Kind::Request => ours_request(input.bytes, &mut spans),
            Kind::Response => ours_response(input.bytes, &mut spans),
        };
        assert!(decoded, "{} is refused", input.name);
        let part = |from: u32, to: u32| input.bytes[from as usize..to as usize].to_vec();
        spans.iter().map(|s| (part(s.name, s.name_end), part(s.value, s.value_end))).collect()
    }

    fn found_by_httparse(input: &Input) -> Found {
        let mut headers = [EMPTY_HEADER; MAX_FIELDS];
        let found: &[Header<'_>] = match input.kind {
            Kind::Request => {
                let mut request = httparse::Request::new(&mut headers);
                request.parse(input.bytes).expect("a request");
                request.headers
            }
            Kind::Response => {
                let mut response = httparse::Response::new(&mut headers);
                response.parse(input.bytes).expect("a response");
                response.headers
            }
        };
        found.iter().map(|h| (h.name.as_bytes().to_vec(), h.value.to_vec())).collect()
    }

    #[test]
    fn ours_and_httparse_find_the_same_fields() {
        for input in inputs::ALL {
            let ours = found_by_ours(&input);
            assert!(ours.len() >= 3, "{}: {} fields", input.name, ours.len());
            assert_eq!(ours, found_by_httparse(&input), "{}", input.name);
        }
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn ours_and_picohttpparser_find_the_same_fields() {
        for input in inputs::ALL {
            let mut room = crate::pico::NO_FIELDS;
            let fields = match input.kind {
                Kind::Request => crate::pico::request(input.bytes, &mut room),
                Kind::Response => crate::pico::response(input.bytes, &mut room),
            };
            let pico = crate::pico::copied(input.bytes, &room, fields.expect("a head"));
            assert_eq!(found_by_ours(&input), pico, "{}", input.name);
        }
    }

    #[test]
    fn every_contender_accepts_every_input() {
        for input in inputs::ALL {
            for mut contender in contenders(&input) {
                (contender.batch)(3); // panics if a head is refused
            }
        }
    }
}
