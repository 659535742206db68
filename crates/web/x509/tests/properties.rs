//! Properties over arbitrary and damaged bytes.

mod support;

use proptest::prelude::*;
use support::VECTORS;
use wirelab_wire::testing::{decode_inverts_encode, never_panics, strict_prefixes_are_incomplete, vector};
use wirelab_wire::{Decode, Encode, Reader};
use wirelab_x509::wire::extension::{BasicConstraints, KeyUsage};
use wirelab_x509::wire::{EcPrivateKey, OneAsymmetricKey, SubjectPublicKeyInfo};
use wirelab_x509::{Certificate, CertificateList, Time, Validity, pem};

const CERTIFICATES: [&str; 4] = [
    "certificate_root-ed25519",
    "certificate_nc_permitted_excluded",
    "certificate_san_email_dns_ip_dirname_uri",
    "certificate_cdp_fullname_reasons_crl_issuer",
];

#[test]
fn a_strict_prefix_is_incomplete() {
    for name in CERTIFICATES {
        strict_prefixes_are_incomplete::<Certificate<'_>>(vector(VECTORS, name));
    }
    strict_prefixes_are_incomplete::<CertificateList<'_>>(vector(VECTORS, "crl_ian_aia_aki"));
    strict_prefixes_are_incomplete::<OneAsymmetricKey<'_>>(vector(VECTORS, "rfc8410-10.3-private_key"));
    strict_prefixes_are_incomplete::<EcPrivateKey<'_>>(vector(VECTORS, "sec1_p256"));
    strict_prefixes_are_incomplete::<SubjectPublicKeyInfo<'_>>(vector(VECTORS, "public_key_p256"));
}

/// DER has one encoding for each value: whatever is accepted comes back to the byte.
fn accepted_bytes_are_the_only_ones<'a, M: Decode<'a> + Encode>(bytes: &'a [u8]) {
    let mut r = Reader::whole(bytes);
    if let Ok(message) = M::decode(&mut r).and_then(|message| r.finish().map(|()| message)) {
        assert_eq!(message.to_bytes()[..], *bytes);
    }
}

fn damaged(name: &str, changes: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = vector(VECTORS, name).to_vec();
    for (place, value) in changes {
        let place = place.index(bytes.len());
        bytes[place] = *value;
    }
    bytes
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_certificate_never_panics(which in 0..CERTIFICATES.len(), changes in changes()) {
        let bytes = damaged(CERTIFICATES[which], &changes);
        never_panics::<Certificate<'_>>(&bytes);
        accepted_bytes_are_the_only_ones::<Certificate<'_>>(&bytes);
        let original = vector(VECTORS, CERTIFICATES[which]);
        let root = Certificate::from_der(original).unwrap();
        if let (Ok(damaged), Ok(key)) = (Certificate::from_der(&bytes), root.public_key())
            && root.verify_signed_by(&key).is_ok()
            && bytes != original
        {
            prop_assert!(damaged.verify_signed_by(&key).is_err(), "a changed certificate kept its signature");
        }
    }

    #[test]
    fn a_damaged_list_or_key_never_panics(changes in changes()) {
        let list = damaged("crl_ian_aia_aki", &changes);
        never_panics::<CertificateList<'_>>(&list);
        accepted_bytes_are_the_only_ones::<CertificateList<'_>>(&list);
        let key = damaged("rfc8410-10.3-private_key_with_public_key", &changes);
        never_panics::<OneAsymmetricKey<'_>>(&key);
        accepted_bytes_are_the_only_ones::<OneAsymmetricKey<'_>>(&key);
        let key = damaged("sec1_p256", &changes);
        never_panics::<EcPrivateKey<'_>>(&key);
        accepted_bytes_are_the_only_ones::<EcPrivateKey<'_>>(&key);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        never_panics::<Certificate<'_>>(&bytes);
        never_panics::<CertificateList<'_>>(&bytes);
        never_panics::<SubjectPublicKeyInfo<'_>>(&bytes);
    }

    #[test]
    fn arbitrary_text_never_panics_in_pem(text in "(-----(BEGIN|END) [A-Z]{1,3}-----|[A-Za-z0-9+/=]{0,9}|\n|.){0,20}") {
        pem::blocks(&text).for_each(drop);
    }

    #[test]
    fn bytes_in_pem_come_back(der in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = format!("before\n{}after\n", pem::encode("CERTIFICATE", &der));
        prop_assert_eq!(pem::certificates(&text), Ok(vec![der.clone()]));
        prop_assert_eq!(pem::certificates(&text.replace('\n', "\r\n")), Ok(vec![der]));
    }

    #[test]
    fn every_time_that_can_be_written_is_read_again(
        not_before in Time::FIRST.0..=Time::LAST.0,
        not_after in Time::FIRST.0..=Time::LAST.0,
    ) {
        let validity = Validity { not_before: Time(not_before), not_after: Time(not_after) };
        decode_inverts_encode(&validity);
    }

    #[test]
    fn every_key_usage_is_read_again(bits in any::<u16>()) {
        decode_inverts_encode(&KeyUsage(bits));
    }

    #[test]
    fn all_basic_constraints_are_read_again(ca in any::<bool>(), path_len in any::<Option<u32>>()) {
        decode_inverts_encode(&BasicConstraints { ca, path_len_constraint: path_len });
    }
}
