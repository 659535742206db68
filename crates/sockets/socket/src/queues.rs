use std::io;
use std::os::fd::AsFd;

use crate::{TcpInfo, TcpListener};

/// The accept queue of a listener at one moment.
///
/// ```
/// use wirelab_socket::{ListenOptions, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = ListenOptions::default().backlog(5).bind("127.0.0.1:0".parse().unwrap())?;
/// let _client = TcpStream::connect(listener.local_addr()?)?;
/// let queue = listener.accept_queue()?;
/// assert_eq!((queue.length, queue.limit), (1, 5));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptQueue {
    /// Connections that are established and not yet accepted.
    pub length: u32,
    /// The backlog in force: the one of `listen`, or `net.core.somaxconn` if that is lower. The queue counts as
    /// full when `length` is *greater*, so that it holds one more.
    pub limit: u32,
}

impl TcpListener {
    /// How full the accept queue is, from `TCP_INFO`, two of whose fields mean this on a listening socket.
    ///
    /// # Errors
    /// None are known for a listening socket.
    pub fn accept_queue(&self) -> io::Result<AcceptQueue> {
        let info = TcpInfo::read(self.as_fd())?;
        Ok(AcceptQueue { length: info.unacked, limit: info.sacked })
    }
}
