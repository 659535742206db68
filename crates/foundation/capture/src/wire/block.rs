mod decode;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::context::Context;
use super::interface::InterfaceDescription;
use super::names::NameResolution;
use super::order::Order;
use super::packet::{EnhancedPacket, SimplePacket};
use super::secrets::DecryptionSecrets;
use super::section::SectionHeader;
use super::statistics::InterfaceStatistics;
use crate::rules::pcapng as rules;

/// The bytes of a block around its body: type, length, and the length again.
const FRAME: usize = 12;

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const NAMES: u32 = 4;
const STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const SECRETS: u32 = 10;

/// A block: all that a file consists of.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────────────────────────────────────┐
/// │                          block type                           │
/// ├───────────────────────────────────────────────────────────────┤
/// │                      block total length                       │
/// ├───────────────────────────────────────────────────────────────┤
/// │                            body …                             │
/// ├───────────────────────────────────────────────────────────────┤
/// │                      block total length                       │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Block<'a> {
    /// Another section begins.
    Section(SectionHeader<'a>),
    /// An interface.
    Interface(InterfaceDescription<'a>),
    /// A packet.
    Packet(EnhancedPacket<'a>),
    /// A packet without a time.
    SimplePacket(SimplePacket<'a>),
    /// Names of addresses.
    Names(NameResolution<'a>),
    /// Counters of an interface.
    Statistics(InterfaceStatistics<'a>),
    /// Keys.
    Secrets(DecryptionSecrets<'a>),
    /// A block that is not known here, which may be skipped.
    Unknown(Unknown<'a>),
}

/// A block of a kind that is not known here. It can only be read, since its type must not be one that is known, and its
/// body has to fill whole words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown<'a> {
    kind: u32,
    body: &'a [u8],
}

impl<'a> Unknown<'a> {
    /// Its type.
    pub fn kind(&self) -> u32 {
        self.kind
    }

    /// What is between its two lengths.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }
}

impl<'a> Block<'a> {
    /// Reads one block, and remembers what the next ones need.
    pub(crate) fn decode(
        r: &mut Reader<'a, impl Trace>,
        context: &mut Context<'a>,
    ) -> Result<Self, WireError> {
        let order = match r.remaining().first_chunk() {
            Some(&bytes) if u32::from_be_bytes(bytes) == SECTION => SectionHeader::order_ahead(r)?,
            Some(_) => {
                context.order.ok_or_else(|| r.invalid_here("block type", &rules::FILE_WITHOUT_SECTION))?
            }
            None => return Err(r.short(4, "block type")),
        };
        let ahead = r.remaining().first_chunk().map_or(0, |&bytes| match order {
            Order::Little => u32::from_le_bytes(bytes),
            Order::Big => u32::from_be_bytes(bytes),
        });
        let (name, section) = title(ahead);
        r.group(name, section, |r| decode::framed(r, context, order))
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        let (kind, len) = (self.kind(), self.encoded_len());
        let (name, section) = title(kind);
        w.group(name, section, |w| {
            order.put_u32(w, kind, "block type");
            order.put_u32(w, len as u32, "block total length");
            match self {
                Block::Section(section) => section.encode_body(w),
                Block::Interface(interface) => interface.encode_body(w, order),
                Block::Packet(packet) => packet.encode_body(w, order),
                Block::SimplePacket(packet) => packet.encode_body(w, order),
                Block::Names(names) => names.encode_body(w, order),
                Block::Statistics(statistics) => statistics.encode_body(w, order),
                Block::Secrets(secrets) => secrets.encode_body(w, order),
                Block::Unknown(unknown) => w.bytes(unknown.body, "body"),
            }
            order.put_u32(w, len as u32, "block total length");
        });
    }

    /// Its length in a file, in bytes. More than [`u32::MAX`] cannot be written: the length would be wrong.
    pub fn encoded_len(&self) -> usize {
        FRAME
            + match self {
                Block::Section(section) => section.body_len(),
                Block::Interface(interface) => interface.body_len(),
                Block::Packet(packet) => packet.body_len(),
                Block::SimplePacket(packet) => packet.body_len(),
                Block::Names(names) => names.body_len(),
                Block::Statistics(statistics) => statistics.body_len(),
                Block::Secrets(secrets) => secrets.body_len(),
                Block::Unknown(unknown) => unknown.body.len(),
            }
    }

    /// Its name in the draft.
    pub fn name(&self) -> &'static str {
        title(self.kind()).0
    }

    fn kind(&self) -> u32 {
        match self {
            Block::Section(_) => SECTION,
            Block::Interface(_) => INTERFACE,
            Block::Packet(_) => ENHANCED_PACKET,
            Block::SimplePacket(_) => SIMPLE_PACKET,
            Block::Names(_) => NAMES,
            Block::Statistics(_) => STATISTICS,
            Block::Secrets(_) => SECRETS,
            Block::Unknown(unknown) => unknown.kind,
        }
    }
}

/// A block's name and where it is specified.
fn title(kind: u32) -> (&'static str, &'static str) {
    match kind {
        SECTION => ("Section Header Block", "pcapng, Section Header Block"),
        INTERFACE => ("Interface Description Block", "pcapng, Interface Description Block"),
        SIMPLE_PACKET => ("Simple Packet Block", "pcapng, Simple Packet Block"),
        NAMES => ("Name Resolution Block", "pcapng, Name Resolution Block"),
        STATISTICS => ("Interface Statistics Block", "pcapng, Interface Statistics Block"),
        ENHANCED_PACKET => ("Enhanced Packet Block", "pcapng, Enhanced Packet Block"),
        SECRETS => ("Decryption Secrets Block", "pcapng, Decryption Secrets Block"),
        _ => ("unknown block", "pcapng, General Block Structure"),
    }
}
