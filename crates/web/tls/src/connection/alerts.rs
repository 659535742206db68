//! Alerts (RFC 8446 §6): how a connection ends, in order or not.

use wirelab_wire::{Decode, Reader};

use super::{Connection, Event};
use crate::{Alert, AlertDescription, Error, Misuse};

impl Connection {
    /// The content of a record that is an alert. An alert is alone in its record, and whole (RFC 8446 §5.1).
    pub(super) fn on_alert(&mut self, content: &[u8]) -> Result<(), Error> {
        let mut r = Reader::whole(content);
        let alert = Alert::decode(&mut r).and_then(|alert| r.finish().map(|()| alert));
        let Alert { description, .. } = alert.map_err(|error| Error::Wire { message: "Alert", error })?;
        self.alert_received = Some(description);
        // RFC 8446 §6: the level "can safely be ignored", and all that are not known are errors.
        if description.is_fatal() {
            return Err(Error::Alert(description));
        }
        self.incoming.messages.check_boundary("an alert")?;
        if description == AlertDescription::CLOSE_NOTIFY {
            self.peer_closed = true;
            self.events.push_back(Event::Closed);
            return Ok(());
        }
        // RFC 8446 §6.1: user_canceled is followed by close_notify, and says nothing by itself.
        Ok(self.incoming.count_empty(&self.limits)?)
    }

    /// Says that this side sends nothing more: `close_notify` (RFC 8446 §6.1), and before it `user_canceled` if the handshake is
    /// not complete. The peer may go on sending, and its data is delivered, until it closes as well. A second call does
    /// nothing.
    pub fn close(&mut self) {
        if self.outgoing.closed || self.error.is_some() {
            return;
        }
        if let Err(error) = self.send_close() {
            self.fail(&error);
        }
    }

    fn send_close(&mut self) -> Result<(), Error> {
        self.drive()?;
        self.answer_key_update()?;
        if !self.machine.is_complete() {
            self.outgoing.alert(AlertDescription::USER_CANCELED, &mut self.tap)?;
        }
        self.send_last_alert(AlertDescription::CLOSE_NOTIFY)?;
        Ok(())
    }

    /// The connection is over. The peer is told why, if it is its doing and it is still there (RFC 8446 §6.2).
    pub(super) fn fail(&mut self, error: &Error) {
        if self.error.is_some() {
            return;
        }
        self.error = Some(error.clone());
        self.input.clear();
        if let Some(description) = error.alert().filter(|_| !self.outgoing.closed) {
            // If even the alert cannot be protected, there is nobody to tell it to.
            let _ = self.send_last_alert(description);
        }
    }

    fn send_last_alert(&mut self, description: AlertDescription) -> Result<(), Misuse> {
        self.outgoing.closed = true;
        self.alert_sent = Some(description);
        self.outgoing.alert(description, &mut self.tap)
    }

    /// The last alert that came.
    pub fn alert_received(&self) -> Option<AlertDescription> {
        self.alert_received
    }

    /// The alert that ended what this side sends.
    pub fn alert_sent(&self) -> Option<AlertDescription> {
        self.alert_sent
    }

    /// Whether the peer has said that it sends nothing more.
    pub fn peer_closed(&self) -> bool {
        self.peer_closed
    }
}
