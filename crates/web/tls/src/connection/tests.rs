//! Connections whose keys are given, so that what carries the handshake is tested without one.

use ring::rand::SystemRandom;
use wirelab_sim::every_split;

use super::*;
use crate::key_schedule::{Secret, Steps};
use crate::{ContentType, Epoch, Hash, Identities, Sealer, Suite};

const SUITE: Suite = Suite::AES_128_GCM_SHA256;

fn fresh() -> Connection {
    let config = ServerConfig::new(Arc::new(Identities::default()));
    Connection::server(Arc::new(config), UnixMillis(0), Entropy::new(SystemRandom::new()))
}

fn secret(byte: u8) -> Secret {
    Secret::new(Hash::Sha256, &[byte; 32])
}

/// An end whose handshake is over; it reads under the secret of `read`, and writes under that of `write`.
fn established(read: u8, write: u8) -> Connection {
    let mut end = fresh();
    let shared = end.machine.shared_mut();
    shared.keys(Direction::Read, Epoch::Application, SUITE, &secret(read), "READ");
    shared.keys(Direction::Write, Epoch::Application, SUITE, &secret(write), "WRITE");
    shared.finish();
    assert!(matches!(end.poll_event(), Ok(Some(Event::HandshakeComplete(_)))));
    end
}

fn sealer(byte: u8) -> Sealer {
    Sealer::new(&SUITE.traffic_keys(&secret(byte), &mut Steps::off()))
}

/// Records under one secret, as a peer would send them.
fn records(byte: u8, contents: &[(ContentType, &[u8])]) -> BytesMut {
    let (mut sealer, mut out) = (sealer(byte), BytesMut::new());
    for (content_type, content) in contents {
        sealer.seal(*content_type, content, 0, &mut out).unwrap();
    }
    out
}

/// What an established end makes of these bytes.
fn events(end: &mut Connection, bytes: &[u8]) -> (Vec<Event>, Option<Error>) {
    end.input().extend_from_slice(bytes);
    let mut events = Vec::new();
    loop {
        match end.poll_event() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => return (events, None),
            Err(error) => {
                assert_eq!(end.poll_event(), Err(error.clone()), "an error stays");
                return (events, Some(error));
            }
        }
    }
}

fn transmitted(end: &mut Connection) -> BytesMut {
    let mut out = BytesMut::new();
    end.poll_transmit(&mut out);
    out
}

/// What is sent to an established end, that ends it, and the alert with which it does.
#[track_caller]
fn refused(contents: &[(ContentType, &[u8])]) -> (String, AlertDescription) {
    let mut end = established(1, 2);
    let error = events(&mut end, &records(1, contents)).1.expect("an error");
    let mut peer = established(2, 1);
    let told = events(&mut peer, &transmitted(&mut end)).1.expect("an alert");
    let Error::Alert(alert) = told else { panic!("{told}") };
    assert_eq!(end.alert_sent(), Some(alert));
    assert!(end.wants_shutdown());
    (error.to_string(), alert)
}

const DATA: ContentType = ContentType::APPLICATION_DATA;

#[test]
fn what_one_end_writes_the_other_reads_in_both_directions() {
    let (mut one, mut other) = (established(1, 2), established(2, 1));
    let data: Vec<u8> = (0..40_000_u32).map(|n| n as u8).collect();
    for _ in 0..2 {
        one.write(&data).unwrap();
        let out = transmitted(&mut one);
        assert_eq!(out.len(), data.len() + 3 * (5 + 1 + 16), "three records");
        let (events, error) = events(&mut other, &out);
        assert_eq!((events.len(), error), (3, None));
        let read: Vec<u8> = events
            .iter()
            .flat_map(|event| match event {
                Event::Data(data) => data.to_vec(),
                event => panic!("{event:?}"),
            })
            .collect();
        assert!(read == data);
        std::mem::swap(&mut one, &mut other);
    }
}

#[test]
fn the_events_do_not_depend_on_how_the_stream_is_cut() {
    let mut peer = established(2, 1);
    peer.write(b"one").unwrap();
    peer.update_keys(false).unwrap();
    peer.write(b"two").unwrap();
    peer.close();
    let outcome = every_split(|| established(1, 2), &transmitted(&mut peer));
    let data = |text: &'static [u8]| Event::Data(text.into());
    assert_eq!(outcome.events, [data(b"one"), Event::KeyUpdated, data(b"two"), Event::Closed]);
    assert_eq!(outcome.error, None);
}

