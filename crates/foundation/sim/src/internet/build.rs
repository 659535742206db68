//! Packets made from their parts, checksums included: for nodes that answer by themselves, and for tests.

use std::net::{IpAddr, SocketAddr};

use bytes::{BufMut, Bytes, BytesMut};
use wirelab_tcpip::{Datagram, PseudoHeader, Segment, internet_checksum};
use wirelab_wire::Encode;

use super::packet::{ICMP, ICMP_V6, TCP, UDP};

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

    /// The packet with this payload. Between addresses of different families there is none: it is empty, and so is one whose length
    /// does not fit into 16 bits.
    pub fn wrap(&self, payload: &[u8]) -> Bytes {
        let mut packet = BytesMut::with_capacity(40 + payload.len());
        let Ok(len) = u16::try_from(payload.len() + 20) else { return Bytes::new() };
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                packet.put_slice(&[0x45, self.ecn & 3]);
                packet.put_u16(len);
                packet.put_u16(self.identification);
                packet.put_u16(if self.dont_fragment { 0x4000 } else { 0 });
                packet.put_slice(&[self.hop_limit, self.protocol, 0, 0]);
                packet.put_slice(&source.octets());
                packet.put_slice(&destination.octets());
                let checksum = internet_checksum(&packet).to_be_bytes();
                packet.iter_mut().skip(10).zip(checksum).for_each(|(place, byte)| *place = byte);
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                packet.put_slice(&[0x60, (self.ecn & 3) << 4, 0, 0]);
                packet.put_u16(len - 20);
                packet.put_slice(&[self.protocol, self.hop_limit]);
                packet.put_slice(&source.octets());
                packet.put_slice(&destination.octets());
            }
            _ => return Bytes::new(),
        }
        packet.put_slice(payload);
        packet.freeze()
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

/// An ICMP message with its checksum; `source` and `destination` decide which ICMP it is.
pub(crate) fn icmp(
    source: IpAddr,
    destination: IpAddr,
    kind: u8,
    code: u8,
    rest: [u8; 4],
    body: &[u8],
) -> Bytes {
    let protocol = if source.is_ipv4() { ICMP } else { ICMP_V6 };
    let mut message = BytesMut::with_capacity(8 + body.len());
    message.put_slice(&[kind, code, 0, 0]);
    message.put_slice(&rest);
    message.put_slice(body);
    let checksum = icmp_checksum(source, destination, &message).to_be_bytes();
    message.iter_mut().skip(2).zip(checksum).for_each(|(place, byte)| *place = byte);
    Envelope::new(source, destination, protocol).wrap(&message)
}

/// The checksum of a message whose own field is zero. Only ICMPv6 sums up the addresses, too (RFC 4443 §2.3).
fn icmp_checksum(source: IpAddr, destination: IpAddr, message: &[u8]) -> u16 {
    let (IpAddr::V6(source), IpAddr::V6(destination)) = (source, destination) else {
        return internet_checksum(message);
    };
    let mut summed = BytesMut::with_capacity(40 + message.len());
    summed.put_slice(&source.octets());
    summed.put_slice(&destination.octets());
    summed.put_u32(message.len() as u32); // below 64 KiB
    summed.put_u32(ICMP_V6.into());
    summed.put_slice(message);
    internet_checksum(&summed)
}

/// A ping.
pub fn echo_request(
    source: IpAddr,
    destination: IpAddr,
    identifier: u16,
    sequence: u16,
    payload: &[u8],
) -> Bytes {
    let kind = if source.is_ipv4() { 8 } else { 128 };
    icmp(source, destination, kind, 0, echo_words(identifier, sequence), payload)
}

/// The answer to a ping.
pub fn echo_reply(
    source: IpAddr,
    destination: IpAddr,
    identifier: u16,
    sequence: u16,
    payload: &[u8],
) -> Bytes {
    let kind = if source.is_ipv4() { 0 } else { 129 };
    icmp(source, destination, kind, 0, echo_words(identifier, sequence), payload)
}

fn echo_words(identifier: u16, sequence: u16) -> [u8; 4] {
    let ([a, b], [c, d]) = (identifier.to_be_bytes(), sequence.to_be_bytes());
    [a, b, c, d]
}
