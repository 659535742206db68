//! Paths that our own authority builds, good and bad: one test a rule. And real lists of revoked certificates.

mod support;

use std::sync::Arc;

use ring::rand::SystemRandom;
use wirelab_x509::authority::{RawExtension, Subtrees};
use wirelab_x509::wire::extension::{BasicConstraints, KeyUsage};
use wirelab_x509::wire::oids;
use wirelab_x509::{
    Authority, Certificate, Error, KeyKind, Kind, PathLimits, PathViolation, Place, Profile, Revocation,
    RootStore, ServerName, Time, Validity, Verifier, Violation,
};

const NOW: Time = Time(1_795_615_200);

fn rng() -> SystemRandom {
    SystemRandom::new()
}

fn root() -> Authority {
    Authority::root("Test Root", KeyKind::P256, NOW, &rng()).unwrap()
}

fn trusting(root: &Authority) -> Verifier {
    let mut roots = RootStore::new();
    roots.add_der(root.root_certificate()).unwrap();
    Verifier::new(Arc::new(roots))
}

fn server() -> Profile {
    Profile::server(&["example.org", "*.example.org", "192.0.2.1"], NOW)
}

fn check(verifier: &Verifier, chain: &[Vec<u8>]) -> Result<usize, Error> {
    let name = ServerName::parse("example.org").unwrap();
    verifier.verify_server(chain, &name, NOW).map(|path| path.ders().len())
}

/// A leaf of this form below an intermediate of this form.
fn below(intermediate: &Profile, leaf: &Profile) -> Result<usize, Error> {
    let root = root();
    let middle = root.intermediate_with(intermediate, &rng()).unwrap();
    check(&trusting(&root), &middle.leaf(leaf, &rng()).unwrap().chain)
}

fn middle() -> Profile {
    Profile::authority("Test Intermediate", NOW, Some(0))
}

/// The name of the error, its certificate, and what the peer is told.
#[track_caller]
fn refused(result: Result<usize, Error>, name: &str, place: Place, kind: Kind) {
    let error = result.expect_err("it was accepted");
    let Error::Violation(Violation::Path(at)) = &error else { panic!("{error}") };
    assert_eq!((error.name(), at.place, error.kind()), (name, place, kind), "{error}");
}

#[test]
fn a_good_chain_is_accepted_whatever_the_order_of_its_intermediates() {
    assert_eq!(below(&middle(), &server()), Ok(3));
    let root = root();
    let one = root.intermediate_with(&Profile::authority("One", NOW, None), &rng()).unwrap();
    let two = one.intermediate("Two", KeyKind::Ed25519, NOW, &rng()).unwrap();
    let mut chain = two.leaf(&server(), &rng()).unwrap().chain;
    assert_eq!(check(&trusting(&root), &chain), Ok(4));
    chain.swap(1, 2);
    chain.insert(1, b"not a certificate".to_vec());
    assert_eq!(check(&trusting(&root), &chain), Ok(4));
}

/// RFC 5280 §6.1.3 (a)(2).
#[test]
fn s6_1_3_a_2_every_certificate_holds_now() {
    let past = Validity { not_before: NOW.plus_days(-9), not_after: NOW.plus(-1) };
    let future = Validity { not_before: NOW.plus(1), not_after: NOW.plus_days(9) };
    let edge = Validity { not_before: NOW, not_after: NOW };
    let with = |validity| Profile { validity, ..server() };
    refused(below(&middle(), &with(past)), "expired", Place::Sent(0), Kind::Expired);
    refused(below(&middle(), &with(future)), "not-yet-valid", Place::Sent(0), Kind::Expired);
    assert_eq!(below(&middle(), &with(edge)), Ok(3));
    let old = Profile { validity: past, ..middle() };
    refused(below(&old, &server()), "expired", Place::Sent(1), Kind::Expired);
}

/// RFC 5280 §6.1.3 (a)(1).
#[test]
fn s6_1_3_a_1_every_signature_is_checked() {
    let bad = |profile| Profile { spoil_signature: true, ..profile };
    refused(below(&middle(), &bad(server())), "bad-signature", Place::Sent(0), Kind::Bad);
    refused(below(&bad(middle()), &server()), "bad-signature", Place::Sent(1), Kind::Bad);
}

