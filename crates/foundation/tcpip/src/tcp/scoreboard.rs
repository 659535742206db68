use std::collections::VecDeque;
use std::time::Duration;

use wirelab_sansio::Instant;

use crate::wire::{SackBlock, Seq};

/// How much must have arrived behind a gap until the gap is a loss and not only a delay (RFC 5681 §3.2, RFC 6675 §2).
const DUP_THRESH: u32 = 3;

/// How many records we cut because a peer's block ends inside of them, before we leave such records as they are. A
/// peer that acknowledges every second byte would otherwise make a record of every byte.
const MOST_CUTS: u32 = 256;

/// What is sent and not yet acknowledged, a record for each segment, and what is known about each: the scoreboard of
/// RFC 6675 §3.
///
/// ```text
///      una                     decided                              nxt
///       ▼                         ▼                                  ▼
///       ├──────┬──────┬──────┬────┼─┬──────┬──────┬──────┬──────┬──────┤
///       │ lost │ sacked      │ lost │ sent │ sacked      │ sent        │
///       ├──────┴──────┴──────┴──────┴──────┴──────┴──────┴──────┴──────┤
///         unsacked, then lost         not enough sacked behind it yet
/// ```
///
/// A selective acknowledgment is advice, which the peer may take back (RFC 2018 §8): nothing is forgotten before it is
/// acknowledged cumulatively. A peer without SACK says with each duplicate acknowledgment that one segment more has
/// arrived, not which; they are counted as bytes that have left the network (RFC 6582 §3.2, where the window
/// is inflated instead).
///
/// Sums are kept, not computed: a call costs what it changes, and a binary search. Only
/// [`mark_all_lost`](Scoreboard::mark_all_lost) and [`forget_sacks`](Scoreboard::forget_sacks), both after a timeout, visit all records.
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
    /// Of the lost ones that wait to be sent again.
    lost: u32,
    /// What the duplicate acknowledgments of a peer without SACK say has arrived.
    departed: u32,
    /// How many duplicate acknowledgments are in `departed` since the last cumulative one.
    duplicates: u32,
    cuts: u32,
}

/// A segment on its way.
#[derive(Clone, Copy, Debug)]
struct Record {
    seq: Seq,
    /// In sequence numbers: SYN and FIN count.
    len: u32,
    sent_at: Instant,
    first_sent_at: Instant,
    sacked: bool,
    lost: bool,
    /// Lost, and sent again since.
    resent: bool,
    /// How often it was sent again.
    retransmitted: u32,
}

impl Record {
    fn end(&self) -> Seq {
        self.seq + self.len
    }

    fn waits(&self) -> bool {
        self.lost && !self.resent && !self.sacked
    }
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
    /// A round-trip time: since the newest record that it covers was sent. There is none if any of them was sent twice (Karn's
    /// algorithm, RFC 6298 §3), or was sacked, since it waited for others then.
    pub rtt: Option<Duration>,
}

impl Scoreboard {
    /// New data is on its way. `len` counts SYN and FIN.
    pub fn sent(&mut self, seq: Seq, len: u32, now: Instant) {
        if len == 0 {
            return;
        }
        if self.records.is_empty() {
            *self = Scoreboard { decided: seq, ..Scoreboard::default() };
        }
        let record = Record {
            seq,
            len,
            sent_at: now,
            first_sent_at: now,
            sacked: false,
            lost: false,
            resent: false,
            retransmitted: 0,
        };
        self.count_in(&record);
        self.records.push_back(record);
    }

