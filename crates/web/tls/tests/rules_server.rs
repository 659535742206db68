//! What a server does with a ClientHello that breaks a rule, and with one that only looks odd: a test for each rule.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ring::rand::SystemRandom;
use wirelab_tls::wire::extension::OfferedPsks;
use wirelab_tls::{
    AlertDescription as Alert, AntiReplay, Certificate, CertificateEntry, CipherSuite, ClientAuth,
    ClientHello, EndOfEarlyData, Entropy, Epoch, Error, Extension, ExtensionType, Extensions, Finished,
    Handshake, HandshakeMachine, Identities, Identity, KeyShareEntry, KeyUpdate, KeyUpdateRequest, Misuse,
    NamedGroup, Output, ProtocolVersion, PskIdentity, PskKeyExchangeMode, ServerConfig, SignatureScheme,
    SigningKey, Tickets, UnixMillis, VerifyClient,
};
use wirelab_wire::Encode;

/// A key of which nobody checks the signatures.
#[derive(Debug)]
struct Anything;

impl SigningKey for Anything {
    fn schemes(&self) -> &[SignatureScheme] {
        &[SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::ECDSA_SECP256R1_SHA256]
    }

    fn sign(&self, _: SignatureScheme, _: &[u8], _: &Entropy) -> Result<Vec<u8>, Misuse> {
        Ok(vec![1; 64])
    }
}

impl VerifyClient for Anything {
    fn verify_client(&self, _: &[Bytes], _: wirelab_x509::Time) -> Result<(), wirelab_x509::Error> {
        Ok(())
    }
}

fn config() -> ServerConfig {
    let chain = vec![Bytes::from_static(b"a certificate")];
    ServerConfig::new(Arc::new(Identities::of(Identity { chain, key: Box::new(Anything), ocsp: None })))
}

fn server(config: ServerConfig) -> HandshakeMachine {
    HandshakeMachine::server(
        Arc::new(config),
        UnixMillis(1_790_000_000_000),
        Entropy::new(SystemRandom::new()),
    )
}

const SHARE: KeyShareEntry<'static> = KeyShareEntry { group: NamedGroup::X25519, key_exchange: &[9; 32] };

/// The least that a client can say.
fn hello() -> ClientHello<'static> {
    ClientHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: &[7; 32],
        legacy_session_id: &[],
        cipher_suites: vec![CipherSuite::TLS_AES_128_GCM_SHA256],
        legacy_compression_methods: ClientHello::NO_COMPRESSION,
        extensions: Extensions::from_iter([
            Extension::SupportedVersions(vec![ProtocolVersion::TLS1_3]),
            Extension::SupportedGroups(vec![NamedGroup::X25519, NamedGroup::SECP256R1]),
            Extension::SignatureAlgorithms(vec![SignatureScheme::ECDSA_SECP256R1_SHA256]),
            Extension::KeyShares(vec![SHARE]),
        ]),
    }
}

