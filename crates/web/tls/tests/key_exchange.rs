//! Key exchange: each group agrees, and a peer's key that is none is refused.

use ring::rand::SystemRandom;
use wirelab_tls::{EphemeralKey, KeyExchangeError, NamedGroup};

fn generate(group: NamedGroup) -> EphemeralKey {
    EphemeralKey::generate(group, &SystemRandom::new()).unwrap()
}

#[test]
fn both_sides_come_to_the_same_secret() {
    for (group, public, shared) in
        [(NamedGroup::X25519, 32, 32), (NamedGroup::SECP256R1, 65, 32), (NamedGroup::SECP384R1, 97, 48)]
    {
        let (client, server) = (generate(group), generate(group));
        let (ours, theirs) = (client.public_key().to_vec(), server.public_key().to_vec());
        assert_eq!((client.group(), ours.len()), (group, public));
        let secret = client.agree(&theirs).unwrap();
        assert_eq!((secret.len(), &secret), (shared, &server.agree(&ours).unwrap()));
    }
}

/// RFC 8446 §7.4.2: "implementations MUST check whether the computed Diffie-Hellman shared secret is the all-zero value and
/// abort if so".
#[test]
fn s7_4_2_a_secret_of_zeros_is_refused() {
    let error = generate(NamedGroup::X25519).agree(&[0; 32]).unwrap_err();
    assert_eq!(error, KeyExchangeError::PublicKey);
}

/// RFC 8446 §4.2.8.2: "peers MUST validate each other's public value Q by ensuring that the point is a valid point".
#[test]
fn s4_2_8_2_a_point_beside_the_curve_is_refused() {
    for (group, len) in [(NamedGroup::SECP256R1, 65), (NamedGroup::SECP384R1, 97)] {
        let mut point = vec![1; len];
        point[0] = 4;
        assert_eq!(generate(group).agree(&point).unwrap_err(), KeyExchangeError::PublicKey);
        let short = generate(group).public_key()[..len - 1].to_vec();
        assert_eq!(generate(group).agree(&short).unwrap_err(), KeyExchangeError::PublicKey);
    }
}

#[test]
fn groups_that_are_not_implemented_are_named() {
    let group = NamedGroup::X25519_MLKEM768;
    let error = EphemeralKey::generate(group, &SystemRandom::new()).unwrap_err();
    assert_eq!(error.to_string(), "the group X25519MLKEM768 is not implemented");
    assert!(!EphemeralKey::GROUPS.contains(&group));
}

#[test]
fn a_recorded_exchange_gives_the_secret_that_it_gave() {
    let key = EphemeralKey::replay(NamedGroup::X25519, &[1; 32], &[2; 32]);
    assert_eq!(key.public_key(), [1; 32]);
    assert_eq!(key.agree(&[3; 32]).unwrap()[..], [2; 32]);
}
