mod delivered;
mod loss;
mod record;
mod selective;
mod send_order;
#[cfg(test)]
mod tests;
mod timed;

use std::collections::VecDeque;
use std::time::Duration;

use wirelab_sansio::Instant;

use crate::wire::{SackBlock, Seq};
use record::Record;
use send_order::SendOrder;

pub use delivered::{Delivered, Delivery, Plausible};
pub use timed::Overdue;

/// What is sent and not yet acknowledged, a record for each segment, and what is known about each: the scoreboard of
/// RFC 6675 §3.
///
/// ```text
///      una                       decided                       nxt
///       ▼                           ▼                           ▼
///       ├──────┬─────────────┬──────┼──────┬─────────────┬──────┤
///       │ lost │ sacked      │ lost │ sent │ sacked      │ sent │
///       ├──────┴─────────────┴──────┼──────┴─────────────┴──────┤
///         what is not sacked is lost  too little sacked above it
/// ```
///
/// A selective acknowledgment is advice, which the peer may take back (RFC 2018 §8): nothing is forgotten before it is
/// acknowledged cumulatively. Of a peer without SACK the scoreboard knows only what is acknowledged; the duplicate
/// acknowledgments, each of which stands for a segment that has left the network, are the connection's to count.
///
/// There are two ways to say what is lost: by counting what is sacked above it (`loss.rs`), and by what was sent later and has
/// arrived (`timed.rs`). A connection uses one of them.
///
/// Sums are kept, not computed: a call costs what it changes, and a binary search. Only
/// [`mark_all_lost`](Scoreboard::mark_all_lost), [`mark_lost_until`](Scoreboard::mark_lost_until) and
/// [`forget_sacks`](Scoreboard::forget_sacks), all after a timeout, visit all records.
#[derive(Clone, Debug, Default)]
pub struct Scoreboard {
    /// Without gaps, in order.
    records: VecDeque<Record>,
    /// The sacked stretches: sorted, apart from each other.
    stretches: Vec<SackBlock>,
    /// Before this, everything is sacked or lost. It only moves forward, so that each record is judged once.
    decided: Seq,
    /// The first record that is lost and waits to be sent again.
    next_lost: Option<Seq>,
    /// The length of all records.
    outstanding: u32,
    /// Of the sacked ones.
    sacked: u32,
    /// Of the sacked ones from `decided` on.
    sacked_undecided: u32,
    /// How many records that is.
    sacked_records: u32,
    /// Of the lost ones that wait to be sent again.
    lost: u32,
    /// How many records a block has cut, since the last time that all was acknowledged.
    cuts: u32,
    order: SendOrder,
    delivered: Delivered,
    plausible: Plausible,
    /// Behind the last byte that has arrived (RACK.fack of RFC 8985), and where that was before the last acknowledgment.
    forward: Seq,
    forward_before: Seq,
}

/// What a cumulative acknowledgment was about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledged {
    /// How many sequence numbers it newly covers.
    pub bytes: u32,
    /// How many of them were sent more than once.
    pub retransmitted_bytes: u32,
    /// How many of them were sacked before.
    pub sacked_bytes: u32,
    /// How many records it covers whole.
    pub segments: u32,
    /// A round-trip time: since the newest record that it covers was sent. There is none if any of them was sent
    /// twice (Karn's algorithm, RFC 6298 §3), or if the newest had been sacked: it arrived earlier than that.
    pub rtt: Option<Duration>,
}

impl Scoreboard {
    /// New data is on its way. `len` counts SYN and FIN.
    pub fn sent(&mut self, seq: Seq, len: u32, now: Instant) {
        if len == 0 {
            return;
        }
        if self.records.is_empty() {
            // All sums are zero. What was allocated stays.
            let (records, mut stretches, mut order) = (
                std::mem::take(&mut self.records),
                std::mem::take(&mut self.stretches),
                std::mem::take(&mut self.order),
            );
            stretches.clear();
            order.retain(|_| false);
            *self =
                Scoreboard { records, stretches, order, decided: seq, forward: seq, ..Scoreboard::default() };
        }
        let mut record = Record::new(seq, len, now);
        record.transmission = self.note(&record, now);
        self.count_in(&record);
        self.records.push_back(record);
    }

    /// Everything before `una` has arrived: its records go, or lose their first part.
    pub fn acknowledge(&mut self, una: Seq, now: Instant) -> Acknowledged {
        let mut result = Acknowledged::default();
        while let Some(first) = self.records.pop_front() {
            self.count_out(&first);
            let bytes = una.since(first.seq).min(first.len);
            result.bytes += bytes;
            result.retransmitted_bytes += if first.retransmitted > 0 { bytes } else { 0 };
            result.sacked_bytes += if first.sacked { bytes } else { 0 };
            if bytes < first.len {
                self.decided = self.decided.max(una);
                let rest = Record { seq: first.seq + bytes, len: first.len - bytes, ..first };
                self.count_in(&rest);
                self.records.push_front(rest);
                break;
            }
            if !first.sacked {
                self.has_arrived(&first, self.plausible.acknowledged);
            }
            result.segments += 1;
            result.rtt = (!first.sacked).then(|| now - first.sent_at);
        }
        if result.bytes > 0 {
            self.decided = self.decided.max(una);
            self.moved_to(una);
        }
        if result.retransmitted_bytes > 0 {
            result.rtt = None;
        }
        result
    }

