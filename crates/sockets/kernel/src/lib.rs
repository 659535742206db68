//! What the kernel says of its sockets: sock_diag over netlink, its counters, its settings.

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counters;
mod entry;
mod error;
mod netlink;
mod ports;
mod proc;
mod sock_diag;
#[allow(unsafe_code, reason = "the system calls of a netlink socket; the rest of the crate has none")]
mod sys;
mod sysctl;
mod unix;
pub mod wire;

pub use counters::{Counter, TcpCounters};
pub use entry::SocketEntry;
pub use error::Error;
pub use netlink::Transcript;
pub use ports::{PortUse, ephemeral_range};
pub use sock_diag::{Query, accept_queue, connection, listener, listeners, sockets, syn_queue};
pub use sysctl::Sysctl;
pub use unix::{UnixEntry, unix_sockets};
