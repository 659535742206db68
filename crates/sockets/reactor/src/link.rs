use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

/// The other half of a channel: how the reactor knows it, and hears of its end.
///
/// The kernel forgets a descriptor of epoll's by itself when it is closed. An array for `poll` holds plain numbers,
/// and a ring's operations keep a socket open behind its last descriptor; both must be told.
#[derive(Debug)]
pub(crate) struct Link {
    key: u64,
    dropped: Arc<Dropped>,
}

/// The keys of channels that were dropped; the reactor looks here in each turn. Channels may be dropped by any thread.
#[derive(Debug, Default)]
pub(crate) struct Dropped(Mutex<Vec<u64>>);

impl Link {
    pub(crate) fn new(key: u64, dropped: &Arc<Dropped>) -> Self {
        Link { key, dropped: dropped.clone() }
    }

    /// The reactor's own number of the channel.
    pub(crate) fn key(&self) -> u64 {
        self.key
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.dropped.0.lock().unwrap_or_else(PoisonError::into_inner).push(self.key);
    }
}

impl Dropped {
    /// Takes the keys, the oldest first.
    pub(crate) fn take(&self) -> Vec<u64> {
        mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
