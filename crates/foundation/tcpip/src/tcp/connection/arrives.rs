//! SEGMENT ARRIVES (RFC 9293 §3.10.7.4), in the order of its steps.

use wirelab_sansio::Instant;

use super::Connection;
use super::receiving::Acknowledge;
use crate::tcp::{Cause, State, WhyClosed};
use crate::wire::{Flags, Segment, Seq};

/// After so long a silence a timestamp may have wrapped, and says nothing (RFC 7323 §5.5).
const TIMESTAMP_LIFE_SECONDS: u64 = 24 * 24 * 60 * 60;

impl Connection {
    /// A segment of this connection has arrived, its checksum being right. `congestion_experienced` says that its packet
    /// was marked by a router (RFC 3168).
    pub fn receive(&mut self, now: Instant, segment: &Segment<'_>, congestion_experienced: bool) {
        self.counts.segments_received += 1;
        match self.state {
            State::Closed | State::Listen => {}
            State::SynSent => self.arrives_in_syn_sent(now, segment),
            _ => self.arrives(now, segment, congestion_experienced),
        }
    }

    fn arrives(&mut self, now: Instant, segment: &Segment<'_>, congestion_experienced: bool) {
        // First: is it in the window, and is it not an old one that has come round?
        if !self.takes(now, segment) {
            return self.arrives_outside(now, segment);
        }
        // Second. RFC 5961 §3: only a RST with exactly the number that we expect is believed.
        if segment.flags.contains(Flags::RST) {
            if segment.sequence == self.receiving.next() {
                return self.is_reset();
            }
            return self.challenge(now);
        }
        // Fourth. RFC 5961 §4: a SYN inside a connection is answered with what we expect. If the peer has
        // really started anew, its RST will have the right number.
        if segment.flags.contains(Flags::SYN) {
            return self.challenge(now);
        }
        // Fifth.
        if !segment.flags.contains(Flags::ACK) {
            return;
        }
        if self.state == State::SynReceived && !self.arrives_ack_of_syn(now, segment) {
            return;
        }
        if !self.acknowledged(now, segment) || self.state == State::Closed {
            return;
        }
        self.heard(now, segment, congestion_experienced);
        if segment.sequence_len() > 0 && self.receiving.offered() == 0 {
            // It probes our closed window: the answer says what we expect, and how much of it.
            self.receiving.acknowledge = Acknowledge::Now;
            return;
        }
        // Sixth: urgent data. The pointer is ignored, and the bytes stay where they are in the stream: its meaning was never
        // the same in two systems, middle-boxes clear it, and new applications SHOULD NOT use it (RFC 6093, RFC 9293 §3.8.5).
        // Seventh and eighth.
        self.take_data(now, segment.sequence, segment.payload);
        if segment.flags.contains(Flags::FIN) && self.state != State::Closed {
            self.take_fin(now, segment.sequence + segment.payload.len() as u32);
        }
        // One that came early counts once the gap before it is filled; otherwise it would have to be sent again.
        if self.receiving.early_fin == Some(self.receiving.next()) && self.state != State::Closed {
            self.take_fin(now, self.receiving.next());
        }
    }

    /// Whether a segment is neither outside the window nor old. It need not be the next one: an ACK behind a gap completes a
    /// handshake too.
    pub(crate) fn takes(&self, now: Instant, segment: &Segment<'_>) -> bool {
        !self.is_old(now, segment) && self.is_acceptable(segment)
    }

    /// The four cases of the acceptability test (RFC 9293 §3.10.7.4, table 6).
    fn is_acceptable(&self, segment: &Segment<'_>) -> bool {
        let (next, window) = (self.receiving.next(), self.receiving.offered());
        // How far from RCV.NXT, around the whole circle: half of it away, "before" and "after" would both be true.
        let ahead = |number: Seq| number.0.wrapping_sub(next.0);
        let inside = |number| ahead(number) < window;
        match (segment.sequence_len(), window) {
            (0, _) if segment.flags.contains(Flags::RST) => ahead(segment.sequence) < window.max(1),
            // An ACK may have the number at which the window ends, its sender having filled it, and the one behind that, if
            // it has probed a window of zero: "special allowance should be made to accept valid ACKs, URGs, and RSTs".
            // Otherwise two ends with closed windows that probe each other would never learn that one has opened.
            (0, _) => ahead(segment.sequence) <= window + 1,
            // What there is no room for is not taken, but its ACK is.
            (_, 0) => segment.sequence == next,
            (len, _) => {
                let behind = ahead(segment.sequence).wrapping_neg();
                inside(segment.sequence)
                    || inside(segment.sequence + (len - 1))
                    || (behind < len && len - behind >= window)
            }
        }
    }

