//! Who decides how fast to send.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::{invalid, methods};
use crate::sys::{self, OptionName};

/// `TCP_CA_NAME_MAX`, with the zero at the end.
const NAME_LIMIT: usize = 16;

methods! {
    [Socket, TcpListener, TcpStream]
    {
        /// `TCP_CONGESTION`: the congestion control of this connection, by name: `cubic` (RFC 9438), `reno`
        /// (RFC 5681), `bbr`. By default as `net.ipv4.tcp_congestion_control` says; accepted sockets inherit
        /// it.
        ///
        /// # Errors
        /// `InvalidInput`: no name of an algorithm has this form. `NotFound`: the kernel does not have it (see
        /// `net.ipv4.tcp_available_congestion_control`). `PermissionDenied`: it is not among the
        /// `tcp_allowed_congestion_control`.
        pub fn set_congestion_control(&self, name: &str) -> io::Result<()> {
            set(self.as_fd(), name)
        }

        /// `TCP_CONGESTION`: the name of the congestion control in force.
        ///
        /// # Errors
        /// None are known for a TCP socket.
        pub fn congestion_control(&self) -> io::Result<String> {
            get(self.as_fd())
        }
    }
}

/// The kernel would cut a longer name off, and might find another algorithm by what is left.
fn set(fd: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if name.is_empty() || name.len() >= NAME_LIMIT || !is_plain {
        return Err(invalid("a congestion control has 1 to 15 letters, digits, '_' and '-'"));
    }
    sys::set_option(fd, OptionName::CONGESTION_CONTROL, name.as_bytes())
}

fn get(fd: BorrowedFd<'_>) -> io::Result<String> {
    let mut name = [0; NAME_LIMIT];
    let length = sys::get_option(fd, OptionName::CONGESTION_CONTROL, &mut name)?;
    let name = name[..length].split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}
