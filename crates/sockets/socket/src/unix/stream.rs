use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use bytes::BufMut;

use super::UnixAddress;
use crate::address::RawAddress;
use crate::options::invalid;
use crate::sys::{self, Descriptor};

/// A byte stream between two processes of one machine.
///
/// It behaves as a [`TcpStream`](crate::TcpStream) does, without what a network makes necessary: nothing is
/// lost or retransmitted, a write puts the bytes into the reader's queue at once, there is no TIME-WAIT, and of
/// options only the general ones exist. In addition it carries [descriptors](Self::send_descriptors), and knows
/// [who the peer is](Self::peer_credentials).
///
/// ```
/// use wirelab_socket::UnixStream;
///
/// # fn main() -> std::io::Result<()> {
/// let (one, other) = UnixStream::pair()?;
/// one.write(b"hello")?;
/// let mut buffer = [0; 16];
/// assert_eq!(other.read(&mut buffer)?, 5);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct UnixStream {
    fd: Descriptor,
}

impl UnixStream {
    pub(crate) fn new(fd: Descriptor) -> Self {
        UnixStream { fd }
    }

    /// `socketpair`: two connected streams without names; one is usually left to a child or a thread.
    ///
    /// # Errors
    /// `EMFILE` or `ENFILE`: no descriptor is free in the process or in the system.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (one, other) = sys::socketpair(libc::SOCK_STREAM | libc::SOCK_CLOEXEC)?;
        Ok((UnixStream { fd: one }, UnixStream { fd: other }))
    }

    /// `connect`: joins the accept queue of the listener of that name. There is no handshake to wait for, but a
    /// full queue is waited for (TCP would send another SYN later).
    ///
    /// # Errors
    /// `NotFound`: there is no such file. `ConnectionRefused`: there is, or there is no such abstract name, and
    /// nobody listens. `PermissionDenied`: the file may not be written to. `InvalidInput`: the name is too
    /// long.
    pub fn connect(address: &UnixAddress) -> io::Result<Self> {
        let address = address.encode()?;
        let fd = sys::socket(libc::AF_UNIX, libc::SOCK_STREAM | libc::SOCK_CLOEXEC)?;
        sys::retry(|| sys::connect(fd.as_fd(), &address))?;
        Ok(UnixStream { fd })
    }

    /// `recv`: as [`TcpStream::read`](crate::TcpStream::read). 0 is the end, also when the peer's process was
    /// killed.
    ///
    /// # Errors
    /// `WouldBlock`: no byte is there. `ConnectionReset`: the peer was closed with bytes unread that we had
    /// sent.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        sys::retry(|| sys::recv(self.as_fd(), buffer, 0))
    }

    /// [`read`](Self::read) into the spare room of a growing buffer, which becomes longer by what came.
    ///
    /// # Errors
    /// As [`read`](Self::read); and `InvalidInput` if the buffer has no room and cannot grow.
    pub fn read_into(&self, buffer: &mut impl BufMut) -> io::Result<usize> {
        if !buffer.has_remaining_mut() {
            return Err(invalid("the buffer has no room to read into"));
        }
        sys::recv_into(self.as_fd(), buffer)
    }

    /// `send(MSG_NOSIGNAL)`: puts bytes into the peer's queue and returns how many.
    ///
    /// # Errors
    /// `WouldBlock`: the send buffer is full, which here means that the peer has not read. `BrokenPipe`: the
    /// peer is closed.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        sys::retry(|| sys::send(self.as_fd(), bytes, libc::MSG_NOSIGNAL))
    }

    /// `sendmsg(MSG_NOSIGNAL)`: one write of several parts.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_vectored(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        sys::retry(|| sys::send_vectored(self.as_fd(), parts, libc::MSG_NOSIGNAL))
    }

    /// `shutdown`: ends one direction or both, and keeps the descriptor.
    ///
    /// # Errors
    /// `NotConnected`: the stream is no connection.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        sys::shutdown(self.as_fd(), how)
    }

    /// `getsockname`: this end's name; clients mostly have none.
    ///
    /// # Errors
    /// None are known.
    pub fn local_address(&self) -> io::Result<UnixAddress> {
        UnixAddress::decode(&sys::local_address(self.as_fd(), RawAddress::for_unix())?)
    }

    /// `getpeername`: the other end's name, which for a client is the listener's.
    ///
    /// # Errors
    /// `NotConnected`: the stream is no connection.
    pub fn peer_address(&self) -> io::Result<UnixAddress> {
        UnixAddress::decode(&sys::peer_address(self.as_fd(), RawAddress::for_unix())?)
    }

    /// Another descriptor of the same connection, which ends when the last of them is closed.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is free.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(UnixStream { fd: sys::duplicate(self.as_fd())? })
    }
}

impl io::Read for &UnixStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        UnixStream::read(self, buffer)
    }
}

impl io::Write for &UnixStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        UnixStream::write(self, bytes)
    }

    /// Does nothing: what was written is in the peer's queue already.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for UnixStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The descriptor must be of a Unix stream socket; on another one the methods return errors.
impl From<OwnedFd> for UnixStream {
    fn from(fd: OwnedFd) -> Self {
        UnixStream { fd: fd.into() }
    }
}

impl From<UnixStream> for OwnedFd {
    fn from(stream: UnixStream) -> OwnedFd {
        stream.fd.into()
    }
}
