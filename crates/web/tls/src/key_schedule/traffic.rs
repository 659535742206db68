//! What is made of a traffic secret: the keys of records, the key of Finished, the next secret (RFC 8446 §7.2, §7.3, §4.4.4).

use zeroize::Zeroize;

use super::hkdf::{TooLong, expand_label, expand_secret, hkdf_expand_label};
use super::secret::Secret;
use super::steps::Steps;
use crate::crypto::Suite;

/// The labels under which a protocol makes the key and the nonce's base of a traffic secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyLabels {
    /// The label of the key.
    pub key: &'static str,
    /// The label of the base of the nonces.
    pub iv: &'static str,
}

impl KeyLabels {
    /// Records of TLS and DTLS (RFC 8446 §7.3).
    pub const TLS: KeyLabels = KeyLabels { key: "key", iv: "iv" };
    /// Packets of QUIC (RFC 9001 §5.1).
    pub const QUIC: KeyLabels = KeyLabels { key: "quic key", iv: "quic iv" };
}

/// The key and the base of the nonces for one direction (RFC 8446 §7.3). Wiped when dropped.
#[derive(Clone)]
pub struct TrafficKeys {
    suite: Suite,
    key: [u8; MAX_KEY],
    iv: [u8; 12],
}

/// The longest key of a suite, in bytes.
const MAX_KEY: usize = 32;

impl TrafficKeys {
    /// The keys that a suite makes of a traffic secret.
    pub fn derive(secret: &Secret, suite: Suite, labels: KeyLabels, steps: &mut Steps) -> Self {
        let mut keys = TrafficKeys { suite, key: [0; MAX_KEY], iv: [0; 12] };
        let key = keys.key.get_mut(..suite.key_len()).unwrap_or_default();
        expand_label(secret, labels.key.as_bytes(), &[], key, steps);
        expand_label(secret, labels.iv.as_bytes(), &[], &mut keys.iv, steps);
        keys
    }

    /// The suite that they are for.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    /// The key: 16 or 32 bytes.
    pub fn key(&self) -> &[u8] {
        self.key.get(..self.suite.key_len()).unwrap_or_default()
    }

    /// What is combined with the record's number to be its nonce.
    pub fn iv(&self) -> &[u8; 12] {
        &self.iv
    }
}

impl Drop for TrafficKeys {
    fn drop(&mut self) {
        self.key.zeroize();
        self.iv.zeroize();
    }
}

impl std::fmt::Debug for TrafficKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TrafficKeys({})", self.suite.id())
    }
}

/// The key of a Finished message (RFC 8446 §4.4.4) from the sender's handshake traffic secret, or of a binder from the binder
/// key. Its [`mac`](Secret::mac) of the transcript's digest is the `verify_data`.
pub fn finished_key(base: &Secret, steps: &mut Steps) -> Secret {
    expand_secret(base, b"finished", &[], steps)
}

/// The traffic secret after a key update (RFC 8446 §7.2).
pub fn next_traffic_secret(current: &Secret, steps: &mut Steps) -> Secret {
    expand_secret(current, b"traffic upd", &[], steps)
}

/// The pre-shared key of a ticket (RFC 8446 §4.6.1), from the resumption master secret and the ticket's nonce, at most
/// 255 bytes.
///
/// # Errors
/// The nonce is longer.
pub fn resumption_psk(
    resumption_master: &Secret,
    nonce: &[u8],
    steps: &mut Steps,
) -> Result<Secret, TooLong> {
    let mut psk = Secret::zeros(resumption_master.hash());
    hkdf_expand_label(resumption_master, b"resumption", nonce, psk.as_mut(), steps)?;
    Ok(psk)
}

/// Keying material for the application (RFC 8446 §7.5): bound to this connection, and to the label and context that both
/// sides know. `exporter_master` may also be the early one.
///
/// # Errors
/// The label is longer than 249 bytes, or the output longer than 255 times the hash.
pub fn export(
    exporter_master: &Secret,
    label: &[u8],
    context: &[u8],
    out: &mut [u8],
    steps: &mut Steps,
) -> Result<(), TooLong> {
    let hash = exporter_master.hash();
    let mut secret = Secret::zeros(hash);
    hkdf_expand_label(exporter_master, label, hash.of(&[]).as_ref(), secret.as_mut(), steps)?;
    hkdf_expand_label(&secret, b"exporter", hash.of(context).as_ref(), out, steps)
}
