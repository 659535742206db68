use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a server has done so far. The numbers only grow; a monitor takes the difference of two looks.
#[derive(Debug, Default)]
pub struct Counters {
    pub(crate) accepted: Counter,
    pub(crate) closed: Counter,
    pub(crate) requests: Counter,
    pub(crate) responses: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    /// Rare, so that a lock is cheap enough.
    incidents: Mutex<BTreeMap<&'static str, u64>>,
}

/// Several threads may look while one counts, the loop's own: the order between different counters does not matter.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        // One writer needs no locked `fetch_add`, which costs some twenty cycles, and a request counts five times.
        self.0.store(self.get() + n, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Counters {
    /// Connections accepted.
    pub fn accepted(&self) -> u64 {
        self.accepted.get()
    }

    /// Connections that are open now.
    pub fn open(&self) -> u64 {
        self.accepted.get().saturating_sub(self.closed.get())
    }

    /// Requests whose head has arrived.
    pub fn requests(&self) -> u64 {
        self.requests.get()
    }

    /// Answers that were given to their last byte.
    pub fn responses(&self) -> u64 {
        self.responses.get()
    }

    /// Bytes received.
    pub fn bytes_in(&self) -> u64 {
        self.bytes_in.get()
    }

    /// Bytes handed to the kernel.
    pub fn bytes_out(&self) -> u64 {
        self.bytes_out.get()
    }

    /// How often something of this name happened: a time-out (`head-time`, `idle-time`, `stall-time`, `linger-time`,
    /// `grace-time`), a broken connection (`reset`, `truncated`), an error of the handler (`misuse`, `source-failed`,
    /// `file-too-short`), of the system (`accept-paused`, `log-failed`), or the name of a protocol error.
    pub fn incident(&self, name: &str) -> u64 {
        self.locked().get(name).copied().unwrap_or(0)
    }

    /// All that happened at least once, with its number, in alphabetical order.
    pub fn incidents(&self) -> Vec<(&'static str, u64)> {
        self.locked().iter().map(|(name, count)| (*name, *count)).collect()
    }

    pub(crate) fn note(&self, name: &'static str) {
        *self.locked().entry(name).or_default() += 1;
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, u64>> {
        // A map of numbers is whole after every step, so that a panic elsewhere cannot have left it half changed.
        self.incidents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
