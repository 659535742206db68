use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::sys::{self, OptionName};
use crate::{KeepAlive, TcpInfo, TcpStream, options};

options::common_options!(TcpStream);

impl TcpStream {
    /// `TCP_NODELAY`: turns Nagle's algorithm off (RFC 9293 §3.7.4). On, a small segment waits while an earlier
    /// one is unacknowledged, which with the peer's delayed acknowledgement can cost 40 ms and more; off, each
    /// write may be a segment, and it is the program's task to write whole messages.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn set_nodelay(&self, on: bool) -> io::Result<()> {
        options::set_flag(self.as_fd(), OptionName::NO_DELAY, on)
    }

    /// Whether Nagle's algorithm is off.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn nodelay(&self) -> io::Result<bool> {
        options::flag(self.as_fd(), OptionName::NO_DELAY)
    }

    /// `TCP_CORK`: holds back segments that are not full until it is turned off, or 200 ms have passed. It
    /// joins a head that was written with the file that [`sendfile`](Self::sendfile) sends behind it.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn set_cork(&self, on: bool) -> io::Result<()> {
        options::set_flag(self.as_fd(), OptionName::CORK, on)
    }

    /// `TCP_QUICKACK`: acknowledges at once (`true`) or may delay it. Not lasting: the kernel goes back to its
    /// own judgement as the conversation goes on.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn set_quick_ack(&self, on: bool) -> io::Result<()> {
        options::set_flag(self.as_fd(), OptionName::QUICK_ACK, on)
    }

    /// `SO_RCVTIMEO`: how long a blocking read waits until it fails with `WouldBlock`. `None` is for ever.
    ///
    /// It limits the wait for each read, not for a message: a peer that sends a byte now and then is never
    /// late.
    ///
    /// # Errors
    /// `InvalidInput`: the limit is zero, which the kernel would take for none.
    pub fn set_read_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        options::set_timeout(self.as_fd(), OptionName::RECEIVE_TIMEOUT, limit)
    }

    /// `SO_SNDTIMEO`: how long a blocking write waits for room in the send buffer until it fails with
    /// `WouldBlock`.
    ///
    /// # Errors
    /// `InvalidInput`: the limit is zero, which the kernel would take for none.
    pub fn set_write_timeout(&self, limit: Option<Duration>) -> io::Result<()> {
        options::set_timeout(self.as_fd(), OptionName::SEND_TIMEOUT, limit)
    }

    /// `SO_LINGER`: what `close` does with bytes that are still in the send buffer.
    ///
    /// * `None`, the default: `close` returns at once, and the kernel sends them in its own time.
    /// * `Some(time)`: `close` waits until they are acknowledged, or `time` (rounded up to whole seconds) has
    ///   passed.
    /// * `Some(Duration::ZERO)`: they are thrown away and the peer gets an RST instead of a FIN; no TIME-WAIT
    ///   follows. For an attacker or a peer that is gone, not for a way out of TIME-WAIT: the peer may lose
    ///   data that it has not read.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        options::set_linger(self.as_fd(), linger)
    }

    /// `SO_KEEPALIVE` and its three times; `None` turns it off.
    ///
    /// # Errors
    /// `InvalidInput`: a value is outside the range of [`KeepAlive`].
    pub fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> io::Result<()> {
        options::set_keep_alive(self.as_fd(), keep_alive)
    }

    /// `TCP_USER_TIMEOUT` (RFC 5482): how long written bytes may stay unacknowledged before the connection
    /// fails with `TimedOut`. In whole milliseconds, rounded up. Zero is the kernel's own limit, about a
    /// quarter of an hour.
    ///
    /// # Errors
    /// None are known: what exceeds 24 days is 24 days.
    pub fn set_user_timeout(&self, limit: Duration) -> io::Result<()> {
        let milliseconds = limit.as_nanos().div_ceil(1_000_000);
        let milliseconds = i32::try_from(milliseconds).unwrap_or(i32::MAX);
        options::set_integer(self.as_fd(), OptionName::USER_TIMEOUT, milliseconds)
    }

    /// `TCP_NOTSENT_LOWAT`: the stream counts as writable only while fewer than `bytes` wait that were not yet
    /// sent. What is still in the program can be changed or given another priority; what is in the send buffer
    /// cannot.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn set_not_sent_low_water(&self, bytes: usize) -> io::Result<()> {
        options::set_size(self.as_fd(), OptionName::NOT_SENT_LOW_WATER, bytes)
    }

    /// `FIONREAD`: the bytes that wait in the receive buffer.
    ///
    /// # Errors
    /// None are known for a connected socket.
    pub fn unread_bytes(&self) -> io::Result<usize> {
        sys::unread(self.as_fd())
    }

    /// `SIOCOUTQ`: the bytes in the send buffer that the peer has not acknowledged, sent or not.
    ///
    /// # Errors
    /// None are known for a connected socket.
    pub fn unacknowledged_bytes(&self) -> io::Result<usize> {
        sys::unacknowledged(self.as_fd())
    }

    /// `TCP_INFO`: what the kernel knows of the connection at this moment.
    ///
    /// # Errors
    /// None are known for a TCP socket.
    pub fn tcp_info(&self) -> io::Result<TcpInfo> {
        TcpInfo::read(self.as_fd())
    }
}
