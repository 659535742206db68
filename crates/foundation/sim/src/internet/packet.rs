use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use wirelab_tcpip::ip::Packet;
use wirelab_tcpip::{adjust_checksum, internet_checksum};

pub(crate) const ICMP: u8 = 1;
pub(crate) const TCP: u8 = 6;
pub(crate) const UDP: u8 = 17;
pub(crate) const ICMP_V6: u8 = 58;

/// What a forwarder reads of an IP packet: the fields that IPv4 and IPv6 have in common, and IPv4's fragmentation.
///
/// It is a copy of a few fields of [`Packet::first_header`], which does the reading. Forwarders work on the bytes
/// themselves, because they have to leave everything else as it is, and a copy does not keep them borrowed. Extension
/// headers of IPv6 are not followed: `protocol` is then the number of the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The sender.
    pub source: IpAddr,
    /// The receiver.
    pub destination: IpAddr,
    /// What the packet carries: 6 is TCP, 17 UDP, 1 and 58 ICMP.
    pub protocol: u8,
    /// How many more routers it may pass, the next one included (TTL in IPv4).
    pub hop_limit: u8,
    /// The two bits of explicit congestion notification (RFC 3168 §5): 0 not capable, 1 and 2 capable, 3 congestion
    /// experienced.
    pub ecn: u8,
    /// Where the payload begins, in bytes.
    pub header_len: usize,
    /// Where the packet ends, in bytes.
    pub total_len: usize,
    /// IPv4: which fragments belong together.
    pub identification: u16,
    /// Whether routers must not fragment it. Always so in IPv6 (RFC 8200 §5).
    pub dont_fragment: bool,
    /// IPv4: whether more fragments follow.
    pub more_fragments: bool,
    /// IPv4: where the fragment's payload belongs, in bytes.
    pub fragment_offset: usize,
}

impl From<Packet<'_>> for Header {
    fn from(packet: Packet<'_>) -> Self {
        let fragment = packet.fragment;
        Header {
            source: packet.source,
            destination: packet.destination,
            protocol: packet.protocol.0,
            hop_limit: packet.hop_limit,
            ecn: packet.ecn.bits(),
            header_len: packet.payload_at(),
            total_len: packet.bytes.len(),
            identification: packet.identification,
            dont_fragment: packet.dont_fragment,
            more_fragments: fragment.is_some_and(|fragment| fragment.more),
            fragment_offset: fragment.map_or(0, |fragment| fragment.offset),
        }
    }
}

impl Header {
    /// Reads the header; `None` if the bytes do not begin with one of either version, or the packet is cut off.
    pub fn read(packet: &[u8]) -> Option<Header> {
        Packet::first_header(packet).ok().map(Header::from)
    }

    /// What the packet carries.
    pub fn payload<'a>(&self, packet: &'a [u8]) -> &'a [u8] {
        packet.get(self.header_len..self.total_len).unwrap_or_default()
    }

    /// The ports of TCP and UDP; the identifier of an ICMP echo stands for both. `None` for everything else, and for a
    /// fragment that is not the first one.
    pub fn ports(&self, packet: &[u8]) -> Option<(u16, u16)> {
        if self.fragment_offset > 0 {
            return None;
        }
        match (self.protocol, *self.payload(packet).first_chunk::<8>()?) {
            (TCP | UDP, [a, b, c, d, ..]) => Some((u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))),
            (ICMP, [0 | 8, _, _, _, a, b, ..]) | (ICMP_V6, [128 | 129, _, _, _, a, b, ..]) => {
                let identifier = u16::from_be_bytes([a, b]);
                Some((identifier, identifier))
            }
            _ => None,
        }
    }

    /// Where the checksum of what the packet carries stands, counted from the packet's beginning.
    pub(crate) fn transport_checksum_at(&self) -> Option<usize> {
        let at = match self.protocol {
            TCP => 16,
            UDP => 6,
            ICMP | ICMP_V6 => 2,
            _ => return None,
        };
        (self.fragment_offset == 0).then_some(self.header_len + at)
    }

    /// Whether the checksum of an IPv4 header is right; IPv6 has none.
    pub(crate) fn is_sound(&self, packet: &[u8]) -> bool {
        self.source.is_ipv6()
            || packet.get(..self.header_len).is_some_and(|header| internet_checksum(header) == 0)
    }
}

