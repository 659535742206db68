//! ServerHello (RFC 8446 §4.1.3): the keys of the handshake.

use super::offer::{Offer, Said};
use super::progress::{Early, Progress};
use super::psk::Psk;
use super::{AwaitEncryptedExtensions, AwaitServerHello, Context, Step};
use crate::handshake::rules::{self, check};
use crate::key_schedule::EarlySecret;
use crate::{
    CipherSuite, Direction, EarlyData, Epoch, Error, ExtensionType, KeyShareEntry, Output, ProtocolVersion,
    ServerHello, SharedSecret, Suite, Transcript, Violation,
};

const MESSAGE: &str = "ServerHello";

pub(super) fn receive(
    step: AwaitServerHello,
    hello: &ServerHello<'_>,
    message: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let AwaitServerHello { offer, retried, change_cipher_spec } = step;
    let version = check_version(hello)?;
    let ServerHello { legacy_version, legacy_session_id_echo, cipher_suite, .. } = *hello;
    let suite = check_choice(&offer.said, legacy_version, version, legacy_session_id_echo, cipher_suite)?;
    offer.said.check_answers(MESSAGE, &hello.extensions, &[])?;
    let mut transcript = match retried {
        Some(retried) => {
            // RFC 8446 §4.1.4: the suite stays that of the HelloRetryRequest.
            check(retried.suite == suite, "cipher_suite", &rules::SUITE_CHANGED)?;
            retried.transcript
        }
        None => Transcript::new(suite.hash()),
    };
    transcript.add(&offer.message);
    transcript.add(message);

    let Offer { said, keys, psk, early_data, .. } = offer;
    let psk = select(psk, hello, suite)?;
    let share = find_share(hello, psk.is_some())?;
    // RFC 8446 §4.2.8: in the group of a share that was sent; after a HelloRetryRequest there is one, of the group asked for.
    let key = keys.into_iter().find(|key| key.group() == share.group);
    let key =
        key.ok_or(Violation::IllegalParameter { field: "key_share", rule: &rules::GROUP_WITHOUT_SHARE })?;
    let shared = key.agree(share.key_exchange).map_err(|_| Violation::BadKeyShare)?;

    let summary = &mut cx.shared.summary;
    (summary.suite, summary.group) = (Some(suite.id()), Some(share.group));
    summary.resumed = psk.is_some();
    let early = match (early_data, &psk) {
        (None, _) => Early::None,
        (Some(max), Some(_)) => Early::Offered(max),
        (Some(_), None) => {
            // Without its key nobody can read the early data.
            cx.shared.push(Output::EarlyData(EarlyData::Rejected { max: 0 }));
            Early::Rejected
        }
    };
    Ok(derive(Derive { suite, transcript, shared, psk, said, early, change_cipher_spec }, cx))
}

/// What the keys are made of, and what goes on.
struct Derive {
    suite: Suite,
    transcript: Transcript,
    shared: SharedSecret,
    psk: Option<Psk>,
    said: Said,
    early: Early,
    change_cipher_spec: bool,
}

fn derive(from: Derive, cx: &mut Context<'_>) -> Step {
    let Derive { suite, transcript, shared, psk, said, early, change_cipher_spec } = from;
    let steps = &mut cx.shared.steps;
    let (session, secret) = match psk {
        Some(Psk { session, early, .. }) => (Some(session), early),
        None => (None, EarlySecret::new(suite.hash(), None, steps)),
    };
    let stage = secret.into_handshake(Some(&shared), steps);
    let digest = transcript.digest();
    let client = stage.client_traffic(digest.as_ref(), steps);
    let server = stage.server_traffic(digest.as_ref(), steps);
    cx.shared.keys(Direction::Read, Epoch::Handshake, suite, &server, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    if change_cipher_spec {
        // RFC 8446 §D.4: before the second flight.
        cx.shared.push(Output::ChangeCipherSpec);
    }
    let progress = Progress { suite, transcript, stage, client, server, said, session, early };
    // While early data may go on, what is sent stays under its keys.
    if !matches!(progress.early, Early::Offered(_)) {
        progress.write_handshake_keys(cx);
    }
    Step::EncryptedExtensions(AwaitEncryptedExtensions { progress: Box::new(progress) })
}

/// RFC 8446 §4.1.3, §4.2.1: a ServerHello without supported_versions is one of an older version.
fn check_version(hello: &ServerHello<'_>) -> Result<ProtocolVersion, Error> {
    match hello.extensions.selected_version() {
        Some(version) => Ok(version),
        None if hello.has_downgrade_sentinel() => Err(Violation::Downgrade.into()),
        None => Err(Violation::NoCommonVersion { offered: hello.legacy_version.to_string() }.into()),
    }
}

/// The fields that ServerHello and HelloRetryRequest share.
pub(super) fn check_choice(
    said: &Said,
    legacy_version: ProtocolVersion,
    version: ProtocolVersion,
    session_id: &[u8],
    suite: CipherSuite,
) -> Result<Suite, Error> {
    // RFC 8446 §4.2.1: a version that was not offered is an illegal parameter.
    check(version == ProtocolVersion::TLS1_3, "selected_version", &rules::VERSION_NOT_OFFERED)?;
    check(legacy_version == ProtocolVersion::TLS1_2, "legacy_version", &rules::LEGACY_VERSION)?;
    check(session_id == said.session_id, "legacy_session_id_echo", &rules::SESSION_ID_ECHO)?;
    let offered = said.suites.contains(&suite).then(|| Suite::find(suite)).flatten();
    let not_offered = Violation::IllegalParameter { field: "cipher_suite", rule: &rules::SUITE_NOT_OFFERED };
    Ok(offered.ok_or(not_offered)?)
}

/// RFC 8446 §4.2.11: the pre-shared key, if the server has taken it.
fn select(psk: Option<Psk>, hello: &ServerHello<'_>, suite: Suite) -> Result<Option<Psk>, Error> {
    let Some(identity) = hello.extensions.selected_identity() else { return Ok(None) };
    let psk = psk.filter(|_| identity == 0);
    check(psk.is_some(), "selected_identity", &rules::IDENTITY_NOT_OFFERED)?;
    let fits = psk.as_ref().is_some_and(|psk| psk.session.psk.hash() == suite.hash());
    check(fits, "cipher_suite", &rules::HASH_OF_PSK)?;
    Ok(psk)
}

fn find_share<'a>(hello: &ServerHello<'a>, resumed: bool) -> Result<KeyShareEntry<'a>, Error> {
    let share = hello.extensions.key_share();
    if resumed {
        check(share.is_some(), "key_share", &rules::PSK_WITHOUT_SHARE)?;
    }
    // RFC 8446 §9.2: a handshake with a certificate has a key exchange.
    let missing = Violation::MissingExtension { message: MESSAGE, extension: ExtensionType::KEY_SHARE };
    Ok(share.ok_or(missing)?)
}
