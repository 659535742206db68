//! Pre-shared keys (RFC 8446 §4.2.11): whether a session is resumed, and whether early data is taken.

use bytes::Bytes;

use super::Context;
use super::negotiate::Choice;
use crate::config::ClientAuth;
use crate::key_schedule::{EarlySecret, finished_key};
use crate::tickets::TicketContent;
use crate::{
    ClientHello, Error, ExtensionType, PskIdentity, PskKeyExchangeMode, ServerConfig, Transcript, Violation,
};

/// A session that is resumed.
#[derive(Debug)]
pub(super) struct Resumed {
    /// Its number in the client's list.
    pub(super) index: u16,
    pub(super) early: EarlySecret,
    content: TicketContent,
    /// How much older the ticket is than the client says, or younger.
    late_by: u64,
    binder: Vec<u8>,
}

impl Resumed {
    /// How many bytes of early data the ticket has promised to take.
    pub(super) fn max_early_data(&self) -> u32 {
        self.content.max_early_data
    }

    pub(super) fn peer_certificates(&self) -> Vec<Bytes> {
        self.content.client_certificates.clone()
    }
}

/// The first session that can be resumed, if the client proves that it has its key.
///
/// The mode psk_ke is not spoken: without a key exchange, whoever learns the ticket's key reads everything.
pub(super) fn find(
    hello: &ClientHello<'_>,
    message: &[u8],
    choice: &Choice,
    transcript: &Transcript,
    cx: &mut Context<'_>,
) -> Result<Option<Resumed>, Error> {
    let modes = hello.extensions.psk_key_exchange_modes().unwrap_or_default();
    let Some(offered) = hello.extensions.pre_shared_key() else { return Ok(None) };
    if !modes.contains(&PskKeyExchangeMode::PSK_DHE_KE) {
        return Ok(None);
    }
    let candidates = offered.identities.iter().zip(&offered.binders).take(cx.config.limits.max_identities);
    for (index, (identity, binder)) in candidates.enumerate() {
        let Some((content, late_by)) = open(identity, choice, cx) else { continue };
        let steps = &mut cx.shared.steps;
        let early = EarlySecret::new(choice.suite.hash(), Some(content.psk.as_bytes()), steps);
        let key = finished_key(&early.resumption_binder_key(steps), steps);
        // RFC 8446 §4.2.11.2: over everything before the binders, compared in constant time.
        let covered = message.get(..message.len() - hello.binders_len()).unwrap_or_default();
        if !key.verifies(transcript.digest_with(covered).as_ref(), binder) {
            return Err(Violation::BadBinder.into());
        }
        return Ok(Some(Resumed { index: index as u16, early, content, late_by, binder: binder.to_vec() }));
    }
    Ok(None)
}

/// What is in a ticket, if it is one of ours and fits this connection.
fn open(identity: &PskIdentity<'_>, choice: &Choice, cx: &Context<'_>) -> Option<(TicketContent, u64)> {
    let tickets = cx.config.tickets.as_ref()?;
    let now = cx.shared.now;
    let content = tickets.open(identity.identity, now)?;
    // RFC 8446 §4.2.11: the suite may be another one, but not its hash. §4.6.1: the name stays.
    let fits = content.psk.hash() == choice.suite.hash()
        && content.server_name.as_deref() == cx.shared.summary.server_name.as_deref()
        && now.since(content.issued) < tickets.lifetime();
    // Who has to show a certificate has shown one when the ticket was issued.
    let identified = match cx.config.client_auth {
        ClientAuth::Required(_) => !content.client_certificates.is_empty(),
        ClientAuth::None | ClientAuth::Optional(_) => true,
    };
    let age = u64::from(identity.obfuscated_ticket_age.wrapping_sub(content.age_add));
    let true_age = now.0.saturating_sub(content.issued.0);
    (fits && identified).then(|| (content, true_age.abs_diff(age)))
}

/// Whether the early data that comes behind this ClientHello is taken (RFC 8446 §4.2.10, §8). `None`: there is none.
pub(super) fn takes_early_data(
    hello: &ClientHello<'_>,
    resumed: Option<&Resumed>,
    choice: &Choice,
    after_retry: bool,
    cx: &Context<'_>,
) -> Option<bool> {
    if after_retry || !hello.extensions.contains(ExtensionType::EARLY_DATA) {
        return None;
    }
    let config = cx.config;
    let fits = resumed.filter(|resumed| {
        let content = &resumed.content;
        config.max_early_data > 0
            && resumed.index == 0
            && content.suite == choice.suite.id()
            && content.alpn == choice.alpn
            && content.max_early_data > 0
    });
    // Asked last, since it remembers.
    let replay = &config.anti_replay;
    Some(fits.is_some_and(|resumed| replay.is_new(&resumed.binder, resumed.late_by, cx.shared.now)))
}

/// How many bytes of refused early data are skipped.
pub(super) fn skipped(config: &ServerConfig) -> u32 {
    let limit = u32::try_from(config.limits.max_skipped_early_data).unwrap_or(u32::MAX);
    limit.max(config.max_early_data)
}
