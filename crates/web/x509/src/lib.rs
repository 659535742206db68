//! X.509 certificates (RFC 5280): DER byte by byte, the signatures in it, and a small certificate authority.
//!
//! A certificate says: this key belongs to these names, from then to then; signed, an authority. It is what makes an
//! encrypted connection one to the right peer, and not only one to somebody.
//!
//! # Its place in the stack
//!
//! `wire` below (names for bytes), `tls` above (chains in a handshake). No clock, no files, no network.
//!
//! # Reading order
//!
//! 1. [`wire::der`]: tag, length, value; the rules that leave one encoding for each value;
//! 2. `wire/certificate.rs` and what it is made of: [`Name`], [`Validity`], `wire/algorithm.rs`, [`wire::extension`];
//! 3. `certificate.rs`: what one asks of a certificate; [`PublicKey`], [`SignatureAlgorithm`];
//! 4. [`PrivateKey`], with `wire/pkcs8.rs` and `wire/sec1.rs`; [`authority`], which puts all of it together;
//! 5. [`CertificateList`], [`pem`], [`ServerName`];
//! 6. [`path`]: from a server's certificate to a root that one trusts.
//!
//! # What is left out, and why
//!
//! SHA-1 and MD5, which are broken; DSA, P-521 and Ed448, which `ring` does not have.
//! BER: what is signed has one encoding. Encrypted private keys. Certificate policies are kept and shown, not processed.
//!
//! # Example
//!
//! ```
//! use wirelab_x509::{Certificate, pem};
//!
//! let text = include_str!("../tests/vectors/parsing/ed25519/root-ed25519.pem");
//! let ders = pem::certificates(text)?;
//! let root = Certificate::from_der(&ders[0])?;
//! assert!(root.is_self_issued());
//! root.verify_signed_by(&root.public_key()?)?;
//! assert!(root.basic_constraints().is_some_and(|constraints| constraints.ca));
//! # Ok::<(), wirelab_x509::Error>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod authority;
mod base64;
mod certificate;
mod config;
mod crl;
mod error;
pub mod path;
pub mod pem;
mod private_key;
mod public_key;
pub mod rules;
mod server_name;
mod signature;
pub mod wire;

pub use authority::{Authority, Issued, KeyKind, Profile};
pub use config::Config;
pub use error::{Error, Misuse, Violation};
pub use path::{Kind, Path, PathError, PathLimits, PathViolation, Place, Revocation, RootStore, Verifier};
pub use private_key::PrivateKey;
pub use public_key::{KeyType, PublicKey};
pub use server_name::{DnsName, ServerName};
pub use signature::SignatureAlgorithm;
pub use wire::{Certificate, CertificateList, Name, Time, Validity};
