//! Early data (RFC 8446 §2.3, §4.2.10): what a client sends with its first flight, and a server takes or skips.

use crate::{AlertDescription, ContentType, EarlyData, Violation};

/// The content type and the tag: what a protected record has beside its content, at least.
const OVERHEAD: usize = 1 + 16;

/// One end's account of early data.
#[derive(Debug, Default)]
pub(super) enum Early {
    /// There is none, or it is over.
    #[default]
    None,
    /// Client: it may be sent.
    Sending {
        /// So many bytes more.
        left: usize,
    },
    /// Server: it is taken.
    Taking {
        /// So many bytes more.
        left: usize,
        /// Of so many.
        max: usize,
    },
    /// Server: it is skipped.
    Skipping {
        /// So many bytes more.
        left: usize,
        /// Of so many.
        max: usize,
    },
}

impl Early {
    /// What the handshake has decided, at a client.
    pub(super) fn decided_for_client(&mut self, decision: EarlyData) {
        match decision {
            EarlyData::Offered { max } => *self = Early::Sending { left: max as usize },
            // What was offered still holds.
            EarlyData::Accepted { .. } => {}
            EarlyData::Rejected { .. } => *self = Early::None,
        }
    }

    /// The same at a server.
    pub(super) fn decided_for_server(&mut self, decision: EarlyData) {
        match decision {
            EarlyData::Offered { .. } => {}
            EarlyData::Accepted { max } => *self = Early::Taking { left: max as usize, max: max as usize },
            EarlyData::Rejected { max } => *self = Early::Skipping { left: max as usize, max: max as usize },
        }
    }

    /// How many bytes a client may still send.
    pub(super) fn capacity(&self) -> usize {
        match self {
            Early::Sending { left } => *left,
            _ => 0,
        }
    }

    /// A client has sent so many bytes.
    pub(super) fn sent(&mut self, len: usize) {
        if let Early::Sending { left } = self {
            *left = left.saturating_sub(len);
        }
    }

    /// A server has opened a record of early data with so many bytes.
    pub(super) fn take(&mut self, len: usize) -> Result<(), Violation> {
        let Early::Taking { left, max } = self else {
            let got = ContentType::APPLICATION_DATA;
            return Err(Violation::UnexpectedRecord { got, expected: "a handshake message" });
        };
        *left = left.checked_sub(len).ok_or(too_much(*max))?;
        Ok(())
    }

    /// A record, of so many bytes behind its header, may be early data that was rejected: `true` if it is to be skipped.
    ///
    /// Its padding cannot be told from its content (RFC 8446 §4.6.1), and one without content costs something, too.
    pub(super) fn skip(&mut self, len: usize) -> Result<bool, Violation> {
        let Early::Skipping { left, max } = self else { return Ok(false) };
        let len = len.saturating_sub(OVERHEAD).max(1);
        *left = left.checked_sub(len).ok_or(too_much(*max))?;
        Ok(true)
    }

    /// A record has come that is no early data: none follows.
    pub(super) fn end_skipping(&mut self) {
        if let Early::Skipping { .. } = self {
            *self = Early::None;
        }
    }
}

/// RFC 8446 §4.6.1: more than the limit "SHOULD terminate the connection with an "unexpected_message" alert".
fn too_much(limit: usize) -> Violation {
    Violation::TooMany { what: "bytes of early data", limit, alert: AlertDescription::UNEXPECTED_MESSAGE }
}
