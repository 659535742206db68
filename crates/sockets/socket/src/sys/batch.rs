//! Many messages in one call: `sendmmsg` and `recvmmsg`; and one message with control data and an address.

use std::array;
use std::io;
use std::iter;
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use libc::{c_int, c_uint, iovec, mmsghdr, msghdr};

use super::{moved, returned};
use crate::address::RawAddress;
use crate::control;
use crate::record::strace::{Flags, MESSAGE_FLAG, Text};

/// How many messages one call moves.
pub(crate) const BATCH: usize = 64;

/// Headers and parts for one call, on the stack. They hold pointers to what a caller's slices own, and are
/// filled and used inside one function each.
struct Headers {
    headers: [mmsghdr; BATCH],
    parts: [iovec; BATCH],
}

impl Headers {
    fn new() -> Self {
        // SAFETY: both consist of integers and pointers, for which all zeroes is a value.
        unsafe { MaybeUninit::zeroed().assume_init() }
    }
}

/// Sends up to 64 datagrams, and returns how many of them were sent.
pub(crate) fn send_many(
    fd: BorrowedFd<'_>,
    datagrams: &[(&[u8], SocketAddr)],
    flags: c_int,
) -> io::Result<usize> {
    let mut call = Headers::new();
    let count = datagrams.len().min(BATCH);
    let datagrams = &datagrams[..count];
    let names: [_; BATCH] =
        array::from_fn(|at| datagrams.get(at).map_or(RawAddress::none(), |(_, to)| (*to).into()));
    let headers = iter::zip(&mut call.headers, &mut call.parts);
    for ((header, part), ((bytes, _), to)) in headers.zip(iter::zip(datagrams, &names)) {
        *part = iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        header.msg_hdr.msg_name = to.bytes.as_ptr().cast_mut().cast();
        header.msg_hdr.msg_namelen = to.length;
        header.msg_hdr.msg_iov = part;
        header.msg_hdr.msg_iovlen = 1;
    }
    // SAFETY: the first `count` headers point to `names` and to the bytes of `datagrams`, which are borrowed
    // for the length of the call, all readable for the lengths beside them; the kernel writes the lengths that
    // were sent into the headers only.
    let result =
        unsafe { libc::sendmmsg(fd.as_raw_fd(), call.headers.as_mut_ptr(), count as c_uint, flags as _) };
    let sent = returned("sendmmsg", result, |sent| {
        let shown = |(index, ((bytes, _), to)): (usize, (&(&[u8], SocketAddr), &RawAddress))| {
            let header = header_shown(Some((to, to.length)), bytes, bytes.len(), "msg_controllen=0", "0");
            let length = (index < sent.unwrap_or(0)).then(|| format!(", msg_len={}", bytes.len()));
            format!("{{msg_hdr={header}{}}}", length.unwrap_or_default())
        };
        let shown: Vec<_> = iter::zip(datagrams, &names).enumerate().map(shown).collect();
        format!("{}, [{}], {count}, {}", fd.as_raw_fd(), shown.join(", "), Flags(MESSAGE_FLAG, flags))
    })?;
    Ok(sent as usize)
}

/// Where one received datagram goes, and what is known of it afterwards.
pub(crate) struct Slot {
    pub(crate) from: RawAddress,
    pub(crate) length: usize,
    pub(crate) flags: c_int,
    /// Room for one control message with one integer.
    pub(crate) control: [u8; control::space(4)],
    pub(crate) control_length: usize,
}

/// Waits for one datagram (unless the socket is non-blocking) and takes up to 64 that are there, the first into
/// the first `size` bytes of `buffer`, and so on; returns how many.
pub(crate) fn recv_many(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    size: usize,
    slots: &mut [Slot],
) -> io::Result<usize> {
    let mut call = Headers::new();
    let mut count = 0;
    let room = buffer.chunks_exact_mut(size.max(1));
    for ((header, part), (bytes, slot)) in
        iter::zip(&mut call.headers, &mut call.parts).zip(room.zip(&mut *slots))
    {
        slot.from = RawAddress::for_ip();
        *part = iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: bytes.len() };
        header.msg_hdr.msg_name = slot.from.bytes.as_mut_ptr().cast();
        header.msg_hdr.msg_namelen = slot.from.length;
        header.msg_hdr.msg_iov = part;
        header.msg_hdr.msg_iovlen = 1;
        header.msg_hdr.msg_control = slot.control.as_mut_ptr().cast();
        header.msg_hdr.msg_controllen = slot.control.len() as _;
        count += 1;
    }
    let (headers, flags) = (call.headers.as_mut_ptr(), libc::MSG_WAITFORONE);
    // SAFETY: the first `count` headers point to parts of `buffer` that do not overlap, and into `slots`, which
    // nobody else uses during the call, each writable for the length beside it. No time limit is given.
    let result = unsafe { libc::recvmmsg(fd.as_raw_fd(), headers, count, flags as _, ptr::null_mut()) };
    let outcome = returned("recvmmsg", result, |_| {
        format!("{}, [...], {count}, MSG_WAITFORONE, NULL", fd.as_raw_fd())
    })?;
    for (slot, header) in iter::zip(slots, &call.headers).take(outcome as usize) {
        slot.length = header.msg_len as usize;
        slot.flags = header.msg_hdr.msg_flags;
        slot.from.length = header.msg_hdr.msg_namelen;
        slot.control_length = slot.control.len().min(header.msg_hdr.msg_controllen as _);
    }
    Ok(outcome as usize)
}

/// Sends one message with control data, to an address or to the peer.
pub(crate) fn send_message(
    fd: BorrowedFd<'_>,
    bytes: &[u8],
    to: Option<&RawAddress>,
    control: &[u8],
) -> io::Result<usize> {
    let mut part = iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    // SAFETY: `msghdr` consists of integers and pointers, for which all zeroes is a value.
    let mut message: msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    if let Some(to) = to {
        message.msg_name = to.bytes.as_ptr().cast_mut().cast();
        message.msg_namelen = to.length;
    }
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_ptr().cast_mut().cast();
    message.msg_controllen = control.len() as _;
    // SAFETY: `bytes`, `to` and `control` are readable for their lengths, and sending only reads through the
    // pointers.
    let result = unsafe { libc::sendmsg(fd.as_raw_fd(), &message, libc::MSG_NOSIGNAL) };
    moved("sendmsg", result, |_| {
        let to = to.map(|to| (to, to.length));
        let header = header_shown(to, bytes, bytes.len(), "msg_control=[...]", "0");
        format!("{}, {header}, MSG_NOSIGNAL", fd.as_raw_fd())
    })
}

/// `{msg_name=…, msg_namelen=…, msg_iov=[…], …}`.
pub(super) fn header_shown(
    name: Option<(&RawAddress, libc::socklen_t)>,
    bytes: &[u8],
    room: usize,
    control: &str,
    flags: &str,
) -> String {
    let name = match name {
        Some((name, length)) => format!("msg_name={name}, msg_namelen={length}"),
        None => "msg_name=NULL, msg_namelen=0".to_owned(),
    };
    let bytes = Text(bytes);
    format!(
        "{{{name}, msg_iov=[{{iov_base={bytes}, iov_len={room}}}], msg_iovlen=1, {control}, msg_flags={flags}}}"
    )
}
