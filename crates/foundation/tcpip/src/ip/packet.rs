use std::fmt;
use std::net::IpAddr;

use bytes::BytesMut;
use wirelab_wire::{Decode, Encode, Reader, WireError, Writer};

use crate::checksum::{ChecksumError, PseudoHeader, internet_checksum, patch_u16};
use crate::rules::ip as rules;
use crate::wire::{Ecn, Ipv4Packet, Ipv6Packet, Protocol};

/// A received packet of either version, its payload borrowed.
///
/// ```
/// use std::net::IpAddr;
/// use bytes::BytesMut;
/// use wirelab_tcpip::{Protocol, ip};
///
/// let header = ip::Header::new([192, 0, 2, 1].into(), [192, 0, 2, 2].into(), Protocol::UDP);
/// let mut out = BytesMut::new();
/// ip::write_packet(&mut out, &header, |out| out.extend_from_slice(b"payload"))?;
/// let packet = ip::Packet::parse(&out)?;
/// assert_eq!(packet.source, IpAddr::from([192, 0, 2, 1]));
/// assert_eq!(packet.payload, b"payload");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The sender's address.
    pub source: IpAddr,
    /// The receiver's, of the same version.
    pub destination: IpAddr,
    /// What the payload is. In a fragment, what the whole packet's payload begins with.
    pub protocol: Protocol,
    /// Where the byte lies that says so, from the first byte of the packet.
    pub protocol_at: usize,
    /// The congestion mark.
    pub ecn: Ecn,
    /// How many routers may still pass it on: IPv4 calls it time to live.
    pub hop_limit: u8,
    /// IPv4's DF; true with IPv6, which routers never cut.
    pub dont_fragment: bool,
    /// IPv4's number for the fragments of this packet, whether it is one or not; 0 with IPv6, which numbers fragments only.
    pub identification: u16,
    /// Which part of a packet it is, if it is not a whole one.
    pub fragment: Option<Fragment>,
    /// What is behind the header, its options and its extension headers.
    pub payload: &'a [u8],
    /// The whole packet, without padding behind it.
    pub bytes: &'a [u8],
}

/// Which part of a packet a fragment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// The same number in all fragments of one packet: 16 bits in IPv4, 32 in IPv6.
    pub identification: u32,
    /// Where this part belongs, in bytes: a multiple of eight.
    pub offset: usize,
    /// Whether there are parts behind it.
    pub more: bool,
}

