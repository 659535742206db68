//! What a host does with IP packets, whichever the version.
//!
//! `packet.rs` ([`Packet`]: one view of both versions; [`write_packet`]: one way to write them).

mod packet;

pub use packet::{Fragment, Header, Packet, Refused, Unwritable, write_packet};
