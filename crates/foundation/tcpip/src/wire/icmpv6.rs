use std::fmt;
use std::net::Ipv6Addr;

use bytes::BytesMut;
use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::checksum::{ChecksumError, PseudoHeader, checked, patch_u16};
use crate::wire::icmp::CHECKSUM_AT;
use crate::wire::{MacAddress, Protocol};

/// An ICMPv6 message (RFC 4443, RFC 4861). The checksum includes the addresses, other than ICMP's.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬───────────────────────────────┐
/// │     type      │     code      │           checksum            │
/// ├───────────────┴───────────────┴───────────────────────────────┤
/// │     identifier, sequence number │ MTU │ pointer │ flags       │
/// ├───────────────────────────────────────────────────────────────┤
/// │      data …, or the beginning of the packet that it is about  │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icmpv6Message<'a> {
    /// Over the addresses and the whole message.
    pub checksum: u16,
    /// What it says.
    pub body: Icmpv6<'a>,
}

/// What an ICMPv6 message says. `original` is as much of the packet that it is about as fits into 1280 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icmpv6<'a> {
    /// Type 1: the packet cannot be delivered.
    DestinationUnreachable {
        /// Why.
        code: Unreachable6,
        /// The packet's beginning.
        original: &'a [u8],
    },
    /// Type 2: the packet is larger than the MTU of the next link (RFC 4443 §3.2).
    PacketTooBig {
        /// That MTU.
        mtu: u32,
        /// The packet's beginning.
        original: &'a [u8],
    },
    /// Type 3: the packet has passed too many routers (code 0), or its fragments did not all arrive (code 1).
    TimeExceeded {
        /// Which of the two.
        code: u8,
        /// The packet's beginning.
        original: &'a [u8],
    },
    /// Type 4: the header is wrong (code 0), a next header unknown (1), an option unknown (2).
    ParameterProblem {
        /// Which of the three.
        code: u8,
        /// The byte that is wrong.
        pointer: u32,
        /// The packet's beginning.
        original: &'a [u8],
    },
    /// Type 128: a ping.
    EchoRequest {
        /// Which pinging program.
        identifier: u16,
        /// Which of its pings.
        sequence: u16,
        /// To be sent back.
        data: &'a [u8],
    },
    /// Type 129: the answer to a ping, with the same numbers and data.
    EchoReply {
        /// Which pinging program.
        identifier: u16,
        /// Which of its pings.
        sequence: u16,
        /// Whatever the question held.
        data: &'a [u8],
    },
    /// Type 135: who has this address? ARP's question for IPv6 (RFC 4861 §4.3).
    NeighborSolicitation {
        /// The address.
        target: Ipv6Addr,
        /// What else is said, such as the sender's [link-layer address](link_layer_address).
        options: &'a [u8],
    },
    /// Type 136: this card has it (RFC 4861 §4.4).
    NeighborAdvertisement {
        /// R: the sender is a router.
        router: bool,
        /// S: it was asked for.
        solicited: bool,
        /// O: what was known about the address before is out of date.
        override_known: bool,
        /// The address.
        target: Ipv6Addr,
        /// What else is said, such as the target's [link-layer address](link_layer_address).
        options: &'a [u8],
    },
    /// Any other type, as it came.
    Other {
        /// The type.
        kind: u8,
        /// The code.
        code: u8,
        /// Everything behind the checksum.
        rest: &'a [u8],
    },
}

