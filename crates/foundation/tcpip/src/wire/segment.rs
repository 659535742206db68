use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use crate::checksum::{ChecksumError, PseudoHeader, checked, patch_u16};
use crate::rules::tcp as rules;
use crate::wire::{Options, Protocol, Seq};

/// The bytes of a header without options.
const HEADER: usize = 20;
/// Where the checksum lies.
const CHECKSUM_AT: usize = 16;

/// A TCP segment, its payload borrowed (RFC 9293 §3.1).
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │          source port          │       destination port        │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                        sequence number                        │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    acknowledgment number                      │
/// ├───────┬───────┬─┬─┬─┬─┬─┬─┬─┬─┬───────────────────────────────┤
/// │ data  │ reser-│C│E│U│A│P│R│S│F│            window             │
/// │ offset│  ved  │W│C│R│C│S│S│Y│I│                               │
/// │       │       │R│E│G│K│H│T│N│N│                               │
/// ├───────┴───────┴─┴─┴─┴─┴─┴─┴─┴─┼───────────────────────────────┤
/// │           checksum            │        urgent pointer         │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                  options …  payload …                         │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// The data offset is not a field here: it follows from the options.
///
/// ```
/// use wirelab_tcpip::{Flags, Segment, Seq};
/// use wirelab_wire::{Decode, Encode, Reader};
///
/// let sent = Segment { source: 50_000, destination: 80, sequence: Seq(7), flags: Flags::SYN, ..Segment::default() };
/// let bytes = sent.to_bytes();
/// let received = Segment::decode(&mut Reader::whole(&bytes))?;
/// assert_eq!(received, sent);
/// assert_eq!(received.to_string(), "SYN seq=7 win=0");
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The sender's port.
    pub source: u16,
    /// The receiver's port.
    pub destination: u16,
    /// SEG.SEQ: the number of the first byte of the payload; of the SYN if there is one.
    pub sequence: Seq,
    /// SEG.ACK: the number that the sender expects next, if [`Flags::ACK`] is set.
    pub acknowledgment: Seq,
    /// Four bits for the future: sent as zero, ignored when received.
    pub reserved: u8,
    /// The control bits.
    pub flags: Flags,
    /// SEG.WND: how many bytes from the acknowledgment number on the sender has room for, before scaling.
    pub window: u16,
    /// Over the addresses, the header and the payload.
    pub checksum: u16,
    /// Where urgent data ends, if [`Flags::URG`] is set.
    pub urgent_pointer: u16,
    /// What else the header says.
    pub options: Options,
    /// The bytes of the stream.
    pub payload: &'a [u8],
}

impl<'a> Segment<'a> {
    /// SEG.LEN: how many sequence numbers it takes up. SYN and FIN count as one each (RFC 9293 §3.4).
    pub fn sequence_len(&self) -> u32 {
        let payload = self.payload.len() as u32; // below 64 KiB, from an IP packet
        payload + u32::from(self.flags.contains(Flags::SYN)) + u32::from(self.flags.contains(Flags::FIN))
    }

    /// The number behind its last.
    pub fn end(&self) -> Seq {
        self.sequence + self.sequence_len()
    }

    /// The bytes of header and options.
    pub fn header_len(&self) -> usize {
        HEADER + self.options.bytes().len()
    }

    /// Whether the segment arrived as it was sent, and at the address that it was sent to. `bytes` are those that it was
    /// decoded from.
    ///
    /// # Errors
    /// The checksum is another one.
    pub fn check(bytes: &[u8], addresses: &PseudoHeader) -> Result<(), ChecksumError> {
        checked(addresses.checksum(Protocol::TCP, bytes), bytes, CHECKSUM_AT)
    }

    /// Appends the segment with the checksum that it has between these addresses, whatever its own field says.
    pub fn encode_between(&self, addresses: &PseudoHeader, out: &mut bytes::BytesMut) {
        let start = out.len();
        self.write(0, &mut Writer::new(out));
        let bytes = out.get_mut(start..).unwrap_or_default();
        patch_u16(bytes, CHECKSUM_AT, addresses.checksum(Protocol::TCP, bytes));
    }
}

impl Segment<'_> {
    #[inline]
    fn write(&self, checksum: u16, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.source, "source port");
        w.u16(self.destination, "destination port");
        w.u32(self.sequence.0, "sequence number");
        w.u32(self.acknowledgment.0, "acknowledgment number");
        let data_offset = (self.header_len() / 4) as u8; // 5 to 15
        if w.is_traced() {
            w.bits::<4>(data_offset.into(), "data offset");
            w.bits::<4>(self.reserved.into(), "reserved");
            for (flag, name) in Flags::NAMES {
                w.flag(self.flags.contains(flag), name);
            }
        } else {
            w.u8(data_offset << 4 | self.reserved & 0xf, "data offset, reserved");
            w.u8(self.flags.0, "flags");
        }
        w.u16(self.window, "window");
        w.u16(checksum, "checksum");
        w.u16(self.urgent_pointer, "urgent pointer");
        if !self.options.bytes().is_empty() {
            self.options.encode(w);
        }
        w.bytes(self.payload, "payload");
    }
}

