use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::{Socket, TcpListener};

/// How a listener is made. The calls are made in the order that the kernel wants: options, `bind`, `listen`.
///
/// ```
/// use wirelab_socket::ListenOptions;
///
/// # fn main() -> std::io::Result<()> {
/// let listener = ListenOptions::default().backlog(5).bind("127.0.0.1:0".parse().unwrap())?;
/// assert_eq!(listener.accept_queue()?.limit, 5);
/// assert_eq!(listener.accept_queue()?.length, 0);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct ListenOptions {
    reuse_address: bool,
    reuse_port: bool,
    only_v6: Option<bool>,
    backlog: u32,
    nonblocking: bool,
    receive_buffer: Option<usize>,
    send_buffer: Option<usize>,
    nodelay: bool,
    max_segment: Option<usize>,
    defer_accept: Option<Duration>,
    fast_open: Option<usize>,
}

/// `SO_REUSEADDR` on, so that a restart does not fail on TIME-WAIT; a backlog of 4096, which is Linux's
/// `somaxconn`; the rest off.
impl Default for ListenOptions {
    fn default() -> Self {
        ListenOptions {
            reuse_address: true,
            reuse_port: false,
            only_v6: None,
            backlog: 4096,
            nonblocking: false,
            receive_buffer: None,
            send_buffer: None,
            nodelay: false,
            max_segment: None,
            defer_accept: None,
            fast_open: None,
        }
    }
}

impl ListenOptions {
    /// See [`Socket::set_reuse_address`]. On by default.
    pub fn reuse_address(mut self, on: bool) -> Self {
        self.reuse_address = on;
        self
    }

    /// See [`Socket::set_reuse_port`]. Off by default.
    pub fn reuse_port(mut self, on: bool) -> Self {
        self.reuse_port = on;
        self
    }

    /// See [`Socket::set_only_v6`]. Only for an IPv6 address; by default as `net.ipv6.bindv6only` says (off).
    pub fn only_v6(mut self, on: bool) -> Self {
        self.only_v6 = Some(on);
        self
    }

    /// How many connections may wait to be accepted; see [`Socket::listen`]. 4096 by default.
    pub fn backlog(mut self, connections: u32) -> Self {
        self.backlog = connections;
        self
    }

    /// Whether [`TcpListener::accept`] returns at once when nobody waits. Off by default.
    pub fn nonblocking(mut self, on: bool) -> Self {
        self.nonblocking = on;
        self
    }

    /// The receive buffer of each accepted connection, in bytes; see [`Socket::set_receive_buffer`]. By default
    /// the kernel tunes it.
    pub fn receive_buffer(mut self, bytes: usize) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    /// The send buffer of each accepted connection, in bytes; see [`Socket::set_send_buffer`]. By default the
    /// kernel tunes it.
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = Some(bytes);
        self
    }

    /// See [`Socket::set_nodelay`]; every accepted connection inherits it, which saves a call for each. Off by
    /// default.
    pub fn nodelay(mut self, on: bool) -> Self {
        self.nodelay = on;
        self
    }

    /// See [`Socket::set_max_segment`]; every SYN+ACK announces it. By default what the interface carries.
    pub fn max_segment(mut self, bytes: usize) -> Self {
        self.max_segment = Some(bytes);
        self
    }

    /// See [`Socket::set_defer_accept`]. Off by default.
    pub fn defer_accept(mut self, limit: Duration) -> Self {
        self.defer_accept = Some(limit);
        self
    }

    /// See [`Socket::set_fast_open`]. Off by default.
    pub fn fast_open(mut self, connections: usize) -> Self {
        self.fast_open = Some(connections);
        self
    }

    /// Makes the socket, sets the options that differ from the kernel's own, binds and listens. If a call
    /// fails, the socket is closed.
    ///
    /// # Errors
    /// Those of [`Socket::bind`] and [`Socket::listen`].
    pub fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = if self.nonblocking {
            Socket::tcp_nonblocking_for(&address)?
        } else {
            Socket::tcp_for(&address)?
        };
        self.set(&socket)?;
        socket.bind(address)?;
        socket.listen(self.backlog)
    }
    fn set(&self, socket: &Socket) -> io::Result<()> {
        if self.reuse_address {
            socket.set_reuse_address(true)?;
        }
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        self.only_v6.map_or(Ok(()), |on| socket.set_only_v6(on))?;
        self.receive_buffer.map_or(Ok(()), |bytes| socket.set_receive_buffer(bytes))?;
        self.send_buffer.map_or(Ok(()), |bytes| socket.set_send_buffer(bytes))?;
        if self.nodelay {
            socket.set_nodelay(true)?;
        }
        self.max_segment.map_or(Ok(()), |bytes| socket.set_max_segment(bytes))?;
        self.defer_accept.map_or(Ok(()), |limit| socket.set_defer_accept(limit))?;
        self.fast_open.map_or(Ok(()), |connections| socket.set_fast_open(connections))
    }
}
