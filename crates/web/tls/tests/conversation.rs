//! A client and a server that talk, in memory.

mod ends;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::StreamProtocol;
use wirelab_tls::{
    AlertDescription, CipherSuite, ClientAuth, Error, Event, MemorySessions, NamedGroup, Padding,
    ServerConfig, Tickets, Violation,
};
use wirelab_x509::{KeyKind, Profile, ServerName, Time};

use ends::{NOW, World, client, converse, data, server, shake_hands};

#[test]
fn each_suite_with_each_group_and_kind_of_key_carries_data_both_ways_and_ends_in_order() {
    let world = World::new();
    for key in [KeyKind::P256, KeyKind::Ed25519] {
        let server_config = world.server(key);
        for suite in CipherSuite::ALL {
            for group in NamedGroup::ALL {
                let mut config = world.client();
                (config.suites, config.groups) = (vec![suite], vec![group]);
                let (mut client, mut server) = (client(&config, NOW), server(&server_config, NOW));
                shake_hands(&mut client, &mut server);
                let summary = client.summary().unwrap();
                assert_eq!((summary.suite, summary.group), (Some(suite), Some(group)));
                assert_eq!(server.summary().unwrap().server_name.as_deref(), Some("localhost"));
                let long = vec![7; 100_000];
                client.write(&long).unwrap();
                server.write(b"short").unwrap();
                let heard = converse(&mut client, &mut server);
                assert_eq!(data(&heard.server), long);
                assert_eq!(data(&heard.client), b"short");
                client.close();
                let heard = converse(&mut client, &mut server);
                assert_eq!(heard.server, [Event::Closed]);
                server.write(b"still open in this direction").unwrap();
                server.close();
                let heard = converse(&mut client, &mut server);
                assert_eq!(data(&heard.client), b"still open in this direction");
                assert_eq!(heard.client.last(), Some(&Event::Closed));
            }
        }
    }
}

/// RFC 8446 §4.1.4.
#[test]
fn a_group_without_a_share_costs_a_hello_retry_request() {
    let world = World::new();
    let mut server_config = world.server(KeyKind::P256);
    server_config.groups = vec![NamedGroup::SECP384R1];
    let (mut client, mut server) = (client(&world.client(), NOW), server(&server_config, NOW));
    shake_hands(&mut client, &mut server);
    for end in [&client, &server] {
        let summary = end.summary().unwrap();
        assert!(summary.hello_retry, "{summary:?}");
        assert_eq!(summary.group, Some(NamedGroup::SECP384R1));
    }
}

#[test]
fn a_client_shows_its_certificate_if_it_is_asked() {
    let world = World::new();
    let mut server_config = world.server(KeyKind::P256);
    let mut config = world.client();
    config.identity =
        Some(Arc::new(world.identity(Profile::client("someone", Time(NOW.seconds())), KeyKind::Ed25519)));
    for (auth, shown) in [
        (ClientAuth::None, 0),
        (ClientAuth::Optional(Arc::new(world.verifier())), 2),
        (ClientAuth::Required(Arc::new(world.verifier())), 2),
    ] {
        server_config.client_auth = auth;
        let (mut client, mut server) = (client(&config, NOW), server(&server_config, NOW));
        shake_hands(&mut client, &mut server);
        assert_eq!(server.summary().unwrap().peer_certificates.len(), shown);
    }
}

/// RFC 8446 §4.4.2.4: `certificate_required`. The client has finished before it learns of it.
#[test]
fn a_client_without_a_certificate_is_refused_where_one_is_required() {
    let world = World::new();
    let mut server_config = world.server(KeyKind::P256);
    server_config.client_auth = ClientAuth::Required(Arc::new(world.verifier()));
    let (mut client, mut server) = (client(&world.client(), NOW), server(&server_config, NOW));
    let heard = converse(&mut client, &mut server);
    assert_eq!(heard.server_error, Some(Violation::CertificateRequired.into()));
    assert_eq!(heard.client_error, Some(Error::Alert(AlertDescription::CERTIFICATE_REQUIRED)));
}

/// RFC 7301 §3.2.
#[test]
fn the_servers_first_common_protocol_is_chosen_and_none_in_common_is_fatal() {
    let world = World::new();
    let mut server_config = world.server(KeyKind::P256);
    server_config.alpn = vec![Bytes::from_static(b"h2"), Bytes::from_static(b"http/1.1")];
    let mut config = world.client();
    config.alpn = vec![Bytes::from_static(b"http/1.1"), Bytes::from_static(b"h2")];
    let (mut one, mut other) = (client(&config, NOW), server(&server_config, NOW));
    shake_hands(&mut one, &mut other);
    assert_eq!(one.summary().unwrap().alpn.as_deref(), Some(&b"h2"[..]));

    config.alpn = vec![Bytes::from_static(b"gopher")];
    let heard = converse(&mut client(&config, NOW), &mut server(&server_config, NOW));
    assert_eq!(heard.server_error, Some(Violation::NoApplicationProtocol.into()));
    assert_eq!(heard.client_error, Some(Error::Alert(AlertDescription::NO_APPLICATION_PROTOCOL)));
}