impl<'a> Decode<'a> for Segment<'a> {
    const NAME: &'static str = "TCP segment";
    const SECTION: &'static str = "RFC 9293 §3.1";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let source = r.u16("source port")?;
        let destination = r.u16("destination port")?;
        let sequence = Seq(r.u32("sequence number")?);
        let acknowledgment = Seq(r.u32("acknowledgment number")?);
        let data_offset = r.bits::<4>("data offset")? as usize;
        if data_offset < HEADER / 4 {
            return Err(r.invalid("data offset", &rules::DATA_OFFSET_BELOW_HEADER));
        }
        r.note(|| {
            format!("{} bytes of header, {} of them options", data_offset * 4, data_offset * 4 - HEADER)
        });
        let reserved = r.bits::<4>("reserved")? as u8;
        let flags = Flags::read(r)?;
        let window = r.u16("window")?;
        let checksum = r.u16("checksum")?;
        let urgent_pointer = r.u16("urgent pointer")?;
        let options = match data_offset * 4 - HEADER {
            0 => Options::new(),
            len => Options::decode(r, len)?,
        };
        let payload = r.rest("payload");
        Ok(Segment {
            source,
            destination,
            sequence,
            acknowledgment,
            reserved,
            flags,
            window,
            checksum,
            urgent_pointer,
            options,
            payload,
        })
    }
}

impl Encode for Segment<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.write(self.checksum, w);
    }
}

/// `SYN ACK seq=1 ack=8 win=65535 len=3`, as a ladder shows it.
impl fmt::Display for Segment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seq={}", self.flags, self.sequence)?;
        if self.flags.contains(Flags::ACK) {
            write!(f, " ack={}", self.acknowledgment)?;
        }
        write!(f, " win={}", self.window)?;
        match self.payload.len() {
            0 => Ok(()),
            len => write!(f, " len={len}"),
        }
    }
}

/// The control bits of a segment.
///
/// ```
/// use wirelab_tcpip::Flags;
///
/// let flags = Flags::SYN | Flags::ACK;
/// assert!(flags.contains(Flags::SYN));
/// assert_eq!(flags.to_string(), "SYN ACK");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Flags = Flags(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: Flags = Flags(0x02);
    /// Reset the connection.
    pub const RST: Flags = Flags(0x04);
    /// Give what you have to the application.
    pub const PSH: Flags = Flags(0x08);
    /// The acknowledgment number is valid.
    pub const ACK: Flags = Flags(0x10);
    /// The urgent pointer is valid.
    pub const URG: Flags = Flags(0x20);
    /// A congestion mark was seen (RFC 3168 §6.1).
    pub const ECE: Flags = Flags(0x40);
    /// The window was reduced, as the mark asked (RFC 3168 §6.1).
    pub const CWR: Flags = Flags(0x80);

    /// In the order in which they are sent.
    const NAMES: [(Flags, &'static str); 8] = [
        (Flags::CWR, "CWR"),
        (Flags::ECE, "ECE"),
        (Flags::URG, "URG"),
        (Flags::ACK, "ACK"),
        (Flags::PSH, "PSH"),
        (Flags::RST, "RST"),
        (Flags::SYN, "SYN"),
        (Flags::FIN, "FIN"),
    ];

    /// The eight bits, each by its name if somebody watches. An error has the name of the first in either case.
    #[inline]
    fn read(r: &mut Reader<'_, impl Trace>) -> Result<Flags, WireError> {
        if !r.is_traced() {
            return r.u8("CWR").map(Flags);
        }
        let mut flags = Flags::default();
        for (flag, name) in Flags::NAMES {
            if r.flag(name)? {
                flags |= flag;
            }
        }
        Ok(flags)
    }

    /// Whether all of `flags` are set.
    pub const fn contains(self, flags: Flags) -> bool {
        self.0 & flags.0 == flags.0
    }
}

impl BitOr for Flags {
    type Output = Flags;
    fn bitor(self, rhs: Flags) -> Flags {
        Flags(self.0 | rhs.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, rhs: Flags) {
        self.0 |= rhs.0;
    }
}

/// The names of those that are set, as tools print them: `SYN ACK`.
impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for (_, name) in Flags::NAMES.iter().rev().filter(|(flag, _)| self.contains(*flag)) {
            write!(f, "{}{name}", if first { "" } else { " " })?;
            first = false;
        }
        if first { f.write_str("none") } else { Ok(()) }
    }
}
