//! Pipes, and the calls that move bytes through them without the process.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libc::{c_int, c_uint};

use super::{Descriptor, moved, owned, returned};
use crate::record::strace::{Flags, SPLICE_FLAG};

/// A pipe: its end to read from, and its end to write to.
pub(crate) fn pipe() -> io::Result<(Descriptor, Descriptor)> {
    let mut ends = [-1; 2];
    // SAFETY: the kernel writes two integers through the pointer.
    let result = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    returned("pipe2", result, |made| {
        let [read, write] = ends;
        let ends = made.map_or("...".to_owned(), |_| format!("[{read}, {write}]"));
        format!("{ends}, O_CLOEXEC")
    })?;
    Ok((owned(ends[0]), owned(ends[1])))
}

/// Moves up to `count` bytes between two descriptors, one of which is a pipe.
pub(crate) fn splice(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    count: usize,
    flags: c_uint,
) -> io::Result<usize> {
    let (source, target) = (from.as_raw_fd(), to.as_raw_fd());
    // SAFETY: takes integers, and null pointers for "at the descriptor's own position".
    let result = unsafe { libc::splice(source, ptr::null_mut(), target, ptr::null_mut(), count, flags) };
    let shown = || format!("{source}, NULL, {target}, NULL, {count}, {}", Flags(SPLICE_FLAG, flags as c_int));
    moved("splice", result, |_| shown())
}

/// Gives a second pipe what is in the first, and leaves it there.
pub(crate) fn tee(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    count: usize,
    flags: c_uint,
) -> io::Result<usize> {
    // SAFETY: takes integers.
    let result = unsafe { libc::tee(from.as_raw_fd(), to.as_raw_fd(), count, flags) };
    moved("tee", result, |_| {
        let flags = Flags(SPLICE_FLAG, flags as c_int);
        format!("{}, {}, {count}, {flags}", from.as_raw_fd(), to.as_raw_fd())
    })
}

/// How many bytes a pipe holds at most, if all its pages are full.
pub(crate) fn pipe_capacity(fd: BorrowedFd<'_>) -> io::Result<usize> {
    // SAFETY: takes two integers.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETPIPE_SZ) };
    returned("fcntl", result, |_| format!("{}, F_GETPIPE_SZ", fd.as_raw_fd())).map(|size| size as usize)
}

pub(crate) fn set_pipe_capacity(fd: BorrowedFd<'_>, size: usize) -> io::Result<usize> {
    let size = c_int::try_from(size).unwrap_or(c_int::MAX);
    // SAFETY: takes three integers.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETPIPE_SZ, size) };
    returned("fcntl", result, |_| format!("{}, F_SETPIPE_SZ, {size}", fd.as_raw_fd()))
        .map(|size| size as usize)
}
