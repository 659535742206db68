use std::net::IpAddr;

use bytes::Bytes;
use wirelab_tcpip::{Icmp, Icmpv6, Unreachable, Unreachable6};

use super::Header;
use super::build::{echo_reply, icmp, icmpv6};
use super::packet::{ICMP, ICMP_V6};

/// Why a router could not pass a packet on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    TimeExceeded,
    /// The next link takes packets of at most so many bytes.
    TooBig(u16),
    NoRoute,
}

impl Trouble {
    /// The message that tells the sender of `packet`; `None` where none may be sent.
    pub(crate) fn report(self, from: IpAddr, packet: &[u8]) -> Option<Bytes> {
        let header = Header::read(packet)?;
        let v4 = header.source.is_ipv4();
        if from.is_ipv4() != v4 || !may_be_reported(&header, packet) {
            return None;
        }
        // RFC 1812 §4.3.2.3 and RFC 4443 §2.4 (c): as much of the packet as fits into 576, or 1280 bytes.
        let most = if v4 { 576 - 28 } else { 1280 - 48 };
        let quoted = packet.get(..header.total_len.min(most)).unwrap_or_default();
        let to = header.source;
        Some(if v4 { icmp(from, to, self.in_v4(quoted)) } else { icmpv6(from, to, self.in_v6(quoted)) })
    }

    /// RFC 792; the MTU is RFC 1191's.
    fn in_v4(self, original: &[u8]) -> Icmp<'_> {
        let unreachable = |code, next_hop_mtu| Icmp::DestinationUnreachable { code, next_hop_mtu, original };
        match self {
            Trouble::TimeExceeded => Icmp::TimeExceeded { code: 0, original },
            Trouble::TooBig(mtu) => unreachable(Unreachable::FRAGMENTATION_NEEDED, mtu),
            Trouble::NoRoute => unreachable(Unreachable(0), 0),
        }
    }

    /// RFC 4443 §3.
    fn in_v6(self, original: &[u8]) -> Icmpv6<'_> {
        match self {
            Trouble::TimeExceeded => Icmpv6::TimeExceeded { code: 0, original },
            Trouble::TooBig(mtu) => Icmpv6::PacketTooBig { mtu: mtu.into(), original },
            Trouble::NoRoute => Icmpv6::DestinationUnreachable { code: Unreachable6(0), original },
        }
    }
}

/// RFC 1812 §4.3.2.7, RFC 4443 §2.4 (e): never about an error message, a later fragment, or a packet that came from nobody in
/// particular.
fn may_be_reported(header: &Header, packet: &[u8]) -> bool {
    let nobody = header.source.is_unspecified() || header.source.is_multicast();
    !is_error(header, packet) && header.fragment_offset == 0 && !nobody
}

/// Whether the packet is an ICMP message about another packet.
pub(crate) fn is_error(header: &Header, packet: &[u8]) -> bool {
    match (header.protocol, header.payload(packet).first()) {
        (ICMP, Some(kind)) => matches!(kind, 3 | 4 | 5 | 11 | 12),
        (ICMP_V6, Some(kind)) => *kind < 128,
        _ => false,
    }
}

/// The answer to a ping, if the packet is one.
pub(crate) fn answer(header: &Header, packet: &[u8]) -> Option<Bytes> {
    let (&[kind, _, _, _, a, b, c, d], payload) = header.payload(packet).split_first_chunk::<8>()?;
    let is_request = matches!((header.protocol, kind), (ICMP, 8) | (ICMP_V6, 128));
    let (identifier, sequence) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    is_request.then(|| echo_reply(header.destination, header.source, identifier, sequence, payload))
}
