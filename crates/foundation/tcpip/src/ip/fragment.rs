use std::fmt;

use bytes::{BufMut, BytesMut};
use wirelab_wire::{Decode, Encode, Reader, WireError, Writer};

use crate::wire::{FragmentHeader, Ipv4Packet, Ipv6Packet, Protocol};

/// What every IPv4 link carries in one piece: a header of sixty bytes and eight of payload (RFC 791 §3.2).
pub const IPV4_MINIMUM_MTU: u16 = 68;
/// The same of IPv6 (RFC 8200 §5).
pub const IPV6_MINIMUM_MTU: u16 = 1280;

/// Why a packet cannot be sent over a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CannotFragment {
    /// It is longer than the MTU and must not be cut: DF, or IPv6 on its way. The sender has to be told.
    MustNot,
    /// The MTU is below what IP demands of a link.
    MtuTooSmall,
    /// It is no packet.
    Malformed(WireError),
}

impl fmt::Display for CannotFragment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CannotFragment::MustNot => f.write_str("the packet is longer than the MTU and must not be cut"),
            CannotFragment::MtuTooSmall => f.write_str("the MTU is below the least that IP needs"),
            CannotFragment::Malformed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CannotFragment {}

impl From<WireError> for CannotFragment {
    fn from(error: WireError) -> Self {
        CannotFragment::Malformed(error)
    }
}

/// Cuts an IPv4 packet into fragments of at most `mtu` bytes, as its sender or any router may (RFC 791 §3.2). A packet that
/// fits comes back alone, and a fragment can be cut again.
///
/// # Errors
/// DF forbids it, the MTU is below 68, or it is no packet.
pub fn fragment_v4(bytes: &[u8], mtu: u16) -> Result<Vec<BytesMut>, CannotFragment> {
    let packet = Ipv4Packet::decode(&mut Reader::whole(bytes))?;
    let mtu = usize::from(mtu);
    if packet.total_len() <= mtu {
        return Ok(vec![packet.to_bytes()]);
    }
    if mtu < usize::from(IPV4_MINIMUM_MTU) {
        return Err(CannotFragment::MtuTooSmall);
    }
    if packet.dont_fragment {
        return Err(CannotFragment::MustNot);
    }
    let copied = copied_options(packet.options);
    let mut fragments = Vec::new();
    let mut rest = packet.payload;
    let mut fragment = Ipv4Packet { more_fragments: true, ..packet };
    while !rest.is_empty() {
        let room = (mtu - fragment.header_len()) / 8 * 8;
        // The last part may use what is behind the last multiple of eight.
        let len = if fragment.header_len() + rest.len() <= mtu { rest.len() } else { room };
        (fragment.payload, rest) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        fragment.more_fragments = packet.more_fragments || !rest.is_empty();
        let mut out = BytesMut::new();
        fragment.encode_with_checksum(&mut out);
        fragments.push(out);
        fragment.fragment_offset += (len / 8) as u16; // below 2^13, as the packet is below 64 KiB
        fragment.options = &copied;
    }
    Ok(fragments)
}

/// The options that all fragments carry, those whose highest bit is set (RFC 791 §3.1); the others are in the first only.
fn copied_options(mut options: &[u8]) -> Vec<u8> {
    let mut copied = Vec::new();
    while let &[kind, ref behind @ ..] = options {
        match kind {
            0 => break,
            1 => options = behind,
            _ => {
                let len = behind.first().map_or(0, |&len| usize::from(len));
                let Some((option, rest)) = options.split_at_checked(len).filter(|_| len >= 2) else { break };
                if kind & 0x80 != 0 {
                    copied.extend_from_slice(option);
                }
                options = rest;
            }
        }
    }
    copied
}

/// Cuts an IPv6 packet into fragments of at most `mtu` bytes; only its sender may (RFC 8200 §4.5). A packet that fits comes back
/// alone. The identification must not be that of another packet to the same destination that may be on its way still.
///
/// # Errors
/// The MTU is below 1280, or it is no packet.
pub fn fragment_v6(bytes: &[u8], mtu: u16, identification: u32) -> Result<Vec<BytesMut>, CannotFragment> {
    let packet = Ipv6Packet::decode(&mut Reader::whole(bytes))?;
    let mtu = usize::from(mtu);
    if Ipv6Packet::HEADER_LEN + packet.payload.len() <= mtu {
        return Ok(vec![packet.to_bytes()]);
    }
    if mtu < usize::from(IPV6_MINIMUM_MTU) {
        return Err(CannotFragment::MtuTooSmall);
    }
    let PerFragment { len, next_header, named_at } = per_fragment(&packet);
    let (per_fragment, mut rest) = packet.payload.split_at_checked(len).unwrap_or((&[], packet.payload));
    let mut per_fragment = per_fragment.to_vec();
    let mut fixed = Ipv6Packet { payload: &[], ..packet };
    match named_at.and_then(|at| per_fragment.get_mut(at)) {
        Some(field) => *field = Protocol::FRAGMENT.0,
        None => fixed.next_header = Protocol::FRAGMENT,
    }
    let front = Ipv6Packet::HEADER_LEN + per_fragment.len() + FragmentHeader::LEN;
    let room = mtu.checked_sub(front).map_or(0, |room| room / 8 * 8);
    if room == 0 {
        return Err(CannotFragment::MustNot);
    }
    let mut fragments = Vec::new();
    let mut offset = 0;
    while !rest.is_empty() {
        let len = if front + rest.len() <= mtu { rest.len() } else { room };
        let (part, behind) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        let header = FragmentHeader { next_header, offset, more: !behind.is_empty(), identification };
        let mut payload = BytesMut::with_capacity(front + len);
        payload.put_slice(&per_fragment);
        payload.put_slice(&header.to_bytes());
        payload.put_slice(part);
        let mut out = BytesMut::with_capacity(front + len);
        Ipv6Packet { payload: &payload, ..fixed }.encode(&mut Writer::new(&mut out));
        fragments.push(out);
        offset += (len / 8) as u16; // below 2^13, as the payload is below 64 KiB
        rest = behind;
    }
    Ok(fragments)
}

/// The extension headers that each fragment repeats: those for the routers on the way.
struct PerFragment {
    len: usize,
    /// What is behind them.
    next_header: Protocol,
    /// Where the last of them says so; the fixed header does if there is none.
    named_at: Option<usize>,
}

/// Everything up to the routing header, or else the hop-by-hop options (RFC 8200 §4.5).
fn per_fragment(packet: &Ipv6Packet<'_>) -> PerFragment {
    let mut found = PerFragment { len: 0, next_header: packet.next_header, named_at: None };
    let (mut kind, mut at) = (packet.next_header, 0);
    while matches!(kind, Protocol::HOP_BY_HOP | Protocol::ROUTING | Protocol::DESTINATION_OPTIONS) {
        let Some(&[next, words]) = packet.payload.get(at..).and_then(|header| header.first_chunk()) else {
            break;
        };
        let end = at + (usize::from(words) + 1) * 8;
        if end > packet.payload.len() {
            break;
        }
        if kind != Protocol::DESTINATION_OPTIONS {
            found = PerFragment { len: end, next_header: Protocol(next), named_at: Some(at) };
        }
        (kind, at) = (Protocol(next), end);
    }
    found
}
