//! What counts as lost (RFC 6675 §4, RFC 6582 §3.2).

use super::{Record, Scoreboard};

/// How much must have arrived behind a gap until the gap is a loss and not only a delay (RFC 5681 §3.2, RFC 6675 §2).
const DUP_THRESH: u32 = 3;

impl Scoreboard {
    /// Decides what is lost, and returns how many bytes that newly are. To be called for every acknowledgment,
    /// duplicate or not; `duplicate_acks` is how many have come since the last one that acknowledged something.
    pub fn mark_lost(&mut self, duplicate_acks: u32, mss: u32) -> u32 {
        let before = self.lost;
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

    /// IsLost of RFC 6675 §4, for the first record that is not decided: three separate stretches are sacked above it,
    /// or more bytes than two segments have.
    fn is_lost_at_decided(&self, mss: u32) -> bool {
        let below = self.stretches.partition_point(|stretch| stretch.left < self.decided);
        self.sacked_undecided > (DUP_THRESH - 1).saturating_mul(mss)
            || self.stretches.len() - below >= DUP_THRESH as usize
    }

    /// The first record is lost: a partial acknowledgment has said so (RFC 6582 §3.2). False if that is known or
    /// cannot be.
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
        self.decided = self.records.back().map_or(self.decided, Record::end);
        self.find_lost_from(0);
    }
}
