use wirelab_wire::{Reader, Trace, WireError};

use super::{
    Block, ENHANCED_PACKET, FRAME, INTERFACE, NAMES, SECRETS, SECTION, SIMPLE_PACKET, STATISTICS, Unknown,
};
use crate::rules::pcapng as rules;
use crate::time::Utc;
use crate::wire::context::{Context, Interface};
use crate::wire::interface::InterfaceDescription;
use crate::wire::names::NameResolution;
use crate::wire::order::Order;
use crate::wire::packet::{EnhancedPacket, SimplePacket};
use crate::wire::secrets::DecryptionSecrets;
use crate::wire::section::SectionHeader;
use crate::wire::statistics::InterfaceStatistics;

/// Reads type, length, body and length.
pub(super) fn framed<'a>(
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
    let len = length as usize - FRAME;
    let block = r.block(len, "body", |r| body(r, context, order, kind))?;
    if order.u32(r, "block total length")? != length {
        return Err(r.invalid("block total length", &rules::BLOCK_LENGTHS_DIFFER));
    }
    Ok(block)
}

fn body<'a>(
    r: &mut Reader<'a, impl Trace>,
    context: &mut Context<'a>,
    order: Order,
    kind: u32,
) -> Result<Block<'a>, WireError> {
    Ok(match kind {
        SECTION => {
            let section = SectionHeader::decode_body(r, order)?;
            context.begin_section(order);
            Block::Section(section)
        }
        INTERFACE => {
            if context.interfaces.len() as u64 >= u64::from(context.config.most_interfaces) {
                return Err(r.invalid_here("link type", &rules::TOO_MANY_INTERFACES));
            }
            let description = InterfaceDescription::decode_body(r, order)?;
            context.interfaces.push(Interface::of(&description));
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