/// RFC 8446 §4.6.3: an answer for all requests that came while this side was silent.
#[test]
fn s4_6_3_two_requests_for_new_keys_have_one_answer() {
    let (mut one, mut other) = (established(1, 2), established(2, 1));
    one.update_keys(true).unwrap();
    one.update_keys(true).unwrap();
    let updates = [Event::KeyUpdated, Event::KeyUpdated];
    assert_eq!(events(&mut other, &transmitted(&mut one)), (updates.to_vec(), None));
    other.write(b"after").unwrap();
    let answer = [Event::KeyUpdated, Event::Data(b"after"[..].into())];
    assert_eq!(events(&mut one, &transmitted(&mut other)), (answer.to_vec(), None));
    assert!(transmitted(&mut one).is_empty(), "the answer asks for none");
}

/// RFC 8446 §6.1.
#[test]
fn s6_1_each_side_closes_by_itself_and_what_comes_after_is_ignored() {
    let (mut one, mut other) = (established(1, 2), established(2, 1));
    one.close();
    assert_eq!(one.write(b"x"), Err(Misuse::Closed));
    let mut out = transmitted(&mut one);
    out.extend_from_slice(b"garbage");
    assert_eq!(events(&mut other, &out), (vec![Event::Closed], None));
    assert!(!other.wants_shutdown() && !other.wants_read());
    other.write(b"still").unwrap();
    other.close();
    let rest = vec![Event::Data(b"still"[..].into()), Event::Closed];
    assert_eq!(events(&mut one, &transmitted(&mut other)), (rest, None));
    assert!(one.wants_shutdown() && other.wants_shutdown());
}

/// RFC 8446 §6.1: an end of the stream is no end of the data.
#[test]
fn s6_1_a_stream_that_ends_without_close_notify_was_cut_off() {
    let mut end = established(1, 2);
    let mut bytes = records(1, &[(DATA, b"all"), (DATA, b"lost")]);
    bytes.truncate(bytes.len() - 1);
    end.receive_eof();
    let (events, error) = events(&mut end, &bytes);
    assert_eq!(events, [Event::Data(b"all"[..].into())]);
    assert_eq!(error, Some(Violation::Truncated.into()));
    assert!(transmitted(&mut end).is_empty());
}

