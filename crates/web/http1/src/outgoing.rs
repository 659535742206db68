use bytes::BytesMut;
use wirelab_http::Fields;
use wirelab_wire::{Encode, Writer};

use crate::Misuse;
use crate::framing::Framing;
use crate::wire::{ChunkHead, encode_fields};

/// The content of a message that is being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutgoingContent {
    /// None is sent, whatever the head says: the answer to HEAD, 304. What the application gives is dropped.
    Omitted,
    /// So many bytes more.
    Length(u64),
    Chunked,
    UntilClose,
}

impl From<Framing> for OutgoingContent {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Length(length) => OutgoingContent::Length(length),
            Framing::Chunked => OutgoingContent::Chunked,
            Framing::UntilClose => OutgoingContent::UntilClose,
        }
    }
}

impl OutgoingContent {
    /// Takes `len` bytes off what may still be sent.
    pub(crate) fn account(&mut self, len: u64) -> Result<(), Misuse> {
        match self {
            OutgoingContent::Length(left) => match left.checked_sub(len) {
                Some(rest) => *left = rest,
                None => return Err(Misuse::TooMuchData { by: len - *left }),
            },
            OutgoingContent::Omitted | OutgoingContent::Chunked | OutgoingContent::UntilClose => {}
        }
        Ok(())
    }

    /// Appends a piece of the content, framed.
    pub(crate) fn put(&mut self, data: &[u8], out: &mut BytesMut) -> Result<(), Misuse> {
        self.account(data.len() as u64)?;
        match self {
            OutgoingContent::Omitted => {}
            OutgoingContent::Length(_) | OutgoingContent::UntilClose => out.extend_from_slice(data),
            // A chunk of size 0 would be the end.
            OutgoingContent::Chunked if data.is_empty() => {}
            OutgoingContent::Chunked => {
                out.reserve(data.len() + 20);
                ChunkHead { size: data.len() as u64, extensions: b"" }.encode(&mut Writer::new(out));
                out.extend_from_slice(data);
                out.extend_from_slice(b"\r\n");
            }
        }
        Ok(())
    }

    /// Appends what ends the content.
    pub(crate) fn end(&self, trailers: &Fields, out: &mut BytesMut) -> Result<(), Misuse> {
        match *self {
            OutgoingContent::Length(missing @ 1..) => Err(Misuse::TooLittleData { missing }),
            OutgoingContent::Chunked => {
                check_trailers(trailers)?;
                let w = &mut Writer::new(out);
                ChunkHead { size: 0, extensions: b"" }.encode(w);
                encode_fields(trailers, w);
                w.text(b"\r\n", "end of trailers");
                Ok(())
            }
            // The content of an answer to HEAD is omitted, and so are its trailers.
            OutgoingContent::Omitted => Ok(()),
            _ if trailers.is_empty() => Ok(()),
            _ => Err(Misuse::TrailersWithoutChunks),
        }
    }
}

/// RFC 9110 §6.5.1: what says where the message ends, or where it goes, comes before the content.
fn check_trailers(trailers: &Fields) -> Result<(), Misuse> {
    let forbidden = ["Content-Length", "Transfer-Encoding", "Host", "Trailer"];
    if forbidden.iter().any(|name| trailers.contains(name)) { Err(Misuse::ForbiddenTrailer) } else { Ok(()) }
}
