//! The error queue of a socket: what the kernel has to say of packets that were sent long ago.

use std::io;
use std::os::fd::BorrowedFd;

use crate::{control, sys};

/// `struct sock_extended_err` of `linux/errqueue.h`:
///
/// ```text
///  0               4       5       6       7       8               12              16
///  │     errno     │origin │ type  │ code  │  pad  │     info      │     data      │
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ExtendedError {
    pub(crate) errno: i32,
    /// Who speaks: the host itself, ICMP, or a notification that is no error.
    pub(crate) origin: u8,
    /// Of an ICMP message, its type.
    pub(crate) kind: u8,
    /// Of an ICMP message, its code.
    pub(crate) code: u8,
    pub(crate) info: u32,
    pub(crate) data: u32,
}

const SIZE: usize = 16;
/// One of them with the address of who sent the ICMP message behind it.
const ROOM: usize = control::space(SIZE + 28);

/// Takes the oldest entry of the queue; `None` if it is empty.
pub(crate) fn next(fd: BorrowedFd<'_>) -> io::Result<Option<ExtendedError>> {
    let mut control = [0; ROOM];
    match sys::retry(|| sys::recv_error_queue(fd, &mut control)) {
        Ok(written) => {
            let error = control::messages(&control[..written]).find_map(decode);
            error
                .map(Some)
                .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an error without its words"))
        }
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

fn decode(message: control::Message<'_>) -> Option<ExtendedError> {
    let is_error = matches!(
        (message.level, message.kind),
        (libc::SOL_IP, libc::IP_RECVERR) | (libc::SOL_IPV6, libc::IPV6_RECVERR)
    );
    let (words, _address) = message.data.as_chunks();
    let [errno, [origin, kind, code, _pad], info, data, ..] = *words else { return None };
    is_error.then_some(ExtendedError {
        errno: i32::from_ne_bytes(errno),
        origin,
        kind,
        code,
        info: u32::from_ne_bytes(info),
        data: u32::from_ne_bytes(data),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;

    #[test]
    fn fields_are_read_where_the_kernel_puts_them() {
        let data: [u8; SIZE] = std::array::from_fn(|at| at as u8);
        let message = control::Message { level: libc::SOL_IP, kind: libc::IP_RECVERR, data: &data };
        let error = decode(message).unwrap();
        let first = |value: u32| usize::from(value.to_ne_bytes()[0]);
        assert_eq!(size_of::<libc::sock_extended_err>(), SIZE);
        assert_eq!(usize::from(error.origin), offset_of!(libc::sock_extended_err, ee_origin));
        assert_eq!(usize::from(error.kind), offset_of!(libc::sock_extended_err, ee_type));
        assert_eq!(usize::from(error.code), offset_of!(libc::sock_extended_err, ee_code));
        assert_eq!(first(error.info), offset_of!(libc::sock_extended_err, ee_info));
        assert_eq!(first(error.data), offset_of!(libc::sock_extended_err, ee_data));
        assert_eq!(decode(control::Message { data: &data[..15], ..message }), None);
        assert_eq!(decode(control::Message { kind: libc::IP_TTL, ..message }), None);
    }
}
