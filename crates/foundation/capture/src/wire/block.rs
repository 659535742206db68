use std::borrow::Cow;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::interface::{InterfaceDescription, LinkType, Resolution};
use super::names::NameResolution;
use super::order::Order;
use super::packet::{EnhancedPacket, InterfaceId, SimplePacket};
use super::secrets::DecryptionSecrets;
use super::section::SectionHeader;
use super::statistics::InterfaceStatistics;
use crate::config::Config;
use crate::rules::pcapng as rules;
use crate::time::Utc;

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

/// What a section has said so far and later blocks need.
#[derive(Clone, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) config: Config,
    /// `None` before the first section.
    order: Option<Order>,
    pub(crate) interfaces: Vec<Interface<'a>>,
}

/// What later blocks need to know of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interface<'a> {
    /// What its packets begin with.
    pub link_type: LinkType,
    /// How many bytes of a packet were kept; 0: all.
    pub snap_length: u32,
    /// The unit of its timestamps.
    pub resolution: Resolution,
    /// Seconds to be added to them.
    pub offset: i64,
    name: Option<&'a [u8]>,
}

impl<'a> Interface<'a> {
    /// Its name, if it has one. Bytes that are not UTF-8 are replaced.
    pub fn name(&self) -> Option<Cow<'a, str>> {
        self.name.map(String::from_utf8_lossy)
    }

    /// A timestamp in nanoseconds since 1970-01-01T00:00:00Z, as near to it as 64 bits can get.
    pub fn time(&self, timestamp: u64) -> u64 {
        let offset = i128::from(self.offset) * 1_000_000_000;
        let time = i128::from(self.resolution.nanoseconds(timestamp)) + offset;
        u64::try_from(time.max(0)).unwrap_or(u64::MAX)
    }
}

impl<'a> Context<'a> {
    pub(crate) fn new(config: &Config) -> Self {
        Context { config: config.clone(), order: None, interfaces: Vec::new() }
    }

    /// Reads the interface's number, which has to be one that was described.
    fn interface(
        &self,
        r: &mut Reader<'_, impl Trace>,
        order: Order,
    ) -> Result<(InterfaceId, Interface<'a>), WireError> {
        let id = order.u32(r, "interface ID")?;
        let interface = self.interfaces.get(id as usize);
        let interface = interface.ok_or_else(|| r.invalid("interface ID", &rules::UNKNOWN_INTERFACE))?;
        if let Some(name) = interface.name() {
            r.note(|| name.into_owned());
        }
        Ok((InterfaceId(id), *interface))
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
        r.group(name, section, |r| decode_framed(r, context, order))
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

/// Reads type, length, body and length.
fn decode_framed<'a>(
    r: &mut Reader<'a, impl Trace>,
    context: &mut Context<'a>,
    order: Order,
) -> Result<Block<'a>, WireError> {
    let kind = order.u32(r, "block type")?;
    let length = order.u32(r, "block total length")?;
    let rule = match length {
        0..12 => Some(&rules::BLOCK_LENGTH_BELOW_TWELVE),
        _ if length % 4 != 0 => Some(&rules::BLOCK_LENGTH_NOT_IN_WORDS),
        _ if length > context.config.longest_block => Some(&rules::BLOCK_TOO_LONG),
        _ => None,
    };
    if let Some(rule) = rule {
        return Err(r.invalid("block total length", rule));
    }
    let body = length as usize - FRAME;
    let block = r.block(body, "body", |r| decode_body(r, context, order, kind))?;
    if order.u32(r, "block total length")? != length {
        return Err(r.invalid("block total length", &rules::BLOCK_LENGTHS_DIFFER));
    }
    Ok(block)
}

fn decode_body<'a>(
    r: &mut Reader<'a, impl Trace>,
    context: &mut Context<'a>,
    order: Order,
    kind: u32,
) -> Result<Block<'a>, WireError> {
    Ok(match kind {
        SECTION => {
            let section = SectionHeader::decode_body(r, order)?;
            (context.order, context.interfaces) = (Some(order), Vec::new());
            Block::Section(section)
        }
        INTERFACE => {
            if context.interfaces.len() as u64 >= u64::from(context.config.most_interfaces) {
                return Err(r.invalid_here("link type", &rules::TOO_MANY_INTERFACES));
            }
            let description = InterfaceDescription::decode_body(r, order)?;
            context.interfaces.push(Interface {
                link_type: description.link_type,
                snap_length: description.snap_length,
                resolution: description.resolution(),
                offset: description.offset(),
                name: description.name(),
            });
            Block::Interface(description)
        }
        ENHANCED_PACKET => {
            let (id, interface) = context.interface(r, order)?;
            let when = |timestamp| Utc(interface.time(timestamp)).to_string();
            Block::Packet(EnhancedPacket::decode_body(r, order, id, when)?)
        }
        SIMPLE_PACKET => {
            let first = context.interfaces.first();
            let first =
                first.ok_or_else(|| r.invalid_here("original packet length", &rules::UNKNOWN_INTERFACE))?;
            Block::SimplePacket(SimplePacket::decode_body(r, order, first.snap_length)?)
        }
        NAMES => Block::Names(NameResolution::decode_body(r, order)?),
        STATISTICS => {
            let (id, interface) = context.interface(r, order)?;
            let when = |timestamp| Utc(interface.time(timestamp)).to_string();
            Block::Statistics(InterfaceStatistics::decode_body(r, order, id, when)?)
        }
        SECRETS => Block::Secrets(DecryptionSecrets::decode_body(r, order)?),
        _ => Block::Unknown(Unknown { kind, body: r.rest("body") }),
    })
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
