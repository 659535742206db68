//! The object: buffers, the two sides' variables, and the state. What arrives is in `arrives.rs` and `acknowledged.rs`, what
//! leaves in `transmit.rs`, what time does in `timers.rs`, and what it tells about losses in `detection.rs`.

mod acknowledged;
mod arrives;
mod detection;
mod handshake;
mod receiving;
mod sending;
mod timers;
mod transmit;

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;

use super::congestion::Congestion;
use super::rack::Rack;
use super::rtt::RttEstimator;
use super::{Agreed, Cause, Config, Event, Info, Misuse, State, WhyClosed};
use crate::wire::{Segment, Seq};
use receiving::Receiving;
use sending::Sending;
use timers::Timers;
use transmit::Plan;

/// The two ends of a connection, as this end sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// Our address and port.
    pub local: SocketAddr,
    /// The peer's.
    pub remote: SocketAddr,
}

/// All at once, and not part by part: ends are looked up for each segment.
impl Hash for Endpoints {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [(local, here), (remote, there)] = [self.local, self.remote].map(|end| (end.ip(), end.port()));
        let ports = u32::from(here) << 16 | u32::from(there);
        match (local, remote) {
            (IpAddr::V4(local), IpAddr::V4(remote)) => {
                let addresses = u64::from(local.to_bits()) << 32 | u64::from(remote.to_bits());
                state.write_u128(u128::from(addresses) << 32 | u128::from(ports));
            }
            _ => (local, remote, ports).hash(state),
        }
    }
}

/// A segment to be sent, and whether its packet may be marked instead of dropped (RFC 3168 §6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outgoing<'a> {
    /// The segment; its checksum is not filled in.
    pub segment: Segment<'a>,
    /// Whether the packet says ECT(0).
    pub ecn_capable: bool,
}

/// One end of a TCP connection (RFC 9293), without a socket: segments in, segments and events out.
///
/// The caller brings segments whose checksum is right and whose ports are this connection's, the time, and, at the
/// start, an initial sequence number that cannot be guessed ([`InitialSequence`](super::InitialSequence)).
///
/// ```
/// use wirelab_sansio::Instant;
/// use wirelab_tcpip::Seq;
/// use wirelab_tcpip::tcp::{Config, Connection, Endpoints, Event, State};
///
/// let (here, there) = ("192.0.2.1:50000".parse()?, "198.51.100.1:80".parse()?);
/// let now = Instant::ZERO;
/// let mut client = Connection::connect(now, Endpoints { local: here, remote: there }, Seq(7), Config::default());
/// let syn = client.poll_transmit(now).expect("a SYN").segment;
/// let ends = Endpoints { local: there, remote: here };
/// let mut server = Connection::accept(now, ends, Seq(99), Config::default(), &syn);
/// let syn_ack = server.poll_transmit(now).expect("a SYN ACK").segment;
/// client.receive(now, &syn_ack, false);
/// assert_eq!(client.poll_event(), Some(Event::Established));
/// assert_eq!(server.state(), State::SynReceived); // until the client's ACK has come
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    endpoints: Endpoints,
    config: Config,
    state: State,
    /// What we offer until the peer's SYN has come, and then what both have agreed on.
    agreed: Agreed,
    /// What the clock of our timestamps is ahead of the time.
    clock_offset: u32,
    /// Whether a listener made it.
    passive: bool,
    /// Whether the application has gone, and the connection has only to come to its end.
    released: bool,
    sending: Sending,
    receiving: Receiving,
    rtt: RttEstimator,
    rack: Rack,
    congestion: Congestion,
    timers: Timers,
    events: VecDeque<Event>,
    why_closed: Option<WhyClosed>,
    counts: Counts,
}

/// What only those who watch want to know.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    retransmissions: u64,
    timeouts: u64,
    fast_recoveries: u64,
    segments_sent: u64,
    segments_received: u64,
}

impl Connection {
    /// Hands over bytes, and returns how many of them the send buffer had room for. 0 means that it is full;
    /// [`Event::Writable`] says when that has changed.
    ///
    /// # Errors
    /// The application has closed, or the connection is over.
    pub fn send(&mut self, bytes: &[u8]) -> Result<usize, Misuse> {
        if let Some(why) = self.why_closed {
            return Err(Misuse::Closed(why));
        }
        if !self.state.may_send() {
            return Err(Misuse::SendAfterClose);
        }
        let taken = bytes.len().min(self.writable());
        self.sending.buffer.push(bytes.get(..taken).unwrap_or_default());
        self.sending.was_full |= taken < bytes.len();
        Ok(taken)
    }

    /// Appends all that can be read to `out`, and returns how much that was.
    pub fn receive_into(&mut self, out: &mut BytesMut) -> usize {
        let len = self.receiving.buffer.read_into(out);
        self.window_may_have_opened();
        len
    }

    /// At most `most` of the bytes that can be read, without copying them.
    pub fn read(&mut self, most: usize) -> Bytes {
        let bytes = self.receiving.buffer.read(most);
        self.window_may_have_opened();
        bytes
    }

