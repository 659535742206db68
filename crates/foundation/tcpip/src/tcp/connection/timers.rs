//! What time does: retransmission, the persist timer, the delayed acknowledgment, keep-alive, TIME-WAIT.

use std::time::Duration;

use wirelab_sansio::Instant;

use super::Connection;
use super::receiving::Acknowledge;
use super::sending::Recovery;
use crate::tcp::{Cause, State, WhyClosed};

/// When each timer runs out; `None` is off.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timers {
    pub(super) retransmission: Option<Instant>,
    /// What arrives out of order has time until then (RFC 8985 §6.2, step 5). Never later than the retransmission.
    pub(super) reordering: Option<Instant>,
    /// Nothing has come back since the last segments were sent (RFC 8985 §7.2). Never later than the retransmission.
    pub(super) tail_probe: Option<Instant>,
    /// The peer's window is closed, or too small to be worth it (RFC 9293 §3.8.6.1, §3.8.6.2.1).
    pub(super) persist: Option<Instant>,
    pub(super) acknowledge: Option<Instant>,
    pub(super) keep_alive: Option<Instant>,
    /// FIN-WAIT-2 without an application, or TIME-WAIT.
    pub(super) ending: Option<Instant>,
    /// Probes of a silent peer that were not answered.
    pub(super) probes: u32,
}

impl Timers {
    fn all(&self) -> [(Option<Instant>, &'static str); 7] {
        [
            (self.acknowledge, "delayed acknowledgment"),
            (self.reordering, "reordering"),
            (self.tail_probe, "tail loss probe"),
            (self.retransmission, "retransmission"),
            (self.persist, "window probe"),
            (self.keep_alive, "keep-alive"),
            (self.ending, "end of waiting"),
        ]
    }
}

/// Whether a timer has run out; then it is off.
fn has_run_out(timer: &mut Option<Instant>, now: Instant) -> bool {
    let due = timer.is_some_and(|when| when <= now);
    if due {
        *timer = None;
    }
    due
}

impl Connection {
    /// When [`handle_timeout`](Self::handle_timeout) wants to be called next, and why.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let mut next: Option<(Instant, &'static str)> = None;
        for (when, why) in self.timers.all() {
            if let Some(when) = when
                && next.is_none_or(|(first, _)| when < first)
            {
                next = Some((when, why));
            }
        }
        next
    }

