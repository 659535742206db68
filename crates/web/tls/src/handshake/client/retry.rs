//! HelloRetryRequest (RFC 8446 §4.1.4), and the second ClientHello, which is the first with the changes that were asked for.

use bytes::Bytes;

use super::hello::{blank_binder, write};
use super::offer::{Offer, Said};
use super::server_hello::check_choice;
use super::{AwaitServerHello, Context, Step};
use crate::handshake::rules::{self, check};
use crate::handshake::shared::{decode, unexpected};
use crate::{
    ClientHello, EarlyData, EphemeralKey, Epoch, Error, Extension, ExtensionType, Extensions, Handshake,
    HandshakeType, HelloRetryRequest, KeyShareEntry, NamedGroup, OfferedPsks, Output, Suite, Transcript,
    Violation,
};

/// What a HelloRetryRequest has settled.
#[derive(Debug)]
pub(super) struct Retried {
    /// The suite, which the ServerHello has to repeat.
    pub(super) suite: Suite,
    /// Up to the HelloRetryRequest.
    pub(super) transcript: Transcript,
}

pub(super) fn receive(
    step: AwaitServerHello,
    request: &HelloRetryRequest<'_>,
    message: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    // RFC 8446 §4.1.4: a second one in a connection is an unexpected message.
    if step.retried.is_some() {
        return Err(unexpected(HandshakeType::SERVER_HELLO, "ServerHello, after a HelloRetryRequest"));
    }
    let suite = check_request(&step.offer, request)?;
    let mut transcript = Transcript::after_retry(suite.hash(), suite.hash().of(&step.offer.message).as_ref());
    transcript.add(message);
    cx.shared.summary.hello_retry = true;
    if step.offer.early_data.is_some() {
        // RFC 8446 §4.2.10: no early data after a HelloRetryRequest.
        cx.shared.push(Output::EarlyData(EarlyData::Rejected { max: 0 }));
    }
    if step.change_cipher_spec {
        cx.shared.push(Output::ChangeCipherSpec);
    }
    let retried = Retried { suite, transcript };
    let offer = second(step.offer, request, &retried, cx)?;
    cx.shared.send_encoded(Epoch::Initial, offer.message.clone());
    let step = AwaitServerHello { offer, retried: Some(retried), change_cipher_spec: false };
    Ok(Step::ServerHello(Box::new(step)))
}

fn check_request(offer: &Offer, request: &HelloRetryRequest<'_>) -> Result<Suite, Error> {
    const MESSAGE: &str = "HelloRetryRequest";
    let HelloRetryRequest { legacy_version, legacy_session_id_echo, cipher_suite, extensions } = request;
    let Some(version) = extensions.selected_version() else {
        let extension = ExtensionType::SUPPORTED_VERSIONS;
        return Err(Violation::MissingExtension { message: MESSAGE, extension }.into());
    };
    let suite = check_choice(&offer.said, *legacy_version, version, legacy_session_id_echo, *cipher_suite)?;
    // RFC 8446 §4.1.4: nothing that was not offered, but for the cookie.
    offer.said.check_answers(MESSAGE, extensions, &[ExtensionType::COOKIE])?;
    if let Some(group) = extensions.selected_group() {
        // RFC 8446 §4.2.8: the group was offered, and no share of it was.
        check(offer.said.groups.contains(&group), "selected_group", &rules::GROUP_NOT_OFFERED)?;
        let shared = offer.keys.iter().any(|key| key.group() == group);
        check(!shared, "selected_group", &rules::GROUP_SHARED_ALREADY)?;
    }
    // RFC 8446 §4.1.4: a request that changes nothing would be answered with the same hello for ever.
    let changes = extensions.selected_group().is_some() || extensions.cookie().is_some();
    check(changes, "extensions", &rules::RETRY_CHANGES_NOTHING)?;
    Ok(suite)
}

/// RFC 8446 §4.1.2: the same hello, with the share that was asked for, the cookie, no early data, new binders; and
/// without a pre-shared key whose hash is not the suite's.
fn second(
    first: Offer,
    request: &HelloRetryRequest<'_>,
    retried: &Retried,
    cx: &mut Context<'_>,
) -> Result<Offer, Error> {
    let keys = match request.extensions.selected_group() {
        Some(group) => vec![cx.shared.entropy.ephemeral_key(group)?],
        None => first.keys,
    };
    let psk = first.psk.filter(|psk| psk.session.psk.hash() == retried.suite.hash());
    let Handshake::ClientHello(hello) = decode(&first.message)? else {
        return Err(unexpected(HandshakeType::CLIENT_HELLO, "the first ClientHello"));
    };
    let mut extensions = Extensions::new();
    for extension in &hello.extensions {
        match extension {
            Extension::EarlyData | Extension::PreSharedKey(_) => {}
            Extension::KeyShares(_) if request.extensions.selected_group().is_some() => {
                extensions.push(Extension::KeyShares(keys.iter().map(share).collect()));
            }
            other => extensions.push(other.clone()),
        }
    }
    if let Some(cookie) = request.extensions.cookie() {
        extensions.push(Extension::Cookie(cookie));
    }
    if let Some(psk) = &psk {
        let binders = vec![blank_binder(psk.session.psk.hash())];
        let identities = vec![psk.identity(cx.shared.now)];
        extensions.push(Extension::PreSharedKey(OfferedPsks { identities, binders }));
    }
    let hello = ClientHello { extensions, ..hello };
    let digest = |_, part: &[u8]| retried.transcript.digest_with(part);
    let message: Bytes = write(&hello, psk.as_ref(), cx, digest);
    let said = Said::of(&hello);
    drop(hello);
    Ok(Offer { message, said, keys, psk, early_data: None })
}

fn share(key: &EphemeralKey) -> KeyShareEntry<'_> {
    let group: NamedGroup = key.group();
    KeyShareEntry { group, key_exchange: key.public_key() }
}
