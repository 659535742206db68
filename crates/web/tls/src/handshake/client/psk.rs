use crate::key_schedule::{EarlySecret, Secret, Steps, finished_key};
use crate::{ClientConfig, PskIdentity, Session, Suite, UnixMillis};

/// A pre-shared key that is offered: a session that may be resumed.
#[derive(Debug)]
pub(super) struct Psk {
    pub(super) session: Session,
    pub(super) suite: Suite,
    /// The first stage of the key schedule, which the key alone makes.
    pub(super) early: EarlySecret,
}

impl Psk {
    /// The session, if it can be offered now.
    pub(super) fn new(
        session: Session,
        config: &ClientConfig,
        now: UnixMillis,
        steps: &mut Steps,
    ) -> Option<Self> {
        let suite = Suite::find(session.suite)?;
        // RFC 8446 §4.2.11: some suite that is offered has to have the hash of the key.
        let hashes = config.suites.iter().filter_map(|suite| Suite::find(*suite)).map(Suite::hash);
        let usable = hashes.into_iter().any(|hash| hash == session.psk.hash());
        // RFC 8446 §4.2.11.1: no ticket is offered beyond its lifetime.
        let fresh = now.since(session.received).as_secs() < u64::from(session.lifetime);
        if !usable || !fresh {
            return None;
        }
        let early = EarlySecret::new(session.psk.hash(), Some(session.psk.as_bytes()), steps);
        Some(Psk { session, suite, early })
    }

    /// How many bytes of early data may be sent with it under this configuration.
    pub(super) fn early_data(&self, config: &ClientConfig) -> Option<u32> {
        // RFC 8446 §4.2.10: early data is for the suite and the protocol of the ticket, so both have to be offered.
        let alpn = self.session.alpn.as_ref().is_none_or(|alpn| config.alpn.contains(alpn));
        let suite = config.suites.contains(&self.session.suite);
        let max = self.session.max_early_data;
        (config.early_data && alpn && suite && max > 0).then_some(max)
    }

    pub(super) fn identity(&self, now: UnixMillis) -> PskIdentity<'_> {
        // RFC 8446 §4.2.11.1: milliseconds since the ticket came, plus the number that hides them, modulo 2^32.
        let age = now.since(self.session.received).as_millis() as u32; // less than seven days
        let obfuscated_ticket_age = age.wrapping_add(self.session.age_add);
        PskIdentity { identity: &self.session.ticket, obfuscated_ticket_age }
    }

    /// The proof that this end has the key, over the digest of the transcript up to the binders (RFC 8446 §4.2.11.2).
    pub(super) fn binder(&self, digest: &[u8], steps: &mut Steps) -> Secret {
        let key = self.early.resumption_binder_key(steps);
        finished_key(&key, steps).mac(digest)
    }
}
