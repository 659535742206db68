//! What is received: records out of the stream, opened under the keys of the moment, and taken apart by what is in them.

use bytes::{Buf, Bytes};
use wirelab_wire::{Decode, ErrorKind, Reader};

use super::change_cipher_spec::ChangeCipherSpecs;
use super::messages::Messages;
use super::{Connection, Event};
use crate::key_schedule::{Secret, Steps};
use crate::wire::{HandshakeHeader, MAX_PLAINTEXT, RECORD_HEADER, RecordHeader};
use crate::{
    AlertDescription, ContentType, Epoch, Error, HandshakeType, Limits, OpenError, Opened, Opener, Role,
    Suite, Violation,
};

/// The receiving side.
#[derive(Debug)]
pub(super) struct Incoming {
    opener: Option<Opener>,
    suite: Option<Suite>,
    pub(super) epoch: Epoch,
    pub(super) messages: Messages,
    ccs: ChangeCipherSpecs,
    /// A ClientHello was sent or received.
    pub(super) hello_seen: bool,
    /// Records in a row that carried nothing.
    empty: usize,
    /// KeyUpdates since the last application data.
    pub(super) key_updates: usize,
}

impl Incoming {
    pub(super) fn new(role: Role) -> Self {
        Incoming {
            opener: None,
            suite: None,
            epoch: Epoch::Initial,
            messages: Messages::default(),
            ccs: ChangeCipherSpecs::default(),
            hello_seen: role == Role::Client,
            empty: 0,
            key_updates: 0,
        }
    }

    /// What arrives from here on is under these keys; RFC 8446 §5.1: no message lies across that.
    pub(super) fn keys(&mut self, epoch: Epoch, suite: Suite, secret: &Secret) -> Result<(), Violation> {
        self.messages.check_boundary("a change of keys")?;
        self.opener = Some(Opener::new(&suite.traffic_keys(secret, &mut Steps::off())));
        self.suite = Some(suite);
        self.epoch = epoch;
        Ok(())
    }

    /// The next generation of keys for the same suite.
    pub(super) fn next_keys(&mut self, secret: &Secret) {
        self.opener = self.suite.map(|suite| Opener::new(&suite.traffic_keys(secret, &mut Steps::off())));
    }

    /// One more record that carries nothing.
    pub(super) fn count_empty(&mut self, limits: &Limits) -> Result<(), Violation> {
        self.empty += 1;
        let limit = limits.max_empty_records;
        let alert = AlertDescription::UNEXPECTED_MESSAGE;
        match self.empty > limit {
            true => Err(Violation::TooMany { what: "records in a row that carry nothing", limit, alert }),
            false => Ok(()),
        }
    }
}

impl Connection {
    /// Takes one record out of the input. `false`: there is no whole one.
    pub(super) fn next_record(&mut self) -> Result<bool, Error> {
        let header = match RecordHeader::decode(&mut Reader::prefix(&self.input)) {
            Ok(header) => header,
            Err(error) if matches!(error.kind, ErrorKind::Incomplete { .. }) => return Ok(false),
            Err(error) => return Err(Error::Wire { message: "record", error }),
        };
        let len = RECORD_HEADER + usize::from(header.length);
        if self.input.len() < len {
            return Ok(false);
        }
        match header.content_type {
            ContentType::APPLICATION_DATA => self.protected_record(len)?,
            content_type => self.plain_record(content_type, len)?,
        }
        Ok(true)
    }

    /// A record that is not protected: the first messages, `change_cipher_spec`, and alerts of a peer without keys.
    fn plain_record(&mut self, content_type: ContentType, len: usize) -> Result<(), Error> {
        let mut record = self.input.split_to(len).freeze();
        self.tap.plain(false, Epoch::Initial, &record);
        record.advance(RECORD_HEADER);
        if content_type == ContentType::CHANGE_CIPHER_SPEC {
            let Incoming { ccs, messages, hello_seen, epoch, .. } = &mut self.incoming;
            messages.check_boundary("change_cipher_spec")?;
            return Ok(ccs.receive(&record, *hello_seen, *epoch, &self.limits)?);
        }
        // A client that cannot follow the ServerHello has no keys to say so with. That holds until it has shown that it has
        // them, and not for close_notify: whoever is between could end the connection in good order.
        let no_keys_yet = self.incoming.opener.as_ref().is_none_or(|opener| opener.sequence() == 0)
            && self.incoming.epoch != Epoch::Application;
        let is_fatal = record.get(1).is_some_and(|description| AlertDescription(*description).is_fatal());
        let is_client_s_alert = content_type == ContentType::ALERT && self.role == Role::Server;
        let is_excused = is_client_s_alert && no_keys_yet && is_fatal;
        if self.incoming.opener.is_some() && !is_excused {
            let expected = "a protected record";
            return Err(Violation::UnexpectedRecord { got: content_type, expected }.into());
        }
        if content_type == ContentType::HANDSHAKE {
            // RFC 8446 §4.2.10: after a HelloRetryRequest, early data ends where the second ClientHello comes.
            self.early.end_skipping();
        }
        self.dispatch(content_type, record)
    }

