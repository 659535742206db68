//! What leaves: first what is lost, then what is new, then acknowledgments.

use wirelab_sansio::Instant;

use super::receiving::Acknowledge;
use super::{Connection, Outgoing};
use crate::tcp::State;
use crate::wire::{Flags, Options, SackBlocks, Segment, Seq, Timestamps};

/// What the next segment is, before it is put together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
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
        let first = self.plan_report().or_else(|| self.plan_lost(now)).or_else(|| self.plan_tail_probe(now));
        first.or_else(|| self.plan_new(now)).or_else(|| self.plan_empty())
    }

    fn plan_syn(&mut self, now: Instant) -> Plan {
        let isn = self.sending.isn;
        self.has_sent(now, isn, 1);
        Plan::empty(isn, Flags::SYN)
    }

    /// An acknowledgment of something that arrived out of order, or twice, without data.
    fn plan_report(&mut self) -> Option<Plan> {
        self.receiving.to_report = self.receiving.to_report.checked_sub(1)?;
        Some(Plan::empty(self.sending.nxt, Flags::default()))
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
        Some(self.repeat(now, seq, len))
    }

    /// Sends the record that begins at `seq` once more.
    pub(super) fn repeat(&mut self, now: Instant, seq: Seq, len: u32) -> Plan {
        let plan = self.plan_again(seq, len);
        self.sending.scoreboard.retransmitted(seq, now);
        self.counts.retransmissions += 1;
        self.sending.last_sent = now;
        self.has_sent_segment(now);
        plan
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
        Some(self.plan_data(now, len, window))
    }

    /// The next `len` bytes, which the peer has room for, and the FIN if it follows them and the `window` has room for it.
    pub(super) fn plan_data(&mut self, now: Instant, len: u32, window: u32) -> Plan {
        self.timers.persist = None;
        self.sending.probe_window = false;
        let fin_due = self.sending.closing && self.sending.fin.is_none();
        let ends = len == self.sending.unsent() && fin_due && window > len;
        self.plan_numbers(now, len, ends)
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
        self.has_sent_segment(now);
    }

    fn has_sent_segment(&mut self, now: Instant) {
        match self.timers.retransmission {
            None => self.restart_retransmission(now),
            // RFC 8985 §7.2: the probe waits for the answer to what was sent last.
            Some(_) => self.schedule_tail_probe(now),
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

    fn options(&mut self, now: Instant, flags: Flags, len: u32) -> Options {
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
        // Beside a full segment there is no room for them: the size agreed on includes options (RFC 6691).
        let room = self.segment_size().saturating_sub(len) / 8;
        if self.agreed.selective_acknowledgment && room > 4 {
            let blocks = self.sack_blocks();
            if !blocks.as_slice().is_empty() {
                options.push_no_operation();
                options.push_no_operation();
                options.push_sack(&blocks);
            }
        }
        options
    }

    /// What is held behind gaps; and before that, once, what came twice (RFC 2883 §4).
    fn sack_blocks(&mut self) -> SackBlocks {
        let mut blocks = SackBlocks::EMPTY;
        let duplicate = self.receiving.duplicate.take();
        duplicate.inspect(|duplicate| blocks.push(*duplicate));
        self.receiving.buffer.sack_blocks().as_slice().iter().for_each(|block| blocks.push(*block));
        blocks
    }
}
