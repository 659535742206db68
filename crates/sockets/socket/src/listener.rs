use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::address::RawAddress;
use crate::sys::{self, Descriptor};
use crate::{ListenOptions, TcpStream};

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
    /// Those of [`Socket::bind`](crate::Socket::bind) and [`Socket::listen`](crate::Socket::listen).
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

    /// A connection to this listener with both its ends, the client's first: for a process that is its own peer. Both wait in
    /// their calls. Whoever waited in the accept queue before is let go.
    ///
    /// ```
    /// use wirelab_socket::TcpListener;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// let (client, server) = listener.pair()?;
    /// client.write(b"hello")?;
    /// assert_eq!(server.read(&mut [0; 16])?, 5);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Those of [`TcpStream::connect`] and [`accept_blocking`](Self::accept_blocking).
    pub fn pair(&self) -> io::Result<(TcpStream, TcpStream)> {
        let client = TcpStream::connect(self.local_addr()?)?;
        let ours = client.local_addr()?;
        loop {
            let (server, peer) = self.accept_blocking()?;
            if peer == ours {
                return Ok((client, server));
            }
        }
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
