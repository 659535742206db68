//! What a connection shows to who wants to see it.

use std::collections::VecDeque;

use wirelab_wire::{Decode, Explanation, Reader, Trace, WireError, explain, explain_with};

use crate::wire::{Handshake, Record};
use crate::{Alert, ContentType, Epoch};

/// A piece of a conversation, explained.
#[derive(Clone, Debug)]
pub struct Tapped {
    /// Whether it was sent by this end, or received.
    pub sent: bool,
    /// The keys that it is under.
    pub epoch: Epoch,
    /// Whether it is a handshake message, which is also in the records around it, or a record.
    pub is_message: bool,
    /// A record with its bytes as they were on the wire, and what was encrypted as a derived buffer; or a whole handshake
    /// message, whose bytes may have come in several records.
    pub explanation: Explanation,
}

/// How many pieces are kept for someone who does not come for them.
const KEPT: usize = 256;

/// Keeps explanations, when it is on.
#[derive(Debug, Default)]
pub(super) struct Tap {
    kept: Option<VecDeque<Tapped>>,
}

impl Tap {
    pub(super) fn switch(&mut self, on: bool) {
        self.kept = on.then(VecDeque::new);
    }

    pub(super) fn is_on(&self) -> bool {
        self.kept.is_some()
    }

    pub(super) fn poll(&mut self) -> Option<Tapped> {
        self.kept.as_mut()?.pop_front()
    }

    /// A whole handshake message.
    pub(super) fn message(&mut self, sent: bool, epoch: Epoch, message: &[u8]) {
        if self.is_on() {
            let explanation = explain::<Handshake<'_>>(message).1;
            self.keep(Tapped { sent, epoch, is_message: true, explanation });
        }
    }

    /// A record that is not protected.
    pub(super) fn plain(&mut self, sent: bool, epoch: Epoch, record: &[u8]) {
        if self.is_on() {
            let explanation = explain::<Record<'_>>(record).1;
            self.keep(Tapped { sent, epoch, is_message: false, explanation });
        }
    }

    /// A protected record, and what is in it.
    pub(super) fn protected(
        &mut self,
        sent: bool,
        epoch: Epoch,
        record: &[u8],
        content_type: ContentType,
        content: &[u8],
    ) {
        if !self.is_on() {
            return;
        }
        let decode = |r: &mut Reader<'_, _>| {
            let Record { fragment, .. } = Record::decode(r)?;
            // The tag of each suite has 16 bytes; what is neither content, type nor tag was padding.
            let len = fragment.len().saturating_sub(16).max(content.len() + 1);
            let inner = || {
                let mut inner = [content, &[content_type.0]].concat();
                inner.resize(len, 0);
                inner
            };
            r.derived("TLSInnerPlaintext", inner, |r| inner_plaintext(r, content_type, content.len()));
            Ok(())
        };
        let explanation = explain_with(record, true, Record::NAME, "RFC 8446 §5.2", decode).1;
        self.keep(Tapped { sent, epoch, is_message: false, explanation });
    }

    fn keep(&mut self, tapped: Tapped) {
        if let Some(kept) = &mut self.kept {
            if kept.len() == KEPT {
                kept.pop_front();
            }
            kept.push_back(tapped);
        }
    }
}

/// What is encrypted (RFC 8446 §5.2): the content, its type, and zeros.
fn inner_plaintext(
    r: &mut Reader<'_, impl Trace>,
    content_type: ContentType,
    len: usize,
) -> Result<(), WireError> {
    match content_type {
        ContentType::ALERT if len == 2 => {
            r.message::<Alert>()?;
        }
        ContentType::HANDSHAKE => {
            r.bytes(len, "handshake messages")?;
        }
        _ => {
            r.bytes(len, "content")?;
        }
    }
    r.u8("type")?;
    r.note(|| content_type.to_string());
    if !r.remaining().is_empty() {
        r.rest("zeros");
    }
    Ok(())
}
