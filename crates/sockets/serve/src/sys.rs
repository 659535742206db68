//! Every `unsafe` block of this crate: shared memory, fork and its consequences, and `poll` on two descriptors.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;

use libc::c_int;

use crate::tally::{Common, Tally};

/// A type that may lie in memory which other processes write too.
///
/// # Safety
/// All zero bytes are a valid value of it; it holds no reference, pointer or descriptor; it has no `Drop`; and every part
/// of it is an atomic, so that writes from elsewhere are no data races.
pub(crate) unsafe trait Shareable: Sync {}

// SAFETY: both consist of atomic integers, for which zero is a value.
unsafe impl Shareable for Tally {}
// SAFETY: as above.
unsafe impl Shareable for Common {}

/// Values in memory that stays common to this process and those that it forks.
#[derive(Debug)]
pub(crate) struct Shared<T: Shareable> {
    start: NonNull<T>,
    len: usize,
}

// SAFETY: it gives out shared references only, and `T` is `Sync` (a supertrait of `Shareable`).
unsafe impl<T: Shareable> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T: Shareable> Sync for Shared<T> {}

impl<T: Shareable> Shared<T> {
    /// `len` values whose bytes are zero; at least one.
    pub(crate) fn new(len: usize) -> io::Result<Self> {
        let too_large = || io::Error::from(io::ErrorKind::OutOfMemory);
        let bytes = len.max(1).checked_mul(size_of::<T>()).ok_or_else(too_large)?;
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address of the kernel's choice touches no memory that is in use.
        let start = unsafe {
            libc::mmap(std::ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let start = NonNull::new(start.cast()).ok_or_else(too_large)?;
        Ok(Shared { start, len })
    }
}

impl<T: Shareable> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        // SAFETY: the mapping is at least `len` values long, page-aligned (no `T` here wants more), zeroed by the
        // kernel, which is a valid `T`; and it lives as long as `self`, which the result borrows.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.len) }
    }
}

impl<T: Shareable> Drop for Shared<T> {
    fn drop(&mut self) {
        // SAFETY: the range is the one that `new` mapped, and nobody borrows from it any more. A child's copy of the
        // mapping is its own.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len.max(1) * size_of::<T>()) };
    }
}

/// Waits until one of two descriptors is ready; `milliseconds` may be -1 (no limit). Says what is ready of each, as the
/// flags of `poll`. One that is missing is never ready.
pub(crate) fn poll_two(
    first: (Option<BorrowedFd<'_>>, i16),
    second: (Option<BorrowedFd<'_>>, i16),
    milliseconds: c_int,
) -> io::Result<(i16, i16)> {
    let entry = |(fd, events): (Option<BorrowedFd<'_>>, i16)| libc::pollfd {
        fd: fd.map_or(-1, |fd| fd.as_raw_fd()), // the kernel passes over negative ones
        events,
        revents: 0,
    };
    let mut entries = [entry(first), entry(second)];
    // SAFETY: the kernel reads and writes the two entries that it is told of.
    let result = unsafe { libc::poll(entries.as_mut_ptr(), 2, milliseconds) };
    if result < 0 {
        let error = io::Error::last_os_error();
        // A signal handler ran; nothing is ready.
        return if error.kind() == io::ErrorKind::Interrupted { Ok((0, 0)) } else { Err(error) };
    }
    Ok((entries[0].revents, entries[1].revents))
}

/// Which of the two processes this is after a [`fork`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forked {
    Child,
    /// The child's number.
    Parent(u32),
}

/// `fork`: this process continues twice. The child has a copy of the memory, and shares the descriptors' open files.
///
/// # Errors
/// `Unsupported`: the process has several threads. Only the calling one would exist in the child, and what the others
/// hold there (locks, the allocator's among them) would be held for ever. `WouldBlock`: too many processes.
pub(crate) fn fork() -> io::Result<Forked> {
    let threads = std::fs::read_dir("/proc/self/task")?.count();
    if threads != 1 {
        let text =
            format!("a process with {threads} threads cannot be forked: run this model before others start");
        return Err(io::Error::new(io::ErrorKind::Unsupported, text));
    }
    // SAFETY: the process has one thread, this one, as was just counted, and no other could start one meanwhile. So no
    // lock is held by a thread that the child does not have, and the child may do whatever this process may.
    match unsafe { libc::fork() } {
        0 => Ok(Forked::Child),
        child if child > 0 => Ok(Forked::Parent(child as u32)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ends this process at once: no destructors, no handlers of `exit`, no buffers written. They are the parent's, of which
/// a forked process has copies.
pub(crate) fn exit_at_once(code: i32) -> ! {
    // SAFETY: takes an integer, and does not return.
    unsafe { libc::_exit(code) }
}

/// Sees to it that this process is sent SIGTERM when the parent ends, and says whether that is still `parent`.
pub(crate) fn end_with_parent(parent: u32) -> bool {
    // SAFETY: both take integers.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM as libc::c_ulong, 0, 0, 0);
        libc::getppid() == parent as libc::pid_t
    }
}

/// The user that this process acts as.
pub(crate) fn effective_user() -> u32 {
    // SAFETY: takes nothing, and cannot fail.
    unsafe { libc::geteuid() }
}

/// How a child process has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Code(i32),
    Signal(i32),
}

/// `waitpid(WNOHANG)`: how this child has ended, if it has. It is then forgotten by the kernel, and its number free.
pub(crate) fn wait_for(child: u32) -> io::Result<Option<Exit>> {
    let mut status = 0;
    // SAFETY: the kernel writes one integer through the pointer.
    let result = unsafe { libc::waitpid(child as libc::pid_t, &mut status, libc::WNOHANG) };
    match result {
        0 => Ok(None),
        ended if ended > 0 && libc::WIFSIGNALED(status) => Ok(Some(Exit::Signal(libc::WTERMSIG(status)))),
        ended if ended > 0 => Ok(Some(Exit::Code(libc::WEXITSTATUS(status)))),
        _ => Err(io::Error::last_os_error()),
    }
}