    /// Everything before `una` has arrived: its records go, or lose their first part.
    pub fn acknowledge(&mut self, una: Seq, now: Instant) -> Acknowledged {
        let mut result = Acknowledged::default();
        let hole = self.records.front().map_or(0, |first| first.len);
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
            result.segments += 1;
            result.rtt = (!first.sacked).then(|| now - first.sent_at);
        }
        if result.bytes > 0 {
            self.decided = self.decided.max(una);
            self.moved_to(una, result.bytes.saturating_sub(hole));
        }
        if result.retransmitted_bytes > 0 {
            result.rtt = None;
        }
        result
    }

    /// What else changes when the first `una` bytes are gone; `behind_hole` of them had come before the first record did.
    fn moved_to(&mut self, una: Seq, behind_hole: u32) {
        let gone = self.stretches.partition_point(|stretch| stretch.right <= una);
        self.stretches.drain(..gone);
        if let Some(first) = self.stretches.first_mut() {
            first.left = first.left.max(una);
        }
        if self.next_lost.is_some_and(|next| next < una) {
            self.find_lost_from(0);
        }
        self.departed = self.departed.saturating_sub(behind_hole);
        self.duplicates = 0;
    }

    /// The peer has `blocks` (RFC 2018 §5). Returns how many bytes that is news about. Blocks that are not behind `una` and before
    /// `nxt` say nothing about what is on its way.
    pub fn sack(&mut self, blocks: &[SackBlock], una: Seq, nxt: Seq) -> u32 {
        let before = self.sacked;
        for block in blocks {
            if una < block.left && block.left < block.right && block.right <= nxt {
                self.sack_block(*block);
            }
        }
        self.sacked - before
    }

    /// Passes over what is known of `block` already, and marks what lies between.
    fn sack_block(&mut self, block: SackBlock) {
        let mut left = block.left;
        while left < block.right {
            let next = self.stretches.partition_point(|stretch| stretch.right <= left);
            let known = self.stretches.get(next).filter(|stretch| stretch.left < block.right).copied();
            let right = known.map_or(block.right, |stretch| stretch.left);
            if left < right {
                self.sack_unknown(left, right);
            }
            left = known.map_or(block.right, |stretch| stretch.right);
        }
    }

    /// Marks the records from `left` to `right`, of which none is sacked.
    fn sack_unknown(&mut self, left: Seq, right: Seq) {
        self.cut_at(left);
        self.cut_at(right);
        let from = self.index_of(left);
        let mut index = from;
        while let Some(record) = self.records.get(index).copied().filter(|record| record.end() <= right) {
            self.change(index, Record { sacked: true, ..record });
            if self.next_lost == Some(record.seq) {
                self.find_lost_from(index + 1);
            }
            index += 1;
        }
        let first = self.records.get(from).map(|record| record.seq);
        let last = index.checked_sub(1).and_then(|last| self.records.get(last)).map(Record::end);
        if let (Some(left), Some(right)) = (first, last)
            && index > from
        {
            self.join(SackBlock { left, right });
        }
    }

    /// Adds a stretch, joined with those that it touches.
    fn join(&mut self, mut new: SackBlock) {
        let from = self.stretches.partition_point(|stretch| stretch.right < new.left);
        let to = self.stretches.partition_point(|stretch| stretch.left <= new.right);
        for stretch in self.stretches.drain(from..to) {
            new = SackBlock { left: new.left.min(stretch.left), right: new.right.max(stretch.right) };
        }
        self.stretches.insert(from, new);
    }

    /// Decides what is lost, and returns how many bytes that newly are. To be called for every acknowledgment, duplicate or
    /// not; `duplicate_acks` is how many have come since the last one that acknowledged something.
    pub fn mark_lost(&mut self, duplicate_acks: u32, mss: u32) -> u32 {
        let before = self.lost;
        self.count_duplicates(duplicate_acks, mss);
        // RFC 6675 §5 step 4.3: whatever the blocks say, the third duplicate is about the first segment.
        if duplicate_acks >= DUP_THRESH {
            self.mark_first_lost();
        }
        let mut index = self.index_of(self.decided);
        while self.is_lost_at_decided(mss) {
            let Some(record) = self.records.get(index).copied() else { break };
            self.sacked_undecided -= if record.sacked { record.len } else { 0 };
            self.decided = record.end();
            self.mark(index);
            index += 1;
        }
        self.lost - before
    }

    /// IsLost of RFC 6675 §4, for the first record that is not decided: three separate stretches are sacked above it, or more
    /// bytes than two segments have.
    fn is_lost_at_decided(&self, mss: u32) -> bool {
        let below = self.stretches.partition_point(|stretch| stretch.left < self.decided);
        self.sacked_undecided > (DUP_THRESH - 1).saturating_mul(mss)
            || self.stretches.len() - below >= DUP_THRESH as usize
    }

    /// Takes `duplicate_acks` for segments that have arrived, as long as nobody says which (RFC 6582 §3.2, step 3).
    fn count_duplicates(&mut self, duplicate_acks: u32, mss: u32) {
        let new = duplicate_acks.saturating_sub(self.duplicates);
        self.duplicates = duplicate_acks;
        let first = self.records.front().map_or(0, |first| first.len);
        self.departed = match self.sacked {
            0 => self.departed.saturating_add(new.saturating_mul(mss)).min(self.outstanding - first),
            _ => 0,
        };
    }

    /// The first record is lost: a partial acknowledgment has said so (RFC 6582 §3.2). False if that is known or cannot be.
    pub fn mark_first_lost(&mut self) -> bool {
        let before = self.lost;
        self.mark(0);
        self.lost > before
    }

    fn mark(&mut self, index: usize) {
        let Some(record) = self.records.get(index).copied() else { return };
        if record.sacked || record.lost {
            return;
        }
        self.change(index, Record { lost: true, ..record });
        self.next_lost = Some(self.next_lost.map_or(record.seq, |next| next.min(record.seq)));
    }

    /// The timer has run out: everything that is not sacked counts as lost, also what was sent again (RFC 6675 §5.1).
    pub fn mark_all_lost(&mut self) {
        for record in &mut self.records {
            record.lost = !record.sacked;
            record.resent = false;
        }
        self.lost = self.outstanding - self.sacked;
        self.sacked_undecided = 0;
        self.departed = 0;
        self.decided = self.records.back().map_or(self.decided, Record::end);
        self.find_lost_from(0);
    }

    /// The peer may have thrown away what it had sacked (RFC 2018 §8: after a timeout, the marks are turned off).
    pub fn forget_sacks(&mut self) {
        for record in &mut self.records {
            // What is decided is sacked or lost; the sacked ones were not sent again.
            if record.sacked && record.seq < self.decided {
                (record.lost, record.resent) = (true, false);
                self.lost += record.len;
            }
            record.sacked = false;
        }
        self.stretches.clear();
        (self.sacked, self.sacked_undecided) = (0, 0);
        self.find_lost_from(0);
    }

    /// Whether the peer has taken back a selective acknowledgment: it had the first record, and does not acknowledge it.
    pub fn has_reneged(&self) -> bool {
        self.records.front().is_some_and(|first| first.sacked)
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
        self.change(index, Record { sent_at: now, resent: record.lost, retransmitted, ..record });
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

    /// When the first record was sent the first time: since when the peer owes an answer (R2 of RFC 9293 §3.8.3).
    pub fn waiting_since(&self) -> Option<Instant> {
        self.records.front().map(|first| first.first_sent_at)
    }

    /// How many bytes are believed to be in the network (`pipe`, RFC 6675 §4): not sacked, and not lost unless sent again.
    pub fn in_flight(&self) -> u32 {
        (self.outstanding - self.sacked - self.lost).saturating_sub(self.departed)
    }

    /// How many bytes are sent and not acknowledged, whatever became of them (`FlightSize`, RFC 5681 §2).
    pub fn outstanding(&self) -> u32 {
        self.outstanding
    }

    /// The sequence number behind the last sacked byte.
    pub fn highest_sacked(&self) -> Option<Seq> {
        self.stretches.last().map(|last| last.right)
    }

    /// Whether everything is acknowledged.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// How many bytes the peer has selectively acknowledged.
    pub fn sacked_bytes(&self) -> u32 {
        self.sacked
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
        self.sacked_undecided += if record.sacked && record.seq >= self.decided { record.len } else { 0 };
        self.lost += if record.waits() { record.len } else { 0 };
    }

    fn count_out(&mut self, record: &Record) {
        self.outstanding -= record.len;
        self.sacked -= if record.sacked { record.len } else { 0 };
        self.sacked_undecided -= if record.sacked && record.seq >= self.decided { record.len } else { 0 };
        self.lost -= if record.waits() { record.len } else { 0 };
    }

    fn find_lost_from(&mut self, index: usize) {
        self.next_lost = match self.lost {
            0 => None,
            _ => self.records.iter().skip(index).find(|record| record.waits()).map(|record| record.seq),
        };
    }

    /// Makes `seq` the border of two records, if it lies inside of one.
    fn cut_at(&mut self, seq: Seq) {
        let Some(index) = self.index_of(seq).checked_sub(1) else { return };
        let Some(record) = self.records.get(index) else { return };
        let len = seq.since(record.seq);
        if len < record.len && self.cuts < MOST_CUTS {
            self.cuts += 1;
            self.cut(index, len);
        }
    }

    fn cut(&mut self, index: usize, len: u32) {
        let Some(record) = self.records.get_mut(index).filter(|record| 0 < len && len < record.len) else {
            return;
        };
        let rest = Record { seq: record.seq + len, len: record.len - len, ..*record };
        record.len = len;
        self.records.insert(index + 1, rest);
    }
}
