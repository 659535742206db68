use std::io;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::{KeepAlive, Socket, TcpStream};

/// How a connection is made. The calls are made in the order that the kernel wants: options, `bind`, `connect`,
/// since the SYN carries the outcome of some of them (window scale, largest segment) and leaves from an
/// address.
///
/// ```
/// use std::time::Duration;
/// use wirelab_socket::{ConnectOptions, TcpListener};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let options = ConnectOptions::default().timeout(Duration::from_secs(5));
/// let options = options.bind("127.0.0.2:0".parse().unwrap());
/// let stream = options.connect(listener.local_addr()?)?;
/// assert_eq!(stream.local_addr()?.ip().to_string(), "127.0.0.2");
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct ConnectOptions {
    bind: Option<SocketAddr>,
    ports: Option<RangeInclusive<u16>>,
    timeout: Option<Duration>,
    nodelay: bool,
    receive_buffer: Option<usize>,
    send_buffer: Option<usize>,
    max_segment: Option<usize>,
    syn_retries: Option<u8>,
    user_timeout: Option<Duration>,
    keep_alive: Option<KeepAlive>,
    congestion_control: Option<String>,
    fast_open: bool,
}

impl ConnectOptions {
    /// The address (and, if it is not 0, the port) to connect from. With port 0, the port is chosen by
    /// `connect` and not by `bind`; see [`Socket::set_bind_address_no_port`]. By default the kernel chooses
    /// both.
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.bind = Some(address);
        self
    }

    /// The ports to connect from; see [`Socket::set_local_port_range`]. By default
    /// `net.ipv4.ip_local_port_range`.
    pub fn local_ports(mut self, ports: RangeInclusive<u16>) -> Self {
        self.ports = Some(ports);
        self
    }

    /// How long [`connect`](Self::connect) waits for the handshake. By default as long as the kernel repeats
    /// its SYN, two minutes and more.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// See [`Socket::set_nodelay`]. Off by default.
    pub fn nodelay(mut self, on: bool) -> Self {
        self.nodelay = on;
        self
    }

    /// See [`Socket::set_receive_buffer`]; the SYN's window scale follows from it. By default the kernel tunes
    /// it.
    pub fn receive_buffer(mut self, bytes: usize) -> Self {
        self.receive_buffer = Some(bytes);
        self
    }

    /// See [`Socket::set_send_buffer`]. By default the kernel tunes it.
    pub fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = Some(bytes);
        self
    }

    /// See [`Socket::set_max_segment`]; the SYN announces it. By default what the interface carries.
    pub fn max_segment(mut self, bytes: usize) -> Self {
        self.max_segment = Some(bytes);
        self
    }

    /// See [`Socket::set_syn_retries`].
    pub fn syn_retries(mut self, count: u8) -> Self {
        self.syn_retries = Some(count);
        self
    }

    /// See [`Socket::set_user_timeout`].
    pub fn user_timeout(mut self, limit: Duration) -> Self {
        self.user_timeout = Some(limit);
        self
    }

    /// See [`Socket::set_keep_alive`]. Off by default.
    pub fn keep_alive(mut self, keep_alive: KeepAlive) -> Self {
        self.keep_alive = Some(keep_alive);
        self
    }

    /// See [`Socket::set_congestion_control`].
    pub fn congestion_control(mut self, name: impl Into<String>) -> Self {
        self.congestion_control = Some(name.into());
        self
    }

    /// See [`Socket::set_fast_open_connect`]. Off by default.
    pub fn fast_open(mut self, on: bool) -> Self {
        self.fast_open = on;
        self
    }

    /// Makes the socket, sets the options that differ from the kernel's own, binds if asked to, connects and
    /// waits for the handshake. The stream waits in its calls. If a call fails, the socket is closed.
    ///
    /// # Errors
    /// Those of the options' setters, of [`Socket::bind`] and of [`Socket::connect`]; `TimedOut` after the
    /// [time-out](Self::timeout).
    pub fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        if self.timeout.is_none() {
            return self.prepare(Socket::tcp_for(&address)?)?.connect(address);
        }
        let stream = self.start(address)?;
        stream.finish_connect(self.timeout)?;
        stream.set_nonblocking(false)?;
        Ok(stream)
    }

    /// As [`connect`](Self::connect), and does not wait: see [`Socket::start_connect`]. The stream is
    /// non-blocking and stays so; the time-out is the caller's.
    ///
    /// # Errors
    /// Those of the options' setters, of [`Socket::bind`] and of [`Socket::start_connect`].
    pub fn start(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.prepare(Socket::tcp_nonblocking_for(&address)?)?.begin_connect(address)
    }

    fn prepare(&self, socket: Socket) -> io::Result<Socket> {
        if self.nodelay {
            socket.set_nodelay(true)?;
        }
        self.receive_buffer.map_or(Ok(()), |bytes| socket.set_receive_buffer(bytes))?;
        self.send_buffer.map_or(Ok(()), |bytes| socket.set_send_buffer(bytes))?;
        self.max_segment.map_or(Ok(()), |bytes| socket.set_max_segment(bytes))?;
        self.syn_retries.map_or(Ok(()), |count| socket.set_syn_retries(count))?;
        self.user_timeout.map_or(Ok(()), |limit| socket.set_user_timeout(limit))?;
        self.keep_alive.map_or(Ok(()), |times| socket.set_keep_alive(Some(times)))?;
        self.congestion_control.as_ref().map_or(Ok(()), |name| socket.set_congestion_control(name))?;
        if self.fast_open {
            socket.set_fast_open_connect(true)?;
        }
        self.ports.clone().map_or(Ok(()), |ports| socket.set_local_port_range(Some(ports)))?;
        if let Some(address) = self.bind {
            if address.port() == 0 {
                socket.set_bind_address_no_port(true)?;
            }
            socket.bind(address)?;
        }
        Ok(socket)
    }
}
