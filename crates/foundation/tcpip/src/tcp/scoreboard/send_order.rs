use std::collections::VecDeque;

use wirelab_sansio::Instant;

use crate::wire::Seq;

/// What was sent, in the order in which it was sent: the list "ordered by Segment.xmit_ts" of RFC 8985 §6.2.
///
/// Each transmission has a number. RFC 8985 compares times, and breaks ties by sequence numbers, as several segments may
/// have been sent in the same tick of a clock. The number says it without ties: a repetition always comes after what was
/// sent before it.
#[derive(Clone, Debug, Default)]
pub(super) struct SendOrder {
    next: u64,
    sent: VecDeque<Transmission>,
}

/// That the numbers from `left` to `right` were sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transmission {
    pub(super) number: u64,
    pub(super) left: Seq,
    pub(super) right: Seq,
    pub(super) at: Instant,
}

impl SendOrder {
    /// The number of this transmission.
    pub(super) fn push(&mut self, left: Seq, right: Seq, at: Instant) -> u64 {
        let number = self.next;
        self.next += 1;
        self.sent.push_back(Transmission { number, left, right, at });
        number
    }

    /// The number that the next transmission gets.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Takes out the oldest, if it comes before number `before` and was made no later than `until`.
    pub(super) fn pop(&mut self, before: u64, until: Instant) -> Option<Transmission> {
        let first = self.sent.front()?;
        if first.number >= before || first.at > until {
            return None;
        }
        self.sent.pop_front()
    }

    /// Those that come before number `before`, the last first.
    pub(super) fn backwards(&self, before: u64) -> impl Iterator<Item = &Transmission> {
        let end = self.sent.partition_point(|transmission| transmission.number < before);
        self.sent.range(..end).rev()
    }

    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    /// Keeps only what is still of interest. The numbers go on.
    pub(super) fn retain(&mut self, of_interest: impl FnMut(&Transmission) -> bool) {
        self.sent.retain(of_interest);
    }
}
