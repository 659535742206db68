//! The system calls themselves: every `unsafe` block of this crate, each as a thin safe function.
//!
//! What makes them safe is the same each time: descriptors come in as `BorrowedFd` and so are open for the
//! length of the call; memory comes in as a slice or a reference, and its own length is what the kernel is
//! told; and what the kernel is told to write may hold any bytes.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use bytes::BufMut;
use libc::{c_int, c_void, socklen_t};

use crate::address::RawAddress;

mod namespace;
pub(crate) mod usage;
pub(crate) use namespace::*;

/// A socket option: the protocol level that owns it, and its number there.
///
/// The fields are private and the list is closed, because some options that are not in it hold pointers, which
/// a function that takes plain bytes could not pass on safely.
#[derive(Clone, Copy)]
pub(crate) struct OptionName(c_int, c_int);

impl OptionName {
    pub(crate) const REUSE_ADDRESS: Self = Self(libc::SOL_SOCKET, libc::SO_REUSEADDR);
    pub(crate) const REUSE_PORT: Self = Self(libc::SOL_SOCKET, libc::SO_REUSEPORT);
    pub(crate) const ERROR: Self = Self(libc::SOL_SOCKET, libc::SO_ERROR);
    pub(crate) const LINGER: Self = Self(libc::SOL_SOCKET, libc::SO_LINGER);
    pub(crate) const KEEP_ALIVE: Self = Self(libc::SOL_SOCKET, libc::SO_KEEPALIVE);
    pub(crate) const RECEIVE_BUFFER: Self = Self(libc::SOL_SOCKET, libc::SO_RCVBUF);
    pub(crate) const SEND_BUFFER: Self = Self(libc::SOL_SOCKET, libc::SO_SNDBUF);
    pub(crate) const RECEIVE_TIMEOUT: Self = Self(libc::SOL_SOCKET, libc::SO_RCVTIMEO);
    pub(crate) const SEND_TIMEOUT: Self = Self(libc::SOL_SOCKET, libc::SO_SNDTIMEO);
    pub(crate) const ONLY_V6: Self = Self(libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
    pub(crate) const NO_DELAY: Self = Self(libc::IPPROTO_TCP, libc::TCP_NODELAY);
    pub(crate) const KEEP_IDLE: Self = Self(libc::IPPROTO_TCP, libc::TCP_KEEPIDLE);
    pub(crate) const KEEP_INTERVAL: Self = Self(libc::IPPROTO_TCP, libc::TCP_KEEPINTVL);
    pub(crate) const KEEP_COUNT: Self = Self(libc::IPPROTO_TCP, libc::TCP_KEEPCNT);
    pub(crate) const USER_TIMEOUT: Self = Self(libc::IPPROTO_TCP, libc::TCP_USER_TIMEOUT);
    pub(crate) const NOT_SENT_LOW_WATER: Self = Self(libc::IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT);
    pub(crate) const QUICK_ACK: Self = Self(libc::IPPROTO_TCP, libc::TCP_QUICKACK);
    pub(crate) const CORK: Self = Self(libc::IPPROTO_TCP, libc::TCP_CORK);
    pub(crate) const DEFER_ACCEPT: Self = Self(libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT);
    pub(crate) const LOCAL_PORT_RANGE: Self = Self(libc::IPPROTO_IP, IP_LOCAL_PORT_RANGE);
    pub(crate) const INFO: Self = Self(libc::IPPROTO_TCP, libc::TCP_INFO);
}

/// Since Linux 6.3; `libc` does not have it yet.
const IP_LOCAL_PORT_RANGE: c_int = 51;

pub(crate) fn socket(family: c_int, kind: c_int) -> io::Result<OwnedFd> {
    // SAFETY: takes three integers.
    owned(unsafe { libc::socket(family, kind, 0) })
}

pub(crate) fn bind(fd: BorrowedFd<'_>, address: &RawAddress) -> io::Result<()> {
    let (bytes, length) = address_in(address);
    // SAFETY: `bytes` points to `length` readable bytes, and the kernel copies them.
    unit(unsafe { libc::bind(fd.as_raw_fd(), bytes, length) })
}

pub(crate) fn listen(fd: BorrowedFd<'_>, backlog: c_int) -> io::Result<()> {
    // SAFETY: takes two integers.
    unit(unsafe { libc::listen(fd.as_raw_fd(), backlog) })
}

pub(crate) fn connect(fd: BorrowedFd<'_>, address: &RawAddress) -> io::Result<()> {
    let (bytes, length) = address_in(address);
    // SAFETY: `bytes` points to `length` readable bytes, and the kernel copies them.
    unit(unsafe { libc::connect(fd.as_raw_fd(), bytes, length) })
}

pub(crate) fn accept4(fd: BorrowedFd<'_>, flags: c_int) -> io::Result<(OwnedFd, RawAddress)> {
    let mut address = RawAddress::default();
    let mut length = address.capacity();
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, which is the size of the array behind it.
    let fd = owned(unsafe { libc::accept4(fd.as_raw_fd(), bytes, &mut length, flags) })?;
    address.length = length;
    Ok((fd, address))
}

pub(crate) fn local_address(fd: BorrowedFd<'_>) -> io::Result<RawAddress> {
    let mut address = RawAddress::default();
    let mut length = address.capacity();
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, which is the size of the array behind it.
    unit(unsafe { libc::getsockname(fd.as_raw_fd(), bytes, &mut length) })?;
    address.length = length;
    Ok(address)
}

pub(crate) fn peer_address(fd: BorrowedFd<'_>) -> io::Result<RawAddress> {
    let mut address = RawAddress::default();
    let mut length = address.capacity();
    let bytes = address.bytes.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `bytes`, which is the size of the array behind it.
    unit(unsafe { libc::getpeername(fd.as_raw_fd(), bytes, &mut length) })?;
    address.length = length;
    Ok(address)
}

pub(crate) fn recv(fd: BorrowedFd<'_>, buffer: &mut [u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: `buffer` is writable for its length.
    size(unsafe { libc::recv(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), flags) })
}

