//! How a connection begins: the three constructors, and SYN-SENT.

use std::collections::VecDeque;

use wirelab_sansio::Instant;

use super::receiving::{Acknowledge, Receiving};
use super::sending::Sending;
use super::timers::Timers;
use super::{Connection, Counts, Endpoints};
use crate::tcp::congestion::Congestion;
use crate::tcp::rack::Rack;
use crate::tcp::receive_buffer::ReceiveBuffer;
use crate::tcp::rtt::RttEstimator;
use crate::tcp::{Agreed, Cause, Config, Event, State, WhyClosed};
use crate::wire::{Flags, Segment, Seq};

impl Connection {
    /// Opens a connection: the SYN is the first thing that [`poll_transmit`](Self::poll_transmit) gives (RFC 9293 §3.10.1).
    /// Bytes may be handed over already; they are sent when the handshake is over.
    pub fn connect(now: Instant, endpoints: Endpoints, isn: Seq, config: Config) -> Self {
        let agreed = Agreed::offer(&config);
        let mut connection = Connection::new(now, endpoints, isn, config, agreed);
        connection.go(Cause::ActiveOpen);
        connection
    }

    /// Answers a SYN that came to a listener (RFC 9293 §3.10.7.2).
    pub fn accept(now: Instant, endpoints: Endpoints, isn: Seq, config: Config, syn: &Segment<'_>) -> Self {
        let agreed = Agreed::offer(&config);
        let mut connection = Connection::new(now, endpoints, isn, config, agreed);
        connection.passive = true;
        connection.counts.segments_received = 1;
        connection.go(Cause::PassiveOpen);
        connection.take_syn(now, syn);
        connection.go(Cause::Syn);
        connection
    }

    /// A connection whose SYN was answered with a cookie, and of which nothing was kept (RFC 4987 §3.6): its state is what the
    /// cookie says, and the numbers are those of the ACK that brought it back.
    pub fn from_cookie(
        now: Instant,
        endpoints: Endpoints,
        config: Config,
        agreed: Agreed,
        ack: &Segment<'_>,
    ) -> Self {
        let isn = Seq(ack.acknowledgment.0.wrapping_sub(1));
        let mut connection = Connection::new(now, endpoints, isn, config, agreed);
        connection.passive = true;
        connection.go(Cause::PassiveOpen);
        connection.begin_receiving(now, ack.sequence);
        connection.sending.nxt = isn + 1;
        // The timestamp of the SYN ACK came back: ours go on from there.
        if let Some(timestamps) = ack.options.timestamps() {
            connection.clock_offset = 0;
            connection.clock_offset = timestamps.echo.wrapping_sub(connection.clock(now));
        }
        connection.has_agreed(now, agreed);
        // What the SYN said is not known any more; this ACK's timestamp is the first that is.
        connection.receiving.recent_timestamp =
            ack.options.timestamps().map_or(0, |timestamps| timestamps.value);
        // The SYN ACK offered a window without scaling.
        connection.receiving.right_edge = ack.sequence + connection.syn_window();
        connection.receiving.last_acknowledged = ack.sequence;
        connection.go(Cause::Syn);
        connection.receive(now, ack, false);
        connection
    }

    fn new(now: Instant, endpoints: Endpoints, isn: Seq, config: Config, agreed: Agreed) -> Self {
        let buffer = ReceiveBuffer::new(config.receive_buffer, config.reassembly_gaps, Seq(0));
        let segment_size = u32::from(config.maximum_segment_size.saturating_sub(agreed.options_len()).max(1));
        Connection {
            endpoints,
            state: State::Closed,
            agreed,
            // Whoever has a better one sets it. The initial sequence number cannot be guessed, and so this cannot, either.
            clock_offset: isn.0,
            passive: false,
            released: false,
            sending: Sending::new(isn, now),
            receiving: Receiving::new(buffer, now),
            rtt: RttEstimator::new(&config),
            rack: Rack::default(),
            congestion: Congestion::new(config.congestion_control, segment_size, config.initial_window),
            timers: Timers::default(),
            events: VecDeque::new(),
            why_closed: None,
            counts: Counts::default(),
            config,
        }
    }

