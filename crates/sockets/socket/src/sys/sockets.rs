//! The life of a socket: made, named, listening or connected, shut down.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, socklen_t};

use super::{Descriptor, owned, returned};
use crate::address::RawAddress;
use crate::record::strace::{FAMILY, Flags, Name, SHUTDOWN, SOCKET_FLAG, socket_type};

pub(crate) fn socket(family: c_int, kind: c_int) -> io::Result<Descriptor> {
    // SAFETY: takes three integers.
    let result = unsafe { libc::socket(family, kind, 0) };
    returned("socket", result, |_| {
        let protocol = if family == libc::AF_UNIX { "0" } else { "IPPROTO_IP" };
        format!("{}, {}, {protocol}", Name(FAMILY, family), socket_type(kind))
    })
    .map(owned)
}

pub(crate) fn bind(fd: BorrowedFd<'_>, address: &RawAddress) -> io::Result<()> {
    let (bytes, length) = address_in(address);
    // SAFETY: `bytes` points to `length` readable bytes, and the kernel copies them.
    let result = unsafe { libc::bind(fd.as_raw_fd(), bytes, length) };
    returned("bind", result, |_| format!("{}, {address}, {length}", fd.as_raw_fd())).map(drop)
}

pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: c_int) -> io::Result<()> {
    // SAFETY: takes two integers.
    let result = unsafe { libc::listen(fd.as_raw_fd(), backlog) };
    returned("listen", result, |_| format!("{}, {backlog}", fd.as_raw_fd())).map(drop)
}

pub(crate) fn connect(fd: BorrowedFd<'_>, address: &RawAddress) -> io::Result<()> {
    let (bytes, length) = address_in(address);
    // SAFETY: `bytes` points to `length` readable bytes, and the kernel copies them.
    let result = unsafe { libc::connect(fd.as_raw_fd(), bytes, length) };
    returned("connect", result, |_| format!("{}, {address}, {length}", fd.as_raw_fd())).map(drop)
}

pub(crate) fn accept4(fd: BorrowedFd<'_>, flags: c_int) -> io::Result<(Descriptor, RawAddress)> {
    let mut address = RawAddress::empty();
    let room = address.capacity();
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, which is the size of the array behind it.
    let result = unsafe { libc::accept4(fd.as_raw_fd(), bytes, &mut address.length, flags) };
    let raw = returned("accept4", result, |_| {
        format!("{}, {}, {}", fd.as_raw_fd(), filled(result >= 0, &address, room), Flags(SOCKET_FLAG, flags))
    })?;
    Ok((owned(raw), address))
}

pub(crate) fn local_address(fd: BorrowedFd<'_>) -> io::Result<RawAddress> {
    let mut address = RawAddress::empty();
    let room = address.capacity();
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, which is the size of the array behind it.
    let result = unsafe { libc::getsockname(fd.as_raw_fd(), bytes, &mut address.length) };
    let shown = |_| format!("{}, {}", fd.as_raw_fd(), filled(result >= 0, &address, room));
    returned("getsockname", result, shown)?;
    Ok(address)
}

pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> io::Result<RawAddress> {
    let mut address = RawAddress::empty();
    let room = address.capacity();
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, which is the size of the array behind it.
    let result = unsafe { libc::getpeername(fd.as_raw_fd(), bytes, &mut address.length) };
    let shown = |_| format!("{}, {}", fd.as_raw_fd(), filled(result >= 0, &address, room));
    returned("getpeername", result, shown)?;
    Ok(address)
}

pub(crate) fn shutdown(fd: BorrowedFd<'_>, how: c_int) -> io::Result<()> {
    // SAFETY: takes two integers.
    let result = unsafe { libc::shutdown(fd.as_raw_fd(), how) };
    returned("shutdown", result, |_| format!("{}, {}", fd.as_raw_fd(), Name(SHUTDOWN, how))).map(drop)
}

/// An address for the kernel to read.
pub(super) fn address_in(address: &RawAddress) -> (*const libc::sockaddr, socklen_t) {
    (address.bytes.as_ptr().cast(), address.length)
}

/// An address that the kernel has written if the call went well: `{…}, [112 => 16]`.
pub(super) fn filled(worked: bool, address: &RawAddress, room: socklen_t) -> String {
    if worked { format!("{address}, [{room} => {}]", address.length) } else { format!("..., [{room}]") }
}
