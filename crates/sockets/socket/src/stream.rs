use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use bytes::BufMut;

use crate::address::RawAddress;
use crate::options;
use crate::sys::{self, Descriptor};

/// A TCP connection, or one that is being made ([`start_connect`](Self::start_connect)).
///
/// Dropping it is `close`: the kernel sends a FIN behind what is still in the send buffer and goes on by
/// itself, for a minute in TIME-WAIT if this end closed first. If bytes wait unread in the receive buffer, it
/// sends an RST instead (RFC 9293 §3.6.1), and the peer may lose the last answer: read to the end first.
///
/// A method that would have to wait returns [`io::ErrorKind::WouldBlock`] if the stream is non-blocking. A call
/// that a signal handler interrupts is made again.
#[derive(Debug)]
pub struct TcpStream {
    fd: Descriptor,
}

impl TcpStream {
    pub(crate) fn new(fd: Descriptor) -> Self {
        TcpStream { fd }
    }

    /// `recv`: copies bytes from the receive buffer to `buffer`; the room made free widens the window that is
    /// offered to the peer.
    ///
    /// Returns as soon as there is one byte. 0 means that the peer has ended its side (or that `buffer` is
    /// empty). Fewer bytes than `buffer` holds mean that the receive buffer is empty now, so that a loop on an
    /// edge-triggered poller need not ask again to hear `WouldBlock`.
    ///
    /// # Errors
    /// `WouldBlock`: nothing is there, or the [read time-out](Self::set_read_timeout) has passed.
    /// `ConnectionReset`: the peer sent an RST. What had arrived before it is read first (on Linux; other systems drop
    /// it), what was still under way is gone. `TimedOut`: retransmissions or keep-alive probes had no answer.
    pub fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        sys::retry(|| sys::recv(self.as_fd(), buffer, 0))
    }

    /// [`read`](Self::read) into memory that was never written, and returns the part that now is.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_uninit<'a>(&self, buffer: &'a mut [MaybeUninit<u8>]) -> io::Result<&'a mut [u8]> {
        sys::recv_slice(self.as_fd(), buffer)
    }

    /// [`read`](Self::read) into the spare room of a growing buffer (`BytesMut`, `Vec<u8>`, or either behind
    /// [`BufMut::limit`]), which becomes longer by what came. Nothing is zeroed first, and nothing copied
    /// after.
    ///
    /// The room is what the buffer has: `reserve` first what is worth a system call. A full `Vec` or `BytesMut`
    /// makes room for 64 bytes.
    ///
    /// ```
    /// use bytes::BytesMut;
    /// use wirelab_socket::{TcpListener, TcpStream};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// let client = TcpStream::connect(listener.local_addr()?)?;
    /// let (server, _) = listener.accept_blocking()?;
    /// client.write(b"hello")?;
    ///
    /// let mut buffer = BytesMut::with_capacity(4096);
    /// assert_eq!(server.read_into(&mut buffer)?, 5);
    /// assert_eq!(&buffer[..], b"hello");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`read`](Self::read); and `InvalidInput` if the buffer has no room and cannot grow, as the result 0
    /// would look like the end of the stream.
    pub fn read_into(&self, buffer: &mut impl BufMut) -> io::Result<usize> {
        if !buffer.has_remaining_mut() {
            return Err(options::invalid("the buffer has no room to read into"));
        }
        sys::recv_into(self.as_fd(), buffer)
    }

    /// `readv`: one read that fills several buffers, one after the other.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_vectored(&self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        sys::retry(|| sys::readv(self.as_fd(), buffers))
    }

    /// `recv(MSG_PEEK)`: a read that leaves the bytes in the receive buffer.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn peek(&self, buffer: &mut [u8]) -> io::Result<usize> {
        sys::retry(|| sys::recv(self.as_fd(), buffer, libc::MSG_PEEK))
    }

    /// `send(MSG_NOSIGNAL)`: copies bytes to the send buffer and returns how many; what the window permits is
    /// sent now, the rest as acknowledgements arrive. Success means that the kernel has the bytes, not the
    /// peer.
    ///
    /// A blocking stream waits until all bytes are copied; a non-blocking one copies what fits.
    ///
    /// # Errors
    /// `WouldBlock`: the send buffer is full, or the [write time-out](Self::set_write_timeout) has passed.
    /// `BrokenPipe`: the connection was reset earlier, or this side is shut down; without `MSG_NOSIGNAL` the
    /// signal SIGPIPE would end the process. `ConnectionReset`: the peer's RST has just been noticed.
    pub fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        sys::retry(|| sys::send(self.as_fd(), bytes, libc::MSG_NOSIGNAL))
    }

    /// `send(MSG_MORE)`: a [`write`](Self::write) that announces another one. What does not fill a segment waits for
    /// it, for 200 ms at most, whether Nagle's algorithm is on or off: [`set_cork`](Self::set_cork) for one call.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_more(&self, bytes: &[u8]) -> io::Result<usize> {
        sys::retry(|| sys::send(self.as_fd(), bytes, libc::MSG_NOSIGNAL | libc::MSG_MORE))
    }

    /// `sendmsg(MSG_NOSIGNAL)`: one write of several parts, a head and a body, say. Written one by one, each
    /// could become a segment of its own, and the second could wait for the acknowledgement of the first
    /// (Nagle's algorithm, RFC 9293 §3.7.4).
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_vectored(&self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        sys::retry(|| sys::send_vectored(self.as_fd(), parts, libc::MSG_NOSIGNAL))
    }

    /// `sendfile`: sends up to `count` bytes of `file` from `offset` on, and returns how many.
    ///
    /// The send buffer gets references to the pages of the file cache; the bytes never come into the process.
    /// The file's own position does not move, so that one open file can serve many connections. 0 means that
    /// `offset` is at the file's end (or past it): a file that became shorter since its length was announced
    /// ends like this.
    ///
    /// `sendfile` knows no `MSG_NOSIGNAL`. Rust programs ignore SIGPIPE from the start, and so get `BrokenPipe`
    /// here too; a program that has set SIGPIPE to its default would end.
    ///
    /// # Errors
    /// As [`write`](Self::write); `InvalidInput`: `file` cannot be mapped (a pipe or a socket).
    pub fn sendfile(&self, file: &impl AsFd, offset: u64, count: usize) -> io::Result<usize> {
        let offset =
            i64::try_from(offset).map_err(|_too_large| options::invalid("the offset exceeds 2^63"))?;
        sys::retry(|| sys::sendfile(self.as_fd(), file.as_fd(), offset, count))
    }

    /// `shutdown`: ends one direction or both, and keeps the descriptor.
    ///
    /// `Write` sends a FIN behind the bytes in the send buffer; the peer reads to the end and may go on sending
    /// (half-close). `Read` sends nothing: reads return 0 once the buffer is empty, but what the peer sends is
    /// still acknowledged. Unlike `close`, it acts on the connection, and so on every duplicate of the
    /// descriptor.
    ///
    /// # Errors
    /// `NotConnected`: the connection was reset, or never made.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        sys::shutdown(self.as_fd(), how)
    }

    /// `getsockname`: this end's address and port.
    ///
    /// # Errors
    /// None are known for an open socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        sys::local_address(self.as_fd(), RawAddress::for_ip())?.decode()
    }

    /// `getpeername`: the other end's address and port.
    ///
    /// # Errors
    /// `NotConnected`: the connection was reset, or never made.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        sys::peer_address(self.as_fd(), RawAddress::for_ip())?.decode()
    }

    /// Another descriptor of the same connection, which ends (FIN) when the last of them is closed.
    ///
    /// # Errors
    /// `EMFILE`: no descriptor is free.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(TcpStream { fd: sys::duplicate(self.as_fd())? })
    }
}

impl io::Read for &TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        TcpStream::read(self, buffer)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        TcpStream::read_vectored(self, buffers)
    }
}

impl io::Write for &TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TcpStream::write(self, bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        TcpStream::write_vectored(self, parts)
    }

    /// Does nothing: what was written is with the kernel already.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for TcpStream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// The descriptor must be of a TCP socket; on another one the methods return errors.
impl From<OwnedFd> for TcpStream {
    fn from(fd: OwnedFd) -> Self {
        TcpStream { fd: fd.into() }
    }
}

impl From<TcpStream> for OwnedFd {
    fn from(stream: TcpStream) -> OwnedFd {
        stream.fd.into()
    }
}
