use std::fmt;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::option::{COMMENT, OptionValue, Options, Owner};
use super::order::Order;

const NAME: u16 = 2;
const RESOLUTION: u16 = 9;
const OFFSET: u16 = 14;

/// The Interface Description Block: where packets were seen, and what they begin with. Interfaces are numbered from 0 in
/// the order of their blocks.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │           link type           │           reserved            │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                          snap length                          │
/// ├───────────────────────────────────────────────────────────────┤
/// │                            options …                          │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceDescription<'a> {
    /// What the bytes of its packets begin with.
    pub link_type: LinkType,
    /// How many bytes of a packet were kept; 0: all.
    pub snap_length: u32,
    /// What else it says.
    pub options: Options<'a>,
}

impl<'a> InterfaceDescription<'a> {
    /// An interface whose timestamps count microseconds, which is what they do where nothing is said.
    pub fn new(link_type: LinkType, snap_length: u32) -> Self {
        InterfaceDescription { link_type, snap_length, options: Options::default() }
    }

    /// With a name (`if_name`).
    #[must_use]
    pub fn with_name(mut self, name: &'a str) -> Self {
        self.options.push_text(NAME, name);
        self
    }

    /// With a comment for whoever opens the file.
    #[must_use]
    pub fn with_comment(mut self, comment: &'a str) -> Self {
        self.options.push_text(COMMENT, comment);
        self
    }

    /// With another unit of its timestamps (`if_tsresol`).
    #[must_use]
    pub fn with_resolution(mut self, resolution: Resolution) -> Self {
        self.options.push(RESOLUTION, OptionValue::U8(resolution.0));
        self
    }

    /// Its name as it stands there, if it has one.
    pub fn name(&self) -> Option<&'a [u8]> {
        self.options.text(NAME)
    }

    /// The unit of its timestamps.
    pub fn resolution(&self) -> Resolution {
        match self.options.value(RESOLUTION) {
            Some(OptionValue::U8(resolution)) => Resolution(resolution),
            _ => Resolution::MICROSECONDS,
        }
    }

    /// Seconds to be added to its timestamps (`if_tsoffset`).
    pub fn offset(&self) -> i64 {
        match self.options.value(OFFSET) {
            Some(OptionValue::U64(offset)) => offset.cast_signed(),
            _ => 0,
        }
    }

    pub(crate) fn decode_body(r: &mut Reader<'a, impl Trace>, order: Order) -> Result<Self, WireError> {
        let link_type = LinkType(order.u16(r, "link type")?);
        r.note(|| link_type.to_string());
        order.u16(r, "reserved")?;
        let snap_length = order.u32(r, "snap length")?;
        if snap_length == 0 {
            r.note(|| "no limit".to_owned());
        }
        let options = Options::decode(r, order, Owner::Interface)?;
        Ok(InterfaceDescription { link_type, snap_length, options })
    }

    pub(crate) fn body_len(&self) -> usize {
        8 + self.options.encoded_len()
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        order.put_u16(w, self.link_type.0, "link type");
        order.put_u16(w, 0, "reserved");
        order.put_u32(w, self.snap_length, "snap length");
        self.options.encode(w, order, Owner::Interface);
    }
}

/// What the bytes of a packet begin with (the registry of LINKTYPE values at tcpdump.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

impl LinkType {
    /// An Ethernet frame without its check sequence.
    pub const ETHERNET: LinkType = LinkType(1);
    /// An IPv4 or IPv6 packet; its first four bits tell which.
    pub const RAW: LinkType = LinkType(101);
    /// Linux's "any" device: a made-up header of 16 bytes.
    pub const LINUX_SLL: LinkType = LinkType(113);
    /// An IPv4 packet.
    pub const IPV4: LinkType = LinkType(228);
    /// An IPv6 packet.
    pub const IPV6: LinkType = LinkType(229);
}

/// The name in the registry, or the number.
impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match *self {
            LinkType::ETHERNET => "ETHERNET",
            LinkType::RAW => "RAW",
            LinkType::LINUX_SLL => "LINUX_SLL",
            LinkType::IPV4 => "IPV4",
            LinkType::IPV6 => "IPV6",
            LinkType(number) => return write!(f, "link type {number}"),
        };
        f.write_str(name)
    }
}

/// The unit of timestamps (`if_tsresol`): with its highest bit clear a negative power of 10, with it set one of 2.
///
/// ```
/// use wirelab_capture::Resolution;
///
/// assert_eq!(Resolution::MICROSECONDS.nanoseconds(5), 5_000);
/// assert_eq!(Resolution(0x81).nanoseconds(3), 1_500_000_000); // halves of a second
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resolution(pub u8);

impl Resolution {
    /// What holds where nothing is said.
    pub const MICROSECONDS: Resolution = Resolution(6);
    /// What the clocks here count.
    pub const NANOSECONDS: Resolution = Resolution(9);

    /// So many units in nanoseconds, rounded down; the most that fits where it is more.
    pub fn nanoseconds(self, units: u64) -> u64 {
        let base: u128 = if self.0 & 0x80 == 0 { 10 } else { 2 };
        let nanoseconds = u128::from(units) * 1_000_000_000;
        match base.checked_pow(u32::from(self.0 & 0x7f)) {
            Some(a_second) => u64::try_from(nanoseconds / a_second).unwrap_or(u64::MAX),
            None => 0, // 10⁻³⁹ seconds and less: even 2⁶⁴ of them are nothing
        }
    }
}

impl fmt::Display for Resolution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Resolution::MICROSECONDS => f.write_str("microseconds"),
            Resolution::NANOSECONDS => f.write_str("nanoseconds"),
            Resolution(power @ 0..0x80) => write!(f, "units of 10^-{power} seconds"),
            Resolution(power) => write!(f, "units of 2^-{} seconds", power & 0x7f),
        }
    }
}
