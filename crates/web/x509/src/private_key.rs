use std::fmt;

use ring::rand::SecureRandom;
use ring::signature::{self as ring_signature, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaKeyPair};
use wirelab_wire::{Decode, Encode, Reader};
use zeroize::{Zeroize, Zeroizing};

use crate::error::{Error, Misuse, Violation};
use crate::pem;
use crate::public_key::{KeyType, PublicKey};
use crate::signature::SignatureAlgorithm;
use crate::wire::der::{BitString, DerReader, DerWriter, Tag};
use crate::wire::{EcPrivateKey, OneAsymmetricKey, SubjectPublicKeyInfo, oids};

/// A private key: RSA, P-256, P-384 or Ed25519.
///
/// Its DER is zeroed when it is dropped, and `Debug` shows the kind alone. The numbers that `ring` computes with are in
/// `ring`'s hands, which does not promise to zero them.
///
/// ```
/// use ring::rand::SystemRandom;
/// use wirelab_x509::{PrivateKey, SignatureAlgorithm};
///
/// let rng = SystemRandom::new();
/// let key = PrivateKey::generate_ed25519(&rng)?;
/// let signature = key.sign(SignatureAlgorithm::Ed25519, b"message", &rng)?;
/// key.public_key().verify(SignatureAlgorithm::Ed25519, b"message", &signature)?;
/// # Ok::<(), wirelab_x509::Error>(())
/// ```
pub struct PrivateKey {
    kind: KeyType,
    pair: Pair,
    public: Vec<u8>,
    pkcs8: Zeroizing<Vec<u8>>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(Box<EcdsaKeyPair>),
    Ed25519(Box<Ed25519KeyPair>),
}

impl PrivateKey {
    /// The first private key in a PEM text: `PRIVATE KEY` (PKCS #8), `EC PRIVATE KEY` (SEC 1) or `RSA PRIVATE KEY`
    /// (PKCS #1). Other blocks are passed over. The random source is for what hides the key while it signs.
    ///
    /// # Errors
    /// A block is damaged, there is none of these, or the key is not usable.
    pub fn from_pem(text: &str, rng: &dyn SecureRandom) -> Result<Self, Error> {
        for block in pem::blocks(text) {
            let mut block = block?;
            let key = match block.label {
                "PRIVATE KEY" => PrivateKey::from_pkcs8_der(&block.der, rng),
                "EC PRIVATE KEY" => PrivateKey::from_sec1(&block.der, rng),
                "RSA PRIVATE KEY" => PrivateKey::from_pkcs1(&block.der, rng),
                _ => continue,
            };
            block.der.zeroize();
            return key;
        }
        Err(Violation::NoPemBlock("PRIVATE KEY").into())
    }

    /// Reads a OneAsymmetricKey, PKCS #8 (RFC 5958).
    ///
    /// # Errors
    /// The bytes are none, the kind is not known, or the key contradicts itself.
    pub fn from_pkcs8_der(der: &[u8], rng: &dyn SecureRandom) -> Result<Self, Error> {
        let key: OneAsymmetricKey<'_> = whole(der)?;
        let kind = KeyType::of(&key.private_key_algorithm).ok_or(Violation::UnsupportedKey)?;
        let outer = key.public_key.and_then(|field| field.bits().whole_bytes());
        let pair = match kind {
            KeyType::Rsa => rsa(key.private_key)?,
            KeyType::EcdsaP256 | KeyType::EcdsaP384 => ecdsa(kind, key.private_key, outer, rng)?,
            KeyType::Ed25519 => ed25519(key.private_key, outer)?,
        };
        Ok(PrivateKey { kind, public: pair.public(), pair, pkcs8: Zeroizing::new(der.to_vec()) })
    }

