use std::collections::BTreeMap;
use std::fmt;
use std::io;

use crate::proc;

/// One of the kernel's counters of TCP: its name in `/proc/net/snmp` or `/proc/net/netstat`, and what it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter {
    /// The kernel's own name, as `nstat` and `netstat -s` have it.
    pub name: &'static str,
    /// What has happened when it goes up by one.
    pub counts: &'static str,
}

macro_rules! counters {
    ($($constant:ident $name:literal $counts:literal)*) => {
        impl Counter {
            $(
                #[doc = concat!("`", $name, "`: ", $counts, ".")]
                pub const $constant: Counter = Counter { name: $name, counts: $counts };
            )*

            /// Those that have a meaning here, in the order in which a connection meets them.
            pub const ALL: &'static [Counter] = &[$(Counter::$constant),*];
        }
    };
}

counters! {
    ACTIVE_OPENS "ActiveOpens" "connections begun by connect: a SYN went out"
    PASSIVE_OPENS "PassiveOpens" "connections begun by a SYN that a listener took"
    ATTEMPT_FAILS "AttemptFails" "handshakes that failed, at either end"
    SYN_RETRANS "TCPSynRetrans" "SYNs and SYN+ACKs sent again, since no answer came"
    SYN_QUEUE_COOKIES "TCPReqQFullDoCookies" "SYNs that met a full SYN queue, and were answered with a cookie"
    SYN_QUEUE_DROPS "TCPReqQFullDrop" "SYNs that met a full SYN queue, and were dropped: cookies were off"
    SYN_COOKIES_SENT "SyncookiesSent" "SYNs answered with a cookie in place of an entry in the SYN queue (RFC 4987 §3.6)"
    SYN_COOKIES_RECEIVED "SyncookiesRecv" "handshakes completed by a valid cookie"
    SYN_COOKIES_FAILED "SyncookiesFailed" "ACKs to no entry of the SYN queue whose cookie was not valid"
    LISTEN_OVERFLOWS "ListenOverflows" "SYNs and last ACKs that met a full accept queue"
    LISTEN_DROPS "ListenDrops" "SYNs and last ACKs that a listener dropped for any reason, overflows among them"
    DEFER_ACCEPT_DROPS "TCPDeferAcceptDrop" "last ACKs without data that TCP_DEFER_ACCEPT ignored"
    MIGRATED "TCPMigrateReqSuccess" "connections of a closed SO_REUSEPORT listener's queue that another one took over"
    NOT_MIGRATED "TCPMigrateReqFailure" "connections that should have been taken over, and were not"
    IN_SEGMENTS "InSegs" "segments received, those with errors too"
    OUT_SEGMENTS "OutSegs" "segments sent, without those that carry only retransmitted bytes"
    DELIVERED "TCPDelivered" "segments with data that the peer has acknowledged"
    ORIGINAL_DATA_SENT "TCPOrigDataSent" "segments with data sent for the first time"
    DELAYED_ACKS "DelayedACKs" "acknowledgements sent by the timer of delayed acknowledgements (40 ms and more)"
    DELAYED_ACK_LOCKED "DelayedACKLocked" "delayed acknowledgements delayed further, as the program was in a call on the socket"
    DELAYED_ACK_LOST "DelayedACKLost" "segments that came again because their acknowledgement was delayed or lost"
    AUTO_CORKING "TCPAutoCorking" "small writes that waited for an earlier packet to leave the device's queue"
    TO_ZERO_WINDOW "TCPToZeroWindowAdv" "windows advertised as zero: a receive buffer became full"
    FROM_ZERO_WINDOW "TCPFromZeroWindowAdv" "windows opened again"
    WANT_ZERO_WINDOW "TCPWantZeroWindowAdv" "windows that should have been zero, but may not shrink"
    ZERO_WINDOW_DROPS "TCPZeroWindowDrop" "segments that came although the window was zero"
    WINDOW_PROBES "TCPWinProbe" "probes of a zero window, to ask whether it is still zero"
    OUT_OF_ORDER "TCPOFOQueue" "segments that came before their turn, and wait"
    RETRANSMITTED "RetransSegs" "segments sent again, for any reason"
    TIMEOUTS "TCPTimeouts" "retransmission time-outs that expired (RFC 6298)"
    LOSS_PROBES "TCPLossProbes" "tail loss probes: the last segment sent again before its time-out (RFC 8985)"
    FAST_RETRANSMITS "TCPFastRetrans" "segments sent again in fast recovery (RFC 5681 §3.2)"
    SPURIOUS_TIMEOUTS "TCPSpuriousRTOs" "time-outs that turned out to have been too short"
    KEEP_ALIVE "TCPKeepAlive" "keep-alive probes sent"
    ESTABLISHED_RESETS "EstabResets" "connections that ended by a reset"
    OUT_RESETS "OutRsts" "resets sent"
    ABORT_ON_DATA "TCPAbortOnData" "connections reset because data came behind the program's end"
    ABORT_ON_CLOSE "TCPAbortOnClose" "connections reset because close found bytes that nobody had read"
    ABORT_ON_MEMORY "TCPAbortOnMemory" "connections reset for want of memory, or with too many orphans"
    ABORT_ON_TIMEOUT "TCPAbortOnTimeout" "connections given up when retransmissions or probes had no answer"
    ABORT_ON_LINGER "TCPAbortOnLinger" "connections in FIN-WAIT-2 given up at once, as TCP_LINGER2 asked"
    CHALLENGE_ACKS "TCPChallengeACK" "acknowledgements sent in place of believing a reset or a SYN (RFC 5961)"
    TIME_WAIT "TW" "sockets whose TIME-WAIT ended by its timer"
    TIME_WAIT_REUSED "TWRecycled" "sockets in TIME-WAIT whose port a new connection took (tcp_tw_reuse)"
    TIME_WAIT_OVERFLOWS "TCPTimeWaitOverflow" "sockets that skipped TIME-WAIT, as tcp_max_tw_buckets was reached"
}

