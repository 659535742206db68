//! The Distinguished Encoding Rules (X.690): tag, length, value, and exactly one way to write each value.
//!
//! ```text
//!  ┌─────┬────────┬───────────────┐
//!  │ tag │ length │ value …       │   length < 128: one byte; else 0x80 + n, then n bytes, none of them needless
//!  └─────┴────────┴───────────────┘
//! ```
//!
//! A signature covers bytes, so two encodings of one value would be two documents that mean the same. Readers that accept
//! both have been the way to forge signatures; this one accepts only the one that DER allows.
//!
//! In an explanation every element is three neighbours: `tag`, `length`, and the value under the field's own name.

mod any;
mod bit_string;
mod elements;
mod integer;
mod oid;
mod read;
mod tag;
mod write;

pub use any::Any;
pub use bit_string::BitString;
pub use elements::{Elements, Iter};
pub use integer::Integer;
pub(crate) use integer::{unsigned, write_u32};
pub use oid::Oid;
pub use read::DerReader;
pub use tag::Tag;
pub use write::DerWriter;
pub(crate) use write::to_vec;
