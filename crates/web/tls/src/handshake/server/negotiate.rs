//! What is chosen of a client's offer (RFC 8446 §4.1.1): suite, group and application protocol. The certificate comes
//! later, and only if no session is resumed.

use std::sync::Arc;

use bytes::Bytes;

use super::Context;
use crate::{
    CipherSuite, ClientHello, EphemeralKey, Error, ExtensionType, Identity, NamedGroup, ServerConfig,
    SignatureScheme, Suite, Violation,
};

/// What is chosen.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) suite: Suite,
    pub(super) group: NamedGroup,
    pub(super) alpn: Option<Bytes>,
}

pub(super) fn negotiate(hello: &ClientHello<'_>, cx: &mut Context<'_>) -> Result<Choice, Error> {
    let suite = suite(cx.config, &hello.cipher_suites).ok_or(Violation::NoCommonSuite)?;
    let group = group(cx.config, hello).ok_or(Violation::NoCommonGroup)?;
    let alpn = alpn(&cx.config.alpn, hello.extensions.application_layer_protocols())?;
    let summary = &mut cx.shared.summary;
    (summary.suite, summary.group, summary.alpn) = (Some(suite.id()), Some(group), alpn.clone());
    Ok(Choice { suite, group, alpn })
}

/// The server's preference decides; but a client that prefers ChaCha20 has a reason: AES without instructions for it is slow.
fn suite(config: &ServerConfig, offered: &[CipherSuite]) -> Option<Suite> {
    let spoken = |suite: &CipherSuite| config.suites.contains(suite).then(|| Suite::find(*suite)).flatten();
    let first = offered.iter().find(|suite| !suite.is_grease())?;
    let wanted = Some(first).filter(|first| **first == CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
    let preferred = config.suites.iter().filter(|suite| offered.contains(suite));
    wanted.into_iter().chain(preferred).find_map(spoken)
}

/// A group with a share saves a round trip, and is taken before one without.
fn group(config: &ServerConfig, hello: &ClientHello<'_>) -> Option<NamedGroup> {
    let groups = hello.extensions.supported_groups().unwrap_or_default();
    let shares = hello.extensions.key_shares().unwrap_or_default();
    let spoken = || config.groups.iter().filter(|group| EphemeralKey::GROUPS.contains(group)).copied();
    let with_share = spoken().find(|group| shares.iter().any(|share| share.group == *group));
    with_share.or_else(|| spoken().find(|group| groups.contains(group)))
}

/// RFC 7301 §3.2: none in common is fatal; not to be asked is not.
fn alpn(spoken: &[Bytes], offered: Option<&[&[u8]]>) -> Result<Option<Bytes>, Error> {
    let Some(offered) = offered.filter(|_| !spoken.is_empty()) else { return Ok(None) };
    let common = spoken.iter().find(|protocol| offered.contains(&&protocol[..]));
    common.cloned().map(Some).ok_or(Violation::NoApplicationProtocol.into())
}

/// A certificate for the name that the client asks for, and a signature that it can check (RFC 8446 §4.4.2.2, §4.4.3).
pub(super) fn identity(
    hello: &ClientHello<'_>,
    cx: &Context<'_>,
) -> Result<(Arc<Identity>, SignatureScheme), Error> {
    // RFC 8446 §4.2.3: a hello with pre-shared keys may come without it, but then one of them has to do.
    let offered = hello.extensions.signature_algorithms().ok_or(Violation::MissingExtension {
        message: "ClientHello",
        extension: ExtensionType::SIGNATURE_ALGORITHMS,
    })?;
    // RFC 8446 §4.4.3: PKCS #1 v1.5 signs no handshake.
    let usable: Vec<SignatureScheme> =
        offered.iter().copied().filter(|scheme| scheme.signs_handshakes()).collect();
    let name = cx.shared.summary.server_name.as_deref();
    let identity = cx.config.identities.choose(name, &usable).ok_or(Violation::NoCertificate)?;
    let scheme = identity.key.schemes().iter().copied().find(|scheme| usable.contains(scheme));
    let scheme = scheme.ok_or(Violation::NoCertificate)?;
    Ok((identity, scheme))
}