    /// PAWS, protection against wrapped sequence numbers (RFC 7323 §5.3, R1): its timestamp is older than what we have seen.
    fn is_old(&self, now: Instant, segment: &Segment<'_>) -> bool {
        if !self.agreed.timestamps || segment.flags.contains(Flags::RST) {
            return false;
        }
        let recent = self.receiving.recent_timestamp;
        let silence = now - self.receiving.recent_timestamp_at;
        // RFC 7323 §3.2: once agreed on, a segment without timestamps is not of this connection.
        segment.options.timestamps().is_none_or(|timestamps| {
            let older = timestamps.value.wrapping_sub(recent).cast_signed() < 0;
            older && silence.as_secs() < TIMESTAMP_LIFE_SECONDS
        })
    }

    /// Not acceptable: tell the peer what we expect, unless it is a RST (RFC 9293 §3.10.7.4, first).
    fn arrives_outside(&mut self, now: Instant, segment: &Segment<'_>) {
        if segment.flags.contains(Flags::RST) {
            return;
        }
        let our_syn_was_lost = self.state == State::SynReceived
            && segment.flags.contains(Flags::SYN)
            && !segment.flags.contains(Flags::ACK)
            && segment.sequence + 1 == self.receiving.next();
        if our_syn_was_lost {
            self.sending.scoreboard.mark_all_lost();
            return;
        }
        let is_last = segment.flags.contains(Flags::FIN) && segment.end() == self.receiving.next();
        if self.state == State::TimeWait && is_last {
            // The peer has not got our last ACK: wait once more (RFC 9293 §3.10.7.4, eighth).
            self.enter_time_wait(now);
        }
        match segment.sequence_len() {
            // Two ends that disagree would send each other acknowledgments for ever.
            0 => self.challenge(now),
            _ => {
                self.receiving.acknowledge = Acknowledge::Now;
                let len = segment.payload.len() as u32; // at most a packet
                if self.state.is_synchronized() {
                    self.report(self.receiving.buffer.duplicate(segment.sequence, len), false);
                }
            }
        }
    }

    fn is_reset(&mut self) {
        // Of a connection that a listener made, the application has never heard.
        let why = match self.state {
            State::SynReceived if !self.passive => WhyClosed::Refused,
            State::TimeWait => WhyClosed::Finished,
            _ => WhyClosed::Reset,
        };
        self.go(Cause::Reset);
        self.end(why);
    }

    /// SYN-RECEIVED, fifth: is it the ACK of our SYN?
    fn arrives_ack_of_syn(&mut self, now: Instant, segment: &Segment<'_>) -> bool {
        let ack = segment.acknowledgment;
        if ack <= self.sending.una || ack > self.sending.nxt {
            self.sending.reset = Some(ack);
            return false;
        }
        self.go(Cause::AckOfSyn);
        self.sending.window = self.scaled_window(segment);
        self.sending.largest_window = self.sending.window;
        (self.sending.wl1, self.sending.wl2) = (segment.sequence, ack);
        self.established(now);
        true
    }

    /// What every acceptable segment of the peer tells, whatever else is in it. Its ACK was looked at before: who only guessed
    /// a sequence number must not change TS.Recent (RFC 5961 §5.2), or all that the peer sends would be old.
    fn heard(&mut self, now: Instant, segment: &Segment<'_>, congestion_experienced: bool) {
        self.receiving.last_heard = now;
        self.restart_keep_alive(now);
        if let Some(timestamps) = segment.options.timestamps().filter(|_| self.agreed.timestamps) {
            // RFC 7323 §4.3: the timestamp to echo is that of the segment that an acknowledgment will answer first.
            let newer = timestamps.value.wrapping_sub(self.receiving.recent_timestamp).cast_signed() >= 0;
            if newer && segment.sequence <= self.receiving.last_acknowledged {
                self.receiving.recent_timestamp = timestamps.value;
                self.receiving.recent_timestamp_at = now;
            }
        }
        if self.agreed.explicit_congestion_notification {
            // RFC 3168 §6.1.3: CWR ends the echo, and a mark begins it, in this order.
            if segment.flags.contains(Flags::CWR) {
                self.receiving.echo_mark = false;
            }
            self.receiving.echo_mark |= congestion_experienced;
        }
    }

    pub(super) fn scaled_window(&self, segment: &Segment<'_>) -> u32 {
        u32::from(segment.window) << self.agreed.their_shift()
    }
}
