//! When bytes leave and arrive: options that trade packets and processor time for delay.

use std::time::Duration;

use super::options;

options! {
    [Socket, TcpListener, TcpStream]
    {
        /// `TCP_NODELAY`: turns Nagle's algorithm off (RFC 9293 §3.7.4). On, a small segment waits while an
        /// earlier one is unacknowledged, which with the peer's delayed acknowledgement can cost 40 ms and
        /// more; off, each write may be a segment, and it is the program's task to write whole messages.
        /// Nagle's algorithm is on by default; accepted sockets inherit the listener's setting.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_nodelay, nodelay: bool as Flag = NO_DELAY;

        /// `TCP_CORK`: holds back segments that are not full until it is turned off, or 200 ms have passed. It
        /// joins a head that was written with the file that [`sendfile`](crate::TcpStream::sendfile) sends
        /// behind it. Off by default.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_cork, cork: bool as Flag = CORK;

        /// `TCP_QUICKACK`: acknowledges at once (`true`) or may delay it. Not lasting: the kernel goes back to
        /// its own judgement as the conversation goes on, and so the getter says what holds now. On at the
        /// beginning of a connection, since a sender in slow start waits for each acknowledgement.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_quick_ack, quick_ack: bool as Flag = QUICK_ACK;
    }
}

options! {
    [Socket, TcpListener, TcpStream, UdpSocket]
    {
        /// `SO_BUSY_POLL`: a blocking read or `poll` on an empty socket asks the network card itself for so
        /// long before it goes to sleep, which trades the processor's time for some microseconds. Loopback has
        /// no card to ask. In whole microseconds; zero, the default (`net.core.busy_read`), is off.
        ///
        /// # Errors
        /// `PermissionDenied`: a longer time than `net.core.busy_read` needs `CAP_NET_ADMIN`.
        set_busy_poll, busy_poll: Duration as Microseconds = BUSY_POLL;

        /// `SO_PRIORITY`: the class in which a queueing discipline of the sending interface places packets of
        /// this socket, 0 (the default) to 6 without privileges.
        ///
        /// # Errors
        /// `PermissionDenied`: more than 6 needs `CAP_NET_ADMIN`.
        set_priority, priority: u8 as Small = PRIORITY;

        /// `IP_TOS`: the second byte of the IPv4 headers that this socket sends: six bits of Differentiated
        /// Services (RFC 2474) and two of congestion notification (RFC 3168), which for TCP stay the kernel's
        /// own. Routers of one's own network may act on it; others mostly clear it. It sets the priority as
        /// well. 0 by default. On an IPv6 socket it holds for its IPv4 peers; see
        /// [`set_traffic_class`](Self::set_traffic_class).
        ///
        /// # Errors
        /// None are known.
        set_type_of_service, type_of_service: u8 as Small = TYPE_OF_SERVICE;

        /// `IPV6_TCLASS`: as [`set_type_of_service`](Self::set_type_of_service), for the headers of IPv6. 0 by
        /// default.
        ///
        /// # Errors
        /// The socket is not of IPv6.
        set_traffic_class, traffic_class: u8 as Small = TRAFFIC_CLASS;

        /// `SO_INCOMING_CPU`: read on a connection, the processor that handled its last packet, on which the
        /// thread that serves it finds the data in its cache. Set on one of several listeners of a port
        /// ([`SO_REUSEPORT`](crate::Socket::set_reuse_port)), it asks for the connections whose packets come in
        /// on that processor, in place of a share by hash. `None` by default.
        ///
        /// # Errors
        /// None are known.
        set_incoming_cpu, incoming_cpu: Option<u16> as Optional = INCOMING_CPU;
    }
}
