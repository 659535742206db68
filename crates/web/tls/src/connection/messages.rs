//! Handshake messages out of the fragments in which records carry them (RFC 8446 §5.1): several in one record, or one over
//! several.

use bytes::{Bytes, BytesMut};
use wirelab_wire::{Decode, Reader};

use crate::wire::HandshakeHeader;
use crate::{AlertDescription, Violation};

/// The messages that have begun and not been taken.
#[derive(Debug, Default)]
pub(super) struct Messages {
    buffer: BytesMut,
}

impl Messages {
    /// A fragment has come: the content of a record.
    pub(super) fn add(&mut self, fragment: &[u8]) {
        self.buffer.extend_from_slice(fragment);
    }

    /// Whether the last fragment ended where a message ends, and all messages are taken.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The next whole message, header included.
    ///
    /// # Errors
    /// A message announces more than `limit` bytes. So much is refused by its header, before it is kept.
    pub(super) fn next(&mut self, limit: usize) -> Result<Option<Bytes>, Violation> {
        let Ok(header) = HandshakeHeader::decode(&mut Reader::prefix(&self.buffer)) else { return Ok(None) };
        let len = HandshakeHeader::LEN + header.length as usize;
        if len > limit {
            return Err(Violation::TooMany {
                what: "bytes in a handshake message",
                limit,
                alert: AlertDescription::DECODE_ERROR,
            });
        }
        Ok((self.buffer.len() >= len).then(|| self.buffer.split_to(len).freeze()))
    }

    /// Other records must not come between the fragments of a message, and keys must not change there (RFC 8446 §5.1).
    pub(super) fn check_boundary(&self, by: &'static str) -> Result<(), Violation> {
        match self.is_empty() {
            true => Ok(()),
            false => Err(Violation::Interrupted { by }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(messages: &mut Messages) -> Vec<Bytes> {
        std::iter::from_fn(|| messages.next(100).unwrap()).collect()
    }

    #[test]
    fn several_messages_come_out_of_one_fragment_and_one_out_of_several() {
        let mut messages = Messages::default();
        messages.add(&[5, 0, 0, 0, 24, 0, 0, 1, 1, 20, 0]);
        assert_eq!(taken(&mut messages), [&[5, 0, 0, 0][..], &[24, 0, 0, 1, 1]]);
        assert_eq!(messages.check_boundary("x"), Err(Violation::Interrupted { by: "x" }));
        messages.add(&[0]);
        messages.add(&[2, 7]);
        assert!(taken(&mut messages).is_empty());
        messages.add(&[8]);
        assert_eq!(taken(&mut messages), [&[20, 0, 0, 2, 7, 8][..]]);
        assert_eq!(messages.check_boundary("x"), Ok(()));
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_by_its_header() {
        let mut messages = Messages::default();
        messages.add(&[11, 0, 0, 97]);
        let error = messages.next(100).unwrap_err();
        assert_eq!(error.to_string(), "more than 100 bytes in a handshake message");
    }
}
