//! Signatures, good and bad, over data: key, algorithm, data and signature in one file.

mod support;

use support::{files, text};
use wirelab_wire::{Decode, Reader};
use wirelab_x509::wire::AlgorithmIdentifier;
use wirelab_x509::wire::der::{BitString, Tag};
use wirelab_x509::{Error, PublicKey, pem};

/// What is not accepted: file, name of the reason, and what it is. "Good" marks signatures that are right, and yet not
/// accepted.
const REFUSED: &[(&str, &str, &str)] = &[
    ("ecdsa-prime256v1-sha512-spki-params-null.pem", "unsupported-key", "a key on no curve"),
    ("ecdsa-prime256v1-sha512-unused-bits-signature.pem", "unsupported-algorithm", "P-256 with SHA-512"),
    ("ecdsa-prime256v1-sha512-using-ecdh-key.pem", "unsupported-key", "a key for key agreement"),
    ("ecdsa-prime256v1-sha512-using-ecmqv-key.pem", "unsupported-key", "a key for key agreement"),
    ("ecdsa-prime256v1-sha512-using-rsa-algorithm.pem", "algorithm-does-not-fit-key", "as the name says"),
    ("ecdsa-prime256v1-sha512-wrong-signature-format.pem", "unsupported-algorithm", "P-256 with SHA-512"),
    (
        "ecdsa-prime256v1-sha512.pem",
        "unsupported-algorithm",
        "P-256 with SHA-512: good, and not offered here",
    ),
    ("ecdsa-secp384r1-sha256-corrupted-data.pem", "bad-signature", "as the name says"),
    ("ecdsa-using-rsa-key.pem", "algorithm-does-not-fit-key", "as the name says"),
    ("rsa-pkcs1-sha1-bad-key-der-length.pem", "length", "as the name says"),
    ("rsa-pkcs1-sha1-bad-key-der-null.pem", "length", "as the name says"),
    ("rsa-pkcs1-sha1-key-params-absent.pem", "unsupported-key", "an RSA key's parameters are NULL"),
    ("rsa-pkcs1-sha1-using-pss-key-no-params.pem", "unsupported-key", "a key for PSS alone"),
    ("rsa-pkcs1-sha1-wrong-algorithm.pem", "bad-signature", "as the name says"),
    ("rsa-pkcs1-sha1.pem", "unsupported-algorithm", "SHA-1: good, and not secure"),
    ("rsa-pkcs1-sha256-key-encoded-ber.pem", "length-not-minimal", "BER: good, and not DER"),
    ("rsa-pkcs1-sha256-spki-non-null-params.pem", "unsupported-key", "an RSA key's parameters are NULL"),
    ("rsa-pkcs1-sha256-using-ecdsa-algorithm.pem", "algorithm-does-not-fit-key", "as the name says"),
    (
        "rsa-pkcs1-sha256-using-id-ea-rsa.pem",
        "unsupported-key",
        "an identifier of X.509 that RFC 5280 does not have",
    ),
    ("rsa-pkcs1-sha256.pem", "bad-signature", "good, and the key has 1024 bits: too few"),
    ("rsa-pss-sha1-salt20-using-pss-key-no-params.pem", "unsupported-key", "a key for PSS alone"),
    ("rsa-pss-sha1-salt20-using-pss-key-with-null-params.pem", "unsupported-key", "a key for PSS alone"),
    ("rsa-pss-sha1-salt20.pem", "unsupported-algorithm", "SHA-1: good, and not secure"),
    ("rsa-pss-sha1-wrong-salt.pem", "unsupported-algorithm", "SHA-1"),
    (
        "rsa-pss-sha256-mgf1-sha512-salt33.pem",
        "unsupported-algorithm",
        "two hashes: good, and not offered here",
    ),
    ("rsa-pss-sha256-salt10-using-pss-key-with-params.pem", "unsupported-key", "a key for PSS alone"),
    ("rsa-pss-sha256-salt10-using-pss-key-with-wrong-params.pem", "unsupported-key", "a key for PSS alone"),
    (
        "rsa-pss-sha256-salt10.pem",
        "unsupported-algorithm",
        "a salt shorter than the hash: good, and not offered here",
    ),
    ("rsa-using-ec-key.pem", "algorithm-does-not-fit-key", "as the name says"),
];

const ACCEPTED: &[&str] = &["ecdsa-secp384r1-sha256.pem", "rsa2048-pkcs1-sha512.pem"];

fn verify(file: &str) -> Result<(), Error> {
    let text = text(file);
    let blocks = pem::blocks(&text).collect::<Result<Vec<_>, _>>()?;
    let block = |label: &str| &blocks.iter().find(|block| block.label == label).unwrap().der[..];
    let key = PublicKey::from_info_der(block("PUBLIC KEY"))?;
    let identifier = AlgorithmIdentifier::decode(&mut Reader::whole(block("ALGORITHM")))?;
    let algorithm = key.signature_algorithm(&identifier)?;
    let signature = BitString::read(&mut Reader::whole(block("SIGNATURE")), Tag::BIT_STRING, "signature")?;
    let signature = signature.whole_bytes().ok_or(wirelab_x509::Violation::BadSignature)?;
    key.verify(algorithm, block("DATA"), signature)
}

#[test]
fn each_signature_gets_its_verdict() {
    let (mut refused, mut accepted) = (Vec::new(), Vec::new());
    for (name, _) in files("verify_signed_data").into_iter().filter(|(name, _)| name.ends_with(".pem")) {
        match verify(&name) {
            Ok(()) => accepted.push(name),
            Err(error) => refused.push((name, error.name().to_owned())),
        }
    }
    let path = |name: &&str| format!("verify_signed_data/{name}");
    let expected = REFUSED.iter().map(|(name, rule, _)| (path(name), (*rule).to_owned()));
    assert_eq!(refused, expected.collect::<Vec<_>>());
    assert_eq!(accepted, ACCEPTED.iter().map(path).collect::<Vec<_>>());
}
