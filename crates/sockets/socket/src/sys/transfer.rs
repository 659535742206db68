//! Moving bytes: in, out, in several parts, and from a file.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use bytes::BufMut;
use libc::{c_int, c_void};

use super::{address_in, filled, moved, vector_length};
use crate::address::RawAddress;
use crate::record::strace::{Flags, MESSAGE_FLAG, Text};

pub(crate) fn recv(fd: BorrowedFd<'_>, buffer: &mut [u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: `buffer` is writable for its length.
    let result = unsafe { libc::recv(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len(), flags) };
    moved("recvfrom", result, |count| {
        let flags = Flags(MESSAGE_FLAG, flags);
        format!("{}, {}, {}, {flags}, NULL, NULL", fd.as_raw_fd(), received(buffer, count), buffer.len())
    })
}

/// Receives into memory that need not be initialised, and returns the part that now is.
pub(crate) fn recv_slice<'a>(
    fd: BorrowedFd<'_>,
    buffer: &'a mut [MaybeUninit<u8>],
) -> io::Result<&'a mut [u8]> {
    let (start, room) = (buffer.as_mut_ptr(), buffer.len());
    super::retry(|| {
        // SAFETY: `buffer` is writable for its length; the kernel writes and does not read it.
        let result = unsafe { libc::recv(fd.as_raw_fd(), start.cast(), room, 0) };
        let count = usize::try_from(result).unwrap_or(0);
        // SAFETY: the kernel has written the first `count` bytes, which initialises them; without MSG_TRUNC
        // `count` is at most `buffer.len()`; and the borrow of `buffer` goes over into the result.
        let filled = unsafe { std::slice::from_raw_parts_mut(start.cast::<u8>(), count) };
        moved("recvfrom", result, |count| {
            format!("{}, {}, {room}, 0, NULL, NULL", fd.as_raw_fd(), received(filled, count))
        })?;
        Ok(filled)
    })
}

/// Receives into the spare room of a growing buffer, and makes the buffer longer by what came.
pub(crate) fn recv_into(fd: BorrowedFd<'_>, buffer: &mut impl BufMut) -> io::Result<usize> {
    // SAFETY: `recv_slice` writes initialised bytes only, so that nothing behind the slice becomes
    // uninitialised by it.
    let room = unsafe { buffer.chunk_mut().as_uninit_slice_mut() };
    let count = recv_slice(fd, room)?.len();
    // SAFETY: `recv_slice` has initialised the first `count` bytes of the chunk.
    unsafe { buffer.advance_mut(count) };
    Ok(count)
}

pub(crate) fn readv(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
    let parts = vector_length(buffers.len());
    // SAFETY: `IoSliceMut` is guaranteed to have the layout of `iovec`, and the kernel writes inside those
    // slices only.
    let result = unsafe { libc::readv(fd.as_raw_fd(), buffers.as_mut_ptr().cast(), parts) };
    moved("readv", result, |count| {
        format!("{}, {}, {parts}", fd.as_raw_fd(), parts_shown(buffers.iter().map(|part| &**part), count))
    })
}

pub(crate) fn send(fd: BorrowedFd<'_>, bytes: &[u8], flags: c_int) -> io::Result<usize> {
    // SAFETY: `bytes` is readable for its length.
    let result = unsafe { libc::send(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len(), flags) };
    moved("sendto", result, |_| {
        let flags = Flags(MESSAGE_FLAG, flags);
        format!("{}, {}, {}, {flags}, NULL, 0", fd.as_raw_fd(), Text(bytes), bytes.len())
    })
}

/// `sendmsg` and not `writev`, since only the former takes flags.
pub(crate) fn send_vectored(fd: BorrowedFd<'_>, parts: &[IoSlice<'_>], flags: c_int) -> io::Result<usize> {
    // SAFETY: `msghdr` consists of integers and pointers, for which all zeroes is a value: no address, no
    // vector, no control data.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    let length = vector_length(parts.len());
    message.msg_iov = parts.as_ptr().cast_mut().cast();
    message.msg_iovlen = length as _;
    // SAFETY: `IoSlice` is guaranteed to have the layout of `iovec`; sending only reads through those pointers.
    let result = unsafe { libc::sendmsg(fd.as_raw_fd(), &message, flags) };
    moved("sendmsg", result, |_| {
        let parts = parts_shown(parts.iter().map(|part| &**part), None);
        format!(
            "{}, {{msg_name=NULL, msg_namelen=0, msg_iov={parts}, msg_iovlen={length}, msg_controllen=0, \
             msg_flags=0}}, {}",
            fd.as_raw_fd(),
            Flags(MESSAGE_FLAG, flags)
        )
    })
}

pub(crate) fn send_to(fd: BorrowedFd<'_>, bytes: &[u8], flags: c_int, to: &RawAddress) -> io::Result<usize> {
    let (address, length) = address_in(to);
    let start: *const c_void = bytes.as_ptr().cast();
    // SAFETY: both pointers are readable for the lengths beside them.
    let result = unsafe { libc::sendto(fd.as_raw_fd(), start, bytes.len(), flags, address, length) };
    moved("sendto", result, |_| {
        let flags = Flags(MESSAGE_FLAG, flags);
        format!("{}, {}, {}, {flags}, {to}, {length}", fd.as_raw_fd(), Text(bytes), bytes.len())
    })
}

/// `from` is room for the sender's address.
pub(crate) fn recv_from(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    mut from: RawAddress,
) -> io::Result<(usize, RawAddress)> {
    let room = from.length;
    let start: *mut c_void = buffer.as_mut_ptr().cast();
    let address = from.bytes.as_mut_ptr().cast();
    // SAFETY: both pointers are writable for the lengths beside them.
    let result = unsafe { libc::recvfrom(fd.as_raw_fd(), start, buffer.len(), 0, address, &mut from.length) };
    let count = moved("recvfrom", result, |count| {
        let (bytes, length) = (received(buffer, count), buffer.len());
        format!("{}, {bytes}, {length}, 0, {}", fd.as_raw_fd(), filled(count.is_some(), &from, room))
    })?;
    Ok((count, from))
}

/// Reads the file from `offset` on, and leaves the file's own position alone.
pub(crate) fn sendfile(
    fd: BorrowedFd<'_>,
    file: BorrowedFd<'_>,
    offset: libc::off64_t,
    count: usize,
) -> io::Result<usize> {
    let mut position = offset;
    // SAFETY: `position` is a live integer that the kernel reads and writes; the data stays inside the kernel.
    let result = unsafe { libc::sendfile64(fd.as_raw_fd(), file.as_raw_fd(), &mut position, count) };
    moved("sendfile", result, |sent| {
        let after = sent.map_or(String::new(), |_| format!(" => [{position}]"));
        format!("{}, {}, [{offset}]{after}, {count}", fd.as_raw_fd(), file.as_raw_fd())
    })
}

/// What came, or `...` if nothing did.
fn received(buffer: &[u8], count: Option<usize>) -> String {
    count.map_or_else(|| "...".to_owned(), |count| Text(&buffer[..count.min(buffer.len())]).to_string())
}

/// `[{iov_base="ab", iov_len=2}, …]`; of what was received, the first `count` bytes.
fn parts_shown<'a>(parts: impl Iterator<Item = &'a [u8]>, count: Option<usize>) -> String {
    let mut left = count.unwrap_or(usize::MAX);
    let shown: Vec<_> = parts
        .map(|part| {
            let filled = &part[..part.len().min(left)];
            left -= filled.len();
            format!("{{iov_base={}, iov_len={}}}", Text(filled), part.len())
        })
        .collect();
    format!("[{}]", shown.join(", "))
}
