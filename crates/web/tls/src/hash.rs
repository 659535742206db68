use ring::{digest, hmac};

/// The hash of a cipher suite: it makes the transcript's digests and drives the key schedule.
///
/// ```
/// use wirelab_tls::Hash;
///
/// assert_eq!((Hash::Sha256.len(), Hash::Sha384.len()), (32, 48));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Hash {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
}

impl Hash {
    /// The longest output, in bytes.
    pub const MAX_LEN: usize = 48;

    /// The length of its output, in bytes: `Hash.length` of RFC 8446.
    #[allow(clippy::len_without_is_empty, reason = "a length of output, not of a collection")]
    pub const fn len(self) -> usize {
        match self {
            Hash::Sha256 => 32,
            Hash::Sha384 => 48,
        }
    }

    /// The hash of `bytes`.
    pub fn of(self, bytes: &[u8]) -> digest::Digest {
        digest::digest(self.digest(), bytes)
    }

    /// The hash itself, in ring.
    pub fn digest(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
        }
    }

    /// HMAC with it, in ring.
    pub fn hmac(self) -> hmac::Algorithm {
        match self {
            Hash::Sha256 => hmac::HMAC_SHA256,
            Hash::Sha384 => hmac::HMAC_SHA384,
        }
    }
}
