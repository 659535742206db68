use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use wirelab_wire::{Reader, Rule, Trace, WireError, Writer};
use zeroize::Zeroizing;

use crate::key_schedule::Secret;
use crate::wire::NewSessionTicket;
use crate::{CipherSuite, Entropy, Misuse, Suite, UnixMillis};

const NAME: usize = 16;
const NONCE: usize = 12;
const TAG: usize = 16;

/// The keys with which a server seals its tickets. It keeps nothing of a session: all of it is in the ticket, which only
/// the server can read (RFC 8446 §4.6.1, RFC 5077 §4).
///
/// ```text
///   key name (16) │ nonce (12) │ content, AES-256-GCM │ tag (16)
/// ```
///
/// A key seals for as long as a ticket lives, and opens for as long again. Then it is forgotten, and with it the past: whoever
/// steals a ticket key can read the early data of its tickets.
///
/// ```
/// use std::time::Duration;
/// use wirelab_tls::Tickets;
///
/// let tickets = Tickets::new(Duration::from_secs(3600));
/// assert_eq!(tickets.lifetime(), Duration::from_secs(3600));
/// ```
pub struct Tickets {
    lifetime: Duration,
    keys: Mutex<Keys>,
    /// A ticket of another server, and what it means.
    #[cfg(test)]
    pub(crate) known: Option<(Bytes, TicketContent)>,
}

#[derive(Default)]
struct Keys {
    current: Option<Key>,
    previous: Option<Key>,
}

struct Key {
    name: [u8; NAME],
    made: UnixMillis,
    aead: LessSafeKey,
}

impl Tickets {
    /// Tickets that are good for so long, at most seven days (RFC 8446 §4.6.1). The first key is made with the first ticket.
    pub fn new(lifetime: Duration) -> Self {
        let most = Duration::from_secs(NewSessionTicket::MAX_LIFETIME.into());
        Tickets {
            lifetime: lifetime.min(most),
            keys: Mutex::default(),
            #[cfg(test)]
            known: None,
        }
    }

    /// For how long a ticket is good.
    pub fn lifetime(&self) -> Duration {
        self.lifetime
    }

    pub(crate) fn seal(
        &self,
        content: &TicketContent,
        now: UnixMillis,
        entropy: &Entropy,
    ) -> Result<Bytes, Misuse> {
        let nonce = entropy.array::<NONCE>()?;
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.for_sealing(now, self.lifetime, entropy)?;
        let mut plaintext = Zeroizing::new(content.encode());
        let sealed = Nonce::assume_unique_for_key(nonce);
        let tag = key.aead.seal_in_place_separate_tag(sealed, Aad::from(key.name), &mut plaintext);
        let tag = tag.map_err(|_| Misuse::NoRandomness)?; // no ticket is as long as the AEAD's limit
        let mut ticket = BytesMut::with_capacity(NAME + NONCE + plaintext.len() + TAG);
        for part in [&key.name[..], &nonce, &plaintext, tag.as_ref()] {
            ticket.extend_from_slice(part);
        }
        Ok(ticket.freeze())
    }

    /// What is in a ticket; nothing if no key here has sealed it.
    pub(crate) fn open(&self, ticket: &[u8], now: UnixMillis) -> Option<TicketContent> {
        #[cfg(test)]
        if let Some((_, content)) = self.known.as_ref().filter(|(known, _)| known == ticket) {
            return Some(content.clone());
        }
        let (name, rest) = ticket.split_at_checked(NAME)?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE>()?;
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = [&keys.current, &keys.previous].into_iter().flatten();
        let key = keys.find(|key| key.name == name && now.since(key.made) < self.lifetime * 2)?;
        let mut sealed = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let content = key.aead.open_in_place(nonce, Aad::from(key.name), &mut sealed).ok()?;
        TicketContent::decode(content).ok()
    }
}

