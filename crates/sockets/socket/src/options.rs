use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::sys::{self, OptionName};

/// How a connection that says nothing is probed (RFC 9293 §3.8.4): `SO_KEEPALIVE` and the three `TCP_KEEP…`
/// options.
///
/// After `idle` without a segment, the kernel sends an empty segment with an old sequence number, which a
/// living peer must acknowledge. It finds hosts that vanished and keeps the entries of NATs and firewalls
/// alive; it says nothing of whether the program behind the socket still works.
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

pub(crate) fn set_keep_alive(fd: BorrowedFd<'_>, keep_alive: Option<KeepAlive>) -> io::Result<()> {
    if let Some(KeepAlive { idle, interval, probes }) = keep_alive {
        set_integer(fd, OptionName::KEEP_IDLE, whole_seconds(idle))?;
        set_integer(fd, OptionName::KEEP_INTERVAL, whole_seconds(interval))?;
        set_integer(fd, OptionName::KEEP_COUNT, i32::from(probes))?;
    }
    set_flag(fd, OptionName::KEEP_ALIVE, keep_alive.is_some())
}

pub(crate) fn set_flag(fd: BorrowedFd<'_>, name: OptionName, on: bool) -> io::Result<()> {
    set_integer(fd, name, i32::from(on))
}

pub(crate) fn flag(fd: BorrowedFd<'_>, name: OptionName) -> io::Result<bool> {
    Ok(integer(fd, name)? != 0)
}

pub(crate) fn set_integer(fd: BorrowedFd<'_>, name: OptionName, value: i32) -> io::Result<()> {
    sys::set_option(fd, name, &value.to_ne_bytes())
}

pub(crate) fn integer(fd: BorrowedFd<'_>, name: OptionName) -> io::Result<i32> {
    let mut value = [0; 4];
    sys::get_option(fd, name, &mut value)?;
    Ok(i32::from_ne_bytes(value))
}

/// A size in bytes, which the kernel keeps as a signed integer.
pub(crate) fn set_size(fd: BorrowedFd<'_>, name: OptionName, size: usize) -> io::Result<()> {
    set_integer(fd, name, i32::try_from(size).unwrap_or(i32::MAX))
}

pub(crate) fn size(fd: BorrowedFd<'_>, name: OptionName) -> io::Result<usize> {
    Ok(usize::try_from(integer(fd, name)?).unwrap_or(0))
}

/// Writes a `struct timeval`; zero means no limit to the kernel, which is why a limit of zero is refused.
pub(crate) fn set_timeout(fd: BorrowedFd<'_>, name: OptionName, limit: Option<Duration>) -> io::Result<()> {
    let (seconds, micros) = match limit {
        None => (0, 0),
        Some(Duration::ZERO) => return Err(invalid("a time-out of zero would mean none at all")),
        Some(limit) => {
            let limit = limit.max(Duration::from_micros(1));
            (libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX), limit.subsec_micros())
        }
    };
    let micros = micros as libc::suseconds_t; // below a million, which every width of the type holds
    sys::set_option(fd, name, &[seconds.to_ne_bytes(), micros.to_ne_bytes()].concat())
}

/// Writes a `struct linger`: two integers, on or off and the whole seconds, rounded up so that only zero means
/// zero.
pub(crate) fn set_linger(fd: BorrowedFd<'_>, linger: Option<Duration>) -> io::Result<()> {
    let seconds = linger.map_or(0, whole_seconds);
    let value = [i32::from(linger.is_some()).to_ne_bytes(), seconds.to_ne_bytes()];
    sys::set_option(fd, OptionName::LINGER, &value.concat())
}

pub(crate) fn take_error(fd: BorrowedFd<'_>) -> io::Result<Option<io::Error>> {
    let code = integer(fd, OptionName::ERROR)?;
    Ok((code != 0).then(|| io::Error::from_raw_os_error(code)))
}

pub(crate) fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let flags = sys::status_flags(fd)?;
    let wanted = if on { flags | libc::O_NONBLOCK } else { flags & !libc::O_NONBLOCK };
    if wanted == flags { Ok(()) } else { sys::set_status_flags(fd, wanted) }
}

