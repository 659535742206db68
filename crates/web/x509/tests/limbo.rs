//! Chains of x509-limbo: each verdict is the expected one, or stands in [`DIFFERENT`] with its reason.

mod support;

use std::sync::Arc;

use serde_json::Value;
use wirelab_x509::{Error, PathLimits, RootStore, ServerName, Time, Verifier, pem};

/// `(id, our verdict, why)`.
const DIFFERENT: &[(&str, &str, &str)] = &[
    (
        "pathlen::validation-ignores-pathlen-in-leaf",
        "key-usage",
        "RFC 8446 §4.4.2.2: the key signs a handshake, and this leaf's may sign certificates only",
    ),
    (
        "rfc5280::aki::critical-aki",
        "accepted",
        "§4.2.1.1: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::aki::leaf-missing-aki",
        "accepted",
        "§4.2.1.1: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::aki::intermediate-missing-aki",
        "accepted",
        "§4.2.1.1: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::aki::cross-signed-root-missing-aki",
        "accepted",
        "§4.2.1.1: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::nc::permitted-dns-match-noncritical",
        "accepted",
        "§4.2.1.10: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it); the webpki twin of this case wants it accepted",
    ),
    (
        "rfc5280::nc::permitted-dn-match",
        "name-mismatch",
        "RFC 9525 §2: the leaf has no subjectAltName, and commonName does not count",
    ),
    (
        "rfc5280::san::noncritical-with-empty-subject",
        "accepted",
        "§4.2.1.6: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    ("rfc5280::serial::zero", "accepted", "§4.1.2.2: users should be prepared to handle it gracefully"),
    (
        "rfc5280::ski::critical-ski",
        "accepted",
        "§4.2.1.2: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::ski::root-missing-ski",
        "accepted",
        "§4.2.1.2: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::ski::intermediate-missing-ski",
        "accepted",
        "§4.2.1.2: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::root-non-critical-basic-constraints",
        "accepted",
        "§4.2.1.9: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "rfc5280::ee-critical-aia-invalid",
        "accepted",
        "§4.2.2.1: RFC 5280 binds the authority that issues here, not the verifier (§6.1 does not look at it)",
    ),
    (
        "webpki::aki::root-with-aki-missing-keyidentifier",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280",
    ),
    (
        "webpki::aki::root-with-aki-all-fields",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280",
    ),
    (
        "webpki::aki::root-with-aki-ski-mismatch",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280",
    ),
    (
        "webpki::eku::ee-anyeku",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280; serverAuth stands beside it",
    ),
    (
        "webpki::eku::ee-critical-eku",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280",
    ),
    (
        "webpki::eku::ee-without-eku",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280",
    ),
    (
        "webpki::eku::root-has-eku",
        "accepted",
        "a rule of the CA/Browser Forum for authorities, not of RFC 5280",
    ),
    ("webpki::san::san-critical-with-nonempty-subject", "accepted", "§4.2.1.6 says should"),
    ("webpki::ee-basicconstraints-ca", "accepted", "RFC 5280 lets an authority's key be a server's too"),
];

/// The time of cases that name none.
const NOW: Time = Time(1_700_000_000);

fn ders(value: &Value) -> Result<Vec<Vec<u8>>, Error> {
    let mut all = Vec::new();
    for text in value.as_array().unwrap() {
        all.extend(pem::certificates(text.as_str().unwrap())?);
    }
    Ok(all)
}

fn time(value: &Value) -> Time {
    let Some(text) = value.as_str() else { return NOW };
    let number = |range| text.get::<std::ops::Range<usize>>(range).unwrap().parse::<i64>().unwrap();
    let small = |range| number(range) as u8;
    assert!(text.ends_with("+00:00"), "{text}");
    Time::from_civil(number(0..4), small(5..7), small(8..10), small(11..13), small(14..16), small(17..19))
        .unwrap()
}

fn verdict(case: &Value) -> Result<(), Error> {
    let mut roots = RootStore::new();
    for der in ders(&case["trusted_certs"])? {
        roots.add_der(&der)?;
    }
    let mut limits = PathLimits::default();
    if let Some(depth) = case["max_chain_depth"].as_u64() {
        limits.max_depth = depth as usize;
    }
    let mut chain = pem::certificates(case["peer_certificate"].as_str().unwrap())?;
    chain.extend(ders(&case["untrusted_intermediates"])?);
    let name = ServerName::parse(case["expected_peer_name"]["value"].as_str().unwrap())?;
    let verifier = Verifier::new(Arc::new(roots)).limits(limits);
    verifier.verify_server(&chain, &name, time(&case["validation_time"])).map(|_| ())
}

#[test]
fn every_verdict_is_the_expected_one_or_has_its_reason() {
    let limbo: Value = serde_json::from_str(&support::text("limbo/limbo.json")).unwrap();
    let cases = limbo["testcases"].as_array().unwrap();
    let mut different = Vec::new();
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let verdict = verdict(case);
        println!("{id}: {}", verdict.as_ref().map_or_else(ToString::to_string, |()| "accepted".to_owned()));
        if verdict.is_ok() != (case["expected_result"] == "SUCCESS") {
            different.push((id, verdict.map_or_else(|error| error.name(), |()| "accepted")));
        }
    }
    assert_eq!(cases.len(), 135);
    let expected: Vec<_> = DIFFERENT.iter().map(|&(id, verdict, _)| (id, verdict)).collect();
    assert_eq!(different, expected);
}
