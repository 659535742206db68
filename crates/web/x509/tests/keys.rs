//! Private keys as openssl and ring write them.

mod support;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use support::text;
use wirelab_wire::Encode;
use wirelab_x509::{Error, KeyType, Misuse, PrivateKey, PublicKey, SignatureAlgorithm, pem};

fn load(file: &str) -> Result<PrivateKey, Error> {
    PrivateKey::from_pem(&text(&format!("keys/{file}.pem")), &SystemRandom::new())
}

fn signs_what_its_public_key_verifies(key: &PrivateKey) {
    for &algorithm in key.algorithms() {
        let mut signature = key.sign(algorithm, b"message", &SystemRandom::new()).unwrap();
        key.public_key().verify(algorithm, b"message", &signature).unwrap();
        assert!(key.public_key().verify(algorithm, b"massage", &signature).is_err());
        *signature.last_mut().unwrap() ^= 1;
        assert!(key.public_key().verify(algorithm, b"message", &signature).is_err());
    }
}

#[test]
fn each_form_of_openssl_is_read_and_gives_the_public_key_that_openssl_gives() {
    for (file, kind) in [
        ("p256.sec1", KeyType::EcdsaP256),
        ("p256.pkcs8", KeyType::EcdsaP256),
        ("p384.sec1", KeyType::EcdsaP384),
        ("p384.pkcs8", KeyType::EcdsaP384),
        ("ed25519.pkcs8", KeyType::Ed25519),
        ("rsa2048.pkcs1", KeyType::Rsa),
        ("rsa2048.pkcs8", KeyType::Rsa),
    ] {
        let key = load(file).unwrap();
        assert_eq!(key.key_type(), kind, "{file}");
        signs_what_its_public_key_verifies(&key);
        let public = text(&format!("keys/{}.public.pem", file.split('.').next().unwrap()));
        let public = pem::blocks(&public).next().unwrap().unwrap();
        assert_eq!(key.public_key_info().to_bytes()[..], public.der[..], "{file}");
        assert_eq!(PublicKey::from_info_der(&public.der), Ok(key.public_key()), "{file}");
    }
}

#[test]
fn curve_parameters_before_the_key_are_passed_over() {
    signs_what_its_public_key_verifies(&load("p256.with_parameters").unwrap());
}

#[test]
fn keys_that_cannot_be_used_are_refused_by_name() {
    for (file, name) in [
        ("p256.no_public", "unusable-key"),
        ("p521.sec1", "unsupported-key"),
        ("rsa1024.pkcs8", "unusable-key"),
        ("x25519.pkcs8", "unsupported-key"),
        ("p256.encrypted", "no-pem-block"),
        ("p256.public", "no-pem-block"),
    ] {
        assert_eq!(load(file).map_err(|error| error.name()).unwrap_err(), name, "{file}");
    }
}

#[test]
fn keys_of_ring_are_read() {
    let rng = SystemRandom::new();
    let document = Ed25519KeyPair::generate_pkcs8(&rng).unwrap();
    signs_what_its_public_key_verifies(&PrivateKey::from_pkcs8_der(document.as_ref(), &rng).unwrap());
    let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_ASN1_SIGNING, &rng).unwrap();
    signs_what_its_public_key_verifies(&PrivateKey::from_pkcs8_der(document.as_ref(), &rng).unwrap());
}

/// RFC 8410 §10.3 gives the key with its public key: they belong together, and with another one they do not.
#[test]
fn s8410_10_3_a_public_key_beside_the_private_one_must_belong_to_it() {
    let rng = SystemRandom::new();
    let vector = wirelab_wire::testing::vector(support::VECTORS, "rfc8410-10.3-private_key_with_public_key");
    assert!(PrivateKey::from_pkcs8_der(vector, &rng).is_ok());
    let mut other = vector.to_vec();
    *other.last_mut().unwrap() ^= 1;
    let error = PrivateKey::from_pkcs8_der(&other, &rng).unwrap_err();
    assert_eq!(error.name(), "unusable-key");
}

#[test]
fn generated_keys_are_written_and_read_again() {
    let rng = SystemRandom::new();
    for key in [PrivateKey::generate_p256(&rng).unwrap(), PrivateKey::generate_ed25519(&rng).unwrap()] {
        signs_what_its_public_key_verifies(&key);
        let again = PrivateKey::from_pem(&key.to_pkcs8_pem(), &rng).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }
}

#[test]
fn an_algorithm_of_another_kind_of_key_is_a_misuse_in_signing_and_a_violation_in_verifying() {
    let rng = SystemRandom::new();
    let key = PrivateKey::generate_ed25519(&rng).unwrap();
    let algorithm = SignatureAlgorithm::EcdsaP256Sha256;
    let signed = key.sign(algorithm, b"message", &rng);
    assert_eq!(signed, Err(Error::Misuse(Misuse::KeyHasOtherAlgorithms)));
    let verified = key.public_key().verify(algorithm, b"message", &[0; 64]);
    assert_eq!(verified.unwrap_err().name(), "algorithm-does-not-fit-key");
}

#[test]
fn debug_shows_the_kind_and_nothing_of_the_key() {
    let key = load("ed25519.pkcs8").unwrap();
    assert_eq!(format!("{key:?}"), "PrivateKey { kind: Ed25519, .. }");
}