/// RFC 8446 §5, §5.1, §5.4, §6.
#[test]
fn s5_records_that_have_no_place_are_refused() {
    use ContentType as Type;
    let unexpected = AlertDescription::UNEXPECTED_MESSAGE;
    type Case<'c> = (&'c [(Type, &'c [u8])], &'c str, AlertDescription);
    let cases: &[Case<'_>] = &[
        (&[(Type::CHANGE_CIPHER_SPEC, &[1])], "a record of type change_cipher_spec", unexpected),
        (&[(Type(99), b"x")], "a record of type 99", unexpected),
        (&[(Type::HANDSHAKE, b"")], "a record of type handshake", unexpected),
        (&[(Type::ALERT, b"")], "a record of type alert", unexpected),
        (&[(Type::ALERT, &[1])], "Alert: ", AlertDescription::DECODE_ERROR),
        (&[(Type::ALERT, &[1, 0, 0])], "Alert: ", AlertDescription::DECODE_ERROR),
        (&[(Type::HANDSHAKE, &[24, 0]), (DATA, b"x")], "interrupted by application data", unexpected),
        (&[(Type::HANDSHAKE, &[24, 0]), (Type::ALERT, &[1, 0])], "interrupted by an alert", unexpected),
        (&[(Type::HANDSHAKE, &[24, 0, 0, 1, 0, 24])], "interrupted by a change of keys", unexpected),
        (&[(Type::HANDSHAKE, &[24, 0, 0, 1, 2])], "key_update: ", AlertDescription::ILLEGAL_PARAMETER),
        (&[(Type::HANDSHAKE, &[4, 1, 0, 0])], "more than 65536 bytes", AlertDescription::DECODE_ERROR),
    ];
    for (contents, says, alert) in cases {
        let (error, told) = refused(contents);
        assert!(error.contains(says), "{error} should say {says}");
        assert_eq!(told, *alert, "{error}");
    }
}

/// RFC 8446 §5.2: "unexpected_message" for what is not protected, "bad_record_mac" for what does not open.
#[test]
fn s5_2_after_the_handshake_every_record_is_protected() {
    let plain: &[&[u8]] = &[&[22, 3, 3, 0, 1, 24], &[20, 3, 3, 0, 1, 1]];
    for record in plain {
        let error = events(&mut established(1, 2), record).1.unwrap();
        assert_eq!(error.alert(), Some(AlertDescription::UNEXPECTED_MESSAGE), "{error}");
    }
    let foreign = records(9, &[(DATA, b"x")]);
    assert_eq!(events(&mut established(1, 2), &foreign).1, Some(Violation::BadRecord.into()));
}

/// RFC 8446 §5, §D.4, §6.1.
#[test]
fn s5_before_the_handshake_there_is_neither_data_nor_change_cipher_spec() {
    for record in [&[23, 3, 3, 0, 1, 0][..], &[20, 3, 3, 0, 1, 1], &[22, 3, 1, 0, 0], &[99]] {
        let mut end = fresh();
        let error = events(&mut end, record).1.unwrap();
        assert_eq!(error.alert(), Some(AlertDescription::UNEXPECTED_MESSAGE), "{error}");
        assert_eq!(&transmitted(&mut end)[..], [21, 3, 3, 0, 2, 2, 10], "an unprotected alert");
    }
    assert_eq!(fresh().write(b"x"), Err(Misuse::HandshakeIncomplete));
    assert_eq!(fresh().update_keys(true), Err(Misuse::HandshakeIncomplete));
}

/// RFC 8446 §6: all alerts but two end the connection, whatever their level and known or not.
#[test]
fn s6_an_alert_of_the_peer_ends_the_connection_and_is_not_answered() {
    for description in [40, 200] {
        let mut end = established(1, 2);
        let error = events(&mut end, &records(1, &[(ContentType::ALERT, &[1, description])])).1;
        assert_eq!(error, Some(Error::Alert(AlertDescription(description))));
        assert!(transmitted(&mut end).is_empty() && end.wants_shutdown());
        assert_eq!(end.write(b"x"), Err(Misuse::Failed));
    }
}

#[test]
fn floods_end_in_named_errors() {
    let empty = vec![(DATA, &b""[..]); 33];
    assert!(refused(&empty).0.contains("more than 32 records in a row that carry nothing"));
    let canceled = vec![(ContentType::ALERT, &[1, 90][..]); 33];
    assert!(refused(&canceled).0.contains("more than 32 records in a row that carry nothing"));
    let (mut one, mut other) = (established(1, 2), established(2, 1));
    (0..33).for_each(|_| one.update_keys(true).unwrap());
    let (events, error) = events(&mut other, &transmitted(&mut one));
    assert_eq!(events.len(), 32);
    assert!(error.unwrap().to_string().contains("more than 32 KeyUpdates"));
}

/// RFC 8446 §D.4: any number means nothing, and so few are enough.
#[test]
fn sd_4_change_cipher_spec_is_dropped_between_the_hello_and_the_finished() {
    let mut end = fresh();
    end.incoming.hello_seen = true;
    assert_eq!(events(&mut end, &[20, 3, 3, 0, 1, 1].repeat(4)), (vec![], None));
    let error = events(&mut end, &[20, 3, 3, 0, 1, 1]).1.unwrap();
    assert!(error.to_string().contains("more than 4 change_cipher_spec"), "{error}");
    let mut end = fresh();
    end.incoming.hello_seen = true;
    assert!(events(&mut end, &[20, 3, 3, 0, 1, 2]).1.is_some());
}

/// RFC 8446 §4.2.10: what was rejected does not open, and is skipped, up to a limit; §4.6.1 names the alert.
#[test]
fn s4_2_10_rejected_early_data_is_skipped_by_trial() {
    let mut end = fresh();
    let shared = end.machine.shared_mut();
    shared.keys(Direction::Read, Epoch::Handshake, SUITE, &secret(1), "READ");
    shared.push(Output::EarlyData(EarlyData::Rejected { max: 10 }));
    assert_eq!(events(&mut end, &records(9, &[(DATA, b"12345"), (DATA, b"6789")])), (vec![], None));
    let error = events(&mut end, &records(9, &[(DATA, b"ab")])).1.unwrap();
    assert!(error.to_string().contains("more than 10 bytes of early data"), "{error}");
    assert_eq!(error.alert(), Some(AlertDescription::UNEXPECTED_MESSAGE));
}

/// RFC 8446 §4.2.10: after a HelloRetryRequest, skipped by the record's type.
#[test]
fn s4_2_10_after_a_retry_early_data_is_skipped_by_its_type() {
    let mut end = fresh();
    end.machine.shared_mut().push(Output::EarlyData(EarlyData::Rejected { max: 5 }));
    assert_eq!(events(&mut end, &records(9, &[(DATA, b"12345")])), (vec![], None));
    assert!(events(&mut end, &records(9, &[(DATA, b"6")])).1.is_some());
}

/// RFC 8446 §4.6.1: no more than `max_early_data_size`.
#[test]
fn s4_6_1_early_data_is_told_apart_and_limited() {
    let mut end = fresh();
    let shared = end.machine.shared_mut();
    shared.keys(Direction::Read, Epoch::EarlyData, SUITE, &secret(1), "READ");
    shared.push(Output::EarlyData(EarlyData::Accepted { max: 4 }));
    let (events, error) = events(&mut end, &records(1, &[(DATA, b"1234"), (DATA, b"5")]));
    assert_eq!(events, [Event::EarlyData(b"1234"[..].into())]);
    assert!(error.unwrap().to_string().contains("more than 4 bytes of early data"));
}

/// RFC 8449 §4: content, type and padding together.
#[test]
fn rfc_8449_s4_records_keep_to_the_limit_of_the_peer() {
    let mut one = established(1, 2);
    one.outgoing.limit_records(64);
    one.write(&[7; 130]).unwrap();
    let lengths: Vec<usize> = {
        let out = transmitted(&mut one);
        let mut rest = &out[..];
        std::iter::from_fn(|| {
            let len = usize::from(u16::from_be_bytes([*rest.get(3)?, *rest.get(4)?]));
            rest = &rest[5 + len..];
            Some(len - 16)
        })
        .collect()
    };
    assert_eq!(lengths, [64, 64, 5]);
}

#[test]
fn the_tap_shows_what_is_in_a_record() {
    let (mut one, mut other) = (established(1, 2), established(2, 1));
    other.tap(true);
    one.write(b"seen").unwrap();
    events(&mut other, &transmitted(&mut one));
    let tapped = other.poll_tap().unwrap();
    assert!(!tapped.sent && !tapped.is_message && tapped.epoch == Epoch::Application);
    assert_eq!(tapped.explanation.buffers[1].bytes, b"seen\x17");
    assert!(tapped.explanation.error.is_none() && other.poll_tap().is_none() && one.poll_tap().is_none());
}

/// RFC 8446 §5.1, §6: a server that cannot go on says so before there are keys.
#[test]
fn s6_a_client_says_hello_at_once_and_reads_an_unprotected_alert() {
    let config = Arc::new(ClientConfig::new(Arc::new(crate::Insecure)));
    let name = ServerName::parse("example.org").unwrap();
    let entropy = Entropy::new(SystemRandom::new());
    let mut client = Connection::client(config, name, UnixMillis(0), entropy).unwrap();
    client.tap(true);
    let hello = transmitted(&mut client);
    assert_eq!(hello.first_chunk(), Some(&[22, 3, 1]));
    assert_eq!(client.poll_tap().map(|tapped| (tapped.sent, tapped.is_message)), Some((true, true)));
    assert_eq!(client.early_data_capacity(), 0);
    assert_eq!(client.write_early(b"x"), Err(Misuse::NoEarlyData));
    let error = events(&mut client, &[20, 3, 3, 0, 1, 1, 21, 3, 3, 0, 2, 2, 40]).1;
    assert_eq!(error, Some(Error::Alert(AlertDescription::HANDSHAKE_FAILURE)));
    assert!(transmitted(&mut client).is_empty());
}
