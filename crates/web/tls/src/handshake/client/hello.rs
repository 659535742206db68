//! The ClientHello (RFC 8446 §4.1.2).

use bytes::{Bytes, BytesMut};
use ring::digest::Digest;
use wirelab_wire::{Encode, Writer};
use wirelab_x509::ServerName as Peer;

use super::grease::Grease;
use super::offer::{Offer, Said};
use super::psk::Psk;
use super::{AwaitServerHello, Context};
use crate::wire::extension::{CertificateStatusRequest, fill_binders};
use crate::{
    CipherSuite, ClientConfig, ClientHello, Direction, EarlyData, EphemeralKey, Epoch, Error, Extension,
    ExtensionType, Extensions, Handshake, Hash, KeyShareEntry, Misuse, NamedGroup, OfferedPsks, Output,
    ProtocolVersion, PskKeyExchangeMode, ServerName, SignatureScheme, Suite,
};

/// Sends the first ClientHello.
pub(super) fn send(cx: &mut Context<'_>) -> Result<AwaitServerHello, Error> {
    let offer = build(cx)?;
    Ok(start(offer, cx.config.middlebox_compatibility, cx))
}

/// Sends a hello that is built.
pub(super) fn start(offer: Offer, mut change_cipher_spec: bool, cx: &mut Context<'_>) -> AwaitServerHello {
    cx.shared.send_encoded(Epoch::Initial, offer.message.clone());
    if let (Some(psk), Some(max)) = (&offer.psk, offer.early_data) {
        // RFC 8446 §D.4: with early data, right behind the first ClientHello; else before the second flight.
        if std::mem::take(&mut change_cipher_spec) {
            cx.shared.push(Output::ChangeCipherSpec);
        }
        start_early_data(cx, psk, &offer.message, max);
    }
    AwaitServerHello { offer, retried: None, change_cipher_spec }
}

fn start_early_data(cx: &mut Context<'_>, psk: &Psk, message: &[u8], max: u32) {
    let digest = psk.suite.hash().of(message);
    let secret = psk.early.client_early_traffic(digest.as_ref(), &mut cx.shared.steps);
    cx.shared.keys(Direction::Write, Epoch::EarlyData, psk.suite, &secret, "CLIENT_EARLY_TRAFFIC_SECRET");
    cx.shared.push(Output::EarlyData(EarlyData::Offered { max }));
}

fn build(cx: &mut Context<'_>) -> Result<Offer, Error> {
    let random = cx.shared.entropy.array::<32>()?;
    cx.shared.summary.client_random = random;
    let session_id = match cx.config.middlebox_compatibility {
        true => cx.shared.entropy.array::<32>()?.to_vec(),
        false => Vec::new(),
    };
    let grease = match cx.config.grease {
        true => Some(Grease::draw(&cx.shared.entropy)?),
        false => None,
    };
    let lists = Lists::of(cx.config)?;
    let with_share = lists.groups.iter().take(cx.config.key_shares);
    let keys =
        with_share.map(|group| cx.shared.entropy.ephemeral_key(*group)).collect::<Result<Vec<_>, _>>()?;
    let psk = resumable(cx);
    let early_data = psk.as_ref().and_then(|psk| psk.early_data(cx.config));

    let mut extensions = Extensions::new();
    if let Some(grease) = grease {
        extensions.push(unknown(grease.first_extension, &[]));
    }
    if let Some(name) = sent_name(cx.config, cx.name) {
        cx.shared.summary.server_name = Some(name.to_owned());
    }
    negotiate(cx.config, cx.name, &lists, grease, &keys, &mut extensions);
    if early_data.is_some() {
        extensions.push(Extension::EarlyData);
    }
    if let Some(grease) = grease {
        extensions.push(unknown(grease.last_extension, &[0]));
    }
    let blank = psk.as_ref().map(|psk| blank_binder(psk.session.psk.hash())).unwrap_or_default();
    if let Some(psk) = &psk {
        let identities = vec![psk.identity(cx.shared.now)];
        extensions.push(Extension::PreSharedKey(OfferedPsks { identities, binders: vec![blank] }));
    }
    let hello = ClientHello {
        legacy_version: ProtocolVersion::TLS1_2,
        random: &random,
        legacy_session_id: &session_id,
        cipher_suites: with_grease(grease.map(|grease| CipherSuite(grease.suite)), &lists.suites),
        legacy_compression_methods: ClientHello::NO_COMPRESSION,
        extensions,
    };
    let message = write(&hello, psk.as_ref(), cx, |hash, part| hash.of(part));
    let said = Said::of(&hello);
    drop(hello);
    Ok(Offer { message, said, keys, psk, early_data })
}

/// What the configuration names and this crate has.
struct Lists {
    suites: Vec<CipherSuite>,
    groups: Vec<NamedGroup>,
    schemes: Vec<SignatureScheme>,
}