    /// What else changes when everything before `una` is gone.
    fn moved_to(&mut self, una: Seq) {
        let gone = self.stretches.partition_point(|stretch| stretch.right <= una);
        self.stretches.drain(..gone);
        if let Some(first) = self.stretches.first_mut() {
            first.left = first.left.max(una);
        }
        if self.next_lost.is_some_and(|next| next < una) {
            self.find_lost_from(0);
        }
    }

    /// The first record that is lost and was not sent again since: its first sequence number and its length.
    pub fn next_lost(&self) -> Option<(Seq, u32)> {
        let record = self.records.get(self.index_of(self.next_lost?))?;
        Some((record.seq, record.len))
    }

    /// The record that begins at `seq` was sent again.
    pub fn retransmitted(&mut self, seq: Seq, now: Instant) {
        let index = self.index_of(seq);
        let Some(record) = self.records.get(index).copied().filter(|record| record.seq == seq) else {
            return;
        };
        let retransmitted = record.retransmitted.saturating_add(1);
        let transmission = self.note(&record, now);
        self.change(
            index,
            Record { sent_at: now, resent: record.lost, retransmitted, transmission, ..record },
        );
        if self.next_lost == Some(seq) {
            self.find_lost_from(index + 1);
        }
    }

    /// Cuts the record that begins at `seq` in two, the first `len` long: the path takes no larger ones any more.
    pub fn split(&mut self, seq: Seq, len: u32) {
        let index = self.index_of(seq);
        if self.records.get(index).is_some_and(|record| record.seq == seq) {
            self.cut(index, len);
        }
    }

    /// The first record: its first sequence number and its length.
    pub fn first(&self) -> Option<(Seq, u32)> {
        self.records.front().map(|first| (first.seq, first.len))
    }

    /// The last record: its first sequence number and its length.
    pub fn last(&self) -> Option<(Seq, u32)> {
        self.records.back().map(|last| (last.seq, last.len))
    }

    /// When the first record was sent the first time: since when the peer owes an answer (R2 of RFC 9293 §3.8.3).
    pub fn waiting_since(&self) -> Option<Instant> {
        self.records.front().map(|first| first.first_sent_at)
    }

    /// How many bytes are believed to be in the network (`pipe`, RFC 6675 §4): not sacked, and not lost unless sent
    /// again.
    pub fn in_flight(&self) -> u32 {
        self.outstanding - self.sacked - self.lost
    }

    /// How many bytes are sent and not acknowledged, whatever became of them (`FlightSize`, RFC 5681 §2).
    pub fn outstanding(&self) -> u32 {
        self.outstanding
    }

    /// Whether everything is acknowledged.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many bytes the peer has selectively acknowledged.
    pub fn sacked_bytes(&self) -> u32 {
        self.sacked
    }

    /// How many segments that is; a part of one counts, too.
    pub fn sacked_segments(&self) -> u32 {
        self.sacked_records
    }

    /// How many bytes are lost and wait to be sent again.
    pub fn lost_bytes(&self) -> u32 {
        self.lost
    }

    /// The first record that begins at `seq` or later.
    fn index_of(&self, seq: Seq) -> usize {
        self.records.partition_point(|record| record.seq < seq)
    }

    fn change(&mut self, index: usize, new: Record) {
        if let Some(place) = self.records.get_mut(index) {
            let old = std::mem::replace(place, new);
            self.count_out(&old);
            self.count_in(&new);
        }
    }

    fn count_in(&mut self, record: &Record) {
        self.outstanding += record.len;
        self.sacked += if record.sacked { record.len } else { 0 };
        self.sacked_records += u32::from(record.sacked);
        self.sacked_undecided += if record.sacked && record.seq >= self.decided { record.len } else { 0 };
        self.lost += if record.waits() { record.len } else { 0 };
    }

    fn count_out(&mut self, record: &Record) {
        self.outstanding -= record.len;
        self.sacked -= if record.sacked { record.len } else { 0 };
        self.sacked_records -= u32::from(record.sacked);
        self.sacked_undecided -= if record.sacked && record.seq >= self.decided { record.len } else { 0 };
        self.lost -= if record.waits() { record.len } else { 0 };
    }

    fn find_lost_from(&mut self, index: usize) {
        self.next_lost = match self.lost {
            0 => None,
            _ => self.records.iter().skip(index).find(|record| record.waits()).map(|record| record.seq),
        };
    }

    fn cut(&mut self, index: usize, len: u32) {
        let Some(record) = self.records.get_mut(index).filter(|record| 0 < len && len < record.len) else {
            return;
        };
        let rest = Record { seq: record.seq + len, len: record.len - len, ..*record };
        record.len = len;
        self.sacked_records += u32::from(rest.sacked);
        self.records.insert(index + 1, rest);
    }
}
