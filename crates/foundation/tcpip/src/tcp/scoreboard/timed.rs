//! What counts as lost because something that was sent later has arrived (RFC 8985 §6.2, step 5, and §6.3).

use wirelab_sansio::Instant;

use super::send_order::Transmission;
use super::{Record, Scoreboard};

/// So many transmissions that nobody asks about any more are kept, beside one for each record.
const STALE: usize = 64;

/// What [`Scoreboard::mark_lost_by_time`] has found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overdue {
    /// How many bytes are newly lost.
    pub lost: u32,
    /// The number of the latest transmission among them that was a repetition.
    pub lost_repetition: Option<u64>,
    /// When the last one was sent that is not lost yet, although something that was sent later has arrived.
    pub waits_since: Option<Instant>,
}

impl Scoreboard {
    /// Transmission `newest` has arrived: what was sent before it, and no later than `until`, is lost. Repetitions that are
    /// lost again are found like anything else.
    pub fn mark_lost_by_time(&mut self, newest: u64, until: Instant) -> Overdue {
        let mut overdue = Overdue::default();
        while let Some(transmission) = self.order.pop(newest, until) {
            let before = self.lost;
            let repeated = self.mark_transmission(&transmission);
            overdue.lost += self.lost - before;
            if repeated {
                overdue.lost_repetition = Some(transmission.number);
            }
        }
        let waits = self.order.backwards(newest).find(|transmission| self.is_under_way(transmission));
        overdue.waits_since = waits.map(|transmission| transmission.at);
        overdue
    }

    /// The timer has run out: the first segment is lost, and what was sent no later than `until`. What was sent since is
    /// probably still on its way (RFC 8985 §6.3).
    pub fn mark_lost_until(&mut self, until: Instant) {
        for (index, record) in self.records.iter_mut().enumerate() {
            if !record.sacked && (index == 0 || record.sent_at <= until) {
                self.lost += if record.waits() { 0 } else { record.len };
                (record.lost, record.resent) = (true, false);
            }
        }
        self.find_lost_from(0);
    }

    /// The number that the next transmission gets.
    pub fn next_transmission(&self) -> u64 {
        self.order.next()
    }

    /// Notes a transmission, and returns its number.
    pub(super) fn note(&mut self, record: &Record, now: Instant) -> u64 {
        if self.order.len() > 2 * self.records.len() + STALE {
            let mut order = std::mem::take(&mut self.order);
            order.retain(|transmission| self.is_under_way(transmission));
            self.order = order;
        }
        self.order.push(record.seq, record.end(), now)
    }

    /// Whether something of this transmission has neither arrived nor been given up.
    fn is_under_way(&self, transmission: &Transmission) -> bool {
        let mut records = self.records.range(self.index_of(transmission.left)..);
        let still = records.by_ref().take_while(|record| record.seq < transmission.right);
        still.into_iter().any(|record| record.was_sent_as(transmission.number))
    }

    /// What of this transmission has not arrived is lost. Whether it was a repetition.
    fn mark_transmission(&mut self, transmission: &Transmission) -> bool {
        let mut index = self.index_of(transmission.left);
        let mut repeated = false;
        while let Some(record) = self.records.get(index).copied().filter(|it| it.seq < transmission.right) {
            if record.was_sent_as(transmission.number) {
                repeated |= record.retransmitted > 0;
                self.change(index, Record { lost: true, resent: false, ..record });
                self.next_lost = Some(self.next_lost.map_or(record.seq, |next| next.min(record.seq)));
            }
            index += 1;
        }
        repeated
    }
}
