//! What the authority issues: read again by this crate, and by openssl.

mod support;

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use ring::rand::SystemRandom;
use wirelab_x509::authority::{RawExtension, Subtrees};
use wirelab_x509::wire::oids;
use wirelab_x509::{Authority, Certificate, CertificateList, Issued, KeyKind, Profile, Time};

const NOW: Time = Time(1_795_615_200);

struct World {
    root: Authority,
    intermediate: Authority,
    leaf: Issued,
}

fn world(kind: KeyKind, now: Time) -> World {
    let rng = SystemRandom::new();
    let root = Authority::root("Test Root", kind, now, &rng).unwrap();
    let intermediate = root.intermediate("Test Intermediate", kind, now, &rng).unwrap();
    let profile =
        Profile { key: kind, ..Profile::server(&["example.org", "*.example.org", "192.0.2.1"], now) };
    let leaf = intermediate.leaf(&profile, &rng).unwrap();
    World { root, intermediate, leaf }
}

#[test]
fn a_chain_verifies_from_leaf_to_root() {
    for kind in [KeyKind::P256, KeyKind::Ed25519] {
        let world = world(kind, NOW);
        assert_eq!(world.leaf.chain.len(), 2, "leaf and intermediate");
        let [leaf, intermediate] = &world.leaf.chain[..] else { panic!("leaf and intermediate") };
        let leaf = Certificate::from_der(leaf).unwrap();
        let intermediate = Certificate::from_der(intermediate).unwrap();
        let root = Certificate::from_der(world.root.certificate()).unwrap();
        leaf.verify_signed_by(&intermediate.public_key().unwrap()).unwrap();
        intermediate.verify_signed_by(&root.public_key().unwrap()).unwrap();
        root.verify_signed_by(&root.public_key().unwrap()).unwrap();
        assert!(leaf.issuer.matches(&intermediate.subject) && intermediate.issuer.matches(&root.subject));
        assert!(root.is_self_issued() && !intermediate.is_self_issued());
        let named = leaf.authority_key_identifier().and_then(|id| id.key_identifier);
        assert_eq!(named, intermediate.subject_key_identifier());
        let error = leaf.verify_signed_by(&root.public_key().unwrap()).unwrap_err();
        assert_eq!(error.name(), "bad-signature");
    }
}

#[test]
fn a_server_has_its_names_and_may_authenticate() {
    let world = world(KeyKind::P256, NOW);
    let leaf = Certificate::from_der(world.leaf.certificate()).unwrap();
    let names: Vec<String> = leaf.subject_alt_name().unwrap().iter().map(|name| name.to_string()).collect();
    assert_eq!(names, ["example.org", "*.example.org", "192.0.2.1"]);
    assert!(leaf.validity.contains(NOW) && !leaf.validity.contains(NOW.plus_days(31)));
    let purposes: Vec<_> = leaf.extended_key_usage().unwrap().iter().map(|purpose| purpose.0).collect();
    assert_eq!(purposes, [oids::SERVER_AUTH]);
    assert!(leaf.subject.is_empty() && leaf.extension(oids::SUBJECT_ALT_NAME).unwrap().critical);
}

#[test]
fn what_is_deliberately_wrong_can_still_be_read() {
    let rng = SystemRandom::new();
    let root = Authority::root("Test Root", KeyKind::P256, NOW, &rng).unwrap();
    let good = Profile::server(&["example.org"], NOW);
    let unknown = RawExtension { id: oids::PRECERTIFICATE_POISON, critical: true, value: vec![5, 0] };
    let permitted =
        Subtrees { dns: vec!["example.com".into()], ip: vec![("192.0.2.0".parse().unwrap(), 24)] };
    for bad in [
        Profile { extensions: vec![unknown], ..good.clone() },
        Profile { key_usage: None, key_identifiers: false, ..good.clone() },
        Profile { issuer: Some("Somebody Else".into()), ..good.clone() },
        Profile { permitted, ..good.clone() },
        Profile { serial_number: Some(vec![0]), ..good.clone() },
    ] {
        let issued = root.leaf(&bad, &rng).unwrap();
        let certificate = Certificate::from_der(issued.certificate()).unwrap();
        certificate.verify_signed_by(&root.key().public_key()).unwrap();
    }
    let spoilt = root.leaf(&Profile { spoil_signature: true, ..good }, &rng).unwrap();
    let certificate = Certificate::from_der(spoilt.certificate()).unwrap();
    let error = certificate.verify_signed_by(&root.key().public_key()).unwrap_err();
    assert_eq!(error.name(), "bad-signature");
}

