//! What an acknowledgment does: progress, the peer's window, and the discovery of losses.

use std::time::Duration;

use wirelab_sansio::Instant;

use super::Connection;
use super::receiving::Acknowledge;
use super::sending::Recovery;
use crate::tcp::{Cause, Event, State, WhyClosed};
use crate::wire::{Flags, Segment, Seq};

impl Connection {
    /// Takes a segment's ACK field (RFC 9293 §3.10.7.4, fifth). `false` if the segment is to be dropped.
    pub(super) fn acknowledged(&mut self, now: Instant, segment: &Segment<'_>) -> bool {
        let ack = segment.acknowledgment;
        // RFC 5961 §5: data is believed only with an ACK that its sender could have meant.
        let oldest = Seq(self.sending.una.0.wrapping_sub(self.sending.largest_window));
        if ack > self.sending.nxt || ack < oldest {
            self.challenge(now);
            return false;
        }
        let flight = self.in_flight();
        self.sending.scoreboard.expect_news(self.plausible(now, segment));
        let newly_sacked = self.take_sack(segment);
        let window_before = self.sending.window;
        let progress = ack > self.sending.una;
        if progress {
            self.progress(now, segment);
            self.grow_window(now, segment, flight);
        }
        self.take_window(now, segment);
        if !progress && ack == self.sending.una && !self.sending.is_idle() {
            let plain = segment.sequence_len() == 0 && self.sending.window == window_before;
            // RFC 5681 §2: what a duplicate acknowledgment is; RFC 6675 §2: with SACK, one that brings news.
            let counts = match self.agreed.selective_acknowledgment {
                true => newly_sacked > 0,
                false => plain,
            };
            self.sending.duplicate_acknowledgments += u32::from(counts);
        }
        if self.sending.window == 0 {
            // RFC 9293 §3.8.6.1 (MUST-37): who answers probes may keep its window closed for as long as it likes. Other
            // answers that acknowledge nothing new are no progress, and R2 (§3.8.3) goes on.
            self.sending.attempts = 0;
        }
        self.look_for_losses(now, segment, progress);
        self.tail_probe_may_be_answered(now, segment, progress);
        self.take_mark(now, segment);
        self.fin_may_be_acknowledged(now);
        true
    }

    fn take_sack(&mut self, segment: &Segment<'_>) -> u32 {
        if !self.agreed.selective_acknowledgment {
            return 0;
        }
        let blocks = segment.options.sack();
        self.sending.scoreboard.sack(blocks.as_slice(), self.sending.una, self.sending.nxt)
    }

    /// SND.UNA moves on.
    pub(super) fn progress(&mut self, now: Instant, segment: &Segment<'_>) {
        let before = self.sending.una;
        self.sending.una = segment.acknowledgment;
        let acknowledged = self.sending.scoreboard.acknowledge(segment.acknowledgment, now);
        self.sending.drop_acknowledged();
        self.measure(now, segment, acknowledged.rtt);
        self.rtt.reset_back_off();
        self.sending.attempts = 0;
        // Of the segments that duplicate acknowledgments stood for, those behind the first are now acknowledged themselves.
        let segments = self.sending.una.since(before) / self.segment_size().max(1);
        let counted = &mut self.sending.duplicate_acknowledgments;
        *counted = counted.saturating_sub(segments.saturating_sub(1));
        if self.sending.recovery.is_none() {
            *counted = 0;
        }
        if self.sending.was_full && self.writable() > 0 {
            self.sending.was_full = false;
            self.tell(Event::Writable);
        }
        self.restart_retransmission(now);
    }

    /// A round trip, from a segment that was sent once (Karn), or from the echo of our timestamp (RFC 7323 §4), which is
    /// right for retransmissions, too.
    fn measure(&mut self, now: Instant, segment: &Segment<'_>, sample: Option<Duration>) {
        let echo = || {
            let timestamps = segment.options.timestamps().filter(|_| self.agreed.timestamps)?;
            let millis = self.clock(now).wrapping_sub(timestamps.echo);
            // Nonsense would be more than the longest timeout.
            let rtt = Duration::from_millis(millis.into());
            (timestamps.echo != 0 && rtt <= self.config.maximum_timeout).then_some(rtt)
        };
        if let Some(rtt) = sample.or_else(echo) {
            self.rtt.sample(rtt);
            self.sending.tail_loss_probe.on_measured();
        }
    }

    /// The congestion window grows with what was acknowledged, except while losses are repaired without the timer.
    fn grow_window(&mut self, now: Instant, segment: &Segment<'_>, flight: u32) {
        if let Some(recovery) = self.sending.recovery
            && segment.acknowledgment >= recovery.point
        {
            self.sending.recovery = None;
            self.sending.duplicate_acknowledgments = 0;
            self.congestion.on_recovered(now);
            self.rack.on_recovered();
        }
        if self.sending.recovery.is_some_and(|recovery| !recovery.by_timeout) {
            return;
        }
        // A window that was not used says nothing about the path (RFC 9293 §3.8.2 by way of RFC 5681 §4.1, RFC 7661).
        let window = self.congestion.window();
        let was_limited = match self.congestion.in_slow_start() {
            true => flight.saturating_mul(2) > window,
            false => flight.saturating_add(self.segment_size()) > window,
        };
        let bytes = segment.acknowledgment.since(self.sending.last_growth);
        self.sending.last_growth = segment.acknowledgment;
        self.congestion.on_acknowledged(now, bytes, self.rtt.srtt(), was_limited);
    }

