//! The records of RFC 8448, sealed and opened with the keys that the RFC prints; and the rules of records (RFC 8446 §5).

mod support;

use bytes::BytesMut;
use proptest::prelude::*;
use support::{Step, trace};
use wirelab_tls::key_schedule::{Secret, Steps};
use wirelab_tls::{AlertDescription, ContentType, Hash, OpenError, Opener, SealError, Sealer, Suite};

fn pair(suite: Suite, secret: &[u8]) -> (Sealer, Opener) {
    let keys = suite.traffic_keys(&Secret::new(suite.hash(), secret), &mut Steps::off());
    (Sealer::new(&keys), Opener::new(&keys))
}

/// The secret under which `who` writes. The RFC prints it once, sometimes only where the other side reads.
fn write_secret<'s>(steps: &'s [Step], who: &str, purpose: &str) -> &'s [u8] {
    let purpose = purpose.split(" (").next().expect(purpose);
    let found = steps.iter().find_map(|step| {
        let verb = if step.who == who { "write" } else { "read" };
        let same = step.does == format!("derive {verb} traffic keys for {purpose}");
        step.get("PRK").filter(|_| same)
    });
    found.unwrap_or_else(|| panic!("no keys for {purpose}"))
}

/// What a step sends, by its name.
fn content_type(step: &Step) -> Option<ContentType> {
    let kind = step.does.strip_prefix("send ")?.strip_suffix(" record")?;
    Some(match kind {
        "handshake" => ContentType::HANDSHAKE,
        "application_data" => ContentType::APPLICATION_DATA,
        "alert" => ContentType::ALERT,
        "change_cipher_spec" => ContentType::CHANGE_CIPHER_SPEC,
        kind => panic!("{kind}"),
    })
}

#[test]
fn every_record_of_rfc_8448_is_sealed_to_its_bytes_and_opened_to_its_payload() {
    let mut protected = 0;
    for section in 3..=7 {
        let steps = trace(section);
        // The write keys of each side, as they are at this step.
        let mut keys: [Option<(Sealer, Opener)>; 2] = [None, None];
        for step in &steps {
            let side = &mut keys[usize::from(step.who == "server")];
            if let Some(purpose) = step.does.strip_prefix("derive write traffic keys for ") {
                *side = Some(pair(Suite::AES_128_GCM_SHA256, write_secret(&steps, &step.who, purpose)));
            }
            let Some(content_type) = content_type(step) else { continue };
            let (payload, record) = (step.value("payload"), step.value("complete record"));
            if record[0] != ContentType::APPLICATION_DATA.0 {
                assert_eq!((record[0], &record[5..]), (content_type.0, payload));
                continue;
            }
            let (sealer, opener) = side.as_mut().expect("keys");
            let mut sealed = BytesMut::new();
            sealer.seal(content_type, payload, 0, &mut sealed).unwrap();
            assert_eq!(&sealed[..], record, "section {section}: [{}] {}", step.who, step.does);
            let opened = opener.open(&mut sealed).unwrap();
            assert_eq!((opened.content_type, &opened.content[..]), (content_type, payload));
            assert!(sealed.is_empty());
            protected += 1;
        }
    }
    assert_eq!(protected, 27);
}

/// RFC 8446 §5.4: padding is taken off, and 2^14 bytes are the most.
#[test]
fn s5_4_padding_hides_the_length_and_comes_off() {
    let (mut sealer, mut opener) = pair(Suite::AES_128_GCM_SHA256, &[1; 32]);
    let mut out = BytesMut::new();
    sealer.seal(ContentType::HANDSHAKE, b"\0\0", 100, &mut out).unwrap();
    assert_eq!(out.len(), 5 + 2 + 1 + 100 + 16);
    let opened = opener.open(&mut out).unwrap();
    assert_eq!((opened.content_type, &opened.content[..]), (ContentType::HANDSHAKE, &b"\0\0"[..]));
    let too_long = sealer.seal(ContentType::HANDSHAKE, &[0; 16_000], 385, &mut out);
    assert_eq!((too_long, out.len()), (Err(SealError::TooLong { len: 16_385 }), 0));
    sealer.seal(ContentType::HANDSHAKE, &[0; 16_000], 384, &mut out).unwrap();
    assert_eq!(opener.open(&mut out).unwrap().content.len(), 16_000);
}

/// RFC 8446 §5.4: "If a receiving implementation does not find a non-zero octet in the cleartext, it MUST terminate the
/// connection with an "unexpected_message" alert."
#[test]
fn s5_4_a_record_of_padding_alone_is_refused() {
    let (mut sealer, mut opener) = pair(Suite::CHACHA20_POLY1305_SHA256, &[1; 32]);
    let mut out = BytesMut::new();
    sealer.seal(ContentType::INVALID, b"", 9, &mut out).unwrap();
    let error = opener.open(&mut out).unwrap_err();
    assert_eq!((error, error.alert()), (OpenError::NoContentType, AlertDescription::UNEXPECTED_MESSAGE));
}

