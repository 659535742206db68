use std::net::{IpAddr, SocketAddr};

use crate::tcp;

/// A call that the host cannot obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// There is no such socket, or not any more.
    #[error("there is no such socket")]
    NoSuchSocket,
    /// Somebody has this address and port already.
    #[error("{0} is taken")]
    Taken(SocketAddr),
    /// The address is none of this host's.
    #[error("{0} is not an address of this host")]
    NotOurs(IpAddr),
    /// This host has no address from which `0` could be reached.
    #[error("this host has no address of the family of {0}")]
    NoAddress(IpAddr),
    /// Nothing can be sent to this address or port.
    #[error("{0} is not an address to send to")]
    NotADestination(SocketAddr),
    /// Every ephemeral port has a connection to this peer (RFC 6056): more are possible to other addresses and ports.
    #[error("every ephemeral port has a connection to {0}")]
    PortsExhausted(SocketAddr),
    /// The host has as many connections as its configuration allows.
    #[error("the host has {0} connections, the most that it may have")]
    TooManyConnections(usize),
    /// A datagram is longer than UDP and IP can carry.
    #[error("a payload of {0} bytes does not fit into a datagram")]
    TooLong(usize),
    /// Too much waits to be sent; try again when the host has sent some of it.
    #[error("the transmit queue is full")]
    QueueFull,
    /// What the connection says.
    #[error(transparent)]
    Tcp(#[from] tcp::Misuse),
}
