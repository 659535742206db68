use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::Ordering;

use super::calls;
use super::map::Map;

/// The group that our receive operations name.
pub(crate) const GROUP: u16 = 0;

/// A pool of receive buffers that the kernel takes from: one for many connections, of which few receive at a time.
///
/// ```text
///  ring      [ buffer 2 │ buffer 0 │ buffer 3 │ … ]      the kernel takes at its head, which it keeps for itself;
///                                        ▲ tail          we give back at the tail
///  buffers   [ 0  16 KiB │ 1  16 KiB │ 2 … ]
/// ```
///
/// # Who owns a buffer
///
/// A buffer is either **in the ring**, and then the kernel's: it may write to it at any time, and nobody here looks. Or a
/// completion has named it: then it is out of the ring, the kernel has no more to do with it, and a [`Received`] stands
/// for it. There is one `Received` for it, since it cannot be cloned or made elsewhere; [`give_back`](Self::give_back)
/// consumes it, and from then on nothing can name its bytes. A `Received` that is dropped makes the pool smaller, and
/// nothing else.
#[derive(Debug)]
pub(crate) struct BufferRing {
    ring: Map,
    buffers: Map,
    count: u16,
    size: u32,
    tail: u16,
    /// How many are out of the ring.
    out: u16,
}

/// Bytes that have arrived, in a buffer of the pool.
#[derive(Debug)]
pub(crate) struct Received {
    buffer: u16,
    start: u32,
    end: u32,
    /// More wait in the socket.
    pub(crate) more: bool,
}

impl Received {
    /// How many bytes are left.
    pub(crate) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Passes over bytes that were read.
    pub(crate) fn advance(&mut self, count: usize) {
        self.start += count.min(self.len()) as u32;
    }
}

/// `struct io_uring_buf`. In the first entry of a ring, the last two bytes are the ring's tail.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct BufferEntry {
    address: u64,
    length: u32,
    buffer: u16,
    reserved: u16,
}

const _: () = assert!(size_of::<BufferEntry>() == 16);
/// Where in the first entry the tail is.
const TAIL: usize = 14;

impl BufferRing {
    /// A pool of `count` buffers (a power of two) of `size` bytes.
    pub(crate) fn new(ring_fd: BorrowedFd<'_>, count: u16, size: u32) -> io::Result<Self> {
        let ring = Map::anonymous(usize::from(count) * size_of::<BufferEntry>())?;
        let buffers = Map::anonymous(usize::from(count) * size as usize)?;
        calls::register_buffers(ring_fd, ring.address(), u32::from(count), GROUP)?;
        let mut pool = BufferRing { ring, buffers, count, size, tail: 0, out: count };
        for buffer in 0..count {
            pool.add(buffer);
        }
        Ok(pool)
    }

    /// What the completion of a receive operation stands for: `length` bytes in a buffer.
    pub(crate) fn received(&mut self, buffer: u16, length: u32, more: bool) -> Received {
        self.out += 1;
        Received { buffer, start: 0, end: length.min(self.size), more }
    }

    /// The bytes that are left.
    pub(crate) fn bytes(&self, received: &Received) -> &[u8] {
        let start = usize::from(received.buffer) * self.size as usize + received.start as usize;
        // SAFETY: a `Received` stands for a buffer that is out of the ring, so that the kernel does not write to it; and
        // it cannot go back while the slice borrows both.
        unsafe { self.buffers.bytes(start, received.len()) }
    }

    /// Puts the buffer into the ring again.
    pub(crate) fn give_back(&mut self, received: Received) {
        self.add(received.buffer);
    }

    #[cfg(test)]
    pub(crate) fn out(&self) -> u16 {
        self.out
    }

    /// Whether half of them or more are out of the ring.
    pub(crate) fn is_low(&self) -> bool {
        self.out >= self.count.div_ceil(2)
    }

    fn add(&mut self, buffer: u16) {
        let place = usize::from(self.tail & (self.count - 1)) * size_of::<BufferEntry>();
        let address = self.buffers.address() + u64::from(buffer) * u64::from(self.size);
        // Field by field in effect: the last two bytes of the first entry are the tail, which is stored right after with
        // the value that it must have.
        let entry = BufferEntry { address, length: self.size, buffer, reserved: self.tail };
        self.ring.store(place, entry);
        self.tail = self.tail.wrapping_add(1);
        self.out -= 1;
        // Release: the entry is written before the kernel, which loads the tail with Acquire, can see it.
        self.ring.atomic_u16(TAIL).store(self.tail, Ordering::Release);
    }
}
