//! Calls that every descriptor knows: closing, duplicating, flags, waiting.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use libc::c_int;

use super::returned;
use crate::record::strace::{Flags, POLL, status_flags as status_names};

/// An [`OwnedFd`] whose `close` is a call of this crate, so that [`crate::record`] shows it.
#[derive(Debug)]
pub(crate) struct Descriptor(ManuallyDrop<OwnedFd>);

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the value is dropped, so that nobody can use the field after this.
        let raw = unsafe { ManuallyDrop::take(&mut self.0) }.into_raw_fd();
        // SAFETY: `raw` was owned by `self`, and is used by nobody after this.
        let result = unsafe { libc::close(raw) };
        // An error of `close` cannot be answered: Linux has freed the descriptor in any case.
        drop(returned("close", result, |_| raw.to_string()));
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl From<OwnedFd> for Descriptor {
    fn from(fd: OwnedFd) -> Self {
        Descriptor(ManuallyDrop::new(fd))
    }
}

impl From<Descriptor> for OwnedFd {
    fn from(descriptor: Descriptor) -> OwnedFd {
        let mut descriptor = ManuallyDrop::new(descriptor);
        // SAFETY: `descriptor` is never dropped, so that the field is taken once.
        unsafe { ManuallyDrop::take(&mut descriptor.0) }
    }
}

/// Takes over what a call that makes descriptors has returned.
pub(super) fn owned(raw: RawFd) -> Descriptor {
    // SAFETY: the call has just made the descriptor, so that it is open and nobody else owns it.
    unsafe { OwnedFd::from_raw_fd(raw) }.into()
}

/// Another descriptor, close-on-exec, of the same open socket.
pub(crate) fn duplicate(fd: BorrowedFd<'_>) -> io::Result<Descriptor> {
    // SAFETY: takes three integers.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 3) };
    returned("fcntl", result, |_| format!("{}, F_DUPFD_CLOEXEC, 3", fd.as_raw_fd())).map(owned)
}

/// The file status flags (`O_NONBLOCK` and others).
pub(crate) fn status_flags(fd: BorrowedFd<'_>) -> io::Result<c_int> {
    // SAFETY: takes two integers.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    returned("fcntl", result, |_| format!("{}, F_GETFL", fd.as_raw_fd()))
}

pub(crate) fn set_status_flags(fd: BorrowedFd<'_>, flags: c_int) -> io::Result<()> {
    // SAFETY: takes three integers.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags) };
    returned("fcntl", result, |_| format!("{}, F_SETFL, {}", fd.as_raw_fd(), status_names(flags))).map(drop)
}

/// The descriptor flags (`FD_CLOEXEC` is the only one).
pub(crate) fn descriptor_flags(fd: BorrowedFd<'_>) -> io::Result<c_int> {
    // SAFETY: takes two integers.
    let result = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) };
    returned("fcntl", result, |_| format!("{}, F_GETFD", fd.as_raw_fd()))
}

/// The bytes that wait in the receive buffer.
pub(crate) fn unread(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: c_int = 0;
    // SAFETY: FIONREAD writes one integer through the pointer.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &mut count) };
    returned("ioctl", result, |_| format!("{}, FIONREAD, [{count}]", fd.as_raw_fd()))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The bytes in the send buffer that the peer has not acknowledged.
pub(crate) fn unacknowledged(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: c_int = 0;
    // SAFETY: TIOCOUTQ, which sockets call SIOCOUTQ, writes one integer through the pointer.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, &mut count) };
    returned("ioctl", result, |_| format!("{}, TIOCOUTQ, [{count}]", fd.as_raw_fd()))?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Waits until one descriptor is ready; `false` when `milliseconds` passed first (negative: for ever).
pub(crate) fn poll_one(fd: BorrowedFd<'_>, events: i16, milliseconds: c_int) -> io::Result<bool> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    // SAFETY: the kernel reads and writes the one entry that it is told of.
    let result = unsafe { libc::poll(&mut entry, 1, milliseconds) };
    let wanted = Flags(POLL, events.into());
    returned("poll", result, |_| format!("[{{fd={}, events={wanted}}}], 1, {milliseconds}", fd.as_raw_fd()))
        .map(|ready| ready > 0)
}