    /// A record whose outer type is application_data.
    fn protected_record(&mut self, len: usize) -> Result<(), Error> {
        let Some(opener) = &mut self.incoming.opener else {
            // RFC 8446 §4.2.10: a server that waits for a second ClientHello skips what is not one.
            let skipped = self.early.skip(len - RECORD_HEADER)?;
            self.input.advance(len);
            let got = ContentType::APPLICATION_DATA;
            let unexpected = Violation::UnexpectedRecord { got, expected: "an unprotected record" };
            return if skipped { Ok(()) } else { Err(unexpected.into()) };
        };
        let as_it_came = self.tap.is_on().then(|| self.input.get(..len).unwrap_or_default().to_vec());
        match opener.open(&mut self.input) {
            Ok(Opened { content_type, content }) => {
                if let Some(record) = &as_it_came {
                    self.tap.protected(false, self.incoming.epoch, record, content_type, &content);
                }
                self.early.end_skipping();
                self.check_size(len - RECORD_HEADER)?;
                self.opened(content_type, content)
            }
            // RFC 8446 §4.2.10: early data that was rejected does not open with the keys of the handshake.
            Err(OpenError::BadRecordMac) if self.early.skip(len - RECORD_HEADER)? => Ok(()),
            Err(error) => Err(violation_of(error).into()),
        }
    }

    /// RFC 8449 §4: if both ends have stated a limit, it holds for content, type and padding together.
    fn check_size(&self, len: usize) -> Result<(), Violation> {
        let negotiated = self.machine.summary().peer_record_size_limit.is_some();
        let Some(limit) = self.record_size_limit.filter(|_| negotiated).map(usize::from) else {
            return Ok(());
        };
        // What was sent as early data was sent before the limit was known.
        if self.incoming.epoch == Epoch::EarlyData {
            return Ok(());
        }
        let len = len.saturating_sub(16); // the tag
        if len > limit { Err(Violation::RecordOverflow { len, limit }) } else { Ok(()) }
    }

    /// What was in a protected record.
    fn opened(&mut self, content_type: ContentType, content: Bytes) -> Result<(), Error> {
        let unexpected = |expected| Violation::UnexpectedRecord { got: content_type, expected };
        match content_type {
            // RFC 8446 §5.4: alerts and handshake messages are never empty.
            ContentType::HANDSHAKE | ContentType::ALERT if content.is_empty() => {
                Err(unexpected("one with a content").into())
            }
            ContentType::HANDSHAKE | ContentType::ALERT | ContentType::APPLICATION_DATA => {
                self.dispatch(content_type, content)
            }
            // RFC 8446 §5: a protected change_cipher_spec ends the connection as any unknown type does.
            _ => Err(unexpected("handshake, alert or application_data").into()),
        }
    }

    fn dispatch(&mut self, content_type: ContentType, content: Bytes) -> Result<(), Error> {
        match content_type {
            ContentType::ALERT => self.on_alert(&content),
            ContentType::HANDSHAKE => self.on_fragment(&content),
            _ => self.on_data(content),
        }
    }

    /// Handshake messages, or parts of them.
    fn on_fragment(&mut self, fragment: &[u8]) -> Result<(), Error> {
        self.incoming.empty = 0;
        self.incoming.messages.add(fragment);
        while let Some(message) = self.incoming.messages.next(self.limits.max_handshake_message)? {
            self.on_message(&message)?;
        }
        Ok(())
    }

    fn on_message(&mut self, message: &[u8]) -> Result<(), Error> {
        let epoch = self.incoming.epoch;
        self.tap.message(false, epoch, message);
        let header = HandshakeHeader::decode(&mut Reader::prefix(message));
        let is_update = header.is_ok_and(|header| header.msg_type == HandshakeType::KEY_UPDATE);
        if is_update && self.machine.is_complete() {
            return self.on_key_update(message);
        }
        self.machine.receive(epoch, message)?;
        self.incoming.hello_seen = true;
        self.drive()
    }

    fn on_data(&mut self, content: Bytes) -> Result<(), Error> {
        self.incoming.messages.check_boundary("application data")?;
        let epoch = self.incoming.epoch;
        let is_complete = epoch == Epoch::Application && self.machine.is_complete();
        if epoch == Epoch::EarlyData {
            self.early.take(content.len())?;
        } else if !is_complete {
            let got = ContentType::APPLICATION_DATA;
            return Err(Violation::UnexpectedRecord { got, expected: "a handshake message" }.into());
        }
        if content.is_empty() {
            return Ok(self.incoming.count_empty(&self.limits)?);
        }
        (self.incoming.empty, self.incoming.key_updates) = (0, 0);
        self.events.push_back(if is_complete { Event::Data(content) } else { Event::EarlyData(content) });
        Ok(())
    }
}

/// The rule that a record breaks which does not open.
fn violation_of(error: OpenError) -> Violation {
    let unexpected = |got, expected| Violation::UnexpectedRecord { got, expected };
    match error {
        OpenError::BadRecordMac | OpenError::Incomplete => Violation::BadRecord,
        OpenError::OuterType => unexpected(ContentType::INVALID, "a protected record"),
        OpenError::NoContentType => unexpected(ContentType::INVALID, "one with a type behind its content"),
        OpenError::RecordOverflow { len } => Violation::RecordOverflow { len, limit: MAX_PLAINTEXT },
        OpenError::SequenceExhausted => Violation::TooMany {
            what: "records under one key",
            limit: usize::MAX,
            alert: AlertDescription::INTERNAL_ERROR,
        },
    }
}
