//! Execution models: one service, many ways to run it on threads and processes.
//!
//! # Why it is a crate of its own
//!
//! What a server says to its clients, and which thread says it, are two questions. Most servers answer both in the same
//! lines, and then cannot be moved from one model to another, nor measured in both. Here a protocol is a [`Session`],
//! which knows neither socket nor thread nor clock, a program is a [`Service`], which makes sessions and handles what they
//! find, and a [`Model`] is who calls them. All models have the same limits, the same counters and the same end.
//!
//! # Its place in the stack
//!
//! ```text
//!   web/server, or your protocol        Service: sessions, handler     it names no model
//!       ▲ │
//!       │ ▼
//!   serve (this crate)                  Model: loops, threads, processes; hand-over; limits; the end
//!       │
//!       ▼
//!   reactor, socket                     readiness or rings; recv, send, sendfile, accept
//! ```
//!
//! # The models
//!
//! `A` accepts, `R` reads and writes, `H` handles:
//!
//! ```text
//!  SingleLoop          [A R H]                            one slow H holds up all
//!  Readers(n)          [A] ─connections─▶ n × [R H]       by whoever has the fewest connections
//!  WorkerPool(n)       [A R] ⇄ requests, answers ⇄ n × [H]      a slow H holds up itself
//!  SharedListener(n)   one queue ═▶ n × [A R H]           by whoever is awake
//!  Shards(n)           n queues ═▶ n × [A R H]            by a hash of the addresses
//!  Processes(n)        one queue ═▶ n × [A R H]           nothing is shared: what kills one spares the others
//!  ThreadPerConnection [A] ─connections─▶ [R H] each      a slow H holds up itself, and each has a stack
//! ```
//!
//! # The life of a connection
//!
//! ```text
//!  accept ─▶ Open ⇄ Asked ─▶ Ending ─▶ Lingering ─▶ close
//!            │ a request is     last      FIN is sent, what comes is thrown away
//!            │ elsewhere        bytes
//!            └─ Next::Close, an error, a time-out ─▶ close
//! ```
//!
//! A descriptor belongs to the loop (or the thread) that serves the connection, and to nobody else: requests that travel
//! take [`Facts`] with them, which do not keep it open. Who accepts takes one of
//! [`max_connections`](Config::max_connections) places first, which all workers have in common, and who closes gives it
//! back.
//!
//! # The end
//!
//! [`Handle::stop`], or a signal: each worker takes what waits in the accept queue, closes its listener, tells its sessions
//! ([`Session::stop`]), and ends with its last connection, or when [`grace_time`](Config::grace_time) is over. The model's
//! other threads follow. [`Server::take_over`] puts another process in this one's place without a moment in which nobody listens.
//!
//! # When a handler panics
//!
//! In [`WorkerPool`](Model::WorkerPool) and [`ThreadPerConnection`](Model::ThreadPerConnection) it costs its request: the
//! session is told ([`Session::fail`]), and `panic` is counted. In a process, it costs the process, which is restarted. In
//! the other models it ends its loop with all connections there, the other loops finish in good order, and
//! [`Server::run_as`] panics: what the loop was doing when it was interrupted is unknown, and a server that goes on with a
//! part of its threads is harder to notice than one that ends.
//!
//! # Reading order
//!
//! `service.rs` ([`Service`], [`Session`], [`Next`]: what a protocol is asked), `connection.rs` (a session and its socket:
//! the rounds of recv, advance, send), `event_loop.rs` (all connections of a thread), `models.rs` and `models/` (who makes
//! which threads), `pool.rs` and `inbox.rs` (what goes between them), `counters.rs` and `tally.rs` (numbers in shared
//! memory), `control.rs` (the end), `handover.rs`. `sys.rs` has every `unsafe` block.
//!
//! # What is left out
//!
//! - Moving a connection that is open from one worker to another.
//! - Binding threads to processors, and choosing a shard by the processor on which a packet came (`SO_INCOMING_CPU`).
//! - Priorities: a pool's requests are handled in the order in which they came.
//!
//! # Example
//!
//! Lines that come back in capitals, in every model of threads:
//!
//! ```
//! use std::io::{BufRead, BufReader, Write};
//!
//! use bytes::{Bytes, BytesMut};
//! use wirelab_serve::{Config, Facts, Model, Next, Server, Service, Session, Turn};
//!
//! struct Shouting;
//!
//! #[derive(Default)]
//! struct Line { input: BytesMut, ended: bool }
//!
//! impl Service for Shouting {
//!     type Local = ();
//!     type Request = Bytes;
//!     type Answer = Bytes;
//!     type Session = Line;
//!     fn local(&self, _worker: usize) {}
//!     fn open(&self, _facts: Facts, _turn: &mut Turn<'_, ()>) -> Line { Line::default() }
//!     fn handle(&self, line: Bytes) -> Bytes { line.to_ascii_uppercase().into() }
//! }
//!
//! impl Session for Line {
//!     type Local = ();
//!     type Request = Bytes;
//!     type Answer = Bytes;
//!     fn input(&mut self) -> &mut BytesMut { &mut self.input }
//!     fn receive_eof(&mut self) { self.ended = true }
//!     fn advance(&mut self, turn: &mut Turn<'_, ()>) -> Next<Bytes> {
//!         match self.input.iter().position(|byte| *byte == b'\n') {
//!             Some(end) => Next::Request(self.input.split_to(end + 1).freeze()),
//!             None if self.input.len() > 1000 => Next::Close(Some("line-too-long")),
//!             None if self.ended || turn.stopping.is_some() => Next::Shutdown,
//!             None => Next::Wait,
//!         }
//!     }
//!     fn answer(&mut self, line: Bytes, turn: &mut Turn<'_, ()>) { turn.out.extend_from_slice(&line) }
//!     fn fail(&mut self, _turn: &mut Turn<'_, ()>) { self.ended = true }
//!     fn stop(&mut self, _turn: &mut Turn<'_, ()>) {}
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! for model in Model::ALL.into_iter().filter(|model| !matches!(model, Model::Processes(_))) {
//!     let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default())?;
//!     let (address, handle) = (server.local_addr(), server.handle());
//!     let thread = std::thread::spawn(move || server.run_as(model, &Shouting));
//!
//!     let mut client = BufReader::new(std::net::TcpStream::connect(address)?);
//!     client.get_mut().write_all(b"hello\n")?;
//!     let mut line = String::new();
//!     client.read_line(&mut line)?;
//!     assert_eq!(line, "HELLO\n", "{model}");
//!
//!     drop(client);                                    // or the server waits some seconds for its end
//!     handle.stop();
//!     thread.join().unwrap()?;
//!     assert_eq!((handle.counters().accepted(), handle.counters().open()), (1, 0), "{model}");
//! }
//! # Ok(()) }
//! ```

#![allow(unsafe_code, reason = "shared memory and fork have no safe interface; all of it is in sys.rs")]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accepting;
mod alarm;
mod buffers;
mod config;
mod connection;
mod control;
mod counters;
mod event_loop;
mod facts;
mod handover;
mod inbox;
mod incidents;
mod io;
mod model;
mod models;
mod pool;
mod server;
mod service;
mod slab;
mod sys;
mod tally;
mod turn;
mod worker;

pub use config::Config;
pub use counters::{Counters, Worker};
pub use facts::Facts;
pub use model::Model;
pub use server::{Handle, Server};
pub use service::{FilePart, Next, Service, Session};
pub use tally::Tally;
pub use turn::Turn;
pub use wirelab_reactor::Backend;