pub(crate) fn is_nonblocking(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(sys::status_flags(fd)? & libc::O_NONBLOCK != 0)
}

pub(crate) fn is_close_on_exec(fd: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(sys::descriptor_flags(fd)? & libc::FD_CLOEXEC != 0)
}

pub(crate) fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

/// Whole seconds, rounded up.
pub(crate) fn whole_seconds(duration: Duration) -> i32 {
    let seconds = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The methods that every kind of socket has.
macro_rules! common_options {
    ($socket:ty) => {
        impl $socket {
            /// `getsockname`: this end's address and port.
            ///
            /// # Errors
            /// None are known for an open socket.
            pub fn local_addr(&self) -> std::io::Result<std::net::SocketAddr> {
                $crate::sys::local_address(self.as_fd())?.decode()
            }

            /// `O_NONBLOCK`: whether calls that would wait return
            /// [`WouldBlock`](std::io::ErrorKind::WouldBlock).
            ///
            /// # Errors
            /// None are known for an open socket.
            pub fn set_nonblocking(&self, on: bool) -> std::io::Result<()> {
                $crate::options::set_nonblocking(self.as_fd(), on)
            }

            /// Whether `O_NONBLOCK` is set.
            ///
            /// # Errors
            /// None are known for an open socket.
            pub fn is_nonblocking(&self) -> std::io::Result<bool> {
                $crate::options::is_nonblocking(self.as_fd())
            }

            /// Whether the descriptor is closed when the process executes another program. Every socket of this
            /// crate is made so.
            ///
            /// # Errors
            /// None are known for an open socket.
            pub fn is_close_on_exec(&self) -> std::io::Result<bool> {
                $crate::options::is_close_on_exec(self.as_fd())
            }

            /// `SO_ERROR`: the error that happened since the last call and was reported by none, and clears it.
            ///
            /// # Errors
            /// Asking itself fails for no known reason.
            pub fn take_error(&self) -> std::io::Result<Option<std::io::Error>> {
                $crate::options::take_error(self.as_fd())
            }

            /// `SO_RCVBUF`: asks for a receive buffer of `bytes`, of which the window that TCP offers its peer
            /// is made.
            ///
            /// The kernel caps it at `net.core.rmem_max`, then doubles it for its own bookkeeping. It also ends
            /// the kernel's own tuning of the buffer, which up to `tcp_rmem` does better than most guesses. A
            /// listener's accepted sockets inherit it, in time for their handshake's window scale.
            ///
            /// # Errors
            /// None are known: a value out of range is brought into it.
            pub fn set_receive_buffer(&self, bytes: usize) -> std::io::Result<()> {
                $crate::options::set_size(self.as_fd(), $crate::sys::OptionName::RECEIVE_BUFFER, bytes)
            }

            /// `SO_RCVBUF` as the kernel counts it: twice what was asked for.
            ///
            /// # Errors
            /// None are known for an open socket.
            pub fn receive_buffer(&self) -> std::io::Result<usize> {
                $crate::options::size(self.as_fd(), $crate::sys::OptionName::RECEIVE_BUFFER)
            }

            /// `SO_SNDBUF`: asks for a send buffer of `bytes`, which holds what was written until the peer
            /// acknowledges it. Capped at `net.core.wmem_max`, doubled, and ends the kernel's own tuning.
            ///
            /// # Errors
            /// None are known: a value out of range is brought into it.
            pub fn set_send_buffer(&self, bytes: usize) -> std::io::Result<()> {
                $crate::options::set_size(self.as_fd(), $crate::sys::OptionName::SEND_BUFFER, bytes)
            }

            /// `SO_SNDBUF` as the kernel counts it: twice what was asked for.
            ///
            /// # Errors
            /// None are known for an open socket.
            pub fn send_buffer(&self) -> std::io::Result<usize> {
                $crate::options::size(self.as_fd(), $crate::sys::OptionName::SEND_BUFFER)
            }
        }
    };
}

pub(crate) use common_options;
