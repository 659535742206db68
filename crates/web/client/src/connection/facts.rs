//! What one can ask a connection.

use std::net::SocketAddr;

use wirelab_http1::Tapped;
use wirelab_socket::TcpInfo;

use crate::{Connection, Error};

impl Connection {
    /// How many requests have no response yet; one whose response has begun does not count any more.
    pub fn unanswered(&self) -> usize {
        self.http.unanswered()
    }

    /// How many bytes the kernel has taken over.
    pub fn bytes_sent(&self) -> u64 {
        self.sent
    }

    /// How many bytes have been read.
    pub fn bytes_received(&self) -> u64 {
        self.received
    }

    /// This end's address. Two requests with the same one went over the same connection.
    ///
    /// # Errors
    /// [`Error::Io`]; none are known for a connected socket.
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.stream.local_addr().map_err(|source| Error::Io { doing: "asking for the local address", source })
    }

    /// The server's address.
    ///
    /// # Errors
    /// [`Error::Io`]: the connection was reset.
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.stream
            .peer_addr()
            .map_err(|source| Error::Io { doing: "asking for the server's address", source })
    }

    /// What the kernel knows of the connection: round-trip time, retransmissions, window.
    ///
    /// # Errors
    /// [`Error::Io`]; none are known for a TCP socket.
    pub fn tcp_info(&self) -> Result<TcpInfo, Error> {
        self.stream.tcp_info().map_err(|source| Error::Io { doing: "asking for TCP_INFO", source })
    }

    /// From now on (or no longer), keeps an explanation of each head, chunk and piece of content, in both directions, for
    /// [`poll_tap`](Self::poll_tap).
    pub fn tap(&mut self, on: bool) {
        self.http.tap(on);
    }

    /// The next explained piece of the conversation.
    pub fn poll_tap(&mut self) -> Option<Tapped> {
        self.http.poll_tap()
    }

    /// The protocol, without the socket.
    pub fn http(&self) -> &wirelab_http1::Connection {
        &self.http
    }
}
