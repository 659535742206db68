//! Flags of the descriptor, and the error that waits.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use super::kinds::Size;
use super::{get, methods};
use crate::sys::{self, OptionName};

methods! {
    [Socket, TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream, UnixDatagram, PacketSocket]
    {
        /// `O_NONBLOCK`: whether calls that would wait return [`WouldBlock`](io::ErrorKind::WouldBlock). Off by
        /// default. It is a flag of the open socket, which every duplicate of the descriptor shares.
        ///
        /// # Errors
        /// None are known for an open socket.
        pub fn set_nonblocking(&self, on: bool) -> io::Result<()> {
            set_nonblocking(self.as_fd(), on)
        }

        /// Whether `O_NONBLOCK` is set.
        ///
        /// # Errors
        /// None are known for an open socket.
        pub fn is_nonblocking(&self) -> io::Result<bool> {
            Ok(sys::status_flags(self.as_fd())? & libc::O_NONBLOCK != 0)
        }

        /// Whether the descriptor is closed when the process executes another program. Every socket of this
        /// crate is made so.
        ///
        /// # Errors
        /// None are known for an open socket.
        pub fn is_close_on_exec(&self) -> io::Result<bool> {
            Ok(sys::descriptor_flags(self.as_fd())? & libc::FD_CLOEXEC != 0)
        }

        /// `SO_ERROR`: the error that happened since the last call and was reported by none, and clears it.
        ///
        /// # Errors
        /// Asking itself fails for no known reason.
        pub fn take_error(&self) -> io::Result<Option<io::Error>> {
            let number = get::<Size>(self.as_fd(), OptionName::ERROR)? as i32;
            Ok((number != 0).then(|| io::Error::from_raw_os_error(number)))
        }
    }
}

fn set_nonblocking(fd: BorrowedFd<'_>, on: bool) -> io::Result<()> {
    let flags = sys::status_flags(fd)?;
    let wanted = if on { flags | libc::O_NONBLOCK } else { flags & !libc::O_NONBLOCK };
    if wanted == flags { Ok(()) } else { sys::set_status_flags(fd, wanted) }
}
