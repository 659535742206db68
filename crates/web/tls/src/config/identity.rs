use std::collections::HashMap;
use std::fmt::{self, Debug};
use std::sync::Arc;

use bytes::Bytes;
use ring::rand::SystemRandom;
use wirelab_x509::{Certificate, PrivateKey, Violation as X509Violation, pem};

use crate::{Entropy, Error, Misuse, SignatureScheme};

/// A chain of certificates with the private key of the first.
#[derive(Debug)]
pub struct Identity {
    /// DER, the end's own certificate first, each signed by the next.
    pub chain: Vec<Bytes>,
    /// The key that the first certificate names.
    pub key: Box<dyn SigningKey>,
    /// An OCSP response (DER) about the first certificate, to be stapled to it (RFC 6066 §8).
    pub ocsp: Option<Bytes>,
}

impl Identity {
    /// Reads a chain and the private key of its first certificate, both in PEM. Randomness only hides the key while it is tried.
    ///
    /// # Errors
    /// A block is damaged or missing, the key is of a kind that is not known here, or it is not that of the certificate
    /// ([`Misuse::Signing`]).
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, Error> {
        let chain: Vec<Bytes> = pem::certificates(chain)?.into_iter().map(Bytes::from).collect();
        let key = PrivateKey::from_pem(key, &SystemRandom::new())?;
        let leaf = chain
            .first()
            .ok_or(X509Violation::NoPemBlock("CERTIFICATE"))
            .map_err(wirelab_x509::Error::from)?;
        if Certificate::from_der(leaf)?.public_key()? != key.public_key() {
            return Err(Misuse::Signing("it is not the key of the certificate").into());
        }
        Ok(Identity { chain, key: Box::new(key), ocsp: None })
    }
}

/// A private key: in memory, or in a device that does not give it away.
pub trait SigningKey: Debug + Send + Sync {
    /// The schemes in which it can sign a handshake, the preferred one first.
    fn schemes(&self) -> &[SignatureScheme];

    /// Signs.
    ///
    /// # Errors
    /// [`Misuse::Signing`]: it is not a key for this scheme, or the device has failed.
    fn sign(&self, scheme: SignatureScheme, message: &[u8], entropy: &Entropy) -> Result<Vec<u8>, Misuse>;
}

impl SigningKey for PrivateKey {
    fn schemes(&self) -> &[SignatureScheme] {
        SignatureScheme::of_key(self.key_type())
    }

    fn sign(&self, scheme: SignatureScheme, message: &[u8], entropy: &Entropy) -> Result<Vec<u8>, Misuse> {
        let algorithm = scheme.algorithm().filter(|_| self.schemes().contains(&scheme));
        let algorithm = algorithm.ok_or(Misuse::Signing("the scheme is not one of this kind of key"))?;
        PrivateKey::sign(self, algorithm, message, &entropy.system())
            .map_err(|_| Misuse::Signing("the key or the random source has failed"))
    }
}

/// Which certificate a server shows. Asked once for each handshake that needs one.
pub trait ChooseIdentity: Debug + Send + Sync {
    /// For the host that the client asks for, if it names one, and the signatures that it can check. `None` ends the
    /// handshake with `handshake_failure`.
    fn choose(&self, server_name: Option<&str>, schemes: &[SignatureScheme]) -> Option<Arc<Identity>>;
}

/// Identities by the host's name: the name itself, then `*.` with what follows its first label, then the default.
#[derive(Default)]
pub struct Identities {
    by_name: HashMap<String, Vec<Arc<Identity>>>,
    default: Vec<Arc<Identity>>,
}

impl Identities {
    /// One identity for all names.
    pub fn of(identity: Identity) -> Self {
        Identities { by_name: HashMap::new(), default: vec![Arc::new(identity)] }
    }

    /// Adds one for a name, in lower case, or for `*.example.org`. Several for one name differ in the kind of their keys;
    /// the first that the client can check is taken.
    #[must_use]
    pub fn with(mut self, name: &str, identity: Identity) -> Self {
        self.by_name.entry(name.to_ascii_lowercase()).or_default().push(Arc::new(identity));
        self
    }

    /// Adds one for all names that have none of their own.
    #[must_use]
    pub fn with_default(mut self, identity: Identity) -> Self {
        self.default.push(Arc::new(identity));
        self
    }

    fn named(&self, name: &str) -> Option<&[Arc<Identity>]> {
        let exact = self.by_name.get(name);
        let wildcard = || self.by_name.get(&format!("*.{}", name.split_once('.')?.1));
        exact.or_else(wildcard).map(Vec::as_slice)
    }
}

impl ChooseIdentity for Identities {
    fn choose(&self, server_name: Option<&str>, schemes: &[SignatureScheme]) -> Option<Arc<Identity>> {
        let candidates = server_name.and_then(|name| self.named(name)).unwrap_or(&self.default);
        let fits =
            |identity: &&Arc<Identity>| identity.key.schemes().iter().any(|scheme| schemes.contains(scheme));
        candidates.iter().find(fits).cloned()
    }
}

impl Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_name.keys()).finish()
    }
}
