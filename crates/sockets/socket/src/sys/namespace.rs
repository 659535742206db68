//! Network namespaces: the calls that make and enter one, and the one that raises its loopback device.

use std::ffi::c_char;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::c_int;

use super::returned;
use crate::record::strace::Flags;

const CLONE_FLAG: &[(c_int, &str)] =
    &[(libc::CLONE_NEWUSER, "CLONE_NEWUSER"), (libc::CLONE_NEWNET, "CLONE_NEWNET")];

/// Takes what `flags` name (`CLONE_NEWNET`, `CLONE_NEWUSER`) out of what this thread shares with others.
pub(crate) fn unshare(flags: c_int) -> io::Result<()> {
    // SAFETY: takes one integer, and of the process's memory and descriptors changes nothing.
    let result = unsafe { libc::unshare(flags) };
    returned("unshare", result, |_| Flags(CLONE_FLAG, flags).to_string()).map(drop)
}

/// Moves the calling thread into the network namespace that `namespace` is a descriptor of.
pub(crate) fn enter_network_namespace(namespace: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes two integers.
    let result = unsafe { libc::setns(namespace.as_raw_fd(), libc::CLONE_NEWNET) };
    returned("setns", result, |_| format!("{}, CLONE_NEWNET", namespace.as_raw_fd())).map(drop)
}

/// The user and the group that the process acts as.
pub(crate) fn effective_ids() -> (u32, u32) {
    // SAFETY: both take nothing and cannot fail.
    unsafe { (libc::geteuid(), libc::getegid()) }
}

/// Sets `IFF_UP` on the device `lo` of the network namespace of `socket`.
pub(crate) fn raise_loopback(socket: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: `ifreq` is an array of bytes and a union of integers and addresses, for which all zeroes is a
    // value.
    let mut request: libc::ifreq = unsafe { MaybeUninit::zeroed().assume_init() };
    request.ifr_name[..2].copy_from_slice(&[b'l' as c_char, b'o' as c_char]);
    // SAFETY: SIOCGIFFLAGS reads the name, which ends with a zero, and writes the flags: both inside `request`.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS as _, &mut request) };
    returned("ioctl", result, |_| format!("{}, SIOCGIFFLAGS, {{ifr_name=\"lo\", ...}}", socket.as_raw_fd()))?;
    // SAFETY: the flags are the part of the union that the call before has written.
    unsafe { request.ifr_ifru.ifru_flags |= libc::IFF_UP as i16 };
    // SAFETY: SIOCSIFFLAGS reads the name and the flags inside `request`.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &request) };
    returned("ioctl", result, |_| format!("{}, SIOCSIFFLAGS, {{ifr_name=\"lo\", ...}}", socket.as_raw_fd()))
        .map(drop)
}
