use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use crate::address::RawAddress;
use crate::sys::{self, BATCH, Slot};
use crate::{UdpSocket, control};

/// Reused room for the datagrams of one [`UdpSocket::recv_many`].
///
/// ```
/// use wirelab_socket::{ReceiveBatch, UdpSocket};
///
/// # fn main() -> std::io::Result<()> {
/// let server = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let client = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
/// let to = server.local_addr()?;
/// assert_eq!(client.send_many(&[(b"one", to), (b"two", to), (b"three", to)])?, 3);    // one system call
///
/// let mut batch = ReceiveBatch::new(8, 1500);
/// assert_eq!(server.recv_many(&mut batch)?, 3);                                       // another one
/// let lengths: Vec<_> = batch.datagrams().map(|datagram| datagram.bytes.len()).collect();
/// assert_eq!(lengths, [3, 3, 5]);
/// # Ok(()) }
/// ```
pub struct ReceiveBatch {
    buffer: Vec<u8>,
    size: usize,
    slots: Vec<Slot>,
    received: usize,
}

/// A datagram of a batch, or several of one size that the kernel has put together
/// ([`UdpSocket::set_receive_offload`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// What was received.
    pub bytes: &'a [u8],
    /// Who sent it. `None` if the kernel gave no address of IP.
    pub from: Option<SocketAddr>,
    /// Whether it was longer than the room, and the rest is lost (`MSG_TRUNC`).
    pub cut: bool,
    /// If these are several datagrams: the length of each but the last, which may be shorter.
    pub segment: Option<usize>,
}

impl<'a> Datagram<'a> {
    /// The datagrams as they were on the wire: one, or each of those that were put together.
    pub fn segments(&self) -> impl Iterator<Item = &'a [u8]> {
        let empty = self.bytes.is_empty().then_some(self.bytes);
        self.bytes.chunks(self.segment.unwrap_or(usize::MAX)).chain(empty)
    }
}

impl ReceiveBatch {
    /// Room for up to `count` datagrams (1 to 64) of up to `size` bytes each.
    pub fn new(count: usize, size: usize) -> Self {
        let count = count.clamp(1, BATCH);
        let size = size.clamp(1, 65_536);
        let slot = || Slot {
            from: RawAddress::for_ip(),
            length: 0,
            flags: 0,
            control: [0; control::space(4)],
            control_length: 0,
        };
        ReceiveBatch {
            buffer: vec![0; count * size],
            size,
            slots: (0..count).map(|_| slot()).collect(),
            received: 0,
        }
    }

    /// What the last [`UdpSocket::recv_many`] has received, in its order.
    pub fn datagrams(&self) -> impl Iterator<Item = Datagram<'_>> {
        let rooms = self.buffer.chunks_exact(self.size);
        rooms.zip(&self.slots).take(self.received).map(|(room, slot)| Datagram {
            bytes: &room[..slot.length.min(room.len())],
            from: slot.from.decode().ok(),
            cut: slot.flags & libc::MSG_TRUNC != 0,
            segment: segment_size(&slot.control[..slot.control_length]),
        })
    }
}

/// The control message `UDP_GRO` holds the size in four bytes.
fn segment_size(control: &[u8]) -> Option<usize> {
    let mut messages = control::messages(control);
    let size = messages.find(|message| (message.level, message.kind) == (libc::SOL_UDP, libc::UDP_GRO))?;
    let size = i32::from_ne_bytes(*size.data.first_chunk()?);
    usize::try_from(size).ok().filter(|size| *size > 0)
}

impl UdpSocket {
    /// `sendmmsg`: sends datagrams in one system call, the first 64 at most, and returns how many were sent.
    ///
    /// What is saved is the way into the kernel and back; each datagram still takes its own way through it (see
    /// [`send_segments`](Self::send_segments) for what saves that).
    ///
    /// # Errors
    /// Those of [`send_to`](Self::send_to) for the first datagram. An error of a later one ends the call there,
    /// and is told by the next.
    pub fn send_many(&self, datagrams: &[(&[u8], SocketAddr)]) -> io::Result<usize> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        sys::retry(|| sys::send_many(self.as_fd(), datagrams, libc::MSG_NOSIGNAL))
    }

    /// `recvmmsg(MSG_WAITFORONE)`: takes the datagrams that are there in one system call, as many as the batch
    /// has room for, and returns how many. What was in the batch is overwritten. A blocking socket waits for
    /// the first only.
    ///
    /// # Errors
    /// `WouldBlock`: the queue is empty. Those of [`recv`](Self::recv).
    pub fn recv_many(&self, batch: &mut ReceiveBatch) -> io::Result<usize> {
        batch.received = 0;
        let (buffer, size, slots) = (&mut batch.buffer, batch.size, &mut batch.slots);
        batch.received = sys::retry(|| sys::recv_many(self.as_fd(), buffer, size, slots))?;
        Ok(batch.received)
    }
}
