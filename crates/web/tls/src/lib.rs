//! TLS 1.3 (RFC 8446), both roles, without I/O: every message, secret and record can be seen.
//!
//! # What it is for
//!
//! Two ends that have never met agree on keys over a line that others read and change; one or both prove who they are; and
//! from then on the line carries records that nobody else can read, forge, repeat or reorder. It can still be cut: the end of
//! the data is a message of its own (`close_notify`).
//!
//! # The life of a connection
//!
//! ```text
//! client                                                 server       keys
//!   ClientHello ─────────────────────────────────────▶                none
//!              ◀──────────────────────────────────── ServerHello      none
//!              ◀──────── EncryptedExtensions … Certificate … Finished handshake
//!   … Finished ──────────────────────────────────────▶                handshake
//!   data       ◀─────────────────────────────────────▶ data           application
//!   KeyUpdate  ──────────────────────────────────────▶                the next generation
//!   close_notify ────────────────────────────────────▶                each side for itself
//! ```
//!
//! # Reading order
//!
//! [`wire`] (the messages), [`key_schedule`] (the secrets), [`Sealer`] and [`Opener`] (the records), [`HandshakeMachine`] (who says
//! what when), [`Connection`] (all of it over a byte stream). QUIC takes the machine without the records.
//!
//! # What is left out
//!
//! TLS 1.2 and older (a peer that has nothing better is refused by name), keys agreed on by other means than tickets,
//! and authentication of clients after the handshake: HTTP/2 and QUIC forbid it, and little else asks for it. Data of a
//! server before the client's Finished (the standard allows it). A judgement of stapled OCSP responses: they are carried, and
//! whoever verifies gets them.
//!
//! # Example
//!
//! Both ends in one program, and between them what would be a network:
//!
//! ```
//! use std::sync::Arc;
//! use bytes::BytesMut;
//! use ring::rand::SystemRandom;
//! use wirelab_sansio::StreamProtocol;
//! use wirelab_tls::{ClientConfig, Connection, Entropy, Identities, Identity, ServerConfig, UnixMillis};
//! use wirelab_x509::{Authority, KeyKind, Profile, RootStore, ServerName, Time, Verifier};
//!
//! let (random, now) = (SystemRandom::new(), UnixMillis(1_790_000_000_000));
//! let root = Authority::root("An authority", KeyKind::P256, Time(now.seconds()), &random)?;
//! let issued = root.leaf(&Profile::server(&["localhost"], Time(now.seconds())), &random)?;
//! let identity = Identity::from_pem(&issued.chain_pem(), &issued.key_pem())?;
//! let verifier = Verifier::new(Arc::new(RootStore::from_pem(&root.root_pem())?));
//!
//! let server = Arc::new(ServerConfig::new(Arc::new(Identities::of(identity))));
//! let client = Arc::new(ClientConfig::new(Arc::new(verifier)));
//! let mut server = Connection::server(server, now, Entropy::new(random.clone()));
//! let mut client = Connection::client(client, ServerName::parse("localhost")?, now, Entropy::new(random))?;
//!
//! let mut wire = BytesMut::new();
//! while !server.is_handshake_complete() {
//!     client.poll_transmit(&mut wire);
//!     server.input().extend_from_slice(&wire.split());
//!     while server.poll_event()?.is_some() {}
//!     server.poll_transmit(&mut wire);
//!     client.input().extend_from_slice(&wire.split());
//!     while client.poll_event()?.is_some() {}
//! }
//! assert_eq!(client.summary().unwrap().suite, server.summary().unwrap().suite);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
pub use wire::extension::{
    Extension, Extensions, KeyShareEntry, OfferedPsks, PskIdentity, ServerName, fill_binders,
};
pub use wire::{
    Alert, AlertLevel, Certificate, CertificateEntry, CertificateRequest, CertificateVerify, ClientHello,
    EncryptedExtensions, EndOfEarlyData, Finished, Handshake, HandshakeHeader, HelloRetryRequest, KeyUpdate,
    KeyUpdateRequest, NewSessionTicket, Record, RecordHeader, ServerHello, Signer, signed_content,
};
