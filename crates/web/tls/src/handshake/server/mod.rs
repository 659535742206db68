//! The server's end. Each step is a variant that holds what it needs; the message that it waits for consumes it.
//!
//! ```text
//!   ClientHello ──▶ (▶ ServerHello … Finished) ──▶ EndOfEarlyData ──▶ Certificate ──▶ CertificateVerify ──▶ Finished ──▶ Connected
//!    ▲       │                                      if it was taken    if asked for     if there is one     ▶ tickets
//!    └───────┘
//!   ▶ HelloRetryRequest
//! ```
//!
//! Reading order: `client_hello.rs`, `negotiate.rs`, `resume.rs`, `flight.rs`, then as the arrows go; `retry.rs` last.

mod client_certificate;
mod client_hello;
mod finished;
mod flight;
mod negotiate;
#[cfg(test)]
mod replay;
mod resume;
mod retry;
mod ticket;

use std::sync::Arc;

use self::retry::Retried;
use super::shared::{Shared, decode, unexpected};
use super::{Epoch, Output};
use crate::key_schedule::{MasterSecret, Secret};
use crate::{Entropy, Error, Handshake, Misuse, ServerConfig, Suite, Transcript, UnixMillis};

/// A server in the middle of a handshake, or behind it.
#[derive(Debug)]
pub(crate) struct Server {
    config: Arc<ServerConfig>,
    shared: Shared,
    step: Step,
}

/// What a step works with, and does not own.
struct Context<'c> {
    config: &'c ServerConfig,
    shared: &'c mut Shared,
}

#[derive(Debug)]
enum Step {
    /// The first ClientHello, or the one that a HelloRetryRequest has asked for.
    ClientHello(Option<Box<Retried>>),
    EndOfEarlyData(Box<Progress>),
    Certificate(Box<Progress>),
    CertificateVerify(Box<Progress>),
    Finished(Box<Progress>),
    Connected,
    /// A message broke a rule.
    Failed,
}

/// What is there once the server has sent its flight.
#[derive(Debug)]
struct Progress {
    suite: Suite,
    transcript: Transcript,
    /// The client's handshake traffic secret, with which it will prove that it has seen all this.
    client: Secret,
    /// What it will send application data with.
    client_application: Secret,
    master: MasterSecret,
    /// Whether the client is asked for a certificate.
    asks: bool,
}

impl Server {
    pub(crate) fn new(config: Arc<ServerConfig>, now: UnixMillis, entropy: Entropy) -> Self {
        let shared = Shared::new(now, entropy, config.key_log.clone());
        Server { config, shared, step: Step::ClientHello(None) }
    }

    pub(crate) fn receive(&mut self, epoch: Epoch, message: &[u8]) -> Result<(), Error> {
        let step = std::mem::replace(&mut self.step, Step::Failed);
        let cx = &mut Context { config: &self.config, shared: &mut self.shared };
        self.step = step.receive(epoch, message, cx)?;
        Ok(())
    }

    pub(crate) fn poll(&mut self) -> Option<Output> {
        self.shared.poll()
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn shared_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }
}

impl Step {
    fn receive(self, epoch: Epoch, bytes: &[u8], cx: &mut Context<'_>) -> Result<Step, Error> {
        if let Step::Failed = self {
            return Err(Misuse::Failed.into());
        }
        let message = decode(bytes)?;
        // RFC 8446 §4: a message has one place, and with it the keys that it travels under.
        if self.epoch() != epoch {
            return Err(unexpected(message.msg_type(), self.expects()));
        }
        match (self, &message) {
            (Step::ClientHello(retried), Handshake::ClientHello(hello)) => {
                client_hello::receive(retried, hello, bytes, cx)
            }
            (Step::EndOfEarlyData(progress), Handshake::EndOfEarlyData(_)) => {
                Ok(flight::after_early_data(progress, bytes, cx))
            }
            (Step::Certificate(progress), Handshake::Certificate(body)) => {
                client_certificate::receive(progress, body, bytes, cx)
            }
            (Step::CertificateVerify(progress), Handshake::CertificateVerify(body)) => {
                client_certificate::receive_verify(progress, body, bytes, cx)
            }
            (Step::Finished(progress), Handshake::Finished(body)) => {
                finished::receive(*progress, body, bytes, cx)
            }
            (step, message) => Err(unexpected(message.msg_type(), step.expects())),
        }
    }

    fn epoch(&self) -> Epoch {
        match self {
            Step::ClientHello(_) => Epoch::Initial,
            Step::EndOfEarlyData(_) => Epoch::EarlyData,
            Step::Certificate(_) | Step::CertificateVerify(_) | Step::Finished(_) => Epoch::Handshake,
            Step::Connected | Step::Failed => Epoch::Application,
        }
    }

    fn expects(&self) -> &'static str {
        match self {
            Step::ClientHello(_) => "ClientHello",
            Step::EndOfEarlyData(_) => "EndOfEarlyData",
            Step::Certificate(_) => "Certificate",
            Step::CertificateVerify(_) => "CertificateVerify",
            Step::Finished(_) => "Finished",
            Step::Connected => "application data",
            Step::Failed => "nothing",
        }
    }
}
