use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::codes::Family;

/// `struct inet_diag_sockid`: which socket. Ports and addresses are in network byte order, all else in the machine's.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │          idiag_sport          │          idiag_dport          │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │      idiag_src, 16 bytes (of an IPv4 address the first 4)     │
/// ├───────────────────────────────────────────────────────────────┤
/// │                      idiag_dst, 16 bytes                      │
/// ├───────────────────────────────────────────────────────────────┤
/// │                            idiag_if                           │
/// ├───────────────────────────────────────────────────────────────┤
/// │                    idiag_cookie, 2 × 4 bytes                  │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketId {
    /// The port of this end; 0 in a request for all.
    pub source_port: u16,
    /// The port of the peer; 0 if there is none, or in a request for all.
    pub destination_port: u16,
    /// The address of this end. What it means depends on the message's family.
    pub source: [u8; 16],
    /// The address of the peer, all zeroes if there is none.
    pub destination: [u8; 16],
    /// The device that the socket is bound to (`SO_BINDTODEVICE`), by its number; 0 for none.
    pub interface: u32,
    /// The kernel's own number of the socket, which no other gets while the system runs.
    pub cookie: u64,
}

impl SocketId {
    /// The cookie that stands for "any" in a request.
    pub const NO_COOKIE: u64 = u64::MAX;

    /// All sockets.
    pub const ANY: SocketId = SocketId {
        source_port: 0,
        destination_port: 0,
        source: [0; 16],
        destination: [0; 16],
        interface: 0,
        cookie: SocketId::NO_COOKIE,
    };

    /// The connection between these addresses, which must be of one family.
    pub fn between(local: SocketAddr, remote: SocketAddr) -> SocketId {
        SocketId {
            source_port: local.port(),
            destination_port: remote.port(),
            source: octets(local.ip()),
            destination: octets(remote.ip()),
            ..SocketId::ANY
        }
    }

    /// The address and port of this end.
    pub fn local(&self, family: Family) -> SocketAddr {
        SocketAddr::new(address(&self.source, family), self.source_port)
    }

    /// The address and port of the peer; zeroes if there is none.
    pub fn remote(&self, family: Family) -> SocketAddr {
        SocketAddr::new(address(&self.destination, family), self.destination_port)
    }

    pub(super) fn decode(r: &mut Reader<'_, impl Trace>, family: Family) -> Result<Self, WireError> {
        let source_port = r.u16("idiag_sport")?;
        let destination_port = r.u16("idiag_dport")?;
        let source = *r.array::<16>("idiag_src")?;
        r.note(|| address(&source, family).to_string());
        let destination = *r.array::<16>("idiag_dst")?;
        r.note(|| address(&destination, family).to_string());
        let interface = r.u32_le("idiag_if")?;
        let cookie = r.u64_le("idiag_cookie")?;
        if cookie == SocketId::NO_COOKIE {
            r.note(|| "any".to_owned());
        }
        Ok(SocketId { source_port, destination_port, source, destination, interface, cookie })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.u16(self.source_port, "idiag_sport");
        w.u16(self.destination_port, "idiag_dport");
        w.bytes(&self.source, "idiag_src");
        w.bytes(&self.destination, "idiag_dst");
        w.u32_le(self.interface, "idiag_if");
        w.u64_le(self.cookie, "idiag_cookie");
    }
}

fn octets(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(v4) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&v4.octets());
            octets
        }
        IpAddr::V6(v6) => v6.octets(),
    }
}

fn address(octets: &[u8; 16], family: Family) -> IpAddr {
    match (family, octets) {
        (Family::INET6, octets) => Ipv6Addr::from(*octets).into(),
        (_, [a, b, c, d, ..]) => Ipv4Addr::new(*a, *b, *c, *d).into(),
    }
}