impl Icmpv6<'_> {
    /// The number in the type field.
    pub fn kind(&self) -> u8 {
        match *self {
            Icmpv6::DestinationUnreachable { .. } => 1,
            Icmpv6::PacketTooBig { .. } => 2,
            Icmpv6::TimeExceeded { .. } => 3,
            Icmpv6::ParameterProblem { .. } => 4,
            Icmpv6::EchoRequest { .. } => 128,
            Icmpv6::EchoReply { .. } => 129,
            Icmpv6::NeighborSolicitation { .. } => 135,
            Icmpv6::NeighborAdvertisement { .. } => 136,
            Icmpv6::Other { kind, .. } => kind,
        }
    }

    /// Whether it tells of an error, which must not be answered with another (RFC 4443 §2.4 (e.1)): the types below 128.
    pub fn is_error(&self) -> bool {
        self.kind() < 128
    }

    fn code(&self) -> u8 {
        match *self {
            Icmpv6::DestinationUnreachable { code, .. } => code.0,
            Icmpv6::TimeExceeded { code, .. }
            | Icmpv6::ParameterProblem { code, .. }
            | Icmpv6::Other { code, .. } => code,
            _ => 0,
        }
    }
}

impl<'a> Icmpv6Message<'a> {
    /// A message whose checksum is not filled in.
    pub fn new(body: Icmpv6<'a>) -> Self {
        Icmpv6Message { checksum: 0, body }
    }

    /// Whether the message arrived as it was sent, and at the address that it was sent to. `bytes` are those that it was
    /// decoded from.
    ///
    /// # Errors
    /// The checksum is another one.
    pub fn check(bytes: &[u8], addresses: &PseudoHeader) -> Result<(), ChecksumError> {
        checked(addresses.checksum(Protocol::ICMPV6, bytes), bytes, CHECKSUM_AT)
    }

    /// Appends the message with the checksum that it has between these addresses.
    pub fn encode_between(&self, addresses: &PseudoHeader, out: &mut BytesMut) {
        let start = out.len();
        Icmpv6Message { checksum: 0, ..*self }.encode(&mut Writer::new(out));
        let bytes = out.get_mut(start..).unwrap_or_default();
        patch_u16(bytes, CHECKSUM_AT, addresses.checksum(Protocol::ICMPV6, bytes));
    }
}

impl<'a> Decode<'a> for Icmpv6Message<'a> {
    const NAME: &'static str = "ICMPv6 message";
    const SECTION: &'static str = "RFC 4443 §2.1";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let kind = r.u8("type")?;
        r.note(|| kind_name(kind).to_owned());
        let code = r.u8("code")?;
        if kind == 1 {
            r.note(|| Unreachable6(code).to_string());
        }
        let checksum = r.u16("checksum")?;
        let body = match (kind, code) {
            (1, _) => {
                r.u32("unused")?;
                Icmpv6::DestinationUnreachable {
                    code: Unreachable6(code),
                    original: r.rest("original packet"),
                }
            }
            // RFC 4443 §3.2: the code is sent as 0, and ignored.
            (2, _) => Icmpv6::PacketTooBig { mtu: r.u32("MTU")?, original: r.rest("original packet") },
            (3, _) => {
                r.u32("unused")?;
                Icmpv6::TimeExceeded { code, original: r.rest("original packet") }
            }
            (4, _) => {
                let pointer = r.u32("pointer")?;
                Icmpv6::ParameterProblem { code, pointer, original: r.rest("original packet") }
            }
            (128 | 129, 0) => {
                let identifier = r.u16("identifier")?;
                let sequence = r.u16("sequence number")?;
                let data = r.rest("data");
                match kind {
                    128 => Icmpv6::EchoRequest { identifier, sequence, data },
                    _ => Icmpv6::EchoReply { identifier, sequence, data },
                }
            }
            (135, 0) => {
                r.u32("reserved")?;
                let target = target(r)?;
                Icmpv6::NeighborSolicitation { target, options: r.rest("options") }
            }
            (136, 0) => neighbor_advertisement(r)?,
            _ => Icmpv6::Other { kind, code, rest: r.rest("rest") },
        };
        Ok(Icmpv6Message { checksum, body })
    }
}

fn neighbor_advertisement<'a>(r: &mut Reader<'a, impl Trace>) -> Result<Icmpv6<'a>, WireError> {
    let router = r.flag("router")?;
    let solicited = r.flag("solicited")?;
    let override_known = r.flag("override")?;
    r.bits::<29>("reserved")?;
    let target = target(r)?;
    let options = r.rest("options");
    Ok(Icmpv6::NeighborAdvertisement { router, solicited, override_known, target, options })
}

