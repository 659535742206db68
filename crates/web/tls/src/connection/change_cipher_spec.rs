//! `change_cipher_spec`: a record that means nothing in TLS 1.3, and makes a handshake look like one of TLS 1.2 to boxes on
//! the path that know no other (RFC 8446 §5, §D.4).

use crate::wire::{RECORD_HEADER, RecordHeader};
use crate::{AlertDescription, ContentType, Epoch, Limits, ProtocolVersion, Violation};

/// Checks those that arrive.
#[derive(Debug, Default)]
pub(super) struct ChangeCipherSpecs {
    received: usize,
}

impl ChangeCipherSpecs {
    /// One has come; `hello_seen` says whether the first ClientHello was sent or received, and `epoch` which keys protect
    /// what is read.
    pub(super) fn receive(
        &mut self,
        fragment: &[u8],
        hello_seen: bool,
        epoch: Epoch,
        limits: &Limits,
    ) -> Result<(), Violation> {
        let unexpected =
            |expected| Violation::UnexpectedRecord { got: ContentType::CHANGE_CIPHER_SPEC, expected };
        // RFC 8446 §5: one "which contains any other value" than the single byte 1 ends the connection.
        if fragment != [1] {
            return Err(unexpected("a change_cipher_spec of the single byte 1"));
        }
        // RFC 8446 §5: "after the first ClientHello message has been sent or received and before the peer's Finished".
        if !hello_seen {
            return Err(unexpected("a ClientHello"));
        }
        if epoch == Epoch::Application {
            return Err(unexpected("an encrypted record"));
        }
        self.received += 1;
        let limit = limits.max_change_cipher_specs;
        match self.received > limit {
            true => Err(Violation::TooMany {
                what: "change_cipher_spec records",
                limit,
                alert: AlertDescription::UNEXPECTED_MESSAGE,
            }),
            false => Ok(()),
        }
    }
}

/// The record itself, always the same six bytes.
pub(super) fn record() -> [u8; RECORD_HEADER + 1] {
    let header = RecordHeader {
        content_type: ContentType::CHANGE_CIPHER_SPEC,
        legacy_record_version: ProtocolVersion::TLS1_2,
        length: 1,
    };
    let [kind, high, low, length_high, length_low] = header.to_array();
    [kind, high, low, length_high, length_low, 1]
}
