//! The three system calls of a netlink socket: every `unsafe` block of this crate.

use std::io;
use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// A socket of the netlink family `NETLINK_SOCK_DIAG`.
pub(crate) fn netlink_socket() -> io::Result<OwnedFd> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC;
    // SAFETY: takes three integers.
    let raw = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) };
    if raw < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made the descriptor, so that it is open and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

/// Sends one datagram to port 0, the kernel: where a netlink socket that is not connected sends to.
pub(crate) fn send(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<()> {
    // SAFETY: the pointer and the length are those of one slice, which the kernel only reads.
    let sent = unsafe { libc::send(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), 0) };
    if sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Receives one datagram: its length, which may be more than there is room for, and the port of its sender.
pub(crate) fn receive(fd: BorrowedFd<'_>, room: &mut [u8]) -> io::Result<(usize, u32)> {
    // SAFETY: `sockaddr_nl` consists of integers, for which all zeroes is a value.
    let mut sender: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
    let mut sender_length = size_of::<libc::sockaddr_nl>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `room.len()` bytes to `room`, and at most `sender_length` bytes, which is the size of
    // `sender`, to `sender`; any bytes are values of both. All three live until the call returns.
    let length = unsafe {
        libc::recvfrom(
            fd.as_raw_fd(),
            room.as_mut_ptr().cast(),
            room.len(),
            libc::MSG_TRUNC,
            (&raw mut sender).cast(),
            &mut sender_length,
        )
    };
    if length < 0 { Err(io::Error::last_os_error()) } else { Ok((length as usize, sender.nl_pid)) }
}
