//! Bytes to fields and back, with names: one reader that both decodes and explains.

#![deny(unsafe_code)] // allowed once, in byte_set.rs
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod byte_set;
mod error;
mod explain;
mod reader;
mod record;
pub mod render;
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
