//! Congestion control: how much may be on its way, as far as the network is concerned.
//!
//! The peer's window says what the peer has room for. What the routers between have room for nobody says; a sender
//! finds out by sending more and more, and takes a loss for the answer. [`Congestion`] is what all algorithms share
//! (slow start, one reduction in a window, one segment after a timeout: RFC 5681); `new_reno.rs` and `cubic.rs` are
//! how the window grows when slow start is over, and by how much it shrinks.

mod cubic;
mod new_reno;

use std::time::Duration;

use wirelab_sansio::Instant;

use super::Algorithm;
use cubic::Cubic;
use new_reno::NewReno;

/// The data of a segment that the initial window is meant for (RFC 6928 §2: ten of them are 14 600 bytes).
const ORDINARY_SEGMENT: u32 = 1460;

/// The congestion window of a connection, in bytes.
///
/// ```
/// use std::time::Duration;
/// use wirelab_sansio::Instant;
/// use wirelab_tcpip::tcp::{Algorithm, congestion::Congestion};
///
/// let now = Instant::ZERO + Duration::from_secs(1);
/// let mut congestion = Congestion::new(Algorithm::NewReno, 1000, 10);
/// assert_eq!(congestion.window(), 10_000);
/// congestion.on_acknowledged(now, 1000, None, true);
/// assert_eq!(congestion.window(), 11_000, "slow start: a segment more for a segment acknowledged");
/// congestion.on_loss(now, 11_000);
/// assert_eq!(congestion.window(), 5_500);
/// ```
#[derive(Clone, Debug)]
pub struct Congestion {
    window: Window,
    initial_segments: u32,
    /// Nothing was acknowledged and nothing lost: the window is the initial one.
    fresh: bool,
    /// A loss has been answered that is not repaired.
    recovering: bool,
    control: Control,
}

/// What the algorithms work on.
#[derive(Clone, Copy, Debug)]
struct Window {
    /// `cwnd`.
    bytes: u32,
    /// `ssthresh`: below it, slow start.
    threshold: u32,
    mss: u32,
}

#[derive(Clone, Debug)]
enum Control {
    Off,
    NewReno(NewReno),
    Cubic(Cubic),
}

impl Congestion {
    /// The initial window of a connection with segments of `mss` bytes.
    pub fn new(algorithm: Algorithm, mss: u32, initial_window_segments: u32) -> Self {
        let mss = mss.max(1);
        let control = match algorithm {
            Algorithm::Off => Control::Off,
            Algorithm::NewReno => Control::NewReno(NewReno::default()),
            Algorithm::Cubic => Control::Cubic(Cubic::default()),
        };
        Congestion {
            window: Window { bytes: initial_window(mss, initial_window_segments), threshold: u32::MAX, mss },
            initial_segments: initial_window_segments,
            fresh: true,
            recovering: false,
            control,
        }
    }

    /// `cwnd`: how many bytes may be in the network. Without an algorithm, any number.
    pub fn window(&self) -> u32 {
        match self.control {
            Control::Off => u32::MAX,
            Control::NewReno(_) | Control::Cubic(_) => self.window.bytes,
        }
    }

    /// `ssthresh`: where slow start ends; `u32::MAX` before the first loss.
    pub fn threshold(&self) -> u32 {
        self.window.threshold
    }

    /// Whether the window grows by what is acknowledged (RFC 5681 §3.1).
    pub fn in_slow_start(&self) -> bool {
        self.window() < self.window.threshold
    }

    /// Whether a loss has been answered and [`on_recovered`](Congestion::on_recovered) has not been called since.
    pub fn is_recovering(&self) -> bool {
        self.recovering
    }

    /// `bytes` were acknowledged cumulatively. `was_limited` says that the window was what held the sender back: one
    /// that is not used has not been tried, and does not grow (RFC 7661 §1).
    pub fn on_acknowledged(&mut self, now: Instant, bytes: u32, srtt: Option<Duration>, was_limited: bool) {
        self.fresh = false;
        if self.recovering || bytes == 0 {
            return;
        }
        if !was_limited {
            if let Control::Cubic(cubic) = &mut self.control {
                cubic.pause(now);
            }
            return;
        }
        if self.in_slow_start() {
            // RFC 5681 §3.1, equation 2: a peer cannot speed it up by acknowledging every byte.
            self.window.bytes = self.window.bytes.saturating_add(bytes.min(self.window.mss));
            return;
        }
        match &mut self.control {
            Control::Off => {}
            Control::NewReno(new_reno) => new_reno.grow(&mut self.window, bytes),
            Control::Cubic(cubic) => cubic.grow(&mut self.window, now, bytes, srtt.unwrap_or_default()),
        }
    }

