//! What leaves: first what is lost, then what is new, then acknowledgments.

use wirelab_sansio::Instant;

use super::receiving::Acknowledge;
use super::{Connection, Outgoing};
use crate::tcp::State;
use crate::wire::{Flags, Options, Segment, Seq, Timestamps};

/// What the next segment is, before it is put together.
#[derive(Clone, Copy, Debug)]
struct Plan {
    seq: Seq,
    /// Bytes of data.
    len: u32,
    flags: Flags,
    /// Neither new nor within the window: its packet is not marked, and it does not say CWR (RFC 3168 §6.1.5, §6.1.6).
    repeats_or_probes: bool,
}

impl Plan {
    const fn empty(seq: Seq, flags: Flags) -> Plan {
        Plan { seq, len: 0, flags, repeats_or_probes: false }
    }
}

impl Connection {
    /// The next segment to be sent at `now`, or `None` if nothing is due. To be asked until it says so, after every other
    /// call.
    pub fn poll_transmit(&mut self, now: Instant) -> Option<Outgoing<'_>> {
        let plan = self.plan(now)?;
        self.counts.segments_sent += 1;
        Some(self.put_together(now, plan))
    }

    fn plan(&mut self, now: Instant) -> Option<Plan> {
        if let Some(seq) = self.sending.reset.take() {
            return Some(Plan::empty(seq, Flags::RST));
        }
        if matches!(self.state, State::Closed | State::Listen) {
            return None;
        }
        if self.sending.nxt == self.sending.isn {
            return Some(self.plan_syn(now));
        }
        self.plan_lost(now).or_else(|| self.plan_new(now)).or_else(|| self.plan_empty())
    }

    fn plan_syn(&mut self, now: Instant) -> Plan {
        let isn = self.sending.isn;
        self.has_sent(now, isn, 1);
        Plan::empty(isn, Flags::SYN)
    }

    /// Something that counts as lost, if the congestion window has room for it (RFC 6675 §5, NextSeg rule 1). The first
    /// one of a recovery goes at once (RFC 5681 §3.2, step 3).
    fn plan_lost(&mut self, now: Instant) -> Option<Plan> {
        let (seq, len) = self.sending.scoreboard.next_lost()?;
        let waits_for_window = self.timers.persist.is_some() && !self.sending.probe_window;
        let flight = self.in_flight();
        let has_room = flight == 0 || flight + len.min(self.segment_size()) <= self.congestion.window();
        if waits_for_window || !(has_room || self.sending.repair_at_once) {
            return None;
        }
        (self.sending.repair_at_once, self.sending.probe_window) = (false, false);
        let plan = self.plan_again(seq, len);
        self.sending.scoreboard.retransmitted(seq, now);
        self.counts.retransmissions += 1;
        self.sending.last_sent = now;
        if self.timers.retransmission.is_none() {
            self.restart_retransmission(now);
        }
        Some(plan)
    }

    /// The same numbers again: SYN, data, FIN, or data and FIN.
    fn plan_again(&mut self, seq: Seq, len: u32) -> Plan {
        if seq == self.sending.isn {
            return Plan { repeats_or_probes: true, ..Plan::empty(seq, Flags::SYN) };
        }
        let most = self.segment_size();
        let buffered =
            (self.sending.buffer.len() as u32).saturating_sub(seq.since(self.sending.buffer_start));
        let data = len.min(buffered);
        if data > most {
            // The path has become narrower since.
            self.sending.scoreboard.split(seq, most);
            return Plan { seq, len: most, flags: Flags::default(), repeats_or_probes: true };
        }
        let flags = if len > data { Flags::FIN } else { Flags::default() };
        Plan { seq, len: data, flags, repeats_or_probes: true }
    }

    /// Data that was never sent, and the FIN behind it.
    fn plan_new(&mut self, now: Instant) -> Option<Plan> {
        if !self.state.is_synchronized() {
            return None;
        }
        let unsent = self.sending.unsent();
        let fin_due = self.sending.closing && self.sending.fin.is_none();
        if unsent == 0 && !fin_due {
            return None;
        }
        let window = (self.sending.una + self.sending.window).since(self.sending.nxt);
        if window == 0 {
            return self.plan_probe(now, unsent);
        }
        if self.sending.is_idle() {
            // RFC 5681 §4.1: after a pause the old window says nothing about the path.
            self.congestion.on_idle(self.rtt.timeout(), now - self.sending.last_sent);
        }
        let len = unsent.min(window).min(self.segment_size());
        if !self.is_worth_sending(now, len, unsent, window) {
            return None;
        }
        self.timers.persist = None;
        self.sending.probe_window = false;
        let ends = len == unsent && fin_due && window > len;
        Some(self.plan_numbers(now, len, ends))
    }

    /// Whether to send `len` bytes now, or to wait for more data, more window or an acknowledgment.
    fn is_worth_sending(&mut self, now: Instant, len: u32, unsent: u32, window: u32) -> bool {
        let flight = self.in_flight();
        if flight > 0 && flight + len > self.congestion.window() {
            return false;
        }
        if len == 0 || len == self.segment_size() || self.sending.probe_window {
            return true;
        }
        if len == unsent {
            // RFC 896, RFC 9293 §3.7.4: the rest waits while anything is unacknowledged, unless nothing can follow it.
            return !self.config.nagle || self.sending.is_idle() || self.sending.closing;
        }
        // The window cuts it short. The sender's half of the avoidance of silly windows (RFC 9293 §3.8.6.2.1): half of
        // the largest window is worth it, and otherwise a timer overrides.
        let worth =
            !self.config.silly_window_avoidance || window.saturating_mul(2) >= self.sending.largest_window;
        if !worth && self.sending.is_idle() {
            self.start_persist(now);
        }
        worth
    }

    /// The window is closed. One byte is sent from time to time all the same, so that its opening cannot be missed
    /// (RFC 9293 §3.8.6.1).
    fn plan_probe(&mut self, now: Instant, unsent: u32) -> Option<Plan> {
        if !self.sending.is_idle() {
            return None;
        }
        if !std::mem::take(&mut self.sending.probe_window) {
            self.start_persist(now);
            return None;
        }
        let plan = self.plan_numbers(now, unsent.min(1), unsent == 0);
        Some(Plan { repeats_or_probes: true, ..plan })
    }

    /// The next numbers, for `len` bytes and perhaps the FIN.
    fn plan_numbers(&mut self, now: Instant, len: u32, fin: bool) -> Plan {
        let seq = self.sending.nxt;
        if fin {
            self.sending.fin = Some(seq + len);
        }
        self.has_sent(now, seq, len + u32::from(fin));
        let flags = if fin { Flags::FIN } else { Flags::default() };
        Plan { seq, len, flags, repeats_or_probes: false }
    }

    fn has_sent(&mut self, now: Instant, seq: Seq, len: u32) {
        self.sending.scoreboard.sent(seq, len, now);
        self.sending.nxt = seq + len;
        self.sending.last_sent = now;
        if self.timers.retransmission.is_none() {
            self.restart_retransmission(now);
        }
    }

    /// A segment without data: an acknowledgment that is due, or a question whether the peer is alive, which has an old
    /// number (RFC 9293 §3.8.4).
    fn plan_empty(&mut self) -> Option<Plan> {
        if std::mem::take(&mut self.sending.probe_peer) {
            let old = Seq(self.sending.nxt.0.wrapping_sub(1));
            return Some(Plan::empty(old, Flags::default()));
        }
        let due = self.receiving.acknowledge == Acknowledge::Now && self.state != State::SynSent;
        due.then(|| Plan::empty(self.sending.nxt, Flags::default()))
    }

    fn put_together(&mut self, now: Instant, plan: Plan) -> Outgoing<'_> {
        let flags = self.flags(&plan);
        let window = self.window_field(flags);
        let options = self.options(now, flags, plan.len);
        let acknowledgment = if flags.contains(Flags::ACK) { self.receiving.next() } else { Seq(0) };
        if flags.contains(Flags::ACK) {
            self.has_acknowledged();
        }
        let start = plan.seq.since(self.sending.buffer_start) as usize;
        let payload = self.sending.buffer.piece(start, plan.len as usize);
        let segment = Segment {
            source: self.endpoints.local.port(),
            destination: self.endpoints.remote.port(),
            sequence: plan.seq,
            acknowledgment,
            flags,
            window,
            options,
            payload,
            ..Segment::default()
        };
        // RFC 3168 §6.1.4 to §6.1.6: acknowledgments, retransmissions and window probes are not marked.
        let ecn_capable =
            self.agreed.explicit_congestion_notification && !payload.is_empty() && !plan.repeats_or_probes;
        Outgoing { segment, ecn_capable }
    }

    fn flags(&mut self, plan: &Plan) -> Flags {
        let mut flags = plan.flags;
        if flags.contains(Flags::RST) {
            return flags;
        }
        if self.state != State::SynSent {
            flags |= Flags::ACK;
        }
        if flags.contains(Flags::SYN) {
            return flags | self.ecn_flags_of_syn();
        }
        if self.receiving.echo_mark {
            flags |= Flags::ECE;
        }
        if plan.len > 0 {
            if !plan.repeats_or_probes && std::mem::take(&mut self.sending.tell_reduced) {
                flags |= Flags::CWR;
            }
            let end = self.sending.buffer_start + self.sending.buffer.len() as u32;
            if plan.seq + plan.len == end {
                flags |= Flags::PSH;
            }
        }
        flags
    }

    fn ecn_flags_of_syn(&self) -> Flags {
        match (self.agreed.explicit_congestion_notification, self.state) {
            (false, _) => Flags::default(),
            (true, State::SynSent) => Flags::ECE | Flags::CWR,
            (true, _) => Flags::ECE,
        }
    }

    /// The window field, which from now on the peer may rely on.
    fn window_field(&mut self, flags: Flags) -> u16 {
        if flags.contains(Flags::RST) {
            return 0;
        }
        if flags.contains(Flags::SYN) {
            return self.syn_window() as u16; // at most 65 535
        }
        let shift = self.agreed.our_shift();
        let field = (self.window_to_offer() >> shift).min(u32::from(u16::MAX));
        let edge = self.receiving.next() + (field << shift);
        self.receiving.right_edge = self.receiving.right_edge.max(edge);
        field as u16
    }

    fn options(&self, now: Instant, flags: Flags, len: u32) -> Options {
        if flags.contains(Flags::RST) {
            return Options::new();
        }
        let timestamps = Timestamps { value: self.clock(now), echo: self.receiving.recent_timestamp };
        if flags.contains(Flags::SYN) {
            return self.agreed.options(self.config.maximum_segment_size, timestamps);
        }
        let mut options = Options::new();
        if self.agreed.timestamps {
            // RFC 7323, appendix A: two bytes of padding put the numbers on whole words.
            options.push_no_operation();
            options.push_no_operation();
            options.push_timestamps(timestamps);
        }
        let blocks = self.receiving.buffer.sack_blocks();
        // Beside a full segment there is no room for them: the size agreed on includes options (RFC 6691).
        let room = self.segment_size().saturating_sub(len) / 8;
        if self.agreed.selective_acknowledgment && !blocks.as_slice().is_empty() && room > 4 {
            options.push_no_operation();
            options.push_no_operation();
            options.push_sack(&blocks);
        }
        options
    }
}
