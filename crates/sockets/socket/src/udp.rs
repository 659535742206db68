use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use crate::Socket;
use crate::address::RawAddress;
use crate::sys::{self, Descriptor};

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
    /// `socket(SOCK_DGRAM | SOCK_CLOEXEC)` and `bind`: datagrams to `address` are queued from now on. There is
    /// no handshake and no accept queue: one socket serves every peer.
    ///
    /// # Errors
    /// Those of [`Socket::bind`].
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::udp_for(&address)?;
        socket.bind(address)?;
        Ok(UdpSocket { fd: OwnedFd::from(socket).into() })
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

impl From<UdpSocket> for OwnedFd {
    fn from(socket: UdpSocket) -> OwnedFd {
        socket.fd.into()
    }
}