/// Receives into memory that need not be initialised; the first so many bytes are then.
fn recv_uninit(fd: BorrowedFd<'_>, buffer: &mut [MaybeUninit<u8>]) -> io::Result<usize> {
    // SAFETY: `buffer` is writable for its length; the kernel writes and does not read it.
    retry(|| size(unsafe { libc::recv(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), 0) }))
}

/// Receives into memory that need not be initialised, and returns the part that now is.
pub(crate) fn recv_slice<'a>(
    fd: BorrowedFd<'_>,
    buffer: &'a mut [MaybeUninit<u8>],
) -> io::Result<&'a mut [u8]> {
    let count = recv_uninit(fd, buffer)?;
    // SAFETY: the kernel has written the first `count` bytes, which initialises them; without MSG_TRUNC `count`
    // is at most `buffer.len()`; and the borrow of `buffer` goes over into the result.
    Ok(unsafe { std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast(), count) })
}

/// Receives into the spare room of a growing buffer, and makes the buffer longer by what came.
pub(crate) fn recv_into(fd: BorrowedFd<'_>, buffer: &mut impl BufMut) -> io::Result<usize> {
    // SAFETY: `recv_uninit` writes initialised bytes only, so that nothing behind the slice becomes
    // uninitialised by it.
    let room = unsafe { buffer.chunk_mut().as_uninit_slice_mut() };
    let count = recv_uninit(fd, room)?;
    // SAFETY: `recv_uninit` has initialised the first `count` bytes of the chunk.
    unsafe { buffer.advance_mut(count) };
    Ok(count)
}

pub(crate) fn readv(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
    // SAFETY: `IoSliceMut` is guaranteed to have the layout of `iovec`, and the kernel writes inside those
    // slices only.
    size(unsafe { libc::readv(fd.as_raw_fd(), buffers.as_mut_ptr().cast(), vector_length(buffers.len())) })
}

pub(crate) fn send(fd: BorrowedFd<'_>, bytes: &[u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: `bytes` is readable for its length.
    size(unsafe { libc::send(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) })
}

/// `sendmsg` and not `writev`, since only the former takes flags.
pub(crate) fn send_vectored(fd: BorrowedFd<'_>, parts: &[IoSlice<'_>], flags: c_int) -> io::Result<usize> {
    // SAFETY: `msghdr` consists of integers and pointers, for which all zeroes is a value: no address, no
    // vector, no control data.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = parts.as_ptr().cast_mut().cast();
    message.msg_iovlen = vector_length(parts.len()) as _;
    // SAFETY: `IoSlice` is guaranteed to have the layout of `iovec`; sending only reads through those pointers.
    size(unsafe { libc::sendmsg(fd.as_raw_fd(), &message, flags) })
}

pub(crate) fn send_to(fd: BorrowedFd<'_>, bytes: &[u8], flags: c_int, to: &RawAddress) -> io::Result<usize> {
    let (address, length) = address_in(to);
    let start: *const c_void = bytes.as_ptr().cast();
    // SAFETY: both pointers are readable for the lengths beside them.
    size(unsafe { libc::sendto(fd.as_raw_fd(), start, bytes.len(), flags, address, length) })
}