impl<'a> Packet<'a> {
    /// Reads one packet: the version that its first four bits say, IPv4's header checksum, IPv6's extension headers. Bytes
    /// behind its length are padding, and ignored.
    ///
    /// # Errors
    /// The header is malformed or does not check. RFC 1122 §3.2.1 demands silence about most of these.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut r = Reader::whole(bytes);
        match bytes.first().map(|first| first >> 4) {
            Some(6) => {
                let packet = Ipv6Packet::decode(&mut r)?;
                Ok(Packet::from_v6(&packet, r.so_far())?)
            }
            Some(4) | None => {
                let packet = Ipv4Packet::decode(&mut r)?;
                packet.check()?;
                Ok(Packet::from_v4(&packet, r.so_far()))
            }
            Some(_) => Err(Refused::Malformed(r.invalid_here("version", &rules::VERSION))),
        }
    }

    /// Reads what a router reads of a packet: IPv4's header, or IPv6's fixed one. Extension headers are payload then, as nodes
    /// on the way leave them alone (RFC 8200 §4), and `protocol` is the number of the first. IPv4's checksum is not looked
    /// at: the beginning of a damaged packet can be read as well.
    ///
    /// # Errors
    /// The header is malformed, or the packet is cut off.
    pub fn first_header(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut r = Reader::whole(bytes);
        match bytes.first().map(|first| first >> 4) {
            Some(6) => {
                let packet = Ipv6Packet::decode(&mut r)?;
                Ok(Packet::of_fixed_header(&packet, r.so_far()))
            }
            Some(4) | None => {
                let packet = Ipv4Packet::decode(&mut r)?;
                Ok(Packet::from_v4(&packet, r.so_far()))
            }
            Some(_) => Err(r.invalid_here("version", &rules::VERSION)),
        }
    }

    fn from_v4(packet: &Ipv4Packet<'a>, bytes: &'a [u8]) -> Self {
        let fragment = packet.is_fragment().then(|| Fragment {
            identification: packet.identification.into(),
            offset: usize::from(packet.fragment_offset) * 8,
            more: packet.more_fragments,
        });
        Packet {
            source: packet.source.into(),
            destination: packet.destination.into(),
            protocol: packet.protocol,
            protocol_at: 9,
            ecn: packet.ecn,
            hop_limit: packet.time_to_live,
            dont_fragment: packet.dont_fragment,
            identification: packet.identification,
            fragment,
            payload: packet.payload,
            bytes,
        }
    }

    fn from_v6(packet: &Ipv6Packet<'a>, bytes: &'a [u8]) -> Result<Self, WireError> {
        let upper = packet.upper()?;
        let fragment = upper.fragment.map(|header| Fragment {
            identification: header.identification,
            offset: usize::from(header.offset) * 8,
            more: header.more,
        });
        Ok(Packet {
            protocol: upper.protocol,
            protocol_at: upper.protocol_at,
            fragment,
            payload: upper.payload,
            ..Packet::of_fixed_header(packet, bytes)
        })
    }

    /// A packet whose extension headers cannot be read: they are its payload.
    pub(crate) fn of_fixed_header(packet: &Ipv6Packet<'a>, bytes: &'a [u8]) -> Self {
        Packet {
            source: packet.source.into(),
            destination: packet.destination.into(),
            protocol: packet.next_header,
            protocol_at: 6,
            ecn: packet.ecn,
            hop_limit: packet.hop_limit,
            dont_fragment: true,
            identification: 0,
            fragment: None,
            payload: packet.payload,
            bytes,
        }
    }

    /// Whether the version is 6.
    pub fn is_v6(&self) -> bool {
        self.source.is_ipv6()
    }

    /// Where the payload begins, in bytes from the first of the packet.
    pub fn payload_at(&self) -> usize {
        self.bytes.len().saturating_sub(self.payload.len())
    }

    /// The part of the addresses in the checksums of UDP, TCP and ICMPv6.
    pub fn pseudo_header(&self) -> PseudoHeader {
        match (self.source, self.destination) {
            (IpAddr::V6(source), IpAddr::V6(destination)) => PseudoHeader::V6 { source, destination },
            (IpAddr::V4(source), IpAddr::V4(destination)) => PseudoHeader::V4 { source, destination },
            // A packet has one version; mapped addresses say the same.
            (source, destination) => {
                PseudoHeader::V6 { source: mapped(source), destination: mapped(destination) }
            }
        }
    }
}

fn mapped(address: IpAddr) -> std::net::Ipv6Addr {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    }
}

/// Why a packet is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Its header, or an extension header, is none.
    Malformed(WireError),
    /// Its header was damaged.
    Checksum(ChecksumError),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Malformed(error) => error.fmt(f),
            Refused::Checksum(error) => write!(f, "IPv4 header: {error}"),
        }
    }
}

impl std::error::Error for Refused {}

impl From<WireError> for Refused {
    fn from(error: WireError) -> Self {
        Refused::Malformed(error)
    }
}

impl From<ChecksumError> for Refused {
    fn from(error: ChecksumError) -> Self {
        Refused::Checksum(error)
    }
}

