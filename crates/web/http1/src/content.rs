use bytes::{Buf, BytesMut};
use wirelab_http::{Fields, Span};
use wirelab_wire::{Decode, Reader, WireError};

use crate::framing::Framing;
use crate::tap::Tap;
use crate::wire::{ChunkHead, chunk_end, field_line};
use crate::{Config, Error, Event, Violation};

/// The content of a message that is arriving.
#[derive(Debug)]
pub(crate) struct ContentInProgress {
    stage: Stage,
    /// The bytes of chunk extensions so far.
    extensions: usize,
    /// How much of the message has left the input: errors count from its first byte.
    gone: usize,
    trailers: TrailersInProgress,
}

/// Trailers that are arriving. Whole lines are read once.
#[derive(Debug, Default)]
struct TrailersInProgress {
    fields: Vec<Span>,
    /// Behind the last complete line.
    at: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// So many bytes more, and that is all.
    Length(u64),
    UntilClose,
    ChunkHead,
    /// So many bytes more of this chunk.
    ChunkData(u64),
    ChunkEnd,
    Trailers,
}

impl ContentInProgress {
    /// Content behind a head of `head_len` bytes.
    pub(crate) fn new(framing: Framing, head_len: usize) -> Self {
        let stage = match framing {
            Framing::Length(length) => Stage::Length(length),
            Framing::Chunked => Stage::ChunkHead,
            Framing::UntilClose => Stage::UntilClose,
        };
        ContentInProgress { stage, extensions: 0, gone: head_len, trailers: TrailersInProgress::default() }
    }

    /// The next piece of the content, or its end; `None` when more bytes are needed.
    pub(crate) fn advance(
        &mut self,
        input: &mut BytesMut,
        eof: bool,
        config: &Config,
        tap: &mut Tap,
    ) -> Result<Option<Event>, Error> {
        let before = input.len();
        let result = self.next_piece(input, eof, config, tap);
        self.gone = self.gone.saturating_add(before - input.len());
        result.map_err(|error| match error {
            Error::Wire(error) => Error::Wire(WireError { at: self.gone.saturating_add(error.at), ..error }),
            other => other,
        })
    }

    fn next_piece(
        &mut self,
        input: &mut BytesMut,
        eof: bool,
        config: &Config,
        tap: &mut Tap,
    ) -> Result<Option<Event>, Error> {
        loop {
            match self.stage {
                Stage::Length(0) => return Ok(Some(Event::End(Fields::new()))),
                Stage::ChunkData(0) => self.stage = Stage::ChunkEnd,
                _ if input.is_empty() => return self.out_of_input(eof),
                Stage::Length(left) => {
                    let (data, left) = take_data(input, left);
                    self.stage = Stage::Length(left);
                    return Ok(Some(data));
                }
                Stage::ChunkData(left) => {
                    let (data, left) = take_data(input, left);
                    self.stage = Stage::ChunkData(left);
                    return Ok(Some(data));
                }
                Stage::UntilClose => return Ok(Some(Event::Data(input.split().freeze()))),
                Stage::ChunkHead => {
                    if !self.read_chunk_head(input, config, tap)? {
                        return self.need_more(eof);
                    }
                }
                Stage::ChunkEnd => {
                    if complete(chunk_end(&mut Reader::prefix(input)))?.is_none() {
                        return self.need_more(eof);
                    }
                    tap.chunk_end(input);
                    input.advance(2);
                    self.stage = Stage::ChunkHead;
                }
                Stage::Trailers => {
                    if !self.trailers.advance(input, config)? {
                        return self.need_more(eof);
                    }
                    return Ok(Some(Event::End(self.trailers.take(input, tap))));
                }
            }
        }
    }

    fn out_of_input(&self, eof: bool) -> Result<Option<Event>, Error> {
        match self.stage {
            Stage::UntilClose if eof => Ok(Some(Event::End(Fields::new()))),
            _ => self.need_more(eof),
        }
    }

    fn need_more(&self, eof: bool) -> Result<Option<Event>, Error> {
        let within = match self.stage {
            Stage::Length(_) | Stage::UntilClose => "content of announced length",
            _ => "chunked content",
        };
        if eof { Err(Violation::Truncated { within }.into()) } else { Ok(None) }
    }

    fn read_chunk_head(
        &mut self,
        input: &mut BytesMut,
        config: &Config,
        tap: &mut Tap,
    ) -> Result<bool, Error> {
        let limit = config.max_chunk_line;
        let mut r = Reader::prefix(input.get(..limit).unwrap_or(input));
        let Some(head) = complete(ChunkHead::decode(&mut r))? else {
            let too_long = input.len() >= limit;
            return if too_long { Err(Violation::ChunkLineTooLong { limit }.into()) } else { Ok(false) };
        };
        self.extensions += head.extensions.len();
        if self.extensions > config.max_chunk_extensions {
            return Err(Violation::ChunkExtensionsTooLong { limit: config.max_chunk_extensions }.into());
        }
        self.stage = if head.size == 0 { Stage::Trailers } else { Stage::ChunkData(head.size) };
        let read = r.position();
        tap.chunk_head(r.so_far());
        input.advance(read);
        Ok(true)
    }
}

/// Up to `left` bytes of data, and how many are left then.
fn take_data(input: &mut BytesMut, left: u64) -> (Event, u64) {
    let len = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
    (Event::Data(input.split_to(len).freeze()), left - len as u64)
}

impl TrailersInProgress {
    /// Reads on; says whether they are complete.
    fn advance(&mut self, input: &[u8], config: &Config) -> Result<bool, Error> {
        let limit = config.max_trailers;
        let mut r = Reader::prefix_at(input.get(..limit).unwrap_or(input), self.at);
        while let Some(more) = complete(field_line(&mut r, &mut self.fields))? {
            self.at = r.position();
            if !more {
                return Ok(true);
            }
            if self.fields.len() > config.max_fields {
                return Err(Violation::TooManyFields { limit: config.max_fields }.into());
            }
        }
        if input.len() >= limit { Err(Violation::TrailersTooLong { limit }.into()) } else { Ok(false) }
    }

    /// The fields behind the last chunk (RFC 9112 §7.1.2). They are kept apart from the head's, as RFC 9110 §6.5.1 asks:
    /// merged, they could change how a message is understood after it was acted on.
    fn take(&mut self, input: &mut BytesMut, tap: &mut Tap) -> Fields {
        let TrailersInProgress { fields, at } = std::mem::take(self);
        let text = input.split_to(at).freeze();
        tap.trailers(&text);
        if fields.is_empty() { Fields::new() } else { Fields::received(text, fields) }
    }
}

/// What was decoded, or `None` if it is incomplete so far.
fn complete<R>(result: Result<R, WireError>) -> Result<Option<R>, WireError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.is_incomplete() => Ok(None),
        Err(error) => Err(error),
    }
}
