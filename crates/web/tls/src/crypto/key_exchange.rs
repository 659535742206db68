use std::fmt;

use ring::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey};
use ring::rand::SecureRandom;
use zeroize::Zeroizing;

use crate::codes::NamedGroup;

/// What both sides of a key exchange know in the end (RFC 8446 §7.4.2): 32 or 48 bytes. Wiped when dropped.
pub type SharedSecret = Zeroizing<Vec<u8>>;

/// One side's key pair for one exchange (RFC 8446 §4.2.8.2), used once.
///
/// ```
/// use ring::rand::SystemRandom;
/// use wirelab_tls::{EphemeralKey, NamedGroup};
///
/// let random = SystemRandom::new();
/// let client = EphemeralKey::generate(NamedGroup::X25519, &random)?;
/// let server = EphemeralKey::generate(NamedGroup::X25519, &random)?;
/// let (client_share, server_share) = (client.public_key().to_vec(), server.public_key().to_vec());
/// assert_eq!(client.agree(&server_share)?, server.agree(&client_share)?);
/// # Ok::<(), wirelab_tls::KeyExchangeError>(())
/// ```
pub struct EphemeralKey {
    group: NamedGroup,
    public: Vec<u8>,
    private: Private,
}

enum Private {
    Key(EphemeralPrivateKey),
    /// The result is known beforehand.
    Replayed(SharedSecret),
}

impl EphemeralKey {
    /// The groups that are implemented, the preferred one first.
    pub const GROUPS: [NamedGroup; 3] = [NamedGroup::X25519, NamedGroup::SECP256R1, NamedGroup::SECP384R1];

    /// A new pair, from a secure generator.
    ///
    /// # Errors
    /// The group is not implemented, or the generator failed.
    pub fn generate(group: NamedGroup, random: &dyn SecureRandom) -> Result<Self, KeyExchangeError> {
        let algorithm = algorithm(group).ok_or(KeyExchangeError::Group(group))?;
        let key = EphemeralPrivateKey::generate(algorithm, random).map_err(|_| KeyExchangeError::Random)?;
        let public = key.compute_public_key().map_err(|_| KeyExchangeError::Random)?;
        Ok(EphemeralKey { group, public: public.as_ref().to_vec(), private: Private::Key(key) })
    }

    /// A pair that was used before, with the secret that came of it: a recorded handshake, such as those of RFC 8448, runs
    /// again with it. It keeps nothing secret.
    pub fn replay(group: NamedGroup, public_key: &[u8], shared_secret: &[u8]) -> Self {
        let private = Private::Replayed(Zeroizing::new(shared_secret.to_vec()));
        EphemeralKey { group, public: public_key.to_vec(), private }
    }

    /// The group.
    pub fn group(&self) -> NamedGroup {
        self.group
    }

    /// The public key, as `key_exchange` of a key share holds it.
    pub fn public_key(&self) -> &[u8] {
        &self.public
    }

    /// What this key and the peer's public key make.
    ///
    /// # Errors
    /// The peer's key is not a point of the group, or makes a secret of zeros (RFC 8446 §7.4.2): illegal_parameter.
    pub fn agree(self, peer: &[u8]) -> Result<SharedSecret, KeyExchangeError> {
        let (key, algorithm) = match (self.private, algorithm(self.group)) {
            (Private::Replayed(secret), _) => return Ok(secret),
            (Private::Key(key), Some(algorithm)) => (key, algorithm),
            (_, None) => return Err(KeyExchangeError::Group(self.group)),
        };
        let peer = UnparsedPublicKey::new(algorithm, peer);
        agreement::agree_ephemeral(key, &peer, |secret| Zeroizing::new(secret.to_vec()))
            .map_err(|_| KeyExchangeError::PublicKey)
    }
}

fn algorithm(group: NamedGroup) -> Option<&'static agreement::Algorithm> {
    Some(match group {
        NamedGroup::X25519 => &agreement::X25519,
        NamedGroup::SECP256R1 => &agreement::ECDH_P256,
        NamedGroup::SECP384R1 => &agreement::ECDH_P384,
        _ => return None,
    })
}

impl fmt::Debug for EphemeralKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EphemeralKey({})", self.group)
    }
}

/// Why a key exchange came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyExchangeError {
    /// The group is not implemented.
    #[error("the group {0} is not implemented")]
    Group(NamedGroup),
    /// The generator failed.
    #[error("the random generator failed")]
    Random,
    /// The peer's public key is none, or a weak one.
    #[error("the peer's public key is not valid (RFC 8446 §4.2.8.2, §7.4.2)")]
    PublicKey,
}
