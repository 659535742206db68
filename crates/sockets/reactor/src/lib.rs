//! A readiness loop: one thread that waits for ten thousand things at once.
//!
//! # Why a loop
//!
//! A thread that reads from a socket waits for that one. Ten thousand mostly idle connections would be ten
//! thousand waiting threads, each with a stack and its turn in the scheduler. A loop asks the kernel once for
//! *all* that is ready, serves each without waiting, and asks again:
//!
//! ```text
//!              ┌───────────────────────────── one turn ──────────────────────────────┐
//!              │                                                                      │
//!   sockets ──▶│          ┌─▶ next_event    read, protocol, write, until WouldBlock   │
//!   signals ──▶│   poll ──┼─▶ next_expired  time-outs                                 │
//!   wakers  ──▶│          └─▶ take_wake     messages from other threads               │
//!   timers  ──▶│     ▲                                │                               │
//!              └─────┼────────────────────────────────┼───────────────────────────────┘
//!                    └────────────────────────────────┘
//! ```
//!
//! # Three mechanisms, one interface
//!
//! A program opens its connections as [`Channel`]s and its listeners as [`Acceptor`]s, and calls the reactor to read,
//! write and accept. Beneath, a [`Backend`] of its choice does it:
//!
//! ```text
//!               epoll                        poll                         io_uring
//!  open         epoll_ctl                    an entry in our array        –
//!  poll         epoll_wait: what is ready    poll: all entries there      io_uring_enter: takes all operations, waits,
//!                                            and back                     and brings their results
//!  read         recv                         recv                         copies what the kernel has received already
//!  write        send                         send                         an operation, submitted with the next poll
//! ```
//!
//! The program cannot tell them apart: a channel is an edge-triggered, non-blocking socket in each. What shows through
//! nevertheless is listed at [`Channel`] and [`Reactor::register`].
//!
//! # What a request costs
//!
//! With epoll, a connection is registered once, for both directions, edge-triggered, and never changed. A request is
//! then one `recv` and one `send`: a read that does not fill its buffer has emptied the socket, so that there is no
//! second one to hear `WouldBlock`; a write that is taken whole asks for nothing; and the `epoll_wait` is shared by all
//! the connections that became ready meanwhile, up to 1024. The busier the server, the cheaper the loop. With a ring,
//! the one call of the turn is all there is. One rule comes with it: when a handler stops before `WouldBlock` or a short
//! read, for fairness or back-pressure, it must remember so itself, as the edge does not come again.
//!
//! System calls for one request of 64 connections that ask without pause (the bench `requests_per_cpu_second` counts
//! them): epoll and `poll` 2.06, io_uring 0.06.
//!
//! # Reading order
//!
//! `event.rs` ([`Token`], [`Interest`], [`Trigger`], [`Event`]), `reactor.rs` ([`Reactor`]: the turn), `channel.rs` and
//! `acceptor.rs` ([`Channel`], [`Acceptor`]: the calls). Beneath them, `backend.rs` ([`Backend`]) and `driver.rs`, and
//! the three: `epoll.rs`, `poll.rs`, `uring/`. Beside them, `timers.rs` ([`Timers`]), `waker.rs` ([`Waker`]),
//! `signals.rs` ([`Signals`]), `link.rs` (the end of a channel). Every `unsafe` block is in `sys/`: the calls in
//! `sys/mod.rs`, and in `sys/uring/` the memory that is shared with the kernel (`ring.rs` says who owns it).
//!
//! # What is left out
//!
//! No futures, callbacks or tasks: the program's own loop calls, and is not called. Channels are TCP connections;
//! whatever else has a descriptor can be watched. Regular files cannot, as they are always ready: parts of them are
//! sent. Of a ring: multishot receive (a connection that is not read would empty the pool), zero-copy sends (they pay
//! for large writes only), registered descriptors, the kernel's polling thread (a processor for each ring). Other
//! systems: `poll.rs` keeps to POSIX and says what else a port would need.
//!
//! # Example
//!
//! An echo server's loop; it ends when its one client does:
//!
//! ```
//! use bytes::BytesMut;
//! use wirelab_reactor::{Reactor, Token};
//! use wirelab_socket::{TcpListener, TcpStream};
//!
//! # fn main() -> std::io::Result<()> {
//! const LISTENER: Token = Token(0);
//! let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
//! let client = TcpStream::connect(listener.local_addr()?)?;
//! client.write(b"hello")?;
//! client.shutdown(std::net::Shutdown::Write)?;
//!
//! let mut reactor = Reactor::<()>::new()?;                   // or with_backend(Backend::Uring)
//! let mut acceptor = reactor.listen(listener, LISTENER)?;
//! let mut channels = Vec::new();                             // token n is channel n - 1
//! let mut buffer = BytesMut::with_capacity(4096);
//! 'serving: loop {
//!     reactor.poll(None)?;
//!     while let Some(event) = reactor.next_event() {
//!         if event.token() == LISTENER {
//!             let (stream, _peer) = reactor.accept(&mut acceptor)?;
//!             channels.push(reactor.open(stream, Token(channels.len() as u64 + 1))?);
//!             continue;
//!         }
//!         let channel = &channels[event.token().0 as usize - 1];
//!         while event.is_readable() {
//!             buffer.clear();
//!             match reactor.read(channel, &mut buffer) {
//!                 Ok(0) => break 'serving,
//!                 Ok(_) => reactor.write(channel, &buffer)?, // a server keeps what a short write leaves
//!                 Err(_would_block) => break,
//!             };
//!         }
//!     }
//! }
//! channels.into_iter().for_each(|channel| reactor.close(channel));
//! assert_eq!(client.read(&mut [0; 16])?, 5);
//! # Ok(()) }
//! ```

#![allow(unsafe_code, reason = "epoll, io_uring and signalfd have no safe interface; all of it is in sys")]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod acceptor;
mod backend;
mod channel;
mod driver;
mod epoll;
mod event;
mod link;
mod poll;
mod reactor;
mod signals;
mod sys;
mod timers;
mod uring;
mod waker;

pub use acceptor::Acceptor;
pub use backend::{Backend, UnknownBackend};
pub use channel::Channel;
pub use event::{Event, Interest, Token, Trigger};
pub use reactor::Reactor;
pub use signals::{Signal, Signals};
pub use timers::{Expired, TimerId, Timers};
pub use uring::UringConfig;
pub use waker::Waker;
