use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::address::{self, RawAddress};
use crate::sys::{self, Descriptor};
use crate::{TcpListener, TcpStream, UdpSocket};

/// A socket that is not yet either a listener or a connection (or a UDP socket that is not yet bound).
///
/// Each method is one system call, in the order in which a program makes them; [`TcpListener::bind`] and
/// [`TcpStream::connect`] make the usual sequence in one go. `bind`, options and buffer sizes belong here,
/// before the socket has a peer: the window scale is fixed by the SYN (RFC 7323 §2.2), so that a receive buffer
/// made larger after it may have no effect on the window.
///
/// ```
/// use wirelab_socket::{Socket, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let socket = Socket::tcp_for(&"127.0.0.1:0".parse().unwrap())?;  // socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC)
/// socket.set_reuse_address(true)?;                                // setsockopt(SO_REUSEADDR)
/// socket.bind("127.0.0.1:0".parse().unwrap())?;                   // bind: port 0 is any free one
/// let listener = socket.listen(128)?;                             // listen: from now on SYNs are answered
///
/// let client = TcpStream::connect(listener.local_addr()?)?;       // SYN, SYN+ACK, ACK
/// let (server, peer) = listener.accept()?;                        // accept4: takes it from the accept queue
/// assert_eq!(peer, client.local_addr()?);
/// # drop(server); Ok(()) }
/// ```
#[derive(Debug)]
pub struct Socket {
    fd: Descriptor,
}

impl Socket {
    /// `socket(family, SOCK_STREAM | SOCK_CLOEXEC)`, of the family of `address`.
    ///
    /// The kernel allocates a socket in the state CLOSED and the lowest free descriptor for it. Nothing is
    /// sent, and no port is taken. Close-on-exec is set in the same call: set later by `fcntl`, a thread that
    /// forks and executes between the two calls would hand the socket to its child, and the peer would never
    /// see it close.
    ///
    /// # Errors
    /// `EMFILE` or `ENFILE`: no descriptor is free in the process or in the system.
    pub fn tcp_for(address: &SocketAddr) -> io::Result<Self> {
        Self::new(address, libc::SOCK_STREAM)
    }

    /// [`tcp_for`](Self::tcp_for) with `SOCK_NONBLOCK`: calls that would wait return
    /// [`WouldBlock`](io::ErrorKind::WouldBlock), without two calls of `fcntl` to say so.
    ///
    /// # Errors
    /// Those of [`tcp_for`](Self::tcp_for).
    pub fn tcp_nonblocking_for(address: &SocketAddr) -> io::Result<Self> {
        Self::new(address, libc::SOCK_STREAM | libc::SOCK_NONBLOCK)
    }

    /// `socket(family, SOCK_DGRAM | SOCK_CLOEXEC)`: a UDP socket, for options that count before `bind`;
    /// [`into_udp`](Self::into_udp) makes the rest of it.
    ///
    /// # Errors
    /// Those of [`tcp_for`](Self::tcp_for).
    pub fn udp_for(address: &SocketAddr) -> io::Result<Self> {
        Self::new(address, libc::SOCK_DGRAM)
    }

    fn new(address: &SocketAddr, kind: libc::c_int) -> io::Result<Self> {
        Ok(Socket { fd: sys::socket(address::family(address), kind | libc::SOCK_CLOEXEC)? })
    }

    /// `bind`: gives the socket its own address. Port 0 lets the kernel choose a free one from
    /// `net.ipv4.ip_local_port_range`; [`local_addr`](Self::local_addr) tells which.
    ///
    /// # Errors
    /// `AddrInUse`: another socket has the port; or, without [`set_reuse_address`](Self::set_reuse_address), an
    /// old connection of it is still in TIME-WAIT. `AddrNotAvailable`: no interface has the address.
    /// `PermissionDenied`: the port is below `net.ipv4.ip_unprivileged_port_start` (1024).
    pub fn bind(&self, address: SocketAddr) -> io::Result<()> {
        sys::bind(self.as_fd(), &RawAddress::from(address))
    }

    /// `getsockname`: this end's address and port.
    ///
    /// # Errors
    /// None are known for an open socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        sys::local_address(self.as_fd(), RawAddress::for_ip())?.decode()
    }

    /// The socket of [`udp_for`](Self::udp_for), ready to send and, if it is bound, to receive.
    pub fn into_udp(self) -> UdpSocket {
        UdpSocket::new(self.fd)
    }

    /// `listen`: from now on the kernel completes handshakes by itself, without the program.
    ///
    /// `backlog` is how many finished connections may wait in the accept queue (one more than it, in fact); the
    /// kernel lowers it silently to `net.core.somaxconn`. When the queue is full, the kernel drops the
    /// handshake's last ACK and new SYNs, and the clients retransmit after a second: to them, the server is
    /// slow, not absent.
    ///
    /// # Errors
    /// `AddrInUse`: the port was shared by `SO_REUSEADDR`, and another socket listens already.
    pub fn listen(self, backlog: u32) -> io::Result<TcpListener> {
        sys::listen(self.as_fd(), i32::try_from(backlog).unwrap_or(i32::MAX))?;
        Ok(TcpListener::new(self.fd))
    }

    /// `connect`, and waits for the handshake: the kernel sends a SYN and, if the socket has no address yet,
    /// binds it to a free port first.
    ///
    /// A signal handler that interrupts the wait does not interrupt the handshake, which goes on in the kernel;
    /// then this function waits for its end with `poll`, as a second `connect` would only return `EALREADY`.
    ///
    /// # Errors
    /// `ConnectionRefused`: the peer answered with RST, nobody listens. `TimedOut`: no answer to all the SYNs
    /// (`net.ipv4.tcp_syn_retries`; two minutes and more). `AddrNotAvailable`: no local port is free.
    pub fn connect(self, address: SocketAddr) -> io::Result<TcpStream> {
        match sys::connect(self.as_fd(), &RawAddress::from(address)) {
            Ok(()) => Ok(TcpStream::new(self.fd)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                let stream = TcpStream::new(self.fd);
                stream.finish_connect(None)?;
                Ok(stream)
            }
            Err(error) => Err(error),
        }
    }

    /// `connect` on a non-blocking socket: the SYN is sent, and the answer is not waited for.
    ///
    /// The stream becomes writable when the handshake has ended, well or badly; [`TcpStream::take_error`] tells
    /// which.
    ///
    /// # Errors
    /// Those that show without the network: no route, no free port, a malformed address.
    pub fn start_connect(self, address: SocketAddr) -> io::Result<TcpStream> {
        self.set_nonblocking(true)?;
        self.begin_connect(address)
    }

    /// [`start_connect`](Self::start_connect) of a socket that is non-blocking already.
    pub(crate) fn begin_connect(self, address: SocketAddr) -> io::Result<TcpStream> {
        match sys::connect(self.as_fd(), &RawAddress::from(address)) {
            Err(error) if !is_in_progress(&error) => Err(error),
            _ => Ok(TcpStream::new(self.fd)),
        }
    }
}

fn is_in_progress(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINPROGRESS | libc::EINTR))
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl From<Socket> for OwnedFd {
    fn from(socket: Socket) -> OwnedFd {
        socket.fd.into()
    }
}