impl Keys {
    /// The current key, or a new one when its time is over.
    fn for_sealing(
        &mut self,
        now: UnixMillis,
        lifetime: Duration,
        entropy: &Entropy,
    ) -> Result<&Key, Misuse> {
        if self.current.as_ref().is_none_or(|key| now.since(key.made) >= lifetime) {
            self.previous = self.current.take();
        }
        match &mut self.current {
            Some(key) => Ok(key),
            empty => Ok(empty.insert(Key::new(now, entropy)?)),
        }
    }
}

impl Key {
    fn new(made: UnixMillis, entropy: &Entropy) -> Result<Self, Misuse> {
        let key = Zeroizing::new(entropy.array::<32>()?);
        let unbound = UnboundKey::new(&AES_256_GCM, &key[..]).map_err(|_| Misuse::NoRandomness)?;
        Ok(Key { name: entropy.array()?, made, aead: LessSafeKey::new(unbound) })
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tickets({} s)", self.lifetime.as_secs())
    }
}

#[cfg(test)]
mod tests;

/// What a server wants to know of a session when it is resumed.
#[derive(Clone, Debug)]
pub(crate) struct TicketContent {
    pub(crate) suite: CipherSuite,
    pub(crate) psk: Secret,
    pub(crate) issued: UnixMillis,
    pub(crate) age_add: u32,
    pub(crate) max_early_data: u32,
    pub(crate) alpn: Option<Bytes>,
    pub(crate) server_name: Option<String>,
    /// As they were verified; empty if the client has shown none.
    pub(crate) client_certificates: Vec<Bytes>,
}

/// A ticket that this crate has sealed holds a suite that it has.
const SUITE: Rule =
    Rule { name: "tls-ticket-suite", says: "is not a suite of this server", section: "RFC 8446 §4.6.1" };

impl TicketContent {
    fn encode(&self) -> Vec<u8> {
        let mut out = BytesMut::new();
        let mut w = Writer::new(&mut out);
        w.u16(self.suite.0, "suite");
        w.block::<1>("psk length", "psk", |w| w.bytes(self.psk.as_bytes(), "psk"));
        w.u64(self.issued.0, "issued");
        w.u32(self.age_add, "age_add");
        w.u32(self.max_early_data, "max_early_data");
        let alpn = self.alpn.as_deref().unwrap_or_default();
        w.block::<1>("alpn length", "alpn", |w| w.bytes(alpn, "alpn"));
        let name = self.server_name.as_deref().unwrap_or_default();
        w.block::<1>("server_name length", "server_name", |w| w.bytes(name.as_bytes(), "server_name"));
        for certificate in &self.client_certificates {
            w.block::<3>("certificate length", "certificate", |w| w.bytes(certificate, "certificate"));
        }
        out.to_vec()
    }

    fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let r = &mut Reader::whole(bytes);
        let suite = CipherSuite(r.u16("suite")?);
        let hash = Suite::find(suite).ok_or_else(|| r.invalid("suite", &SUITE))?.hash();
        let psk = Secret::new(hash, block(r, "psk")?);
        let issued = UnixMillis(r.u64("issued")?);
        let (age_add, max_early_data) = (r.u32("age_add")?, r.u32("max_early_data")?);
        let alpn = Some(block(r, "alpn")?).filter(|alpn| !alpn.is_empty()).map(Bytes::copy_from_slice);
        let name = Some(block(r, "server_name")?).filter(|name| !name.is_empty());
        let server_name = name.map(|name| String::from_utf8_lossy(name).into_owned());
        let mut client_certificates = Vec::new();
        while r.peek().is_some() {
            let length = r.u24("certificate length")? as usize;
            client_certificates.push(Bytes::copy_from_slice(r.bytes(length, "certificate")?));
        }
        Ok(TicketContent {
            suite,
            psk,
            issued,
            age_add,
            max_early_data,
            alpn,
            server_name,
            client_certificates,
        })
    }
}

fn block<'a>(r: &mut Reader<'a, impl Trace>, name: &'static str) -> Result<&'a [u8], WireError> {
    let length = r.u8(name)?;
    r.bytes(length.into(), name)
}
