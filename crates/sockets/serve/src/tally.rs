use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use crate::incidents::Incidents;

/// What one worker counts: its row of the [`Counters`](crate::Counters).
///
/// It lies in memory that is shared with child processes, and so consists of atomic numbers and nothing else. Rows begin
/// on cache lines of their own (two, as processors fetch them in pairs): a worker that counts takes no line away from
/// another that does.
#[derive(Debug)]
#[repr(C, align(128))]
pub struct Tally {
    pub(crate) accepted: Counter,
    pub(crate) closed: Counter,
    pub(crate) lost: Counter,
    pub(crate) requests: Counter,
    pub(crate) handled: Counter,
    pub(crate) responses: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    /// Several threads count in this row.
    shared: AtomicBool,
    /// The process that counts here, if it is a child.
    process: AtomicU32,
    pub(crate) incidents: Incidents,
}

/// What is not any worker's own.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Common {
    open: AtomicU64,
    numbers: AtomicU64,
    /// The master has told its workers to stop.
    told_to_stop: AtomicBool,
    /// And that nobody will be left to accept what is in the queue.
    told_to_empty_queue: AtomicBool,
}

/// A number that one thread changes, and others may look at. The order between different counters does not matter.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Tally {
    /// From now on, several threads count here.
    pub(crate) fn share(&self) {
        self.shared.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_process(&self, process: u32) {
        self.process.store(process, Ordering::Relaxed);
    }

    pub(crate) fn process(&self) -> Option<u32> {
        Some(self.process.load(Ordering::Relaxed)).filter(|process| *process != 0)
    }

    pub(crate) fn add(&self, counter: impl Fn(&Tally) -> &Counter, n: u64) {
        let Counter(number) = counter(self);
        if self.shared.load(Ordering::Relaxed) {
            number.fetch_add(n, Ordering::Relaxed);
        } else {
            // One writer needs no locked `fetch_add`, which costs some twenty cycles, and a request counts five times.
            number.store(number.load(Ordering::Relaxed) + n, Ordering::Relaxed);
        }
    }

    /// A request has arrived.
    pub fn count_request(&self) {
        self.add(|row| &row.requests, 1);
    }

    /// An answer was given to its last byte.
    pub fn count_response(&self) {
        self.add(|row| &row.responses, 1);
    }

    /// Something happened that has a name: a time-out, a broken rule. Names are kept up to 32 bytes, and 63 of them;
    /// further ones are counted as `other`.
    pub fn note(&self, name: &'static str) {
        self.incidents.note(name);
    }

    /// Connections that are open now.
    pub(crate) fn open(&self) -> u64 {
        let closed = self.closed.get();
        self.accepted.get().saturating_sub(closed)
    }
}

impl Common {
    /// Takes one of `max` places; false if none is free.
    pub(crate) fn take_place(&self, max: usize) -> bool {
        // Relaxed: the number stands for nothing but itself.
        if self.open.fetch_add(1, Ordering::Relaxed) < max as u64 {
            return true;
        }
        self.free_places(1);
        false
    }

    pub(crate) fn free_places(&self, n: u64) {
        self.open.fetch_sub(n, Ordering::Relaxed);
    }

    /// The next connection's number.
    pub(crate) fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn tell_to_stop(&self) {
        self.told_to_stop.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_told_to_stop(&self) -> bool {
        self.told_to_stop.load(Ordering::SeqCst)
    }

    pub(crate) fn tell_to_empty_queue(&self) {
        self.told_to_empty_queue.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_told_to_empty_queue(&self) -> bool {
        self.told_to_empty_queue.load(Ordering::SeqCst)
    }
}
