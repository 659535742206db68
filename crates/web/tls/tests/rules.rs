//! The rules that messages can break: one test a rule, with the alert that answers it.

use wirelab_tls::{
    Alert, AlertDescription, CipherSuite, ClientHello, ExtensionType, Handshake, NamedGroup, ProtocolVersion,
    PskKeyExchangeMode, Record, Within, alert_for, rules,
};
use wirelab_wire::{Decode, Encode, Reader, Rule};

/// A vector with a length of `N` bytes before it.
fn vector<const N: usize>(content: &[u8]) -> Vec<u8> {
    let len = content.len().to_be_bytes();
    [&len[len.len() - N..], content].concat()
}

fn extension(kind: ExtensionType, data: &[u8]) -> Vec<u8> {
    [&kind.0.to_be_bytes()[..], &vector::<2>(data)].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &vector::<3>(body)].concat()
}

fn client_hello(session_id: &[u8], compression: &[u8], extensions: &[Vec<u8>]) -> Vec<u8> {
    let head =
        [&[3, 3][..], &[7; 32], &vector::<1>(session_id), &[0, 2, 0x13, 0x01], &vector::<1>(compression)];
    message(1, &[head.concat(), vector::<2>(&extensions.concat())].concat())
}

fn server_hello(extensions: &[Vec<u8>]) -> Vec<u8> {
    let head = [&[3, 3][..], &[7; 32], &[0], &[0x13, 0x01], &[0]].concat();
    message(2, &[head, vector::<2>(&extensions.concat())].concat())
}

fn encrypted_extensions(extensions: &[Vec<u8>]) -> Vec<u8> {
    message(8, &vector::<2>(&extensions.concat()))
}

/// That the message is refused for this rule, and answered with this alert.
#[track_caller]
fn refused(message: &[u8], rule: &Rule, alert: AlertDescription) {
    let error = Handshake::decode(&mut Reader::whole(message)).expect_err("should be refused");
    assert_eq!(error.rule().map(|rule| rule.name), Some(rule.name), "{error}");
    assert_eq!(alert_for(&error), alert, "{error}");
}

