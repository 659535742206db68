use std::fmt;

use ring::hmac;
use zeroize::Zeroize;

use crate::hash::Hash;

/// A secret of the key schedule: as many bytes as its hash puts out. It is wiped when it is dropped, and never shown by
/// `Debug`.
#[derive(Clone)]
pub struct Secret {
    hash: Hash,
    bytes: [u8; Hash::MAX_LEN],
}

impl Secret {
    /// A secret of these bytes; zeros follow if they are fewer than the hash puts out, and none beyond that are taken.
    pub fn new(hash: Hash, bytes: &[u8]) -> Self {
        let mut secret = Secret::zeros(hash);
        for (place, byte) in secret.as_mut().iter_mut().zip(bytes) {
            *place = *byte;
        }
        secret
    }

    /// The secret that stands where there is none: all zeros (RFC 8446 §7.1).
    pub fn zeros(hash: Hash) -> Self {
        Secret { hash, bytes: [0; Hash::MAX_LEN] }
    }

    /// The hash that it belongs to.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The bytes, for who has to keep or log them.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.hash.len()).unwrap_or_default()
    }

    pub(super) fn as_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(..self.hash.len()).unwrap_or_default()
    }

    /// The secret as a key for HMAC.
    pub(super) fn hmac_key(&self) -> hmac::Key {
        hmac::Key::new(self.hash.hmac(), self.as_bytes())
    }

    /// The HMAC of `message`: what a Finished message and a binder are, under the finished key (RFC 8446 §4.4.4).
    pub fn mac(&self, message: &[u8]) -> Secret {
        Secret::new(self.hash, hmac::sign(&self.hmac_key(), message).as_ref())
    }

    /// Whether a MAC that arrived is that of `message`; the time that this takes does not depend on where they differ.
    pub fn verifies(&self, message: &[u8], mac: &[u8]) -> bool {
        hmac::verify(&self.hmac_key(), message, mac).is_ok()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.hash.len())
    }
}
