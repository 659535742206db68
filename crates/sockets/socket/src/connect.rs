use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::{ConnectOptions, Socket, TcpStream, sys};

impl TcpStream {
    /// Connects and waits for the handshake; see [`Socket::connect`].
    ///
    /// # Errors
    /// Those of [`Socket::connect`].
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Socket::tcp_for(&address)?.connect(address)
    }

    /// Connects and waits no longer than `limit`, since the kernel's own limit is two minutes and more. The
    /// stream waits in its calls afterwards.
    ///
    /// ```
    /// use std::time::Duration;
    /// use wirelab_socket::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// let stream = TcpStream::connect_timeout(listener.local_addr()?, Duration::from_secs(5))?;
    /// assert!(!stream.is_nonblocking()?);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`Socket::connect`]; `TimedOut` after `limit`. The handshake is given up then, since the socket
    /// is closed.
    pub fn connect_timeout(address: SocketAddr, limit: Duration) -> io::Result<Self> {
        ConnectOptions::default().timeout(limit).connect(address)
    }

    /// Sends the SYN and returns; see [`Socket::start_connect`]. The stream is non-blocking and stays so.
    ///
    /// # Errors
    /// Those of [`Socket::start_connect`].
    pub fn start_connect(address: SocketAddr) -> io::Result<Self> {
        ConnectOptions::default().start(address)
    }

    /// Waits until the stream is writable, which is the end of the handshake, and asks how it ended.
    pub(crate) fn finish_connect(&self, limit: Option<Duration>) -> io::Result<()> {
        // A limit beyond the clock's range is none.
        let deadline = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            let remaining = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            match sys::poll_one(self.as_fd(), libc::POLLOUT, milliseconds(remaining)) {
                Ok(true) => return self.take_error()?.map_or(Ok(()), Err),
                Ok(false) if remaining.is_some_and(|left| left.is_zero()) => {
                    return Err(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "no answer to the SYN in the time given",
                    ));
                }
                Ok(false) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

/// The time-out of `poll`: whole milliseconds, rounded up so as not to spin through the last one; -1 is no
/// limit.
pub(crate) fn milliseconds(limit: Option<Duration>) -> i32 {
    limit.map_or(-1, |limit| i32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX))
}
