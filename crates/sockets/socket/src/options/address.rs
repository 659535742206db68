//! Who may have which address: options that count when the socket is bound.

use std::ops::RangeInclusive;

use super::options;

options! {
    [Socket, TcpListener]
    {
        /// `SO_REUSEADDR`: lets `bind` take a port of which old connections are still in TIME-WAIT, so that a
        /// server can be restarted at once. On Linux it does not let two sockets listen on one port; that is
        /// [`set_reuse_port`](Self::set_reuse_port). Off by default.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_reuse_address, reuse_address: bool as Flag = REUSE_ADDRESS;

        /// `SO_REUSEPORT`: several sockets of one user listen on one port, each with its own accept queue. The
        /// kernel picks the queue by a hash of both addresses, before anybody accepts: a busy listener's share
        /// waits although another is idle, and what waits in a queue that is closed gets an RST
        /// (`net.ipv4.tcp_migrate_req` moves it instead). Off by default.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        set_reuse_port, reuse_port: bool as Flag = REUSE_PORT;

        /// `IPV6_V6ONLY`: whether a socket bound to `[::]` refuses IPv4. Otherwise IPv4 peers appear as
        /// `::ffff:192.0.2.1`. By default as `net.ipv6.bindv6only` says (off).
        ///
        /// # Errors
        /// The socket is not of IPv6, or is bound already.
        set_only_v6, only_v6: bool as Flag = ONLY_V6;

        /// `IP_BIND_ADDRESS_NO_PORT`: `bind` to port 0 takes the address only, and `connect` chooses the port
        /// when it knows the peer. Otherwise the port is chosen by `bind`, which must find one that nobody uses
        /// towards anybody: of the ports of one address, each then serves one connection instead of one for
        /// each peer. Off by default.
        ///
        /// # Errors
        /// None are known.
        set_bind_address_no_port, bind_address_no_port: bool as Flag = BIND_ADDRESS_NO_PORT;

        /// `IP_LOCAL_PORT_RANGE` (Linux 6.3): the ports among which the kernel chooses when it binds this
        /// socket itself, in `connect` or in `bind` to port 0. Only the part inside
        /// `net.ipv4.ip_local_port_range` counts; `None`, the default, is all of that. For IPv6 too, in spite
        /// of its name.
        ///
        /// # Errors
        /// `InvalidInput`: the range is empty, or begins with port 0. `ENOPROTOOPT`: the kernel is older.
        set_local_port_range, local_port_range: Option<RangeInclusive<u16>> as Ports = LOCAL_PORT_RANGE;
    }
}
