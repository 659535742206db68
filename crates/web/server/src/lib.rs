//! One listener, one handler: HTTP on the reactor, with limits, files, and an orderly end.
//!
//! # Why it is a crate of its own
//!
//! A protocol crate turns bytes into requests and answers into bytes. Between it and a program that one can put on a
//! network stand the questions that no protocol answers: how long may a client be silent, how much may it send,
//! what if it does not read, what happens to a request when the program is told to stop, and where do ten
//! thousand idle connections keep their buffers? This crate answers them, in one place and for any handler.
//!
//! # Its place in the stack
//!
//! ```text
//!   your handler            Request ──▶ Step            it names no socket and no version of HTTP
//!       ▲ │
//!       │ ▼
//!   server (this crate)     Exchange: one request and its answer
//!       ▲ │                 Session: one connection's protocol, requests, deadlines; no socket
//!       │ ├───────────────▶ http1::Connection           bytes ⇄ events
//!       │ ▼
//!   serve                   Model: which threads accept, read, handle and write; limits, signals, the end
//!       │
//!   reactor, socket         epoll, poll or io_uring; recv, send, sendfile
//! ```
//!
//! # The life of a connection
//!
//! ```text
//!  accept ─▶ Serving ──────────────────────────────────────▶ Ending ─▶ Lingering ─▶ close
//!            │ head ─▶ handler ─▶ content ⇄ answer ─┐ ▲       last      FIN is sent,
//!            └─────────── keep-alive ◀──────────────┘ │       bytes     what comes is
//!            └─ 101 ─▶ Tunnel (another protocol) ─────┘                 thrown away
//! ```
//!
//! What is waited for has a limit at each place ([`Config`]): the head, the next request, content that stands still, an
//! answer that is not taken, the peer's end. Each connection has one timer, which is not moved when a deadline moves: it
//! expires too early, looks, and is set again for what is left.
//!
//! # Threads
//!
//! [`Server::run`] is one loop on the thread that calls it. [`Server::run_as`] runs the same sessions in another [`Model`]:
//! several loops, a pool of threads for the handler, processes, a thread for each connection. What a client can see is the
//! same in all of them; the tests in `tests/suite` run on each.
//!
//! # What it costs
//!
//! A usual request is two system calls, `recv` and `send`; requests that were pipelined share them, and `epoll_wait` is
//! shared by all the connections that became ready meanwhile. A connection that waits owns no buffers, and takes less than
//! 1.5 kilobytes. Large files go by `sendfile`.
//!
//! # Reading order
//!
//! `handler.rs` and `reply.rs` ([`Handler`], [`Step`], [`Reply`]: what a program sees), `exchange.rs` (one request),
//! `session.rs` (one connection) with `session/serving.rs` (what it does with events and steps) and
//! `session/answering.rs` (how an answer is sent), `server.rs` ([`Server`], [`Handle`]), `files.rs` ([`Files`]), `demo.rs`
//! ([`DemoSite`]). `local.rs` is what the sessions of one thread share; `common_fields.rs` and `access_log.rs` are small parts
//! of it. The loop itself is in the crate `wirelab_serve`.
//!
//! # What is left out, and why
//!
//! - TLS, HTTP/2 and HTTP/3: their crates come later; the handler's side is ready for them.
//! - Waking a waiting [`Source`] or [`Upload`] from another thread: they wait for time, and look again.
//! - A least rate for content: a client may send a byte within each [`stall_time`](Config::stall_time), and holds a
//!   connection and its memory for as long as it does.
//! - In a loop, panics of a handler are not caught: they end it. What a handler was doing when it panicked is unknown. Where a
//!   panic costs a thread of its own, it costs the request, which is answered with 500.
//! - Lists of a folder's files, and compression.
//!
//! # Example
//!
//! A handler that answers `GET` and reads the content of everything else:
//!
//! ```
//! use wirelab_http::{Method, Request};
//! use wirelab_server::{Config, Context, Reply, Server, Step, collect};
//!
//! fn site(request: Request, context: &Context) -> Step {
//!     match request.method {
//!         Method::Get => Reply::text(format!("hello, {}\n", context.peer())).into(),
//!         _ => collect(1024, request, |_request, content| Reply::text(format!("{} bytes\n", content.len())).into()),
//!     }
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default())?;
//! let handle = server.handle();
//! # handle.stop();
//! server.run(site)?;                                         // until somebody calls handle.stop()
//! assert_eq!(handle.counters().open(), 0);
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod access_log;
mod common_fields;
mod config;
mod context;
mod demo;
mod exchange;
mod files;
mod handler;
mod local;
mod reply;
mod server;
mod session;
mod takeover;

pub use config::Config;
pub use context::Context;
pub use demo::DemoSite;
pub use files::Files;
pub use handler::{Flow, Handler, Step, Upload, collect};
pub use reply::{Body, FilePart, Pull, Reply, Source};
pub use server::{Handle, Server};
pub use takeover::{Takeover, Tunnel};
pub use wirelab_serve::{Backend, Counters, Model, Worker};