    /// The peer's window (RFC 9293 §3.10.7.4: "If SND.UNA =< SEG.ACK =< SND.NXT, the send window should be updated"), from a
    /// segment that is not older than the one before.
    fn take_window(&mut self, now: Instant, segment: &Segment<'_>) {
        let (wl1, wl2) = (self.sending.wl1, self.sending.wl2);
        let newer = wl1 < segment.sequence || (wl1 == segment.sequence && wl2 <= segment.acknowledgment);
        if !newer || segment.acknowledgment < self.sending.una {
            return;
        }
        let was_closed = self.sending.window == 0;
        self.sending.window = self.scaled_window(segment);
        self.sending.largest_window = self.sending.largest_window.max(self.sending.window);
        (self.sending.wl1, self.sending.wl2) = (segment.sequence, segment.acknowledgment);
        if was_closed && self.sending.window > 0 {
            self.window_has_opened(now);
        }
    }

    /// What was sent into the closed window, a probe or again, may have been dropped: it goes once more, and now. What was
    /// sent before it closed is still on its way.
    fn window_has_opened(&mut self, now: Instant) {
        let repeats = self.sending.recovery.is_some_and(|recovery| recovery.by_timeout);
        let may_be_dropped = repeats || self.timers.persist.is_some();
        self.timers.persist = None;
        self.sending.probe_window = false;
        self.rtt.reset_back_off();
        if may_be_dropped && !self.sending.is_idle() {
            self.sending.scoreboard.mark_all_lost();
            self.restart_retransmission(now);
        }
    }

    fn look_for_losses(&mut self, now: Instant, segment: &Segment<'_>, progress: bool) {
        let by_time = self.detects_by_time();
        if by_time {
            self.learn_order(now, segment);
        }
        if !self.config.fast_retransmit || self.sending.is_idle() {
            return;
        }
        let lost = if by_time { self.mark_overdue(now) } else { self.detect_by_counting(progress) };
        self.answer_losses(now, lost);
    }

    /// Returns how many bytes are newly lost.
    fn detect_by_counting(&mut self, progress: bool) -> u32 {
        let duplicates = self.sending.duplicate_acknowledgments;
        let selective = self.agreed.selective_acknowledgment;
        match self.sending.recovery {
            // RFC 6582 §3.2: in recovery, an ACK that covers only a part shows the next hole.
            Some(_) if !selective && !progress => 0,
            Some(_) if !selective => {
                let before = self.sending.scoreboard.lost_bytes();
                // Step 3: "retransmit the first unacknowledged segment", whatever the window has room for.
                self.sending.repair_at_once = self.sending.scoreboard.mark_first_lost();
                self.sending.scoreboard.lost_bytes() - before
            }
            recovery => {
                // RFC 6675 §5, step 1: three duplicates begin a recovery even if they have reported little.
                let duplicates = if selective && recovery.is_some() { 0 } else { duplicates };
                self.sending.scoreboard.mark_lost(duplicates, self.segment_size())
            }
        }
    }

    /// Begins a recovery, if something is lost and none has begun.
    pub(super) fn answer_losses(&mut self, now: Instant, lost: u32) {
        if lost == 0 || self.sending.recovery.is_some() {
            return;
        }
        self.sending.recovery = Some(Recovery { point: self.sending.nxt, by_timeout: false });
        self.sending.repair_at_once = true;
        self.counts.fast_recoveries += 1;
        // RFC 3168 §6.1.2: a window that was reduced for a mark is not reduced again for a loss in it.
        if self.sending.mark_answered <= self.sending.una {
            // FlightSize: what is sent and not acknowledged, whether or not it has been lost (RFC 5681 §2).
            self.congestion.on_loss(now, self.sending.scoreboard.outstanding());
        }
        self.sending.reduced_at = self.sending.scoreboard.next_transmission();
        self.sending.tail_loss_probe.forget();
        self.sending.tell_reduced = self.agreed.explicit_congestion_notification;
        self.sending.last_growth = self.sending.nxt;
    }

    /// The peer saw a mark (RFC 3168 §6.1.2): slow down, once for each window.
    fn take_mark(&mut self, now: Instant, segment: &Segment<'_>) {
        let marked = self.agreed.explicit_congestion_notification && segment.flags.contains(Flags::ECE);
        if marked && self.sending.recovery.is_none() && segment.acknowledgment > self.sending.mark_answered {
            self.congestion.on_congestion_mark(now, self.sending.scoreboard.outstanding());
            self.sending.mark_answered = self.sending.nxt;
            self.sending.tell_reduced = true;
        }
    }

    fn fin_may_be_acknowledged(&mut self, now: Instant) {
        if !self.sending.fin_is_acknowledged() || self.state.on(Cause::AckOfFin).is_none() {
            return;
        }
        self.go(Cause::AckOfFin);
        match self.state {
            State::FinWait2 => self.limit_fin_wait_2(now),
            State::TimeWait => self.enter_time_wait(now),
            State::Closed => self.end(WhyClosed::Finished),
            _ => {}
        }
    }

    /// Says what we expect, now.
    pub(super) fn acknowledge_now(&mut self) {
        self.receiving.acknowledge = Acknowledge::Now;
    }
}
