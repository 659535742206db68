//! HelloRetryRequest (RFC 8446 §4.1.4): the client is asked for a key share of another group. The server remembers the first
//! ClientHello, and so needs no cookie, which is for servers that keep nothing.

use super::negotiate::Choice;
use super::{Context, Epoch, Step};
use crate::handshake::rules::{self, check};
use crate::handshake::shared::{decode, encode};
use crate::{
    ClientHello, EarlyData, Error, Extension, ExtensionType, Extensions, Handshake, HelloRetryRequest,
    NamedGroup, Output, ProtocolVersion, Suite, Transcript,
};

/// What is known of the first ClientHello.
#[derive(Debug)]
pub(super) struct Retried {
    /// The message itself, with which the second is compared.
    first: Vec<u8>,
    suite: Suite,
    group: NamedGroup,
    transcript: Transcript,
}

pub(super) fn send(
    choice: &Choice,
    hello: &ClientHello<'_>,
    message: &[u8],
    cx: &mut Context<'_>,
) -> Result<Step, Error> {
    let hash = choice.suite.hash();
    let mut transcript = Transcript::after_retry(hash, hash.of(message).as_ref());
    let request = encode(&Handshake::HelloRetryRequest(HelloRetryRequest {
        legacy_version: ProtocolVersion::TLS1_2,
        legacy_session_id_echo: hello.legacy_session_id,
        cipher_suite: choice.suite.id(),
        extensions: Extensions::from_iter([
            Extension::SelectedVersion(ProtocolVersion::TLS1_3),
            Extension::SelectedGroup(choice.group),
        ]),
    }));
    transcript.add(&request);
    cx.shared.summary.hello_retry = true;
    cx.shared.send_encoded(Epoch::Initial, request);
    if !hello.legacy_session_id.is_empty() {
        cx.shared.push(Output::ChangeCipherSpec); // RFC 8446 §D.4
    }
    if hello.extensions.contains(ExtensionType::EARLY_DATA) {
        // RFC 8446 §4.2.10: it is on its way already, under keys that nobody will have.
        cx.shared.push(Output::EarlyData(EarlyData::Rejected { max: super::resume::skipped(cx.config) }));
    }
    let (suite, group) = (choice.suite, choice.group);
    Ok(Step::ClientHello(Some(Box::new(Retried { first: message.to_vec(), suite, group, transcript }))))
}

impl Retried {
    /// The transcript so far, if the second ClientHello is the first with nothing changed but what has to be (RFC 8446
    /// §4.1.2).
    pub(super) fn check(self, hello: &ClientHello<'_>, choice: &Choice) -> Result<Transcript, Error> {
        let Ok(Handshake::ClientHello(first)) = decode(&self.first) else {
            return Err(super::unexpected(crate::HandshakeType::CLIENT_HELLO, "ClientHello"));
        };
        let same = first.legacy_version == hello.legacy_version
            && first.random == hello.random
            && first.legacy_session_id == hello.legacy_session_id
            && first.cipher_suites == hello.cipher_suites
            && first.legacy_compression_methods == hello.legacy_compression_methods
            && unchanging(&first).eq(unchanging(hello));
        check(same, "ClientHello", &rules::SECOND_HELLO_CHANGED)?;
        // Pre-shared keys may be updated or left out, but not added.
        let has_psk = |hello: &ClientHello<'_>| hello.extensions.contains(ExtensionType::PRE_SHARED_KEY);
        check(has_psk(&first) || !has_psk(hello), "pre_shared_key", &rules::SECOND_HELLO_CHANGED)?;
        let early = hello.extensions.contains(ExtensionType::EARLY_DATA);
        check(!early, "early_data", &rules::SECOND_HELLO_EARLY_DATA)?;
        // RFC 8446 §4.2.8: one share, of the group that was asked for.
        let shares = hello.extensions.key_shares().unwrap_or_default();
        let as_asked = shares.len() == 1 && shares.iter().all(|share| share.group == self.group);
        check(as_asked, "key_share", &rules::SHARE_NOT_AS_ASKED)?;
        check(choice.suite == self.suite, "cipher_suites", &rules::SECOND_HELLO_CHANGED)?;
        Ok(self.transcript)
    }
}

/// The extensions that both hellos have to have alike.
fn unchanging<'h, 'a>(hello: &'h ClientHello<'a>) -> impl Iterator<Item = &'h Extension<'a>> {
    use ExtensionType as Type;
    let may_change = [Type::KEY_SHARE, Type::EARLY_DATA, Type::COOKIE, Type::PRE_SHARED_KEY, Type::PADDING];
    hello.extensions.iter().filter(move |extension| !may_change.contains(&extension.extension_type()))
}
