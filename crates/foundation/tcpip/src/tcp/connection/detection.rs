//! Losses found by time, and the probe of a tail (RFC 8985): what `rack.rs` and `tail_loss_probe.rs` decide is done here.

use std::time::Duration;

use wirelab_sansio::Instant;

use super::{Connection, Plan};
use crate::tcp::scoreboard::Plausible;
use crate::tcp::tail_loss_probe::{Answer, TailLossProbe};
use crate::wire::{SackBlock, Segment, Seq};

impl Connection {
    /// RFC 8985 §4: it takes selective acknowledgments; and it is a way to retransmit before the timer is due.
    pub(super) fn detects_by_time(&self) -> bool {
        self.config.time_based_detection
            && self.config.fast_retransmit
            && self.agreed.selective_acknowledgment
    }

    /// Up to when a repetition must have been sent to be what this segment answers (RFC 8985 §6.2, step 2).
    pub(super) fn plausible(&self, now: Instant, segment: &Segment<'_>) -> Plausible {
        let sacked = self.rack.plausible(now);
        // The echo is that of the segment that filled the last gap (RFC 7323 §4.3): about what lies behind a gap, and is
        // acknowledged selectively, it says nothing.
        let echoed = segment.options.timestamps().filter(|_| self.agreed.timestamps).map(|timestamps| {
            let age = Duration::from_millis(self.clock(now).wrapping_sub(timestamps.echo).into());
            // The clock has ticks of a millisecond, and the segment may have been sent at the end of one.
            Instant::ZERO + (now - (Instant::ZERO + age)) + Duration::from_millis(1)
        });
        Plausible { sacked, acknowledged: echoed.map_or(sacked, |echoed| echoed.min(sacked)) }
    }

    /// What an acknowledgment says about the order in which segments arrive (RFC 8985 §6.2, steps 1 to 4).
    pub(super) fn learn_order(&mut self, now: Instant, segment: &Segment<'_>) {
        self.rack.on_delivered(now, self.sending.scoreboard.delivered());
        let reported = duplicate_report(segment).is_some();
        self.rack.on_duplicate_report(self.sending.una, self.sending.nxt, reported);
    }

    /// RACK_detect_loss_and_arm_timer of RFC 8985 §6.2, step 5. Returns how many bytes are newly lost.
    pub(super) fn mark_overdue(&mut self, now: Instant) -> u32 {
        self.timers.reordering = None;
        let Some(newest) = self.rack.newest() else { return 0 };
        let patience = self.patience();
        let until = Instant::ZERO + (now - (Instant::ZERO + patience));
        let overdue = self.sending.scoreboard.mark_lost_by_time(newest, until);
        if let Some(since) = overdue.waits_since {
            let due = since + patience;
            self.timers.reordering = Some(due);
            // §8: only one of the timers runs. This one, when it is due, starts the others anew.
            self.timers.retransmission = self.timers.retransmission.map(|when| when.max(due));
            self.timers.tail_probe = None;
        }
        if let Some(repetition) = overdue.lost_repetition {
            self.repetition_was_lost(now, repetition);
        }
        overdue.lost
    }

    /// How long after its sending a segment is lost, if something that was sent later has arrived.
    pub(super) fn patience(&self) -> Duration {
        let (recovering, sacked) =
            (self.sending.recovery.is_some(), self.sending.scoreboard.sacked_segments());
        let srtt = self.rtt.srtt().unwrap_or_default();
        self.rack.rtt() + self.rack.reordering_window(srtt, recovering, sacked)
    }

    /// "The loss of a retransmission should be taken as two indications of congestion" (RFC 5681 §4.3): the window is
    /// reduced once more, but once for all that was sent before the last reduction.
    fn repetition_was_lost(&mut self, now: Instant, repetition: u64) {
        if self.sending.recovery.is_some() && repetition >= self.sending.reduced_at {
            self.congestion.on_lost_retransmission(now, self.sending.scoreboard.outstanding());
            self.sending.reduced_at = self.sending.scoreboard.next_transmission();
        }
    }