fn target(r: &mut Reader<'_, impl Trace>) -> Result<Ipv6Addr, WireError> {
    let target = Ipv6Addr::from(*r.array("target address")?);
    r.note(|| target.to_string());
    Ok(target)
}

impl Encode for Icmpv6Message<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.body.kind(), "type");
        w.u8(self.body.code(), "code");
        w.u16(self.checksum, "checksum");
        match self.body {
            Icmpv6::DestinationUnreachable { original, .. } | Icmpv6::TimeExceeded { original, .. } => {
                w.u32(0, "unused");
                w.bytes(original, "original packet");
            }
            Icmpv6::PacketTooBig { mtu, original } => {
                w.u32(mtu, "MTU");
                w.bytes(original, "original packet");
            }
            Icmpv6::ParameterProblem { pointer, original, .. } => {
                w.u32(pointer, "pointer");
                w.bytes(original, "original packet");
            }
            Icmpv6::EchoRequest { identifier, sequence, data }
            | Icmpv6::EchoReply { identifier, sequence, data } => {
                w.u16(identifier, "identifier");
                w.u16(sequence, "sequence number");
                w.bytes(data, "data");
            }
            Icmpv6::NeighborSolicitation { target, options } => {
                w.u32(0, "reserved");
                w.bytes(&target.octets(), "target address");
                w.bytes(options, "options");
            }
            Icmpv6::NeighborAdvertisement { router, solicited, override_known, target, options } => {
                w.flag(router, "router");
                w.flag(solicited, "solicited");
                w.flag(override_known, "override");
                w.bits::<29>(0, "reserved");
                w.bytes(&target.octets(), "target address");
                w.bytes(options, "options");
            }
            Icmpv6::Other { rest, .. } => w.bytes(rest, "rest"),
        }
    }
}

/// The card's address in the options of a neighbour message (RFC 4861 §4.6.1), if there is one of Ethernet's length.
pub fn link_layer_address(mut options: &[u8]) -> Option<MacAddress> {
    while let &[kind, words, ..] = options {
        // RFC 4861 §4.6: a length of zero is a mistake that would never end.
        let (option, behind) = options.split_at_checked(usize::from(words) * 8).filter(|_| words > 0)?;
        if let (1 | 2, &[_, _, a, b, c, d, e, f]) = (kind, option) {
            return Some(MacAddress([a, b, c, d, e, f]));
        }
        options = behind;
    }
    None
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        1 => "destination unreachable",
        2 => "packet too big",
        3 => "time exceeded",
        4 => "parameter problem",
        128 => "echo request",
        129 => "echo reply",
        133 => "router solicitation",
        134 => "router advertisement",
        135 => "neighbor solicitation",
        136 => "neighbor advertisement",
        _ => "not known here",
    }
}

/// Why a destination is unreachable: the code of ICMPv6's type 1 (RFC 4443 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unreachable6(pub u8);

impl Unreachable6 {
    /// No route.
    pub const NO_ROUTE: Unreachable6 = Unreachable6(0);
    /// Forbidden by a rule of a firewall.
    pub const ADMINISTRATIVELY_PROHIBITED: Unreachable6 = Unreachable6(1);
    /// The source address does not reach so far.
    pub const BEYOND_SCOPE: Unreachable6 = Unreachable6(2);
    /// Nobody answers at the address.
    pub const ADDRESS: Unreachable6 = Unreachable6(3);
    /// Nobody listens on the port.
    pub const PORT: Unreachable6 = Unreachable6(4);
}

impl fmt::Display for Unreachable6 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("no route"),
            1 => f.write_str("administratively prohibited"),
            2 => f.write_str("beyond the scope of the source address"),
            3 => f.write_str("address unreachable"),
            4 => f.write_str("port unreachable"),
            other => write!(f, "code {other}"),
        }
    }
}
