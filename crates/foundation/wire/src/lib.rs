//! Bytes to fields and back, with names: one reader that both decodes and explains.
//!
//! # Why the reader is the explanation
//!
//! A protocol's code knows which byte means what, and then throws that knowledge away: a dissector has to say it all a
//! second time, and the two descriptions drift apart. Here the name of a field is an argument of the call that reads it.
//! Run with a [`Trace`] that records, the decoder yields the tree of its fields, each with its bits, value, section and the
//! line of source code that read it; run with the trace [`Off`], the names are gone after compilation and
//! cost nothing (the bench `wire_instructions` counts it).
//!
//! # Its place in the stack
//!
//! The bottom: it depends on nothing else here, and every format stands on it.
//!
//! ```text
//!            impl Decode                       impl Encode
//!  bytes ──▶ Reader<Off> ─────▶ message ─────▶ Writer<Off> ──▶ bytes
//!
//!  bytes ──▶ Reader<Recorder> ─▶ Explanation ◀─ Writer<Recorder> ◀── message
//!                                    │
//!                 terminal · html · json · the four checks
//! ```
//!
//! # Reading order
//!
//! 1. `reader.rs`: [`Reader`], the fields of binary formats, and [`Decode`]; `text.rs`: the grammars of text formats;
//! 2. `error.rs`: [`WireError`], which names byte, field and [`Rule`];
//! 3. `trace.rs` and `record.rs`: what a reader reports, and the [`Recorder`] that makes a tree of it;
//! 4. `explain.rs`: [`explain()`] and the tree; [`render`]: what it looks like;
//! 5. `writer.rs`: [`Writer`] and [`Encode`]; [`testing`]: the checks that keep both honest;
//! 6. `byte_set.rs`: how the end of a token is found sixteen bytes at a time; [`hex`].
//!
//! # Whole or prefix
//!
//! A datagram that ends too early is its sender's mistake ([`Reader::whole`], [`ErrorKind::Overrun`]); a stream that does so
//! has just not delivered the rest ([`Reader::prefix`], [`ErrorKind::Incomplete`]). Inside of a block with a
//! length of its own ([`Reader::block`]) it is a mistake either way.
//!
//! # What is left out, and why
//!
//! Variable-length integers: each protocol has its own kind, and none of those that exist here has one. Derive macros: a
//! decoder is a dozen lines that one can step through. Encoders that fail: what cannot be written should not be possible to
//! build.
//!
//! # Example
//!
//! ```
//! use wirelab_wire::{Decode, Reader, Rule, Trace, WireError, explain, render};
//!
//! const VERSION: Rule = Rule { name: "version", says: "is not 2", section: "RFC 0 §1" };
//!
//! struct Greeting<'a> { urgent: bool, text: &'a [u8] }
//!
//! impl<'a> Decode<'a> for Greeting<'a> {
//!     const NAME: &'static str = "greeting";
//!     const SECTION: &'static str = "RFC 0";
//!     fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
//!         if r.bits::<7>("version")? != 2 { return Err(r.invalid("version", &VERSION)); }
//!         let urgent = r.flag("urgent")?;
//!         let len = r.u8("length")?;
//!         let text = r.block(len.into(), "body", |r| r.text(r.remaining().len(), "text"))?;
//!         Ok(Greeting { urgent, text })
//!     }
//! }
//!
//! let greeting = Greeting::decode(&mut Reader::whole(b"\x05\x02hi"))?;      // nothing recorded
//! assert_eq!((greeting.urgent, greeting.text), (true, &b"hi"[..]));
//!
//! let (result, explanation) = explain::<Greeting>(b"\x05\x03hi");
//! let why = "byte 2, field `body`: runs 1 byte past the end of its enclosing block";
//! assert_eq!(result.map(|greeting| greeting.urgent).unwrap_err().to_string(), why);
//! assert!(render::terminal(&explanation, render::Style::PLAIN).contains("0000010."));
//! # Ok::<(), WireError>(())
//! ```

#![deny(unsafe_code)] // allowed once, in byte_set.rs
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod byte_set;
mod error;
mod explain;
pub mod hex;
mod reader;
mod record;
pub mod render;
pub mod testing;
mod text;
mod trace;
mod writer;

pub use byte_set::ByteSet;
pub use error::{ErrorKind, Rule, WireError};
pub use explain::{Buffer, Explanation, Node, explain, explain_prefix, explain_with, explain_written};
pub use reader::{Decode, Reader};
pub use record::Recorder;
pub use trace::{Field, Off, Source, Trace, Value};
pub use writer::{Encode, Writer};
