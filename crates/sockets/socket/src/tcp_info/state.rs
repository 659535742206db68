use std::fmt;

/// A state of RFC 9293 §3.3.2, with the kernel's number for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct TcpState(pub u8);

macro_rules! states {
    ($($number:literal $constant:ident $name:literal $doc:literal;)*) => {
        impl TcpState {
            $(#[doc = $doc] pub const $constant: TcpState = TcpState($number);)*

            /// The RFC's name.
            pub fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

states! {
    1 ESTABLISHED "ESTABLISHED" "Both ways are open.";
    2 SYN_SENT "SYN-SENT" "The SYN is sent and not answered.";
    3 SYN_RECEIVED "SYN-RECEIVED" "The SYN is answered, and the last ACK of the handshake is awaited.";
    4 FIN_WAIT_1 "FIN-WAIT-1" "Our FIN is sent and not acknowledged.";
    5 FIN_WAIT_2 "FIN-WAIT-2" "Our FIN is acknowledged; the peer may go on sending.";
    6 TIME_WAIT "TIME-WAIT" "Both FINs are acknowledged, and stray segments are given time to die out.";
    7 CLOSED "CLOSED" "No connection.";
    8 CLOSE_WAIT "CLOSE-WAIT" "The peer's FIN came, and our program has not closed its side yet.";
    9 LAST_ACK "LAST-ACK" "The peer's FIN came, and ours is sent and not acknowledged.";
    10 LISTEN "LISTEN" "Waiting for SYNs.";
    11 CLOSING "CLOSING" "Both FINs crossed on their way.";
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "state {}", self.0),
        }
    }
}

/// What congestion control makes of the acknowledgements: the kernel's state (`tcpi_ca_state`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CongestionState(pub u8);

impl CongestionState {
    /// Nothing is amiss.
    pub const OPEN: CongestionState = CongestionState(0);
    /// Acknowledgements came twice or selectively: lost, or overtaken.
    pub const DISORDER: CongestionState = CongestionState(1);
    /// The window is being reduced since a router or the own host said so (ECN, RFC 3168).
    pub const REDUCING: CongestionState = CongestionState(2);
    /// A segment was lost and is retransmitted at once (fast recovery, RFC 6675).
    pub const RECOVERY: CongestionState = CongestionState(3);
    /// The retransmission time-out has passed (RFC 6298 §5).
    pub const LOSS: CongestionState = CongestionState(4);

    /// The kernel's name.
    pub fn name(self) -> Option<&'static str> {
        ["Open", "Disorder", "CWR", "Recovery", "Loss"].get(usize::from(self.0)).copied()
    }
}

impl fmt::Display for CongestionState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "state {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_state_is_shown_by_its_number() {
        assert_eq!(TcpState(8).to_string(), "CLOSE-WAIT");
        assert_eq!(TcpState(99).to_string(), "state 99");
        assert_eq!(CongestionState::LOSS.to_string(), "Loss");
        assert_eq!(CongestionState(5).to_string(), "state 5");
    }
}
