use std::io;

use thiserror::Error;
use wirelab_wire::WireError;

/// Why a conversation with the kernel over netlink failed, when it was not a system call's own error. It comes inside of an
/// [`io::Error`] ([`io::Error::get_ref`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// What came is no netlink message.
    #[error("netlink: {0}")]
    Wire(#[from] WireError),
    /// A datagram was longer than the buffer for it, and its rest is lost.
    #[error("netlink: a datagram of {length} bytes, for which there are {room}")]
    Truncated {
        /// Its length in bytes.
        length: usize,
        /// The buffer's length in bytes.
        room: usize,
    },
    /// The kernel lost messages (`NLMSG_OVERRUN`).
    #[error("netlink: the kernel lost messages (NLMSG_OVERRUN)")]
    Overrun,
    /// The table changed during each of these dumps (`NLM_F_DUMP_INTR`).
    #[error("netlink: {attempts} dumps, and the table changed during each (NLM_F_DUMP_INTR)")]
    Interrupted {
        /// How often it was tried.
        attempts: u32,
    },
    /// There are more sockets than the query takes.
    #[error("netlink: more than {limit} sockets match")]
    TooMany {
        /// How many it takes.
        limit: usize,
    },
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match error {
            Error::Wire(_) | Error::Truncated { .. } => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}