#[track_caller]
fn accepted(message: &[u8]) {
    let read = Handshake::decode(&mut Reader::whole(message)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(&read.to_bytes()[..], message);
}

fn versions() -> Vec<u8> {
    extension(ExtensionType::SUPPORTED_VERSIONS, &[2, 3, 4])
}

const ILLEGAL: AlertDescription = AlertDescription::ILLEGAL_PARAMETER;

/// RFC 8446 §4.2: "There MUST NOT be more than one extension of the same type in a given extension block."
#[test]
fn s4_2_an_extension_stands_once() {
    refused(&client_hello(&[], &[0], &[versions(), versions()]), &rules::EXTENSION_TWICE, ILLEGAL);
    let unknown = || extension(ExtensionType(0x1234), &[]);
    refused(&client_hello(&[], &[0], &[unknown(), unknown()]), &rules::EXTENSION_TWICE, ILLEGAL);
}

/// RFC 8446 §4.2: "If an implementation receives an extension which it recognizes and which is not specified for the message in
/// which it appears, it MUST abort the handshake with an "illegal_parameter" alert."
#[test]
fn s4_2_an_extension_stands_in_its_messages_only() {
    let cookie = || extension(ExtensionType::COOKIE, &[0, 1, 9]);
    refused(&encrypted_extensions(&[cookie()]), &rules::EXTENSION_MISPLACED, ILLEGAL);
    let selected = extension(ExtensionType::SUPPORTED_VERSIONS, &[3, 4]);
    refused(&server_hello(&[selected, cookie()]), &rules::EXTENSION_MISPLACED, ILLEGAL);
    // Without the version this is TLS 1.2, to be refused for that by who decides on versions.
    accepted(&server_hello(&[cookie()]));
    accepted(&encrypted_extensions(&[extension(ExtensionType(0x1234), &[1])]));
}

/// Our limit: the search for duplicates takes time that grows with the square of their number.
#[test]
fn more_than_256_extensions_are_refused() {
    let many = |count| (0..count).map(|n| extension(ExtensionType(0x8000 + n), &[])).collect::<Vec<_>>();
    accepted(&client_hello(&[], &[0], &many(256)));
    refused(
        &client_hello(&[], &[0], &many(257)),
        &rules::EXTENSIONS_TOO_MANY,
        AlertDescription::DECODE_ERROR,
    );
}

/// RFC 8446 §4.2.11: "The "pre_shared_key" extension MUST be the last extension in the ClientHello".
#[test]
fn s4_2_11_pre_shared_keys_come_last() {
    let psk = |binders: usize| {
        let identities = vector::<2>(&[&vector::<2>(b"ticket")[..], &[0; 4]].concat());
        let binders = vector::<2>(&vector::<1>(&[5; 32]).repeat(binders));
        extension(ExtensionType::PRE_SHARED_KEY, &[identities, binders].concat())
    };
    accepted(&client_hello(&[], &[0], &[versions(), psk(1)]));
    refused(&client_hello(&[], &[0], &[psk(1), versions()]), &rules::PRE_SHARED_KEY_NOT_LAST, ILLEGAL);
    refused(&client_hello(&[], &[0], &[versions(), psk(2)]), &rules::BINDERS_COUNT, ILLEGAL);
}

/// RFC 8446 §4.1.2: "If a TLS 1.3 ClientHello is received with any other value in this field, the server MUST abort the
/// handshake with an "illegal_parameter" alert."
#[test]
fn s4_1_2_tls_1_3_has_no_compression() {
    refused(&client_hello(&[], &[0, 1], &[versions()]), &rules::COMPRESSION, ILLEGAL);
    refused(&client_hello(&[], &[1], &[versions()]), &rules::COMPRESSION, ILLEGAL);
    accepted(&client_hello(&[], &[1, 0], &[])); // TLS 1.2
}

/// RFC 8446 §4.1.2: `opaque legacy_session_id<0..32>`.
#[test]
fn s4_1_2_a_session_id_has_at_most_32_bytes() {
    accepted(&client_hello(&[1; 32], &[0], &[versions()]));
    let long = client_hello(&[1; 33], &[0], &[versions()]);
    refused(&long, &rules::VECTOR_LENGTH, AlertDescription::DECODE_ERROR);
}

/// RFC 8446 §4.1.3: `legacy_compression_method` "MUST have the value 0".
#[test]
fn s4_1_3_a_server_chooses_no_compression() {
    let mut hello = server_hello(&[]);
    hello[4 + 2 + 32 + 1 + 2] = 1;
    refused(&hello, &rules::COMPRESSION_CHOSEN, ILLEGAL);
}

/// RFC 8446 §4.6.3: "If an implementation receives any other value, it MUST terminate the connection with an
/// "illegal_parameter" alert."
#[test]
fn s4_6_3_a_key_update_is_0_or_1() {
    accepted(&message(24, &[0]));
    refused(&message(24, &[2]), &rules::KEY_UPDATE_VALUE, ILLEGAL);
}

/// RFC 8446 §4.3.2: "The "signature_algorithms" extension MUST be specified".
#[test]
fn s4_3_2_a_certificate_request_has_signature_algorithms() {
    refused(
        &message(13, &[0, 0, 0]),
        &rules::SIGNATURE_ALGORITHMS_MISSING,
        AlertDescription::MISSING_EXTENSION,
    );
}

/// RFC 8446 §4.6.1: "Servers MUST NOT use any value greater than 604800 seconds (7 days)."
#[test]
fn s4_6_1_a_ticket_lives_for_seven_days_at_most() {
    let ticket = |lifetime: u32| {
        message(4, &[&lifetime.to_be_bytes()[..], &[0; 4], &[0], &[0, 1, 9], &[0, 0]].concat())
    };
    accepted(&ticket(604_800));
    refused(&ticket(604_801), &rules::TICKET_LIFETIME, ILLEGAL);
}

/// RFC 6066 §3: "The ServerNameList MUST NOT contain more than one name of the same name_type."
#[test]
fn rfc_6066_s3_a_host_is_named_once() {
    let name = [&[0][..], &vector::<2>(b"a.example")].concat();
    let list = |count| extension(ExtensionType::SERVER_NAME, &vector::<2>(&name.repeat(count)));
    accepted(&client_hello(&[], &[0], &[list(1)]));
    refused(&client_hello(&[], &[0], &[list(2)]), &rules::SERVER_NAME_TWICE, ILLEGAL);
}

/// RFC 7301 §3.1: the server's list "MUST contain exactly one "ProtocolName"".
#[test]
fn rfc_7301_s3_1_a_server_chooses_one_protocol() {
    let list = |count| {
        let names = vector::<1>(b"h2").repeat(count);
        extension(ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, &vector::<2>(&names))
    };
    accepted(&encrypted_extensions(&[list(1)]));
    refused(&encrypted_extensions(&[list(2)]), &rules::ALPN_NOT_ONE, AlertDescription::DECODE_ERROR);
}

/// RFC 8449 §4: "An endpoint MUST treat receipt of a smaller value as a fatal error and generate an "illegal_parameter" alert."
#[test]
fn rfc_8449_s4_a_record_size_limit_is_at_least_64() {
    let limit = |limit: u8| extension(ExtensionType::RECORD_SIZE_LIMIT, &[0, limit]);
    accepted(&encrypted_extensions(&[limit(64)]));
    refused(&encrypted_extensions(&[limit(63)]), &rules::RECORD_SIZE_LIMIT_LOW, ILLEGAL);
}

/// RFC 8446 §6.2: a message that cannot be decoded because a length is wrong is a decode_error.
#[test]
fn s6_2_wrong_lengths_are_decode_errors() {
    for bytes in
        [message(20, &[])[..3].to_vec(), message(24, &[0, 0]), message(5, &[1]), message(15, &[4, 3, 0, 9])]
    {
        let error = Handshake::decode(&mut Reader::whole(&bytes)).unwrap_err();
        assert_eq!((error.rule(), alert_for(&error)), (None, AlertDescription::DECODE_ERROR), "{error}");
    }
}

/// RFC 8446 §5.1 and §5.2: what a record's header may say, and the alert for what it may not.
#[test]
fn s5_1_records_have_a_type_and_a_length() {
    let verdict = |header: [u8; 5]| {
        let error = Record::decode(&mut Reader::prefix(&header)).unwrap_err();
        (!error.is_incomplete()).then(|| alert_for(&error))
    };
    assert_eq!(verdict([22, 3, 1, 0x40, 0x00]), None);
    assert_eq!(verdict([22, 3, 1, 0x40, 0x01]), Some(AlertDescription::RECORD_OVERFLOW));
    assert_eq!(verdict([23, 3, 3, 0x41, 0x00]), None);
    assert_eq!(verdict([23, 3, 3, 0x41, 0x01]), Some(AlertDescription::RECORD_OVERFLOW));
    assert_eq!(verdict([22, 3, 1, 0, 0]), Some(AlertDescription::UNEXPECTED_MESSAGE));
    assert_eq!(verdict([24, 3, 3, 0, 1]), Some(AlertDescription::UNEXPECTED_MESSAGE));
    assert_eq!(verdict([b'G', b'E', b'T', b' ', b'/']), Some(AlertDescription::UNEXPECTED_MESSAGE));
}

/// RFC 8446 §6: the level follows from the description.
#[test]
fn s6_alerts_have_the_level_that_belongs_to_them() {
    assert_eq!(&Alert::new(AlertDescription::CLOSE_NOTIFY).to_bytes()[..], [1, 0]);
    assert_eq!(&Alert::new(AlertDescription::HANDSHAKE_FAILURE).to_bytes()[..], [2, 40]);
}

/// RFC 8446 §4.2: the table, a row of each shape.
#[test]
fn s4_2_the_table_says_where_extensions_stand() {
    assert!(ExtensionType::STATUS_REQUEST.allowed_in(Within::Certificate));
    assert!(!ExtensionType::STATUS_REQUEST.allowed_in(Within::EncryptedExtensions));
    assert!(ExtensionType::EARLY_DATA.allowed_in(Within::NewSessionTicket));
    assert!(!ExtensionType::OID_FILTERS.allowed_in(Within::ClientHello));
    assert!(ExtensionType::KEY_SHARE.allowed_in(Within::HelloRetryRequest));
    assert!(!ExtensionType::PRE_SHARED_KEY.allowed_in(Within::HelloRetryRequest));
}

/// RFC 8701 §2: sixteen values of two bytes, eight of one.
#[test]
fn rfc_8701_s2_grease_is_told_from_other_codes() {
    assert_eq!((0..=u16::MAX).filter(|&code| CipherSuite(code).is_grease()).count(), 16);
    assert!(NamedGroup(0x0a0a).is_grease() && ProtocolVersion(0xfafa).is_grease());
    let modes: Vec<u8> = (0..=u8::MAX).filter(|&mode| PskKeyExchangeMode(mode).is_grease()).collect();
    assert_eq!(modes, [0x0b, 0x2a, 0x49, 0x68, 0x87, 0xa6, 0xc5, 0xe4]);
}

#[test]
fn a_hello_tells_its_host_and_versions() {
    let name = [&[0][..], &vector::<2>(b"a.example")].concat();
    let hello =
        client_hello(&[], &[0], &[versions(), extension(ExtensionType::SERVER_NAME, &vector::<2>(&name))]);
    let hello = ClientHello::decode(&mut Reader::whole(&hello[4..])).unwrap();
    assert!(hello.offers_tls13());
    assert_eq!(hello.extensions.host_name(), Some(&b"a.example"[..]));
    assert_eq!(hello.binders_len(), 0);
}

/// Each rule has a name of its own: the alert is found by it.
#[test]
fn no_two_rules_have_a_name() {
    let mut names: Vec<_> = rules::ALERTS.iter().map(|(rule, _)| rule.name).collect();
    names.sort_unstable();
    let all = names.len();
    names.dedup();
    assert_eq!(names.len(), all);
}
