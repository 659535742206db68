//! Revocation lists of other people: each is read, or refused with a reason that stands in the table.

mod support;

use support::{files, lists_of};
use wirelab_wire::testing::{
    decode_inverts_encode, leaves_tile_the_bytes, never_panics, writer_names_equal_reader_names,
};
use wirelab_wire::{Encode, explain};
use wirelab_x509::{Certificate, CertificateList};

/// What is refused: file, name of the rule, and why that is right.
const REFUSED: &[(&str, &str, &str)] = &[
    ("parsing/custom/crl_all_reasons.pem", "time-form", "a GeneralizedTime of a year before 2050"),
    ("parsing/custom/crl_bad_version.pem", "crl-version", "there is no version of that number"),
    ("parsing/custom/crl_dup_entry_ext.pem", "time-form", "a GeneralizedTime of a year before 2050"),
    ("parsing/custom/crl_inner_outer_mismatch.der", "algorithms-differ", "as the name says"),
    (
        "parsing/custom/crl_inval_cert_issuer_entry_ext.pem",
        "time-form",
        "a GeneralizedTime of a year before 2050",
    ),
    ("parsing/custom/crl_invalid_time.der", "time", "thisUpdate is no time"),
    (
        "parsing/custom/crl_md2_unknown_crit_entry_ext.pem",
        "time-form",
        "a GeneralizedTime of a year before 2050",
    ),
    ("parsing/custom/crl_unsupported_reason.pem", "time-form", "a GeneralizedTime of a year before 2050"),
];

#[test]
fn lists_are_read_or_refused_for_the_reason_in_the_table() {
    let (mut read, mut refused) = (0, Vec::new());
    for (name, path) in files("parsing").into_iter().chain(files("webpki")) {
        for der in lists_of(&path) {
            let der: &'static [u8] = der.leak();
            never_panics::<CertificateList<'_>>(der);
            match explain::<CertificateList<'_>>(der) {
                (Ok(list), explanation) => {
                    read += 1;
                    leaves_tile_the_bytes(&explanation);
                    assert_eq!(list.to_bytes()[..], *der, "{name}");
                    decode_inverts_encode(&list);
                    // A list of many thousand entries is the same thing many thousand times.
                    if der.len() < 10_000 {
                        writer_names_equal_reader_names(&list);
                    }
                }
                (Err(error), _) => {
                    refused.push((name.clone(), wirelab_x509::Error::from(error).name().to_owned()))
                }
            }
        }
    }
    let expected = REFUSED.iter().map(|(name, rule, _)| ((*name).to_owned(), (*rule).to_owned()));
    assert_eq!(refused, expected.collect::<Vec<_>>());
    assert!(read > 20, "{read} lists were read");
}

/// Real lists of a real authority, against the certificates of the authorities that signed them.
#[test]
fn lists_of_an_authority_are_signed_by_it_and_name_the_revoked_server() {
    let all: Vec<Vec<u8>> = files("webpki/amazon")
        .into_iter()
        .filter(|(name, _)| name.ends_with(".cer"))
        .map(|(_, path)| std::fs::read(path).unwrap())
        .collect();
    let certificates: Vec<Certificate<'_>> =
        all.iter().map(|der| Certificate::from_der(der).unwrap()).collect();
    let (mut signed, mut revoked) = (0, 0);
    for (name, path) in files("webpki/amazon") {
        for der in lists_of(&path) {
            let list = CertificateList::from_der(&der).unwrap();
            let issuer = certificates.iter().find(|certificate| certificate.subject.matches(&list.issuer));
            let Some(issuer) = issuer else { panic!("{name}: nobody is called {}", list.issuer) };
            list.verify_signed_by(&issuer.public_key().unwrap()).unwrap();
            signed += 1;
            let of_issuer =
                certificates.iter().filter(|certificate| certificate.issuer.matches(&list.issuer));
            revoked +=
                of_issuer.filter(|certificate| list.revoked(certificate.serial_number).is_some()).count();
        }
    }
    // Four servers are named `revoked`; the list of the authority of one of them is not among the files.
    assert_eq!((signed, revoked), (18, 3));
}
