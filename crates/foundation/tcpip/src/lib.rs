//! Internet packets on plain bytes. So far that is one format: UDP's datagram (RFC 768).
//!
//! # What it is
//!
//! UDP adds to IP the least that two programs need to find each other: two port numbers, a length and a checksum, in
//! eight bytes. A datagram arrives whole or not at all, perhaps twice, perhaps out of order; whatever wants more
//! than that (QUIC, RTP, DNS) builds it on top.
//!
//! # Its place in the stack
//!
//! ```text
//!   DNS, QUIC, RTP …
//!        │  payload
//!   UDP  ▼  ports, length, checksum     ◀── this crate, so far
//!        │  protocol 17
//!   IP   ▼  addresses                   their part in the checksum is `PseudoHeader`
//! ```
//!
//! # Reading order
//!
//! `udp.rs` ([`Datagram`]: the eight bytes, in both directions, and the rules they obey), then `checksum.rs`
//! ([`internet_checksum`], [`PseudoHeader`]: why a datagram knows its addresses although it does not carry them).
//!
//! # What is left out, and why
//!
//! IPv4, IPv6, ICMP and TCP are not written yet. UDP's datagram is here before them because it is the smallest real format:
//! the explanations and the instruction counts of `wirelab-wire` are tried on it. Of UDP itself, jumbograms (RFC 2675,
//! length 0) and options behind the payload (RFC 9868) are refused by name or as left-over bytes.
//!
//! # Example
//!
//! ```
//! use std::net::Ipv4Addr;
//! use wirelab_tcpip::{Datagram, PseudoHeader};
//! use wirelab_wire::{Encode, explain, render};
//!
//! let addresses = PseudoHeader::V4 { source: Ipv4Addr::new(192, 0, 2, 1), destination: Ipv4Addr::new(192, 0, 2, 2) };
//! let sent = Datagram::new(49152, 7, b"echo")?.with_checksum(&addresses);
//! let bytes = sent.to_bytes();
//! assert_eq!(bytes.len(), 12);
//!
//! let (received, explanation) = explain::<Datagram>(&bytes);
//! assert_eq!(received?.payload(), b"echo");
//! assert_eq!(received?.check(&addresses), Ok(()));
//! println!("{}", render::terminal(&explanation, render::Style::PLAIN));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod checksum;
pub mod host;
pub mod ip;
pub mod rules;
pub mod tcp;
mod wire;

pub use checksum::{ChecksumError, PseudoHeader, adjust_checksum, internet_checksum};
pub use wire::{
    ArpOperation, ArpPacket, Datagram, Ecn, EtherType, Flags, FragmentHeader, Frame, Icmp, IcmpMessage,
    Icmpv6, Icmpv6Message, Ipv4Packet, Ipv6Packet, MOST_EXTENSION_HEADERS, MacAddress, Options,
    PayloadTooLong, Protocol, SackBlock, SackBlocks, Segment, Seq, Timestamps, Unreachable, Unreachable6,
    Upper, link_layer_address,
};
