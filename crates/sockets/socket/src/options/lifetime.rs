//! How long to wait, for what, and what happens then.

use std::time::Duration;

use super::options;

options! {
    [Socket, TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream, UnixDatagram]
    {
        /// `SO_RCVTIMEO`: how long a blocking read waits until it fails with `WouldBlock` (on a listener:
        /// `accept`). `None`, the default, is for ever.
        ///
        /// It limits the wait for each read, not for a message: a peer that sends a byte now and then is never
        /// late. The getter may show a little more than was set, as the kernel counts in ticks of its clock.
        ///
        /// # Errors
        /// `InvalidInput`: the limit is zero, which the kernel would take for none.
        set_read_timeout, read_timeout: Option<Duration> as Limit = RECEIVE_TIMEOUT;

        /// `SO_SNDTIMEO`: how long a blocking write waits for room in the send buffer until it fails with
        /// `WouldBlock`, and `connect` for the handshake (`EINPROGRESS`). `None`, the default, is for ever.
        ///
        /// # Errors
        /// `InvalidInput`: the limit is zero, which the kernel would take for none.
        set_write_timeout, write_timeout: Option<Duration> as Limit = SEND_TIMEOUT;
    }
}

options! {
    [Socket, TcpListener, TcpStream]
    {
        /// `SO_LINGER`: what `close` does with bytes that are still in the send buffer.
        ///
        /// * `None`, the default: `close` returns at once, and the kernel sends them in its own time.
        /// * `Some(time)`: `close` waits until they are acknowledged, or `time` (rounded up to whole seconds)
        ///   has passed.
        /// * `Some(Duration::ZERO)`: they are thrown away and the peer gets an RST instead of a FIN; no
        ///   TIME-WAIT follows. For an attacker or a peer that is gone, not for a way out of TIME-WAIT: the
        ///   peer may lose data that it has not read.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_linger, linger: Option<Duration> as Linger = LINGER;

        /// `TCP_USER_TIMEOUT` (RFC 5482): how long written bytes may stay unacknowledged, or keep-alive probes
        /// unanswered, before the connection fails with `TimedOut`. In whole milliseconds, rounded up. Zero,
        /// the default, is the kernel's own limit, about a quarter of an hour (`net.ipv4.tcp_retries2`).
        ///
        /// # Errors
        /// None are known: what exceeds 24 days is 24 days.
        set_user_timeout, user_timeout: Duration as Milliseconds = USER_TIMEOUT;

        /// `TCP_SYNCNT`: how often `connect` repeats its SYN until it fails with `TimedOut`, 1 to 127. By
        /// default as `net.ipv4.tcp_syn_retries` says: 6, of which the last is given up after 127 s.
        ///
        /// # Errors
        /// `InvalidInput`: outside that range.
        set_syn_retries, syn_retries: u8 as Small = SYN_RETRIES;

        /// `TCP_LINGER2`: how long a connection that the program has closed waits in FIN-WAIT-2 for the peer's
        /// FIN until the kernel forgets it. In whole seconds, at most 120; zero, the default, is as
        /// `net.ipv4.tcp_fin_timeout` says (60 s), and the getter shows that.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_fin_wait_2_timeout, fin_wait_2_timeout: Duration as Seconds = FIN_WAIT_2_TIMEOUT;
    }
}
