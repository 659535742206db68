//! The three traits by which a driver, or a simulator, runs a protocol that does no I/O of its own.
//!
//! # Why a protocol without I/O
//!
//! A protocol is a rule for turning bytes into events and commands into bytes. Sockets, threads and clocks are
//! how those bytes travel, and have nothing to do with the rule. Kept apart, the same code runs on a Linux socket, in
//! a simulator with virtual time, and in a test that feeds it one byte at a time:
//!
//! ```text
//!            bytes in                    events out
//!   driver ───────────▶ ┌────────────┐ ─────────────▶ application
//!                       │  protocol  │
//!   driver ◀─────────── └────────────┘ ◀───────────── application
//!            bytes out                   commands in (plain methods)
//! ```
//!
//! # Reading order
//!
//! [`StreamProtocol`] (what lives on TCP), [`DatagramProtocol`] (what lives on UDP), [`PacketProtocol`]
//! (what lives on a network device: a host's whole TCP/IP), [`Instant`] (time as a number that somebody hands in).
//!
//! # What is left out
//!
//! No executor, no futures, no buffers: a driver is a loop of ten lines, and every driver of this workspace shows it.
//!
//! # Example
//!
//! A protocol that answers each line with the same line, and the loop that drives it:
//!
//! ```
//! use bytes::{Bytes, BytesMut};
//! use wirelab_sansio::StreamProtocol;
//!
//! #[derive(Default)]
//! struct Echo { input: BytesMut, output: BytesMut, ended: bool }
//!
//! impl StreamProtocol for Echo {
//!     type Event = Bytes;
//!     type Error = std::convert::Infallible;
//!     fn input(&mut self) -> &mut BytesMut { &mut self.input }
//!     fn receive_eof(&mut self) { self.ended = true }
//!     fn poll_event(&mut self) -> Result<Option<Bytes>, Self::Error> {
//!         let Some(end) = self.input.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
//!         Ok(Some(self.input.split_to(end + 1).freeze()))
//!     }
//!     fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
//!         let line = self.output.split();
//!         out.extend_from_slice(&line);
//!         line.len()
//!     }
//!     fn wants_read(&self) -> bool { self.input.len() < 1024 }
//!     fn wants_shutdown(&self) -> bool { self.ended }
//! }
//!
//! let mut echo = Echo::default();
//! echo.input().extend_from_slice(b"hello\nwor");        // what a socket happened to deliver
//! while let Some(line) = echo.poll_event().unwrap() {
//!     echo.output.extend_from_slice(&line);              // the application's answer
//! }
//! let mut out = BytesMut::new();
//! assert_eq!(echo.poll_transmit(&mut out), 6);
//! assert_eq!(&out[..], b"hello\n");                      // "wor" waits for the rest of its line
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod datagram;
mod instant;
mod packet;
mod stream;

pub use datagram::{DatagramProtocol, Transmit};
pub use instant::Instant;
pub use packet::PacketProtocol;
pub use stream::StreamProtocol;
