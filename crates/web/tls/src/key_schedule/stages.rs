//! The three stages of the key schedule (RFC 8446 §7.1). Each consumes the one before it, so that no secret outlives its use
//! and none is made too early.

use super::hkdf::{derive_secret, hkdf_extract};
use super::secret::Secret;
use super::steps::Steps;
use crate::hash::Hash;

/// The first stage: what the pre-shared key alone gives.
#[derive(Clone, Debug)]
pub struct EarlySecret(Secret);

impl EarlySecret {
    /// From the pre-shared key, or from zeros if there is none.
    pub fn new(hash: Hash, psk: Option<&[u8]>, steps: &mut Steps) -> Self {
        let zeros = Secret::zeros(hash);
        EarlySecret(hkdf_extract(&zeros, psk.unwrap_or(zeros.as_bytes()), steps))
    }

    /// `binder_key` of a key that was agreed on by other means.
    pub fn external_binder_key(&self, steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"ext binder", self.nothing().as_ref(), steps)
    }

    /// `binder_key` of a ticket's key.
    pub fn resumption_binder_key(&self, steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"res binder", self.nothing().as_ref(), steps)
    }

    /// `client_early_traffic_secret`, of the transcript up to the ClientHello: protects 0-RTT data.
    pub fn client_early_traffic(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"c e traffic", transcript, steps)
    }

    /// `early_exporter_master_secret`, of the same transcript.
    pub fn early_exporter_master(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"e exp master", transcript, steps)
    }

    /// Mixes in what the key exchange gave; `None` where the pre-shared key is used alone.
    pub fn into_handshake(self, shared_secret: Option<&[u8]>, steps: &mut Steps) -> HandshakeSecret {
        HandshakeSecret(next_stage(&self.0, shared_secret, steps))
    }

    /// The digest of no messages.
    fn nothing(&self) -> ring::digest::Digest {
        self.0.hash().of(&[])
    }
}

/// The second stage: what the key exchange gives.
#[derive(Clone, Debug)]
pub struct HandshakeSecret(Secret);

impl HandshakeSecret {
    /// `client_handshake_traffic_secret`, of the transcript up to the ServerHello.
    pub fn client_traffic(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"c hs traffic", transcript, steps)
    }

    /// `server_handshake_traffic_secret`, of the same transcript.
    pub fn server_traffic(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"s hs traffic", transcript, steps)
    }

    /// On to the last stage, into which nothing new is mixed.
    pub fn into_master(self, steps: &mut Steps) -> MasterSecret {
        MasterSecret(next_stage(&self.0, None, steps))
    }
}

/// The third stage: what the finished handshake gives.
#[derive(Clone, Debug)]
pub struct MasterSecret(Secret);

impl MasterSecret {
    /// `client_application_traffic_secret_0`, of the transcript up to the server's Finished.
    pub fn client_traffic(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"c ap traffic", transcript, steps)
    }

    /// `server_application_traffic_secret_0`, of the same transcript.
    pub fn server_traffic(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"s ap traffic", transcript, steps)
    }

    /// `exporter_master_secret`, of the same transcript.
    pub fn exporter_master(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"exp master", transcript, steps)
    }

    /// `resumption_master_secret`, of the transcript up to the client's Finished.
    pub fn resumption_master(&self, transcript: &[u8], steps: &mut Steps) -> Secret {
        derive_secret(&self.0, b"res master", transcript, steps)
    }
}

/// The arrow down in the figure: Derive-Secret(., "derived", "") is the salt of the next extraction.
fn next_stage(secret: &Secret, input: Option<&[u8]>, steps: &mut Steps) -> Secret {
    let hash = secret.hash();
    let salt = derive_secret(secret, b"derived", hash.of(&[]).as_ref(), steps);
    hkdf_extract(&salt, input.unwrap_or(Secret::zeros(hash).as_bytes()), steps)
}