    /// Reads an ECPrivateKey, SEC 1 (RFC 5915), which must name its curve.
    ///
    /// # Errors
    /// As [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_sec1(der: &[u8], rng: &dyn SecureRandom) -> Result<Self, Error> {
        let key: EcPrivateKey<'_> = whole(der)?;
        let kind = match key.parameters {
            Some(oids::SECP256R1) => KeyType::EcdsaP256,
            Some(oids::SECP384R1) => KeyType::EcdsaP384,
            _ => return Err(Violation::UnsupportedKey.into()),
        };
        PrivateKey::from_pkcs8_der(&wrapped(kind, der), rng)
    }

    /// Reads an RSAPrivateKey, PKCS #1 (RFC 8017 §A.1.2).
    ///
    /// # Errors
    /// As [`from_pkcs8_der`](Self::from_pkcs8_der).
    pub fn from_pkcs1(der: &[u8], rng: &dyn SecureRandom) -> Result<Self, Error> {
        PrivateKey::from_pkcs8_der(&wrapped(KeyType::Rsa, der), rng)
    }

    /// A new key on P-256.
    ///
    /// # Errors
    /// [`Misuse::RandomFailed`].
    pub fn generate_p256(rng: &dyn SecureRandom) -> Result<Self, Error> {
        let algorithm = &ring_signature::ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, rng).map_err(|_| Misuse::RandomFailed)?;
        PrivateKey::from_pkcs8_der(document.as_ref(), rng)
    }

    /// A new key of Ed25519.
    ///
    /// # Errors
    /// [`Misuse::RandomFailed`].
    pub fn generate_ed25519(rng: &dyn SecureRandom) -> Result<Self, Error> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill(seed.as_mut()).map_err(|_| Misuse::RandomFailed)?;
        // RFC 8410 §7: the seed is an OCTET STRING inside of the OCTET STRING.
        let inner =
            Zeroizing::new(crate::wire::der::to_vec(|w| w.primitive(Tag::OCTET_STRING, seed.as_ref(), "")));
        PrivateKey::from_pkcs8_der(&wrapped(KeyType::Ed25519, &inner), rng)
    }

    /// The kind of key.
    pub fn key_type(&self) -> KeyType {
        self.kind
    }

    /// The algorithms that it can sign with, the one to prefer first.
    pub fn algorithms(&self) -> &'static [SignatureAlgorithm] {
        use SignatureAlgorithm::*;
        match self.kind {
            KeyType::Rsa | KeyType::Ed25519 => self.kind.algorithms(),
            // `ring` signs with the hash that has the curve's size.
            KeyType::EcdsaP256 => &[EcdsaP256Sha256],
            KeyType::EcdsaP384 => &[EcdsaP384Sha384],
        }
    }

    /// The public key that belongs to it.
    pub fn public_key(&self) -> PublicKey<'_> {
        PublicKey::of_kind(self.kind, &self.public)
    }

    /// The public key as it stands in a certificate.
    pub fn public_key_info(&self) -> SubjectPublicKeyInfo<'_> {
        let subject_public_key = BitString::of_bytes(&self.public);
        SubjectPublicKeyInfo { algorithm: self.kind.identifier(), subject_public_key }
    }

    /// The key as a PEM block `PRIVATE KEY`, PKCS #8.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem::encode("PRIVATE KEY", &self.pkcs8))
    }

    /// Signs a message (not its hash). ECDSA signatures are DER, as certificates and TLS have them.
    ///
    /// # Errors
    /// [`Misuse::KeyHasOtherAlgorithms`], [`Misuse::RandomFailed`].
    pub fn sign(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        rng: &dyn SecureRandom,
    ) -> Result<Vec<u8>, Error> {
        if !self.algorithms().contains(&algorithm) {
            return Err(Misuse::KeyHasOtherAlgorithms.into());
        }
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(rng, message).map_err(|_| Misuse::RandomFailed)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Rsa(pair) => {
                let padding = rsa_padding(algorithm).ok_or(Misuse::KeyHasOtherAlgorithms)?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, rng, message, &mut signature).map_err(|_| Misuse::RandomFailed)?;
                Ok(signature)
            }
        }
    }
}

impl Pair {
    fn public(&self) -> Vec<u8> {
        match self {
            Pair::Rsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ecdsa(pair) => pair.public_key().as_ref().to_vec(),
            Pair::Ed25519(pair) => pair.public_key().as_ref().to_vec(),
        }
    }
}

fn whole<'a, M: Decode<'a>>(der: &'a [u8]) -> Result<M, Error> {
    let mut r = Reader::whole(der);
    let message = M::decode(&mut r)?;
    r.finish()?;
    Ok(message)
}

/// A key in the form of its kind, made PKCS #8.
fn wrapped(kind: KeyType, private_key: &[u8]) -> Zeroizing<Vec<u8>> {
    let private_key_algorithm = kind.identifier();
    let key = OneAsymmetricKey { private_key_algorithm, private_key, attributes: None, public_key: None };
    Zeroizing::new(key.to_bytes().to_vec())
}

fn rsa(der: &[u8]) -> Result<Pair, Error> {
    let pair = RsaKeyPair::from_der(der).map_err(|_| Violation::UnusableKey)?;
    Ok(Pair::Rsa(Box::new(pair)))
}

/// `outer` is the public key of the PKCS #8 structure; without one, the inner structure must have it.
fn ecdsa(kind: KeyType, der: &[u8], outer: Option<&[u8]>, rng: &dyn SecureRandom) -> Result<Pair, Error> {
    let key: EcPrivateKey<'_> = whole(der)?;
    let inner = key.public_key.and_then(BitString::whole_bytes);
    let public = inner.or(outer).ok_or(Violation::UnusableKey)?;
    let algorithm = match kind {
        KeyType::EcdsaP384 => &ring_signature::ECDSA_P384_SHA384_ASN1_SIGNING,
        _ => &ring_signature::ECDSA_P256_SHA256_ASN1_SIGNING,
    };
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, key.private_key, public, rng);
    Ok(Pair::Ecdsa(Box::new(pair.map_err(|_| Violation::UnusableKey)?)))
}

fn ed25519(der: &[u8], public: Option<&[u8]>) -> Result<Pair, Error> {
    let mut r = Reader::whole(der);
    let seed = r.primitive(Tag::OCTET_STRING, "CurvePrivateKey")?;
    r.finish()?;
    let pair = match public {
        Some(public) => Ed25519KeyPair::from_seed_and_public_key(seed, public),
        None => Ed25519KeyPair::from_seed_unchecked(seed),
    };
    Ok(Pair::Ed25519(Box::new(pair.map_err(|_| Violation::UnusableKey)?)))
}

fn rsa_padding(algorithm: SignatureAlgorithm) -> Option<&'static dyn ring_signature::RsaEncoding> {
    use SignatureAlgorithm::*;
    Some(match algorithm {
        RsaPkcs1Sha256 => &ring_signature::RSA_PKCS1_SHA256,
        RsaPkcs1Sha384 => &ring_signature::RSA_PKCS1_SHA384,
        RsaPkcs1Sha512 => &ring_signature::RSA_PKCS1_SHA512,
        RsaPssSha256 => &ring_signature::RSA_PSS_SHA256,
        RsaPssSha384 => &ring_signature::RSA_PSS_SHA384,
        RsaPssSha512 => &ring_signature::RSA_PSS_SHA512,
        _ => return None,
    })
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}
