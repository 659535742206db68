use std::net::IpAddr;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::tcp;

/// A TCP connection of a host. Numbers are not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SocketId(pub(super) u64);

/// A TCP listener of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListenerId(pub(super) u64);

/// A UDP socket of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UdpId(pub(super) u64);

/// What a host tells its application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Something happened to a connection.
    Tcp(SocketId, tcp::Event),
    /// A connection waits in the accept queue.
    Acceptable(ListenerId),
    /// A datagram waits in a queue that was empty.
    Udp(UdpId),
    /// An echo request was answered (RFC 792, RFC 4443 §4.2).
    EchoReply {
        /// Who answered.
        from: IpAddr,
        /// The request's identifier.
        identifier: u16,
        /// The request's number.
        sequence: u16,
        /// The bytes that came back.
        payload: Bytes,
    },
    /// A datagram or an echo request did not get there.
    Unreachable {
        /// The socket that sent the datagram; `None` for an echo request.
        socket: Option<UdpId>,
        /// Where it should have gone; the port of an echo request is 0.
        to: SocketAddr,
        /// Who says so: a router, or the host itself.
        reported_by: IpAddr,
        /// What the report says, in words.
        reason: &'static str,
    },
}
