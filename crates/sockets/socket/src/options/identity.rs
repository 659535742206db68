//! What a descriptor is: options that can only be read. A server that inherits descriptors asks them first.

use std::io;
use std::os::fd::AsFd;

use super::kinds::{Flag, Size};
use super::{get, methods};
use crate::sys::{self, OptionName};

methods! {
    [Socket, TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream, UnixDatagram]
    {
        /// `SO_DOMAIN`: the address family: `AF_INET` (2), `AF_INET6` (10), `AF_UNIX` (1).
        ///
        /// # Errors
        /// `ENOTSOCK`: the descriptor is not a socket.
        pub fn domain(&self) -> io::Result<i32> {
            Ok(get::<Size>(self.as_fd(), OptionName::DOMAIN)? as i32)
        }

        /// `SO_TYPE`: `SOCK_STREAM` (1) or `SOCK_DGRAM` (2).
        ///
        /// # Errors
        /// `ENOTSOCK`: the descriptor is not a socket.
        pub fn kind(&self) -> io::Result<i32> {
            Ok(get::<Size>(self.as_fd(), OptionName::TYPE)? as i32)
        }

        /// `SO_PROTOCOL`: `IPPROTO_TCP` (6), `IPPROTO_UDP` (17), 0 for Unix sockets.
        ///
        /// # Errors
        /// `ENOTSOCK`: the descriptor is not a socket.
        pub fn protocol(&self) -> io::Result<i32> {
            Ok(get::<Size>(self.as_fd(), OptionName::PROTOCOL)? as i32)
        }

        /// `SO_ACCEPTCONN`: whether the socket listens.
        ///
        /// # Errors
        /// `ENOTSOCK`: the descriptor is not a socket.
        pub fn is_listening(&self) -> io::Result<bool> {
            get::<Flag>(self.as_fd(), OptionName::LISTENING)
        }

        /// `SO_COOKIE`: a number that no other socket of this kernel has or will have, by which `sock_diag(7)`
        /// finds it again.
        ///
        /// # Errors
        /// `ENOTSOCK`: the descriptor is not a socket.
        pub fn cookie(&self) -> io::Result<u64> {
            let mut cookie = [0; 8];
            sys::get_option(self.as_fd(), OptionName::COOKIE, &mut cookie)?;
            Ok(u64::from_ne_bytes(cookie))
        }
    }
}
