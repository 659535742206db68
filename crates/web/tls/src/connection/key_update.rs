//! New keys for a connection that lasts (RFC 8446 §4.6.3): each side says when its own change, and may ask the other to do
//! the same.

use super::{Connection, Event};
use crate::handshake::{decode, encode};
use crate::{
    AlertDescription, Direction, Epoch, Error, Handshake, KeyUpdate, KeyUpdateRequest, Misuse, Violation,
};

impl Connection {
    /// Changes the keys of what this side sends, and asks the peer to do the same if `request` is set. It also happens by
    /// itself, without a request, before a key has protected as much as it may (RFC 8446 §5.5).
    ///
    /// # Errors
    /// [`Misuse::HandshakeIncomplete`], [`Misuse::Closed`], [`Misuse::Failed`].
    pub fn update_keys(&mut self, request: bool) -> Result<(), Misuse> {
        self.check_writable()?;
        let request_update = match request {
            true => KeyUpdateRequest::UpdateRequested,
            false => KeyUpdateRequest::UpdateNotRequested,
        };
        self.send_key_update(request_update)
    }

    fn send_key_update(&mut self, request_update: KeyUpdateRequest) -> Result<(), Misuse> {
        let message = encode(&Handshake::KeyUpdate(KeyUpdate { request_update }));
        // It is the last message under the old keys.
        self.outgoing.message(Epoch::Application, &message, &mut self.tap)?;
        let secret = self.machine.next_secret(Direction::Write)?;
        // Whatever the peer asked for is done with this.
        self.owes_key_update = false;
        self.outgoing.next_keys(&secret, &mut self.tap)
    }

    /// A KeyUpdate has come: what follows it is under the peer's next keys.
    pub(super) fn on_key_update(&mut self, message: &[u8]) -> Result<(), Error> {
        let Handshake::KeyUpdate(update) = decode(message)? else { return Ok(()) };
        self.incoming.messages.check_boundary("a change of keys")?;
        self.incoming.key_updates += 1;
        let limit = self.limits.max_key_updates;
        if self.incoming.key_updates > limit {
            let alert = AlertDescription::UNEXPECTED_MESSAGE;
            return Err(
                Violation::TooMany { what: "KeyUpdates with no data between them", limit, alert }.into()
            );
        }
        let secret = self.machine.next_secret(Direction::Read)?;
        self.incoming.next_keys(&secret);
        // RFC 8446 §4.6.3: several requests that come while this side is silent have one answer.
        self.owes_key_update |= update.request_update == KeyUpdateRequest::UpdateRequested;
        self.events.push_back(Event::KeyUpdated);
        Ok(())
    }

    /// RFC 8446 §4.6.3: the answer, with no request, goes before the next record of application data.
    pub(super) fn answer_key_update(&mut self) -> Result<(), Misuse> {
        if self.owes_key_update && !self.outgoing.closed {
            self.send_key_update(KeyUpdateRequest::UpdateNotRequested)?;
        }
        Ok(())
    }

    /// Before a record of application data: the answer that is owed, or an update that is due.
    pub(super) fn keep_keys_fresh(&mut self) -> Result<(), Misuse> {
        self.answer_key_update()?;
        match self.outgoing.needs_key_update() {
            true => self.send_key_update(KeyUpdateRequest::UpdateNotRequested),
            false => Ok(()),
        }
    }
}
