//! What a selective acknowledgment changes (RFC 2018).

use super::{Record, Scoreboard};
use crate::wire::{SackBlock, Seq};

/// How many records we cut because a peer's block ends inside of them, before we leave such records as they are. A
/// peer that acknowledges every second byte would otherwise make a record of every byte.
pub(super) const MOST_CUTS: u32 = 256;

impl Scoreboard {
    /// The peer has `blocks` (RFC 2018 §5). Returns how many bytes that is news about. Blocks that are not behind
    /// `una` and before `nxt` say nothing about what is on its way.
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
            self.has_arrived(&record, self.plausible.sacked);
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

    /// Whether the peer has taken back a selective acknowledgment: it had the first record, and does not acknowledge it.
    pub fn has_reneged(&self) -> bool {
        self.records.front().is_some_and(|first| first.sacked)
    }

    /// The sequence number behind the last sacked byte.
    pub fn highest_sacked(&self) -> Option<Seq> {
        self.stretches.last().map(|last| last.right)
    }

    /// The peer may have thrown away what it had sacked (RFC 2018 §8: after a timeout, the marks are turned off). It
    /// counts as lost.
    pub fn forget_sacks(&mut self) {
        for record in self.records.iter_mut().filter(|record| record.sacked) {
            (record.sacked, record.lost, record.resent) = (false, true, false);
        }
        self.lost += self.sacked;
        (self.sacked, self.sacked_records, self.sacked_undecided) = (0, 0, 0);
        self.stretches.clear();
        self.find_lost_from(0);
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
}