/// RFC 5280 §6.1.3 (a)(4). A root of the right name with another key is not the issuer.
#[test]
fn s6_1_3_a_4_the_path_ends_at_a_root_that_is_known() {
    let root = root();
    let chain = root.leaf(&server(), &rng()).unwrap().chain;
    let stranger = Authority::root("Other Root", KeyKind::P256, NOW, &rng()).unwrap();
    refused(check(&trusting(&stranger), &chain), "unknown-issuer", Place::Sent(0), Kind::UnknownAuthority);
    let impostor = self::root();
    refused(check(&trusting(&impostor), &chain), "bad-signature", Place::Sent(0), Kind::Bad);
    refused(check(&trusting(&root), &[]), "no-certificate", Place::Sent(0), Kind::Bad);
}

/// RFC 5280 §6.1.4 (k), (n), §4.2.1.9.
#[test]
fn s6_1_4_k_n_only_authorities_issue() {
    let none = Profile { basic_constraints: None, key_usage: None, ..middle() };
    refused(below(&none, &server()), "not-an-authority", Place::Sent(1), Kind::Bad);
    let not = Profile { basic_constraints: Some(BasicConstraints::default()), key_usage: None, ..middle() };
    refused(below(&not, &server()), "not-an-authority", Place::Sent(1), Kind::Bad);
    let wrong = Profile { key_usage: Some(KeyUsage::CRL_SIGN), ..middle() };
    refused(below(&wrong, &server()), "key-usage", Place::Sent(1), Kind::Bad);
    let contradicts = Profile { basic_constraints: None, ..middle() };
    refused(below(&contradicts, &server()), "inconsistent-extensions", Place::Sent(1), Kind::Bad);
}

/// RFC 5280 §6.1.4 (m).
#[test]
fn s6_1_4_m_the_path_is_no_longer_than_allowed() {
    let root = root();
    let one = root.intermediate("One", KeyKind::P256, NOW, &rng()).unwrap();
    let two = one.intermediate("Two", KeyKind::P256, NOW, &rng()).unwrap();
    let chain = two.leaf(&server(), &rng()).unwrap().chain;
    refused(check(&trusting(&root), &chain), "path-length", Place::Sent(2), Kind::Bad);
}

/// RFC 5280 §6.1.4 (o), §6.1.5 (f).
#[test]
fn s6_1_4_o_unknown_critical_extensions_refuse() {
    let with = |critical| vec![RawExtension { id: oids::PRECERTIFICATE_POISON, critical, value: vec![5, 0] }];
    let leaf = |critical| Profile { extensions: with(critical), ..server() };
    assert_eq!(below(&middle(), &leaf(false)), Ok(3));
    let name = "unknown-critical-extension";
    refused(below(&middle(), &leaf(true)), name, Place::Sent(0), Kind::Unsupported);
    let authority = Profile { extensions: with(true), ..middle() };
    refused(below(&authority, &server()), name, Place::Sent(1), Kind::Unsupported);
}

/// RFC 5280 §4.2.1.12: purposes, those of an intermediate included.
#[test]
fn s4_2_1_12_the_purpose_is_allowed_all_the_way() {
    let with = |ids: &[_], profile| Profile { extended_key_usage: ids.to_vec(), ..profile };
    let client = with(&[oids::CLIENT_AUTH], server());
    refused(below(&middle(), &client), "purpose", Place::Sent(0), Kind::Unsupported);
    let any = with(&[oids::ANY_EXTENDED_KEY_USAGE], server());
    refused(below(&middle(), &any), "purpose", Place::Sent(0), Kind::Unsupported);
    assert_eq!(below(&middle(), &with(&[], server())), Ok(3));
    assert_eq!(below(&with(&[oids::ANY_EXTENDED_KEY_USAGE], middle()), &server()), Ok(3));
    let nested = with(&[oids::CLIENT_AUTH], middle());
    refused(below(&nested, &server()), "purpose", Place::Sent(1), Kind::Unsupported);
    let no_handshakes = Profile { key_usage: Some(KeyUsage::KEY_AGREEMENT), ..server() };
    refused(below(&middle(), &no_handshakes), "key-usage", Place::Sent(0), Kind::Bad);
}

