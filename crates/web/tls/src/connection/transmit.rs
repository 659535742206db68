//! What is sent: handshake messages in flights, application data and alerts, each in records under the keys of the moment.

use bytes::{BufMut, Bytes, BytesMut};

use super::change_cipher_spec;
use super::tap::Tap;
use crate::key_schedule::{Secret, Steps};
use crate::wire::{MAX_PLAINTEXT, RecordHeader};
use crate::{
    Alert, AlertDescription, ContentType, Epoch, Misuse, Padding, ProtocolVersion, Role, Sealer, Suite,
};

/// The sending side.
#[derive(Debug)]
pub(super) struct Outgoing {
    output: BytesMut,
    /// Handshake messages of one epoch that are not in records yet: those of a flight share them.
    flight: BytesMut,
    sealer: Option<Sealer>,
    suite: Option<Suite>,
    pub(super) epoch: Epoch,
    /// The longest content of a protected record, in bytes.
    max_content: usize,
    padding: Padding,
    legacy_version: ProtocolVersion,
    /// `close_notify` or a fatal alert was sent: nothing may follow (RFC 8446 §6.1).
    pub(super) closed: bool,
}

impl Outgoing {
    pub(super) fn new(role: Role, padding: Padding) -> Self {
        // RFC 8446 §5.1: 0x0303, save that of an initial ClientHello, "where it MAY also be 0x0301 for compatibility".
        let legacy_version = match role {
            Role::Client => ProtocolVersion::TLS1_0,
            Role::Server => ProtocolVersion::TLS1_2,
        };
        Outgoing {
            output: BytesMut::new(),
            flight: BytesMut::new(),
            sealer: None,
            suite: None,
            epoch: Epoch::Initial,
            max_content: MAX_PLAINTEXT,
            padding,
            legacy_version,
            closed: false,
        }
    }

    /// The peer's limit of a record (RFC 8449 §4), which counts the content type and the padding.
    pub(super) fn limit_records(&mut self, limit: u16) {
        self.max_content = usize::from(limit).saturating_sub(1).clamp(1, MAX_PLAINTEXT);
    }

    /// A handshake message. It waits for more of its flight.
    pub(super) fn message(&mut self, epoch: Epoch, message: &Bytes, tap: &mut Tap) -> Result<(), Misuse> {
        // After a HelloRetryRequest the client, which may have keys for early data, says hello once more without any.
        if epoch == Epoch::Initial && self.sealer.is_some() {
            self.flush(tap)?;
            self.sealer = None;
            self.epoch = epoch;
        }
        tap.message(true, self.epoch, message);
        self.flight.extend_from_slice(message);
        Ok(())
    }

    /// From here on, what is sent is under these keys. Messages never share a record across that (RFC 8446 §5.1).
    pub(super) fn keys(
        &mut self,
        epoch: Epoch,
        suite: Suite,
        secret: &Secret,
        tap: &mut Tap,
    ) -> Result<(), Misuse> {
        self.flush(tap)?;
        self.sealer = Some(Sealer::new(&suite.traffic_keys(secret, &mut Steps::off())));
        self.suite = Some(suite);
        self.epoch = epoch;
        Ok(())
    }

    /// The next generation of keys for the same suite.
    pub(super) fn next_keys(&mut self, secret: &Secret, tap: &mut Tap) -> Result<(), Misuse> {
        let suite = self.suite.ok_or(Misuse::HandshakeIncomplete)?;
        self.keys(self.epoch, suite, secret, tap)
    }

    /// A record for middle-boxes, never protected.
    pub(super) fn change_cipher_spec(&mut self, tap: &mut Tap) -> Result<(), Misuse> {
        self.flush(tap)?;
        let record = change_cipher_spec::record();
        self.output.put_slice(&record);
        tap.plain(true, self.epoch, &record);
        Ok(())
    }

    /// Application data, in records as long as may be.
    pub(super) fn data(&mut self, data: &[u8], tap: &mut Tap) -> Result<(), Misuse> {
        self.flush(tap)?;
        self.record(ContentType::APPLICATION_DATA, data, tap)
    }

    /// How much of application data goes into one record, in bytes.
    pub(super) fn max_content(&self) -> usize {
        self.max_content
    }

    /// Makes room for `len` bytes of application data at once.
    pub(super) fn reserve(&mut self, len: usize) {
        let records = len.div_ceil(self.max_content);
        // A header, the content type and the tag.
        self.output.reserve(len + records * (5 + 1 + 16));
    }