/// Replaces whole words of a packet and brings a checksum over them up to date, without a look at the rest (RFC 1624 §3): a
/// packet that was damaged before stays recognisably so. `at` and the length of `new` are even.
pub(crate) fn replace(packet: &mut [u8], at: usize, new: &[u8], checksums: &[usize]) {
    let Some(place) = packet.get_mut(at..at + new.len()) else { return };
    let old = place.to_vec();
    place.copy_from_slice(new);
    for &checksum in checksums {
        adjust(packet, checksum, &old, new);
    }
}

/// Brings one checksum up to date, see [`adjust_checksum`].
pub(crate) fn adjust(packet: &mut [u8], at: usize, old: &[u8], new: &[u8]) {
    let Some(field) = packet.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<2>()) else { return };
    let before = u16::from_be_bytes(*field);
    let after = words(old).zip(words(new)).fold(before, |sum, (old, new)| adjust_checksum(sum, old, new));
    *field = after.to_be_bytes();
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(|&word| u16::from_be_bytes(word))
}

/// Takes one from the TTL or hop limit. The packet's header has been read before.
pub(crate) fn decrement_hop_limit(packet: &mut [u8]) {
    match packet {
        [first, _, _, _, _, _, _, hop_limit, ..] if *first >> 4 == 6 => {
            *hop_limit = hop_limit.saturating_sub(1)
        }
        [_, _, _, _, _, _, _, _, ttl, protocol, ..] => {
            let new = [ttl.saturating_sub(1), *protocol];
            replace(packet, 8, &new, &[10]);
        }
        _ => {}
    }
}

/// Sets the two ECN bits.
pub(crate) fn set_ecn(packet: &mut [u8], ecn: u8) {
    match *packet {
        [first, class, ..] if first >> 4 == 6 => {
            let new = class & !0x30 | ecn << 4;
            packet.get_mut(1).into_iter().for_each(|byte| *byte = new);
        }
        [first, service, ..] => replace(packet, 0, &[first, service & !3 | ecn], &[10]),
        _ => {}
    }
}

/// The packet with "congestion experienced", if its sender understands that (RFC 3168 §5).
pub(crate) fn mark_congestion(packet: &Bytes) -> Option<Bytes> {
    let header = Header::read(packet)?;
    if header.ecn == 0 {
        return None;
    }
    let mut marked = BytesMut::from(&packet[..]);
    set_ecn(&mut marked, 3);
    Some(marked.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::internet::build;

    fn packet() -> BytesMut {
        let (from, to) = ("192.0.2.1:5000".parse().unwrap(), "198.51.100.1:53".parse().unwrap());
        BytesMut::from(&build::udp(from, to, b"hello")[..])
    }

    #[test]
    fn rfc_1624_s3_a_checksum_brought_up_to_date_is_the_one_computed_anew() {
        let mut packet = packet();
        for _ in 0..64 {
            decrement_hop_limit(&mut packet);
            assert!(Header::read(&packet).unwrap().is_sound(&packet));
        }
        assert_eq!(Header::read(&packet).unwrap().hop_limit, 0);
        for ecn in [1, 3, 2, 0] {
            set_ecn(&mut packet, ecn);
            let header = Header::read(&packet).unwrap();
            assert!(header.is_sound(&packet));
            assert_eq!(header.ecn, ecn);
        }
    }

    #[test]
    fn rfc_1624_s4_its_example() {
        // ~HC = dd2f's complement; m = 5555 becomes 3285, and HC' is 0000, not ffff.
        let mut packet = [0xdd, 0x2f, 0x55, 0x55];
        replace(&mut packet, 2, &[0x32, 0x85], &[0]);
        assert_eq!(packet, [0, 0, 0x32, 0x85]);
    }

    #[test]
    fn what_is_cut_off_is_no_packet() {
        let packet = packet();
        for len in 0..packet.len() {
            assert_eq!(Header::read(&packet[..len]), None, "{len}");
        }
    }

    #[test]
    fn rfc_3168_s5_only_a_packet_whose_sender_understands_it_is_marked() {
        let mut packet = packet();
        assert_eq!(mark_congestion(&packet.clone().freeze()), None);
        set_ecn(&mut packet, 2);
        let marked = mark_congestion(&packet.freeze()).unwrap();
        assert_eq!(Header::read(&marked).unwrap().ecn, 3);
    }
}
