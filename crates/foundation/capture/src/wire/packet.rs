use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::option::{COMMENT, OptionValue, Options, Owner};
use super::order::{Order, padded, padding, put_padded};

const FLAGS: u16 = 2;

/// The number of an interface in its section.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InterfaceId(pub u32);

/// The way of a packet, as the interface sees it (the two lowest bits of `epb_flags`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Nobody said.
    #[default]
    Unknown,
    /// The interface received it.
    Inbound,
    /// The interface sent it.
    Outbound,
}

impl Direction {
    pub(crate) fn of(flags: u32) -> Self {
        match flags & 3 {
            1 => Direction::Inbound,
            2 => Direction::Outbound,
            _ => Direction::Unknown,
        }
    }
}

/// The Enhanced Packet Block: a packet with its time and its interface.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────────────────────────────────────┐
/// │                         interface ID                          │
/// ├───────────────────────────────────────────────────────────────┤
/// │                       timestamp (high)                        │
/// ├───────────────────────────────────────────────────────────────┤
/// │                       timestamp (low)                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    captured packet length                     │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    original packet length                     │
/// ├───────────────────────────────────────────────────────────────┤
/// │          packet data …        padding to a whole word         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                            options …                          │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnhancedPacket<'a> {
    /// Where it was seen.
    pub interface: InterfaceId,
    /// When, in the interface's units ([`Interface::time`](crate::Interface::time)).
    pub timestamp: u64,
    /// How long the packet was when it was seen.
    pub original_length: u32,
    /// The bytes that were kept.
    pub data: &'a [u8],
    /// What else it says.
    pub options: Options<'a>,
}

impl<'a> EnhancedPacket<'a> {
    /// A packet of which all bytes were kept.
    pub fn new(interface: InterfaceId, timestamp: u64, data: &'a [u8]) -> Self {
        let original_length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        EnhancedPacket { interface, timestamp, original_length, data, options: Options::default() }
    }

    /// With a comment.
    #[must_use]
    pub fn with_comment(mut self, comment: &'a str) -> Self {
        self.options.push_text(COMMENT, comment);
        self
    }

    /// With a direction; [`Direction::Unknown`] is not written.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        match direction {
            Direction::Unknown => {}
            Direction::Inbound => self.options.push(FLAGS, OptionValue::U32(1)),
            Direction::Outbound => self.options.push(FLAGS, OptionValue::U32(2)),
        }
        self
    }

    /// The direction, if the flags tell it.
    pub fn direction(&self) -> Direction {
        match self.options.value(FLAGS) {
            Some(OptionValue::U32(flags)) => Direction::of(flags),
            _ => Direction::Unknown,
        }
    }

    pub(crate) fn decode_body(
        r: &mut Reader<'a, impl Trace>,
        order: Order,
        interface: InterfaceId,
        when: impl FnOnce(u64) -> String,
    ) -> Result<Self, WireError> {
        let timestamp = order.time(r)?;
        r.note(|| when(timestamp));
        let captured = order.u32(r, "captured packet length")?;
        let original_length = order.u32(r, "original packet length")?;
        if original_length > captured {
            r.note(|| format!("{} bytes were cut off", original_length - captured));
        }
        let data = padded(r, captured as usize, "packet data")?;
        let options = Options::decode(r, order, Owner::Packet)?;
        Ok(EnhancedPacket { interface, timestamp, original_length, data, options })
    }

    pub(crate) fn body_len(&self) -> usize {
        20 + self.data.len() + padding(self.data.len()) + self.options.encoded_len()
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        order.put_u32(w, self.interface.0, "interface ID");
        order.put_time(w, self.timestamp);
        order.put_u32(w, self.data.len() as u32, "captured packet length");
        order.put_u32(w, self.original_length, "original packet length");
        put_padded(w, self.data, "packet data");
        self.options.encode(w, order, Owner::Packet);
    }
}

/// The Simple Packet Block: a packet of the interface 0 without a time. Its captured length is not written: it is the
/// smaller one of the original length and the interface's snap length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimplePacket<'a> {
    /// How long the packet was when it was seen.
    pub original_length: u32,
    /// The bytes that were kept.
    pub data: &'a [u8],
}

impl<'a> SimplePacket<'a> {
    pub(crate) fn decode_body(
        r: &mut Reader<'a, impl Trace>,
        order: Order,
        snap_length: u32,
    ) -> Result<Self, WireError> {
        let original_length = order.u32(r, "original packet length")?;
        let captured = match snap_length {
            0 => original_length,
            most => original_length.min(most),
        };
        let data = padded(r, captured as usize, "packet data")?;
        Ok(SimplePacket { original_length, data })
    }

    pub(crate) fn body_len(&self) -> usize {
        4 + self.data.len() + padding(self.data.len())
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        order.put_u32(w, self.original_length, "original packet length");
        put_padded(w, self.data, "packet data");
    }
}
