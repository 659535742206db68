use ring::signature::UnparsedPublicKey;
use wirelab_wire::{Decode, Reader};

use crate::error::{Error, Violation};
use crate::signature::SignatureAlgorithm;
use crate::wire::{AlgorithmIdentifier, Parameters, SubjectPublicKeyInfo, oids};

/// A public key of a kind that is known here, borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey<'a> {
    kind: KeyType,
    bytes: &'a [u8],
}

/// The kinds of keys that signatures are checked with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyType {
    /// RSA, of 2048 to 8192 bits.
    Rsa,
    /// A point on P-256.
    EcdsaP256,
    /// A point on P-384.
    EcdsaP384,
    /// Ed25519.
    Ed25519,
}

impl KeyType {
    /// The algorithms that signatures by such a key may have.
    pub fn algorithms(self) -> &'static [SignatureAlgorithm] {
        use SignatureAlgorithm::*;
        match self {
            KeyType::Rsa => {
                &[RsaPssSha256, RsaPssSha384, RsaPssSha512, RsaPkcs1Sha256, RsaPkcs1Sha384, RsaPkcs1Sha512]
            }
            KeyType::EcdsaP256 => &[EcdsaP256Sha256, EcdsaP256Sha384],
            KeyType::EcdsaP384 => &[EcdsaP384Sha384, EcdsaP384Sha256],
            KeyType::Ed25519 => &[Ed25519],
        }
    }

    /// The kind that an identifier names (RFC 8017 §A.1, RFC 5480 §2.1.1, RFC 8410 §3).
    pub(crate) fn of(identifier: &AlgorithmIdentifier<'_>) -> Option<Self> {
        match (identifier.algorithm, &identifier.parameters) {
            // RFC 3279 §2.3.1: the parameters must be NULL.
            (oids::RSA_ENCRYPTION, Parameters::Null) => Some(KeyType::Rsa),
            (oids::EC_PUBLIC_KEY, Parameters::NamedCurve(oids::SECP256R1)) => Some(KeyType::EcdsaP256),
            (oids::EC_PUBLIC_KEY, Parameters::NamedCurve(oids::SECP384R1)) => Some(KeyType::EcdsaP384),
            (oids::ED25519, Parameters::Absent) => Some(KeyType::Ed25519),
            _ => None,
        }
    }

    /// How keys of this kind are named.
    pub(crate) fn identifier(self) -> AlgorithmIdentifier<'static> {
        let (algorithm, parameters) = match self {
            KeyType::Rsa => (oids::RSA_ENCRYPTION, Parameters::Null),
            KeyType::EcdsaP256 => (oids::EC_PUBLIC_KEY, Parameters::NamedCurve(oids::SECP256R1)),
            KeyType::EcdsaP384 => (oids::EC_PUBLIC_KEY, Parameters::NamedCurve(oids::SECP384R1)),
            KeyType::Ed25519 => (oids::ED25519, Parameters::Absent),
        };
        AlgorithmIdentifier { algorithm, parameters }
    }
}

impl<'a> PublicKey<'a> {
    /// The key in a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// [`Violation::UnsupportedKey`].
    pub fn from_info(info: &SubjectPublicKeyInfo<'a>) -> Result<Self, Error> {
        let kind = KeyType::of(&info.algorithm).ok_or(Violation::UnsupportedKey)?;
        let bytes = info.subject_public_key.whole_bytes().ok_or(Violation::UnsupportedKey)?;
        Ok(PublicKey { kind, bytes })
    }

    /// A key whose bytes are known to be of this kind.
    pub(crate) fn of_kind(kind: KeyType, bytes: &'a [u8]) -> Self {
        PublicKey { kind, bytes }
    }

    /// Reads a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// The bytes are none, or the kind of key is not known.
    pub fn from_info_der(der: &'a [u8]) -> Result<Self, Error> {
        let mut r = Reader::whole(der);
        let info = SubjectPublicKeyInfo::decode(&mut r)?;
        r.finish()?;
        PublicKey::from_info(&info)
    }

    /// The kind of key.
    pub fn key_type(&self) -> KeyType {
        self.kind
    }

    /// The key's bytes: what `subjectPublicKey` holds.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Which algorithm an identifier in a certificate means for a signature by this key.
    ///
    /// # Errors
    /// [`Violation::AlgorithmDoesNotFitKey`] or [`Violation::UnsupportedAlgorithm`].
    pub fn signature_algorithm(
        &self,
        identifier: &AlgorithmIdentifier<'_>,
    ) -> Result<SignatureAlgorithm, Error> {
        if let Some(algorithm) = SignatureAlgorithm::of_rsa(identifier) {
            return match self.kind {
                KeyType::Rsa => Ok(algorithm),
                _ => Err(Violation::AlgorithmDoesNotFitKey.into()),
            };
        }
        let named = |algorithm: &&SignatureAlgorithm| algorithm.identifier() == *identifier;
        if let Some(algorithm) = self.kind.algorithms().iter().find(named) {
            return Ok(*algorithm);
        }
        let others = [KeyType::EcdsaP256, KeyType::Ed25519];
        match others.iter().flat_map(|kind| kind.algorithms()).any(|algorithm| named(&algorithm)) {
            true => Err(Violation::AlgorithmDoesNotFitKey.into()),
            false => Err(Violation::UnsupportedAlgorithm.into()),
        }
    }

    /// Checks a signature over `message`.
    ///
    /// # Errors
    /// [`Violation::AlgorithmDoesNotFitKey`] or [`Violation::BadSignature`].
    pub fn verify(
        &self,
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Error> {
        if !self.kind.algorithms().contains(&algorithm) {
            return Err(Violation::AlgorithmDoesNotFitKey.into());
        }
        let key = UnparsedPublicKey::new(algorithm.verifier(), self.bytes);
        key.verify(message, signature).map_err(|_| Violation::BadSignature.into())
    }
}
