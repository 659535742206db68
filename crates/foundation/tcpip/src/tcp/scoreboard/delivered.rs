//! What an acknowledgment tells about the order in which segments arrive (RFC 8985 §6.2, steps 2 and 3).

use wirelab_sansio::Instant;

use super::{Record, Scoreboard};

/// What the last acknowledgment has reported for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Of the segments that it is certain about, the one that was sent last.
    pub newest: Option<Delivery>,
    /// A segment that was sent only once has arrived after one that was sent behind it.
    pub out_of_order: bool,
}

/// A transmission that has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its number in the order of sending.
    pub transmission: u64,
    /// When it was sent.
    pub sent_at: Instant,
    /// Whether these bytes were sent before.
    pub repeated: bool,
}

/// Up to when a repetition must have been sent to be what an acknowledgment answers. One that was sent later has crossed
/// the acknowledgment of an earlier copy on the way.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plausible {
    /// For what is reported selectively.
    pub sacked: Instant,
    /// For what is acknowledged cumulatively.
    pub acknowledged: Instant,
}

impl Scoreboard {
    /// An acknowledgment has come, about which [`sack`](Self::sack) and [`acknowledge`](Self::acknowledge) are told next.
    pub fn expect_news(&mut self, plausible: Plausible) {
        self.plausible = plausible;
        self.delivered = Delivered::default();
        // RACK.fack: it is compared with what it was before, so that one acknowledgment's order does not matter.
        self.forward_before = self.forward;
    }

    /// What has been delivered since [`expect_news`](Self::expect_news).
    pub fn delivered(&self) -> Delivered {
        self.delivered
    }

    /// A record is acknowledged, one way or the other, for the first time.
    pub(super) fn has_arrived(&mut self, record: &Record, plausible: Instant) {
        self.forward = self.forward.max(record.end());
        if record.retransmitted == 0 {
            self.delivered.out_of_order |= record.end() < self.forward_before;
        } else if record.sent_at > plausible {
            return;
        }
        if self.delivered.newest.is_none_or(|newest| newest.transmission < record.transmission) {
            self.delivered.newest = Some(Delivery {
                transmission: record.transmission,
                sent_at: record.sent_at,
                repeated: record.retransmitted > 0,
            });
        }
    }
}
