//! The key schedule (RFC 8446 §7.1): from a pre-shared key and a key exchange to the keys of a connection.
//!
//! ```text
//!              0
//!              │
//!    PSK ▶ Extract = EarlySecret ──▶ binder keys, client_early_traffic, early_exporter_master
//!              │
//!           "derived"
//!              │
//! (EC)DHE ▶ Extract = HandshakeSecret ──▶ client_traffic, server_traffic
//!              │
//!           "derived"
//!              │
//!      0 ▶ Extract = MasterSecret ──▶ client_traffic, server_traffic, exporter_master, resumption_master
//! ```
//!
//! It knows nothing of records: QUIC and DTLS use it as it is. Digests of the transcript come in as arguments, and so
//! does [`Steps`], the record of each step for who wants to see it.

mod hkdf;
mod secret;
mod stages;
mod steps;
mod traffic;

pub use hkdf::{TooLong, derive_secret, hkdf_expand_label, hkdf_extract, hkdf_extract_with};
pub use secret::Secret;
pub use stages::{EarlySecret, HandshakeSecret, MasterSecret};
pub use steps::{Operation, Step, Steps};
pub use traffic::{KeyLabels, TrafficKeys, export, finished_key, next_traffic_secret, resumption_psk};
