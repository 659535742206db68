//! Certificates of other people, usual and odd: each is read, or refused with a reason that stands in the table.

mod support;

use support::{certificates_of, files};
use wirelab_wire::explain;
use wirelab_wire::testing::{
    decode_inverts_encode, leaves_tile_the_bytes, never_panics, writer_names_equal_reader_names,
};
use wirelab_x509::Certificate;

/// What is refused: file, name of the rule, and why that is right.
const REFUSED: &[(&str, &str, &str)] = &[
    ("parsing/badasn1time.pem", "time", "notAfter is no time"),
    ("parsing/cryptography-scts-tbs-precert.der", "tag", "the signed part alone is no certificate"),
    ("parsing/cryptography.io.with_headers.pem", "pem-base64", "an encrypted key with headers stands in it"),
    (
        "parsing/custom/alternate-rsa-sha1-oid.der",
        "bit-string",
        "keyUsage has more bytes than there are bits",
    ),
    ("parsing/custom/empty-eku.pem", "list-empty", "extKeyUsage has at least one purpose"),
    ("parsing/custom/invalid_utf8_common_name.pem", "utf8", "a UTF8String that is not UTF-8"),
    ("parsing/custom/invalid_version.pem", "version", "there is no version of that number"),
    ("parsing/custom/long-form-name-attribute.pem", "tag-number", "the value of an attribute has a long tag"),
    ("parsing/custom/mismatch_inner_outer_sig_algorithm.der", "algorithms-differ", "as the name says"),
    ("parsing/custom/nc_invalid_ip4_netmask.der", "address-mask", "ones behind zeros"),
    ("parsing/custom/nc_invalid_ip_netmask.pem", "address-mask", "ones behind zeros"),
    ("parsing/custom/nc_ip_invalid_length.pem", "address-range", "an address without its mask"),
    ("parsing/custom/rsa_pss_cert_invalid_mgf.der", "algorithms-differ", "only the outer one was changed"),
    ("parsing/custom/rsa_pss_cert_no_sig_params.der", "algorithms-differ", "only the outer one was changed"),
    (
        "parsing/custom/rsa_pss_cert_unsupported_mgf_hash.der",
        "algorithms-differ",
        "only the outer one was changed",
    ),
    ("parsing/custom/two_basic_constraints.pem", "extension-repeated", "as the name says"),
    (
        "parsing/custom/unsupported_subject_public_key_info.pem",
        "time-form",
        "a GeneralizedTime of a year before 2050",
    ),
    (
        "parsing/ed25519/ed25519-rfc8410.pem",
        "default-written",
        "cA FALSE is written out; so it stands in RFC 8410",
    ),
    ("parsing/utf8-dnsname.pem", "ia5", "a dNSName is ASCII"),
    ("parsing/v1_cert.pem", "algorithms-differ", "inside MD5 with RSA, outside MD5 alone"),
    ("webpki/cert_with_empty_extensions.der", "list-empty", "extensions has at least one"),
    (
        "webpki/crl_distrib_point/only_reasons.der",
        "distribution-point",
        "reasons, and nothing that they are of",
    ),
    (
        "webpki/crl_distrib_point/unknown_dp_name_tag.der",
        "tag",
        "there are two kinds of name, and this is a third",
    ),
    ("webpki/crl_distrib_point/unknown_tag.der", "length", "a fourth field of three"),
    ("webpki/misc/issuer_and_subject_unique_id.der", "time-form", "a GeneralizedTime of a year before 2050"),
];

#[test]
fn certificates_are_read_or_refused_for_the_reason_in_the_table() {
    let (mut read, mut refused) = (0, Vec::new());
    for folder in ["parsing", "webpki"] {
        for (name, path) in files(folder) {
            match certificates_of(&path) {
                Err(error) => refused.push((name, error.name().to_owned())),
                Ok(ders) => ders.iter().for_each(|der| match Certificate::from_der(der) {
                    Ok(_) => read += 1,
                    Err(error) => refused.push((name.clone(), error.name().to_owned())),
                }),
            }
        }
    }
    let expected = REFUSED.iter().map(|(name, rule, _)| ((*name).to_owned(), (*rule).to_owned()));
    assert_eq!(refused, expected.collect::<Vec<_>>());
    assert!(read > 150, "{read} certificates were read");
}

/// The tree's own checks, and that what is read is written again to the byte.
#[test]
fn all_of_them_pass_the_checks_of_an_honest_format() {
    for (_, path) in files("parsing").into_iter().chain(files("webpki")) {
        for der in certificates_of(&path).unwrap_or_default() {
            let der: &'static [u8] = der.leak();
            never_panics::<Certificate<'_>>(der);
            if let (Ok(certificate), explanation) = explain::<Certificate<'_>>(der) {
                leaves_tile_the_bytes(&explanation);
                decode_inverts_encode(&certificate);
                writer_names_equal_reader_names(&certificate);
                assert_eq!(wirelab_wire::Encode::to_bytes(&certificate)[..], *der);
            }
        }
    }
}
