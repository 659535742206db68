use std::io;
use std::os::fd::BorrowedFd;

use crate::sys::{self, OptionName};

/// The memory of a socket at one moment, in bytes: `getsockopt(SO_MEMINFO)`.
///
/// What is allocated counts the kernel's own structures with it: a segment of one byte occupies about 800. That
/// is why the kernel doubles what was asked for as the size of a buffer.
///
/// ```
/// use wirelab_socket::UdpSocket;
///
/// # fn main() -> std::io::Result<()> {
/// let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// socket.send_to(b"x", socket.local_addr()?)?;
/// let memory = socket.memory()?;
/// assert!(memory.receive_allocated > 256);                  // for one byte
/// assert_eq!(memory.receive_limit, socket.receive_buffer()? as u32);
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketMemory {
    /// What received data occupies that the program has not read.
    pub receive_allocated: u32,
    /// The limit of it: `SO_RCVBUF`, doubled.
    pub receive_limit: u32,
    /// What packets on their way through the interface occupy.
    pub send_allocated: u32,
    /// The limit of the send buffer: `SO_SNDBUF`, doubled.
    pub send_limit: u32,
    /// What the socket has taken from the protocol's common memory and not yet filled.
    pub forward_allocated: u32,
    /// What written data occupies that the peer has not acknowledged.
    pub send_queued: u32,
    /// What options and the error queue occupy.
    pub option_memory: u32,
    /// What packets occupy that arrived while the program was inside a call on this socket.
    pub backlog: u32,
    /// Packets (not bytes) that were thrown away since the receive buffer was full.
    pub drops: u32,
}

impl SocketMemory {
    pub(crate) fn read(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let mut bytes = [0; 64];
        let length = sys::get_option(fd, OptionName::MEMORY, &mut bytes)?;
        Ok(Self::from_bytes(&bytes[..length]))
    }

    /// Reads the nine integers in the machine's byte order, as `getsockopt(SO_MEMINFO)` and the attribute
    /// `INET_DIAG_SKMEMINFO` of `sock_diag(7)` give them; what is missing at the end is 0.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (words, _rest) = bytes.as_chunks();
        let word = |at: usize| words.get(at).copied().map_or(0, u32::from_ne_bytes);
        SocketMemory {
            receive_allocated: word(0),
            receive_limit: word(1),
            send_allocated: word(2),
            send_limit: word(3),
            forward_allocated: word(4),
            send_queued: word(5),
            option_memory: word(6),
            backlog: word(7),
            drops: word(8),
        }
    }
}
