use bytes::{Buf, BytesMut};
use wirelab_sansio::{Instant, StreamProtocol};

use super::{Host, SocketId};
use crate::tcp::State;

/// How far a protocol on a socket has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pumped {
    /// It goes on when the socket has news.
    Open,
    /// Both directions have ended, or the connection is over: the socket can be released.
    Over,
}

/// Drives a protocol on a byte stream over a socket of a host: what arrived goes in, what happened goes to `on_event` (which may
/// answer at once), and what the protocol wants to send goes out, as far as the send buffer has room. To be called after every
/// event of the socket and every command to the protocol.
///
/// `wants_read` is back-pressure all the way: bytes that the protocol does not want stay in the receive buffer, and the window
/// that TCP offers closes. What the send buffer has no room for waits with the socket, and the protocol is not asked for more.
///
/// # Errors
/// The peer broke the protocol. What the protocol had to say about it is on its way, and the sending side is closed.
pub fn pump<P: StreamProtocol>(
    host: &mut Host,
    now: Instant,
    socket: SocketId,
    protocol: &mut P,
    mut on_event: impl FnMut(&mut P, P::Event),
) -> Result<Pumped, P::Error> {
    loop {
        let mut moved = read(host, socket, protocol);
        let outcome = events(protocol, &mut on_event);
        moved |= write(host, socket, protocol);
        if let Err(error) = outcome {
            host.close(socket);
            return Err(error);
        }
        if !moved {
            break;
        }
    }
    if protocol.wants_shutdown() && host.stream(socket).is_none_or(|stream| stream.unsent.is_empty()) {
        host.close(socket);
    }
    host.settle(now, socket);
    let over = host.socket(socket).is_none_or(|connection| {
        use State as S;
        matches!(connection.state(), S::Closed | S::TimeWait | S::LastAck | S::Closing)
    });
    Ok(if over { Pumped::Over } else { Pumped::Open })
}

/// What a pump remembers between two calls.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// What the protocol gave and the send buffer had no room for.
    unsent: BytesMut,
    /// The protocol knows that the peer has ended.
    has_told_end: bool,
}

fn read(host: &mut Host, socket: SocketId, protocol: &mut impl StreamProtocol) -> bool {
    if protocol.wants_read() && host.receive_into(socket, protocol.input()) > 0 {
        return true;
    }
    let ended = host.stream_has_ended(socket);
    let Some(stream) = host.stream(socket).filter(|stream| ended && !stream.has_told_end) else {
        return false;
    };
    stream.has_told_end = true;
    protocol.receive_eof();
    true
}

fn events<P: StreamProtocol>(
    protocol: &mut P,
    on_event: &mut impl FnMut(&mut P, P::Event),
) -> Result<(), P::Error> {
    while let Some(event) = protocol.poll_event()? {
        on_event(protocol, event);
    }
    Ok(())
}

/// Hands over what fits into the send buffer. Whether anything did.
fn write(host: &mut Host, socket: SocketId, protocol: &mut impl StreamProtocol) -> bool {
    let Some(stream) = host.stream(socket) else { return false };
    let mut unsent = std::mem::take(&mut stream.unsent);
    let mut moved = false;
    while !unsent.is_empty() || protocol.poll_transmit(&mut unsent) > 0 {
        // A socket on which nothing can be sent any more swallows what is left.
        let taken = host.send(socket, &unsent).unwrap_or(unsent.len());
        if taken == 0 {
            break;
        }
        unsent.advance(taken);
        moved = true;
    }
    if let Some(stream) = host.stream(socket) {
        stream.unsent = unsent;
    }
    moved
}

impl Host {
    fn stream(&mut self, id: SocketId) -> Option<&mut Stream> {
        self.connections.get_mut(id).map(|entry| &mut entry.stream)
    }

    /// Whether nothing more will come: the peer's FIN has come, or the connection is over, and everything before that has been
    /// read.
    pub fn stream_has_ended(&self, id: SocketId) -> bool {
        self.socket(id).is_none_or(|connection| {
            let state = connection.state();
            let opening = matches!(state, State::SynSent | State::SynReceived);
            !opening && !state.may_receive() && connection.readable() == 0
        })
    }
}
