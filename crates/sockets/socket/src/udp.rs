//! UDP: one datagram a call (here), many a call (`udp/batch.rs`), and many in one buffer (`udp/segments.rs`).

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::Socket;

mod batch;
mod segments;

use crate::address::RawAddress;
use crate::sys::{self, Descriptor};
pub use batch::{Datagram, ReceiveBatch};

/// A UDP socket: datagrams to and from anybody, each sent and received whole.
///
/// ```
/// use wirelab_socket::UdpSocket;
///
/// # fn main() -> std::io::Result<()> {
/// let server = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let client = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// client.send_to(b"one", server.local_addr()?)?;
/// client.send_to(b"two", server.local_addr()?)?;
///
/// let mut buffer = [0; 1500];
/// assert_eq!(server.recv_from(&mut buffer)?, (3, client.local_addr()?));   // not "onetwo"
/// assert_eq!(&buffer[..3], b"one");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    fd: Descriptor,
}

impl UdpSocket {
    pub(crate) fn new(fd: Descriptor) -> Self {
        UdpSocket { fd }
    }

    /// `socket(SOCK_DGRAM | SOCK_CLOEXEC)` and `bind`: datagrams to `address` are queued from now on. There is
    /// no handshake and no accept queue: one socket serves every peer.
    ///
    /// # Errors
    /// Those of [`Socket::bind`].
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::udp_for(&address)?;
        socket.bind(address)?;
        Ok(socket.into_udp())
    }

    /// `getsockname`: this end's address and port.
    ///
    /// # Errors
    /// None are known for an open socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        sys::local_address(self.as_fd(), RawAddress::for_ip())?.decode()
    }

    /// `sendto`: sends one datagram, and returns its length. It may be lost on the way without a word.
    ///
    /// # Errors
    /// `WouldBlock`: the send buffer is full. `EMSGSIZE`: it is longer than 65 507 bytes (IPv4), or than the
    /// path allows where fragmenting is forbidden. `ConnectionRefused` is not reported here, as the socket has
    /// no fixed peer.
    pub fn send_to(&self, datagram: &[u8], to: SocketAddr) -> io::Result<usize> {
        let to = RawAddress::from(to);
        sys::retry(|| sys::send_to(self.as_fd(), datagram, libc::MSG_NOSIGNAL, &to))
    }

    /// `connect`: fixes the peer. Nothing is sent. From now on [`send`](Self::send) goes to `peer`, only its
    /// datagrams are received, and errors that ICMP reports about it are told. The kernel also fixes this end's
    /// address, which a socket bound to `0.0.0.0` else chooses for each datagram. A second `connect` changes
    /// the peer.
    ///
    /// # Errors
    /// `NetworkUnreachable`: there is no route.
    pub fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        sys::connect(self.as_fd(), &RawAddress::from(peer))
    }

    /// `send`: one datagram to the peer of [`connect`](Self::connect).
    ///
    /// # Errors
    /// `NotConnected` (`EDESTADDRREQ`): there is no peer. `ConnectionRefused`: **an earlier** datagram found
    /// nobody on the peer's port, as ICMP has told since; this one was not sent. Those of
    /// [`send_to`](Self::send_to).
    pub fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        sys::retry(|| sys::send(self.as_fd(), datagram, libc::MSG_NOSIGNAL))
    }

    /// `recv`: takes the oldest datagram. What does not fit into `buffer` is thrown away. A length of 0 is an
    /// empty datagram, not an end.
    ///
    /// # Errors
    /// `WouldBlock`: the queue is empty. `ConnectionRefused`: the peer's port is closed (an ICMP message said
    /// so; only after [`connect`](Self::connect)). Each error is told once.
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        sys::retry(|| sys::recv(self.as_fd(), buffer, 0))
    }

    /// `getpeername`: the peer of [`connect`](Self::connect).
    ///
    /// # Errors
    /// `NotConnected`: there is none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        sys::peer_address(self.as_fd(), RawAddress::for_ip())?.decode()
    }

    /// Another descriptor of the same socket.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is free.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(UdpSocket { fd: sys::duplicate(self.as_fd())? })
    }

    /// `recvfrom`: takes the oldest datagram from the queue, and says who sent it. What does not fit into
    /// `buffer` is thrown away. A length of 0 is an empty datagram, not an end.
    ///
    /// # Errors
    /// `WouldBlock`: the queue is empty.
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, from) = sys::retry(|| sys::recv_from(self.as_fd(), buffer, RawAddress::for_ip()))?;
        Ok((length, from.decode()?))
    }
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The descriptor must be of a UDP socket; on another one the methods return errors.
impl From<OwnedFd> for UdpSocket {
    fn from(fd: OwnedFd) -> Self {
        UdpSocket { fd: fd.into() }
    }
}

impl From<UdpSocket> for OwnedFd {
    fn from(socket: UdpSocket) -> OwnedFd {
        socket.fd.into()
    }
}
