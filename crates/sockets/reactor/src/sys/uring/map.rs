use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU16, AtomicU32};

use libc::{c_int, c_void};

use super::buffers::BufferEntry;
use super::entry::{CompletionEntry, SubmissionEntry};

/// A value made of integers: any bytes are one.
///
/// # Safety
/// This must be so, without padding.
pub(crate) unsafe trait Plain: Copy {}

// SAFETY: an integer.
unsafe impl Plain for u32 {}
// SAFETY: integers one behind the other; their sizes add up to that of the struct, which `entry.rs` asserts.
unsafe impl Plain for SubmissionEntry {}
// SAFETY: as above.
unsafe impl Plain for CompletionEntry {}
// SAFETY: as above, asserted in `buffers.rs`.
unsafe impl Plain for BufferEntry {}

/// Memory that the kernel also uses, from `mmap`: of a ring, or anonymous.
///
/// It is reached through copies of plain values and through atomics, never by a reference to more: the kernel may write
/// to it at any time, and what lies behind a Rust reference must not change by itself.
#[derive(Debug)]
pub(crate) struct Map {
    start: NonNull<u8>,
    length: usize,
}

// SAFETY: it owns its memory, and a mapping is the process's and not a thread's.
unsafe impl Send for Map {}

impl Map {
    /// A part of a ring, by the offset that stands for it.
    pub(crate) fn of_ring(ring: BorrowedFd<'_>, length: usize, offset: i64) -> io::Result<Self> {
        Self::new(length, libc::MAP_SHARED | libc::MAP_POPULATE, ring.as_raw_fd(), offset)
    }

    /// Zeroes, beginning at a page. Pages that nobody touches take no memory.
    pub(crate) fn anonymous(length: usize) -> io::Result<Self> {
        Self::new(length, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1, 0)
    }

    fn new(length: usize, flags: c_int, fd: c_int, offset: i64) -> io::Result<Self> {
        let (anywhere, access) = (std::ptr::null_mut(), libc::PROT_READ | libc::PROT_WRITE);
        // SAFETY: without MAP_FIXED the kernel chooses a place where nothing is.
        let start = unsafe { libc::mmap(anywhere, length, access, flags, fd, offset) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Map { start, length })
    }

    /// The address, to be told to the kernel.
    pub(crate) fn address(&self) -> u64 {
        self.start.as_ptr() as u64
    }

    /// A number that both sides change.
    pub(crate) fn atomic(&self, offset: usize) -> &AtomicU32 {
        let place = self.place::<AtomicU32>(offset);
        // SAFETY: `place` is inside the mapping and aligned. The kernel uses this number atomically too, and so do we,
        // since nobody here writes it otherwise; it lives as long as the mapping, which `self` borrows.
        unsafe { &*place }
    }

    /// As [`atomic`](Self::atomic), of 16 bits.
    pub(crate) fn atomic_u16(&self, offset: usize) -> &AtomicU16 {
        let place = self.place::<AtomicU16>(offset);
        // SAFETY: as in `atomic`.
        unsafe { &*place }
    }

    /// Copies a value out.
    pub(crate) fn load<T: Plain>(&self, offset: usize) -> T {
        // SAFETY: `place` is inside the mapping and aligned, and any bytes are a `T`. A value that the kernel is just
        // writing would be torn; the queues read only what its tail has released.
        unsafe { self.place::<T>(offset).read_volatile() }
    }

    /// Copies a value in.
    pub(crate) fn store<T: Plain>(&self, offset: usize, value: T) {
        // SAFETY: `place` is inside the mapping and aligned, and no reference to it exists.
        unsafe { self.place::<T>(offset).cast_mut().write_volatile(value) }
    }

    /// Bytes, as they are now.
    ///
    /// # Safety
    /// The kernel must not write to this part while the slice lives.
    pub(crate) unsafe fn bytes(&self, offset: usize, length: usize) -> &[u8] {
        let fits = offset.checked_add(length).is_some_and(|end| end <= self.length);
        assert!(fits, "{length} bytes at {offset} of a mapping of {} bytes", self.length);
        // SAFETY: the part is inside the mapping, initialised (anonymous memory begins as zeroes), and does not change,
        // as the caller promises.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(offset), length) }
    }

    fn place<T>(&self, offset: usize) -> *const T {
        let fits = offset.checked_add(size_of::<T>()).is_some_and(|end| end <= self.length);
        assert!(
            fits && offset.is_multiple_of(align_of::<T>()),
            "offset {offset} of a mapping of {} bytes",
            self.length
        );
        // SAFETY: the offset is inside the mapping, as was just checked.
        unsafe { self.start.as_ptr().add(offset).cast() }
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        let start: *mut c_void = self.start.as_ptr().cast();
        // SAFETY: this is what `mmap` gave, and no borrow of it outlives `self`.
        unsafe { libc::munmap(start, self.length) };
    }
}
