use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use crate::address::RawAddress;
use crate::sys::{self, Descriptor};
use crate::{Socket, TcpStream};

/// A socket in the state LISTEN: an address and a queue of connections whose handshake the kernel has
/// completed.
#[derive(Debug)]
pub struct TcpListener {
    fd: Descriptor,
}

impl TcpListener {
    pub(crate) fn new(fd: Descriptor) -> Self {
        TcpListener { fd }
    }

    /// Listens on `address` with the settings of [`ListenOptions::default`]; accepting waits.
    ///
    /// # Errors
    /// Those of [`Socket::bind`] and [`Socket::listen`].
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        ListenOptions::default().bind(address)
    }

    /// `accept4(SOCK_NONBLOCK | SOCK_CLOEXEC)`: takes the oldest connection from the accept queue and gives it
    /// a descriptor. The stream does not wait in its calls, and two `fcntl` calls are saved.
    ///
    /// The client has been connected since its handshake, and may have sent data long ago: accepting sends
    /// nothing. Whether the call waits for a connection is the listener's own flag
    /// ([`set_nonblocking`](Self::set_nonblocking)), which on Linux the accepted socket does not inherit.
    ///
    /// # Errors
    /// [`AcceptFailure::of`] sorts them by what to do.
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept_with(libc::SOCK_NONBLOCK)
    }

    /// `accept4(SOCK_CLOEXEC)`: as [`accept`](Self::accept), for servers of one thread a connection, whose
    /// streams wait.
    ///
    /// # Errors
    /// [`AcceptFailure::of`] sorts them by what to do.
    pub fn accept_blocking(&self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept_with(0)
    }

    fn accept_with(&self, flags: libc::c_int) -> io::Result<(TcpStream, SocketAddr)> {
        let (fd, peer) =
            sys::retry(|| sys::accept4(self.as_fd(), flags | libc::SOCK_CLOEXEC, RawAddress::for_ip()))?;
        Ok((TcpStream::new(fd), peer.decode()?))
    }

    /// `getsockname`: this end's address and port.
    ///
    /// # Errors
    /// None are known for an open socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        sys::local_address(self.as_fd(), RawAddress::for_ip())?.decode()
    }

    /// Another descriptor of the same socket and the same queue, for a second thread to accept from.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is free.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(TcpListener { fd: sys::duplicate(self.as_fd())? })
    }
}

/// What a failed `accept` asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptFailure {
    /// Nobody waits. Wait for the listener to become readable.
    QueueEmpty,
    /// This one connection is lost: its client gave up while it was in the queue, or Linux passes on a network
    /// error that waited on the new socket. Accept the next one at once.
    ConnectionLost,
    /// The process or the system is out of descriptors or memory (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`).
    ///
    /// The connection **stays in the queue**. Accepting again at once fails again: a level-triggered loop spins
    /// at full load, and an edge-triggered one hears nothing more. Stop accepting until a connection of one's
    /// own closes or a timer of some tenths of a second ends, then accept again; or keep one descriptor in
    /// reserve, close it, accept, close the connection (the client sees it end instead of waiting), and take
    /// the reserve again.
    OutOfResources,
    /// The listener itself does not work; repeating cannot help.
    Broken,
}

impl AcceptFailure {
    /// Sorts an error of [`TcpListener::accept`].
    ///
    /// ```
    /// use wirelab_socket::{AcceptFailure, ListenOptions};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let listener = ListenOptions::default().nonblocking(true).bind("127.0.0.1:0".parse().unwrap())?;
    /// let error = listener.accept().unwrap_err();
    /// assert_eq!(AcceptFailure::of(&error), AcceptFailure::QueueEmpty);
    /// # Ok(()) }
    /// ```
    pub fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EAGAIN) => AcceptFailure::QueueEmpty,
            Some(
                libc::ECONNABORTED
                | libc::EPERM
                | libc::EPROTO
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::ENETDOWN
                | libc::ENETUNREACH,
            ) => AcceptFailure::ConnectionLost,
            Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => AcceptFailure::OutOfResources,
            _ => AcceptFailure::Broken,
        }
    }
}

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
    defer_accept: Option<Duration>,
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
            defer_accept: None,
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

    /// `TCP_DEFER_ACCEPT`: a connection becomes acceptable with its first bytes, and not before; until then it
    /// is in the SYN queue. If none come within `limit` (rounded to the times of SYN+ACK retransmissions: 1, 3,
    /// 7 s and so on), it becomes acceptable without. For protocols in which the client speaks first. Off by
    /// default.
    pub fn defer_accept(mut self, limit: Duration) -> Self {
        self.defer_accept = Some(limit);
        self
    }

    /// Makes the socket, sets the options that differ from the kernel's own, binds and listens. If a call fails,
    /// the socket is closed.
    ///
    /// # Errors
    /// Those of [`Socket::bind`] and [`Socket::listen`].
    pub fn bind(&self, address: SocketAddr) -> io::Result<TcpListener> {
        let socket = if self.nonblocking {
            Socket::tcp_nonblocking_for(&address)?
        } else {
            Socket::tcp_for(&address)?
        };
        if self.reuse_address {
            socket.set_reuse_address(true)?;
        }
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        if let Some(on) = self.only_v6 {
            socket.set_only_v6(on)?;
        }
        if let Some(bytes) = self.receive_buffer {
            socket.set_receive_buffer(bytes)?;
        }
        if let Some(limit) = self.defer_accept {
            socket.set_defer_accept(limit)?;
        }
        socket.bind(address)?;
        socket.listen(self.backlog)
    }
}

impl AsFd for TcpListener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The descriptor must be of a listening TCP socket (one inherited from a supervisor, say); on another one the
/// methods return errors.
impl From<OwnedFd> for TcpListener {
    fn from(fd: OwnedFd) -> Self {
        TcpListener { fd: fd.into() }
    }
}

impl From<TcpListener> for OwnedFd {
    fn from(listener: TcpListener) -> OwnedFd {
        listener.fd.into()
    }
}
