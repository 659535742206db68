//! What one end of a connection wants, allows and limits. A configuration is made once and shared by many connections.

mod client;
mod identity;
mod limits;
mod server;
mod verify;

pub use client::ClientConfig;
pub use identity::{ChooseIdentity, Identities, Identity, SigningKey};
pub use limits::{Limits, Padding};
pub use server::{ClientAuth, ServerConfig};
pub use verify::{Insecure, VerifyClient, VerifyServer};

use std::fmt::Debug;

/// Where secrets are written, so that Wireshark can decrypt a capture. Whoever has them reads the connection: this belongs to
/// experiments.
pub trait KeyLog: Debug + Send + Sync {
    /// A secret of the connection whose ClientHello had this random. The labels are those of the key log format
    /// (`CLIENT_TRAFFIC_SECRET_0`).
    fn log(&self, label: &'static str, client_random: &[u8; 32], secret: &[u8]);
}
