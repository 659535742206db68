//! Messages of any kind come back as they were; bytes of any kind do no harm.

use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_tls::{
    Alert, Certificate, CertificateEntry, CertificateVerify, CipherSuite, ClientHello, Extension,
    ExtensionType, Extensions, Handshake, KeyShareEntry, NamedGroup, NewSessionTicket, OfferedPsks,
    ProtocolVersion, PskIdentity, PskKeyExchangeMode, Record, ServerHello, ServerName, SignatureScheme,
    fill_binders,
};
use wirelab_wire::{Decode, Encode, Reader, testing};

/// Bytes that live as long as the test.
fn bytes(len: std::ops::Range<usize>) -> impl Strategy<Value = &'static [u8]> {
    vec(any::<u8>(), len).prop_map(|bytes| &*bytes.leak())
}

fn random() -> impl Strategy<Value = &'static [u8; 32]> {
    any::<[u8; 32]>().prop_map(|random| &*Box::leak(Box::new(random)))
}

fn key_share() -> impl Strategy<Value = KeyShareEntry<'static>> {
    let share = (any::<u16>(), bytes(1..70));
    share.prop_map(|(group, key_exchange)| KeyShareEntry { group: NamedGroup(group), key_exchange })
}

/// An extension that a ClientHello may hold anywhere.
fn client_extension() -> impl Strategy<Value = Extension<'static>> {
    prop_oneof![
        bytes(1..30).prop_map(|name| Extension::ServerName(vec![ServerName::host_name(name)])),
        vec(any::<u16>().prop_map(NamedGroup), 1..9).prop_map(Extension::SupportedGroups),
        vec(any::<u16>().prop_map(SignatureScheme), 1..9).prop_map(Extension::SignatureAlgorithms),
        vec(any::<u16>().prop_map(SignatureScheme), 1..9).prop_map(Extension::SignatureAlgorithmsCert),
        vec(bytes(1..12), 1..4).prop_map(Extension::ApplicationLayerProtocolNegotiation),
        vec(any::<u16>().prop_map(ProtocolVersion), 1..9).prop_map(Extension::SupportedVersions),
        vec(key_share(), 0..4).prop_map(Extension::KeyShares),
        vec(any::<u8>().prop_map(PskKeyExchangeMode), 1..4).prop_map(Extension::PskKeyExchangeModes),
        vec(bytes(1..20), 1..4).prop_map(Extension::CertificateAuthorities),
        bytes(1..40).prop_map(Extension::Cookie),
        (64_u16..).prop_map(Extension::RecordSizeLimit),
        Just(Extension::EarlyData),
        Just(Extension::PostHandshakeAuth),
        (0x1000_u16..0x2000, bytes(0..30)).prop_map(|(kind, extension_data)| Extension::Unknown {
            extension_type: ExtensionType(kind),
            extension_data,
        }),
    ]
}

fn psks() -> impl Strategy<Value = Extension<'static>> {
    let identity = (bytes(1..60), any::<u32>());
    let identity = identity
        .prop_map(|(identity, obfuscated_ticket_age)| PskIdentity { identity, obfuscated_ticket_age });
    vec((identity, bytes(32..49)), 1..4).prop_map(|offered| {
        let (identities, binders) = offered.into_iter().unzip();
        Extension::PreSharedKey(OfferedPsks { identities, binders })
    })
}

fn client_hello() -> impl Strategy<Value = Handshake<'static>> {
    let suites = vec(any::<u16>().prop_map(CipherSuite), 1..20);
    let parts = (random(), bytes(0..33), suites, vec(client_extension(), 0..8), prop::option::of(psks()));
    parts.prop_map(|(random, legacy_session_id, cipher_suites, extensions, psks)| {
        Handshake::ClientHello(ClientHello {
            legacy_version: ProtocolVersion::TLS1_2,
            random,
            legacy_session_id,
            cipher_suites,
            legacy_compression_methods: ClientHello::NO_COMPRESSION,
            extensions: extensions.into_iter().chain(psks).collect(),
        })
    })
}

