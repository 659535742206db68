use std::io;
use std::os::fd::AsFd;

use libc::{SPLICE_F_MOVE, SPLICE_F_NONBLOCK};

use crate::sys::{self, Descriptor};

/// A buffer inside the kernel, through which bytes go from one descriptor to another without coming into the
/// process: `splice(2)`.
///
/// `sendfile` sends files; `splice` moves between any two descriptors, of which one must be a pipe. A proxy
/// thus fills a pipe from one connection and drains it into the other. What moves are references to pages; the
/// bytes are copied only where a device or the receiving socket needs them elsewhere (loopback does not).
///
/// ```
/// use wirelab_socket::{Pipe, TcpListener, TcpStream};
///
/// # fn main() -> std::io::Result<()> {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// let client = TcpStream::connect(listener.local_addr()?)?;
/// let (server, _) = listener.accept_blocking()?;
/// client.write(b"echo")?;
///
/// let mut pipe = Pipe::new()?;
/// assert_eq!(pipe.fill(&server, 1024)?, 4);                 // from the receive buffer
/// assert_eq!(pipe.drain(&server)?, 4);                      // into the send buffer
/// let mut answer = [0; 16];
/// assert_eq!(client.read(&mut answer)?, 4);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Pipe {
    read: Descriptor,
    write: Descriptor,
    length: usize,
}

impl Pipe {
    /// `pipe2(O_CLOEXEC)`: a pipe of 16 pages, 65,536 bytes.
    ///
    /// # Errors
    /// `EMFILE` or `ENFILE`: no two descriptors are free.
    pub fn new() -> io::Result<Self> {
        let (read, write) = sys::pipe()?;
        Ok(Pipe { read, write, length: 0 })
    }

    /// The bytes that are in the pipe.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing is in the pipe.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// `splice`: moves up to `count` bytes from a socket or a file into the pipe, and returns how many; 0 is
    /// the end of the stream or file.
    ///
    /// Waits for bytes if the source is a blocking socket, never for room in the pipe. The pipe may be full
    /// with fewer bytes than its [capacity](Self::capacity), as each piece of a segment takes a page's place,
    /// however short it is.
    ///
    /// # Errors
    /// `WouldBlock`: the pipe is full, or the source is non-blocking and has nothing. While the pipe [has
    /// something](Self::len), drain it; otherwise it is the source. Those of a read. `InvalidInput`: the source
    /// cannot be spliced.
    pub fn fill(&mut self, from: &impl AsFd, count: usize) -> io::Result<usize> {
        let flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK;
        let moved = sys::retry(|| sys::splice(from.as_fd(), self.write.as_fd(), count, flags))?;
        self.length += moved;
        Ok(moved)
    }

    /// `splice`: moves what is in the pipe to a socket or a file, and returns how much of it; the rest stays.
    ///
    /// A socket's peer that is gone is an error, but like `sendfile` the call knows no `MSG_NOSIGNAL`: a
    /// program that has set SIGPIPE to its default would end.
    ///
    /// # Errors
    /// `WouldBlock`: the target is non-blocking and its send buffer is full. Those of a write.
    pub fn drain(&mut self, to: &impl AsFd) -> io::Result<usize> {
        if self.length == 0 {
            return Ok(0); // the kernel would wait for somebody to fill it
        }
        let moved = sys::retry(|| sys::splice(self.read.as_fd(), to.as_fd(), self.length, SPLICE_F_MOVE))?;
        self.length -= moved;
        Ok(moved)
    }

    /// `tee`: puts what is in this pipe into `other` too, without a copy, and returns how much of it: for a
    /// proxy that keeps a record.
    ///
    /// # Errors
    /// `WouldBlock`: there is no room in `other`.
    pub fn duplicate(&self, other: &mut Pipe) -> io::Result<usize> {
        if self.length == 0 {
            return Ok(0);
        }
        let (from, to) = (self.read.as_fd(), other.write.as_fd());
        let moved = sys::retry(|| sys::tee(from, to, self.length, SPLICE_F_NONBLOCK))?;
        other.length += moved;
        Ok(moved)
    }

    /// `F_GETPIPE_SZ`: the bytes that it can hold, if each page is filled.
    ///
    /// # Errors
    /// None are known.
    pub fn capacity(&self) -> io::Result<usize> {
        sys::pipe_capacity(self.read.as_fd())
    }

    /// `F_SETPIPE_SZ`: changes the capacity, rounded up to a power of two of pages, and returns it.
    ///
    /// # Errors
    /// `PermissionDenied`: more than `fs.pipe-max-size` (1 MiB) needs `CAP_SYS_RESOURCE`. `EBUSY`: more bytes
    /// are in the pipe.
    pub fn set_capacity(&self, bytes: usize) -> io::Result<usize> {
        sys::set_pipe_capacity(self.read.as_fd(), bytes)
    }
}
