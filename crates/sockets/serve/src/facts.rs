use std::io;
use std::net::SocketAddr;
use std::sync::Weak;
use std::time::Instant;

use wirelab_socket::{TcpInfo, TcpStream};

/// What is known of a connection when it is accepted.
///
/// Facts may travel with a request to another thread. They do not keep the connection open: the descriptor belongs to
/// the loop that serves it, which closes it when it must, whoever still has the facts.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The client's address and port.
    pub peer: SocketAddr,
    /// The server's address and port on this connection.
    pub local: SocketAddr,
    /// The connection's number: 1 for the first that the server accepted, whichever worker did. It is never given again.
    pub number: u64,
    /// When it was accepted.
    pub accepted: Instant,
    /// The number of the worker that serves it, from 0.
    pub worker: usize,
    pub(crate) stream: Weak<TcpStream>,
}

impl Facts {
    /// What the kernel knows of the TCP connection: round-trip time, window, retransmissions. One system call.
    ///
    /// # Errors
    /// `NotConnected`: it was closed meanwhile.
    pub fn tcp_info(&self) -> io::Result<TcpInfo> {
        match self.stream.upgrade() {
            Some(stream) => stream.tcp_info(),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}
