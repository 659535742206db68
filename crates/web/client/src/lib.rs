//! A small blocking HTTP/1.1 client: enough to fetch, and to show what fetching is.
//!
//! # What it is
//!
//! The other half of the server, and much less of it: a thread asks, and waits in
//! `recv` for the answer. The protocol is [`wirelab_http1::Connection`], the same that the server runs; this crate adds
//! what a protocol without I/O leaves to its driver: sockets, names, time-outs, and which connection to use.
//!
//! ```text
//!   Client        which connection; again on a new one if a kept one was dead; redirects
//!     │
//!   exchange      one request: head, wait for 100, content, head of the response
//!     │
//!   Connection    one socket and one http1::Connection: send(&Event), next_event()
//!     │      │
//!   http1   socket
//! ```
//!
//! # The life of a connection
//!
//! ```text
//!            head of the response     content read to its end
//!   connect ────────▶ Response ────────────────────────────▶ idle ──▶ next request to the same host and port
//!                         │ dropped before, or `Connection: close`     │ FIN seen, or too old
//!                         └──────────────▶ closed ◀────────────────────┘
//! ```
//!
//! # Reading order
//!
//! [`Connection`] (the loop around the sockets), `patience.rs` (time-outs), `exchange.rs` (one request), [`Response`],
//! [`Client`], `idle.rs` (connections between requests), `redirect.rs`.
//!
//! # What is left out, and why
//!
//! - HTTPS: there is no TLS yet, and `https://` is refused by [`Error::Https`].
//! - Several addresses at the same moment (RFC 8305): they are tried one after the other.
//! - A limit for name resolution: the system's resolver has its own, and cannot be interrupted.
//! - Content coding, cookies, caching, proxies and authentication: a client that explains shows what was sent, and sends what
//!   it was told.
//! - Trailers of requests: send them by hand, with [`Connection`].
//! - Content in both directions at once: the response is read when the request has been sent. A server that answers
//!   much while it is still reading ends in [`Error::Timeout`].
//!
//! # Example
//!
//! ```
//! use bytes::BytesMut;
//! use wirelab_client::Client;
//! use wirelab_socket::TcpListener;
//!
//! let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
//! let url = format!("http://{}/greeting", listener.local_addr()?);
//! let server = std::thread::spawn(move || -> std::io::Result<()> {
//!     let (stream, _) = listener.accept_blocking()?;
//!     let mut request = BytesMut::with_capacity(4096);
//!     while !request.ends_with(b"\r\n\r\n") {
//!         stream.read_into(&mut request)?;
//!     }
//!     stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")?;
//!     Ok(())
//! });
//!
//! let mut response = Client::default().get(&url)?;
//! assert_eq!(response.head.status.to_string(), "200 OK");
//! assert_eq!(&response.bytes(1024)?[..], b"hello\n");
//! # server.join().unwrap()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod body;
mod client;
mod config;
mod connection;
mod error;
mod exchange;
mod idle;
mod patience;
mod redirect;
mod request;
mod response;
mod watch;

pub use client::Client;
pub use config::Config;
pub use connection::Connection;
pub use error::Error;
pub use request::RequestBuilder;
pub use response::{Response, Timings};
pub use watch::Seen;
