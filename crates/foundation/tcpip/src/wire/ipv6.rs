use std::net::Ipv6Addr;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::rules::ip as rules;
use crate::wire::ipv6_extension::{Upper, is_extension, walk};
use crate::wire::{Ecn, Protocol, explain_payload};

/// An IPv6 packet, its payload borrowed (RFC 8200 §3).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────┬───────────┬───┬───────────────────────────────────────┐
/// │version│   DSCP    │ECN│              flow label               │
/// ├───────┴───────────┴───┴───────┬───────────────┬───────────────┤
/// │        payload length         │  next header  │   hop limit   │
/// ├───────────────────────────────┴───────────────┴───────────────┤
/// │                   source address, 128 bits                    │
/// ├───────────────────────────────────────────────────────────────┤
/// │                 destination address, 128 bits                 │
/// ├───────────────────────────────────────────────────────────────┤
/// │              extension headers …  payload …                   │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// The payload includes extension headers, if there are any: routers do not look at them, and a receiver asks for
/// [`upper`](Self::upper). Bytes behind the payload length are not read, as with [`Ipv4Packet`](crate::Ipv4Packet). A jumbogram
/// (RFC 2675) says that its payload has no bytes, and is taken at its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv6Packet<'a> {
    /// How routers are to treat it (RFC 2474): the six high bits of the traffic class.
    pub dscp: u8,
    /// The congestion mark: the two low ones.
    pub ecn: Ecn,
    /// The same number in all packets of one conversation (RFC 6437): twenty bits; 0 says nothing.
    pub flow_label: u32,
    /// What the payload begins with.
    pub next_header: Protocol,
    /// How many routers may still pass it on.
    pub hop_limit: u8,
    /// The sender's address.
    pub source: Ipv6Addr,
    /// The receiver's.
    pub destination: Ipv6Addr,
    /// Everything behind the forty bytes of the header. What goes beyond 65 535 bytes is left out when it is written.
    pub payload: &'a [u8],
}

impl Default for Ipv6Packet<'_> {
    /// Hop limit 64, no next header, everything else zero.
    fn default() -> Self {
        Ipv6Packet {
            dscp: 0,
            ecn: Ecn::NotEct,
            flow_label: 0,
            next_header: Protocol::NO_NEXT_HEADER,
            hop_limit: 64,
            source: Ipv6Addr::UNSPECIFIED,
            destination: Ipv6Addr::UNSPECIFIED,
            payload: &[],
        }
    }
}

impl<'a> Ipv6Packet<'a> {
    /// The bytes of the header, which has no options.
    pub const HEADER_LEN: usize = 40;

    /// What is behind the extension headers.
    ///
    /// # Errors
    /// An extension header is malformed, misplaced or asks for what is not done here, or there are too many. `at` counts
    /// from the first byte of the packet.
    pub fn upper(&self) -> Result<Upper<'a>, WireError> {
        let walked = walk(&mut Reader::whole(self.payload), self.next_header);
        walked.map_err(|error| WireError { at: error.at + Self::HEADER_LEN, ..error })
    }

    fn first_word(&self) -> u32 {
        6 << 28
            | u32::from(self.dscp & 0x3f) << 22
            | u32::from(self.ecn.bits()) << 20
            | self.flow_label & 0xf_ffff
    }

    fn written_payload(&self) -> &'a [u8] {
        self.payload.get(..usize::from(u16::MAX)).unwrap_or(self.payload)
    }
}

impl<'a> Decode<'a> for Ipv6Packet<'a> {
    const NAME: &'static str = "IPv6 packet";
    const SECTION: &'static str = "RFC 8200 §3";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        if r.bits::<4>("version")? != 6 {
            return Err(r.invalid("version", &rules::IPV6_VERSION));
        }
        let dscp = r.bits::<6>("DSCP")? as u8;
        let ecn = Ecn::from_bits(r.bits::<2>("ECN")? as u8);
        r.note(|| ecn.to_string());
        r.cite("RFC 3168 §5");
        let flow_label = r.bits::<20>("flow label")?;
        let len = r.u16("payload length")?;
        let next_header = Protocol(r.u8("next header")?);
        r.note(|| next_header.to_string());
        let hop_limit = r.u8("hop limit")?;
        let source = Ipv6Addr::from(*r.array("source address")?);
        r.note(|| source.to_string());
        let destination = Ipv6Addr::from(*r.array("destination address")?);
        r.note(|| destination.to_string());
        let payload = r.bytes(len.into(), "payload")?;
        let packet =
            Ipv6Packet { dscp, ecn, flow_label, next_header, hop_limit, source, destination, payload };
        if is_extension(next_header) {
            r.derived(
                "extension headers",
                || payload,
                |r| {
                    let upper = walk(r, next_header)?;
                    if upper.fragment.is_none() {
                        explain_payload(r, upper.protocol, upper.payload);
                    }
                    Ok(())
                },
            );
        } else {
            explain_payload(r, next_header, payload);
        }
        Ok(packet)
    }
}

impl Encode for Ipv6Packet<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        if w.is_traced() {
            w.bits::<4>(6, "version");
            w.bits::<6>(self.dscp.into(), "DSCP");
            w.bits::<2>(self.ecn.bits().into(), "ECN");
            w.bits::<20>(self.flow_label, "flow label");
        } else {
            w.u32(self.first_word(), "version, DSCP, ECN, flow label");
        }
        let payload = self.written_payload();
        w.u16(payload.len() as u16, "payload length"); // cut to it
        w.u8(self.next_header.0, "next header");
        w.u8(self.hop_limit, "hop limit");
        w.bytes(&self.source.octets(), "source address");
        w.bytes(&self.destination.octets(), "destination address");
        w.bytes(payload, "payload");
    }
}
