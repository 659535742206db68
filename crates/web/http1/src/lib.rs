//! HTTP/1.1 from scratch (RFC 9110, RFC 9112): both roles, strict, incremental, without I/O, every byte explained.
//!
//! # What it is
//!
//! HTTP/1.1 is lines of text and a question: *where does this message end?* A head is a start line, field lines and an
//! empty line; behind it comes content whose extent the fields announce. Whoever answers the question differently from
//! the program in front of him has a security problem (request smuggling), so this crate takes each rule
//! of RFC 9112 §6 literally and refuses what others let pass, each refusal with a name, a byte and a section.
//!
//! # Its place in the stack
//!
//! ```text
//!   application     Event::Request · Data · End        the same events in both directions
//!        ▲ │
//!        │ ▼
//!   Connection      input() → poll_event()             send(&event) → poll_transmit()
//!        ▲ │           │                                   │
//!        │ │         head · content · framing · state    outgoing
//!        │ ▼           │                                   │
//!   bytes           wire: RequestLine, StatusLine, field lines, chunks
//! ```
//!
//! # The life of a connection
//!
//! Each end has two sides, what it sends and what it receives, and each side goes round the same circle ([`state`]):
//!
//! ```text
//!          head            end           next
//!   Idle ────────▶ Content ────▶ Complete ────▶ Idle …
//! ```
//!
//! # Reading order
//!
//! [`wire::RequestLine`] and `wire/field_line.rs` (bytes to lines), `head.rs` (lines that arrive in pieces), `control.rs` and
//! `framing.rs` (where a message ends), `content.rs` (chunks), [`state`], [`Connection`], `send.rs`.
//!
//! # What is left out, and why
//!
//! Transfer codings other than `chunked`: nobody sends them. Obsolete line folding, lone LF as a line end, blanks before a
//! colon, repeated Content-Length: legal to mend, and mending is how two readers come to disagree. That goes for
//! responses as well, where RFC 9112 would have a client mend folded lines (§5.2), and read content with an unknown
//! coding up to the end of the stream (§6.3): this client refuses both. Content coding, ranges and conditions belong to the
//! layer above; deadlines belong to the driver.
//!
//! # Example
//!
//! A server that answers one request, without a socket in sight:
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use wirelab_http::{Fields, Response, StatusCode};
//! use wirelab_http1::{Connection, Event};
//! use wirelab_sansio::StreamProtocol;
//!
//! let mut server = Connection::server();
//! server.input().extend_from_slice(b"GET /about HTTP/1.1\r\nHost: example.com\r\n\r\n");
//! while let Some(event) = server.poll_event()? {
//!     if let Event::Request(request) = event {
//!         let text = Bytes::from(format!("this is {}\n", request.target.path()));
//!         let head = Response::new(StatusCode::OK).with("Content-Length", text.len());
//!         server.send(&Event::Response(head))?;
//!         server.send(&Event::Data(text))?;
//!         server.send(&Event::End(Fields::new()))?;
//!     }
//! }
//! let mut out = BytesMut::new();
//! server.poll_transmit(&mut out);
//! assert_eq!(&out[..], b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\nthis is /about\n");
//! # Ok::<(), wirelab_http1::Error>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config;
mod connection;
mod content;
mod control;
mod error;
mod event;
mod framing;
mod head;
mod outgoing;
mod refuse;
mod send;
pub mod state;
mod tap;
pub mod wire;

pub use config::Config;
pub use connection::Connection;
pub use error::{Error, Misuse, Violation};
pub use event::{Event, Role};
pub use framing::Framing;
pub use tap::Tapped;
