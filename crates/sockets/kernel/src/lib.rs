//! What the kernel says of its sockets: sock_diag over netlink, its counters, its settings.

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod counters;
mod proc;
mod sysctl;

pub use counters::{Counter, TcpCounters};
pub use sysctl::Sysctl;
