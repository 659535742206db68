use std::fmt;

/// The states of a connection (RFC 9293 §3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// No connection, not yet or not any more.
    Closed,
    /// Waiting for a SYN from anybody.
    Listen,
    /// Our SYN is out.
    SynSent,
    /// Both SYNs are out, and ours is not acknowledged.
    SynReceived,
    /// Data flows in both directions.
    Established,
    /// We have closed; our FIN is not acknowledged.
    FinWait1,
    /// Our FIN is acknowledged; the peer may go on sending.
    FinWait2,
    /// The peer has closed; we may go on sending.
    CloseWait,
    /// Both have closed at once; our FIN is not acknowledged.
    Closing,
    /// The peer closed first, and then we; our FIN is not acknowledged.
    LastAck,
    /// All is said; waiting until no old segment can be under way, and to acknowledge the peer's FIN again if need be.
    TimeWait,
}

/// What takes a connection from one state to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The application connects.
    ActiveOpen,
    /// The application listens.
    PassiveOpen,
    /// The application closes its direction.
    Close,
    /// The application gives up.
    Abort,
    /// A SYN arrived.
    Syn,
    /// A SYN arrived that acknowledges ours.
    SynAck,
    /// Our SYN was acknowledged.
    AckOfSyn,
    /// A FIN arrived.
    Fin,
    /// Our FIN was acknowledged.
    AckOfFin,
    /// An acceptable RST arrived.
    Reset,
    /// The peer did not answer for too long, or cannot be reached.
    GaveUp,
    /// Two maximum segment lifetimes are over.
    TimeWaitOver,
}

/// One arrow of the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// Where it begins.
    pub from: State,
    /// What sets it off.
    pub on: Cause,
    /// Where it leads.
    pub to: State,
    /// What is sent with it, if anything.
    pub sends: &'static str,
    /// Where it is specified.
    pub section: &'static str,
}

const fn row(from: State, on: Cause, to: State, sends: &'static str, section: &'static str) -> Transition {
    Transition { from, on, to, sends, section }
}

