//! What a host does with IP packets, whichever the version.
//!
//! # Reading order
//!
//! `packet.rs` ([`Packet`]: one view of both versions; [`write_packet`]: one way to write them), `fragment.rs`
//! ([`fragment_v4`], [`fragment_v6`]: cutting) and `reassembly.rs` ([`Reassembly`]: putting together), `path_mtu.rs`
//! ([`PathMtu`]: how not to need either), [`icmp`] (answers, and the rules of silence).
//!
//! # What is left out, and why
//!
//! The options of IPv4 are carried and not obeyed: source routes are refused nearly everywhere, and the others have no use in
//! a course. No kind of IPv6 routing header is followed. Jumbograms (RFC 2675) need links that nobody has.

mod fragment;
pub mod icmp;
mod packet;
mod path_mtu;
mod reassembly;

pub use fragment::{CannotFragment, IPV4_MINIMUM_MTU, IPV6_MINIMUM_MTU, fragment_v4, fragment_v6};
pub use packet::{Fragment, Header, Packet, Refused, Unwritable, write_packet};
pub use path_mtu::{PathMtu, PathMtuConfig};
pub use reassembly::{Expired, Reassembled, Reassembly, ReassemblyConfig, WhyDropped};