fn server_message() -> impl Strategy<Value = Handshake<'static>> {
    let hello = (random(), bytes(0..33), any::<u16>(), key_share(), prop::option::of(any::<u16>()));
    let hello = hello.prop_map(|(random, legacy_session_id_echo, suite, share, identity)| {
        let version = Extension::SelectedVersion(ProtocolVersion::TLS1_3);
        let extensions = [version, Extension::KeyShare(share)];
        Handshake::ServerHello(ServerHello {
            legacy_version: ProtocolVersion::TLS1_2,
            random,
            legacy_session_id_echo,
            cipher_suite: CipherSuite(suite),
            extensions: extensions.into_iter().chain(identity.map(Extension::SelectedIdentity)).collect(),
        })
    });
    let entry =
        (bytes(1..90), prop::option::of(bytes(1..30))).prop_map(|(cert_data, status)| CertificateEntry {
            cert_data,
            extensions: status.map(Extension::CertificateStatus).into_iter().collect(),
        });
    let certificate =
        (bytes(0..9), vec(entry, 0..4)).prop_map(|(certificate_request_context, certificate_list)| {
            Handshake::Certificate(Certificate { certificate_request_context, certificate_list })
        });
    let verify = (any::<u16>(), bytes(0..90)).prop_map(|(algorithm, signature)| {
        Handshake::CertificateVerify(CertificateVerify { algorithm: SignatureScheme(algorithm), signature })
    });
    let ticket = (0_u32..604_801, any::<u32>(), bytes(0..9), bytes(1..90), prop::option::of(any::<u32>()));
    let ticket = ticket.prop_map(|(ticket_lifetime, ticket_age_add, ticket_nonce, ticket, early)| {
        let extensions = early.map(Extension::MaxEarlyDataSize).into_iter().collect();
        let ticket = NewSessionTicket { ticket_lifetime, ticket_age_add, ticket_nonce, ticket, extensions };
        Handshake::NewSessionTicket(ticket)
    });
    prop_oneof![hello, certificate, verify, ticket]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn messages_are_what_was_written(message in prop_oneof![client_hello(), server_message()]) {
        testing::decode_inverts_encode(&message);
        testing::writer_names_equal_reader_names(&message);
        testing::strict_prefixes_are_incomplete::<Handshake<'_>>(message.to_bytes().to_vec().leak());
    }

    #[test]
    fn bytes_of_any_kind_do_no_harm(kind in 0_u8..26, body in vec(any::<u8>(), 0..60)) {
        let message = [&[kind, 0, 0, body.len() as u8][..], &body].concat();
        testing::never_panics::<Handshake<'_>>(message.leak());
        testing::never_panics::<Handshake<'_>>(body.clone().leak());
        testing::never_panics::<Record<'_>>(body.clone().leak());
        testing::never_panics::<Alert>(body.leak());
    }

    #[test]
    fn binders_are_filled_in_at_the_end(message in client_hello(), fill in any::<u8>()) {
        let mut bytes = message.to_bytes();
        let Handshake::ClientHello(hello) = &message else { unreachable!() };
        let Some(psks) = hello.extensions.pre_shared_key() else {
            prop_assert_eq!(hello.binders_len(), 0);
            return Ok(());
        };
        let binders: Vec<Vec<u8>> = psks.binders.iter().map(|binder| vec![fill; binder.len()]).collect();
        let before = bytes.len() - hello.binders_len();
        let kept = bytes[..before].to_vec();
        prop_assert!(fill_binders(&mut bytes, &binders));
        prop_assert_eq!(&bytes[..before], &kept[..]);
        let Ok(Handshake::ClientHello(read)) = Handshake::decode(&mut Reader::whole(&bytes)) else { panic!() };
        prop_assert_eq!(&read.extensions.pre_shared_key().expect("keys").binders, &binders);
        prop_assert!(!fill_binders(&mut bytes, &[vec![0; 31]]));
    }

    #[test]
    fn of_two_extensions_of_a_type_the_later_one_counts(first in 64_u16.., second in 64_u16..) {
        let list = Extensions::from_iter([first, second].map(Extension::RecordSizeLimit));
        prop_assert_eq!((list.record_size_limit(), list.iter().count()), (Some(second), 1));
    }
}
