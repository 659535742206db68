use std::fmt;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules::link as rules;
use crate::wire::{ArpPacket, Ipv4Packet, Ipv6Packet};

/// An Ethernet II frame as network cards hand it over: without preamble and without the check sequence behind it (RFC 894).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────────────────────────────────────┐
/// │                     destination, 48 bits                      │
/// │                               ┌───────────────────────────────┤
/// │                               │                               │
/// ├───────────────────────────────┘                               │
/// │                        source, 48 bits                        │
/// ├───────────────────────────────┬───────────────────────────────┤
/// │           EtherType           │           payload …           │
/// └───────────────────────────────┴───────────────────────────────┘
/// ```
///
/// The payload of a frame that was short on the wire ends with padding, up to 46 bytes; only the packet inside knows its length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The receiver's card.
    pub destination: MacAddress,
    /// The sender's.
    pub source: MacAddress,
    /// What the payload is.
    pub ether_type: EtherType,
    /// What the frame carries.
    pub payload: &'a [u8],
}

impl Frame<'_> {
    /// The bytes in front of the payload.
    pub const HEADER_LEN: usize = 14;
}

impl<'a> Decode<'a> for Frame<'a> {
    const NAME: &'static str = "Ethernet frame";
    const SECTION: &'static str = "RFC 894";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let destination = MacAddress(*r.array("destination")?);
        r.note(|| destination.to_string());
        let source = MacAddress(*r.array("source")?);
        r.note(|| source.to_string());
        let ether_type = EtherType(r.u16("EtherType")?);
        // RFC 894, and 802.3: below 0x0600 it is a length, and the frame is of the other kind.
        if ether_type.0 < 0x0600 {
            return Err(r.invalid("EtherType", &rules::ETHER_TYPE_IS_A_LENGTH));
        }
        r.note(|| ether_type.to_string());
        let payload = r.rest("payload");
        match ether_type {
            EtherType::IPV4 => r.derived("payload", || payload, |r| padded::<Ipv4Packet<'_>>(r)),
            EtherType::IPV6 => r.derived("payload", || payload, |r| padded::<Ipv6Packet<'_>>(r)),
            EtherType::ARP => r.derived("payload", || payload, |r| padded::<ArpPacket>(r)),
            _ => {}
        }
        Ok(Frame { destination, source, ether_type, payload })
    }
}

/// A packet, and what fills a short frame up behind it.
fn padded<'a, M: Decode<'a>>(r: &mut Reader<'a, impl Trace>) -> Result<(), WireError> {
    r.message::<M>()?;
    if !r.remaining().is_empty() {
        r.rest("padding");
    }
    Ok(())
}

impl Encode for Frame<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.bytes(&self.destination.0, "destination");
        w.bytes(&self.source.0, "source");
        w.u16(self.ether_type.0, "EtherType");
        w.bytes(self.payload, "payload");
    }
}

/// The address of a network card, 48 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Every card on the link.
    pub const BROADCAST: MacAddress = MacAddress([0xff; 6]);

    /// Whether more than one card may be meant: the lowest bit of the first byte, which is sent first.
    pub fn is_multicast(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 1
    }
}

/// `02:00:5e:10:00:01`.
impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// What an Ethernet frame carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EtherType(pub u16);

impl EtherType {
    /// IPv4 (RFC 894).
    pub const IPV4: EtherType = EtherType(0x0800);
    /// ARP (RFC 826).
    pub const ARP: EtherType = EtherType(0x0806);
    /// IPv6 (RFC 2464).
    pub const IPV6: EtherType = EtherType(0x86dd);
}

impl fmt::Display for EtherType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            EtherType::IPV4 => f.write_str("IPv4"),
            EtherType::ARP => f.write_str("ARP"),
            EtherType::IPV6 => f.write_str("IPv6"),
            EtherType(other) => write!(f, "{other:#06x}"),
        }
    }
}
