use ring::aead;

use crate::codes::CipherSuite;
use crate::hash::Hash;
use crate::key_schedule::{KeyLabels, Secret, Steps, TrafficKeys};

/// A cipher suite that is implemented: an AEAD and a hash (RFC 8446 §B.4).
///
/// ```
/// use wirelab_tls::{CipherSuite, Hash, Suite};
///
/// let suite = Suite::find(CipherSuite::TLS_AES_256_GCM_SHA384).unwrap();
/// assert_eq!((suite.hash(), suite.key_len()), (Hash::Sha384, 32));
/// assert!(Suite::find(CipherSuite::TLS_AES_128_CCM_SHA256).is_none());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    id: CipherSuite,
    hash: Hash,
    aead: &'static aead::Algorithm,
    confidentiality_limit: u64,
}

/// How many full records AES-GCM may protect under one key: 2^24.5 (RFC 8446 §5.5).
const AES_GCM_RECORDS: u64 = 23_726_566;

impl Suite {
    /// AES-128 in GCM, SHA-256.
    pub const AES_128_GCM_SHA256: Suite = Suite {
        id: CipherSuite::TLS_AES_128_GCM_SHA256,
        hash: Hash::Sha256,
        aead: &aead::AES_128_GCM,
        confidentiality_limit: AES_GCM_RECORDS,
    };
    /// AES-256 in GCM, SHA-384.
    pub const AES_256_GCM_SHA384: Suite = Suite {
        id: CipherSuite::TLS_AES_256_GCM_SHA384,
        hash: Hash::Sha384,
        aead: &aead::AES_256_GCM,
        confidentiality_limit: AES_GCM_RECORDS,
    };
    /// ChaCha20 and Poly1305, SHA-256. The sequence number ends before its safety does (RFC 8446 §5.5).
    pub const CHACHA20_POLY1305_SHA256: Suite = Suite {
        id: CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
        hash: Hash::Sha256,
        aead: &aead::CHACHA20_POLY1305,
        confidentiality_limit: u64::MAX,
    };

    /// All that are implemented.
    pub const ALL: [Suite; 3] =
        [Suite::AES_128_GCM_SHA256, Suite::AES_256_GCM_SHA384, Suite::CHACHA20_POLY1305_SHA256];

    /// The suite with this code.
    pub fn find(id: CipherSuite) -> Option<Suite> {
        Suite::ALL.into_iter().find(|suite| suite.id == id)
    }

    /// Its code.
    pub fn id(self) -> CipherSuite {
        self.id
    }

    /// Its hash.
    pub fn hash(self) -> Hash {
        self.hash
    }

    /// Its AEAD, in ring.
    pub fn aead(self) -> &'static aead::Algorithm {
        self.aead
    }

    /// The length of its key, in bytes: 16 or 32.
    pub fn key_len(self) -> usize {
        self.aead.key_len()
    }

    /// How many records one key may protect (RFC 8446 §5.5).
    pub fn confidentiality_limit(self) -> u64 {
        self.confidentiality_limit
    }

    /// The keys of a traffic secret, as the records of TLS use them.
    pub fn traffic_keys(self, secret: &Secret, steps: &mut Steps) -> TrafficKeys {
        TrafficKeys::derive(secret, self, KeyLabels::TLS, steps)
    }
}
