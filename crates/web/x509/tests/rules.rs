//! Rules of DER, of names, times and limits, each at its smallest.

use wirelab_wire::{Decode, Reader};
use wirelab_x509::authority::RawExtension;
use wirelab_x509::wire::der::{DerReader, Integer, Oid, Tag};
use wirelab_x509::wire::extension::{BasicConstraints, KeyUsage};
use wirelab_x509::wire::{Name, oids};
use wirelab_x509::{
    Authority, Certificate, Config, Error, KeyKind, Profile, ServerName, Time, Validity, pem,
};

/// The name of the rule that refuses these bytes.
fn refused<'a, M: Decode<'a>>(bytes: &'a [u8]) -> &'static str {
    let mut r = Reader::whole(bytes);
    match M::decode(&mut r).and_then(|_| r.finish()) {
        Ok(()) => "accepted",
        Err(error) => Error::from(error).name(),
    }
}

/// X.690 §10.1: definite, and in the fewest bytes.
#[test]
fn x690_10_1_lengths_are_definite_and_minimal() {
    let read = |bytes: &[u8]| {
        let result = Reader::whole(bytes).primitive(Tag::OCTET_STRING, "value").map(<[u8]>::len);
        result.map_err(|error| Error::from(error).name())
    };
    assert_eq!(read(&[4, 0]), Ok(0));
    assert_eq!(read(&[4, 0x80, 0, 0]), Err("length-indefinite"));
    assert_eq!(read(&[4, 0x81, 1, 0]), Err("length-not-minimal"));
    assert_eq!(read(&[&[4, 0x81, 0x80][..], &[0; 128]].concat()), Ok(128));
    assert_eq!(read(&[&[4, 0x82, 0, 0x80][..], &[0; 128]].concat()), Err("length-not-minimal"));
    assert_eq!(read(&[&[4, 0x82, 1, 0][..], &[0; 256]].concat()), Ok(256));
    assert_eq!(read(&[4, 0x84, 1, 0, 0, 0]), Err("length-too-long"));
    assert_eq!(read(&[4, 2, 0]), Err("length"));
}

/// X.690 §8.3.2: no needless first byte.
#[test]
fn x690_8_3_2_integers_have_no_needless_byte() {
    for bytes in [&[][..], &[0, 0], &[0, 0x7f], &[0xff, 0x80], &[0xff, 0xff]] {
        assert_eq!(Integer::new(bytes), None, "{bytes:?}");
    }
    let number = |bytes| Integer::new(bytes).and_then(Integer::to_u64);
    assert_eq!(number(&[0]), Some(0));
    assert_eq!(number(&[0, 0x80]), Some(128));
    assert_eq!(number(&[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some(u64::MAX));
    assert_eq!(number(&[1, 0, 0, 0, 0, 0, 0, 0, 0]), None);
    assert!(Integer::new(&[0xff]).is_some_and(Integer::is_negative));
}

/// X.690 §11.1 and §11.5.
#[test]
fn x690_11_booleans_are_ff_and_defaults_are_not_written() {
    assert_eq!(refused::<BasicConstraints>(&[0x30, 3, 1, 1, 0xff]), "accepted");
    assert_eq!(refused::<BasicConstraints>(&[0x30, 3, 1, 1, 1]), "boolean");
    assert_eq!(refused::<BasicConstraints>(&[0x30, 3, 1, 1, 0]), "default-written");
    assert_eq!(refused::<BasicConstraints>(&[0x30, 3, 2, 1, 0xff]), "integer-range");
}

/// X.690 §11.2: bits that do not count are zero, and named bits end with one that is set.
#[test]
fn x690_11_2_named_bits_end_with_one_that_is_set() {
    assert_eq!(refused::<KeyUsage>(&[3, 2, 7, 0x80]), "accepted");
    assert_eq!(refused::<KeyUsage>(&[3, 2, 6, 0x80]), "named-bits");
    assert_eq!(refused::<KeyUsage>(&[3, 3, 7, 0x80, 0]), "named-bits");
    assert_eq!(refused::<KeyUsage>(&[3, 2, 8, 0x80]), "named-bits");
}

/// X.690 §8.19.
#[test]
fn x690_8_19_identifiers_have_whole_minimal_numbers() {
    for bytes in [&[][..], &[0x55, 0x84], &[0x80, 1], &[0x55, 0x80, 1]] {
        assert_eq!(Oid::new(bytes), None, "{bytes:?}");
    }
    assert_eq!(oids::SHA256_WITH_RSA.to_string(), "1.2.840.113549.1.1.11");
    assert_eq!(oids::DOMAIN_VALIDATED.to_string(), "2.23.140.1.2.1");
    assert_eq!(Oid::new(&[0x88, 0x37]).map(|oid| oid.to_string()), Some("2.999".into()));
}

fn validity(text: &str, tag: u8) -> &'static str {
    let time = [&[tag, text.len() as u8][..], text.as_bytes()].concat();
    let both = [&[0x30, 2 * time.len() as u8][..], &time, &time].concat();
    refused::<Validity>(&both)
}

/// RFC 5280 §4.1.2.5.
#[test]
fn s4_1_2_5_times_are_utc_to_the_second_and_of_the_form_of_their_year() {
    assert_eq!(validity("260228235959Z", 0x17), "accepted");
    assert_eq!(validity("20500101000000Z", 0x18), "accepted");
    assert_eq!(validity("20491231235959Z", 0x18), "time-form");
    for wrong in [
        "260229000000Z",
        "261301000000Z",
        "260101240000Z",
        "2601010000Z",
        "260101000000+0000",
        "26-101000000Z",
    ] {
        assert_eq!(validity(wrong, 0x17), "time", "{wrong}");
    }
    assert_eq!(validity("20500101000000.5Z", 0x18), "time");
}

#[test]
fn the_calendar_has_its_leap_days() {
    assert_eq!(Time(0).to_string(), "1970-01-01 00:00:00 UTC");
    assert_eq!(Time(951_782_400).to_string(), "2000-02-29 00:00:00 UTC");
    assert_eq!(Time::FIRST.to_string(), "0000-01-01 00:00:00 UTC");
    assert_eq!(Time::LAST.to_string(), "9999-12-31 23:59:59 UTC");
    assert_eq!(Time::from_civil(1900, 2, 29, 0, 0, 0), None);
}

fn common_name(tag: u8, text: &[u8]) -> Vec<u8> {
    let value = [&[6, 3, 0x55, 4, 3, tag, text.len() as u8][..], text].concat();
    let attribute = [&[0x30, value.len() as u8][..], &value].concat();
    let set = [&[0x31, attribute.len() as u8][..], &attribute].concat();
    [&[0x30, set.len() as u8][..], &set].concat()
}

/// RFC 5280 §7.1: case and blanks do not count, and neither does the type of string.
#[test]
fn s7_1_names_are_compared_without_regard_to_case_and_blanks() {
    let same = |one: &[u8], two: &[u8]| {
        let name = |der| Name::decode(&mut Reader::whole(der)).unwrap();
        name(one).matches(&name(two))
    };
    let usual = common_name(0x0c, b"Example CA");
    assert!(same(&usual, &common_name(0x13, b" example   ca ")));
    assert!(same(&usual, &common_name(0x1e, b"\0E\0x\0a\0m\0p\0l\0e\0 \0c\0a")));
    assert!(!same(&usual, &common_name(0x0c, b"ExampleCA")));
    assert!(!same(&usual, &common_name(0x0c, b"Example CA 2")));
    assert!(!same(&usual, &[0x30, 0]));
    assert!(same(&[0x30, 0], &[0x30, 0]));
}

#[test]
fn limits_are_those_of_the_config() {
    let text = include_str!("vectors/parsing/custom/san_email_dns_ip_dirname_uri.pem");
    let der = pem::certificates(text).unwrap().remove(0);
    let with = |config: Config| Certificate::from_der_with(&der, &config).map_err(|error| error.name()).err();
    let usual = Config::default();
    assert_eq!(with(usual), None);
    assert_eq!(with(Config { max_size: der.len() - 1, ..usual }), Some("too-long"));
    assert_eq!(with(Config { max_extensions: 0, ..usual }), Some("too-many-extensions"));
    assert_eq!(with(Config { max_rdns: 0, ..usual }), Some("too-many-rdns"));
    assert_eq!(with(Config { max_names: 4, ..usual }), Some("too-many-names"));
}

/// RFC 6066 §3, RFC 1035 §2.3.4.
#[test]
fn names_of_servers_are_host_names_or_addresses() {
    let long = format!("{}.org", "a".repeat(64));
    let longer = "a.".repeat(127) + "aa";
    for wrong in
        ["", ".", "a..b", "-a", "a-", "*.a", "a b", "ä.org", "1.2.3", "[1.2.3.4]", "[::1", &long, &longer]
    {
        assert_eq!(
            ServerName::parse(wrong).map_err(|error| error.name()),
            Err("not-a-server-name"),
            "{wrong}"
        );
    }
    for (text, shown) in [
        ("A.Example.", "a.example"),
        ("1.2.3.4", "1.2.3.4"),
        ("[::1]", "::1"),
        ("xn--4ca.org", "xn--4ca.org"),
    ] {
        assert_eq!(ServerName::parse(text).map(|name| name.to_string()), Ok(shown.to_owned()));
    }
}

/// RFC 7468 §2 and §3.
#[test]
fn s7468_blocks_end_as_they_begin_and_hold_base64_alone() {
    let first = |text: &str| {
        let block = pem::blocks(text).next()?;
        Some(block.map(|block| block.der).map_err(|error| error.name()))
    };
    let block = |body: &str, end: &str| format!("-----BEGIN A-----\n{body}\n-----END {end}-----\n");
    assert_eq!(first("no block"), None);
    assert_eq!(first(&block("aGk=", "A")), Some(Ok(b"hi".to_vec())));
    assert_eq!(first(&block("aG\nk=", "A")), Some(Ok(b"hi".to_vec())));
    assert_eq!(first(&block("aGk=", "B")), Some(Err("pem-end")));
    assert_eq!(first("-----BEGIN A-----\naGk=\n"), Some(Err("pem-end")));
    assert_eq!(first("-----BEGIN A\naGk=\n"), Some(Err("pem-begin")));
    for wrong in ["aGk", "aG=k", "aGl=", "aGk=aGk=", "a", "aGk===", "a-k="] {
        assert_eq!(first(&block(wrong, "A")), Some(Err("pem-base64")), "{wrong}");
    }
}

/// Each extension is compared with all before it, so that their number is bounded while they are read.
#[test]
fn no_more_than_256_extensions_are_read() {
    let rng = ring::rand::SystemRandom::new();
    let root = Authority::root("Test Root", KeyKind::Ed25519, Time(0), &rng).unwrap();
    let extension = |i: usize| {
        let number = [0x2a, 0x81 + (i / 128) as u8, (i % 128) as u8];
        RawExtension { id: Oid::new(number.to_vec().leak()).unwrap(), critical: false, value: vec![] }
    };
    let issued = |count| {
        let profile = Profile {
            key_identifiers: false,
            extensions: (0..count).map(extension).collect(),
            ..Profile::empty(Time(0))
        };
        let issued = root.leaf(&profile, &rng).unwrap();
        let config = Config { max_extensions: 1000, ..Config::default() };
        Certificate::from_der_with(issued.certificate(), &config).map_err(|error| error.name()).err()
    };
    assert_eq!((issued(256), issued(257)), (None, Some("extensions-too-many")));
}
