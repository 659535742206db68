use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use wirelab_tcpip::{Flags, Segment, Seq};
use wirelab_wire::{Decode, Reader};

use super::Header;
use super::packet::{ICMP, ICMP_V6, TCP, UDP};

/// Names packets in a few words, as they come: a SYN teaches it the sequence number from which those of its flow are
/// counted, and by how much its windows are scaled.
///
/// ```
/// use std::net::IpAddr;
/// use wirelab_sim::internet::{Flows, build};
/// use wirelab_tcpip::{Flags, Segment, Seq};
///
/// let [a, b] = [[192, 0, 2, 1], [198, 51, 100, 1]].map(IpAddr::from);
/// let segment = |sequence, flags| Segment { sequence: Seq(sequence), flags, window: 9, ..Segment::default() };
/// let mut flows = Flows::new();
/// assert_eq!(flows.label(&build::tcp(a, b, &segment(4_000_000_000, Flags::SYN))), "SYN seq=0 win=9");
/// assert_eq!(flows.label(&build::tcp(a, b, &segment(4_000_000_001, Flags::FIN))), "FIN seq=1 win=9");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Flows {
    known: BTreeMap<(SocketAddr, SocketAddr), Known>,
}

/// What is known of one direction of a connection.
#[derive(Clone, Copy, Debug)]
struct Known {
    first: Seq,
    scale: Option<u8>,
}

impl Flows {
    /// Knows no flow yet.
    pub fn new() -> Self {
        Flows::default()
    }

    /// What a packet is.
    pub fn label(&mut self, packet: &[u8]) -> String {
        let Some(header) = Header::read(packet) else { return format!("{} bytes, not IP", packet.len()) };
        let payload = header.payload(packet);
        if header.fragment_offset > 0 {
            return format!("fragment offset={} len={}", header.fragment_offset, payload.len());
        }
        let label = match header.protocol {
            TCP => self.tcp(&header, payload),
            UDP => udp(&header, packet),
            ICMP => icmp(payload, true),
            ICMP_V6 => icmp(payload, false),
            number => format!("protocol {number} len={}", payload.len()),
        };
        let marked = if header.ecn == 3 { " CE" } else { "" };
        let fragment = if header.more_fragments { " (first fragment)" } else { "" };
        format!("{label}{marked}{fragment}")
    }

    fn tcp(&mut self, header: &Header, payload: &[u8]) -> String {
        let Ok(segment) = Segment::decode(&mut Reader::whole(payload)) else {
            return format!("TCP len={}, not a segment", payload.len());
        };
        let from = SocketAddr::new(header.source, segment.source);
        let to = SocketAddr::new(header.destination, segment.destination);
        self.learn((from, to), &segment);
        let first = |flow| self.known.get(&flow).map_or(0, |known| known.first.0);
        let mut label =
            format!("{} seq={}", segment.flags, segment.sequence.0.wrapping_sub(first((from, to))));
        if segment.flags.contains(Flags::ACK) {
            let acknowledged = segment.acknowledgment.0.wrapping_sub(first((to, from)));
            label += &format!(" ack={acknowledged}");
        }
        label += &format!(" win={}", u32::from(segment.window) << self.shift((from, to), &segment));
        if !segment.payload.is_empty() {
            label += &format!(" len={}", segment.payload.len());
        }
        label
    }

    fn learn(&mut self, (from, to): (SocketAddr, SocketAddr), segment: &Segment<'_>) {
        let known = Known { first: segment.sequence, scale: segment.options.window_scale() };
        if segment.flags.contains(Flags::SYN) {
            self.known.insert((from, to), known);
        } else {
            self.known.entry((from, to)).or_insert(Known { scale: None, ..known });
        }
        // Whoever comes late sees the other direction's number in the acknowledgment.
        if segment.flags.contains(Flags::ACK) {
            let acknowledged = Known { first: segment.acknowledgment, scale: None };
            self.known.entry((to, from)).or_insert(acknowledged);
        }
    }

    /// RFC 7323 §2.2: windows are scaled if both SYNs said so, and those in SYNs never are.
    fn shift(&self, (from, to): (SocketAddr, SocketAddr), segment: &Segment<'_>) -> u8 {
        let scale = |flow| self.known.get(&flow).and_then(|known| known.scale);
        match (scale((from, to)), scale((to, from))) {
            (Some(shift), Some(_)) if !segment.flags.contains(Flags::SYN) => shift.min(14),
            _ => 0,
        }
    }
}

fn udp(header: &Header, packet: &[u8]) -> String {
    let len = header.payload(packet).len().saturating_sub(8);
    match header.ports(packet) {
        Some((source, destination)) => format!("UDP {source} > {destination} len={len}"),
        None => "UDP, cut off".into(),
    }
}

/// RFC 792 and RFC 4443.
fn icmp(message: &[u8], v4: bool) -> String {
    let Some(&[kind, code, _, _, a, b, c, d]) = message.first_chunk::<8>() else {
        return "ICMP, cut off".into();
    };
    let (first, second) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    match (kind, code, v4) {
        (8, _, true) | (128, _, false) => format!("echo request id={first} seq={second}"),
        (0, _, true) | (129, _, false) => format!("echo reply id={first} seq={second}"),
        (11, 0, true) | (3, 0, false) => "time exceeded".into(),
        (3, 4, true) => format!("fragmentation needed mtu={second}"),
        (2, _, false) => format!("packet too big mtu={}", u32::from(first) << 16 | u32::from(second)),
        (3, 3, true) | (1, 4, false) => "port unreachable".into(),
        (3, 0, true) | (1, 0, false) => "no route".into(),
        (3, _, true) | (1, _, false) => format!("unreachable code={code}"),
        _ => format!("ICMP type={kind} code={code}"),
    }
}

/// The address of the packet's receiver.
pub(crate) fn destination(packet: &[u8]) -> Option<IpAddr> {
    Header::read(packet).map(|header| header.destination)
}