#[test]
fn a_client_needs_its_own_purpose_and_no_name() {
    let root = root();
    let verifier = trusting(&root);
    let client = root.leaf(&Profile::client("somebody", NOW), &rng()).unwrap();
    assert!(verifier.verify_client(&client.chain, NOW).is_ok());
    let server = root.leaf(&server(), &rng()).unwrap();
    assert_eq!(verifier.verify_client(&server.chain, NOW).unwrap_err().name(), "purpose");
}

/// RFC 5280 §6.1.3 (b), (c).
#[test]
fn s6_1_3_b_name_constraints_bind_all_names_below() {
    let only = |dns: &[&str]| Subtrees {
        dns: dns.iter().map(|&name| name.to_owned()).collect(),
        ..Subtrees::default()
    };
    let names = || Profile { ip: Vec::new(), ..server() };
    let permits = |dns: &[&str]| Profile { permitted: only(dns), ..middle() };
    let excludes = |dns: &[&str]| Profile { excluded: only(dns), ..middle() };
    assert_eq!(below(&permits(&["example.org"]), &names()), Ok(3));
    refused(below(&permits(&["example.com"]), &names()), "name-not-permitted", Place::Sent(0), Kind::Bad);
    refused(below(&excludes(&["org"]), &names()), "name-not-permitted", Place::Sent(0), Kind::Bad);
    // The wildcard could stand for it.
    refused(
        below(&excludes(&["www.example.org"]), &names()),
        "name-not-permitted",
        Place::Sent(0),
        Kind::Bad,
    );
    assert_eq!(below(&excludes(&["example.com"]), &names()), Ok(3));
}

/// RFC 9525 §6.3, §6.4, §2.
#[test]
fn rfc9525_s6_names_are_compared_as_names() {
    let root = root();
    let verifier = trusting(&root);
    let chain =
        root.leaf(&Profile { common_name: Some("example.net".into()), ..server() }, &rng()).unwrap().chain;
    let cases = [
        ("example.org", true),
        ("EXAMPLE.ORG.", true),
        ("www.example.org", true),
        ("a.b.example.org", false),
        ("192.0.2.1", true),
        ("192.0.2.2", false),
        ("example.net", false),
    ];
    for (name, good) in cases {
        let result = verifier.verify_server(&chain, &ServerName::parse(name).unwrap(), NOW);
        assert_eq!(result.map_err(|error| error.name()).err(), (!good).then_some("name-mismatch"), "{name}");
    }
}

/// RFC 5280 §6.3.3.
#[test]
fn s6_3_3_a_revoked_certificate_is_refused() {
    let root = root();
    let middle = root.intermediate("Middle", KeyKind::P256, NOW, &rng()).unwrap();
    let chain = middle.leaf(&server(), &rng()).unwrap().chain;
    let serial = |der| Certificate::from_der(der).unwrap().serial_number.as_bytes().to_vec();
    let (from, to) = (NOW.plus(-60), NOW.plus(60));
    let list = |by: &Authority, revoked: &[&[u8]], from, to| by.crl(1, revoked, from, to, &rng()).unwrap();
    let with = |der: &[u8]| trusting(&root).add_crl(der).unwrap();
    let of_leaf = list(&middle, &[&serial(&chain[0])], from, to);
    refused(check(&with(&of_leaf), &chain), "revoked", Place::Sent(0), Kind::Revoked);
    let of_middle = list(&root, &[&serial(&chain[1])], from, to);
    refused(check(&with(&of_middle), &chain), "revoked", Place::Sent(1), Kind::Revoked);
    let clean = list(&middle, &[&[1]], from, to);
    let leaf_only = with(&clean).revocation(Revocation::LeafMustBeListed);
    assert_eq!(check(&leaf_only, &chain), Ok(3));
    let all = with(&clean).revocation(Revocation::AllMustBeListed);
    refused(check(&all, &chain), "revocation-unknown", Place::Sent(1), Kind::Unknown);
    // A list that cannot be believed: too old, of a later time, by somebody else of that name.
    let other = root.intermediate("Middle", KeyKind::P256, NOW, &rng()).unwrap();
    let unusable = [
        list(&middle, &[], from, NOW.plus(-1)),
        list(&middle, &[], NOW.plus(1), to),
        list(&other, &[], from, to),
    ];
    for der in &unusable {
        refused(check(&with(der), &chain), "unusable-revocation-list", Place::Sent(0), Kind::Unknown);
    }
}

