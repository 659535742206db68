//! Packet sockets: names and numbers of interfaces, the filter, and a packet with all that is known of it.

use std::ffi::c_char;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::{message, moved, returned};
use crate::address::RawAddress;
use crate::packet::Instruction;

/// `struct ifreq`, with a name or without one.
///
/// Fails if the name is longer than the kernel's names are (15 bytes).
fn interface_request(name: &[u8]) -> io::Result<libc::ifreq> {
    // SAFETY: `ifreq` is an array of bytes and a union of integers and addresses, for which all zeroes is a
    // value.
    let mut request: libc::ifreq = unsafe { MaybeUninit::zeroed().assume_init() };
    // The last byte stays the zero that ends the name.
    if name.len() >= request.ifr_name.len() {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    for (to, from) in request.ifr_name.iter_mut().zip(name) {
        *to = *from as c_char;
    }
    Ok(request)
}

/// The number of the interface of this name, in the network namespace of the socket.
pub(crate) fn interface_index(fd: BorrowedFd<'_>, name: &str) -> io::Result<u32> {
    let mut request = interface_request(name.as_bytes())?;
    // SAFETY: SIOCGIFINDEX reads the name, which ends with a zero, and writes the number: both inside `request`.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::SIOCGIFINDEX as _, &mut request) };
    returned("ioctl", result, |_| format!("{}, SIOCGIFINDEX, {{ifr_name={name:?}, ...}}", fd.as_raw_fd()))?;
    // SAFETY: the number is the part of the union that the call has written.
    Ok(unsafe { request.ifr_ifru.ifru_ifindex }.cast_unsigned())
}

/// The name of the interface of this number, in the network namespace of the socket.
pub(crate) fn interface_name(fd: BorrowedFd<'_>, index: u32) -> io::Result<String> {
    let mut request = interface_request(b"")?;
    request.ifr_ifru.ifru_ifindex = index.cast_signed();
    // SAFETY: SIOCGIFNAME reads the number and writes the name: both inside `request`.
    let result = unsafe { libc::ioctl(fd.as_raw_fd(), libc::SIOCGIFNAME as _, &mut request) };
    returned("ioctl", result, |_| format!("{}, SIOCGIFNAME, {{ifr_index={index}, ...}}", fd.as_raw_fd()))?;
    let name = request.ifr_name.iter().take_while(|byte| **byte != 0).map(|byte| *byte as u8);
    Ok(String::from_utf8_lossy(&name.collect::<Vec<_>>()).into_owned())
}

/// `SO_ATTACH_FILTER`: the kernel asks this program of each packet how much of it the socket shall have.
pub(crate) fn attach_filter(fd: BorrowedFd<'_>, program: &[Instruction]) -> io::Result<()> {
    let length = u16::try_from(program.len()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?;
    let header = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut().cast() };
    let (start, size) = ((&raw const header).cast(), size_of::<libc::sock_fprog>() as libc::socklen_t);
    // SAFETY: `header` points to `length` instructions, which have the layout of `sock_filter` and are borrowed
    // for the length of the call; the kernel checks and copies them, and writes nothing.
    let result =
        unsafe { libc::setsockopt(fd.as_raw_fd(), libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, start, size) };
    returned("setsockopt", result, |_| {
        let shown = format!("{{len={length}, filter=...}}");
        format!("{}, SOL_SOCKET, SO_ATTACH_FILTER, {shown}, {size}", fd.as_raw_fd())
    })
    .map(drop)
}

/// What [`recv_packet`] has filled, and how far.
pub(crate) struct ReceivedPacket {
    /// The length of the packet, which may be more than there was room for.
    pub(crate) length: usize,
    /// How many bytes of control data the kernel has written.
    pub(crate) control: usize,
    /// The `sockaddr_ll` that says where the packet was seen.
    pub(crate) from: RawAddress,
}

/// Takes the oldest packet: its beginning into `buffer`, its time into `control`.
pub(crate) fn recv_packet(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u8],
) -> io::Result<ReceivedPacket> {
    let mut from = RawAddress::for_packet();
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut message = message::message(&mut part, control.as_mut_ptr(), control.len());
    message.msg_name = from.bytes.as_mut_ptr().cast();
    message.msg_namelen = from.length;
    // SAFETY: `buffer`, `control` and the array of `from` are writable for the lengths beside them, and live as
    // long as the call.
    let result = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut message, libc::MSG_TRUNC) };
    let written = control.len().min(message.msg_controllen as _);
    from.length = message.msg_namelen;
    let length = moved("recvmsg", result, |_| format!("{}, {{...}}, MSG_TRUNC", fd.as_raw_fd()))?;
    Ok(ReceivedPacket { length, control: written, from })
}
