//! TLS 1.3 (RFC 8446) without I/O: every message, secret and record can be seen.
//!
//! What is here is the lower half: messages, key schedule, protection of records. The handshake itself, who says what
//! and when, is not written yet.
//!
//! # What it is
//!
//! TLS turns a stream that anybody can read and change into one that only the two ends can. It does three things, and each
//! is a part of this crate: messages by which the ends agree ([`wire`]), a schedule that makes keys of what they
//! agreed on ([`key_schedule`]), and records that are protected with these keys ([`Sealer`], [`Opener`]).
//!
//! # Its place in the stack
//!
//! ```text
//!   Handshake messages ──▶ Transcript ──▶ EarlySecret ▶ HandshakeSecret ▶ MasterSecret
//!        ▲   │                                  ▲                │
//!        │   ▼                                  │                ▼
//!   wire: ClientHello …                   EphemeralKey      TrafficKeys
//!        ▲   │                                                   │
//!        │   ▼                                                   ▼
//!   records, in clear at first, then through                Sealer, Opener
//! ```
//!
//! Messages and key schedule know nothing of records: QUIC and DTLS use them as they are.
//!
//! # Reading order
//!
//! 1. `codes/`: the numbers, with their names; [`ExtensionType::allowed_in`], which extension stands where;
//! 2. `wire/`: a message a file, from [`ClientHello`] on; `wire/extension/`: an extension a file;
//! 3. [`rules`]: what is refused, and with which alert;
//! 4. `transcript.rs`, then `key_schedule/` beside the figure of RFC 8446 §7.1;
//! 5. `crypto/`: suites and key exchange; `record/`: protection.
//!
//! # What is left out, and why
//!
//! TLS 1.2 and before: their hellos are read so that they can be refused by name, and nothing else. Compressed certificates
//! (RFC 8879), CCM suites, finite-field groups: nobody needs them. Post-quantum groups have names, and no
//! implementation here to stand on.
//!
//! # Example
//!
//! Reading what a client wants:
//!
//! ```
//! use wirelab_tls::{CipherSuite, ClientHello, Extension, Extensions, Handshake, ProtocolVersion, ServerName};
//! use wirelab_wire::{Decode, Encode, Reader};
//!
//! let hello = Handshake::ClientHello(ClientHello {
//!     legacy_version: ProtocolVersion::TLS1_2,
//!     random: &[7; 32],
//!     legacy_session_id: &[],
//!     cipher_suites: vec![CipherSuite::TLS_AES_128_GCM_SHA256],
//!     legacy_compression_methods: ClientHello::NO_COMPRESSION,
//!     extensions: Extensions::from_iter([
//!         Extension::SupportedVersions(vec![ProtocolVersion::TLS1_3]),
//!         Extension::ServerName(vec![ServerName::host_name(b"example.org")]),
//!     ]),
//! });
//! let bytes = hello.to_bytes();
//!
//! let Handshake::ClientHello(read) = Handshake::decode(&mut Reader::prefix(&bytes))? else { unreachable!() };
//! assert!(read.offers_tls13());
//! assert_eq!(read.extensions.host_name(), Some(&b"example.org"[..]));
//! # Ok::<(), wirelab_wire::WireError>(())
//! ```

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
pub use wire::extension::{
    CertificateStatusRequest, Extension, Extensions, KeyShareEntry, OfferedPsks, OidFilter, PskIdentity,
    ServerName, fill_binders,
};
pub use wire::{
    Alert, AlertLevel, Certificate, CertificateEntry, CertificateRequest, CertificateVerify, ClientHello,
    EncryptedExtensions, EndOfEarlyData, Finished, Handshake, HandshakeHeader, HelloRetryRequest, KeyUpdate,
    KeyUpdateRequest, NewSessionTicket, Record, RecordHeader, ServerHello, Signer, signed_content,
};
