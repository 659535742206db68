use std::borrow::Cow;

use wirelab_wire::{Reader, Trace, WireError};

use super::interface::{InterfaceDescription, LinkType, Resolution};
use super::order::Order;
use super::packet::InterfaceId;
use crate::config::Config;
use crate::rules::pcapng as rules;

/// What a section has said so far and later blocks need.
#[derive(Clone, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) config: Config,
    /// `None` before the first section.
    pub(super) order: Option<Order>,
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
    pub(super) fn of(description: &InterfaceDescription<'a>) -> Self {
        Interface {
            link_type: description.link_type,
            snap_length: description.snap_length,
            resolution: description.resolution(),
            offset: description.offset(),
            name: description.name(),
        }
    }

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

    /// Another section begins, with interfaces of its own.
    pub(super) fn begin_section(&mut self, order: Order) {
        (self.order, self.interfaces) = (Some(order), Vec::new());
    }

    /// Reads the interface's number, which has to be one that was described.
    pub(super) fn interface(
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
