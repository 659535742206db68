//! TLS 1.3 (RFC 8446), both roles, without I/O.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod codes;
mod crypto;
mod hash;
pub mod key_schedule;
mod record;
pub mod rules;
mod transcript;
pub mod wire;

pub use codes::{
    AlertDescription, CipherSuite, ContentType, ExtensionType, HandshakeType, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, SignatureScheme, Within,
};
pub use crypto::{EphemeralKey, KeyExchangeError, SharedSecret, Suite};
pub use hash::Hash;
pub use record::{OpenError, Opened, Opener, SealError, Sealer};
pub use rules::alert_for;
pub use transcript::{PendingTranscript, Transcript};
pub use wire::extension::{Extension, Extensions, KeyShareEntry, OfferedPsks, PskIdentity, ServerName};
pub use wire::{
    Alert, AlertLevel, Certificate, CertificateEntry, CertificateRequest, CertificateVerify, ClientHello,
    EncryptedExtensions, EndOfEarlyData, Finished, Handshake, HandshakeHeader, HelloRetryRequest, KeyUpdate,
    KeyUpdateRequest, NewSessionTicket, Record, RecordHeader, ServerHello, Signer, signed_content,
};
