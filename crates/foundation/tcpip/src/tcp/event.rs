use std::fmt;

/// What a connection tells its application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The handshake is over: data flows in both directions.
    Established,
    /// There is something to read that was not there before.
    Readable,
    /// The send buffer was full, and has room again.
    Writable,
    /// The peer has sent its FIN: after what can be read now, nothing follows.
    EndOfStream,
    /// The connection is over. This is the last event.
    Closed(WhyClosed),
}

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WhyClosed {
    /// Both sides had said all that they had to say.
    Finished,
    /// The peer sent a RST.
    Reset,
    /// The answer to our SYN was a RST: nobody listens there.
    Refused,
    /// The peer did not answer for too long (RFC 9293 §3.8.3).
    TimedOut,
    /// A router or the host said that there is no way (RFC 9293 §3.9.2.2), while we were opening.
    Unreachable,
    /// The application gave it up.
    Aborted,
}

impl fmt::Display for WhyClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            WhyClosed::Finished => "finished",
            WhyClosed::Reset => "reset by the peer",
            WhyClosed::Refused => "refused",
            WhyClosed::TimedOut => "timed out",
            WhyClosed::Unreachable => "unreachable",
            WhyClosed::Aborted => "aborted",
        })
    }
}