    /// Ends our direction once all that was handed over has been sent (RFC 9293 §3.10.4). What the peer sends can
    /// still be read. Closing twice does nothing.
    pub fn close(&mut self) {
        if self.state.on(Cause::Close).is_none() {
            return;
        }
        self.sending.closing = true;
        self.go(Cause::Close);
        if self.state == State::Closed {
            self.end(WhyClosed::Aborted);
        }
    }

    /// Gives the connection up: what was not sent or read yet is lost, and the peer gets a RST (RFC 9293 §3.10.5).
    pub fn abort(&mut self) {
        let Some(transition) = self.state.on(Cause::Abort) else { return };
        self.sending.reset = (transition.sends == "RST").then_some(self.sending.nxt);
        self.go(Cause::Abort);
        self.end(WhyClosed::Aborted);
    }

    /// The application goes away. What it has handed over is still sent; what it has not read, or what comes from now
    /// on, nobody will read, and is answered with a RST (RFC 9293 §3.10.4, RFC 1122 §4.2.2.13).
    pub fn release(&mut self, now: Instant) {
        self.released = true;
        self.events.clear();
        if self.receiving.buffer.readable() > 0 {
            return self.abort();
        }
        self.close();
        self.limit_fin_wait_2(now);
    }

    /// The next event, or `None` when nothing has happened since the last one.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Whether [`poll_event`](Self::poll_event) has something to say.
    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// How many segments were sent again.
    pub(crate) fn retransmissions(&self) -> u64 {
        self.counts.retransmissions
    }

    /// Where the connection is in its life.
    pub fn state(&self) -> State {
        self.state
    }

    /// The two ends.
    pub fn endpoints(&self) -> Endpoints {
        self.endpoints
    }

    /// How it was configured.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Why the connection is over, once it is.
    pub fn why_closed(&self) -> Option<WhyClosed> {
        self.why_closed
    }

    /// How many bytes can be read.
    pub fn readable(&self) -> usize {
        self.receiving.buffer.readable()
    }

    /// How many bytes the send buffer has room for.
    pub fn writable(&self) -> usize {
        match self.state.may_send() {
            true => self.config.send_buffer.saturating_sub(self.sending.buffer.len()),
            false => 0,
        }
    }

    /// How many bytes were handed over and are not acknowledged yet.
    pub fn unacknowledged(&self) -> usize {
        self.sending.buffer.len()
    }

    /// The number that is expected next from the peer: RCV.NXT.
    pub fn expects(&self) -> Seq {
        self.receiving.next()
    }

    /// Whether small segments are sent at once (`TCP_NODELAY`), or held back while others are unacknowledged (RFC 896).
    pub fn set_nodelay(&mut self, nodelay: bool) {
        self.config.nagle = !nodelay;
    }

    /// What our timestamps are ahead of the time, in milliseconds ([`TimestampOffsets`](super::TimestampOffsets)); otherwise it
    /// is the initial sequence number. To be set before anything is sent, as timestamps must not go back.
    pub fn set_timestamp_offset(&mut self, offset: u32) {
        self.clock_offset = offset;
    }

    /// Ends TIME-WAIT before its time, because its ends or its memory are wanted (RFC 9293 §3.10.7.4). In any other state it
    /// does nothing.
    pub fn end_time_wait(&mut self) {
        if self.state == State::TimeWait {
            self.go(Cause::TimeWaitOver);
            self.end(WhyClosed::Finished);
        }
    }

    /// What the connection knows about its path and its peer.
    pub fn info(&self) -> Info {
        Info {
            state: self.state,
            agreed: self.agreed,
            segment_size: self.segment_size(),
            congestion_window: self.congestion.window(),
            slow_start_threshold: self.congestion.threshold(),
            in_flight: self.in_flight(),
            send_window: self.sending.window,
            receive_window: self.receiving.offered(),
            smoothed_rtt: self.rtt.srtt(),
            rtt_variation: self.rtt.variation(),
            retransmission_timeout: self.rtt.timeout(),
            retransmissions: self.counts.retransmissions,
            timeouts: self.counts.timeouts,
            fast_recoveries: self.counts.fast_recoveries,
            duplicate_acknowledgments: self.sending.duplicate_acknowledgments,
            segments_sent: self.counts.segments_sent,
            segments_received: self.counts.segments_received,
        }
    }

    /// Follows the arrow that `cause` sets off here. The table has it wherever this is called; where it had not, the
    /// state would stay as it is.
    fn go(&mut self, cause: Cause) {
        let transition = self.state.on(cause);
        debug_assert!(transition.is_some(), "no arrow for {cause:?} leads out of {}", self.state);
        self.state = transition.map_or(self.state, |transition| transition.to);
    }

    /// The last thing that happens to a connection.
    fn end(&mut self, why: WhyClosed) {
        self.timers = Timers::default();
        self.sending.forget();
        self.receiving.acknowledge = receiving::Acknowledge::No;
        self.why_closed = Some(why);
        self.tell(Event::Closed(why));
    }

    fn tell(&mut self, event: Event) {
        if !self.released && self.events.back() != Some(&event) {
            self.events.push_back(event);
        }
    }
}
