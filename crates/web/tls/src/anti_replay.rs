use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::UnixMillis;

/// What keeps early data from being taken twice (RFC 8446 §8): a first flight can be recorded and sent again by anybody.
///
/// Two defences together. A flight whose age differs from what the client says by more than the window is not taken
/// (§8.3), and so only those of a short while need be remembered; each of these is taken once (§8.2). What is refused
/// is early data, never the connection: the client sends it again after the handshake.
///
/// The memory is this process's. Servers that share ticket keys have to share it, or take a replay each.
///
/// ```
/// use std::time::Duration;
/// use wirelab_tls::{AntiReplay, UnixMillis};
///
/// let replay = AntiReplay::new(Duration::from_secs(10), 1000);
/// let now = UnixMillis(1_000_000);
/// assert!(replay.is_new(b"binder", 30, now));
/// assert!(!replay.is_new(b"binder", 30, now), "the same again");
/// assert!(!replay.is_new(b"another", 11_000, now), "too late");
/// ```
#[derive(Debug)]
pub struct AntiReplay {
    window: Duration,
    limit: usize,
    seen: Mutex<Seen>,
}

/// Two generations, each of which lives for two windows: what is in neither is older than a window.
#[derive(Debug, Default)]
struct Seen {
    began: UnixMillis,
    current: HashSet<[u8; 32]>,
    previous: HashSet<[u8; 32]>,
}

impl AntiReplay {
    /// Takes what is at most `window` early or late, and remembers at most `limit` flights of 32 bytes for each two windows; beyond
    /// that no early data is taken until some are forgotten.
    pub fn new(window: Duration, limit: usize) -> Self {
        AntiReplay { window, limit, seen: Mutex::default() }
    }

    /// Whether early data may be taken: it is fresh, and was not seen before. `binder` is the proof in its ClientHello, which
    /// no other has; `late_by` is by how many milliseconds the ticket's age differs from what the client says.
    pub fn is_new(&self, binder: &[u8], late_by: u64, now: UnixMillis) -> bool {
        if Duration::from_millis(late_by) > self.window {
            return false;
        }
        let mut id = [0; 32];
        // A MAC of 32 bytes or more: its beginning is as unlikely to be met twice as the whole.
        for (place, byte) in id.iter_mut().zip(binder) {
            *place = *byte;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let generation = self.window * 2;
        // A connection that was told the time long ago would take for fresh what is forgotten already.
        if now < seen.began {
            return false;
        }
        let age = now.since(seen.began);
        if age >= generation * 2 {
            *seen = Seen { began: now, ..Seen::default() };
        } else if age >= generation {
            seen.previous = std::mem::take(&mut seen.current);
            seen.began = now;
        }
        if seen.current.len() >= self.limit || seen.previous.contains(&id) {
            return false;
        }
        seen.current.insert(id)
    }
}

impl Default for AntiReplay {
    /// Ten seconds (RFC 8446 §8.3), and 65,536 flights: four megabytes at most.
    fn default() -> Self {
        AntiReplay::new(Duration::from_secs(10), 65_536)
    }
}