/// What a packet's header is to say, whichever the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Our address.
    pub source: IpAddr,
    /// Whom it is for; it decides the version.
    pub destination: IpAddr,
    /// What the payload is.
    pub protocol: Protocol,
    /// How routers are to treat it: six bits.
    pub dscp: u8,
    /// Whether marks are welcome.
    pub ecn: Ecn,
    /// How many routers may pass it on.
    pub hop_limit: u8,
    /// IPv4's number for its fragments. With DF it may be anything (RFC 6864 §4.1).
    pub identification: u16,
    /// IPv4's DF.
    pub dont_fragment: bool,
    /// IPv6's flow label: twenty bits.
    pub flow_label: u32,
}

impl Header {
    /// A header with hop limit 64 and DF; everything else zero.
    pub fn new(source: IpAddr, destination: IpAddr, protocol: Protocol) -> Self {
        Header {
            source,
            destination,
            protocol,
            dscp: 0,
            ecn: Ecn::NotEct,
            hop_limit: 64,
            identification: 0,
            dont_fragment: true,
            flow_label: 0,
        }
    }

    /// The bytes of the header: 20 or 40.
    pub fn header_len(&self) -> usize {
        if self.destination.is_ipv4() { 20 } else { Ipv6Packet::HEADER_LEN }
    }

    /// The addresses' part in the checksums of UDP, TCP and ICMPv6; `None` if they are of two versions.
    pub fn pseudo_header(&self) -> Option<PseudoHeader> {
        PseudoHeader::between(self.source, self.destination)
    }
}

/// Appends a packet to `out`: the header, then what `body` appends. Length and checksum are filled in afterwards, so that
/// the payload is written where it stays.
///
/// # Errors
/// The body is longer than the length field can say, or the addresses are of two versions. Nothing is appended then.
pub fn write_packet(
    out: &mut BytesMut,
    header: &Header,
    body: impl FnOnce(&mut BytesMut),
) -> Result<(), Unwritable> {
    let start = out.len();
    let length_at = write_header(out, header)?;
    body(out);
    let packet = out.get_mut(start..).unwrap_or_default();
    let counted = match header.destination {
        IpAddr::V4(_) => packet.len(),
        IpAddr::V6(_) => packet.len().saturating_sub(Ipv6Packet::HEADER_LEN),
    };
    let Ok(length) = u16::try_from(counted) else {
        out.truncate(start);
        return Err(Unwritable::TooLong { len: counted });
    };
    patch_u16(packet, length_at, length);
    if header.destination.is_ipv4() {
        let checksum = internet_checksum(packet.get(..20).unwrap_or_default());
        patch_u16(packet, 10, checksum);
    }
    Ok(())
}

/// Appends a header whose length and checksum are zero; says where the length is.
fn write_header(out: &mut BytesMut, header: &Header) -> Result<usize, Unwritable> {
    let Header { source, destination, protocol, dscp, ecn, hop_limit, identification, .. } = *header;
    let w = &mut Writer::new(out);
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let dont_fragment = header.dont_fragment;
            Ipv4Packet {
                dscp,
                ecn,
                identification,
                dont_fragment,
                time_to_live: hop_limit,
                protocol,
                source,
                destination,
                ..Ipv4Packet::default()
            }
            .encode(w);
            Ok(2)
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let flow_label = header.flow_label;
            let next_header = protocol;
            Ipv6Packet { dscp, ecn, flow_label, next_header, hop_limit, source, destination, payload: &[] }
                .encode(w);
            Ok(4)
        }
        _ => Err(Unwritable::TwoVersions),
    }
}

/// Why a packet cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// It is longer than its length field can say.
    TooLong {
        /// What the field would have to say; 65 535 would fit.
        len: usize,
    },
    /// One of the addresses is IPv4's, the other IPv6's.
    TwoVersions,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unwritable::TooLong { len } => write!(f, "a packet cannot have {len} bytes; 65535 would fit"),
            Unwritable::TwoVersions => f.write_str("the addresses are of two versions of IP"),
        }
    }
}

impl std::error::Error for Unwritable {}