    /// A segment is lost, by duplicate or selective acknowledgments. `in_flight` is what was sent and not
    /// acknowledged (`FlightSize`), lost or not. A second loss before [`on_recovered`](Congestion::on_recovered)
    /// belongs to the same window, and is answered already (RFC 6582 §3.2, RFC 6675 §5).
    ///
    /// The window is the threshold at once, without the three segments that RFC 5681 §3.2 adds: a sender that counts
    /// what is in the network knows already that they have left it.
    pub fn on_loss(&mut self, _now: Instant, in_flight: u32) {
        self.fresh = false;
        if self.recovering {
            return;
        }
        self.recovering = true;
        // While a loss is repaired with SACK, what arrives behind it counts as in flight until the hole is filled, and new
        // segments go out for it: the flight outgrows the window, and a fraction of it may exceed the window. The answer to a
        // loss is never a larger window (RFC 5681 §3.1, equation 4, is an upper bound).
        self.window.threshold = self.reduced(in_flight.min(self.window.bytes));
        self.window.bytes = self.window.threshold;
        if let Control::Cubic(cubic) = &mut self.control {
            cubic.end();
        }
    }

    /// While a loss is repaired, a repetition is lost, too: that is another indication of congestion (RFC 5681 §4.3). The
    /// caller says so once for each window of data.
    pub fn on_lost_retransmission(&mut self, now: Instant, in_flight: u32) {
        self.recovering = false;
        self.on_loss(now, in_flight);
    }

    /// A loss was repaired before it was noticed: there is an answer (RFC 8985 §7.4.2), but nothing to wait for.
    pub fn on_repaired_loss(&mut self, now: Instant, in_flight: u32) {
        if !self.recovering {
            self.on_loss(now, in_flight);
            self.on_recovered(now);
        }
    }

    /// A router has marked a packet instead of dropping it: the answer is the same (RFC 3168 §6.1.2), but nothing has
    /// to be repaired, and the window grows on. The caller answers one mark in each window of data; none is answered
    /// while a loss is repaired.
    pub fn on_congestion_mark(&mut self, now: Instant, in_flight: u32) {
        self.on_repaired_loss(now, in_flight);
    }

    /// The retransmission timer has run out. One segment may be sent, and slow start begins (RFC 5681 §3.1). `first`
    /// says that the timer has not run out for this segment before: the threshold is set only then, since later
    /// `in_flight` is small because of the timeout and not because of the network.
    pub fn on_timeout(&mut self, _now: Instant, in_flight: u32, first: bool) {
        self.fresh = false;
        self.recovering = false;
        if first {
            // In the slow start after a timeout it is the threshold that remembers what the path has carried.
            let carried = self.window.bytes.max(self.window.threshold);
            self.window.threshold = self.reduced(in_flight.min(carried));
        }
        if let Control::Cubic(cubic) = &mut self.control {
            cubic.forget();
        }
        self.window.bytes = self.window.mss;
    }

    /// A SYN was lost: the window begins with one segment (RFC 5681 §3.1). The threshold stays where it is, as a
    /// segment without data says nothing about how much the path holds.
    pub fn on_lost_syn(&mut self) {
        self.fresh = false;
        self.window.bytes = self.window.mss;
    }

    /// Everything is acknowledged that was sent before the loss was found: the window grows again. Until it is called, it
    /// does not, and no further loss is answered. After a timeout it is not needed.
    pub fn on_recovered(&mut self, now: Instant) {
        if std::mem::take(&mut self.recovering)
            && let Control::Cubic(cubic) = &mut self.control
        {
            cubic.begin(&self.window, now);
        }
    }

    /// Nothing was sent for `idle`. After more than a timeout no acknowledgments are left that would pace what is
    /// sent, and the window falls back to the initial one (RFC 5681 §4.1). The threshold remembers.
    pub fn on_idle(&mut self, rto: Duration, idle: Duration) {
        if idle <= rto {
            return;
        }
        self.window.bytes = self.window.bytes.min(initial_window(self.window.mss, self.initial_segments));
        if let Control::Cubic(cubic) = &mut self.control {
            cubic.end();
        }
    }

    /// The segments have another size: the handshake agreed on it, or the path has changed. The window is counted in
    /// bytes and stays, unless it is still the initial one.
    pub fn set_mss(&mut self, mss: u32) {
        self.window.mss = mss.max(1);
        self.window.bytes = match self.fresh {
            true => initial_window(self.window.mss, self.initial_segments),
            false => self.window.bytes.max(self.window.mss),
        };
    }

    /// The threshold after a loss.
    fn reduced(&mut self, in_flight: u32) -> u32 {
        let reduced = match &mut self.control {
            Control::Off => return u32::MAX,
            Control::NewReno(new_reno) => new_reno.reduced(in_flight),
            Control::Cubic(cubic) => cubic.reduced(&self.window, in_flight),
        };
        // RFC 5681 §3.1, equation 4.
        reduced.max(self.window.mss.saturating_mul(2))
    }
}

/// RFC 6928 §2, for any number of segments: fewer, if they are larger than Ethernet's, but two.
fn initial_window(mss: u32, segments: u32) -> u32 {
    let ordinary = segments.saturating_mul(ORDINARY_SEGMENT).max(mss.saturating_mul(2));
    segments.max(1).saturating_mul(mss).min(ordinary)
}

#[cfg(test)]
mod tests;
