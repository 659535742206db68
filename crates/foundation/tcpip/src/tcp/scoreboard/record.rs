use wirelab_sansio::Instant;

use crate::wire::Seq;

/// A segment on its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) seq: Seq,
    /// In sequence numbers: SYN and FIN count.
    pub(super) len: u32,
    pub(super) sent_at: Instant,
    pub(super) first_sent_at: Instant,
    pub(super) sacked: bool,
    pub(super) lost: bool,
    /// Lost, and sent again since.
    pub(super) resent: bool,
    /// How often it was sent again.
    pub(super) retransmitted: u32,
    /// The number of its last transmission, in the order of all.
    pub(super) transmission: u64,
}

impl Record {
    pub(super) fn new(seq: Seq, len: u32, now: Instant) -> Self {
        Record {
            seq,
            len,
            sent_at: now,
            first_sent_at: now,
            sacked: false,
            lost: false,
            resent: false,
            retransmitted: 0,
            transmission: 0,
        }
    }

    pub(super) fn end(&self) -> Seq {
        self.seq + self.len
    }

    /// Lost, and to be sent again.
    pub(super) fn waits(&self) -> bool {
        self.lost && !self.resent && !self.sacked
    }

    /// Whether that transmission is the last one of it, and neither has arrived nor is lost.
    pub(super) fn was_sent_as(&self, transmission: u64) -> bool {
        self.transmission == transmission && !self.sacked && !self.waits()
    }
}
