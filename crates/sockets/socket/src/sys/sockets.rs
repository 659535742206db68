//! The life of a socket: made, named, listening or connected, shut down.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsRawFd, BorrowedFd};

use libc::{c_int, socklen_t};

use super::{Descriptor, owned, returned};
use crate::address::RawAddress;
use crate::record::strace::{FAMILY, Flags, Name, SHUTDOWN, SOCKET_FLAG, socket_type};

pub(crate) fn socket(family: c_int, kind: c_int) -> io::Result<Descriptor> {
    // SAFETY: takes three integers.
    let result = unsafe { libc::socket(family, kind, 0) };
    returned("socket", result, |_| {
        let protocol = if matches!(family, libc::AF_UNIX | libc::AF_PACKET) { "0" } else { "IPPROTO_IP" };
        format!("{}, {}, {protocol}", Name(FAMILY, family), socket_type(kind))
    })
    .map(owned)
}

/// Two sockets of the family `AF_UNIX` that are each other's peer.
pub(crate) fn socketpair(kind: c_int) -> io::Result<(Descriptor, Descriptor)> {
    let mut pair = [-1; 2];
    // SAFETY: the kernel writes two integers through the pointer.
    let result = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) };
    returned("socketpair", result, |made| {
        let [one, other] = pair;
        let pair = made.map_or("...".to_owned(), |_| format!("[{one}, {other}]"));
        format!("AF_UNIX, {}, 0, {pair}", socket_type(kind))
    })?;
    Ok((owned(pair[0]), owned(pair[1])))
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

/// `address` is room for the peer's.
pub(crate) fn accept4(
    fd: BorrowedFd<'_>,
    flags: c_int,
    mut address: RawAddress,
) -> io::Result<(Descriptor, RawAddress)> {
    let room = address.length;
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, for which the array behind it has room (see
    // `RawAddress`).
    let result = unsafe { libc::accept4(fd.as_raw_fd(), bytes, &mut address.length, flags) };
    let raw = returned("accept4", result, |_| {
        format!("{}, {}, {}", fd.as_raw_fd(), filled(result >= 0, &address, room), Flags(SOCKET_FLAG, flags))
    })?;
    Ok((owned(raw), address))
}

/// `address` is room for it.
pub(crate) fn local_address(fd: BorrowedFd<'_>, mut address: RawAddress) -> io::Result<RawAddress> {
    let room = address.length;
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, for which the array behind it has room (see
    // `RawAddress`).
    let result = unsafe { libc::getsockname(fd.as_raw_fd(), bytes, &mut address.length) };
    let shown = |_| format!("{}, {}", fd.as_raw_fd(), filled(result >= 0, &address, room));
    returned("getsockname", result, shown)?;
    Ok(address)
}

/// `address` is room for it.
pub(crate) fn peer_address(fd: BorrowedFd<'_>, mut address: RawAddress) -> io::Result<RawAddress> {
    let room = address.length;
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, for which the array behind it has room (see
    // `RawAddress`).
    let result = unsafe { libc::getpeername(fd.as_raw_fd(), bytes, &mut address.length) };
    let shown = |_| format!("{}, {}", fd.as_raw_fd(), filled(result >= 0, &address, room));
    returned("getpeername", result, shown)?;
    Ok(address)
}

pub(crate) fn shutdown(fd: BorrowedFd<'_>, how: Shutdown) -> io::Result<()> {
    let how = match how {
        Shutdown::Read => libc::SHUT_RD,
        Shutdown::Write => libc::SHUT_WR,
        Shutdown::Both => libc::SHUT_RDWR,
    };
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
