use std::net::Ipv4Addr;

use bytes::BytesMut;
use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::checksum::{ChecksumError, Sum};
use crate::rules::ip as rules;
use crate::wire::{Ecn, Protocol, explain_payload};

/// The bytes of a header without options.
const HEADER: usize = 20;
/// How many bytes of options a header has room for: fifteen words less the five above.
const MOST_OPTIONS: usize = 40;

/// An IPv4 packet, its options and payload borrowed (RFC 791 §3.1).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────┬───────┬───────────┬───┬───────────────────────────────┐
/// │version│  IHL  │   DSCP    │ECN│         total length          │
/// ├───────┴───────┴───────────┴───┼─┬─┬─┬─────────────────────────┤
/// │        identification         │0│D│M│     fragment offset     │
/// │                               │ │F│F│                         │
/// ├───────────────┬───────────────┼─┴─┴─┴─────────────────────────┤
/// │ time to live  │   protocol    │        header checksum        │
/// ├───────────────┴───────────────┴───────────────────────────────┤
/// │                        source address                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                      destination address                      │
/// ├───────────────────────────────────────────────────────────────┤
/// │                  options …  payload …                         │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// Header length and total length are not fields here: they follow from the options and the payload.
///
/// A packet ends where its total length says. Ethernet frames have at least 46 bytes of payload, and pad shorter packets:
/// bytes behind the end are not read, so that `Reader::finish` reports them and [`ip::Packet`](crate::ip::Packet) ignores them.
///
/// The header checksum is not checked while decoding (see [`check`](Self::check)), so that a broken packet can be shown.
///
/// ```
/// use std::net::Ipv4Addr;
/// use wirelab_tcpip::{Ipv4Packet, Protocol};
/// use wirelab_wire::{Decode, Reader};
///
/// let sent = Ipv4Packet {
///     protocol: Protocol::UDP,
///     source: Ipv4Addr::new(192, 0, 2, 1),
///     destination: Ipv4Addr::new(192, 0, 2, 2),
///     payload: b"\xc0\x00\x00\x07\x00\x08\x00\x00",
///     ..Ipv4Packet::default()
/// };
/// let mut bytes = bytes::BytesMut::new();
/// sent.encode_with_checksum(&mut bytes);
/// let received = Ipv4Packet::decode(&mut Reader::whole(&bytes))?;
/// assert_eq!(received.check(), Ok(()));
/// assert_eq!(received.payload.len(), 8);
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ipv4Packet<'a> {
    /// How routers are to treat it (RFC 2474): six bits.
    pub dscp: u8,
    /// The congestion mark.
    pub ecn: Ecn,
    /// The same number in all fragments of one packet.
    pub identification: u16,
    /// The flag that must be zero.
    pub reserved: bool,
    /// DF: drop it rather than cut it.
    pub dont_fragment: bool,
    /// MF: this fragment is not the last.
    pub more_fragments: bool,
    /// Where this fragment's payload belongs, in units of eight bytes: thirteen bits.
    pub fragment_offset: u16,
    /// How many routers may still pass it on.
    pub time_to_live: u8,
    /// What the payload is.
    pub protocol: Protocol,
    /// Over the header alone.
    pub header_checksum: u16,
    /// The sender's address.
    pub source: Ipv4Addr,
    /// The receiver's.
    pub destination: Ipv4Addr,
    /// The bytes of the options, whole words. What is not whole words is padded with zeros when it is written, and what
    /// is more than 40 bytes is left out.
    pub options: &'a [u8],
    /// What the packet carries. What goes beyond a total length of 65 535 is left out when it is written.
    pub payload: &'a [u8],
}

impl Default for Ipv4Packet<'_> {
    /// Time to live 64 (what RFC 1700 recommends), everything else zero.
    fn default() -> Self {
        Ipv4Packet {
            dscp: 0,
            ecn: Ecn::NotEct,
            identification: 0,
            reserved: false,
            dont_fragment: false,
            more_fragments: false,
            fragment_offset: 0,
            time_to_live: 64,
            protocol: Protocol(0),
            header_checksum: 0,
            source: Ipv4Addr::UNSPECIFIED,
            destination: Ipv4Addr::UNSPECIFIED,
            options: &[],
            payload: &[],
        }
    }
}

impl<'a> Ipv4Packet<'a> {
    /// The bytes of header and options: 20 to 60.
    pub fn header_len(&self) -> usize {
        HEADER + self.options.len().min(MOST_OPTIONS).next_multiple_of(4)
    }

    /// The bytes of the whole packet.
    pub fn total_len(&self) -> usize {
        self.header_len() + self.written_payload().len()
    }

    /// Whether it is a part of a larger packet.
    pub fn is_fragment(&self) -> bool {
        self.more_fragments || self.fragment_offset > 0
    }

    /// Whether the header arrived as it was sent. Routers change the time to live, and the checksum with it.
    ///
    /// # Errors
    /// The checksum is another one (RFC 1122 §3.2.1.2: such a packet is silently discarded).
    pub fn check(&self) -> Result<(), ChecksumError> {
        match self.computed_checksum() {
            computed if computed == self.header_checksum => Ok(()),
            computed => Err(ChecksumError::Wrong { carried: self.header_checksum, computed }),
        }
    }