impl Lists {
    fn of(config: &ClientConfig) -> Result<Self, Misuse> {
        let suites = config.suites.iter().copied().filter(|suite| Suite::find(*suite).is_some());
        let groups = config.groups.iter().copied().filter(|group| EphemeralKey::GROUPS.contains(group));
        let schemes = config.signature_schemes.iter().copied().filter(|scheme| scheme.algorithm().is_some());
        let lists = Lists { suites: suites.collect(), groups: groups.collect(), schemes: schemes.collect() };
        if lists.suites.is_empty() {
            return Err(Misuse::Config("suite"));
        }
        if lists.groups.is_empty() {
            return Err(Misuse::Config("group"));
        }
        match lists.schemes.iter().any(|scheme| scheme.signs_handshakes()) {
            true => Ok(lists),
            false => Err(Misuse::Config("signature scheme")),
        }
    }
}

/// Takes a session out of the store.
fn resumable(cx: &mut Context<'_>) -> Option<Psk> {
    let session = cx.config.sessions.as_ref()?.take(&cx.name.to_string())?;
    Psk::new(session, cx.config, cx.shared.now, &mut cx.shared.steps)
}

/// The name for server_name (RFC 6066 §3), where an address is not a name.
fn sent_name<'a>(config: &ClientConfig, name: &'a Peer) -> Option<&'a str> {
    match name {
        Peer::Dns(name) if config.send_server_name => Some(name.as_str()),
        _ => None,
    }
}

/// The extensions that every handshake has, and those that the configuration asks for.
fn negotiate<'a>(
    config: &'a ClientConfig,
    name: &'a Peer,
    lists: &Lists,
    grease: Option<Grease>,
    keys: &'a [EphemeralKey],
    extensions: &mut Extensions<'a>,
) {
    if let Some(name) = sent_name(config, name) {
        extensions.push(Extension::ServerName(vec![ServerName::host_name(name.as_bytes())]));
    }
    let group = grease.map(|grease| NamedGroup(grease.group));
    extensions.push(Extension::SupportedGroups(with_grease(group, &lists.groups)));
    let share = |key: &'a EphemeralKey| KeyShareEntry { group: key.group(), key_exchange: key.public_key() };
    // RFC 8701 §3.1: a share of the GREASE group may go along, of any length.
    let filler = group.map(|group| KeyShareEntry { group, key_exchange: &[0] });
    extensions.push(Extension::KeyShares(filler.into_iter().chain(keys.iter().map(share)).collect()));
    let version = grease.map(|grease| ProtocolVersion(grease.version));
    extensions.push(Extension::SupportedVersions(with_grease(version, &[ProtocolVersion::TLS1_3])));
    let scheme = grease.map(|grease| SignatureScheme(grease.scheme));
    extensions.push(Extension::SignatureAlgorithms(with_grease(scheme, &lists.schemes)));
    if !config.alpn.is_empty() {
        let protocols = config.alpn.iter().map(|protocol| &protocol[..]).collect();
        extensions.push(Extension::ApplicationLayerProtocolNegotiation(protocols));
    }
    let anything = CertificateStatusRequest::Ocsp { responder_id_list: &[], request_extensions: &[] };
    extensions.push(Extension::StatusRequest(anything));
    // RFC 8446 §4.2.9: whoever does not say how pre-shared keys may be used gets no tickets. psk_ke is not offered: such
    // a connection has no secrecy once the ticket's key is known.
    if config.sessions.is_some() {
        extensions.push(Extension::PskKeyExchangeModes(vec![PskKeyExchangeMode::PSK_DHE_KE]));
    }
    if let Some(limit) = config.record_size_limit {
        extensions.push(Extension::RecordSizeLimit(limit));
    }
}

/// Writes the message, with its binder over what `digest` makes of the part before the binders.
pub(super) fn write(
    hello: &ClientHello<'_>,
    psk: Option<&Psk>,
    cx: &mut Context<'_>,
    digest: impl FnOnce(Hash, &[u8]) -> Digest,
) -> Bytes {
    let mut message = BytesMut::new();
    Handshake::ClientHello(hello.clone()).encode(&mut Writer::new(&mut message));
    if let Some(psk) = psk {
        let before = message.len().saturating_sub(hello.binders_len());
        let part = message.get(..before).unwrap_or_default();
        let binder = psk.binder(digest(psk.session.psk.hash(), part).as_ref(), &mut cx.shared.steps);
        let filled = fill_binders(&mut message, &[binder.as_bytes()]);
        debug_assert!(filled, "the message was written with a binder of this length");
    }
    message.freeze()
}

/// A place of the binder's length. The binder covers the length fields before it, so that they are written first.
pub(super) fn blank_binder(hash: Hash) -> &'static [u8] {
    match hash {
        Hash::Sha256 => &[0; 32],
        Hash::Sha384 => &[0; 48],
    }
}

fn with_grease<T: Copy>(grease: Option<T>, values: &[T]) -> Vec<T> {
    grease.into_iter().chain(values.iter().copied()).collect()
}

fn unknown(kind: u16, extension_data: &[u8]) -> Extension<'_> {
    Extension::Unknown { extension_type: ExtensionType(kind), extension_data }
}