pub(crate) fn recv_from(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(usize, RawAddress)> {
    let mut from = RawAddress::default();
    let mut length = from.capacity();
    let start: *mut c_void = buffer.as_mut_ptr().cast();
    let address = from.bytes.as_mut_ptr().cast();
    // SAFETY: both pointers are writable for the lengths beside them.
    let count =
        size(unsafe { libc::recvfrom(fd.as_raw_fd(), start, buffer.len(), 0, address, &mut length) })?;
    from.length = length;
    Ok((count, from))
}

/// Reads the file from `offset` on, and leaves the file's own position alone.
pub(crate) fn sendfile(
    fd: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    mut offset: libc::off64_t,
    count: usize,
) -> io::Result<usize> {
    // SAFETY: `offset` is a live integer that the kernel reads and writes; the data stays inside the kernel.
    size(unsafe { libc::sendfile64(fd.as_raw_fd(), file.as_raw_fd(), &mut offset, count) })
}

pub(crate) fn shutdown(fd: BorrowedFd<'_>, how: c_int) -> io::Result<()> {
    // SAFETY: takes two integers.
    unit(unsafe { libc::shutdown(fd.as_raw_fd(), how) })
}

pub(crate) fn set_option(fd: BorrowedFd<'_>, name: OptionName, value: &[u8]) -> io::Result<()> {
    let OptionName(level, number) = name;
    let length = value.len() as socklen_t;
    // SAFETY: `value` is readable for its length; the kernel copies it and follows no pointer in it (see
    // `OptionName`).
    unit(unsafe { libc::setsockopt(fd.as_raw_fd(), level, number, value.as_ptr().cast(), length) })
}

/// Returns how many bytes of `value` the kernel filled.
pub(crate) fn get_option(fd: BorrowedFd<'_>, name: OptionName, value: &mut [u8]) -> io::Result<usize> {
    let OptionName(level, number) = name;
    let mut length = value.len() as socklen_t;
    let start: *mut c_void = value.as_mut_ptr().cast();
    // SAFETY: the kernel writes at most `length` bytes to `start`, and follows no pointer in them (see
    // `OptionName`).
    unit(unsafe { libc::getsockopt(fd.as_raw_fd(), level, number, start, &mut length) })?;
    Ok(length as usize)
}

/// The file status flags (`O_NONBLOCK` and others).
pub(crate) fn status_flags(fd: BorrowedFd<'_>) -> io::Result<c_int> {
    // SAFETY: takes two integers.
    integer(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) })
}

pub(crate) fn set_status_flags(fd: BorrowedFd<'_>, flags: c_int) -> io::Result<()> {
    // SAFETY: takes three integers.
    unit(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, flags) })
}

/// The descriptor flags (`FD_CLOEXEC` is the only one).
pub(crate) fn descriptor_flags(fd: BorrowedFd<'_>) -> io::Result<c_int> {
    // SAFETY: takes two integers.
    integer(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFD) })
}

/// The bytes that wait in the receive buffer.
pub(crate) fn unread(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: c_int = 0;
    // SAFETY: FIONREAD writes one integer through the pointer.
    unit(unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD, &mut count) })?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// The bytes in the send buffer that the peer has not acknowledged.
pub(crate) fn unacknowledged(fd: BorrowedFd<'_>) -> io::Result<usize> {
    let mut count: c_int = 0;
    // SAFETY: TIOCOUTQ, which sockets call SIOCOUTQ, writes one integer through the pointer.
    unit(unsafe { libc::ioctl(fd.as_raw_fd(), libc::TIOCOUTQ, &mut count) })?;
    Ok(usize::try_from(count).unwrap_or(0))
}

/// Waits until one descriptor is ready; `false` when `milliseconds` passed first (negative: for ever).
pub(crate) fn poll_one(fd: BorrowedFd<'_>, events: i16, milliseconds: c_int) -> io::Result<bool> {
    let mut entry = libc::pollfd { fd: fd.as_raw_fd(), events, revents: 0 };
    // SAFETY: the kernel reads and writes the one entry that it is told of.
    Ok(integer(unsafe { libc::poll(&mut entry, 1, milliseconds) })? > 0)
}

/// The kernel refuses more than 1024 parts, and taking fewer is an ordinary short write.
fn vector_length(parts: usize) -> c_int {
    parts.min(1024) as c_int
}

fn address_in(address: &RawAddress) -> (*const libc::sockaddr, socklen_t) {
    (address.bytes.as_ptr().cast(), address.length)
}

fn owned(result: c_int) -> io::Result<OwnedFd> {
    let fd = integer(result)?;
    // SAFETY: a call that makes a descriptor has just returned it, so that it is open and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn unit(result: c_int) -> io::Result<()> {
    integer(result).map(drop)
}

fn integer(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn size(result: isize) -> io::Result<usize> {
    usize::try_from(result).map_err(|_negative| io::Error::last_os_error())
}

/// Calls again while a signal handler has interrupted the call before it did anything.
pub(crate) fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
