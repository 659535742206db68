use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;

use crate::key_schedule::Secret;
use crate::{CipherSuite, UnixMillis};

/// What a client keeps of a connection to resume it: a ticket, and the key that goes with it.
#[derive(Clone, Debug)]
pub struct Session {
    /// The ticket, which only the server can read.
    pub ticket: Bytes,
    /// The pre-shared key (RFC 8446 §4.6.1: derived with the ticket's nonce).
    pub psk: Secret,
    /// The suite whose hash the key belongs to.
    pub suite: CipherSuite,
    /// What is added to the ticket's age, so that an observer cannot link connections by it.
    pub age_add: u32,
    /// When the ticket came.
    pub received: UnixMillis,
    /// For how many seconds it is good, at most seven days.
    pub lifetime: u32,
    /// How many bytes of early data the server takes with it.
    pub max_early_data: u32,
    /// The protocol that was negotiated. Early data is for the same one (§4.2.10).
    pub alpn: Option<Bytes>,
    /// The server's certificates, as they were verified at the full handshake.
    pub peer_certificates: Vec<Bytes>,
}

/// Where a client keeps its sessions.
pub trait SessionStore: Debug + Send + Sync {
    /// Keeps a session for this server.
    fn put(&self, server: &str, session: Session);

    /// Takes the newest session for this server out of the store: a ticket that is used twice lets an observer link the
    /// two connections (RFC 8446 §C.4).
    fn take(&self, server: &str) -> Option<Session>;
}

/// Sessions in memory, for as long as the program runs: the newest so many, of all servers together.
///
/// ```
/// use wirelab_tls::{MemorySessions, SessionStore};
///
/// let sessions = MemorySessions::new(100);
/// assert!(sessions.is_empty() && sessions.take("example.org").is_none());
/// ```
pub struct MemorySessions {
    limit: usize,
    /// The oldest first. It is searched from the end: a connection costs far more than a look at some hundred names.
    kept: Mutex<VecDeque<(String, Session)>>,
}

impl MemorySessions {
    /// A store for so many sessions; one more pushes out the oldest.
    pub fn new(limit: usize) -> Self {
        MemorySessions { limit, kept: Mutex::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Default for MemorySessions {
    /// 256 sessions.
    fn default() -> Self {
        MemorySessions::new(256)
    }
}

impl SessionStore for MemorySessions {
    fn put(&self, server: &str, session: Session) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_back((server.to_owned(), session));
        while kept.len() > self.limit {
            kept.pop_front();
        }
    }

    fn take(&self, server: &str) -> Option<Session> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.iter().rposition(|(name, _)| name == server)?;
        kept.remove(newest).map(|(_, session)| session)
    }
}

impl Debug for MemorySessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemorySessions({} of {})", self.len(), self.limit)
    }
}
