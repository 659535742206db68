//! TLS 1.3 (RFC 8446), both roles, without I/O.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod codes;
pub mod rules;
pub mod wire;

pub use codes::{
    AlertDescription, CipherSuite, ContentType, ExtensionType, HandshakeType, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, SignatureScheme, Within,
};
pub use rules::alert_for;
pub use wire::extension::{Extension, Extensions, KeyShareEntry, OfferedPsks, PskIdentity, ServerName};
pub use wire::{
    Alert, AlertLevel, Certificate, CertificateEntry, CertificateRequest, CertificateVerify, ClientHello,
    EncryptedExtensions, EndOfEarlyData, Finished, Handshake, HandshakeHeader, HelloRetryRequest, KeyUpdate,
    KeyUpdateRequest, NewSessionTicket, Record, RecordHeader, ServerHello, Signer, signed_content,
};