/// RFC 8446 §6.2.
#[test]
fn a_certificate_that_does_not_convince_ends_in_the_alert_that_says_why() {
    let world = World::new();
    let other = World::under("Another root");
    let late = NOW + Duration::from_secs(400 * 86_400);
    for (config, now, alert) in [
        (other.client(), NOW, AlertDescription::UNKNOWN_CA),
        (world.client(), late, AlertDescription::CERTIFICATE_EXPIRED),
    ] {
        let heard = converse(&mut client(&config, now), &mut server(&world.server(KeyKind::P256), now));
        let error = heard.client_error.expect("it is not convinced");
        assert_eq!(error.alert(), Some(alert), "{error}");
        assert_eq!(heard.server_error, Some(Error::Alert(alert)));
    }
    let name = ServerName::parse("example.org").unwrap();
    let config = Arc::new(world.client());
    let mut client = wirelab_tls::Connection::client(config, name, NOW, ends::entropy()).unwrap();
    let heard = converse(&mut client, &mut server(&world.server(KeyKind::P256), NOW));
    assert!(matches!(heard.client_error, Some(Error::Certificate(_))), "{heard:?}");
}

fn with_tickets(world: &World) -> ServerConfig {
    let mut config = world.server(KeyKind::P256);
    config.tickets = Some(Arc::new(Tickets::new(Duration::from_secs(3600))));
    config.max_early_data = 1000;
    config
}

#[test]
fn a_ticket_resumes_a_session_without_certificates_and_is_used_once() {
    let world = World::new();
    let server_config = with_tickets(&world);
    let sessions = Arc::new(MemorySessions::default());
    let mut config = world.client();
    config.sessions = Some(sessions.clone());
    let heard = shake_hands(&mut client(&config, NOW), &mut server(&server_config, NOW));
    assert_eq!(heard.client.iter().filter(|event| **event == Event::Ticket).count(), 2);
    for (resumed, left) in [(true, 3), (true, 4)] {
        let now = NOW + Duration::from_secs(60);
        let (mut client, mut server) = (client(&config, now), server(&server_config, now));
        shake_hands(&mut client, &mut server);
        assert_eq!(client.summary().unwrap().resumed, resumed);
        assert_eq!(server.summary().unwrap().resumed, resumed);
        assert_eq!(sessions.len(), left, "one was taken, two were given");
    }
    // A server with other keys knows nothing of it, and the handshake is a full one.
    let (mut client, mut stranger) = (client(&config, NOW), server(&with_tickets(&world), NOW));
    shake_hands(&mut client, &mut stranger);
    assert!(!client.summary().unwrap().resumed);
}

/// RFC 8446 §8: recorded, and sent again by somebody who is between.
#[test]
fn early_data_is_taken_once_and_a_replay_is_not() {
    let world = World::new();
    let server_config = with_tickets(&world);
    let mut config = world.client();
    config.sessions = Some(Arc::new(MemorySessions::default()));
    config.early_data = true;
    shake_hands(&mut client(&config, NOW), &mut server(&server_config, NOW));

    let now = NOW + Duration::from_secs(5);
    let mut early = client(&config, now);
    assert_eq!(early.early_data_capacity(), 1000);
    assert_eq!(early.write_early(b"GET / HTTP/1.1\r\n\r\n"), Ok(18));
    let mut recorded = BytesMut::new();
    early.poll_transmit(&mut recorded);
    for (attempt, taken) in [("the client's", true), ("a replay", false)] {
        let mut server = server(&server_config, now);
        server.input().extend_from_slice(&recorded);
        let mut events = Vec::new();
        while let Some(event) = server.poll_event().unwrap() {
            events.push(event);
        }
        assert_eq!(data(&events) == b"GET / HTTP/1.1\r\n\r\n", taken, "{attempt}: {events:?}");
        assert_eq!(data(&events).is_empty(), !taken);
        if taken {
            let heard = shake_hands(&mut early, &mut server);
            assert!(heard.client_error.is_none() && early.summary().unwrap().early_data);
        }
    }
}

#[test]
fn refused_early_data_is_skipped_and_the_connection_goes_on() {
    let world = World::new();
    let mut config = world.client();
    config.sessions = Some(Arc::new(MemorySessions::default()));
    config.early_data = true;
    for groups in [NamedGroup::ALL.to_vec(), vec![NamedGroup::SECP256R1]] {
        let mut server_config = with_tickets(&world);
        shake_hands(&mut client(&config, NOW), &mut server(&server_config, NOW));
        server_config.max_early_data = 0;
        server_config.groups = groups;
        let (mut client, mut server) = (client(&config, NOW), server(&server_config, NOW));
        client.write_early(&[9; 900]).unwrap();
        let heard = shake_hands(&mut client, &mut server);
        assert!(data(&heard.server).is_empty());
        assert!(heard.client.contains(&Event::EarlyDataRejected), "{heard:?}");
        client.write(b"once more").unwrap();
        assert_eq!(data(&converse(&mut client, &mut server).server), b"once more");
    }
}