#[test]
fn a_revocation_list_names_what_was_revoked() {
    let rng = SystemRandom::new();
    let world = world(KeyKind::P256, NOW);
    let leaf = Certificate::from_der(world.leaf.certificate()).unwrap();
    let revoked = [leaf.serial_number.as_bytes()];
    let der = world.intermediate.crl(200, &revoked, NOW, NOW.plus_days(1), &rng).unwrap();
    let list = CertificateList::from_der(&der).unwrap();
    list.verify_signed_by(&world.intermediate.key().public_key()).unwrap();
    assert_eq!(list.revoked(leaf.serial_number).unwrap().revocation_date, NOW);
    let root = Certificate::from_der(world.root.certificate()).unwrap();
    assert_eq!(list.revoked(root.serial_number), None);
    let empty = world.root.crl(1, &[], NOW, NOW.plus_days(1), &rng).unwrap();
    assert_eq!(CertificateList::from_der(&empty).unwrap().revoked_certificates, None);
}

#[test]
fn an_authority_is_kept_as_text_and_loaded_again() {
    let rng = SystemRandom::new();
    let world = world(KeyKind::P256, NOW);
    let again = Authority::from_pem(&world.intermediate.to_pem(), &rng).unwrap();
    let issued = again.leaf(&Profile::server(&["localhost"], NOW), &rng).unwrap();
    assert_eq!(issued.chain[1..], world.leaf.chain[1..]);
    let mixed = format!("{}{}", world.root.root_pem(), *world.intermediate.to_pem());
    assert_eq!(Authority::from_pem(&mixed, &rng).unwrap_err().name(), "unusable-key");
}

/// A folder of its own, removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wirelab-x509-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.0.join(name), content).unwrap();
    }

    fn openssl(&self, arguments: &str) -> Output {
        let arguments = arguments.split(' ');
        Command::new("openssl").args(arguments).current_dir(&self.0).output().unwrap()
    }

    /// Runs it, demands success, and gives what it printed.
    fn succeeds(&self, arguments: &str) -> String {
        let output = self.openssl(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "openssl {arguments}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
#[ignore = "needs openssl"]
fn openssl_accepts_the_chain_and_the_keys() {
    for (name, kind) in [("p256", KeyKind::P256), ("ed25519", KeyKind::Ed25519)] {
        let folder = Folder::new(name);
        let world = world(kind, NOW);
        folder.write("root.pem", world.root.root_pem());
        folder.write("chain.pem", world.leaf.chain_pem());
        folder.write("key.pem", world.leaf.key_pem().as_bytes());
        let at = format!("-attime {} -x509_strict -purpose sslserver", NOW.0);
        let trust = format!("verify {at} -CAfile root.pem -untrusted chain.pem");
        folder.succeeds(&format!("{trust} -verify_hostname www.example.org chain.pem"));
        folder.succeeds(&format!("{trust} -verify_ip 192.0.2.1 chain.pem"));
        assert!(!folder.openssl(&format!("{trust} -verify_hostname example.com chain.pem")).status.success());
        folder.succeeds("asn1parse -in chain.pem");
        let text = folder.succeeds("x509 -in chain.pem -noout -text");
        assert!(text.contains("DNS:example.org, DNS:*.example.org, IP Address:192.0.2.1"), "{text}");
        assert!(text.contains("TLS Web Server Authentication"), "{text}");
        let of_key = folder.succeeds("pkey -in key.pem -pubout");
        assert_eq!(of_key, folder.succeeds("x509 -in chain.pem -noout -pubkey"));
    }
}

#[test]
#[ignore = "needs openssl"]
fn openssl_reads_the_revocation_list_and_refuses_what_it_names() {
    let rng = SystemRandom::new();
    let folder = Folder::new("crl");
    let world = world(KeyKind::P256, NOW);
    let leaf = Certificate::from_der(world.leaf.certificate()).unwrap();
    let revoked = [leaf.serial_number.as_bytes()];
    let list = world.intermediate.crl(1, &revoked, NOW, NOW.plus_days(1), &rng).unwrap();
    let of_root = world.root.crl(1, &[], NOW, NOW.plus_days(1), &rng).unwrap();
    let pem = |der: &[u8]| wirelab_x509::pem::encode("X509 CRL", der);
    folder.write("lists.pem", format!("{}{}", pem(&list), pem(&of_root)));
    folder.write("root.pem", world.root.root_pem());
    folder.write("chain.pem", world.leaf.chain_pem());
    folder.succeeds("crl -in lists.pem -noout -text");
    let check = format!("verify -attime {} -CAfile root.pem -untrusted chain.pem -CRLfile lists.pem", NOW.0);
    let output = folder.openssl(&format!("{check} -crl_check_all chain.pem"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("certificate revoked"), "{said}");
}
