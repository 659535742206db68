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
//! # What a request costs
//!
//! A connection is registered once, for both directions, edge-triggered, and never changed. A request is then
//! one `recv` and one `send`: a read that does not fill its buffer has emptied the socket, so that there is no
//! second one to hear `WouldBlock`; a write that is taken whole asks for nothing; and the `epoll_wait` is
//! shared by all the connections that became ready meanwhile, up to 1024. The busier the server, the cheaper
//! the loop. One rule comes with it: when a handler stops before `WouldBlock` or a short read, for fairness or
//! back-pressure, it must remember so itself, as the edge does not come again.
//!
//! # Reading order
//!
//! `event.rs` ([`Token`], [`Interest`], [`Trigger`], [`Event`]), `poller.rs` ([`Poller`]: epoll, and the only
//! file that knows it), `timers.rs` ([`Timers`]), `waker.rs` ([`Waker`]), `signals.rs` ([`Signals`]),
//! `reactor.rs` ([`Reactor`]: all of them in one call), `sys.rs` (every `unsafe` block).
//!
//! # What is left out
//!
//! No futures, callbacks or tasks: the program's own loop calls, and is not called. No sockets either: whatever
//! has a descriptor can be watched. Regular files cannot, as epoll takes them to be always ready.
//!
//! # Example
//!
//! An echo server's loop; it ends when its one client does:
//!
//! ```
//! use std::io::ErrorKind;
//! use wirelab_reactor::{Interest, Reactor, Token, Trigger};
//! use wirelab_socket::{ListenOptions, TcpStream};
//!
//! # fn main() -> std::io::Result<()> {
//! const LISTENER: Token = Token(0);
//! let listener = ListenOptions::default().nonblocking(true).bind("127.0.0.1:0".parse().unwrap())?;
//! let client = TcpStream::connect(listener.local_addr()?)?;
//! client.write(b"hello")?;
//! client.shutdown(std::net::Shutdown::Write)?;
//!
//! let mut reactor = Reactor::<()>::new()?;
//! reactor.register(&listener, LISTENER, Interest::READABLE, Trigger::Level)?;
//! let mut connections: Vec<TcpStream> = Vec::new();          // token n is connection n - 1
//! let mut buffer = [0; 4096];
//! 'serving: loop {
//!     reactor.poll(None)?;
//!     while let Some(event) = reactor.next_event() {
//!         if event.token() == LISTENER {
//!             let (stream, _peer) = listener.accept()?;
//!             connections.push(stream);
//!             let token = Token(connections.len() as u64);
//!             reactor.register(&connections[connections.len() - 1], token, Interest::BOTH, Trigger::Edge)?;
//!         } else if event.is_readable() {
//!             let stream = &connections[event.token().0 as usize - 1];
//!             loop {
//!                 let count = match stream.read(&mut buffer) {
//!                     Ok(0) => break 'serving,
//!                     Err(error) if error.kind() == ErrorKind::WouldBlock => break,
//!                     result => result?,
//!                 };
//!                 stream.write(&buffer[..count])?;           // a server keeps what a short write leaves
//!                 if count < buffer.len() && !event.is_read_closed() { break }    // nothing is left
//!             }
//!         }
//!     }
//! }
//! assert_eq!(client.read(&mut buffer)?, 5);
//! # Ok(()) }
//! ```

#![allow(unsafe_code, reason = "epoll, eventfd and signalfd have no safe interface; all of it is in sys.rs")]
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
