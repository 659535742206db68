use wirelab_sansio::Instant;

use super::Connection;
use crate::tcp::State;
use crate::tcp::receive_buffer::ReceiveBuffer;
use crate::wire::{SackBlock, Seq};

/// The receive sequence variables (RFC 9293 §3.3.1), and when to acknowledge.
///
/// ```text
///          received        may be sent to us     may not
///     ───────────────────┬───────────────────┬───────────▶
///                     RCV.NXT        RCV.NXT + RCV.WND
/// ```
#[derive(Clone, Debug)]
pub(super) struct Receiving {
    pub(super) buffer: ReceiveBuffer,
    /// RCV.NXT + RCV.WND: what was offered once is not taken back (RFC 9293 §3.8.6, SHLD-14).
    pub(super) right_edge: Seq,
    /// The number of the peer's FIN is known, and it has come.
    pub(super) fin: bool,
    /// The number of a FIN that came before something ahead of it.
    pub(super) early_fin: Option<Seq>,
    pub(super) acknowledge: Acknowledge,
    /// How many segments have arrived behind a gap, or twice, of which the peer has not heard. Each is told by an acknowledgment
    /// of its own, without data: only so is it a duplicate that a peer counts (RFC 5681 §2, §4.2), and only there is room
    /// for what is held (RFC 2018 §4).
    pub(super) to_report: u32,
    /// What has arrived a second time, and is to be reported (RFC 2883).
    pub(super) duplicate: Option<SackBlock>,
    /// Bytes in order since the last acknowledgment.
    pub(super) unacknowledged: u32,
    /// The last acknowledgment number that was sent.
    pub(super) last_acknowledged: Seq,
    /// TS.Recent (RFC 7323 §4.3).
    pub(super) recent_timestamp: u32,
    pub(super) recent_timestamp_at: Instant,
    /// A mark arrived, and the peer has not said yet that it slowed down (RFC 3168 §6.1.3).
    pub(super) echo_mark: bool,
    pub(super) last_heard: Instant,
    /// Challenge acknowledgments in the second that began then (RFC 5961 §7).
    pub(super) challenges: (Instant, u32),
}

/// Whether an acknowledgment is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Acknowledge {
    No,
    /// When its timer runs out, or with the next segment.
    Later,
    Now,
}

impl Receiving {
    pub(super) fn new(buffer: ReceiveBuffer, now: Instant) -> Self {
        let next = buffer.next();
        Receiving {
            buffer,
            right_edge: next,
            fin: false,
            early_fin: None,
            acknowledge: Acknowledge::No,
            to_report: 0,
            duplicate: None,
            unacknowledged: 0,
            last_acknowledged: next,
            recent_timestamp: 0,
            recent_timestamp_at: now,
            echo_mark: false,
            last_heard: now,
            challenges: (now, 0),
        }
    }

    /// RCV.NXT.
    pub(super) fn next(&self) -> Seq {
        self.buffer.next()
    }

    /// RCV.WND.
    pub(super) fn offered(&self) -> u32 {
        self.right_edge.since(self.next())
    }
}

impl Connection {
    /// The window to offer now. It opens only by a worthwhile step, so that a slow reader does not ask for small
    /// segments: the receiver's half of the avoidance of silly windows (RFC 9293 §3.8.6.2.2).
    pub(super) fn window_to_offer(&self) -> u32 {
        // What 16 bits, shifted, cannot say is not offered, or every reading would seem to open the window.
        let shift = self.agreed.our_shift();
        let units = (self.receiving.buffer.room() >> shift).min(usize::from(u16::MAX)) as u32;
        let room = units << shift;
        let offered = self.receiving.offered();
        let step = if self.config.silly_window_avoidance { self.worthwhile_step() } else { 1 };
        if room >= offered.saturating_add(step) { room } else { offered }
    }

    /// Half of the buffer, or a full segment, if that is less.
    fn worthwhile_step(&self) -> u32 {
        (self.config.receive_buffer as u32 / 2).min(u32::from(self.config.maximum_segment_size)).max(1)
    }

    /// After reading: the peer must hear of room that it does not know of.
    pub(super) fn window_may_have_opened(&mut self) {
        let worth = u32::from(self.config.maximum_segment_size).saturating_mul(2);
        let worth = worth.min(self.config.receive_buffer as u32 / 2).max(1);
        let worth = if self.config.silly_window_avoidance { worth } else { 1 };
        let opens_by = self.window_to_offer().saturating_sub(self.receiving.offered());
        if self.state.is_synchronized() && self.state.may_receive() && opens_by >= worth {
            self.receiving.acknowledge = Acknowledge::Now;
        }
    }

