//! The client's end. Each step is a variant that holds what it needs; the message that it waits for consumes it.
//!
//! ```text
//!           ClientHello ▶
//!  ServerHello ──▶ EncryptedExtensions ──▶ Certificate ──▶ CertificateVerify ──▶ Finished ──▶ Connected
//!   ▲       │              │                ▲     │                                ▲   ▶ Finished    │
//!   └───────┘              │                └─────┘                                │                 └▶ NewSessionTicket
//!   HelloRetryRequest      │           CertificateRequest                          │
//!   ▶ ClientHello          └───────────────── a session is resumed ────────────────┘
//! ```
//!
//! Reading order: `hello.rs`, `server_hello.rs`, then as the arrows go; `retry.rs` last.

mod certificate;
mod certificate_verify;
mod encrypted_extensions;
mod finished;
mod grease;
mod hello;
mod offer;
mod progress;
mod psk;
#[cfg(test)]
mod replay;
mod retry;
mod server_hello;
mod ticket;

use std::sync::Arc;

use wirelab_x509::ServerName;

use self::certificate::Request;
use self::offer::Offer;
use self::progress::Progress;
use self::retry::Retried;
use super::shared::{Shared, decode, unexpected};
use super::{Epoch, Output};
use crate::key_schedule::Secret;
use crate::{ClientConfig, Entropy, Error, Handshake, Misuse, UnixMillis};

/// A client in the middle of a handshake, or behind it.
#[derive(Debug)]
pub(crate) struct Client {
    config: Arc<ClientConfig>,
    name: ServerName,
    shared: Shared,
    step: Step,
}

/// What a step works with, and does not own.
struct Context<'c> {
    config: &'c ClientConfig,
    name: &'c ServerName,
    shared: &'c mut Shared,
}

#[derive(Debug)]
enum Step {
    ServerHello(Box<AwaitServerHello>),
    EncryptedExtensions(AwaitEncryptedExtensions),
    Certificate(AwaitCertificate),
    CertificateVerify(AwaitCertificateVerify),
    Finished(AwaitFinished),
    Connected(Connected),
    /// A message broke a rule.
    Failed,
}

/// ServerHello or HelloRetryRequest is waited for.
#[derive(Debug)]
struct AwaitServerHello {
    offer: Offer,
    retried: Option<Retried>,
    /// It is still to be sent.
    change_cipher_spec: bool,
}

#[derive(Debug)]
struct AwaitEncryptedExtensions {
    progress: Box<Progress>,
}

/// Certificate is waited for; before it, CertificateRequest may come.
#[derive(Debug)]
struct AwaitCertificate {
    progress: Box<Progress>,
    request: Option<Request>,
}

#[derive(Debug)]
struct AwaitCertificateVerify {
    progress: Box<Progress>,
    request: Option<Request>,
}

#[derive(Debug)]
struct AwaitFinished {
    progress: Box<Progress>,
    request: Option<Request>,
}

/// The handshake is complete; tickets may come.
#[derive(Debug)]
struct Connected {
    /// `resumption_master_secret`.
    resumption: Secret,
    /// How many tickets were kept.
    tickets: usize,
}

impl Client {
    pub(crate) fn new(
        config: Arc<ClientConfig>,
        name: ServerName,
        now: UnixMillis,
        entropy: Entropy,
    ) -> Result<Self, Error> {
        let mut shared = Shared::new(now, entropy, config.key_log.clone());
        let step = hello::send(&mut Context { config: &config, name: &name, shared: &mut shared })?;
        Ok(Client { config, name, shared, step: Step::ServerHello(Box::new(step)) })
    }

    pub(crate) fn receive(&mut self, epoch: Epoch, message: &[u8]) -> Result<(), Error> {
        let step = std::mem::replace(&mut self.step, Step::Failed);
        let cx = &mut Context { config: &self.config, name: &self.name, shared: &mut self.shared };
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
        let message = decode(bytes)?;
        // RFC 8446 §4: a message has one place, and with it the keys that it travels under.
        if self.epoch() != epoch {
            return Err(unexpected(message.msg_type(), self.expects()));
        }
        match (self, &message) {
            (Step::ServerHello(step), Handshake::ServerHello(body)) => {
                server_hello::receive(*step, body, bytes, cx)
            }
            (Step::ServerHello(step), Handshake::HelloRetryRequest(body)) => {
                retry::receive(*step, body, bytes, cx)
            }
            (Step::EncryptedExtensions(step), Handshake::EncryptedExtensions(body)) => {
                encrypted_extensions::receive(step, body, bytes, cx)
            }
            (Step::Certificate(step), Handshake::CertificateRequest(body)) => {
                certificate::receive_request(step, body, bytes)
            }
            (Step::Certificate(step), Handshake::Certificate(body)) => {
                certificate::receive(step, body, bytes, cx)
            }
            (Step::CertificateVerify(step), Handshake::CertificateVerify(body)) => {
                certificate_verify::receive(step, body, bytes, cx)
            }
            (Step::Finished(step), Handshake::Finished(body)) => finished::receive(step, body, bytes, cx),
            (Step::Connected(mut step), Handshake::NewSessionTicket(body)) => {
                ticket::receive(&mut step, body, cx)?;
                Ok(Step::Connected(step))
            }
            (Step::Failed, _) => Err(Misuse::Failed.into()),
            (step, message) => Err(unexpected(message.msg_type(), step.expects())),
        }
    }

    fn epoch(&self) -> Epoch {
        match self {
            Step::ServerHello(_) => Epoch::Initial,
            Step::EncryptedExtensions(_)
            | Step::Certificate(_)
            | Step::CertificateVerify(_)
            | Step::Finished(_) => Epoch::Handshake,
            Step::Connected(_) | Step::Failed => Epoch::Application,
        }
    }

    fn expects(&self) -> &'static str {
        match self {
            Step::ServerHello(_) => "ServerHello",
            Step::EncryptedExtensions(_) => "EncryptedExtensions",
            Step::Certificate(_) => "Certificate",
            Step::CertificateVerify(_) => "CertificateVerify",
            Step::Finished(_) => "Finished",
            Step::Connected(_) => "NewSessionTicket",
            Step::Failed => "nothing",
        }
    }
}
