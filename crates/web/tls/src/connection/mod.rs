//! TLS over a byte stream: the handshake, in records.
//!
//! ```text
//!  input ─▶ receive: records ─▶ open ─┬▶ messages ─▶ HandshakeMachine ─┬▶ keys for receive and transmit
//!                                     ├▶ alerts, KeyUpdate             │
//!                                     └▶ Event::Data                   ▼
//! output ◀─ transmit: records ◀─ seal ◀─ write, close, alerts ◀── flights of messages
//! ```

mod alerts;
mod change_cipher_spec;
mod early_data;
mod event;
mod key_update;
mod messages;
mod receive;
mod tap;
#[cfg(test)]
mod tests;
mod transmit;

pub use event::Event;
pub use tap::Tapped;

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::BytesMut;
use wirelab_sansio::StreamProtocol;
use wirelab_x509::ServerName;

use self::early_data::Early;
use self::receive::Incoming;
use self::tap::Tap;
use self::transmit::Outgoing;
use crate::key_schedule::Step;
use crate::wire::{MAX_CIPHERTEXT, RECORD_HEADER};
use crate::{
    AlertDescription, ClientConfig, Direction, EarlyData, Entropy, Epoch, Error, HandshakeMachine, Limits,
    Misuse, Output, Padding, Role, ServerConfig, Summary, UnixMillis, Violation,
};

/// One end of a TLS 1.3 connection.
///
/// Received bytes are appended to [`input`](StreamProtocol::input); [`poll_event`](StreamProtocol::poll_event) says what
/// they mean, one record at a time; [`write`](Self::write) seals what the application sends, and
/// [`poll_transmit`](StreamProtocol::poll_transmit) has the bytes. The client's hello is there from the beginning.
#[derive(Debug)]
pub struct Connection {
    role: Role,
    machine: HandshakeMachine,
    limits: Limits,
    /// The longest plaintext that this end has said to take (RFC 8449).
    record_size_limit: Option<u16>,
    input: BytesMut,
    incoming: Incoming,
    outgoing: Outgoing,
    early: Early,
    /// What one record has caused and nobody has asked for yet.
    events: VecDeque<Event>,
    /// The peer has asked for new keys of this side, which come before its next application data.
    owes_key_update: bool,
    peer_closed: bool,
    /// The peer has ended its side of the stream.
    eof: bool,
    alert_sent: Option<AlertDescription>,
    alert_received: Option<AlertDescription>,
    error: Option<Error>,
    tap: Tap,
}

impl Connection {
    /// A client's end of a new connection to the server of this name.
    ///
    /// # Errors
    /// [`Misuse::Config`]: the configuration offers nothing that there is.
    pub fn client(
        config: Arc<ClientConfig>,
        name: ServerName,
        now: UnixMillis,
        entropy: Entropy,
    ) -> Result<Self, Error> {
        let (limits, limit, padding) = (config.limits, config.record_size_limit, config.padding);
        let machine = HandshakeMachine::client(config, name, now, entropy)?;
        Ok(Connection::new(machine, limits, limit, padding))
    }

    /// A server's end of a new connection.
    pub fn server(config: Arc<ServerConfig>, now: UnixMillis, entropy: Entropy) -> Self {
        let (limits, limit, padding) = (config.limits, config.record_size_limit, config.padding);
        Connection::new(HandshakeMachine::server(config, now, entropy), limits, limit, padding)
    }

    fn new(
        machine: HandshakeMachine,
        limits: Limits,
        record_size_limit: Option<u16>,
        padding: Padding,
    ) -> Self {
        let role = machine.role();
        Connection {
            role,
            machine,
            limits,
            record_size_limit,
            input: BytesMut::new(),
            incoming: Incoming::new(role),
            outgoing: Outgoing::new(role, padding),
            early: Early::None,
            events: VecDeque::new(),
            owes_key_update: false,
            peer_closed: false,
            eof: false,
            alert_sent: None,
            alert_received: None,
            error: None,
            tap: Tap::default(),
        }
    }

    /// Sends application data. It is sealed at once, in records as long as they may be.
    ///
    /// # Errors
    /// [`Misuse::HandshakeIncomplete`]; [`Misuse::Closed`] after [`close`](Self::close); [`Misuse::Failed`].
    pub fn write(&mut self, data: &[u8]) -> Result<(), Misuse> {
        self.check_writable()?;
        self.outgoing.reserve(data.len());
        for piece in data.chunks(self.outgoing.max_content()) {
            self.keep_keys_fresh()?;
            self.outgoing.data(piece, &mut self.tap)?;
        }
        Ok(())
    }

    /// Client: sends data along with the first flight, as much as the server's limit leaves room for, and returns how much
    /// that is. Whoever is between can send it to the server again (RFC 8446 §8).
    ///
    /// # Errors
    /// [`Misuse::NoEarlyData`]: there is no ticket that allows it, the server has rejected it, or the server's Finished has
    /// come and it is too late.
    pub fn write_early(&mut self, data: &[u8]) -> Result<usize, Misuse> {
        match self.early_data_capacity() {
            _ if self.error.is_some() => Err(Misuse::Failed),
            _ if self.outgoing.closed => Err(Misuse::Closed),
            0 => Err(Misuse::NoEarlyData),
            capacity => {
                let data = data.get(..capacity).unwrap_or(data);
                for piece in data.chunks(self.outgoing.max_content()) {
                    self.outgoing.data(piece, &mut self.tap)?;
                    self.early.sent(piece.len());
                }
                Ok(data.len())
            }
        }
    }

    /// Client: how many bytes of early data can be sent now.
    pub fn early_data_capacity(&mut self) -> usize {
        self.drive_or_fail();
        self.early.capacity()
    }