    /// The window of a SYN: it is never scaled (RFC 7323 §2.2).
    pub(super) fn syn_window(&self) -> u32 {
        (self.config.receive_buffer as u32).min(u32::from(u16::MAX))
    }

    fn begin_receiving(&mut self, now: Instant, next: Seq) {
        let buffer = ReceiveBuffer::new(self.config.receive_buffer, self.config.reassembly_gaps, next);
        let challenges = self.receiving.challenges;
        self.receiving = Receiving { challenges, ..Receiving::new(buffer, now) };
    }

    fn has_agreed(&mut self, now: Instant, agreed: Agreed) {
        self.agreed = agreed;
        self.congestion.set_mss(self.segment_size());
        self.receiving.recent_timestamp_at = now;
    }

    /// Learns what a SYN says.
    fn take_syn(&mut self, now: Instant, syn: &Segment<'_>) {
        // RFC 3168 §6.1.1: a SYN asks with ECE and CWR, and its answer agrees with ECE alone.
        let both = Flags::ECE | Flags::CWR;
        let ecn = match syn.flags.contains(Flags::ACK) {
            true => syn.flags.contains(Flags::ECE) && !syn.flags.contains(Flags::CWR),
            false => syn.flags.contains(both),
        };
        self.begin_receiving(now, syn.sequence + 1);
        self.receiving.right_edge = self.receiving.next() + self.syn_window();
        self.has_agreed(now, Agreed::between(&self.config, syn, ecn));
        self.receiving.recent_timestamp = syn.options.timestamps().map_or(0, |timestamps| timestamps.value);
        // The window of a SYN is not scaled (RFC 7323 §2.2).
        self.sending.window = syn.window.into();
        self.sending.largest_window = syn.window.into();
        self.sending.wl1 = syn.sequence;
    }

    /// SYN-SENT (RFC 9293 §3.10.7.3).
    pub(super) fn arrives_in_syn_sent(&mut self, now: Instant, segment: &Segment<'_>) {
        let acknowledges = segment.flags.contains(Flags::ACK);
        let ack = segment.acknowledgment;
        // First: an ACK of something that we did not send.
        if acknowledges && (ack <= self.sending.isn || ack > self.sending.nxt) {
            if !segment.flags.contains(Flags::RST) {
                self.sending.reset = Some(ack);
            }
            return;
        }
        // Second: a RST counts only if it shows, by acknowledging our SYN, that its sender has seen it.
        if segment.flags.contains(Flags::RST) {
            if acknowledges {
                self.go(Cause::Reset);
                self.end(WhyClosed::Refused);
            }
            return;
        }
        // Fourth (third is the security level, which nobody uses).
        if !segment.flags.contains(Flags::SYN) {
            return;
        }
        self.take_syn(now, segment);
        if !acknowledges {
            // Both have opened at once: our SYN goes out again, as a SYN ACK.
            self.go(Cause::Syn);
            self.sending.scoreboard.mark_all_lost();
            return;
        }
        self.progress(now, segment);
        self.go(Cause::SynAck);
        self.receiving.acknowledge = Acknowledge::Now;
        self.sending.wl2 = ack;
        self.established(now);
        // Data may come with it (RFC 9293 §3.4): it begins behind the SYN.
        self.take_data(now, segment.sequence + 1, segment.payload);
        if segment.flags.contains(Flags::FIN) {
            self.take_fin(now, segment.sequence + 1 + segment.payload.len() as u32);
        }
    }

    pub(super) fn established(&mut self, now: Instant) {
        self.tell(Event::Established);
        self.restart_keep_alive(now);
    }
}
