use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use wirelab_socket::{TcpInfo, TcpStream};

/// Where a request came from, and the circumstances.
pub struct Context {
    pub(crate) stream: TcpStream,
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) connection: u64,
    pub(crate) number: u64,
    pub(crate) accepted: Instant,
    pub(crate) received: u64,
    pub(crate) stopping: bool,
}

impl Context {
    /// The client's address and port.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// The server's address and port on this connection.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The connection's number: 1 for the first that this server accepted. It is never given again.
    pub fn connection(&self) -> u64 {
        self.connection
    }

    /// The how-manieth request of its connection this is, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When the connection was accepted.
    pub fn accepted(&self) -> Instant {
        self.accepted
    }

    /// How many bytes the connection has received so far, this request's head included, and whatever came with it.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Whether the server was told to stop, and this is the connection's last request.
    pub fn is_stopping(&self) -> bool {
        self.stopping
    }

    /// What the kernel knows of the TCP connection: round-trip time, window, retransmissions. One system call.
    ///
    /// # Errors
    /// None are known for a TCP connection.
    pub fn tcp_info(&self) -> io::Result<TcpInfo> {
        self.stream.tcp_info()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("peer", &self.peer)
            .field("local", &self.local)
            .field("connection", &self.connection)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
