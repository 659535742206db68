//! What all versions of HTTP share: methods, fields, status codes, targets.
#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod fields;
pub mod grammar;
mod message;
mod method;
mod status;
mod target;
mod version;

pub use fields::{Fields, InvalidField, Span};
pub use message::{Request, Response};
pub use method::Method;
pub use status::StatusCode;
pub use target::{InvalidTarget, Target, is_authority};
pub use version::Version;
