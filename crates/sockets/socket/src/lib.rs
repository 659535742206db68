//! Linux sockets: safe wrappers over the system calls, each saying what the kernel does.
//!
//! # Why wrap the calls
//!
//! Above this crate, everything is bytes in and bytes out. Below it is the kernel, which runs TCP by itself: it
//! shakes hands, retransmits, and closes, whether or not the program looks. A program sees of this what the
//! system calls show, and most surprises of network programming (a connection before `accept`, a write that
//! succeeds to a peer that is gone, an RST from a plain `close`) come from not knowing which side of the line a
//! thing happens on. The standard library has sockets too; here each call can be seen, with the options that
//! servers need.
//!
//! # The life of a TCP socket
//!
//! ```text
//!        server                                                          client
//!   Socket::tcp_for    socket                                Socket::tcp_for    socket
//!   Socket::bind       bind
//!   Socket::listen     listen ──▶ LISTEN
//!                                   │          ◀── SYN ────  TcpStream::connect connect ──▶ SYN-SENT
//!                        ┌──────────▼─────────┐
//!                        │ SYN queue          │
//!                        │ SYN-RECEIVED       │ ─ SYN+ACK ─▶                    connect returns: ESTABLISHED
//!                        └──────────┬─────────┘
//!                                   │          ◀── ACK ────
//!                        ┌──────────▼─────────┐
//!                        │ accept queue       │              TcpStream::write may be called already
//!                        │ ESTABLISHED        │
//!                        └──────────┬─────────┘
//!   TcpListener::accept  accept4 ◀──┘  a descriptor; nothing is sent
//!   read, write          recv, send            ◀── data ──▶  read, write
//!   read returns 0       CLOSE-WAIT            ◀── FIN ────  TcpStream::shutdown(Write): FIN-WAIT
//!   drop                 close: LAST-ACK        ── FIN ───▶  read returns 0: TIME-WAIT
//! ```
//!
//! The first queue holds what has sent a SYN, the second what has finished the handshake and waits for
//! `accept`. The backlog of [`Socket::listen`] bounds the second, which
//! [`TcpListener::accept_queue`] reads; and the crate `kernel` tells of their overflows. An attacker fills
//! the first with SYNs from false addresses, against which the kernel has SYN cookies (RFC 4987 §3.6).
//!
//! # Reading order
//!
//! 1. **A connection**: `socket.rs` ([`Socket`]: the calls in their order), `listener.rs` ([`TcpListener`], and
//!    what to do when accepting fails), `connect.rs` and `stream.rs` ([`TcpStream`]: connecting, and moving
//!    bytes); in one go, `listen_options.rs` and `connect_options.rs` ([`ListenOptions`], [`ConnectOptions`]).
//! 2. **Its options**: `options.rs`, and below it a table for each purpose: `address.rs`, `handshake.rs`,
//!    `latency.rs`, `buffers.rs`, `lifetime.rs`, `keep_alive.rs`, `congestion.rs`, `identity.rs`. How values
//!    become bytes: `kinds.rs`.
//! 3. **What the kernel knows of it**: `tcp_info.rs` ([`TcpInfo`], every field in one table), `memory.rs`
//!    ([`SocketMemory`]), `queues.rs` ([`AcceptQueue`]), `usage.rs` ([`Usage`]: what the conversation cost).
//! 4. **Other sockets**: `udp.rs` and `udp/` ([`UdpSocket`]: one datagram a call, many a call, many in one
//!    buffer), `unix.rs` and `unix/` ([`UnixStream`], [`UnixListener`], [`UnixDatagram`], and descriptors that
//!    travel).
//! 5. **Bytes that are not copied**: [`TcpStream::sendfile`], `pipe.rs` ([`Pipe`]: `splice`), `zero_copy.rs`
//!    ([`ZeroCopy`]: `MSG_ZEROCOPY`, and why it is safe).
//! 6. **What is underneath**: `address.rs` (the bytes of a `sockaddr`), `control.rs` (of a control message),
//!    `error_queue.rs`, and `sys.rs` with `sys/`: every system call, and every `unsafe` block.
//! 7. **To watch and to play**: `record.rs` ([`record`]: the calls that were made, as `strace` writes them),
//!    `packet.rs` ([`PacketSocket`]: the packets that an interface sees, as `tcpdump` reads them),
//!    `namespace.rs` ([`Namespace`]: a network of one's own).
//!
//! # Invariants
//!
//! Every descriptor is close-on-exec from its creation. No write can raise SIGPIPE, but for
//! [`TcpStream::sendfile`] and [`Pipe::drain`]. Calls that a signal interrupts are made again. Errors are
//! [`std::io::Error`], with the kernel's number inside; would-block is [`std::io::ErrorKind::WouldBlock`]. Each
//! option has a setter and a getter, and a builder makes no call for what is the kernel's default.
//!
//! # What is left out
//!
//! Other systems than Linux (their calls differ in the flags that matter most here). Raw sockets, and packet sockets that send. Multicast,
//! which is a subject of its own. Control messages on IP sockets that tell of each packet (time to live,
//! arrival time, interface). `IP_TRANSPARENT` and other options of routers. `sendfile` from a file to a file
//! and `vmsplice`. Waiting for many sockets, and `io_uring`, which is another way of calling: see the crate
//! `reactor`. The kernel's tables: see `kernel`.
//!
//! # Example
//!
//! ```
//! use std::net::Shutdown;
//! use wirelab_socket::{TcpListener, TcpStream};
//!
//! # fn main() -> std::io::Result<()> {
//! let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
//! let client = TcpStream::connect(listener.local_addr()?)?;       // succeeds: the kernel shakes hands
//! client.write(b"a question")?;                                   // succeeds: the kernel keeps it
//! client.shutdown(Shutdown::Write)?;                              // and the end of it
//!
//! let (server, _peer) = listener.accept_blocking()?;              // only now does the program hear of it
//! let mut question = Vec::with_capacity(1024);
//! while server.read_into(&mut question)? > 0 {}                   // until the FIN
//! server.write(&question)?;                                       // the other direction is still open
//! drop(server);
//!
//! let mut answer = Vec::with_capacity(1024);
//! while client.read_into(&mut answer)? > 0 {}
//! assert_eq!(answer, b"a question");
//! # Ok(()) }
//! ```

