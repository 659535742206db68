//! What the kernel knows of sockets: `sock_diag` over netlink, its counters, and its settings.
//!
//! # Why ask the kernel
//!
//! A program sees its sockets through the system calls that it makes. The kernel sees more: the connections that wait in a
//! listener's queues before any program has a descriptor, those that are left when the program is gone, who is waited for,
//! and what it had to drop. Most questions of operation are answered there (is the accept queue full? who does not read? which
//! ports does TIME-WAIT hold?), for any process, without touching it. It is what `ss`, `nstat` and `sysctl` show; here one
//! can read how they come to know.
//!
//! # Its place in the stack
//!
//! ```text
//!    listener(port)   syn_queue(port)   connection(a, b)   PortUse   unix_sockets       TcpCounters    Sysctl
//!           └──────────────┴───────┬───────────┴──────────────┴───────────┘                  │            │
//!                  Query ──▶ wire::Message ──▶ netlink socket                          /proc/net/…   /proc/sys/net/…
//!                                  ▲                 │ │                                     │            │
//!    SocketEntry ◀── Answer ◀── wire::Datagram ◀─────┘ │                                     │            │
//! ═════════════════════════════════════════════════════╪═════════════════════════════════════╪════════════╪══ kernel
//!                       tables of sockets, one a network namespace                       counters     settings
//! ```
//!
//! Above [`socket`](wirelab_socket), of which it uses [`TcpInfo`](wirelab_socket::TcpInfo) and the names of states; the
//! messages are read and written with [`wire`](wirelab_wire), so that each of their bytes can be explained. Everything
//! is of the network namespace of the calling thread.
//!
//! # Reading order
//!
//! 1. `sock_diag.rs`: the questions that people have ([`accept_queue`], [`connection`] and others); `query.rs`, [`Query`]: what
//!    they are made of; `entry.rs`, [`SocketEntry`]: what is answered;
//! 2. [`wire`]: the messages, byte by byte; `netlink.rs` and `answer.rs`: the conversation; `sys.rs`: its three system calls;
//! 3. `ports.rs`, [`PortUse`]: ephemeral ports; `unix.rs`: Unix sockets;
//! 4. `counters.rs`, [`TcpCounters`]: what happened, all sockets together; `sysctl.rs`, [`Sysctl`]: what is set.
//!
//! # Invariants
//!
//! Nothing here changes a socket; [`Sysctl::write`] alone changes anything. What the kernel sends is checked as if a stranger had
//! sent it: lengths, the sender, the number of the request; a malformed message is an [`Error`] that names the byte and
//! the field. Memory grows with the number of sockets, up to [`Query::limit`].
//!
//! # What is left out
//!
//! `SOCK_DESTROY` (it closes other programs' sockets); filters that run as bytecode in the kernel, since states, ports and
//! exact lookups need none; events of closed sockets; packet, netlink and raw sockets; the rest of netlink (routes, devices,
//! addresses). Machines whose most significant byte comes first.
//!
//! # Example
//!
//! ```
//! use wirelab_kernel::{accept_queue, connection, syn_queue, Counter, TcpCounters};
//! use wirelab_socket::{ListenOptions, TcpState, TcpStream};
//!
//! # fn main() -> std::io::Result<()> {
//! let before = TcpCounters::read()?;
//! let listener = ListenOptions::default().backlog(16).bind("127.0.0.1:0".parse().unwrap())?;
//! let address = listener.local_addr()?;
//! let client = TcpStream::connect(address)?;                              // nobody accepts
//!
//! let queue = accept_queue(address.port())?.unwrap();
//! assert_eq!((queue.length, queue.limit, syn_queue(address.port())?), (1, 16, 0));
//! let server_end = connection(address, client.local_addr()?)?.unwrap();
//! assert_eq!((server_end.state, server_end.inode), (TcpState::ESTABLISHED, 0));    // and no descriptor yet
//! assert!(TcpCounters::read()?.since(&before).get(Counter::PASSIVE_OPENS) >= 1);
//! # Ok(()) }
//! ```

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod answer;
mod counters;
mod entry;
mod error;
mod netlink;
mod ports;
mod proc;
mod query;
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
pub use ports::{PortUse, ephemeral_range, free_ports};
pub use query::Query;
pub use sock_diag::{accept_queue, connection, listener, listeners, sockets, syn_queue};
pub use sysctl::Sysctl;
pub use unix::{UnixEntry, unix_sockets};
