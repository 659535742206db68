//! Bytes to structs and back; no state and no policy.

mod options;
mod segment;
mod seq;
mod udp;

pub use options::{Options, SackBlock, SackBlocks, Timestamps};
pub use segment::{Flags, Segment};
pub use seq::Seq;
pub use udp::{Datagram, PayloadTooLong};
