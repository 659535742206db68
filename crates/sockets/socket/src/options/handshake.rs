//! What is settled by the handshake, or done during it.

use std::time::Duration;

use super::options;

options! {
    [Socket, TcpListener, TcpStream]
    {
        /// `TCP_MAXSEG`: the largest segment that this end announces in its SYN and sends, in bytes of payload:
        /// 88 to 32,767. It counts when set before the handshake; accepted sockets inherit it. Without it the
        /// kernel takes what the interface's packets can carry (1460 on Ethernet, 65,483 on loopback), and the
        /// getter shows 536 until there is a connection, then the size in use.
        ///
        /// # Errors
        /// `InvalidInput`: outside that range.
        set_max_segment, max_segment: usize as Size = MAX_SEGMENT;
    }
}

options! {
    [Socket, TcpListener]
    {
        /// `TCP_DEFER_ACCEPT`: a connection becomes acceptable with its first bytes, and not before; until then
        /// it is in the SYN queue. If none come within this time (rounded up to the times of SYN+ACK
        /// retransmissions: 1, 3, 7, 15 s and so on, as the getter shows), it becomes acceptable without. For
        /// protocols in which the client speaks first. Zero, the default, is off.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_defer_accept, defer_accept: Duration as Seconds = DEFER_ACCEPT;

        /// `TCP_FASTOPEN` (RFC 7413): a client that has been here before may send its first bytes in the SYN,
        /// and the program may accept and answer them before the handshake has ended. So many such connections
        /// may be unfinished at once; 0, the default, is off.
        ///
        /// It works only where bit 2 of `net.ipv4.tcp_fastopen` is set. A repeated SYN can bring the same bytes
        /// twice, and middleboxes drop SYNs with data, which is why few use it.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_fast_open, fast_open: usize as Size = FAST_OPEN;
    }
}

options! {
    [Socket]
    {
        /// `TCP_FASTOPEN_CONNECT` (RFC 7413): `connect` returns at once, and the SYN leaves with the first
        /// bytes that are written, if the peer has given this host a cookie earlier. Without a cookie the SYN
        /// asks for one and the connection is an ordinary one. Off by default.
        ///
        /// # Errors
        /// `EOPNOTSUPP`: bit 1 of `net.ipv4.tcp_fastopen` is off.
        set_fast_open_connect, fast_open_connect: bool as Flag = FAST_OPEN_CONNECT;
    }
}