    fn check_writable(&self) -> Result<(), Misuse> {
        match () {
            () if self.error.is_some() => Err(Misuse::Failed),
            () if self.outgoing.closed => Err(Misuse::Closed),
            () if !self.machine.is_complete() => Err(Misuse::HandshakeIncomplete),
            () => Ok(()),
        }
    }

    /// Does what the handshake asks for.
    fn drive(&mut self) -> Result<(), Error> {
        while let Some(output) = self.machine.poll() {
            if let Some(limit) = self.machine.summary().peer_record_size_limit {
                self.outgoing.limit_records(limit);
            }
            self.apply(output)?;
        }
        Ok(())
    }

    fn drive_or_fail(&mut self) {
        if self.error.is_none()
            && let Err(error) = self.drive()
        {
            self.fail(&error);
        }
    }

    fn apply(&mut self, output: Output) -> Result<(), Error> {
        match output {
            Output::Send { epoch, message } => self.outgoing.message(epoch, &message, &mut self.tap)?,
            Output::Keys { direction: Direction::Read, epoch, suite, secret } => {
                self.incoming.keys(epoch, suite, &secret)?;
            }
            Output::Keys { direction: Direction::Write, epoch, suite, secret } => {
                // RFC 8446 §4.5: nothing early follows EndOfEarlyData, which these keys come behind.
                if epoch > Epoch::EarlyData && self.role == Role::Client {
                    self.early = Early::None;
                }
                self.outgoing.keys(epoch, suite, &secret, &mut self.tap)?;
            }
            Output::ChangeCipherSpec => self.outgoing.change_cipher_spec(&mut self.tap)?,
            Output::EarlyData(decision) => self.decide_early_data(decision),
            Output::Complete(summary) => self.events.push_back(Event::HandshakeComplete(summary)),
            Output::Ticket => self.events.push_back(Event::Ticket),
        }
        Ok(())
    }

    fn decide_early_data(&mut self, decision: EarlyData) {
        if self.role == Role::Server {
            return self.early.decided_for_server(decision);
        }
        self.early.decided_for_client(decision);
        if let EarlyData::Rejected { .. } = decision {
            self.events.push_back(Event::EarlyDataRejected);
        }
    }

    fn next_event(&mut self) -> Result<Option<Event>, Error> {
        self.drive()?;
        while self.events.is_empty() && !self.peer_closed && self.next_record()? {}
        if self.peer_closed {
            // RFC 8446 §6.1: "Any data received after a closure alert has been received MUST be ignored."
            self.input.clear();
        }
        match self.events.pop_front() {
            Some(event) => Ok(Some(event)),
            // RFC 8446 §6.1: without close_notify, nobody knows whether this is all that the peer has said.
            None if self.eof && !self.peer_closed => Err(Violation::Truncated.into()),
            None => Ok(None),
        }
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Whether the peer is who it should be, and data can be written.
    pub fn is_handshake_complete(&self) -> bool {
        self.machine.is_complete()
    }

    /// What was agreed on, once the handshake is complete.
    pub fn summary(&self) -> Option<&Summary> {
        Some(self.machine.summary()).filter(|_| self.machine.is_complete())
    }

    /// Tells what time it is, for tickets that come or go after the handshake.
    pub fn set_time(&mut self, now: UnixMillis) {
        self.machine.set_time(now);
    }

    /// Fills `out` with key material for another protocol (RFC 8446 §7.5). Both ends get the same for the same label and context.
    ///
    /// # Errors
    /// [`Misuse::HandshakeIncomplete`], [`Misuse::ExportTooLong`].
    pub fn export(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> Result<(), Misuse> {
        self.machine.export(label, context, out)
    }

    /// From now on (or no longer), keeps an explanation of every record, with what was encrypted in it, and of every handshake
    /// message, in both directions, for [`poll_tap`](Self::poll_tap); and the steps of the key schedule. It costs nothing
    /// while it is off. Switched on before anything else is done, it misses nothing.
    pub fn tap(&mut self, on: bool) {
        if on && !self.tap.is_on() {
            self.machine.record_key_schedule();
        }
        self.tap.switch(on);
    }

    /// The next explained piece of the conversation.
    pub fn poll_tap(&mut self) -> Option<Tapped> {
        self.tap.poll()
    }

    /// The steps of the key schedule, with their secrets, since the tap was switched on.
    pub fn key_schedule(&self) -> &[Step] {
        self.machine.key_schedule()
    }
}

impl StreamProtocol for Connection {
    type Event = Event;
    type Error = Error;

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn receive_eof(&mut self) {
        self.eof = true;
    }

    fn poll_event(&mut self) -> Result<Option<Event>, Error> {
        // What came before an error is told before it.
        if let Some(event) = self.events.pop_front() {
            return Ok(Some(event));
        }
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        self.next_event().or_else(|error| {
            self.fail(&error);
            self.events.pop_front().map(Some).ok_or(error)
        })
    }

    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
        self.drive_or_fail();
        if self.error.is_none() {
            let sent = self.answer_key_update().and_then(|()| self.outgoing.flush(&mut self.tap));
            if let Err(misuse) = sent {
                self.fail(&misuse.into());
            }
        }
        self.outgoing.transmit(out)
    }

    fn wants_read(&self) -> bool {
        // Events are pulled one record at a time: what nobody has asked for is still ciphertext in the input.
        let enough = self.limits.max_unread.max(RECORD_HEADER + MAX_CIPHERTEXT);
        self.error.is_none() && !self.peer_closed && self.input.len() < enough
    }

    fn wants_shutdown(&self) -> bool {
        self.error.is_some() || self.outgoing.closed && self.peer_closed
    }
}
