//! What the kernel says of its sockets: sock_diag over netlink, its counters, its settings.

#![allow(unsafe_code, reason = "a netlink socket needs three system calls; all of it is in sys.rs")]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counters;
mod entry;
mod error;
mod netlink;
mod proc;
mod sock_diag;
mod sys;
mod sysctl;
pub mod wire;

pub use counters::{Counter, TcpCounters};
pub use entry::SocketEntry;
pub use error::Error;
pub use sock_diag::{Query, accept_queue, connection, listener, listeners, sockets, syn_queue};
pub use sysctl::Sysctl;