/// RFC 8446 §5.2: "If the decryption fails, the receiver MUST terminate the connection with a "bad_record_mac" alert." The
/// header is authenticated with it; the order of records is, too.
#[test]
fn s5_2_what_was_changed_on_the_way_is_refused() {
    for suite in Suite::ALL {
        let mut record = BytesMut::new();
        pair(suite, &[2; 48]).0.seal(ContentType::APPLICATION_DATA, b"abc", 2, &mut record).unwrap();
        for bit in 8..record.len() * 8 {
            let mut changed = record.clone();
            changed[bit / 8] ^= 0x80 >> (bit % 8);
            let (_, mut opener) = pair(suite, &[2; 48]);
            let error = opener.open(&mut changed).unwrap_err();
            let length_changed = (24..40).contains(&bit);
            assert!(error == OpenError::BadRecordMac || length_changed, "bit {bit}: {error}");
            assert_eq!(opener.sequence(), 0, "a record that cannot be opened is not counted");
        }
        let (mut sealer, mut opener) = pair(suite, &[2; 48]);
        let (mut first, mut second) = (BytesMut::new(), BytesMut::new());
        sealer.seal(ContentType::APPLICATION_DATA, b"1", 0, &mut first).unwrap();
        sealer.seal(ContentType::APPLICATION_DATA, b"2", 0, &mut second).unwrap();
        assert_eq!(opener.open(&mut second), Err(OpenError::BadRecordMac));
        assert_eq!(&opener.open(&mut first).unwrap().content[..], b"1");
    }
}

/// RFC 8446 §5.2: "An endpoint that receives a record that exceeds this length MUST terminate the connection with a
/// "record_overflow" alert."
#[test]
fn s5_2_a_record_that_is_too_long_is_refused_by_its_header() {
    let (_, mut opener) = pair(Suite::AES_128_GCM_SHA256, &[3; 32]);
    let refused = |length: u16, opener: &mut Opener| {
        let [high, low] = length.to_be_bytes();
        opener.open(&mut BytesMut::from(&[23, 3, 3, high, low][..])).unwrap_err()
    };
    assert_eq!(refused(16_641, &mut opener).alert(), AlertDescription::RECORD_OVERFLOW);
    assert_eq!(refused(16_640, &mut opener), OpenError::Incomplete);
    let handshake = &mut BytesMut::from(&[22, 3, 3, 0, 0][..]);
    assert_eq!(opener.open(handshake).unwrap_err(), OpenError::OuterType);
}

#[test]
fn the_content_is_opened_where_it_arrived() {
    let (mut sealer, mut opener) = pair(Suite::AES_256_GCM_SHA384, &[4; 48]);
    let mut out = BytesMut::new();
    sealer.seal(ContentType::APPLICATION_DATA, &[5; 1000], 0, &mut out).unwrap();
    sealer.seal(ContentType::APPLICATION_DATA, &[6; 10], 0, &mut out).unwrap();
    let arrived = out.as_ptr() as usize + 5;
    let opened = opener.open(&mut out).unwrap();
    assert_eq!(opened.content.as_ptr() as usize, arrived);
    assert_eq!(&opener.open(&mut out).unwrap().content[..], [6; 10]);
    assert_eq!(Hash::Sha384.len(), 48);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_sealed_is_opened(
        suite in 0_usize..3,
        content in prop::collection::vec(any::<u8>(), 0..600),
        padding in 0_usize..300,
        kind in 1_u8..,
    ) {
        let (mut sealer, mut opener) = pair(Suite::ALL[suite], &[8; 48]);
        let mut out = BytesMut::new();
        for _ in 0..3 {
            sealer.seal(ContentType(kind), &content, padding, &mut out).unwrap();
        }
        for _ in 0..3 {
            let opened = opener.open(&mut out).unwrap();
            prop_assert_eq!((opened.content_type, &opened.content[..]), (ContentType(kind), &content[..]));
        }
        prop_assert_eq!(opener.open(&mut out), Err(OpenError::Incomplete));
    }

    #[test]
    fn bytes_of_any_kind_are_refused_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        let (_, mut opener) = pair(Suite::AES_128_GCM_SHA256, &[8; 32]);
        let mut record = BytesMut::from(&[23, 3, 3, 0, bytes.len() as u8][..]);
        record.extend_from_slice(&bytes);
        prop_assert_eq!(opener.open(&mut record), Err(OpenError::BadRecordMac));
        prop_assert!(opener.open(&mut BytesMut::from(&bytes[..])).is_err());
    }
}
