//! Content of any length that needs no memory.

use std::time::Duration;

use bytes::Bytes;
use wirelab_http::Fields;

use crate::{Body, Pull, Reply};

/// The alphabet, over and over, in lines of 64: easy to recognise in a capture, and easy to check.
pub(super) fn block() -> Bytes {
    const LINE: usize = 64;
    let letter = |at: usize| match at % LINE {
        63 => b'\n',
        column => b'a' + (column % 26) as u8,
    };
    (0..1024 * LINE).map(letter).collect::<Vec<u8>>().into()
}

/// `len` bytes of the block, announced by Content-Length.
pub(super) fn bytes(block: &Bytes, len: u64) -> Reply {
    if let Ok(len) = usize::try_from(len)
        && len <= block.len()
    {
        return Reply::bytes(block.slice(..len));
    }
    let (block, mut sent) = (block.clone(), 0);
    let source = move |room: usize| {
        let at = (sent % block.len() as u64) as usize;
        let left = usize::try_from(len - sent).unwrap_or(usize::MAX);
        let piece = block.slice(at..at + room.min(left).min(block.len() - at));
        sent += piece.len() as u64;
        if piece.is_empty() { Pull::End(Fields::new()) } else { Pull::Data(piece) }
    };
    Reply::stream("application/octet-stream", source).with("Content-Length", len.to_string())
}

/// `count` numbered lines without an announced length, with a pause before each if one is asked for.
pub(super) fn lines(count: u64, pause: Option<Duration>) -> Reply {
    let (mut sent, mut paused) = (0, false);
    let source = move |_room: usize| {
        if sent == count {
            return Pull::End(Fields::new());
        }
        paused = !paused;
        match pause {
            Some(pause) if paused => Pull::Wait(pause),
            _ => {
                sent += 1;
                Pull::Data(format!("line {sent} of {count}\n").into())
            }
        }
    };
    let mut reply = Reply::text("");
    reply.body = Body::Stream(Box::new(source));
    reply
}
