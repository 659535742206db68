use std::fmt;

use bytes::BytesMut;
use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::checksum::{ChecksumError, checked, internet_checksum, patch_u16};

/// Where the checksum lies in a message.
pub(crate) const CHECKSUM_AT: usize = 2;

/// An ICMP message (RFC 792): what hosts and routers tell each other about IPv4 packets.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────┬───────────────┬───────────────────────────────┐
/// │     type      │     code      │           checksum            │
/// ├───────────────┴───────────────┴───────────────────────────────┤
/// │       identifier, sequence number │ MTU │ pointer │ unused    │
/// ├───────────────────────────────────────────────────────────────┤
/// │      data …, or the beginning of the packet that it is about  │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// ```
/// use wirelab_tcpip::{Icmp, IcmpMessage};
/// use wirelab_wire::{Decode, Reader};
///
/// let ping = IcmpMessage::new(Icmp::EchoRequest { identifier: 7, sequence: 1, data: b"hello" });
/// let mut bytes = bytes::BytesMut::new();
/// ping.encode_with_checksum(&mut bytes);
/// assert_eq!(IcmpMessage::check(&bytes), Ok(()));
/// assert_eq!(IcmpMessage::decode(&mut Reader::whole(&bytes))?.body, ping.body);
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpMessage<'a> {
    /// Over the whole message.
    pub checksum: u16,
    /// What it says.
    pub body: Icmp<'a>,
}

/// What an ICMP message says. `original` is the header of the packet that it is about and at least eight bytes of its
/// payload: enough for the ports (RFC 792; RFC 1812 §4.3.2.3 wants as much as fits into 576 bytes).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icmp<'a> {
    /// Type 0: the answer to a ping, with the same numbers and data.
    EchoReply {
        /// Which pinging program.
        identifier: u16,
        /// Which of its pings.
        sequence: u16,
        /// Whatever the question held.
        data: &'a [u8],
    },
    /// Type 3: the packet cannot be delivered.
    DestinationUnreachable {
        /// Why.
        code: Unreachable,
        /// The MTU that was too small, with [`Unreachable::FRAGMENTATION_NEEDED`] (RFC 1191 §4; 0 from routers that do
        /// not know that). Unused with the other codes.
        next_hop_mtu: u16,
        /// The packet's beginning.
        original: &'a [u8],
    },
    /// Type 8: a ping.
    EchoRequest {
        /// Which pinging program.
        identifier: u16,
        /// Which of its pings.
        sequence: u16,
        /// To be sent back.
        data: &'a [u8],
    },
    /// Type 11: the packet has passed too many routers (code 0), or its fragments did not all arrive (code 1).
    TimeExceeded {
        /// Which of the two.
        code: u8,
        /// The packet's beginning.
        original: &'a [u8],
    },
    /// Type 12: the header is wrong.
    ParameterProblem {
        /// 0: the pointer shows where; 1: an option is missing (RFC 1122 §3.2.2.5).
        code: u8,
        /// The byte that is wrong.
        pointer: u8,
        /// The packet's beginning.
        original: &'a [u8],
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

impl Icmp<'_> {
    /// The number in the type field.
    pub fn kind(&self) -> u8 {
        match *self {
            Icmp::EchoReply { .. } => 0,
            Icmp::DestinationUnreachable { .. } => 3,
            Icmp::EchoRequest { .. } => 8,
            Icmp::TimeExceeded { .. } => 11,
            Icmp::ParameterProblem { .. } => 12,
            Icmp::Other { kind, .. } => kind,
        }
    }

    /// Whether it tells of an error: such a message must not be answered with another (RFC 1122 §3.2.2).
    pub fn is_error(&self) -> bool {
        is_error(self.kind())
    }

    fn code(&self) -> u8 {
        match *self {
            Icmp::EchoReply { .. } | Icmp::EchoRequest { .. } => 0,
            Icmp::DestinationUnreachable { code, .. } => code.0,
            Icmp::TimeExceeded { code, .. }
            | Icmp::ParameterProblem { code, .. }
            | Icmp::Other { code, .. } => code,
        }
    }
}

/// Whether this type tells of an error: unreachable, source quench, redirect, time exceeded, parameter problem.
pub(crate) fn is_error(kind: u8) -> bool {
    matches!(kind, 3 | 4 | 5 | 11 | 12)
}

impl<'a> IcmpMessage<'a> {
    /// A message whose checksum is not filled in.
    pub fn new(body: Icmp<'a>) -> Self {
        IcmpMessage { checksum: 0, body }
    }

    /// Whether the message arrived as it was sent. `bytes` are those that it was decoded from.
    ///
    /// # Errors
    /// The checksum is another one.
    pub fn check(bytes: &[u8]) -> Result<(), ChecksumError> {
        checked(internet_checksum(bytes), bytes, CHECKSUM_AT)
    }

