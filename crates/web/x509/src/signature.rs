use ring::signature as ring;

use crate::wire::der::{Any, Integer, Oid};
use crate::wire::{AlgorithmIdentifier, HashAlgorithm, MaskGenAlgorithm, Parameters, PssParameters, oids};

/// How a signature is made: kind of key, hash, and for RSA the padding. What is not here (SHA-1, MD5, DSA, P-521) is not accepted.
///
/// An ECDSA identifier in a certificate names the hash alone; here the curve belongs to it, since the key decides it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignatureAlgorithm {
    /// RSA with the padding of PKCS #1 version 1.5 (RFC 8017 §8.2) and SHA-256.
    RsaPkcs1Sha256,
    /// The same with SHA-384.
    RsaPkcs1Sha384,
    /// The same with SHA-512.
    RsaPkcs1Sha512,
    /// RSA with random padding (RFC 8017 §8.1): SHA-256 everywhere, and a salt as long as the hash.
    RsaPssSha256,
    /// The same with SHA-384.
    RsaPssSha384,
    /// The same with SHA-512.
    RsaPssSha512,
    /// ECDSA on the curve P-256 (secp256r1) with SHA-256.
    EcdsaP256Sha256,
    /// P-256 with SHA-384.
    EcdsaP256Sha384,
    /// P-384 with SHA-256.
    EcdsaP384Sha256,
    /// P-384 with SHA-384.
    EcdsaP384Sha384,
    /// Ed25519 (RFC 8032), which hashes by itself.
    Ed25519,
}

impl SignatureAlgorithm {
    /// How a certificate names it.
    pub fn identifier(self) -> AlgorithmIdentifier<'static> {
        use SignatureAlgorithm::*;
        let plain = |algorithm, parameters| AlgorithmIdentifier { algorithm, parameters };
        match self {
            RsaPkcs1Sha256 => plain(oids::SHA256_WITH_RSA, Parameters::Null),
            RsaPkcs1Sha384 => plain(oids::SHA384_WITH_RSA, Parameters::Null),
            RsaPkcs1Sha512 => plain(oids::SHA512_WITH_RSA, Parameters::Null),
            RsaPssSha256 => pss(oids::SHA256, &[32]),
            RsaPssSha384 => pss(oids::SHA384, &[48]),
            RsaPssSha512 => pss(oids::SHA512, &[64]),
            EcdsaP256Sha256 | EcdsaP384Sha256 => plain(oids::ECDSA_WITH_SHA256, Parameters::Absent),
            EcdsaP256Sha384 | EcdsaP384Sha384 => plain(oids::ECDSA_WITH_SHA384, Parameters::Absent),
            Ed25519 => plain(oids::ED25519, Parameters::Absent),
        }
    }

    /// The algorithm of an RSA signature; `None` if it is another one.
    pub(crate) fn of_rsa(identifier: &AlgorithmIdentifier<'_>) -> Option<Self> {
        use SignatureAlgorithm::*;
        match (identifier.algorithm, &identifier.parameters) {
            // RFC 4055 §5: NULL, but its absence is to be accepted too.
            (oids::SHA256_WITH_RSA, Parameters::Null | Parameters::Absent) => Some(RsaPkcs1Sha256),
            (oids::SHA384_WITH_RSA, Parameters::Null | Parameters::Absent) => Some(RsaPkcs1Sha384),
            (oids::SHA512_WITH_RSA, Parameters::Null | Parameters::Absent) => Some(RsaPkcs1Sha512),
            (oids::RSASSA_PSS, Parameters::Pss(parameters)) => of_pss(parameters),
            _ => None,
        }
    }

    /// What checks it.
    pub(crate) fn verifier(self) -> &'static dyn ring::VerificationAlgorithm {
        use SignatureAlgorithm::*;
        match self {
            RsaPkcs1Sha256 => &ring::RSA_PKCS1_2048_8192_SHA256,
            RsaPkcs1Sha384 => &ring::RSA_PKCS1_2048_8192_SHA384,
            RsaPkcs1Sha512 => &ring::RSA_PKCS1_2048_8192_SHA512,
            RsaPssSha256 => &ring::RSA_PSS_2048_8192_SHA256,
            RsaPssSha384 => &ring::RSA_PSS_2048_8192_SHA384,
            RsaPssSha512 => &ring::RSA_PSS_2048_8192_SHA512,
            EcdsaP256Sha256 => &ring::ECDSA_P256_SHA256_ASN1,
            EcdsaP256Sha384 => &ring::ECDSA_P256_SHA384_ASN1,
            EcdsaP384Sha256 => &ring::ECDSA_P384_SHA256_ASN1,
            EcdsaP384Sha384 => &ring::ECDSA_P384_SHA384_ASN1,
            Ed25519 => &ring::ED25519,
        }
    }
}

fn pss(hash: Oid<'static>, salt: &'static [u8]) -> AlgorithmIdentifier<'static> {
    let hash = HashAlgorithm { algorithm: hash, parameters: Some(Any::NULL) };
    let parameters = PssParameters {
        hash_algorithm: Some(hash),
        mask_gen_algorithm: Some(MaskGenAlgorithm { algorithm: oids::MGF1, hash }),
        salt_length: Integer::new(salt),
        trailer_field: None,
    };
    AlgorithmIdentifier { algorithm: oids::RSASSA_PSS, parameters: Parameters::Pss(parameters) }
}

/// One hash for message and mask, and a salt of its length: the only combinations that TLS 1.3 has (RFC 8446 §4.2.3).
fn of_pss(parameters: &PssParameters<'_>) -> Option<SignatureAlgorithm> {
    let hash = parameters.hash_algorithm?;
    let mask = parameters.mask_gen_algorithm?;
    // RFC 4055 §2.1: NULL and nothing mean the same.
    let plain = |hash: HashAlgorithm<'_>| hash.parameters.is_none_or(|any| any == Any::NULL);
    let same = mask.algorithm == oids::MGF1 && mask.hash.algorithm == hash.algorithm;
    let trailer = parameters.trailer_field.is_none_or(|number| number.to_u64() == Some(1));
    if !(plain(hash) && plain(mask.hash) && same && trailer) {
        return None;
    }
    match (hash.algorithm, parameters.salt_length?.to_u64()?) {
        (oids::SHA256, 32) => Some(SignatureAlgorithm::RsaPssSha256),
        (oids::SHA384, 48) => Some(SignatureAlgorithm::RsaPssSha384),
        (oids::SHA512, 64) => Some(SignatureAlgorithm::RsaPssSha512),
        _ => None,
    }
}