#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(not(target_os = "linux"))]
compile_error!("this crate speaks to the Linux kernel; on another system, run it in a container");

mod address;
mod connect;
mod connect_options;
mod control;
mod error_queue;
mod listen_options;
mod listener;
mod memory;
mod namespace;
mod options;
mod packet;
mod pipe;
mod queues;
mod record;
mod socket;
mod stream;
#[allow(unsafe_code, reason = "the system calls are what this crate wraps; all of them are here")]
mod sys;
mod tcp_info;
mod udp;
mod unix;
mod usage;
mod zero_copy;

pub use connect_options::ConnectOptions;
pub use listen_options::ListenOptions;
pub use listener::{AcceptFailure, TcpListener};
pub use memory::SocketMemory;
pub use namespace::Namespace;
pub use options::KeepAlive;
pub use packet::{PacketFilter, PacketSocket, PacketStatistics, PacketWay, SeenPacket};
pub use pipe::Pipe;
pub use queues::AcceptQueue;
pub use record::{Call, record};
pub use socket::Socket;
pub use stream::TcpStream;
pub use tcp_info::{CongestionState, TcpInfo, TcpInfoField, TcpInfoValue, TcpState};
pub use udp::{Datagram, ReceiveBatch, UdpSocket};
pub use unix::{Credentials, MAX_DESCRIPTORS, UnixAddress, UnixDatagram, UnixListener, UnixStream};
pub use usage::{Usage, process_cpu_time, raise_descriptor_limit, thread_cpu_time};
pub use zero_copy::{Completions, ZeroCopy};