    /// Appends the message with the checksum that it should have.
    pub fn encode_with_checksum(&self, out: &mut BytesMut) {
        let start = out.len();
        IcmpMessage { checksum: 0, ..*self }.encode(&mut Writer::new(out));
        let bytes = out.get_mut(start..).unwrap_or_default();
        patch_u16(bytes, CHECKSUM_AT, internet_checksum(bytes));
    }
}

impl<'a> Decode<'a> for IcmpMessage<'a> {
    const NAME: &'static str = "ICMP message";
    const SECTION: &'static str = "RFC 792";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let kind = r.u8("type")?;
        r.note(|| kind_name(kind).to_owned());
        let code = r.u8("code")?;
        if kind == 3 {
            r.note(|| Unreachable(code).to_string());
        }
        let checksum = r.u16("checksum")?;
        let body = match (kind, code) {
            // RFC 792 gives an echo no code but 0.
            (0 | 8, 0) => {
                let identifier = r.u16("identifier")?;
                let sequence = r.u16("sequence number")?;
                let data = r.rest("data");
                match kind {
                    0 => Icmp::EchoReply { identifier, sequence, data },
                    _ => Icmp::EchoRequest { identifier, sequence, data },
                }
            }
            (3, _) => {
                r.u16("unused")?;
                let next_hop_mtu = r.u16("next-hop MTU")?;
                r.cite("RFC 1191 §4");
                let original = r.rest("original packet");
                Icmp::DestinationUnreachable { code: Unreachable(code), next_hop_mtu, original }
            }
            (11, _) => {
                r.u32("unused")?;
                Icmp::TimeExceeded { code, original: r.rest("original packet") }
            }
            (12, _) => {
                let pointer = r.u8("pointer")?;
                r.u24("unused")?;
                Icmp::ParameterProblem { code, pointer, original: r.rest("original packet") }
            }
            _ => Icmp::Other { kind, code, rest: r.rest("rest") },
        };
        Ok(IcmpMessage { checksum, body })
    }
}

impl Encode for IcmpMessage<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u8(self.body.kind(), "type");
        w.u8(self.body.code(), "code");
        w.u16(self.checksum, "checksum");
        match self.body {
            Icmp::EchoReply { identifier, sequence, data }
            | Icmp::EchoRequest { identifier, sequence, data } => {
                w.u16(identifier, "identifier");
                w.u16(sequence, "sequence number");
                w.bytes(data, "data");
            }
            Icmp::DestinationUnreachable { next_hop_mtu, original, .. } => {
                w.u16(0, "unused");
                w.u16(next_hop_mtu, "next-hop MTU");
                w.bytes(original, "original packet");
            }
            Icmp::TimeExceeded { original, .. } => {
                w.u32(0, "unused");
                w.bytes(original, "original packet");
            }
            Icmp::ParameterProblem { pointer, original, .. } => {
                w.u8(pointer, "pointer");
                w.u24(0, "unused");
                w.bytes(original, "original packet");
            }
            Icmp::Other { rest, .. } => w.bytes(rest, "rest"),
        }
    }
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        0 => "echo reply",
        3 => "destination unreachable",
        4 => "source quench",
        5 => "redirect",
        8 => "echo request",
        11 => "time exceeded",
        12 => "parameter problem",
        _ => "not known here",
    }
}

/// Why a destination is unreachable: the code of ICMP's type 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unreachable(pub u8);

impl Unreachable {
    /// No route to the network.
    pub const NETWORK: Unreachable = Unreachable(0);
    /// The last router finds nobody with the address.
    pub const HOST: Unreachable = Unreachable(1);
    /// The host does not speak the protocol.
    pub const PROTOCOL: Unreachable = Unreachable(2);
    /// Nobody listens on the port.
    pub const PORT: Unreachable = Unreachable(3);
    /// The packet is too large for the next link and must not be cut (RFC 1191).
    pub const FRAGMENTATION_NEEDED: Unreachable = Unreachable(4);
    /// Forbidden by a rule of a firewall or router (RFC 1812 §5.2.7.1).
    pub const ADMINISTRATIVELY_PROHIBITED: Unreachable = Unreachable(13);

    /// Whether it is a hard error, by which TCP may give a connection up: protocol, port, and fragmentation needed, which
    /// path MTU discovery takes for itself (RFC 1122 §4.2.3.9).
    pub fn is_hard(self) -> bool {
        matches!(self.0, 2..=4)
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("network unreachable"),
            1 => f.write_str("host unreachable"),
            2 => f.write_str("protocol unreachable"),
            3 => f.write_str("port unreachable"),
            4 => f.write_str("fragmentation needed and DF set"),
            5 => f.write_str("source route failed"),
            13 => f.write_str("administratively prohibited"),
            other => write!(f, "code {other}"),
        }
    }
}