    /// The checksum that the header should have, whatever its own field says.
    pub fn computed_checksum(&self) -> u16 {
        let [length, flags] = [self.total_len() as u16, self.flags_and_offset()];
        let words = [self.first_word(), length, self.identification, flags, self.time_to_live_and_protocol()];
        let mut sum = Sum::default();
        words.into_iter().for_each(|word| sum.add_word(word));
        sum.add_pair(self.source.to_bits());
        sum.add_pair(self.destination.to_bits());
        sum.add(self.written_options());
        sum.checksum()
    }

    /// Appends the packet with the checksum that it should have.
    pub fn encode_with_checksum(&self, out: &mut BytesMut) {
        let header_checksum = self.computed_checksum();
        Ipv4Packet { header_checksum, ..*self }.encode(&mut Writer::new(out));
    }

    fn first_word(&self) -> u16 {
        let header_words = (self.header_len() / 4) as u16; // 5 to 15
        0x4000 | header_words << 8 | u16::from(self.dscp & 0x3f) << 2 | u16::from(self.ecn.bits())
    }

    fn flags_and_offset(&self) -> u16 {
        let flags = [self.reserved, self.dont_fragment, self.more_fragments];
        let flags = flags.into_iter().fold(0, |flags, flag| flags << 1 | u16::from(flag));
        flags << 13 | self.fragment_offset & 0x1fff
    }

    fn time_to_live_and_protocol(&self) -> u16 {
        u16::from_be_bytes([self.time_to_live, self.protocol.0])
    }

    fn written_options(&self) -> &'a [u8] {
        self.options.get(..MOST_OPTIONS).unwrap_or(self.options)
    }

    fn written_payload(&self) -> &'a [u8] {
        self.payload.get(..usize::from(u16::MAX) - self.header_len()).unwrap_or(self.payload)
    }
}

impl<'a> Decode<'a> for Ipv4Packet<'a> {
    const NAME: &'static str = "IPv4 packet";
    const SECTION: &'static str = "RFC 791 §3.1";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        if r.bits::<4>("version")? != 4 {
            return Err(r.invalid("version", &rules::IPV4_VERSION));
        }
        let header = r.bits::<4>("header length")? as usize * 4;
        if header < HEADER {
            return Err(r.invalid("header length", &rules::IPV4_HEADER_LENGTH));
        }
        r.note(|| format!("in words: {header} bytes"));
        let dscp = r.bits::<6>("DSCP")? as u8;
        let ecn = Ecn::from_bits(r.bits::<2>("ECN")? as u8);
        r.note(|| ecn.to_string());
        r.cite("RFC 3168 §5");
        let total = usize::from(r.u16("total length")?);
        if total < header {
            return Err(r.invalid("total length", &rules::IPV4_TOTAL_LENGTH));
        }
        r.note(|| format!("{header} of header, {} of payload", total - header));
        let identification = r.u16("identification")?;
        let reserved = r.flag("reserved")?;
        let dont_fragment = r.flag("don't fragment")?;
        let more_fragments = r.flag("more fragments")?;
        let fragment_offset = r.bits::<13>("fragment offset")? as u16;
        if fragment_offset > 0 {
            r.note(|| format!("in units of eight: from byte {}", u32::from(fragment_offset) * 8));
        }
        let time_to_live = r.u8("time to live")?;
        let protocol = Protocol(r.u8("protocol")?);
        r.note(|| protocol.to_string());
        let header_checksum = r.u16("header checksum")?;
        let source = Ipv4Addr::from(*r.array("source address")?);
        r.note(|| source.to_string());
        let destination = Ipv4Addr::from(*r.array("destination address")?);
        r.note(|| destination.to_string());
        let options = match header - HEADER {
            0 => &[],
            len => r.bytes(len, "options")?,
        };
        let payload = r.bytes(total - header, "payload")?;
        let packet = Ipv4Packet {
            dscp,
            ecn,
            identification,
            reserved,
            dont_fragment,
            more_fragments,
            fragment_offset,
            time_to_live,
            protocol,
            header_checksum,
            source,
            destination,
            options,
            payload,
        };
        if !packet.is_fragment() {
            explain_payload(r, protocol, payload);
        }
        Ok(packet)
    }
}

impl Encode for Ipv4Packet<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        let total_len = self.total_len() as u16; // the payload is cut to it
        if w.is_traced() {
            w.bits::<4>(4, "version");
            w.bits::<4>((self.header_len() / 4) as u32, "header length");
            w.bits::<6>(self.dscp.into(), "DSCP");
            w.bits::<2>(self.ecn.bits().into(), "ECN");
        } else {
            w.u16(self.first_word(), "version, header length, DSCP, ECN");
        }
        w.u16(total_len, "total length");
        w.u16(self.identification, "identification");
        if w.is_traced() {
            w.flag(self.reserved, "reserved");
            w.flag(self.dont_fragment, "don't fragment");
            w.flag(self.more_fragments, "more fragments");
            w.bits::<13>(self.fragment_offset.into(), "fragment offset");
        } else {
            w.u16(self.flags_and_offset(), "flags, fragment offset");
        }
        w.u8(self.time_to_live, "time to live");
        w.u8(self.protocol.0, "protocol");
        w.u16(self.header_checksum, "header checksum");
        w.bytes(&self.source.octets(), "source address");
        w.bytes(&self.destination.octets(), "destination address");
        let options = self.written_options();
        if !options.is_empty() {
            let mut padded = [0; MOST_OPTIONS];
            padded.iter_mut().zip(options).for_each(|(place, &byte)| *place = byte);
            w.bytes(padded.get(..self.header_len() - HEADER).unwrap_or_default(), "options");
        }
        w.bytes(self.written_payload(), "payload");
    }
}
