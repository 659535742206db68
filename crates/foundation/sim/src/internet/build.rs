//! Packets made from their parts, checksums included: for nodes that answer by themselves, and for tests.

use std::net::{IpAddr, SocketAddr};

use bytes::{Bytes, BytesMut};
use wirelab_tcpip::ip::{Header, write_packet};
use wirelab_tcpip::{
    Datagram, Ecn, Icmp, IcmpMessage, Icmpv6, Icmpv6Message, Protocol, PseudoHeader, Segment,
};
use wirelab_wire::Encode;

use super::packet::{ICMP, ICMP_V6, TCP, UDP};

/// That of IPv6.
const LONGEST_HEADER: usize = 40;

/// What stands in the IP header of a packet to be built.
///
/// ```
/// use wirelab_sim::internet::{Header, build::Envelope};
///
/// let (a, b) = ("192.0.2.1".parse()?, "198.51.100.1".parse()?);
/// let packet = Envelope { hop_limit: 3, ..Envelope::new(a, b, 17) }.wrap(&[0; 8]);
/// assert_eq!(Header::read(&packet).map(|header| header.hop_limit), Some(3));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The sender.
    pub source: IpAddr,
    /// The receiver, of the same family.
    pub destination: IpAddr,
    /// The number of what is inside.
    pub protocol: u8,
    /// How many routers it may pass.
    pub hop_limit: u8,
    /// The two ECN bits.
    pub ecn: u8,
    /// IPv4: whether routers must not fragment it.
    pub dont_fragment: bool,
    /// IPv4: which fragments belong together.
    pub identification: u16,
}

impl Envelope {
    /// 64 hops, no ECN; IPv4 may be fragmented.
    pub const fn new(source: IpAddr, destination: IpAddr, protocol: u8) -> Self {
        Envelope {
            source,
            destination,
            protocol,
            hop_limit: 64,
            ecn: 0,
            dont_fragment: false,
            identification: 0,
        }
    }

    /// The packet with this payload. Between addresses of different families there is none: it is empty. What
    /// goes beyond the length that 16 bits can tell is left out.
    pub fn wrap(&self, payload: &[u8]) -> Bytes {
        let mut packet = BytesMut::with_capacity(LONGEST_HEADER + payload.len());
        let header = self.header();
        let most = match self.destination {
            IpAddr::V4(_) => usize::from(u16::MAX) - header.header_len(),
            IpAddr::V6(_) => usize::from(u16::MAX), // its length does not count the header (RFC 8200 §3)
        };
        let payload = payload.get(..most).unwrap_or(payload);
        match write_packet(&mut packet, &header, |out| out.extend_from_slice(payload)) {
            Ok(()) => packet.freeze(),
            Err(_) => Bytes::new(),
        }
    }

    fn header(&self) -> Header {
        Header {
            ecn: Ecn::from_bits(self.ecn),
            hop_limit: self.hop_limit,
            identification: self.identification,
            dont_fragment: self.dont_fragment,
            ..Header::new(self.source, self.destination, Protocol(self.protocol))
        }
    }
}

/// What TCP and UDP sum up beside themselves. Between families it is that of nobody.
pub(crate) fn pseudo_header(source: IpAddr, destination: IpAddr) -> PseudoHeader {
    match (source, destination) {
        (IpAddr::V6(source), IpAddr::V6(destination)) => PseudoHeader::V6 { source, destination },
        (IpAddr::V4(source), IpAddr::V4(destination)) => PseudoHeader::V4 { source, destination },
        _ => PseudoHeader::V4 { source: [0; 4].into(), destination: [0; 4].into() },
    }
}

/// A UDP packet; empty if the payload does not fit.
pub fn udp(source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> Bytes {
    let addresses = pseudo_header(source.ip(), destination.ip());
    let Ok(datagram) = Datagram::new(source.port(), destination.port(), payload) else { return Bytes::new() };
    let bytes = datagram.with_checksum(&addresses).to_bytes();
    Envelope::new(source.ip(), destination.ip(), UDP).wrap(&bytes)
}

/// A TCP packet between two addresses, "don't fragment" set; the ports are the segment's own.
pub fn tcp(source: IpAddr, destination: IpAddr, segment: &Segment<'_>) -> Bytes {
    let mut bytes = BytesMut::new();
    segment.encode_between(&pseudo_header(source, destination), &mut bytes);
    Envelope { dont_fragment: true, ..Envelope::new(source, destination, TCP) }.wrap(&bytes)
}

/// A ping.
pub fn echo_request(
    source: IpAddr,
    destination: IpAddr,
    identifier: u16,
    sequence: u16,
    data: &[u8],
) -> Bytes {
    if source.is_ipv4() {
        icmp(source, destination, Icmp::EchoRequest { identifier, sequence, data })
    } else {
        icmpv6(source, destination, Icmpv6::EchoRequest { identifier, sequence, data })
    }
}

/// The answer to a ping.
pub fn echo_reply(source: IpAddr, destination: IpAddr, identifier: u16, sequence: u16, data: &[u8]) -> Bytes {
    if source.is_ipv4() {
        icmp(source, destination, Icmp::EchoReply { identifier, sequence, data })
    } else {
        icmpv6(source, destination, Icmpv6::EchoReply { identifier, sequence, data })
    }
}

/// A packet with an ICMP message for IPv4.
pub fn icmp(source: IpAddr, destination: IpAddr, body: Icmp<'_>) -> Bytes {
    let mut message = BytesMut::new();
    IcmpMessage::new(body).encode_with_checksum(&mut message);
    Envelope::new(source, destination, ICMP).wrap(&message)
}

/// A packet with an ICMP message for IPv6.
pub fn icmpv6(source: IpAddr, destination: IpAddr, body: Icmpv6<'_>) -> Bytes {
    let mut message = BytesMut::new();
    Icmpv6Message::new(body).encode_between(&pseudo_header(source, destination), &mut message);
    Envelope::new(source, destination, ICMP_V6).wrap(&message)
}
