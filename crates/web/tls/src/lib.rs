//! TLS 1.3 (RFC 8446), both roles, without I/O.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod anti_replay;
mod certificate_alert;
mod codes;
mod config;
mod connection;
mod crypto;
mod error;
mod handshake;
mod hash;
pub mod key_schedule;
mod record;
mod role;
pub mod rules;
mod session;
mod tickets;
mod time;
mod transcript;
pub mod wire;

pub use anti_replay::AntiReplay;
pub use codes::{
    AlertDescription, CipherSuite, ContentType, ExtensionType, HandshakeType, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, SignatureScheme, Within,
};
pub use config::{
    ChooseIdentity, ClientAuth, ClientConfig, Identities, Identity, Insecure, KeyLog, Limits, Padding,
    ServerConfig, SigningKey, VerifyClient, VerifyServer,
};
pub use connection::{Connection, Event, Tapped};
pub use crypto::{Entropy, EphemeralKey, KeyExchangeError, SharedSecret, Suite};
pub use error::{Error, Misuse, Violation};
pub use handshake::{Direction, EarlyData, Epoch, HandshakeMachine, Output, Summary};
pub use hash::Hash;
pub use record::{OpenError, Opened, Opener, SealError, Sealer};
pub use role::Role;
pub use rules::alert_for;
pub use session::{MemorySessions, Session, SessionStore};
pub use tickets::Tickets;
pub use time::UnixMillis;
pub use transcript::{PendingTranscript, Transcript};
pub use wire::extension::{Extension, Extensions, KeyShareEntry, OfferedPsks, PskIdentity, ServerName};
pub use wire::{
    Alert, AlertLevel, Certificate, CertificateEntry, CertificateRequest, CertificateVerify, ClientHello,
    EncryptedExtensions, EndOfEarlyData, Finished, Handshake, HandshakeHeader, HelloRetryRequest, KeyUpdate,
    KeyUpdateRequest, NewSessionTicket, Record, RecordHeader, ServerHello, Signer, signed_content,
};