/// All arrows of the diagram (RFC 9293 §3.3.2, figure 5, and the text of §3.10). A connection changes its state by this table
/// and in no other way.
///
/// A connection that a listener has made begins in LISTEN; the listener itself stays there. The arrow from LISTEN to
/// SYN-SENT, by which a listener turns into a caller, is left out: no system's `listen` offers it.
// ANCHOR: transitions
pub const TRANSITIONS: &[Transition] = {
    use Cause as On;
    use State as S;
    &[
        row(S::Closed, On::ActiveOpen, S::SynSent, "SYN", "RFC 9293 §3.10.1"),
        row(S::Closed, On::PassiveOpen, S::Listen, "", "RFC 9293 §3.10.1"),
        row(S::Listen, On::Syn, S::SynReceived, "SYN ACK", "RFC 9293 §3.10.7.2"),
        row(S::Listen, On::Close, S::Closed, "", "RFC 9293 §3.10.4"),
        row(S::SynSent, On::SynAck, S::Established, "ACK", "RFC 9293 §3.10.7.3"),
        row(S::SynSent, On::Syn, S::SynReceived, "SYN ACK", "RFC 9293 §3.10.7.3"),
        row(S::SynSent, On::Close, S::Closed, "", "RFC 9293 §3.10.4"),
        row(S::SynSent, On::Abort, S::Closed, "", "RFC 9293 §3.10.5"),
        row(S::SynSent, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.3"),
        row(S::SynSent, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::SynReceived, On::AckOfSyn, S::Established, "", "RFC 9293 §3.10.7.4"),
        row(S::SynReceived, On::Close, S::FinWait1, "FIN", "RFC 9293 §3.10.4"),
        row(S::SynReceived, On::Abort, S::Closed, "RST", "RFC 9293 §3.10.5"),
        row(S::SynReceived, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::SynReceived, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::Established, On::Close, S::FinWait1, "FIN", "RFC 9293 §3.10.4"),
        row(S::Established, On::Fin, S::CloseWait, "ACK", "RFC 9293 §3.10.7.4"),
        row(S::Established, On::Abort, S::Closed, "RST", "RFC 9293 §3.10.5"),
        row(S::Established, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::Established, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::FinWait1, On::AckOfFin, S::FinWait2, "", "RFC 9293 §3.10.7.4"),
        row(S::FinWait1, On::Fin, S::Closing, "ACK", "RFC 9293 §3.10.7.4"),
        row(S::FinWait1, On::Abort, S::Closed, "RST", "RFC 9293 §3.10.5"),
        row(S::FinWait1, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::FinWait1, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::FinWait2, On::Fin, S::TimeWait, "ACK", "RFC 9293 §3.10.7.4"),
        row(S::FinWait2, On::Abort, S::Closed, "RST", "RFC 9293 §3.10.5"),
        row(S::FinWait2, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::FinWait2, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::CloseWait, On::Close, S::LastAck, "FIN", "RFC 9293 §3.10.4"),
        row(S::CloseWait, On::Abort, S::Closed, "RST", "RFC 9293 §3.10.5"),
        row(S::CloseWait, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::CloseWait, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::Closing, On::AckOfFin, S::TimeWait, "", "RFC 9293 §3.10.7.4"),
        row(S::Closing, On::Abort, S::Closed, "", "RFC 9293 §3.10.5"),
        row(S::Closing, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::Closing, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::LastAck, On::AckOfFin, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::LastAck, On::Abort, S::Closed, "", "RFC 9293 §3.10.5"),
        row(S::LastAck, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
        row(S::LastAck, On::GaveUp, S::Closed, "", "RFC 9293 §3.8.3"),
        row(S::TimeWait, On::TimeWaitOver, S::Closed, "", "RFC 9293 §3.10.8"),
        row(S::TimeWait, On::Abort, S::Closed, "", "RFC 9293 §3.10.5"),
        row(S::TimeWait, On::Reset, S::Closed, "", "RFC 9293 §3.10.7.4"),
    ]
};
// ANCHOR_END: transitions

impl State {
    /// All eleven, in the order of a connection's life.
    pub const ALL: [State; 11] = [
        State::Closed,
        State::Listen,
        State::SynSent,
        State::SynReceived,
        State::Established,
        State::FinWait1,
        State::FinWait2,
        State::CloseWait,
        State::Closing,
        State::LastAck,
        State::TimeWait,
    ];

    /// The arrow that `cause` sets off here, if there is one.
    pub fn on(self, cause: Cause) -> Option<&'static Transition> {
        TRANSITIONS.iter().find(|transition| transition.from == self && transition.on == cause)
    }

    /// Whether both sides know each other's sequence numbers (RFC 9293 §3.3.2).
    pub const fn is_synchronized(self) -> bool {
        !matches!(self, State::Closed | State::Listen | State::SynSent | State::SynReceived)
    }

    /// Whether the application may still send.
    pub const fn may_send(self) -> bool {
        matches!(self, State::SynSent | State::SynReceived | State::Established | State::CloseWait)
    }

    /// Whether data from the peer is still taken.
    pub const fn may_receive(self) -> bool {
        matches!(self, State::Established | State::FinWait1 | State::FinWait2)
    }
}

/// The specification's name: `FIN-WAIT-1`.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            State::Closed => "CLOSED",
            State::Listen => "LISTEN",
            State::SynSent => "SYN-SENT",
            State::SynReceived => "SYN-RECEIVED",
            State::Established => "ESTABLISHED",
            State::FinWait1 => "FIN-WAIT-1",
            State::FinWait2 => "FIN-WAIT-2",
            State::CloseWait => "CLOSE-WAIT",
            State::Closing => "CLOSING",
            State::LastAck => "LAST-ACK",
            State::TimeWait => "TIME-WAIT",
        })
    }
}

/// In few words, for a diagram or a log: `ACK of FIN`.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Cause::ActiveOpen => "connect",
            Cause::PassiveOpen => "listen",
            Cause::Close => "close",
            Cause::Abort => "abort",
            Cause::Syn => "SYN",
            Cause::SynAck => "SYN ACK",
            Cause::AckOfSyn => "ACK of SYN",
            Cause::Fin => "FIN",
            Cause::AckOfFin => "ACK of FIN",
            Cause::Reset => "RST",
            Cause::GaveUp => "gave up",
            Cause::TimeWaitOver => "2 MSL over",
        })
    }
}

/// What stands at its arrow: the cause, and behind a stroke what is sent.
impl fmt::Display for Transition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.sends {
            "" => f.pad(&self.on.to_string()),
            sends => f.pad(&format!("{} / {sends}", self.on)),
        }
    }
}