    /// An alert, behind all that was said before.
    pub(super) fn alert(&mut self, description: AlertDescription, tap: &mut Tap) -> Result<(), Misuse> {
        self.flush(tap)?;
        let Alert { level, description } = Alert::new(description);
        self.record(ContentType::ALERT, &[level.0, description.0], tap)
    }

    /// Whether the key has protected so much that it should be changed (RFC 8446 §5.5).
    pub(super) fn needs_key_update(&self) -> bool {
        self.epoch == Epoch::Application && self.sealer.as_ref().is_some_and(Sealer::needs_key_update)
    }

    /// Puts the messages of a flight into records.
    pub(super) fn flush(&mut self, tap: &mut Tap) -> Result<(), Misuse> {
        if self.flight.is_empty() {
            return Ok(());
        }
        let flight = self.flight.split();
        let max = if self.sealer.is_some() { self.max_content } else { MAX_PLAINTEXT };
        flight.chunks(max).try_for_each(|fragment| self.record(ContentType::HANDSHAKE, fragment, tap))?;
        self.legacy_version = ProtocolVersion::TLS1_2;
        Ok(())
    }

    /// What is ready to be sent.
    pub(super) fn transmit(&mut self, out: &mut BytesMut) -> usize {
        let len = self.output.len();
        if out.is_empty() {
            // Nothing to append to: the buffers change places, and no byte is copied.
            std::mem::swap(out, &mut self.output);
        } else {
            out.extend_from_slice(&self.output);
            self.output.clear();
        }
        len
    }

    /// One record.
    fn record(&mut self, content_type: ContentType, content: &[u8], tap: &mut Tap) -> Result<(), Misuse> {
        let start = self.output.len();
        let Some(sealer) = &mut self.sealer else {
            let header = RecordHeader {
                content_type,
                legacy_record_version: self.legacy_version,
                length: content.len() as u16, // at most 2^14
            };
            self.output.put_slice(&header.to_array());
            self.output.put_slice(content);
            tap.plain(true, self.epoch, self.output.get(start..).unwrap_or_default());
            return Ok(());
        };
        let padding = padding(self.padding, content.len(), self.max_content);
        sealer.seal(content_type, content, padding, &mut self.output).map_err(|_| Misuse::Failed)?;
        let record = self.output.get(start..).unwrap_or_default();
        tap.protected(true, self.epoch, record, content_type, content);
        Ok(())
    }
}

/// How many zeros go behind the content (RFC 8446 §5.4), within the longest record.
fn padding(policy: Padding, len: usize, max: usize) -> usize {
    let room = max.saturating_sub(len);
    match policy {
        Padding::None => 0,
        Padding::ToMultipleOf(unit) => {
            let unit = usize::from(unit.max(1));
            (len.next_multiple_of(unit) - len).min(room)
        }
        Padding::Full => room,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8446 §5.4; RFC 8449 §4: padding counts.
    #[test]
    fn padding_stays_within_the_longest_record() {
        assert_eq!(padding(Padding::None, 5, 100), 0);
        assert_eq!(padding(Padding::ToMultipleOf(64), 5, 100), 59);
        assert_eq!(padding(Padding::ToMultipleOf(64), 64, 100), 0);
        assert_eq!(padding(Padding::ToMultipleOf(64), 65, 100), 35);
        assert_eq!(padding(Padding::ToMultipleOf(0), 65, 100), 0);
        assert_eq!(padding(Padding::Full, 5, 100), 95);
    }

    /// RFC 8446 §5.1: 0x0301 in the first hello, 0x0303 after it.
    #[test]
    fn messages_of_a_flight_share_a_record_and_only_the_first_has_the_old_version() {
        let (mut outgoing, mut tap) = (Outgoing::new(Role::Client, Padding::None), Tap::default());
        for message in [&[1, 0, 0, 0][..], &[2, 0, 0, 1, 9]] {
            outgoing.message(Epoch::Initial, &Bytes::copy_from_slice(message), &mut tap).unwrap();
        }
        outgoing.change_cipher_spec(&mut tap).unwrap();
        outgoing.message(Epoch::Initial, &Bytes::from_static(&[1, 0, 0, 0]), &mut tap).unwrap();
        outgoing.flush(&mut tap).unwrap();
        let mut out = BytesMut::new();
        outgoing.transmit(&mut out);
        assert_eq!(
            &out[..],
            [
                &[22, 3, 1, 0, 9, 1, 0, 0, 0, 2, 0, 0, 1, 9][..],
                &[20, 3, 3, 0, 1, 1],
                &[22, 3, 3, 0, 4, 1, 0, 0, 0]
            ]
            .concat()
        );
    }
}