impl Counter {
    /// The counter of this name, if it has a meaning here.
    pub fn named(name: &str) -> Option<Counter> {
        Counter::ALL.iter().copied().find(|counter| counter.name == name)
    }
}

/// What TCP has counted in this network namespace since it was made, all sockets together: the lines `Tcp` of
/// `/proc/net/snmp` and `TcpExt` of `/proc/net/netstat`.
///
/// A single reading says little, as others use the namespace too. Take one before and one after, and look at the difference.
///
/// ```
/// use wirelab_kernel::{Counter, TcpCounters};
/// use wirelab_socket::{TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let before = TcpCounters::read()?;
/// let _client = TcpStream::connect(listener.local_addr()?)?;
/// let counted = TcpCounters::read()?.since(&before);
/// assert!(counted.get(Counter::ACTIVE_OPENS) >= 1);
/// assert!(counted.get(Counter::PASSIVE_OPENS) >= 1);             // nobody has called accept
/// # Ok(()) }
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TcpCounters {
    values: BTreeMap<String, u64>,
}

/// The fields of `Tcp` that do not count: settings, and how many connections there are now.
const NOT_COUNTERS: &[&str] = &["RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn", "CurrEstab"];

impl TcpCounters {
    /// Reads them as they are now.
    ///
    /// # Errors
    /// `/proc` is not mounted; `InvalidData`: a line is not as expected, and which.
    pub fn read() -> io::Result<Self> {
        let mut values = BTreeMap::new();
        for (file, protocol) in [("snmp", "Tcp"), ("netstat", "TcpExt")] {
            // `/proc/net` would be the namespace of the main thread, whichever thread asks.
            let file = format!("/proc/thread-self/net/{file}");
            for (name, value) in proc::pairs_of_lines(&file, &proc::read(&file)?, protocol)? {
                if !NOT_COUNTERS.contains(&name.as_str()) {
                    values.insert(name, value);
                }
            }
        }
        Ok(TcpCounters { values })
    }

    /// How often it has happened; 0 if this kernel does not count it.
    pub fn get(&self, counter: Counter) -> u64 {
        self.named(counter.name).unwrap_or(0)
    }

    /// The counter of this name, also of one that has no [`Counter`].
    pub fn named(&self, name: &str) -> Option<u64> {
        self.values.get(name).copied()
    }

    /// What was counted after `earlier`. (The kernel's counters wrap at 2^64, and so does the difference.)
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let difference = |(name, value): (&String, &u64)| {
            (name.clone(), value.wrapping_sub(earlier.named(name).unwrap_or(0)))
        };
        TcpCounters { values: self.values.iter().map(difference).collect() }
    }

    /// All that are not zero, in alphabetical order.
    pub fn counted(&self) -> impl Iterator<Item = (&str, u64)> {
        self.values.iter().filter(|(_, value)| **value > 0).map(|(name, value)| (name.as_str(), *value))
    }
}

/// Those that are not zero, since there are some 150.
impl fmt::Debug for TcpCounters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.counted()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_difference_is_of_each_counter_and_survives_the_end_of_the_range() {
        let of = |pairs: &[(&str, u64)]| TcpCounters {
            values: pairs.iter().map(|&(name, value)| (name.to_owned(), value)).collect(),
        };
        let counted = of(&[("A", 5), ("B", 1), ("New", 7)]).since(&of(&[("A", 5), ("B", u64::MAX)]));
        assert_eq!(counted.counted().collect::<Vec<_>>(), [("B", 2), ("New", 7)]);
        assert_eq!(counted.get(Counter::LISTEN_DROPS), 0, "one that the kernel does not know is 0");
    }

    #[test]
    fn this_kernel_counts_everything_that_has_a_meaning_here() {
        let counters = TcpCounters::read().unwrap();
        let missing: Vec<_> =
            Counter::ALL.iter().filter(|counter| counters.named(counter.name).is_none()).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert_eq!(counters.named("CurrEstab"), None, "that is not a counter");
        assert_eq!(Counter::named("ListenDrops"), Some(Counter::LISTEN_DROPS));
    }
}
