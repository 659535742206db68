//! Messages with control data: `sendmsg` and `recvmsg` with all that they can carry.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use super::batch::header_shown;
use super::moved;
use crate::control;

/// A message with one part, and room for control data or the data itself.
///
/// The pointers in it are those of the slices, and are valid for as long as both live; that is for the caller
/// to see to, who alone dereferences them (by a system call).
pub(super) fn message(part: &mut libc::iovec, control: *mut u8, control_length: usize) -> libc::msghdr {
    // SAFETY: `msghdr` consists of integers and pointers, for which all zeroes is a value.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_iov = part;
    message.msg_iovlen = 1;
    if control_length > 0 {
        message.msg_control = control.cast();
        message.msg_controllen = control_length as _;
    }
    message
}

/// Sends `bytes` and the control message of `descriptors`, which are borrowed so that they are open for as long
/// as the call lasts.
pub(crate) fn send_with_descriptors(
    fd: BorrowedFd<'_>,
    bytes: &[u8],
    control: &[u8],
    descriptors: &[BorrowedFd<'_>],
) -> io::Result<usize> {
    let mut part = libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
    let message = message(&mut part, control.as_ptr().cast_mut(), control.len());
    // SAFETY: `bytes` and `control` are readable for their lengths, and sending only reads through the
    // pointers.
    let result = unsafe { libc::sendmsg(fd.as_raw_fd(), &message, libc::MSG_NOSIGNAL) };
    moved("sendmsg", result, |_| {
        let control = match descriptors.len() {
            0 => "msg_controllen=0".to_owned(),
            count => {
                let numbers: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
                rights_shown(&numbers, control.len(), count)
            }
        };
        format!("{}, {}, MSG_NOSIGNAL", fd.as_raw_fd(), header_shown(None, bytes, bytes.len(), &control, "0"))
    })
}

/// What came with [`recv_with_descriptors`].
pub(crate) struct WithDescriptors {
    pub(crate) count: usize,
    pub(crate) descriptors: Vec<OwnedFd>,
    /// There was more than the control buffer holds (`MSG_CTRUNC`); the kernel has closed the rest.
    pub(crate) control_cut: bool,
}

/// Receives bytes into `buffer`, and takes over the descriptors that came with them. `control` is scratch space
/// that bounds their number.
pub(crate) fn recv_with_descriptors(
    fd: BorrowedFd<'_>,
    buffer: &mut [u8],
    control: &mut [u8],
) -> io::Result<WithDescriptors> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut message = message(&mut part, control.as_mut_ptr(), control.len());
    // SAFETY: `buffer` and `control` are writable for their lengths.
    let result = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut message, libc::MSG_CMSG_CLOEXEC) };
    let written = if result < 0 { 0 } else { control.len().min(message.msg_controllen as _) };
    let numbers = rights(&control[..written]);
    let cut = message.msg_flags & libc::MSG_CTRUNC != 0;
    let outcome = moved("recvmsg", result, |count| {
        let control = match numbers.len() {
            0 => "msg_controllen=0".to_owned(),
            numbers_count => rights_shown(&numbers, written, numbers_count),
        };
        let flags = if cut { "MSG_CTRUNC|MSG_CMSG_CLOEXEC" } else { "MSG_CMSG_CLOEXEC" };
        let shown = count.map_or("...".to_owned(), |count| {
            header_shown(None, &buffer[..count.min(buffer.len())], buffer.len(), &control, flags)
        });
        format!("{}, {shown}, MSG_CMSG_CLOEXEC", fd.as_raw_fd())
    });
    // SAFETY: the call went well (`numbers` is empty otherwise), and so the kernel has just opened these
    // descriptors for this process and wrote their numbers down here only. Each is taken over once.
    let descriptors = numbers.into_iter().map(|raw| unsafe { OwnedFd::from_raw_fd(raw) }).collect();
    Ok(WithDescriptors { count: outcome?, descriptors, control_cut: cut })
}

/// The numbers in the messages `SCM_RIGHTS` of received control data.
fn rights(control: &[u8]) -> Vec<RawFd> {
    control::messages(control)
        .filter(|message| (message.level, message.kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS))
        .flat_map(|message| message.data.as_chunks().0)
        .map(|number| RawFd::from_ne_bytes(*number))
        .collect()
}

fn rights_shown(numbers: &[RawFd], space: usize, count: usize) -> String {
    let length = control::length(count * 4);
    format!(
        "msg_control=[{{cmsg_len={length}, cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data={numbers:?}}}], \
         msg_controllen={space}"
    )
}

/// Takes the oldest entry of the error queue, without the packet that it is about, and returns how many bytes
/// of control data the kernel has written.
pub(crate) fn recv_error_queue(fd: BorrowedFd<'_>, control: &mut [u8]) -> io::Result<usize> {
    let mut part = libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 };
    let mut message = message(&mut part, control.as_mut_ptr(), control.len());
    let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
    // SAFETY: `control` is writable for its length, and the part has none.
    let result = unsafe { libc::recvmsg(fd.as_raw_fd(), &mut message, flags) };
    let written = control.len().min(message.msg_controllen as _);
    moved("recvmsg", result, |_| format!("{}, {{...}}, MSG_ERRQUEUE|MSG_DONTWAIT", fd.as_raw_fd()))?;
    Ok(written)
}
