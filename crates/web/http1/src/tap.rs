use std::collections::VecDeque;

use wirelab_http::{Fields, Request, Response};
use wirelab_wire::{Decode, Explanation, Reader, Recorder, WireError, explain_with};

use crate::wire::{ChunkHead, RequestHead, ResponseHead, chunk_end, field_line};

/// A piece of a conversation, explained.
#[derive(Clone, Debug)]
pub struct Tapped {
    /// Whether it was sent by this end, or received.
    pub sent: bool,
    /// Its bytes as they were on the wire, and what each of them is. A chunk that is received comes as its head, its data in
    /// as many pieces as they arrive in, and its end; one that is sent is one piece.
    pub explanation: Explanation,
}

/// How many pieces are kept for someone who does not come for them.
const KEPT: usize = 256;

/// Keeps explanations, when it is on.
#[derive(Debug, Default)]
pub(crate) struct Tap {
    kept: Option<VecDeque<Tapped>>,
}

impl Tap {
    pub(crate) fn switch(&mut self, on: bool) {
        self.kept = on.then(VecDeque::new);
    }

    pub(crate) fn poll(&mut self) -> Option<Tapped> {
        self.kept.as_mut()?.pop_front()
    }

    pub(crate) fn request(&mut self, request: &Request) {
        self.received_head::<RequestHead<'_>>(&request.fields);
    }

    pub(crate) fn response(&mut self, response: &Response) {
        self.received_head::<ResponseHead<'_>>(&response.fields);
    }

    fn received_head<'a, M: Decode<'a>>(&mut self, fields: &'a Fields) {
        if let (true, Some(text)) = (self.kept.is_some(), fields.received_text()) {
            self.keep(false, wirelab_wire::explain::<M>(text).1);
        }
    }

    pub(crate) fn data(&mut self, data: &[u8]) {
        self.explain(false, data, "content", "RFC 9112 §6", |r| {
            r.rest("data");
            Ok(())
        });
    }

    pub(crate) fn chunk_head(&mut self, head: &[u8]) {
        self.explain(false, head, ChunkHead::NAME, ChunkHead::SECTION, |r| ChunkHead::decode(r).map(|_| ()));
    }

    /// The CRLF that `input` begins with.
    pub(crate) fn chunk_end(&mut self, input: &[u8]) {
        let end = input.get(..2).unwrap_or_default();
        self.explain(false, end, "end of chunk", "RFC 9112 §7.1", |r| chunk_end(r));
    }

    /// The trailers, which may be none, and the empty line behind them.
    pub(crate) fn trailers(&mut self, text: &[u8]) {
        self.explain(false, text, "trailers", "RFC 9112 §7.1.2", field_lines);
    }

    pub(crate) fn sent_request(&mut self, out: &[u8], before: usize) {
        let head = out.get(before..).unwrap_or_default();
        self.explain(true, head, RequestHead::NAME, RequestHead::SECTION, |r| {
            RequestHead::decode(r).map(|_| ())
        });
    }

    pub(crate) fn sent_response(&mut self, out: &[u8], before: usize) {
        let head = out.get(before..).unwrap_or_default();
        self.explain(true, head, ResponseHead::NAME, ResponseHead::SECTION, |r| {
            ResponseHead::decode(r).map(|_| ())
        });
    }

    /// Data as it was sent: bare, or between a chunk head and a CRLF.
    pub(crate) fn sent_framed(&mut self, out: &[u8], before: usize, data: &[u8]) {
        let sent = out.get(before..).unwrap_or_default();
        if sent.len() == data.len() {
            return self.sent_data(sent);
        }
        self.explain(true, sent, "chunk", "RFC 9112 §7.1", |r| {
            r.message::<ChunkHead<'_>>()?;
            r.bytes(data.len(), "chunk data")?;
            chunk_end(r)
        });
    }

    pub(crate) fn sent_data(&mut self, data: &[u8]) {
        self.explain(true, data, "content", "RFC 9112 §6", |r| {
            r.rest("data");
            Ok(())
        });
    }

    pub(crate) fn sent_end(&mut self, out: &[u8], before: usize) {
        let sent = out.get(before..).unwrap_or_default();
        self.explain(true, sent, "last chunk", "RFC 9112 §7.1", |r| {
            r.message::<ChunkHead<'_>>()?;
            r.group("trailers", "RFC 9112 §7.1.2", field_lines)
        });
    }

    fn explain<'a>(
        &mut self,
        sent: bool,
        bytes: &'a [u8],
        name: &'static str,
        section: &'static str,
        decode: impl FnOnce(&mut Reader<'a, Recorder>) -> Result<(), WireError>,
    ) {
        if self.kept.is_some() && !bytes.is_empty() {
            self.keep(sent, explain_with(bytes, true, name, section, decode).1);
        }
    }

    fn keep(&mut self, sent: bool, explanation: Explanation) {
        if let Some(kept) = &mut self.kept {
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(Tapped { sent, explanation });
        }
    }
}

fn field_lines(r: &mut Reader<'_, Recorder>) -> Result<(), WireError> {
    let mut fields = Vec::new();
    while field_line(r, &mut fields)? {}
    Ok(())
}
