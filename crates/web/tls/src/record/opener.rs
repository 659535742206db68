use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use ring::aead::Aad;

use super::error::OpenError;
use super::nonce::Direction;
use crate::codes::ContentType;
use crate::key_schedule::TrafficKeys;
use crate::wire::{MAX_CIPHERTEXT, MAX_PLAINTEXT, RECORD_HEADER};

/// Opens what arrives from one direction under one key (RFC 8446 §5.2).
pub struct Opener {
    direction: Direction,
}

/// What was in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The type that was hidden in it.
    pub content_type: ContentType,
    /// The content, decrypted where it arrived; at most 2^14 bytes.
    pub content: Bytes,
}

impl Opener {
    /// The first record is number 0.
    pub fn new(keys: &TrafficKeys) -> Self {
        Opener { direction: Direction::new(keys) }
    }

    /// Takes the record at the front of `input`, header included, and opens it. Nothing is copied.
    ///
    /// On success, and if the record cannot be authenticated, it is gone from `input`; the number of the next record counts up
    /// only on success, so that 0-RTT data that was rejected can be skipped (RFC 8446 §4.2.10).
    ///
    /// # Errors
    /// The record is not whole, too long, of another outer type, not authentic, or without a type inside.
    pub fn open(&mut self, input: &mut BytesMut) -> Result<Opened, OpenError> {
        let Some(&header @ [outer, _, _, high, low]) = input.first_chunk::<RECORD_HEADER>() else {
            return Err(OpenError::Incomplete);
        };
        let len = usize::from(u16::from_be_bytes([high, low]));
        if outer != ContentType::APPLICATION_DATA.0 {
            return Err(OpenError::OuterType);
        }
        // RFC 8446 §5.2: "The length MUST NOT exceed 2^14 + 256 bytes."
        if len > MAX_CIPHERTEXT {
            return Err(OpenError::RecordOverflow { len });
        }
        if input.len() < RECORD_HEADER + len {
            return Err(OpenError::Incomplete);
        }
        let nonce = self.direction.nonce().ok_or(OpenError::SequenceExhausted)?;
        let mut record = input.split_to(RECORD_HEADER + len);
        record.advance(RECORD_HEADER);
        let opened = self.direction.key.open_in_place(nonce, Aad::from(header), &mut record);
        let inner = opened.map_err(|_| OpenError::BadRecordMac)?;
        let (content_type, content_len) = split_padding(inner)?;
        self.direction.advance();
        record.truncate(content_len);
        Ok(Opened { content_type, content: record.freeze() })
    }

    /// The number of the next record; `u64::MAX` also when there is none.
    pub fn sequence(&self) -> u64 {
        self.direction.sequence().unwrap_or(u64::MAX)
    }
}

/// Finds the type, which is the last byte that is not zero, and how much content is before it (RFC 8446 §5.4).
fn split_padding(inner: &[u8]) -> Result<(ContentType, usize), OpenError> {
    // RFC 8446 §5.4: content, type and padding are at most 2^14 + 1 bytes.
    if inner.len() > MAX_PLAINTEXT + 1 {
        return Err(OpenError::RecordOverflow { len: inner.len() });
    }
    let at = inner.iter().rposition(|&byte| byte != 0).ok_or(OpenError::NoContentType)?;
    let content_type = inner.get(at).copied().map(ContentType).ok_or(OpenError::NoContentType)?;
    Ok((content_type, at))
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opener(next record {})", self.sequence())
    }
}
