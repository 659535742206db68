//! Whole messages, head and content, for those who want every byte explained.

use bytes::BytesMut;
use wirelab_wire::{Decode, Reader, Rule, Trace, WireError};

use super::chunk::{ChunkHead, chunk_end};
use super::head::{RequestHead, ResponseHead, field_lines};
use crate::control::Control;
use crate::framing::{self, Framing};

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestMessage<'a> {
    /// Its head.
    pub head: RequestHead<'a>,
    /// Its content, without chunks.
    pub content: BytesMut,
}

/// A whole response. It is read as an answer to GET: an answer to HEAD looks the same, and has no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseMessage<'a> {
    /// Its head.
    pub head: ResponseHead<'a>,
    /// Its content, without chunks.
    pub content: BytesMut,
}

static FRAMING_REFUSED: Rule = Rule {
    name: "framing",
    says: "the fields that say where the message ends are missing, wrong, or contradict each other",
    section: "RFC 9112 §6.3",
};

impl<'a> Decode<'a> for RequestMessage<'a> {
    const NAME: &'static str = "HTTP/1.1 request";
    const SECTION: &'static str = "RFC 9112 §2.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let head: RequestHead<'a> = r.message()?;
        let fields = head.fields();
        let control = Control::of(&fields);
        let framing = framing::of_request(head.line.version, &control);
        let content = content(r, framing.map_err(|_| r.invalid("content", &FRAMING_REFUSED))?)?;
        Ok(RequestMessage { head, content })
    }
}

impl<'a> Decode<'a> for ResponseMessage<'a> {
    const NAME: &'static str = "HTTP/1.1 response";
    const SECTION: &'static str = "RFC 9112 §2.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let head: ResponseHead<'a> = r.message()?;
        let response = head.response();
        let control = Control::of(&response.fields);
        let framing = framing::of_response(&response, &control, None);
        let content = content(r, framing.map_err(|_| r.invalid("content", &FRAMING_REFUSED))?)?;
        Ok(ResponseMessage { head, content })
    }
}

fn content(r: &mut Reader<'_, impl Trace>, framing: Framing) -> Result<BytesMut, WireError> {
    match framing {
        Framing::Length(0) => Ok(BytesMut::new()),
        Framing::Length(length) => {
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let content = r.bytes(length, "content")?;
            r.note(|| "as long as Content-Length says".into());
            r.cite("RFC 9112 §6.3");
            Ok(content.into())
        }
        Framing::UntilClose => {
            let content = r.rest("content");
            r.note(|| "no field says how long it is: it ends where the stream ends".into());
            r.cite("RFC 9112 §6.3");
            Ok(content.into())
        }
        Framing::Chunked => {
            let joined = r.group("chunked content", "RFC 9112 §7.1", chunks)?;
            if !joined.is_empty() {
                r.derived(
                    "joined chunks",
                    || joined.clone(),
                    |r| {
                        r.rest("content");
                        Ok(())
                    },
                );
            }
            Ok(joined)
        }
    }
}

fn chunks(r: &mut Reader<'_, impl Trace>) -> Result<BytesMut, WireError> {
    let mut joined = BytesMut::new();
    loop {
        let more = r.group("chunk", "RFC 9112 §7.1", |r| {
            let head: ChunkHead<'_> = r.message()?;
            if head.size == 0 {
                return Ok(false);
            }
            joined
                .extend_from_slice(r.bytes(usize::try_from(head.size).unwrap_or(usize::MAX), "chunk data")?);
            chunk_end(r).map(|()| true)
        })?;
        if !more {
            break;
        }
    }
    r.group("trailers", "RFC 9112 §7.1.2", |r| field_lines(r, &mut Vec::new()))?;
    Ok(joined)
}
