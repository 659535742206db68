//! The handshake without records: messages in, messages and secrets out. [`Connection`](crate::Connection) wraps it into the records of
//! TLS; QUIC carries the same messages in frames of its own (RFC 9001 §4).
//!
//! ```text
//!   receive(epoch, message) ──▶ ┌─────────────────────────────┐ ──▶ poll(): Send, Keys, Complete …
//!                               │ a step, consumed by the     │
//!                               │ message that it waits for   │
//!                               └─────────────────────────────┘
//! ```

pub(crate) mod client;
mod output;
pub(crate) mod rules;
pub(crate) mod server;
mod shared;
mod summary;
#[cfg(test)]
#[path = "../../tests/support/mod.rs"]
mod traces;

pub use output::{Direction, EarlyData, Epoch, Output};
pub(crate) use shared::{decode, encode};
pub use summary::Summary;

use std::sync::Arc;

use wirelab_x509::ServerName;

use crate::key_schedule::{Secret, Step, Steps};
use crate::{ClientConfig, Entropy, Error, Misuse, Role, ServerConfig, UnixMillis};

/// One end of a handshake.
#[derive(Debug)]
pub struct HandshakeMachine {
    end: End,
}

#[derive(Debug)]
enum End {
    Client(Box<client::Client>),
    Server(Box<server::Server>),
}

/// Runs an expression on whichever end this is.
macro_rules! on_end {
    ($self:expr, $end:ident => $call:expr) => {
        match $self {
            End::Client($end) => $call,
            End::Server($end) => $call,
        }
    };
}

impl HandshakeMachine {
    /// A client's end. Its ClientHello is what [`poll`](Self::poll) gives first.
    ///
    /// # Errors
    /// [`Misuse::Config`]: the configuration offers nothing that there is.
    pub fn client(
        config: Arc<ClientConfig>,
        name: ServerName,
        now: UnixMillis,
        entropy: Entropy,
    ) -> Result<Self, Error> {
        Ok(HandshakeMachine { end: End::Client(Box::new(client::Client::new(config, name, now, entropy)?)) })
    }

    /// A server's end, which waits for a ClientHello.
    pub fn server(config: Arc<ServerConfig>, now: UnixMillis, entropy: Entropy) -> Self {
        HandshakeMachine { end: End::Server(Box::new(server::Server::new(config, now, entropy))) }
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        match self.end {
            End::Client(_) => Role::Client,
            End::Server(_) => Role::Server,
        }
    }

    /// Takes in one whole handshake message, header included, that came under the keys of `epoch`.
    ///
    /// # Errors
    /// It does not parse, is not the one that is waited for, or breaks a rule: the handshake is over, and
    /// [`Error::alert`] is what the peer is to be told.
    pub fn receive(&mut self, epoch: Epoch, message: &[u8]) -> Result<(), Error> {
        on_end!(&mut self.end, end => end.receive(epoch, message))
    }

    /// What is to be done next, in order. `None`: a message is waited for.
    pub fn poll(&mut self) -> Option<Output> {
        on_end!(&mut self.end, end => end.poll())
    }

    /// What was negotiated so far. All of it is there after [`Output::Complete`].
    pub fn summary(&self) -> &Summary {
        &on_end!(&self.end, end => end.shared()).summary
    }

    /// Whether the peer is authenticated and the handshake finished.
    pub fn is_complete(&self) -> bool {
        on_end!(&self.end, end => end.shared()).complete
    }

    /// From now on, keeps each step of the key schedule, with its secrets, for [`key_schedule`](Self::key_schedule).
    pub fn record_key_schedule(&mut self) {
        on_end!(&mut self.end, end => end.shared_mut()).steps = Steps::on();
    }

    /// The steps of the key schedule so far, if they are recorded.
    pub fn key_schedule(&self) -> &[Step] {
        on_end!(&self.end, end => end.shared()).steps.recorded()
    }

    /// What time it is now, for tickets that come or go after the handshake.
    pub fn set_time(&mut self, now: UnixMillis) {
        on_end!(&mut self.end, end => end.shared_mut()).now = now;
    }

    /// Moves one direction's application traffic secret to its next generation (RFC 8446 §7.2) and returns that.
    ///
    /// # Errors
    /// [`Misuse::HandshakeIncomplete`].
    pub fn next_secret(&mut self, direction: Direction) -> Result<Secret, Misuse> {
        on_end!(&mut self.end, end => end.shared_mut()).next_secret(direction)
    }

    /// What both ends have, for tests of who carries the messages.
    #[cfg(test)]
    pub(crate) fn shared_mut(&mut self) -> &mut shared::Shared {
        on_end!(&mut self.end, end => end.shared_mut())
    }

    /// Fills `out` with key material for another protocol (RFC 8446 §7.5). Both ends get the same for the same label and context.
    ///
    /// # Errors
    /// [`Misuse::HandshakeIncomplete`]; [`Misuse::ExportTooLong`]: HKDF gives at most 255 times the length of the hash.
    pub fn export(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> Result<(), Misuse> {
        on_end!(&self.end, end => end.shared()).export(label, context, out)
    }
}
