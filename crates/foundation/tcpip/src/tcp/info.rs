use std::time::Duration;

use super::{Agreed, State};

/// What a connection knows about its path and its peer, as Linux shows it in TCP_INFO and `ss -ti`. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Info {
    /// Where in its life it is.
    pub state: State,
    /// What the handshake agreed on.
    pub agreed: Agreed,
    /// The most data that goes into one segment, options subtracted.
    pub segment_size: u32,
    /// How much the congestion control lets be on its way.
    pub congestion_window: u32,
    /// Below this the congestion window grows exponentially.
    pub slow_start_threshold: u32,
    /// How much is on its way, as far as the sender can tell.
    pub in_flight: u32,
    /// How much the peer has room for beyond what it has acknowledged.
    pub send_window: u32,
    /// How much we have offered to take.
    pub receive_window: u32,
    /// The smoothed round-trip time, once there is one.
    pub smoothed_rtt: Option<Duration>,
    /// How much it varies.
    pub rtt_variation: Duration,
    /// How long an acknowledgment may take now before a segment counts as lost.
    pub retransmission_timeout: Duration,
    /// Segments sent again, ever.
    pub retransmissions: u64,
    /// How often the retransmission timer ran out, ever.
    pub timeouts: u64,
    /// How often losses were repaired without the timer, ever.
    pub fast_recoveries: u64,
    /// Duplicate acknowledgments in a row.
    pub duplicate_acknowledgments: u32,
    /// Segments sent and received, ever.
    pub segments_sent: u64,
    /// Segments received, ever.
    pub segments_received: u64,
}