    /// Does what is due at `now`. A call too early or too often does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        if has_run_out(&mut self.timers.acknowledge, now) && self.receiving.acknowledge == Acknowledge::Later
        {
            self.acknowledge_now();
        }
        // The two that start the retransmission timer anew come before it (RFC 8985 §8).
        if has_run_out(&mut self.timers.reordering, now) {
            self.reordering_timeout(now);
        }
        if has_run_out(&mut self.timers.tail_probe, now) {
            self.tail_probe_timeout(now);
        }
        if has_run_out(&mut self.timers.retransmission, now) {
            self.retransmission_timeout(now);
        }
        if has_run_out(&mut self.timers.persist, now) {
            self.persist_timeout(now);
        }
        if has_run_out(&mut self.timers.keep_alive, now) {
            self.keep_alive_timeout(now);
        }
        if has_run_out(&mut self.timers.ending, now) {
            self.ending_timeout();
        }
    }

    /// RFC 6298 §5.2 and §5.3: runs while something is unacknowledged, and starts anew with every progress.
    pub(super) fn restart_retransmission(&mut self, now: Instant) {
        let runs = !self.sending.is_idle() && self.timers.persist.is_none();
        self.timers.retransmission = runs.then(|| now + self.rtt.timeout());
        self.timers.reordering = self.timers.reordering.filter(|_| runs);
        self.schedule_tail_probe(now);
    }

    /// RFC 6298 §5.4 to §5.6, RFC 5681 §3.1, RFC 6675 §5.1.
    fn retransmission_timeout(&mut self, now: Instant) {
        self.sending.attempts += 1;
        self.counts.timeouts += 1;
        let opening = matches!(self.state, State::SynSent | State::SynReceived);
        let most = if opening { self.config.syn_retries } else { self.config.retries };
        if self.sending.attempts > most {
            return self.give_up();
        }
        self.rtt.back_off();
        match opening {
            true => self.congestion.on_lost_syn(),
            false => {
                let flight = self.sending.scoreboard.outstanding();
                self.congestion.on_timeout(now, flight, self.sending.attempts == 1);
            }
        }
        if self.sending.scoreboard.has_reneged() {
            // RFC 2018 §8: the peer has thrown away what it had reported, and is allowed to.
            self.sending.scoreboard.forget_sacks();
        }
        self.mark_lost_by_timeout(now);
        self.sending.duplicate_acknowledgments = 0;
        self.sending.recovery = Some(Recovery { point: self.sending.nxt, by_timeout: true });
        self.sending.reduced_at = self.sending.scoreboard.next_transmission();
        self.sending.tail_loss_probe.forget();
        self.sending.last_growth = self.sending.una;
        (self.timers.reordering, self.timers.tail_probe) = (None, None);
        self.timers.retransmission = Some(now + self.rtt.timeout());
    }

    fn mark_lost_by_timeout(&mut self, now: Instant) {
        if !self.detects_by_time() {
            return self.sending.scoreboard.mark_all_lost();
        }
        // RFC 8985 §6.3: what was sent a moment ago is not lost because the first segment is.
        let until = Instant::ZERO + (now - (Instant::ZERO + self.patience()));
        self.sending.scoreboard.mark_lost_until(until);
        // RFC 6298 §5.4: the first one goes, whatever else is on its way.
        self.sending.repair_at_once = true;
    }

    /// Begins to probe a window that leaves data waiting, if nothing else would bring an answer.
    pub(super) fn start_persist(&mut self, now: Instant) {
        if self.timers.persist.is_none() {
            self.timers.persist = Some(now + self.rtt.timeout());
        }
    }

    /// RFC 9293 §3.8.6.1: the probes go on, at growing intervals, for as long as the peer answers them.
    fn persist_timeout(&mut self, now: Instant) {
        if self.sending.is_idle() && !self.sending.has_more() {
            // The last probe carried all that there was.
            return;
        }
        self.sending.attempts += 1;
        if self.sending.attempts > self.config.retries {
            return self.give_up();
        }
        self.rtt.back_off();
        self.sending.probe_window = true;
        if !self.sending.is_idle() {
            // The last probe's byte was not taken: it is the next probe.
            self.sending.scoreboard.mark_all_lost();
        }
        self.timers.persist = Some(now + self.rtt.timeout());
    }

    pub(super) fn restart_keep_alive(&mut self, now: Instant) {
        self.timers.probes = 0;
        let waits = self.state.is_synchronized() && self.state != State::TimeWait;
        self.timers.keep_alive = self.config.keep_alive.filter(|_| waits).map(|alive| now + alive.idle);
    }

    /// RFC 9293 §3.8.4: a number that the peer has long acknowledged makes it say what it expects.
    fn keep_alive_timeout(&mut self, now: Instant) {
        let Some(keep_alive) = self.config.keep_alive else { return };
        if self.timers.probes >= keep_alive.probes {
            return self.give_up();
        }
        // MUST-26: not while data is outstanding. Its retransmission finds out as well.
        if self.sending.is_idle() {
            self.timers.probes += 1;
            self.sending.probe_peer = true;
        }
        self.timers.keep_alive = Some(now + keep_alive.interval);
    }

    pub(super) fn enter_time_wait(&mut self, now: Instant) {
        self.timers = Timers { ending: Some(now + self.config.time_wait), ..Timers::default() };
    }

    /// Without an application nobody would close a half that the peer leaves open.
    pub(super) fn limit_fin_wait_2(&mut self, now: Instant) {
        if self.state == State::FinWait2 && self.released {
            self.timers.ending = Some(now + self.config.fin_wait_2);
        }
    }

    fn ending_timeout(&mut self) {
        match self.state {
            State::TimeWait => self.end_time_wait(),
            State::FinWait2 => self.give_up(),
            _ => {}
        }
    }

    fn give_up(&mut self) {
        self.go(Cause::GaveUp);
        self.end(WhyClosed::TimedOut);
    }

    /// A router or the peer's host says that there is no way (RFC 9293 §3.9.2.2). Only a connection that is being opened is
    /// ended by it: anybody can send such a message, and routes come back.
    pub fn unreachable(&mut self, hard: bool) {
        if hard && matches!(self.state, State::SynSent | State::SynReceived) {
            self.go(Cause::GaveUp);
            self.end(WhyClosed::Unreachable);
        }
    }

    /// The path carries segments of at most so much data, options included (RFC 9293 §3.7.5; RFC 1191, RFC 8201). What was
    /// lost by being larger is sent again at once.
    pub fn set_path_segment_size(&mut self, now: Instant, size: u16) {
        if self.sending.path_segment_size.is_some_and(|known| known <= size) {
            return;
        }
        let before = self.segment_size();
        self.sending.path_segment_size = Some(size);
        if self.segment_size() < before {
            self.congestion.set_mss(self.segment_size());
            if !self.sending.is_idle() && self.state.is_synchronized() {
                self.sending.scoreboard.mark_all_lost();
                self.restart_retransmission(now);
            }
        }
    }

    /// The clock of our timestamps: milliseconds, from a start that differs from connection to connection, so that it
    /// does not tell how long the machine has been up (RFC 7323 §7.1).
    pub(super) fn clock(&self, now: Instant) -> u32 {
        let millis = Duration::from_nanos(now.as_nanos()).as_millis() as u32; // it may wrap, and does
        millis.wrapping_add(self.clock_offset)
    }
}
