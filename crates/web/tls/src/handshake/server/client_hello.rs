//! ClientHello (RFC 8446 §4.1.2): what it has to contain, and what becomes of it.

use wirelab_x509::DnsName;

use super::negotiate::{Choice, negotiate};
use super::retry::{self, Retried};
use super::{Context, Step, flight, resume};
use crate::handshake::rules::{self, check};
use crate::{
    ClientHello, EphemeralKey, Error, ExtensionType, KeyShareEntry, ProtocolVersion, Transcript, Violation,
};

const MESSAGE: &str = "ClientHello";

pub(super) fn receive(
    retried: Option<Box<Retried>>,
    hello: &ClientHello<'_>,
    message: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    check_version(hello)?;
    check_extensions(hello)?;
    let shares = check_shares(hello)?;
    note(hello, cx);
    let choice = negotiate(hello, cx)?;
    let Some(share) = shares.iter().find(|share| share.group == choice.group) else {
        // RFC 8446 §4.1.4: once is enough.
        check(retried.is_none(), "key_share", &rules::SHARE_NOT_AS_ASKED)?;
        return retry::send(&choice, hello, message, cx);
    };
    let (transcript, after_retry) = match retried {
        Some(retried) => (retried.check(hello, &choice)?, true),
        None => (Transcript::new(choice.suite.hash()), false),
    };
    answer(hello, message, &choice, share, (transcript, after_retry), cx)
}

/// From a ClientHello with which a connection can be made to the end of the server's flight.
fn answer(
    hello: &ClientHello<'_>,
    message: &[u8],
    choice: &Choice,
    share: &KeyShareEntry<'_>,
    (transcript, after_retry): (Transcript, bool),
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let resumed = resume::find(hello, message, choice, &transcript, cx)?;
    let early = resume::takes_early_data(hello, resumed.as_ref(), choice, after_retry, cx);
    let key = cx.shared.entropy.ephemeral_key(share.group)?;
    let public_key = key.public_key().to_vec();
    let secret = EphemeralKey::agree(key, share.key_exchange).map_err(|_| Violation::BadKeyShare)?;
    let exchange = flight::Exchange { public_key, secret };
    flight::send(
        flight::Flight { hello, message, choice, transcript, exchange, resumed, early, after_retry },
        cx,
    )
}

fn check_version(hello: &ClientHello<'_>) -> Result<(), Error> {
    // RFC 8446 §D.5: SSL 3.0 is not spoken, and whoever names it is not answered.
    if hello.offers_tls13() && hello.legacy_version != ProtocolVersion(0x0300) {
        return Ok(());
    }
    let versions = hello.extensions.supported_versions();
    let offered = match versions {
        Some(versions) => versions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        None => hello.legacy_version.to_string(),
    };
    Err(Violation::NoCommonVersion { offered }.into())
}

/// RFC 8446 §9.2: which extensions need each other.
fn check_extensions(hello: &ClientHello<'_>) -> Result<(), Error> {
    use ExtensionType as Type;
    let has = |extension| hello.extensions.contains(extension);
    let missing = |extension| Err(Violation::MissingExtension { message: MESSAGE, extension }.into());
    let psk = has(Type::PRE_SHARED_KEY);
    if psk && !has(Type::PSK_KEY_EXCHANGE_MODES) {
        return missing(Type::PSK_KEY_EXCHANGE_MODES);
    }
    if has(Type::SUPPORTED_GROUPS) != has(Type::KEY_SHARE) || !psk && !has(Type::SUPPORTED_GROUPS) {
        return missing(if has(Type::KEY_SHARE) { Type::SUPPORTED_GROUPS } else { Type::KEY_SHARE });
    }
    if !psk && !has(Type::SIGNATURE_ALGORITHMS) {
        return missing(Type::SIGNATURE_ALGORITHMS);
    }
    // RFC 8446 §4.2.2: a cookie is the server's, and this one sends none.
    check(!has(Type::COOKIE), "cookie", &rules::COOKIE_NOT_SENT)?;
    // RFC 8446 §4.2.10: early data is encrypted under the first pre-shared key.
    check(!has(Type::EARLY_DATA) || psk, "early_data", &rules::EARLY_DATA_WITHOUT_PSK).map_err(Error::from)
}

/// RFC 8446 §4.2.8: a share for each of some of the groups that are supported, and no group twice.
fn check_shares<'a, 'h>(hello: &'h ClientHello<'a>) -> Result<&'h [KeyShareEntry<'a>], Error> {
    let shares = hello.extensions.key_shares().unwrap_or_default();
    let groups = hello.extensions.supported_groups().unwrap_or_default();
    for (index, share) in shares.iter().enumerate() {
        check(groups.contains(&share.group), "key_share", &rules::SHARE_OF_UNSUPPORTED_GROUP)?;
        let before = shares.get(..index).unwrap_or_default();
        let twice = before.iter().any(|other| other.group == share.group);
        check(!twice, "key_share", &rules::SHARE_TWICE)?;
    }
    Ok(shares)
}

/// What the client says of itself.
fn note(hello: &ClientHello<'_>, cx: &mut Context<'_>) {
    let summary = &mut cx.shared.summary;
    summary.client_random = *hello.random;
    summary.peer_record_size_limit = hello.extensions.record_size_limit();
    // RFC 6066 §3: a host's name in ASCII. What is none is as good as no name.
    let name = hello.extensions.host_name().and_then(|name| std::str::from_utf8(name).ok());
    summary.server_name =
        name.and_then(|name| DnsName::parse(name).ok()).map(|name| name.as_str().to_owned());
}
