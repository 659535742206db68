use crate::codes::AlertDescription;

/// Why a record could not be opened. Each is fatal (RFC 8446 §5.2), save where 0-RTT data is to be skipped (§4.2.10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The bytes are not a whole record.
    #[error("the bytes end before the record does")]
    Incomplete,
    /// The outer type is not application_data.
    #[error("an encrypted record is of type application_data (RFC 8446 §5.2)")]
    OuterType,
    /// The tag does not fit: another key, another number, or another content.
    #[error("the record cannot be authenticated (RFC 8446 §5.2)")]
    BadRecordMac,
    /// More than 2^14 bytes of content, or more than 2^14 + 256 on the wire.
    #[error("the record has {len} bytes, more than it may (RFC 8446 §5.2)")]
    RecordOverflow {
        /// How many it has.
        len: usize,
    },
    /// Nothing but zeros: padding without content.
    #[error("the record holds padding and no type (RFC 8446 §5.4)")]
    NoContentType,
    /// 2^64 records were opened.
    #[error("the sequence number has come to its end (RFC 8446 §5.3)")]
    SequenceExhausted,
}

impl OpenError {
    /// What the peer is told.
    pub fn alert(self) -> AlertDescription {
        match self {
            OpenError::Incomplete => AlertDescription::DECODE_ERROR,
            OpenError::OuterType | OpenError::NoContentType => AlertDescription::UNEXPECTED_MESSAGE,
            OpenError::BadRecordMac => AlertDescription::BAD_RECORD_MAC,
            OpenError::RecordOverflow { .. } => AlertDescription::RECORD_OVERFLOW,
            OpenError::SequenceExhausted => AlertDescription::INTERNAL_ERROR,
        }
    }
}

/// Why content could not be sealed; `out` is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Content and padding are more than 2^14 bytes.
    #[error("content and padding of {len} bytes do not fit into a record of 2^14 (RFC 8446 §5.4)")]
    TooLong {
        /// How many bytes they have.
        len: usize,
    },
    /// The key has protected as many records as it may; it should have been updated before.
    #[error("the key has protected as many records as it may (RFC 8446 §5.5)")]
    KeyExhausted,
}
