use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use wirelab_serve::Facts;
use wirelab_socket::TcpInfo;

/// Where a request came from, and the circumstances. It goes with the request to the thread that handles it.
#[derive(Clone)]
pub struct Context {
    pub(crate) facts: Arc<Facts>,
    pub(crate) number: u64,
    pub(crate) received: u64,
    pub(crate) stopping: bool,
}

impl Context {
    /// The client's address and port.
    pub fn peer(&self) -> SocketAddr {
        self.facts.peer
    }

    /// The server's address and port on this connection.
    pub fn local(&self) -> SocketAddr {
        self.facts.local
    }

    /// The connection's number: 1 for the first that this server accepted, whichever worker did. It is never given again.
    pub fn connection(&self) -> u64 {
        self.facts.number
    }

    /// The number of the worker that reads from the connection and writes to it, from 0: its place in
    /// [`Handle::workers`](crate::Handle::workers).
    pub fn worker(&self) -> usize {
        self.facts.worker
    }

    /// The how-manieth request of its connection this is, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// When the connection was accepted.
    pub fn accepted(&self) -> Instant {
        self.facts.accepted
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
    /// `NotConnected`: it was closed while its request was with another thread.
    pub fn tcp_info(&self) -> io::Result<TcpInfo> {
        self.facts.tcp_info()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("peer", &self.facts.peer)
            .field("local", &self.facts.local)
            .field("connection", &self.facts.number)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}
