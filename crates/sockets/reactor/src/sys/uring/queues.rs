use std::sync::atomic::Ordering;

use super::calls::Params;
use super::entry::{CompletionEntry, SubmissionEntry};
use super::map::Map;

/// The two queues of a ring, in memory that the kernel has mapped for us.
///
/// ```text
///  submissions      we write entries, then move the tail           the kernel reads them, then moves the head
///                   ─────────────────────────────────▶             ─────────────────────────────────────────▶
///                   [ · │ · │ e4 │ e5 │ e6 │ · │ · │ · ]
///                             head ▲         ▲ tail
///
///  completions      the kernel writes entries, then moves the tail         we read them, then move the head
/// ```
///
/// Head and tail are counters that run on and wrap at 2^32; their lower bits are places. Each has one writer, and the
/// other side reads it. Hence the orderings: who has **written entries** stores the tail with Release, and who loads the
/// tail with Acquire sees these entries whole. Who has **read entries** stores the head with Release, so that his reads
/// are over before the other side, which loads the head with Acquire, writes over them. One's own counter needs no
/// ordering to be read.
#[derive(Debug)]
pub(crate) struct Queues {
    rings: Map,
    entries: Map,
    params: Params,
    /// Our own tail, of which the kernel may not yet have been told.
    tail: u32,
}

impl Queues {
    pub(crate) fn new(rings: Map, entries: Map, params: Params) -> Self {
        // The submission queue proper is an array of places in the entries, so that they may be submitted in another
        // order than they were written. We do not, once and for all.
        for place in 0..params.sq_entries {
            rings.store(params.sq.array as usize + 4 * place as usize, place);
        }
        Queues { rings, entries, params, tail: 0 }
    }

    /// How many bytes the mapping of both queues has.
    pub(crate) fn length(params: &Params) -> usize {
        let submissions = params.sq.array as usize + 4 * params.sq_entries as usize;
        let completions =
            params.cq.entries_at as usize + size_of::<CompletionEntry>() * params.cq_entries as usize;
        submissions.max(completions)
    }

    /// Adds an operation; `false` if the queue is full, and must be submitted first.
    pub(crate) fn push(&mut self, entry: SubmissionEntry) -> bool {
        if self.unsubmitted() >= self.params.sq_entries {
            return false;
        }
        let place = (self.tail & (self.params.sq_entries - 1)) as usize;
        self.entries.store(place * size_of::<SubmissionEntry>(), entry);
        self.tail = self.tail.wrapping_add(1);
        // Release: the entry is written before the kernel can see that it is there.
        self.rings.atomic(self.params.sq.tail as usize).store(self.tail, Ordering::Release);
        true
    }

    /// How many entries the kernel has not yet taken.
    pub(crate) fn unsubmitted(&self) -> u32 {
        // Acquire: the kernel has read the entries before the head before we write over them.
        self.tail.wrapping_sub(self.rings.atomic(self.params.sq.head as usize).load(Ordering::Acquire))
    }

    /// Takes the oldest completion.
    pub(crate) fn pop(&mut self) -> Option<CompletionEntry> {
        let head = self.rings.atomic(self.params.cq.head as usize);
        let next = head.load(Ordering::Relaxed); // nobody else writes it
        // Acquire: what is before the tail is written whole.
        if next == self.rings.atomic(self.params.cq.tail as usize).load(Ordering::Acquire) {
            return None;
        }
        let place = (next & (self.params.cq_entries - 1)) as usize;
        let entry = self.params.cq.entries_at as usize + place * size_of::<CompletionEntry>();
        let entry = self.rings.load(entry);
        // Release: the entry is read before the kernel can see that its place is free.
        head.store(next.wrapping_add(1), Ordering::Release);
        Some(entry)
    }

    /// Whether a completion is there.
    pub(crate) fn has_completions(&self) -> bool {
        let head = self.rings.atomic(self.params.cq.head as usize).load(Ordering::Relaxed);
        head != self.rings.atomic(self.params.cq.tail as usize).load(Ordering::Acquire)
    }

    /// Whether the kernel keeps completions that found the queue full. They come with the next `io_uring_enter`.
    pub(crate) fn has_overflowed(&self) -> bool {
        const OVERFLOWED: u32 = 1 << 1;
        // Relaxed: it is a bit of its own. The kernel sets it in our own system calls.
        self.rings.atomic(self.params.sq.flags as usize).load(Ordering::Relaxed) & OVERFLOWED != 0
    }
}
