//! Bytes to heads and chunks, and back. No state, no policy.

mod chunk;
mod encode;
mod field_line;
mod head;
mod line;
mod message;
mod notes;
mod request_line;
pub mod rules;
mod status_line;

pub use chunk::ChunkHead;
pub use encode::{encode_request, encode_response};
pub use head::{RequestHead, ResponseHead};
pub use message::{RequestMessage, ResponseMessage};
pub use request_line::RequestLine;
pub use status_line::StatusLine;

pub(crate) use chunk::chunk_end;
pub(crate) use encode::encode_fields;
pub(crate) use field_line::field_line;
pub(crate) use head::empty_lines;
