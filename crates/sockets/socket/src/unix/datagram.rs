use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use super::UnixAddress;
use crate::address::RawAddress;
use crate::sys::{self, Descriptor};

/// A Unix datagram socket: messages between processes of one machine, each sent and received whole, in order,
/// and none lost. Where the receiver's queue is full, the sender waits (`net.unix.max_dgram_qlen`), which UDP's
/// never does.
///
/// ```
/// use wirelab_socket::UnixDatagram;
///
/// # fn main() -> std::io::Result<()> {
/// let (one, other) = UnixDatagram::pair()?;
/// one.send(b"first")?;
/// one.send(b"second")?;
/// let mut buffer = [0; 16];
/// assert_eq!(other.recv(&mut buffer)?, 5);                        // not "firstsecond"
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct UnixDatagram {
    fd: Descriptor,
}

impl UnixDatagram {
    /// `socketpair`: two sockets, each the other's peer.
    ///
    /// # Errors
    /// `EMFILE` or `ENFILE`: no descriptor is free in the process or in the system.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = sys::socketpair(libc::SOCK_DGRAM | libc::SOCK_CLOEXEC)?;
        Ok((UnixDatagram { fd: one }, UnixDatagram { fd: other }))
    }

    /// `socket`, `bind`: a socket that others can send to by this name. With [`UnixAddress::Unnamed`] the
    /// kernel chooses an abstract name of five hexadecimal digits.
    ///
    /// # Errors
    /// Those of [`UnixListener::bind`](crate::UnixListener::bind).
    pub fn bind(address: &UnixAddress) -> io::Result<Self> {
        let address = address.encode()?;
        let fd = sys::socket(libc::AF_UNIX, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC)?;
        sys::bind(fd.as_fd(), &address)?;
        Ok(UnixDatagram { fd })
    }

    /// `connect`: from now on [`send`](Self::send) goes to this name, and only its datagrams are received.
    ///
    /// # Errors
    /// Those of [`UnixStream::connect`](crate::UnixStream::connect).
    pub fn connect(&self, address: &UnixAddress) -> io::Result<()> {
        sys::connect(self.as_fd(), &address.encode()?)
    }

    /// `send`: one datagram to the peer.
    ///
    /// # Errors
    /// `NotConnected`: there is no peer. `ConnectionRefused`: it is closed. `WouldBlock`: its queue is full.
    /// `EMSGSIZE`: the datagram does not fit into the send buffer.
    pub fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        sys::retry(|| sys::send(self.as_fd(), datagram, libc::MSG_NOSIGNAL))
    }

    /// `sendto`: one datagram to the socket of this name.
    ///
    /// # Errors
    /// As [`send`](Self::send); `NotFound`: no socket has the name.
    pub fn send_to(&self, datagram: &[u8], to: &UnixAddress) -> io::Result<usize> {
        let to = to.encode()?;
        sys::retry(|| sys::send_to(self.as_fd(), datagram, libc::MSG_NOSIGNAL, &to))
    }

    /// `recv`: takes the oldest datagram. What does not fit into `buffer` is thrown away.
    ///
    /// # Errors
    /// `WouldBlock`: the queue is empty.
    pub fn recv(&self, buffer: &mut [u8]) -> io::Result<usize> {
        sys::retry(|| sys::recv(self.as_fd(), buffer, 0))
    }

    /// `recvfrom`: as [`recv`](Self::recv), and says who sent it. A sender that did not bind is unnamed and
    /// cannot be answered.
    ///
    /// # Errors
    /// `WouldBlock`: the queue is empty.
    pub fn recv_from(&self, buffer: &mut [u8]) -> io::Result<(usize, UnixAddress)> {
        let (length, from) = sys::retry(|| sys::recv_from(self.as_fd(), buffer, RawAddress::for_unix()))?;
        Ok((length, UnixAddress::decode(&from)?))
    }

    /// `getsockname`: this socket's name.
    ///
    /// # Errors
    /// None are known.
    pub fn local_address(&self) -> io::Result<UnixAddress> {
        UnixAddress::decode(&sys::local_address(self.as_fd(), RawAddress::for_unix())?)
    }
}

impl AsFd for UnixDatagram {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The descriptor must be of a Unix datagram socket; on another one the methods return errors.
impl From<OwnedFd> for UnixDatagram {
    fn from(fd: OwnedFd) -> Self {
        UnixDatagram { fd: fd.into() }
    }
}

impl From<UnixDatagram> for OwnedFd {
    fn from(socket: UnixDatagram) -> OwnedFd {
        socket.fd.into()
    }
}
