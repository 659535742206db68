//! Captures that Wireshark opens: pcapng files, and the key logs that decrypt what is in them.
//!
//! # What it is
//!
//! A capture file is a row of blocks. Each has a type, its length twice, and between them a body, so that a reader can skip what it does
//! not know, in both directions. The first block tells the byte order, the next ones describe interfaces, and then there
//! are packets, each with its time and its interface; names of addresses, keys, comments and counters may stand between them.
//!
//! # Its place in the stack
//!
//! Beside it: whatever sees packets (the simulator, the TUN driver, a program) may write them down here.
//!
//! ```text
//!   packets ──▶ Writer ──▶ io::Write ──▶ Wireshark, tshark
//!   bytes of a file ──▶ Reader ──▶ Block, Block, …
//! ```
//!
//! # Reading order
//!
//! 1. `wire/block.rs`: [`Block`], the frame around everything, and `wire/context.rs`: what later blocks need; `wire/order.rs`: [`Order`];
//!    `wire/item.rs`: code, length, value, of which `wire/option.rs` makes [`Options`];
//! 2. `wire/section.rs`, `wire/interface.rs`, `wire/packet.rs`: what every file has; then `names.rs`, `secrets.rs`, `statistics.rs`;
//! 3. `writer.rs`, `reader.rs`: [`Writer`] and [`Reader`], what programs use; `wire/file.rs`: [`File`], for explanations;
//! 4. `keylog.rs`: [`KeyLog`]; `time.rs`: [`Utc`]; `config.rs`: the limits; [`rules`].
//!
//! # Time
//!
//! Protocols count from [`Instant::ZERO`](wirelab_sansio::Instant::ZERO); a capture wants dates. [`Clock`] says what the first
//! moment is. Virtual time begins on 2000-01-01, so that a run gives the same bytes each day, and the file's first block says in
//! a comment that its clock is virtual.
//!
//! # What is left out, and why
//!
//! The older pcap format (no names, no comments, no keys; `editcap -F pcapng` converts it), the obsolete Packet Block, custom blocks
//! and systemd's journal: they are read as [`Block::Unknown`]. Reading from an `io::Read` while it grows: a file is small
//! enough to be read whole. The draft's sections are cited by their titles, since their numbers change.

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod config;
mod keylog;
mod reader;
pub mod rules;
mod time;
mod wire;
mod writer;

pub use config::{Clock, Config};
pub use keylog::{KeyLog, KeyLogError, Label, Secret};
pub use reader::Reader;
pub use time::Utc;
pub use wire::{
    Block, DecryptionSecrets, Direction, EnhancedPacket, File, Interface, InterfaceDescription, InterfaceId,
    InterfaceStatistics, LinkType, NameRecord, NameResolution, NamedAddress, Opt, OptionValue, Options,
    Order, Resolution, SectionHeader, SimplePacket, Unknown, UnknownRecord,
};
pub use writer::Writer;
