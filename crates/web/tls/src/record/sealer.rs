use std::fmt;

use bytes::{BufMut, BytesMut};
use ring::aead::Aad;

use super::error::SealError;
use super::nonce::Direction;
use crate::codes::{ContentType, ProtocolVersion};
use crate::key_schedule::TrafficKeys;
use crate::wire::{MAX_PLAINTEXT, RECORD_HEADER, RecordHeader};

/// Protects what is sent in one direction under one key (RFC 8446 §5.2).
///
/// ```text
/// header (5) │ content │ type (1) │ zeros │ tag (16)
///  additional │       encrypted together      │
/// ```
///
/// ```
/// use bytes::BytesMut;
/// use wirelab_tls::key_schedule::{Secret, Steps};
/// use wirelab_tls::{ContentType, Hash, Opener, Sealer, Suite};
///
/// let suite = Suite::AES_128_GCM_SHA256;
/// let keys = suite.traffic_keys(&Secret::new(Hash::Sha256, &[7; 32]), &mut Steps::off());
/// let mut record = BytesMut::new();
/// Sealer::new(&keys).seal(ContentType::APPLICATION_DATA, b"hello", 0, &mut record)?;
/// assert_eq!(record.len(), 5 + 5 + 1 + 16); // header, content, type, tag
///
/// let opened = Opener::new(&keys).open(&mut record)?;
/// assert_eq!((opened.content_type, &opened.content[..]), (ContentType::APPLICATION_DATA, &b"hello"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Sealer {
    direction: Direction,
    /// How many records the key may protect (§5.5).
    limit: u64,
    tag_len: usize,
}

impl Sealer {
    /// The first record is number 0.
    pub fn new(keys: &TrafficKeys) -> Self {
        let suite = keys.suite();
        let tag_len = suite.aead().tag_len();
        Sealer { direction: Direction::new(keys), limit: suite.confidentiality_limit(), tag_len }
    }

    /// Appends one record to `out`: the content, its type, and `padding` zeros, which hide how long it is. The content is
    /// copied once, to where it is encrypted.
    ///
    /// # Errors
    /// Content and padding are more than 2^14 bytes, or the key has protected all that it may.
    pub fn seal(
        &mut self,
        content_type: ContentType,
        content: &[u8],
        padding: usize,
        out: &mut BytesMut,
    ) -> Result<(), SealError> {
        let len = content.len().saturating_add(padding);
        // RFC 8446 §5.4: the whole is at most 2^14 + 1 bytes, the type included.
        if len > MAX_PLAINTEXT {
            return Err(SealError::TooLong { len });
        }
        // RFC 8446 §5.5: beyond the limit the key no longer hides what it should.
        if self.sequence() >= self.limit {
            return Err(SealError::KeyExhausted);
        }
        let nonce = self.direction.nonce().ok_or(SealError::KeyExhausted)?;
        let inner = len + 1;
        let header = RecordHeader {
            content_type: ContentType::APPLICATION_DATA,
            legacy_record_version: ProtocolVersion::TLS1_2,
            length: (inner + self.tag_len) as u16, // at most 2^14 + 17
        }
        .to_array();
        let start = out.len();
        out.reserve(RECORD_HEADER + inner + self.tag_len);
        out.put_slice(&header);
        out.put_slice(content);
        out.put_u8(content_type.0);
        out.put_bytes(0, padding);
        let plaintext = out.get_mut(start + RECORD_HEADER..).unwrap_or_default();
        match self.direction.key.seal_in_place_separate_tag(nonce, Aad::from(header), plaintext) {
            Ok(tag) => out.put_slice(tag.as_ref()),
            Err(_) => {
                // No suite has so small a limit; but what was not encrypted must not be sent.
                out.truncate(start);
                return Err(SealError::TooLong { len });
            }
        }
        self.direction.advance();
        Ok(())
    }

    /// The number of the next record; `u64::MAX` also when there is none.
    pub fn sequence(&self) -> u64 {
        self.direction.sequence().unwrap_or(u64::MAX)
    }

    /// Whether so much was sent under this key that it should be changed: seven eighths of the records that it may protect
    /// (RFC 8446 §5.5), so that there is time to do it.
    pub fn needs_key_update(&self) -> bool {
        self.sequence() >= self.limit - self.limit / 8
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer(next record {})", self.sequence())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_schedule::{Secret, Steps};
    use crate::{Hash, Suite};

    fn sealer(suite: Suite, at: u64) -> Sealer {
        let keys = suite.traffic_keys(&Secret::zeros(suite.hash()), &mut Steps::off());
        let mut sealer = Sealer::new(&keys);
        sealer.direction.jump(at);
        sealer
    }

    /// RFC 8446 §5.5: 2^24.5 full records for AES-GCM.
    #[test]
    fn a_key_of_aes_gcm_protects_no_more_than_23_726_566_records() {
        assert_eq!(Suite::AES_128_GCM_SHA256.hash(), Hash::Sha256);
        let mut sealer = sealer(Suite::AES_128_GCM_SHA256, 23_726_565);
        assert!(sealer.needs_key_update());
        let mut out = BytesMut::new();
        assert_eq!(sealer.seal(ContentType::ALERT, &[1, 0], 0, &mut out), Ok(()));
        let len = out.len();
        assert_eq!(sealer.seal(ContentType::ALERT, &[1, 0], 0, &mut out), Err(SealError::KeyExhausted));
        assert_eq!(out.len(), len, "nothing was added");
    }

    /// RFC 8446 §5.3: sequence numbers do not wrap.
    #[test]
    fn the_last_sequence_number_is_not_followed_by_the_first() {
        let mut sealer = sealer(Suite::CHACHA20_POLY1305_SHA256, u64::MAX - 1);
        let mut out = BytesMut::new();
        assert_eq!(sealer.seal(ContentType::ALERT, &[1, 0], 0, &mut out), Ok(()));
        assert_eq!(sealer.seal(ContentType::ALERT, &[1, 0], 0, &mut out), Err(SealError::KeyExhausted));
        assert_eq!(sealer.sequence(), u64::MAX);
    }
}
