//! The lab: a page that shows every byte of the request that asked for it.
//!
//! `cargo run` starts it. A browser that opens the address which it prints reads "You just sent 412 bytes", with
//! the name, value, meaning, RFC section and line of source code of each field; then the head of the very answer that
//! brought the page, and what the kernel knows of the connection. A second tab sends odd requests on purpose, and
//! says why they were answered as they were. A third makes sockets of its own and asks the kernel about them: two queues that
//! fill and drain, two writes that wait for each other, the work of each execution model. A fourth simulates a transfer over a path that
//! the visitor describes, and repeats it without the packets that he clicks away. `curl` gets the same as text.
//!
//! # Where things come from
//!
//! ```text
//!  browser ══TCP══▶ wirelab::server ──Request──▶ site.rs ──▶ visit.rs: wire::explain(the bytes that arrived)
//!                        ▲                          │            └▶ meaning.rs: what the registry says
//!                        │                          ▼
//!                        └───────Reply──────── exact.rs: a page that shows its own head ◀── pages/, html.rs
//!
//!  /odd?case=bare-lf ──▶ odd/experiment.rs ══TCP══▶ the same server ──▶ odd/conversation.rs explains both directions
//!                        (a thread of its own)                         odd/verdict.rs names the rule
//!
//!  /sockets/… ─────────▶ sockets/: listeners and clients of its own, on threads of their own ──▶ pages/sockets/
//!
//!  /tcp?delay=20&… ────▶ tcp/: two of our hosts in wirelab::sim, in virtual time ──▶ pages/tcp.rs
//! ```
//!
//! Nothing here describes HTTP a second time: the explanation is a recording of the decoder that serves every other
//! request too, and the head of the answer a recording of the encoder that writes it.
//!
//! # Reading order
//!
//! `site.rs` (which address shows what), `visit.rs` and `meaning.rs` (the request), `exact.rs` (the answer), `numbers.rs` (the
//! connection), `odd/` and `site/odd.rs` (the second tab), `sockets/` and `site/sockets.rs` (the third), `tcp/` and `site/tcp.rs` (the fourth), `background.rs` (experiments that wait), `pages/` and `html.rs` (how it looks), `source.rs` (the code on the page).
//!
//! # What is left out
//!
//! TLS, HTTP/2 and HTTP/3: those crates are not there yet. The framing of a visitor's own chunked content is not shown: the
//! server has removed it before a handler is asked. A template engine: there are ten pages.
//!
//! # Example
//!
//! ```
//! use wirelab::server::{Config, Server};
//! use wirelab_lab::{Lab, odd::experiment::converse};
//!
//! # fn main() -> std::io::Result<()> {
//! let server = Server::bind("127.0.0.1:0".parse().unwrap(), Config::default())?;
//! let (address, handle) = (server.local_addr(), server.handle());
//! let thread = std::thread::spawn(move || server.run(Lab::new(address)));
//!
//! let request = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec();
//! let page = converse(address, &[request], &[wirelab::http::Method::Get])?.received;
//! assert!(String::from_utf8_lossy(&page).contains("You just sent 35 bytes"));
//!
//! handle.stop();
//! thread.join().unwrap()?;
//! # Ok(()) }
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod background;
pub mod cli;
pub mod exact;
pub mod html;
pub mod meaning;
pub mod numbers;
pub mod odd;
pub mod pages;
mod run;
pub mod self_test;
mod site;
pub mod sockets;
mod source;
pub mod tcp;
pub mod visit;

pub use run::main;
pub use site::Lab;
