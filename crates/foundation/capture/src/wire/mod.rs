//! Blocks to structs and back; no state but the one that a section's bytes need to be understood.

mod block;
mod context;
mod file;
mod interface;
mod item;
mod names;
mod option;
mod order;
mod packet;
mod secrets;
mod section;
mod statistics;

pub use block::{Block, Unknown};
pub(crate) use context::Context;
pub use context::Interface;
pub use file::File;
pub use interface::{InterfaceDescription, LinkType, Resolution};
pub use names::{NameRecord, NameResolution, NamedAddress, UnknownRecord};
pub use option::{Opt, OptionValue, Options};
pub use order::Order;
pub use packet::{Direction, EnhancedPacket, InterfaceId, SimplePacket};
pub use secrets::DecryptionSecrets;
pub use section::SectionHeader;
pub use statistics::InterfaceStatistics;