/// RFC 8446 §4.6.3, §7.5.
#[test]
fn keys_change_in_mid_stream_and_exported_secrets_are_the_same_at_both_ends() {
    let world = World::new();
    let (mut client, mut server) = (client(&world.client(), NOW), server(&world.server(KeyKind::P256), NOW));
    shake_hands(&mut client, &mut server);
    for round in 0..5_u8 {
        client.update_keys(round % 2 == 0).unwrap();
        client.write(&[round; 20_000]).unwrap();
        server.update_keys(false).unwrap();
        server.write(&[round; 3]).unwrap();
        let heard = converse(&mut client, &mut server);
        assert_eq!((data(&heard.server).len(), data(&heard.client)), (20_000, vec![round; 3]));
        assert!(heard.server.contains(&Event::KeyUpdated));
    }
    let (mut one, mut other) = ([0; 64], [0; 64]);
    client.export(b"EXPORTER-test", b"context", &mut one).unwrap();
    server.export(b"EXPORTER-test", b"context", &mut other).unwrap();
    assert!(one == other && one != [0; 64]);
}

/// RFC 8449 §4, RFC 8446 §5.4.
#[test]
fn small_records_and_padded_ones_carry_the_same_bytes() {
    let world = World::new();
    for padding in [Padding::None, Padding::ToMultipleOf(512), Padding::Full] {
        let mut server_config = world.server(KeyKind::P256);
        server_config.padding = padding;
        server_config.record_size_limit = Some(600);
        let mut config = world.client();
        (config.padding, config.record_size_limit) = (padding, Some(64));
        let (mut client, mut server) = (client(&config, NOW), server(&server_config, NOW));
        shake_hands(&mut client, &mut server);
        let bytes: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
        client.write(&bytes).unwrap();
        server.write(&bytes).unwrap();
        let heard = converse(&mut client, &mut server);
        assert_eq!((data(&heard.server), data(&heard.client)), (bytes.clone(), bytes), "{padding:?}");
    }
}

/// Every byte of the server's flight is covered by a signature, a MAC or a check, but for the version of its records, which says
/// nothing (RFC 8446 §5.1).
#[test]
fn no_changed_byte_of_the_servers_flight_lets_a_client_complete_its_handshake() {
    let world = World::new();
    let (config, server_config) = (world.client(), world.server(KeyKind::Ed25519));
    let mut at = 0;
    loop {
        let (mut client, mut server) = (client(&config, NOW), server(&server_config, NOW));
        let mut wire = BytesMut::new();
        client.poll_transmit(&mut wire);
        server.input().extend_from_slice(&wire.split());
        while server.poll_event().unwrap().is_some() {}
        server.poll_transmit(&mut wire);
        if at == wire.len() {
            break;
        }
        let version = {
            let mut start = 0;
            while start + 5 + usize::from(u16::from_be_bytes([wire[start + 3], wire[start + 4]])) <= at {
                start += 5 + usize::from(u16::from_be_bytes([wire[start + 3], wire[start + 4]]));
            }
            (1..3).contains(&(at - start)) && wire[start] != 23
        };
        wire[at] ^= 1 << (at % 8);
        client.input().extend_from_slice(&wire);
        while let Ok(Some(_)) = client.poll_event() {}
        assert_eq!(client.is_handshake_complete(), version, "byte {at} of {}", wire.len());
        at += 1;
    }
    assert!(at > 800, "{at}");
}

#[test]
fn random_changes_of_a_clients_messages_neither_panic_nor_complete() {
    let world = World::new();
    let (config, server_config) = (world.client(), world.server(KeyKind::Ed25519));
    let mut seed = 1_u64;
    let mut next = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    for _ in 0..2000 {
        let (mut client, mut server) = (client(&config, NOW), server(&server_config, NOW));
        let mut wire = BytesMut::new();
        client.poll_transmit(&mut wire);
        for _ in 0..1 + next() % 3 {
            let at = 5 + next() % (wire.len() - 5);
            wire[at] = wire[at].wrapping_add(1 + (next() % 255) as u8);
        }
        server.input().extend_from_slice(&wire.split());
        while let Ok(Some(_)) = server.poll_event() {}
        server.poll_transmit(&mut wire);
        client.input().extend_from_slice(&wire.split());
        while let Ok(Some(_)) = client.poll_event() {}
        assert!(!client.is_handshake_complete() && !server.is_handshake_complete());
    }
}