    /// The reordering timer: what was only late has had its time.
    pub(super) fn reordering_timeout(&mut self, now: Instant) {
        let lost = self.mark_overdue(now);
        self.answer_losses(now, lost);
        if self.timers.reordering.is_none() {
            self.restart_retransmission(now);
        }
    }

    /// RFC 8985 §7.2: a probe is due before the retransmission timeout. To be called when the latter has just been set.
    ///
    /// The RFC leaves probes out while losses are repaired: other mechanisms help then. But all of them wait for an
    /// acknowledgment, and with a window of three segments it happens that none comes: a repetition is the last of its flight, and
    /// is lost. So only the recovery from a timeout goes without; and while something late is waited for, it has its own timer.
    pub(super) fn schedule_tail_probe(&mut self, now: Instant) {
        let board = &self.sending.scoreboard;
        let others_help = self.sending.recovery.is_some_and(|recovery| recovery.by_timeout)
            || self.timers.reordering.is_some();
        let waits = self.state.is_synchronized() && !self.sending.is_idle();
        self.timers.tail_probe = None;
        if self.detects_by_time() && waits && !others_help {
            let one_segment = board.outstanding() <= self.segment_size();
            let due = now + TailLossProbe::timeout(self.rtt.srtt(), one_segment);
            self.timers.tail_probe = self.timers.retransmission.map(|when| when.min(due));
        }
    }

    /// RFC 8985 §7.3. Whether or not a probe is sent, the retransmission timeout is the next to be due.
    pub(super) fn tail_probe_timeout(&mut self, now: Instant) {
        self.sending.probe_tail = self.sending.tail_loss_probe.may_probe();
        self.timers.retransmission = Some(now + self.rtt.timeout());
    }

    /// A probe that is due: new data, if there is any and the peer has room, and otherwise the last segment once more. It
    /// does not ask the congestion window (RFC 8985 §7.3).
    pub(super) fn plan_tail_probe(&mut self, now: Instant) -> Option<Plan> {
        if !std::mem::take(&mut self.sending.probe_tail) || self.sending.is_idle() {
            return None;
        }
        let window = (self.sending.una + self.sending.window).since(self.sending.nxt);
        let len = self.sending.unsent().min(window).min(self.segment_size());
        let plan = match len {
            0 => self.plan_last_again(now)?,
            _ => self.plan_data(now, len, window),
        };
        self.sending.tail_loss_probe.on_sent(self.sending.nxt, len == 0);
        self.timers.tail_probe = None;
        Some(plan)
    }

    fn plan_last_again(&mut self, now: Instant) -> Option<Plan> {
        let (seq, len) = self.sending.scoreboard.last()?;
        Some(self.repeat(now, seq, len))
    }

    /// RFC 8985 §7.4.2.
    pub(super) fn tail_probe_may_be_answered(&mut self, now: Instant, segment: &Segment<'_>, progress: bool) {
        let duplicate_to = duplicate_report(segment).map(|block| block.right);
        let plain = segment.sequence_len() == 0 && segment.options.sack().as_slice().is_empty();
        let acknowledgment = segment.acknowledgment;
        let answer = Answer { acknowledgment, duplicate_to, is_plain_duplicate: plain && !progress };
        if self.sending.tail_loss_probe.has_repaired_a_loss(answer) && self.sending.recovery.is_none() {
            self.congestion.on_repaired_loss(now, self.sending.scoreboard.outstanding());
        }
    }
}

/// D-SACK (RFC 2883 §4): the first block is about what arrived a second time, if it lies before the acknowledgment number,
/// or inside of the second block.
fn duplicate_report(segment: &Segment<'_>) -> Option<SackBlock> {
    let sack = segment.options.sack();
    let (first, rest) = sack.as_slice().split_first()?;
    let before = |seq: Seq| seq <= segment.acknowledgment;
    let inside = rest.first().is_some_and(|second| second.left <= first.left && first.right <= second.right);
    (before(first.right) || inside).then_some(*first)
}
