//! The transcript (RFC 8446 §4.4.1): the hash over all handshake messages so far, headers included, records not.

use ring::digest::{Context, Digest};

use crate::codes::HandshakeType;
use crate::hash::Hash;

/// The transcript before the ServerHello has chosen a hash: the messages themselves.
#[derive(Clone, Debug, Default)]
pub struct PendingTranscript {
    messages: Vec<u8>,
}

impl PendingTranscript {
    /// No messages yet.
    pub fn new() -> Self {
        PendingTranscript::default()
    }

    /// Adds a message, header included.
    pub fn add(&mut self, message: &[u8]) {
        self.messages.extend_from_slice(message);
    }

    /// What the transcript would be under this hash: 0-RTT keys are made under that of their pre-shared key.
    pub fn digest(&self, hash: Hash) -> Digest {
        hash.of(&self.messages)
    }

    /// The digest with `more` behind what is there, which is not added: a binder covers a ClientHello without
    /// its binders.
    pub fn digest_with(&self, hash: Hash, more: &[u8]) -> Digest {
        let mut context = Context::new(hash.digest());
        context.update(&self.messages);
        context.update(more);
        context.finish()
    }

    /// The transcript from here on, under the hash of the suite that was chosen.
    pub fn decide(self, hash: Hash) -> Transcript {
        let mut transcript = Transcript::new(hash);
        transcript.add(&self.messages);
        transcript
    }

    /// The same where the choice came in a HelloRetryRequest: the first ClientHello gives way to its hash.
    pub fn decide_for_retry(self, hash: Hash) -> Transcript {
        Transcript::after_retry(hash, self.digest(hash).as_ref())
    }
}

/// The transcript under a hash.
///
/// ```
/// use wirelab_tls::{Hash, PendingTranscript};
///
/// let mut pending = PendingTranscript::new();
/// pending.add(b"hello");
/// let mut transcript = pending.decide(Hash::Sha256);
/// transcript.add(b", world");
/// assert_eq!(transcript.digest().as_ref(), Hash::Sha256.of(b"hello, world").as_ref());
/// ```
#[derive(Clone)]
pub struct Transcript {
    hash: Hash,
    context: Context,
}

impl Transcript {
    /// An empty one, for who knows the hash from the beginning.
    pub fn new(hash: Hash) -> Self {
        Transcript { hash, context: Context::new(hash.digest()) }
    }

    /// One that begins with the hash of a first ClientHello, in a message of its own (RFC 8446 §4.4.1): so a server can
    /// ask for another hello and keep nothing but the hash, in its cookie.
    pub fn after_retry(hash: Hash, client_hello1: &[u8]) -> Self {
        let mut transcript = Transcript::new(hash);
        let len = client_hello1.len() as u8; // the length of a hash
        transcript.add(&[HandshakeType::MESSAGE_HASH.0, 0, 0, len]);
        transcript.add(client_hello1);
        transcript
    }

    /// The hash.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// Adds a message, header included.
    pub fn add(&mut self, message: &[u8]) {
        self.context.update(message);
    }

    /// The digest of all messages so far.
    pub fn digest(&self) -> Digest {
        self.context.clone().finish()
    }

    /// The digest with `more` behind what is there, which is not added.
    pub fn digest_with(&self, more: &[u8]) -> Digest {
        let mut context = self.context.clone();
        context.update(more);
        context.finish()
    }
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transcript({:?})", self.hash)
    }
}
