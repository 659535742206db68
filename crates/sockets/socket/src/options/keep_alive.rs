//! Probes of a silent connection.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::kinds::{Flag, Seconds, Small};
use super::{get, methods, set};
use crate::sys::OptionName;

/// How a connection that says nothing is probed (RFC 9293 §3.8.4): `SO_KEEPALIVE` and the three `TCP_KEEP…`
/// options.
///
/// After `idle` without a segment, the kernel sends an empty segment with an old sequence number, which a
/// living peer must acknowledge. It finds hosts that vanished and keeps the entries of NATs and firewalls
/// alive; it says nothing of whether the program behind the socket still works.
///
/// ```
/// use std::time::Duration;
/// use wirelab_socket::{KeepAlive, Socket};
///
/// # fn main() -> std::io::Result<()> {
/// let socket = Socket::tcp_for(&"127.0.0.1:0".parse().unwrap())?;
/// let minute = KeepAlive { idle: Duration::from_secs(60), interval: Duration::from_secs(10), probes: 3 };
/// socket.set_keep_alive(Some(minute))?;                       // a peer that is gone is noticed after 90 s
/// assert_eq!(socket.keep_alive()?, Some(minute));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe. Whole seconds, 1 to 32767. The kernel's default is two hours.
    pub idle: Duration,
    /// Time between probes. Whole seconds, 1 to 32767. The kernel's default is 75 s.
    pub interval: Duration,
    /// Probes without an answer until the connection fails with `TimedOut`: 1 to 127. The kernel's default is
    /// 9.
    pub probes: u8,
}

methods! {
    [Socket, TcpListener, TcpStream]
    {
        /// `SO_KEEPALIVE` and its three times; `None`, the default, turns it off and leaves the times as they
        /// are.
        ///
        /// # Errors
        /// `InvalidInput`: a value is outside the range of [`KeepAlive`].
        pub fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> io::Result<()> {
            set_all(self.as_fd(), keep_alive)
        }

        /// The times of the probes, if there are any.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        pub fn keep_alive(&self) -> io::Result<Option<KeepAlive>> {
            get_all(self.as_fd())
        }
    }
}

fn set_all(fd: BorrowedFd<'_>, keep_alive: Option<KeepAlive>) -> io::Result<()> {
    if let Some(KeepAlive { idle, interval, probes }) = keep_alive {
        set::<Seconds>(fd, OptionName::KEEP_IDLE, idle)?;
        set::<Seconds>(fd, OptionName::KEEP_INTERVAL, interval)?;
        set::<Small>(fd, OptionName::KEEP_COUNT, probes)?;
    }
    set::<Flag>(fd, OptionName::KEEP_ALIVE, keep_alive.is_some())
}

fn get_all(fd: BorrowedFd<'_>) -> io::Result<Option<KeepAlive>> {
    if !get::<Flag>(fd, OptionName::KEEP_ALIVE)? {
        return Ok(None);
    }
    let idle = get::<Seconds>(fd, OptionName::KEEP_IDLE)?;
    let interval = get::<Seconds>(fd, OptionName::KEEP_INTERVAL)?;
    let probes = get::<Small>(fd, OptionName::KEEP_COUNT)?;
    Ok(Some(KeepAlive { idle, interval, probes }))
}
