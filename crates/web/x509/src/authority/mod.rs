//! A certificate authority small enough to read: a root, intermediates, leaves and revocation lists.
//!
//! ```text
//!  Authority::root ──▶ .intermediate ──▶ .leaf(&Profile) ──▶ Issued { chain, key }
//!        │                   └──▶ .crl(…)
//!        └── to_pem / from_pem: kept, and loaded again
//! ```
//!
//! It writes what a [`Profile`] says, also what no validator may accept: that is how validators are tested.

mod build;
mod profile;
mod revocation;

pub use profile::{KeyKind, Profile, RawExtension, Subtrees};

use ring::digest;
use ring::rand::SecureRandom;
use wirelab_wire::Encode;
use zeroize::Zeroizing;

use crate::error::{Error, Violation};
use crate::pem;
use crate::private_key::PrivateKey;
use crate::wire::{Certificate, Time};

/// Somebody who issues certificates: a key, the certificate that says so, and those above it.
#[derive(Debug)]
pub struct Authority {
    key: PrivateKey,
    /// Its own certificate first, the root last.
    chain: Vec<Vec<u8>>,
}

/// A certificate that was issued, with its key.
#[derive(Debug)]
pub struct Issued {
    /// What a server sends: the certificate, then the intermediates up to, not including, the root.
    pub chain: Vec<Vec<u8>>,
    /// The key of the first certificate.
    pub key: PrivateKey,
}

impl Authority {
    /// A root that signs itself, valid for ten years from a day before `now`.
    ///
    /// # Errors
    /// The random source fails, or the name is one that cannot be written.
    pub fn root(common_name: &str, kind: KeyKind, now: Time, rng: &dyn SecureRandom) -> Result<Self, Error> {
        let profile = Profile::authority(common_name, now, None);
        Authority::root_with(&Profile { key: kind, ..profile }, rng)
    }

    /// A root of any form, signed by itself.
    ///
    /// # Errors
    /// As [`root`](Self::root).
    pub fn root_with(profile: &Profile, rng: &dyn SecureRandom) -> Result<Self, Error> {
        let key = profile.key.generate(rng)?;
        let certificate = build::certificate(profile, &key, None, &key, rng)?;
        Ok(Authority { key, chain: vec![certificate] })
    }

    /// An authority below this one, which may issue leaves only, valid as long as a root would be.
    ///
    /// # Errors
    /// As [`root`](Self::root).
    pub fn intermediate(
        &self,
        common_name: &str,
        kind: KeyKind,
        now: Time,
        rng: &dyn SecureRandom,
    ) -> Result<Self, Error> {
        let profile = Profile::authority(common_name, now, Some(0));
        self.intermediate_with(&Profile { key: kind, ..profile }, rng)
    }

    /// An authority of any form below this one, even one that its certificate does not allow to issue.
    ///
    /// # Errors
    /// As [`root`](Self::root).
    pub fn intermediate_with(&self, profile: &Profile, rng: &dyn SecureRandom) -> Result<Self, Error> {
        let key = profile.key.generate(rng)?;
        let mut chain = vec![self.sign(profile, &key, rng)?];
        chain.extend_from_slice(&self.chain);
        Ok(Authority { key, chain })
    }

    /// A certificate for a new key.
    ///
    /// # Errors
    /// As [`root`](Self::root).
    pub fn leaf(&self, profile: &Profile, rng: &dyn SecureRandom) -> Result<Issued, Error> {
        let key = profile.key.generate(rng)?;
        self.leaf_for(profile, key, rng)
    }

    /// A certificate for this key; the profile's kind of key does not matter.
    ///
    /// # Errors
    /// As [`root`](Self::root).
    pub fn leaf_for(
        &self,
        profile: &Profile,
        key: PrivateKey,
        rng: &dyn SecureRandom,
    ) -> Result<Issued, Error> {
        let mut chain = vec![self.sign(profile, &key, rng)?];
        if let Some((_root, intermediates)) = self.chain.split_last() {
            chain.extend_from_slice(intermediates);
        }
        Ok(Issued { chain, key })
    }

    fn sign(&self, profile: &Profile, key: &PrivateKey, rng: &dyn SecureRandom) -> Result<Vec<u8>, Error> {
        let own = Certificate::from_der(self.certificate())?;
        build::certificate(profile, key, Some(&own), &self.key, rng)
    }

    /// Its own certificate.
    pub fn certificate(&self) -> &[u8] {
        self.chain.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// The certificate that a peer has to trust.
    pub fn root_certificate(&self) -> &[u8] {
        self.chain.last().map(Vec::as_slice).unwrap_or_default()
    }

    /// The root as PEM, for a peer's list of trusted certificates.
    pub fn root_pem(&self) -> String {
        pem::encode("CERTIFICATE", self.root_certificate())
    }

    /// Its key.
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// Certificates and key as PEM, to be kept where nobody else reads it.
    pub fn to_pem(&self) -> Zeroizing<String> {
        let mut text = pem_of(&self.chain);
        text.push_str(&self.key.to_pkcs8_pem());
        Zeroizing::new(text)
    }

    /// Loads what [`to_pem`](Self::to_pem) gave.
    ///
    /// # Errors
    /// There is no certificate or no key in it, or the key is not that of the first certificate.
    pub fn from_pem(text: &str, rng: &dyn SecureRandom) -> Result<Self, Error> {
        let chain = pem::certificates(text)?;
        let key = PrivateKey::from_pem(text, rng)?;
        let first = chain.first().ok_or(Violation::NoPemBlock("CERTIFICATE"))?;
        match Certificate::from_der(first)?.public_key()? == key.public_key() {
            true => Ok(Authority { key, chain }),
            false => Err(Violation::UnusableKey.into()),
        }
    }
}

impl Issued {
    /// The certificate.
    pub fn certificate(&self) -> &[u8] {
        self.chain.first().map(Vec::as_slice).unwrap_or_default()
    }

    /// The chain as PEM, the certificate first.
    pub fn chain_pem(&self) -> String {
        pem_of(&self.chain)
    }

    /// The key as PEM.
    pub fn key_pem(&self) -> Zeroizing<String> {
        self.key.to_pkcs8_pem()
    }
}

fn pem_of(chain: &[Vec<u8>]) -> String {
    chain.iter().map(|der| pem::encode("CERTIFICATE", der)).collect()
}

/// A name for a key: 160 bits of the SHA-256 of its SubjectPublicKeyInfo. RFC 5280 §4.2.1.2 suggests SHA-1, and leaves it open.
fn key_identifier(key: &PrivateKey) -> Vec<u8> {
    let hash = digest::digest(&digest::SHA256, &key.public_key_info().to_bytes());
    hash.as_ref().iter().take(20).copied().collect()
}