/// RFC 5280 §5.2.5, on real lists, each with a critical `issuingDistributionPoint`.
#[test]
fn s5_2_5_real_lists_name_the_certificates_that_they_cover() {
    let file = |name: &str| std::fs::read(format!("{}/webpki/amazon/{name}", support::VECTORS)).unwrap();
    let now = Time::from_civil(2025, 2, 24, 0, 0, 0).unwrap();
    let cases = [
        ("revoked.rootca2", "r4m01", "rootca2", Some("revoked")),
        ("revoked.rootca3", "e2m03", "rootca3", Some("revoked")),
        ("revoked.rootca4", "e3m02", "rootca4", Some("revoked")),
        ("valid.rootca2", "r4m02", "rootca2", None),
        ("valid.rootca3", "e2m03", "rootca3", None),
        ("valid.rootca4", "e3m02", "rootca4", None),
    ];
    for (leaf, middle, root, expected) in cases {
        let host = format!("{leaf}.demo.amazontrust.com");
        let chain = [file(&format!("{host}.cer")), file(&format!("{middle}.cer"))];
        let mut roots = RootStore::new();
        let number = root.strip_prefix("rootca").unwrap();
        roots.add_der(&file(&format!("AmazonRootCA{number}.cer"))).unwrap();
        let verifier = Verifier::new(Arc::new(roots))
            .add_crl(&file(&format!("{middle}.crl")))
            .and_then(|verifier| verifier.add_crl(&file(&format!("{root}.crl"))))
            .unwrap()
            .revocation(Revocation::AllMustBeListed);
        let result = verifier.verify_server(&chain, &ServerName::parse(&host).unwrap(), now);
        assert_eq!(result.as_ref().err().map(Error::name), expected, "{host}: {:?}", result.as_ref().err());
    }
}

/// No byte of a good chain is without meaning.
#[test]
fn a_chain_with_any_bit_of_a_byte_changed_is_refused() {
    let root = root();
    let verifier = trusting(&root);
    let middle = root.intermediate("Middle", KeyKind::P256, NOW, &rng()).unwrap();
    let good = middle.leaf(&server(), &rng()).unwrap().chain;
    assert_eq!(check(&verifier, &good), Ok(3));
    for certificate in 0..good.len() {
        for byte in 0..good[certificate].len() {
            let mut chain = good.clone();
            chain[certificate][byte] ^= 1 << (byte % 8);
            assert!(check(&verifier, &chain).is_err(), "certificate {certificate}, byte {byte}");
        }
    }
}

/// Authorities that share names: what they cost is bounded, and the error says so.
#[test]
fn a_crowd_of_namesakes_ends_at_the_budget() {
    let crowd: Vec<Authority> =
        (0..9).map(|_| Authority::root("Crowd", KeyKind::P256, NOW, &rng()).unwrap()).collect();
    let mut chain = crowd[0].leaf(&server(), &rng()).unwrap().chain;
    chain.extend(crowd.iter().map(|one| one.certificate().to_vec()));
    let limits = PathLimits { max_signature_checks: 5, ..PathLimits::default() };
    refused(check(&trusting(&root()).limits(limits), &chain), "path-limit", Place::Sent(1), Kind::Unknown);
    let limits = PathLimits { max_certificates: 9, ..PathLimits::default() };
    let error = check(&trusting(&root()).limits(limits), &chain).unwrap_err();
    let Error::Violation(Violation::Path(at)) = error else { panic!("{error}") };
    assert_eq!(at.violation, PathViolation::Limit("certificates in the chain"));
}
