//! The bytes of `tests/vectors/*.hex`: golden trees and the four checks.

mod support;

use support::VECTORS;
use wirelab_wire::testing::{all_four, golden_tree};
use wirelab_x509::wire::{
    Certificate, CertificateList, EcPrivateKey, OneAsymmetricKey, SubjectPublicKeyInfo,
};

#[test]
fn certificates_pass_the_four_checks() {
    for name in [
        "root-ed25519",
        "nc_permitted_excluded",
        "san_email_dns_ip_dirname_uri",
        "rsa_pss_sha256_no_null",
        "cdp_fullname_reasons_crl_issuer",
        "cp_user_notice_with_notice_reference",
        "aia_ocsp_ca_issuers",
        "tls-feature-ocsp-staple",
        "all_key_usages",
        "authority_key_identifier",
    ] {
        all_four::<Certificate<'_>>(VECTORS, &format!("certificate_{name}"));
    }
}

#[test]
fn refused_certificates_are_explained_up_to_their_mistake() {
    golden_tree::<Certificate<'_>>(VECTORS, "refused_badasn1time");
    golden_tree::<Certificate<'_>>(VECTORS, "refused_rfc8410-10.2-certificate");
}

#[test]
fn revocation_lists_pass_the_four_checks() {
    all_four::<CertificateList<'_>>(VECTORS, "crl_ian_aia_aki");
    all_four::<CertificateList<'_>>(VECTORS, "crl_valid_signature");
}

#[test]
fn keys_pass_the_four_checks() {
    all_four::<OneAsymmetricKey<'_>>(VECTORS, "rfc8410-10.3-private_key");
    all_four::<OneAsymmetricKey<'_>>(VECTORS, "rfc8410-10.3-private_key_with_public_key");
    all_four::<EcPrivateKey<'_>>(VECTORS, "sec1_p256");
    all_four::<SubjectPublicKeyInfo<'_>>(VECTORS, "public_key_p256");
}
