use std::fmt;
use std::net::Ipv4Addr;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules::link as rules;
use crate::wire::{EtherType, MacAddress};

/// "Who has this IPv4 address?" and its answer, over Ethernet (RFC 826).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │       hardware type (1)       │    protocol type (0x0800)     │
/// ├───────────────┬───────────────┼───────────────────────────────┤
/// │ hw length (6) │pr. length (4) │           operation           │
/// ├───────────────┴───────────────┴───────────────────────────────┤
/// │     sender's hardware address, 48 bits; protocol address, 32  │
/// ├───────────────────────────────────────────────────────────────┤
/// │     target's hardware address, 48 bits; protocol address, 32  │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// ARP was made for any pair of networks; this is the one that is in use. Others are refused by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArpPacket {
    /// Question or answer.
    pub operation: ArpOperation,
    /// The sender's card.
    pub sender_hardware: MacAddress,
    /// The sender's address.
    pub sender_protocol: Ipv4Addr,
    /// The card that is meant; nothing in a question, since it asks for it.
    pub target_hardware: MacAddress,
    /// The address that is meant.
    pub target_protocol: Ipv4Addr,
}

/// What an ARP packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ArpOperation(pub u16);

impl ArpOperation {
    /// A question.
    pub const REQUEST: ArpOperation = ArpOperation(1);
    /// An answer.
    pub const REPLY: ArpOperation = ArpOperation(2);
}

impl fmt::Display for ArpOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            ArpOperation::REQUEST => f.write_str("request"),
            ArpOperation::REPLY => f.write_str("reply"),
            ArpOperation(other) => other.fmt(f),
        }
    }
}

impl<'a> Decode<'a> for ArpPacket {
    const NAME: &'static str = "ARP packet";
    const SECTION: &'static str = "RFC 826";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        if r.u16("hardware type")? != 1 {
            return Err(r.invalid("hardware type", &rules::ARP_NOT_ETHERNET));
        }
        if r.u16("protocol type")? != EtherType::IPV4.0 {
            return Err(r.invalid("protocol type", &rules::ARP_NOT_IPV4));
        }
        if r.u8("hardware length")? != 6 {
            return Err(r.invalid("hardware length", &rules::ARP_NOT_ETHERNET));
        }
        if r.u8("protocol length")? != 4 {
            return Err(r.invalid("protocol length", &rules::ARP_NOT_IPV4));
        }
        let operation = ArpOperation(r.u16("operation")?);
        r.note(|| operation.to_string());
        let sender_hardware = MacAddress(*r.array("sender hardware address")?);
        r.note(|| sender_hardware.to_string());
        let sender_protocol = Ipv4Addr::from(*r.array("sender protocol address")?);
        r.note(|| sender_protocol.to_string());
        let target_hardware = MacAddress(*r.array("target hardware address")?);
        r.note(|| target_hardware.to_string());
        let target_protocol = Ipv4Addr::from(*r.array("target protocol address")?);
        r.note(|| target_protocol.to_string());
        Ok(ArpPacket { operation, sender_hardware, sender_protocol, target_hardware, target_protocol })
    }
}

impl Encode for ArpPacket {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(1, "hardware type");
        w.u16(EtherType::IPV4.0, "protocol type");
        w.u8(6, "hardware length");
        w.u8(4, "protocol length");
        w.u16(self.operation.0, "operation");
        w.bytes(&self.sender_hardware.0, "sender hardware address");
        w.bytes(&self.sender_protocol.octets(), "sender protocol address");
        w.bytes(&self.target_hardware.0, "target hardware address");
        w.bytes(&self.target_protocol.octets(), "target protocol address");
    }
}
