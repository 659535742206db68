use std::io;
use std::os::fd::AsFd;

use crate::options::methods;
use crate::sys::{self, OptionName};

/// Who is at the other end: `SO_PEERCRED`.
///
/// The kernel wrote it down when the connection was made (`connect`, or `socketpair`; of a server, `listen`):
/// the peer cannot lie about it. It does not follow later changes, and the number of a process that has ended
/// may be another's by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The process. `None` if this process cannot see it (it is in another PID namespace).
    pub process: Option<u32>,
    /// The user that it acted as.
    pub user: u32,
    /// The group that it acted as.
    pub group: u32,
}

methods! {
    [UnixStream, UnixDatagram]
    {
        /// `SO_PEERCRED`: who connected.
        ///
        /// ```
        /// use wirelab_socket::UnixStream;
        ///
        /// # fn main() -> std::io::Result<()> {
        /// let (one, _other) = UnixStream::pair()?;
        /// assert_eq!(one.peer_credentials()?.process, Some(std::process::id()));
        /// # Ok(()) }
        /// ```
        ///
        /// # Errors
        /// `InvalidData`: the socket has no peer whom the kernel knows (a datagram socket that is not of a
        /// pair).
        pub fn peer_credentials(&self) -> io::Result<Credentials> {
            let mut words = [[0; 4]; 3];
            sys::get_option(self.as_fd(), OptionName::PEER_CREDENTIALS, words.as_flattened_mut())?;
            let [process, user, group] = words.map(u32::from_ne_bytes);
            // The kernel's words for nobody.
            if user == u32::MAX {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "no peer with credentials"));
            }
            Ok(Credentials { process: (process != 0).then_some(process), user, group })
        }
    }
}
