//! TCP/IP on plain bytes: packets, segments and datagrams, and what hosts do with them.
//!
//! # What it is
//!
//! IP carries a packet from one address to another, perhaps; in pieces, if it is too long for a link; and ICMP tells why it
//! did not arrive. UDP adds the least that two programs need to find each other: port numbers, a length and a checksum. TCP
//! makes of packets that may be lost, doubled and reordered a stream of bytes in both directions.
//!
//! # Its place in the stack
//!
//! ```text
//!   DNS, QUIC, RTP …      HTTP, TLS …
//!        │  messages           │  streams
//!   UDP  ▼  Datagram      TCP  ▼  Segment, and the module `tcp`
//!        │  protocol 17        │  protocol 6
//!   IP   ▼  Ipv4Packet, Ipv6Packet, ICMP's messages, and the module `ip`
//!        │  EtherType 0x0800, 0x86dd
//!   link ▼  Frame, ArpPacket
//! ```
//!
//! # Reading order
//!
//! 1. `wire/udp.rs` ([`Datagram`]: the smallest format, in both directions, and its rules), then `checksum.rs`
//!    ([`internet_checksum`], [`PseudoHeader`]: why a datagram knows its addresses although it does not carry them);
//! 2. `wire/ipv4.rs`, `wire/ipv6.rs` and `wire/ipv6_extension.rs`, `wire/icmp.rs`, `wire/icmpv6.rs`; below them
//!    `wire/ethernet.rs` and `wire/arp.rs`;
//! 3. [`ip`]: one view of both versions, fragments, path MTUs, answers;
//! 4. `wire/segment.rs` ([`Segment`]), `wire/options.rs`, `wire/seq.rs`, then [`tcp`].
//!
//! The explanation of a packet goes on into what it carries; decoding stops at its payload.
//!
//! # What is left out, and why
//!
//! Of UDP, jumbograms (RFC 2675, length 0) and options behind the payload (RFC 9868) are refused by name or as left-over bytes.
//! What is left out of IP stands in [`ip`].
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
