//! The messages of netlink and `sock_diag`: bytes to structs and back. No system call, no policy.
//!
//! Numbers are in the order of the machine, since both ends are the same machine; ports and addresses alone keep the
//! order of the network, as the kernel copies them from the socket. The readers here are those of machines whose least
//! significant byte comes first.
//!
//! Reading order: [`Message`] (the header that all messages have) and [`Datagram`] (several of them), [`InetRequest`] and [`InetSocket`] (what is asked
//! and answered of TCP and UDP), [`SocketId`] (addresses and ports), [`Attribute`] (what may follow), [`UnixRequest`]
//! and [`UnixSocket`].

mod attribute;
mod codes;
mod datagram;
mod header;
mod inet;
mod memory;
mod message;
mod nlattr;
pub mod rules;
mod socket_id;
mod unix;
mod unix_attribute;

pub use attribute::Attribute;
pub use codes::{Extensions, Family, Flags, MessageType, Protocol, Show, Timer, UnixKind};
pub use datagram::Datagram;
pub use header::Header;
pub use inet::{InetRequest, InetSocket};
pub use memory::{BufferMemory, SocketMemory};
pub use message::{Message, Payload};
pub use socket_id::SocketId;
pub use unix::{UnixRequest, UnixSocket};
pub use unix_attribute::UnixAttribute;

#[cfg(not(target_endian = "little"))]
compile_error!(
    "netlink speaks the machine's order of bytes, and its readers here know little-endian machines alone"
);