    /// Answers something suspicious with what we expect, but not more often than a few times a second (RFC 5961 §7).
    /// The limit is each connection's own: a common one would let a third party count the answers of others.
    pub(super) fn challenge(&mut self, now: Instant) {
        let (since, count) = self.receiving.challenges;
        let (since, count) = if (now - since).as_secs() >= 1 { (now, 0) } else { (since, count) };
        if count < self.config.challenge_acknowledgments {
            self.receiving.challenges = (since, count + 1);
            self.receiving.acknowledge = Acknowledge::Now;
        }
    }

    /// Takes the segment's data, and decides how soon to acknowledge it (RFC 9293 §3.8.6.3, RFC 5681 §4.2).
    pub(super) fn take_data(&mut self, now: Instant, seq: Seq, data: &[u8]) {
        if data.is_empty() || self.receiving.fin {
            return;
        }
        if !self.state.may_receive() {
            return;
        }
        if self.released && self.receiving.next() < seq + data.len() as u32 {
            // RFC 9293 §3.10.4: data that nobody will read is a reason for a RST.
            return self.abort();
        }
        let duplicate = self.receiving.buffer.duplicate(seq, data.len() as u32); // at most a packet
        let inserted = self.receiving.buffer.insert(seq, data);
        if inserted.readable > 0 {
            self.tell(crate::tcp::Event::Readable);
            self.receiving.to_report = 0;
        }
        self.report(duplicate, inserted.gap && inserted.readable == 0);
        self.receiving.unacknowledged += inserted.readable as u32;
        let two_segments = 2 * self.segment_size();
        let at_once = inserted.gap
            || inserted.readable == 0
            || self.receiving.unacknowledged >= two_segments
            || self.receiving.buffer.has_gap();
        match self.config.delayed_acknowledgment {
            Some(delay) if !at_once => self.acknowledge_later(now + delay),
            _ => self.receiving.acknowledge = Acknowledge::Now,
        }
    }

    /// Has the peer told of what came twice or out of order.
    pub(super) fn report(&mut self, duplicate: Option<SackBlock>, out_of_order: bool) {
        let duplicate = duplicate.filter(|_| self.agreed.selective_acknowledgment);
        if duplicate.is_none() && !out_of_order {
            return;
        }
        self.receiving.duplicate = duplicate.or(self.receiving.duplicate);
        if self.receiving.to_report == 0 && self.receiving.last_acknowledged != self.receiving.next() {
            // The first acknowledgment is of what is in order, and is no duplicate.
            self.receiving.to_report = 1;
        }
        self.receiving.to_report += 1;
    }

    fn acknowledge_later(&mut self, when: Instant) {
        if self.receiving.acknowledge == Acknowledge::No {
            self.receiving.acknowledge = Acknowledge::Later;
            self.timers.acknowledge = Some(when);
        }
    }

    /// An acknowledgment has gone out, alone or with something else.
    pub(super) fn has_acknowledged(&mut self) {
        self.receiving.acknowledge = Acknowledge::No;
        self.receiving.unacknowledged = 0;
        self.receiving.last_acknowledged = self.receiving.next();
        self.timers.acknowledge = None;
    }

    /// Takes the peer's FIN, if all before it has arrived (RFC 9293 §3.10.7.4, eighth).
    pub(super) fn take_fin(&mut self, now: Instant, fin: Seq) {
        if self.receiving.fin || !self.state.may_receive() {
            return;
        }
        if fin != self.receiving.next() {
            if fin > self.receiving.next() && fin < self.receiving.right_edge {
                self.receiving.early_fin.get_or_insert(fin);
            }
            // RFC 5681 §4.2: there is a gap before it, of which the peer should hear.
            self.receiving.acknowledge = Acknowledge::Now;
            return;
        }
        self.receiving.fin = true;
        self.receiving.buffer.take_fin();
        self.receiving.right_edge = self.receiving.right_edge.max(self.receiving.next());
        self.receiving.acknowledge = Acknowledge::Now;
        self.go(crate::tcp::Cause::Fin);
        self.tell(crate::tcp::Event::EndOfStream);
        if self.state == State::TimeWait {
            self.enter_time_wait(now);
        }
    }
}
