use std::time::Duration;

/// What a connection may do, and its limits. The defaults are safe, and near to what Linux does.
///
/// Nearly every mechanism has its switch: the best way to see what one is for is to run the same conversation without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The largest segment that we want to receive, in bytes of data: the MTU less 40 over IPv4, less 60 over IPv6.
    pub maximum_segment_size: u16,
    /// How many bytes the application may hand over that the peer has not acknowledged yet.
    pub send_buffer: usize,
    /// How many bytes we hold for the application; the window that we offer is what is left of it.
    pub receive_buffer: usize,
    /// How many separate stretches of bytes we hold that arrived out of order. What would need one more is dropped.
    pub reassembly_gaps: usize,
    /// Offer window scaling (RFC 7323 §2). Without it no window exceeds 65 535 bytes.
    pub window_scaling: bool,
    /// Offer timestamps, for measuring round trips and against wrapped sequence numbers (RFC 7323 §3, §5).
    pub timestamps: bool,
    /// Offer selective acknowledgments (RFC 2018).
    pub selective_acknowledgment: bool,
    /// Offer explicit congestion notification (RFC 3168 §6.1).
    pub explicit_congestion_notification: bool,
    /// Hold a small segment back while something is unacknowledged (RFC 896; RFC 9293 §3.7.4).
    pub nagle: bool,
    /// How long an acknowledgment may wait for something to travel with; `None` acknowledges at once (RFC 9293
    /// §3.8.6.3 allows up to half a second, for every second full segment at most).
    pub delayed_acknowledgment: Option<Duration>,
    /// Neither offer nor use a window too small to be worth it (RFC 9293 §3.8.6.2).
    pub silly_window_avoidance: bool,
    /// Retransmit at the third duplicate acknowledgment, without waiting for the timer (RFC 5681 §3.2).
    pub fast_retransmit: bool,
    /// Find losses by time, RACK-TLP (RFC 8985): what was sent before something that has arrived, and has not arrived itself,
    /// is lost, also if it was a repetition; and the last segments, behind which nothing is sent, are probed after two round
    /// trips. It needs `fast_retransmit`, and a peer with selective acknowledgments. Without it, what arrives behind a gap
    /// is counted (RFC 6675), and a lost repetition or tail waits for the timer.
    pub time_based_detection: bool,
    /// Who decides how much may be on its way.
    pub congestion_control: Algorithm,
    /// The congestion window at the start, in segments (RFC 6928: ten).
    pub initial_window: u32,
    /// The retransmission timeout before there is a measurement (RFC 6298 §2.1: one second).
    pub initial_timeout: Duration,
    /// The least retransmission timeout. RFC 6298 §2.4 says one second; Linux and this default, a fifth of that.
    pub minimum_timeout: Duration,
    /// The greatest (RFC 6298 §2.5: at least one minute).
    pub maximum_timeout: Duration,
    /// Double the timeout at each retransmission (RFC 6298 §5.5).
    pub back_off: bool,
    /// How often a SYN is sent again before the connection has failed.
    pub syn_retries: u32,
    /// How often anything else is sent again before the connection has failed: R2 of RFC 9293 §3.8.3.
    pub retries: u32,
    /// Probe a connection on which nothing happens (RFC 9293 §3.8.4: off unless asked for).
    pub keep_alive: Option<KeepAlive>,
    /// How long TIME-WAIT lasts: twice the longest life of a segment. RFC 9293 §3.4.2 says four minutes; Linux, and
    /// this default, one.
    pub time_wait: Duration,
    /// How long FIN-WAIT-2 may last once the application is gone. RFC 9293 sets no limit; without one a peer that
    /// never closes would hold our memory.
    pub fin_wait_2: Duration,
    /// How many challenge acknowledgments we send in a second (RFC 5961 §7).
    pub challenge_acknowledgments: u32,
}

/// Which congestion control a connection has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// None: send what the peer's window allows, as in 1983. For seeing what congestion collapse is.
    Off,
    /// Slow start, congestion avoidance, fast recovery (RFC 5681, RFC 6582).
    NewReno,
    /// The window grows as a cubic function of the time since the last loss (RFC 8312).
    #[default]
    Cubic,
}

/// When an idle connection is probed (RFC 9293 §3.8.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// After how much silence.
    pub idle: Duration,
    /// How long to wait for an answer before the next probe.
    pub interval: Duration,
    /// After how many unanswered probes the connection is dead.
    pub probes: u32,
}

impl Default for KeepAlive {
    /// Two hours, 75 seconds, nine probes.
    fn default() -> Self {
        KeepAlive { idle: Duration::from_secs(2 * 60 * 60), interval: Duration::from_secs(75), probes: 9 }
    }
}

impl Default for Config {
    fn default() -> Self {
        Config {
            maximum_segment_size: 1460,
            send_buffer: 256 * 1024,
            receive_buffer: 256 * 1024,
            reassembly_gaps: 256,
            window_scaling: true,
            timestamps: true,
            selective_acknowledgment: true,
            explicit_congestion_notification: false,
            nagle: true,
            delayed_acknowledgment: Some(Duration::from_millis(40)),
            silly_window_avoidance: true,
            fast_retransmit: true,
            time_based_detection: true,
            congestion_control: Algorithm::Cubic,
            initial_window: 10,
            initial_timeout: Duration::from_secs(1),
            minimum_timeout: Duration::from_millis(200),
            maximum_timeout: Duration::from_secs(60),
            back_off: true,
            syn_retries: 6,
            retries: 15,
            keep_alive: None,
            time_wait: Duration::from_secs(60),
            fin_wait_2: Duration::from_secs(60),
            challenge_acknowledgments: 100,
        }
    }
}
