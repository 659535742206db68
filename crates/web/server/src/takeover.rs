use std::time::Duration;

use bytes::BytesMut;

/// A protocol that takes over a connection after [`Step::Upgrade`](crate::Step::Upgrade): WebSocket, or a tunnel.
///
/// The driver keeps the socket, and does the reading and writing.
pub trait Takeover: Send {
    /// Called at once with what arrived behind the head, and then whenever bytes came, room was made, or a wait is
    /// over. Take from `input` what can be used, and append to `output` what is to be sent.
    ///
    /// `ended` is set once the peer has ended its side. While the peer does not take what was sent, nothing is read
    /// and this is not called.
    fn run(&mut self, input: &mut BytesMut, ended: bool, output: &mut BytesMut) -> Tunnel;
}

/// How a taken-over connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tunnel {
    /// When more has arrived. A connection that stays silent stays open: the protocol has its own time-outs, and
    /// ends the connection by them.
    Open,
    /// When more has arrived, and after that time in any case.
    Wait(Duration),
    /// Not at all: send what is in `output`, and close.
    Close,
}