fn with(extensions: impl IntoIterator<Item = Extension<'static>>) -> ClientHello<'static> {
    let mut hello = hello();
    extensions.into_iter().for_each(|extension| hello.extensions.push(extension));
    hello
}

fn without(mut hello: ClientHello<'static>, kinds: &[ExtensionType]) -> ClientHello<'static> {
    let kept = hello.extensions.iter().filter(|extension| !kinds.contains(&extension.extension_type()));
    hello.extensions = kept.cloned().collect();
    hello
}

/// A pre-shared key that no server here knows.
fn psk(mode: PskKeyExchangeMode) -> [Extension<'static>; 2] {
    let identity = PskIdentity { identity: b"a ticket of somebody", obfuscated_ticket_age: 1 };
    let psks = OfferedPsks { identities: vec![identity], binders: vec![&[3; 32]] };
    [Extension::PskKeyExchangeModes(vec![mode]), Extension::PreSharedKey(psks)]
}

fn send(machine: &mut HandshakeMachine, hello: &ClientHello<'static>) -> Result<(), Error> {
    machine.receive(Epoch::Initial, &Handshake::ClientHello(hello.clone()).to_bytes())
}

#[track_caller]
fn refused_by(config: ServerConfig, hello: &ClientHello<'static>, alert: Alert) {
    let error = send(&mut server(config), hello).expect_err("it is to be refused");
    assert_eq!(error.alert(), Some(alert), "{error}");
}

#[track_caller]
fn refused(hello: &ClientHello<'static>, alert: Alert) {
    refused_by(config(), hello, alert);
}

/// The messages that the server sends, with the name of each.
fn sent(machine: &mut HandshakeMachine) -> Vec<String> {
    let outputs = std::iter::from_fn(|| machine.poll());
    let names = outputs.filter_map(|output| match output {
        Output::Send { message, .. } => Some(wirelab_tls::HandshakeType(message[0]).to_string()),
        _ => None,
    });
    names.collect()
}

const FLIGHT: [&str; 5] =
    ["server_hello", "encrypted_extensions", "certificate", "certificate_verify", "finished"];

#[track_caller]
fn answered(hello: &ClientHello<'static>) -> HandshakeMachine {
    let mut machine = server(config());
    send(&mut machine, hello).expect("it is to be answered");
    assert_eq!(sent(&mut machine), FLIGHT);
    machine
}

#[test]
fn the_least_that_a_client_can_say_is_answered() {
    answered(&hello());
}

#[test]
fn s4_2_1_a_client_without_tls_1_3_is_told_so() {
    refused(&without(hello(), &[ExtensionType::SUPPORTED_VERSIONS]), Alert::PROTOCOL_VERSION);
    refused(&with([Extension::SupportedVersions(vec![ProtocolVersion::TLS1_2])]), Alert::PROTOCOL_VERSION);
}

/// "Servers MUST NOT use the ClientHello.legacy_version value for version negotiation"
#[test]
fn s4_2_1_legacy_version_does_not_matter() {
    for version in [0x0301, 0x0302, 0x0304, 0x7f00] {
        answered(&ClientHello { legacy_version: ProtocolVersion(version), ..hello() });
    }
}

#[test]
fn sd_5_ssl_3_0_is_never_spoken() {
    let hello = ClientHello { legacy_version: ProtocolVersion(0x0300), ..hello() };
    refused(&hello, Alert::PROTOCOL_VERSION);
}

#[test]
fn s4_1_2_compression_is_refused() {
    refused(&ClientHello { legacy_compression_methods: &[0, 1], ..hello() }, Alert::ILLEGAL_PARAMETER);
    refused(&ClientHello { legacy_compression_methods: &[1], ..hello() }, Alert::ILLEGAL_PARAMETER);
}

#[test]
fn s9_2_extensions_that_need_each_other() {
    use ExtensionType as Type;
    let needed: [&[Type]; 4] = [
        &[Type::SUPPORTED_GROUPS],
        &[Type::KEY_SHARE],
        &[Type::SIGNATURE_ALGORITHMS],
        &[Type::SUPPORTED_GROUPS, Type::KEY_SHARE],
    ];
    for missing in needed {
        refused(&without(hello(), missing), Alert::MISSING_EXTENSION);
    }
}

#[test]
fn s4_2_9_pre_shared_keys_need_their_modes() {
    let hello = with(psk(PskKeyExchangeMode::PSK_DHE_KE));
    refused(&without(hello, &[ExtensionType::PSK_KEY_EXCHANGE_MODES]), Alert::MISSING_EXTENSION);
}

/// With pre-shared keys alone a client may do without; but none of them is known here, and a certificate has to be shown.
#[test]
fn s4_2_3_a_certificate_needs_signature_algorithms() {
    let hello = with(psk(PskKeyExchangeMode::PSK_DHE_KE));
    refused(&without(hello, &[ExtensionType::SIGNATURE_ALGORITHMS]), Alert::MISSING_EXTENSION);
}

#[test]
fn s4_2_11_an_unknown_ticket_or_the_mode_without_a_key_exchange_leads_to_a_full_handshake() {
    for mode in [PskKeyExchangeMode::PSK_DHE_KE, PskKeyExchangeMode::PSK_KE] {
        let tickets = Some(Arc::new(Tickets::new(Duration::from_secs(60))));
        let mut machine = server(ServerConfig { tickets, ..config() });
        send(&mut machine, &with(psk(mode))).unwrap();
        assert_eq!(sent(&mut machine), FLIGHT);
        assert!(!machine.summary().resumed);
    }
}

#[test]
fn s4_2_8_key_shares_are_of_supported_groups_and_one_of_each() {
    refused(&with([Extension::KeyShares(vec![SHARE, SHARE])]), Alert::ILLEGAL_PARAMETER);
    let other = KeyShareEntry { group: NamedGroup::SECP384R1, key_exchange: &[4; 97] };
    refused(&with([Extension::KeyShares(vec![SHARE, other])]), Alert::ILLEGAL_PARAMETER);
}

#[test]
fn s4_2_8_2_a_key_share_is_a_key_of_its_group() {
    let shares: [&'static [u8]; 4] = [&[9; 31], &[9; 33], &[0; 32], &[9; 1]];
    for key_exchange in shares {
        let share = KeyShareEntry { key_exchange, ..SHARE };
        refused(&with([Extension::KeyShares(vec![share])]), Alert::ILLEGAL_PARAMETER);
    }
    // Not a point of the curve.
    let share = KeyShareEntry { group: NamedGroup::SECP256R1, key_exchange: &[4; 65] };
    refused(&with([Extension::KeyShares(vec![share])]), Alert::ILLEGAL_PARAMETER);
}

/// "Servers MUST ignore unrecognized cipher suites", and the same for groups, versions, signatures and extensions.
#[test]
fn s4_1_2_what_is_unknown_is_ignored() {
    let grease = KeyShareEntry { group: NamedGroup(0x1a1a), key_exchange: &[0] };
    let mut hello = with([
        Extension::SupportedVersions(vec![ProtocolVersion(0x2a2a), ProtocolVersion::TLS1_3]),
        Extension::SupportedGroups(vec![NamedGroup(0x1a1a), NamedGroup(0x7777), NamedGroup::X25519]),
        Extension::KeyShares(vec![grease, SHARE]),
        Extension::SignatureAlgorithms(vec![
            SignatureScheme(0x3a3a),
            SignatureScheme::ECDSA_SECP256R1_SHA256,
        ]),
        Extension::Unknown { extension_type: ExtensionType(0x4a4a), extension_data: b"x" },
    ]);
    hello.cipher_suites = vec![CipherSuite(0x0a0a), CipherSuite(0x1399), CipherSuite::TLS_AES_128_GCM_SHA256];
    answered(&hello);
}

#[test]
fn s4_1_1_nothing_in_common_is_a_handshake_failure() {
    let hello_with = |suite| ClientHello { cipher_suites: vec![suite], ..hello() };
    refused(&hello_with(CipherSuite::TLS_AES_128_CCM_SHA256), Alert::HANDSHAKE_FAILURE);
    let group = NamedGroup::SECP521R1;
    let groups = [Extension::SupportedGroups(vec![group]), Extension::KeyShares(Vec::new())];
    refused(&with(groups), Alert::HANDSHAKE_FAILURE);
}

#[test]
fn s4_4_3_pkcs_1_v1_5_signs_no_handshake() {
    let schemes = Extension::SignatureAlgorithms(vec![SignatureScheme::RSA_PKCS1_SHA256]);
    refused(&with([schemes]), Alert::HANDSHAKE_FAILURE);
    assert_eq!(answered(&hello()).summary().signature, Some(SignatureScheme::ECDSA_SECP256R1_SHA256));
}

#[test]
fn rfc_7301_s3_2_no_protocol_in_common_is_fatal() {
    let config = ServerConfig { alpn: vec![Bytes::from_static(b"h2")], ..config() };
    let offer = Extension::ApplicationLayerProtocolNegotiation(vec![b"http/1.1"]);
    refused_by(config.clone(), &with([offer]), Alert::NO_APPLICATION_PROTOCOL);
    let mut machine = server(config);
    send(&mut machine, &hello()).expect("who offers none is not refused");
}

#[test]
fn s4_2_2_a_cookie_that_was_not_sent_is_refused() {
    refused(&with([Extension::Cookie(b"crumbs")]), Alert::ILLEGAL_PARAMETER);
}

#[test]
fn s4_2_10_early_data_needs_a_pre_shared_key() {
    refused(&with([Extension::EarlyData]), Alert::ILLEGAL_PARAMETER);
}

#[test]
fn the_servers_preference_decides_unless_the_client_begins_with_chacha20() {
    let [aes, chacha] = [CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_CHACHA20_POLY1305_SHA256];
    for (offered, chosen) in [
        (vec![aes, chacha], aes),
        (vec![CipherSuite::TLS_AES_256_GCM_SHA384, chacha, aes], aes),
        (vec![chacha, aes], chacha),
        (vec![CipherSuite(0x5a5a), chacha, aes], chacha),
    ] {
        let machine = answered(&ClientHello { cipher_suites: offered, ..hello() });
        assert_eq!(machine.summary().suite, Some(chosen));
    }
}

/// A server that prefers P-256 takes x25519, of which it has a share; without one it asks for P-256.
#[test]
fn s4_1_1_a_group_with_a_share_is_preferred() {
    let config = ServerConfig { groups: vec![NamedGroup::SECP256R1, NamedGroup::X25519], ..config() };
    let mut machine = server(config.clone());
    send(&mut machine, &hello()).unwrap();
    assert_eq!(machine.summary().group, Some(NamedGroup::X25519));
    let mut machine = server(config);
    send(&mut machine, &with([Extension::KeyShares(Vec::new())])).unwrap();
    assert_eq!(machine.summary().group, Some(NamedGroup::SECP256R1));
    assert!(machine.summary().hello_retry);
}

/// A server that has asked for a share of x25519.
fn asking() -> HandshakeMachine {
    let mut machine = server(config());
    send(&mut machine, &with([Extension::KeyShares(Vec::new())])).unwrap();
    assert_eq!(sent(&mut machine), ["server_hello"]);
    machine
}

#[test]
fn s4_1_2_a_second_hello_with_the_share_and_other_padding_is_answered() {
    let padding = Extension::Unknown { extension_type: ExtensionType::PADDING, extension_data: &[0; 9] };
    for second in [hello(), with([padding])] {
        let mut machine = asking();
        send(&mut machine, &second).unwrap();
        assert_eq!(sent(&mut machine), FLIGHT);
    }
}

#[test]
fn s4_1_2_nothing_else_changes_in_a_second_hello() {
    let p256 = KeyShareEntry { group: NamedGroup::SECP256R1, key_exchange: &[4; 65] };
    let [aes, chacha] = [CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_CHACHA20_POLY1305_SHA256];
    let changed = [
        ("random", ClientHello { random: &[8; 32], ..hello() }),
        ("session id", ClientHello { legacy_session_id: &[1; 32], ..hello() }),
        ("suites", ClientHello { cipher_suites: vec![aes, chacha], ..hello() }),
        ("version", ClientHello { legacy_version: ProtocolVersion::TLS1_0, ..hello() }),
        ("an extension more", with([Extension::PostHandshakeAuth])),
        ("groups", with([Extension::SupportedGroups(vec![NamedGroup::X25519])])),
        ("no share", with([Extension::KeyShares(Vec::new())])),
        ("two shares", with([Extension::KeyShares(vec![SHARE, p256])])),
        ("another share", with([Extension::KeyShares(vec![p256])])),
        ("a pre-shared key more", with(psk(PskKeyExchangeMode::PSK_DHE_KE))),
        ("a cookie", with([Extension::Cookie(b"crumbs")])),
    ];
    for (what, second) in changed {
        let error = send(&mut asking(), &second).expect_err(what);
        assert_eq!(error.alert(), Some(Alert::ILLEGAL_PARAMETER), "{what}: {error}");
    }
}

#[test]
fn s4_2_10_early_data_is_not_offered_again_after_a_retry() {
    let offer = || psk(PskKeyExchangeMode::PSK_DHE_KE);
    let with_early = |shares| {
        let [modes, psks] = offer();
        with([Extension::KeyShares(shares), modes, Extension::EarlyData, psks])
    };
    let mut machine = server(config());
    send(&mut machine, &with_early(Vec::new())).unwrap();
    let outputs: Vec<Output> = std::iter::from_fn(|| machine.poll()).collect();
    assert!(
        outputs.iter().any(|output| matches!(output, Output::EarlyData(_))),
        "it is skipped: {outputs:?}"
    );
    let error = send(&mut machine, &with_early(vec![SHARE])).unwrap_err();
    assert_eq!(error.alert(), Some(Alert::ILLEGAL_PARAMETER));
}

#[track_caller]
fn unexpected(machine: &mut HandshakeMachine, epoch: Epoch, message: Handshake<'_>) {
    let error = machine.receive(epoch, &message.to_bytes()).expect_err("it has no place here");
    assert_eq!(error.alert(), Some(Alert::UNEXPECTED_MESSAGE), "{error}");
    let again = machine.receive(epoch, &message.to_bytes()).expect_err("the handshake is over");
    assert_eq!(again, Misuse::Failed.into());
}

#[test]
fn s4_a_message_out_of_its_order_is_refused() {
    let finished = || Handshake::Finished(Finished { verify_data: &[0; 32] });
    unexpected(&mut server(config()), Epoch::Initial, finished());
    unexpected(&mut answered(&hello()), Epoch::Handshake, Handshake::EndOfEarlyData(EndOfEarlyData));
    unexpected(&mut answered(&hello()), Epoch::Handshake, Handshake::Certificate(Certificate::default()));
    let update = KeyUpdate { request_update: KeyUpdateRequest::UpdateNotRequested };
    unexpected(&mut answered(&hello()), Epoch::Handshake, Handshake::KeyUpdate(update));
}

#[test]
fn s4_a_message_under_other_keys_is_refused() {
    let finished = Handshake::Finished(Finished { verify_data: &[0; 32] });
    for epoch in [Epoch::Initial, Epoch::EarlyData, Epoch::Application] {
        let error = answered(&hello()).receive(epoch, &finished.to_bytes()).unwrap_err();
        assert_eq!(error.alert(), Some(Alert::UNEXPECTED_MESSAGE), "{epoch:?}");
    }
}

#[test]
fn s4_4_4_a_finished_that_does_not_verify_is_refused() {
    let finished = Handshake::Finished(Finished { verify_data: &[0; 32] });
    let mut machine = answered(&hello());
    let error = machine.receive(Epoch::Handshake, &finished.to_bytes()).unwrap_err();
    assert_eq!(error.alert(), Some(Alert::DECRYPT_ERROR));
    assert!(!machine.is_complete());
}

#[track_caller]
fn certificate_refused(certificate: Certificate<'_>, required: bool, alert: Alert) {
    let verifier = Arc::new(Anything);
    let client_auth = if required { ClientAuth::Required(verifier) } else { ClientAuth::Optional(verifier) };
    let mut machine = server(ServerConfig { client_auth, ..config() });
    send(&mut machine, &hello()).unwrap();
    assert!(sent(&mut machine).contains(&"certificate_request".to_owned()));
    let message = Handshake::Certificate(certificate).to_bytes();
    let error = machine.receive(Epoch::Handshake, &message).expect_err("it is to be refused");
    assert_eq!(error.alert(), Some(alert), "{error}");
}

#[test]
fn s4_4_2_what_a_clients_certificate_message_may_not_say() {
    let entry = CertificateEntry { cert_data: b"leaf", extensions: Extensions::new() };
    let context = Certificate { certificate_request_context: b"x", certificate_list: vec![entry.clone()] };
    certificate_refused(context, false, Alert::ILLEGAL_PARAMETER);
    let stapled = Extensions::from_iter([Extension::CertificateStatus(b"good")]);
    let unasked = CertificateEntry { extensions: stapled, ..entry.clone() };
    let unasked = Certificate { certificate_list: vec![unasked], ..Certificate::default() };
    certificate_refused(unasked, false, Alert::UNSUPPORTED_EXTENSION);
    let long = Certificate { certificate_list: vec![entry; 11], ..Certificate::default() };
    certificate_refused(long, false, Alert::BAD_CERTIFICATE);
    certificate_refused(Certificate::default(), true, Alert::CERTIFICATE_REQUIRED);
}

const WINDOW: Duration = Duration::from_secs(10);
const START: UnixMillis = UnixMillis(1_000_000);

/// RFC 8446 §8.2: what was taken is remembered for as long as it could be fresh, twice the window.
#[test]
fn s8_2_a_flight_is_remembered_while_it_is_fresh() {
    for after in [0, 1, 10_000, 19_999, 20_000] {
        let replay = AntiReplay::new(WINDOW, 10);
        assert!(replay.is_new(&[1; 32], 0, START));
        assert!(!replay.is_new(&[1; 32], 0, START + Duration::from_millis(after)), "{after} ms later");
    }
}

/// A connection that has waited knows an old time; what it would take for fresh may be forgotten.
#[test]
fn s8_2_a_time_before_what_is_remembered_is_refused() {
    let replay = AntiReplay::new(WINDOW, 10);
    assert!(replay.is_new(&[1; 32], 0, START));
    assert!(replay.is_new(&[2; 32], 0, START + WINDOW * 2));
    assert!(replay.is_new(&[3; 32], 0, START + WINDOW * 4));
    assert!(!replay.is_new(&[1; 32], 0, START), "a replay at a stale time");
}

#[test]
fn s8_2_a_full_memory_takes_no_early_data_until_it_forgets() {
    let replay = AntiReplay::new(WINDOW, 2);
    assert!(replay.is_new(&[1; 32], 0, START) && replay.is_new(&[2; 32], 0, START));
    assert!(!replay.is_new(&[3; 32], 0, START));
    assert!(replay.is_new(&[3; 32], 0, START + WINDOW * 2));
}
