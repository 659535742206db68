use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;

use libc::socklen_t;

use crate::UnixAddress;
use crate::record::strace::Text;

/// The bytes of a `struct sockaddr`, as the kernel reads and writes them.
///
/// ```text
///          0        2        4                8                                24         28
/// IPv4     │ family │  port  │    address     │ zero (8 bytes) │
/// IPv6     │ family │  port  │   flow info    │            address             │  scope   │
/// Unix     │ family │  name (up to 108 bytes)                                 …
/// packet   │ family │protocol│   interface    │  hardware type (2), packet type (1), length and hardware address (9)
/// ```
///
/// The family is in the machine's byte order since only the kernel reads it; port and address are in network
/// byte order since they go into packets as they are. `sockaddr` begins with the family so that the kernel can
/// tell from the first two bytes how to read the rest.
#[repr(C, align(4))]
pub(crate) struct RawAddress {
    pub(crate) bytes: [u8; SIZE],
    /// How many of the bytes are in use.
    pub(crate) length: socklen_t,
}

/// `sockaddr_un`, rounded up to whole words.
const SIZE: usize = 112;

const V4_LENGTH: socklen_t = 16;
const V6_LENGTH: socklen_t = 28;
const UNIX_LENGTH: socklen_t = 110;
const PACKET_LENGTH: socklen_t = 20;

impl RawAddress {
    /// Room for the kernel to write an address of either version of IP into.
    pub(crate) fn for_ip() -> Self {
        RawAddress { bytes: [0; SIZE], length: V6_LENGTH }
    }

    /// Room for the kernel to write the name of a Unix socket into.
    pub(crate) fn for_unix() -> Self {
        RawAddress { bytes: [0; SIZE], length: UNIX_LENGTH }
    }

    /// Room for the kernel to write where a packet was seen (`sockaddr_ll`).
    pub(crate) fn for_packet() -> Self {
        RawAddress { bytes: [0; SIZE], length: PACKET_LENGTH }
    }

    /// The interface of this number (0: all of them), and the protocol of its packets: what a packet socket is
    /// bound to.
    pub(crate) fn of_interface(index: u32, protocol: u16) -> Self {
        let family = libc::AF_PACKET as u16;
        let rest = [0; PACKET_LENGTH as usize - 8];
        Self::from_parts(&[&family.to_ne_bytes(), &protocol.to_be_bytes(), &index.to_ne_bytes(), &rest])
    }

    /// No address (`AF_UNSPEC`), to which `connect` ends an association.
    pub(crate) fn none() -> Self {
        RawAddress { bytes: [0; SIZE], length: V4_LENGTH }
    }

    /// The parts one after the other, which are not longer than a Unix address.
    pub(crate) fn from_parts(parts: &[&[u8]]) -> Self {
        let mut address = RawAddress { bytes: [0; SIZE], length: 0 };
        for (byte, part) in address.bytes.iter_mut().zip(parts.iter().copied().flatten()) {
            *byte = *part;
            address.length += 1;
        }
        address
    }

    /// The bytes in use. The kernel may tell of a greater length than it had room to write.
    pub(crate) fn used(&self) -> &[u8] {
        &self.bytes[..(self.length as usize).min(SIZE)]
    }

    /// The address, if the kernel gave one of IP.
    pub(crate) fn decode(&self) -> io::Result<SocketAddr> {
        let [f0, f1, p0, p1, rest @ ..] = self.bytes;
        let port = u16::from_be_bytes([p0, p1]);
        match i32::from(u16::from_ne_bytes([f0, f1])) {
            libc::AF_INET if self.length >= V4_LENGTH => {
                let [a, b, c, d, ..] = rest;
                Ok(SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port).into())
            }
            libc::AF_INET6 if self.length >= V6_LENGTH => {
                let [i0, i1, i2, i3, rest @ ..] = rest;
                let mut address = [0; 16];
                address.copy_from_slice(&rest[..16]);
                let scope = u32::from_ne_bytes([rest[16], rest[17], rest[18], rest[19]]);
                let flow_info = u32::from_ne_bytes([i0, i1, i2, i3]);
                Ok(SocketAddrV6::new(Ipv6Addr::from(address), port, flow_info, scope).into())
            }
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "the address is neither IPv4 nor IPv6")),
        }
    }
}

impl From<SocketAddr> for RawAddress {
    fn from(address: SocketAddr) -> Self {
        let mut bytes = [0; SIZE];
        bytes[..2].copy_from_slice(&(family(&address) as u16).to_ne_bytes());
        bytes[2..4].copy_from_slice(&address.port().to_be_bytes());
        let length = match address {
            SocketAddr::V4(v4) => {
                bytes[4..8].copy_from_slice(&v4.ip().octets());
                V4_LENGTH
            }
            SocketAddr::V6(v6) => {
                bytes[4..8].copy_from_slice(&v6.flowinfo().to_ne_bytes());
                bytes[8..24].copy_from_slice(&v6.ip().octets());
                bytes[24..28].copy_from_slice(&v6.scope_id().to_ne_bytes());
                V6_LENGTH
            }
        };
        RawAddress { bytes, length }
    }
}

/// As `strace` writes it.
impl fmt::Display for RawAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.decode() {
            Ok(SocketAddr::V4(v4)) => write!(
                f,
                "{{sa_family=AF_INET, sin_port=htons({}), sin_addr=inet_addr(\"{}\")}}",
                v4.port(),
                v4.ip()
            ),
            Ok(SocketAddr::V6(v6)) => write!(
                f,
                "{{sa_family=AF_INET6, sin6_port=htons({}), sin6_flowinfo=htonl({}), \
                 inet_pton(AF_INET6, \"{}\", &sin6_addr), sin6_scope_id={}}}",
                v6.port(),
                u32::from_be(v6.flowinfo()),
                v6.ip(),
                v6.scope_id()
            ),
            Err(_not_ip) => match UnixAddress::decode(self) {
                Ok(UnixAddress::Unnamed) => f.write_str("{sa_family=AF_UNIX}"),
                Ok(UnixAddress::Path(path)) => {
                    write!(f, "{{sa_family=AF_UNIX, sun_path={}}}", Text(path.as_os_str().as_bytes()))
                }
                Ok(UnixAddress::Abstract(name)) => {
                    write!(f, "{{sa_family=AF_UNIX, sun_path=@{}}}", Text(&name))
                }
                Err(_unknown) => f.write_str("{sa_family=AF_UNSPEC, ...}"),
            },
        }
    }
}

/// The address family, which is chosen when the socket is made and cannot be changed later.
pub(crate) fn family(address: &SocketAddr) -> libc::c_int {
    match address {
        SocketAddr::V4(_) => libc::AF_INET,
        SocketAddr::V6(_) => libc::AF_INET6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_has_the_layout_of_sockaddr_in() {
        let raw = RawAddress::from(SocketAddr::from(([192, 0, 2, 7], 8800)));
        assert_eq!(raw.length as usize, size_of::<libc::sockaddr_in>());
        assert_eq!(raw.bytes[..2], (libc::AF_INET as u16).to_ne_bytes());
        assert_eq!(raw.bytes[2..8], [0x22, 0x60, 192, 0, 2, 7]);
        assert_eq!(raw.bytes[8..], [0; SIZE - 8]);
    }

    #[test]
    fn both_families_survive_the_round_trip() {
        let scoped = SocketAddrV6::new("fe80::1:2".parse().unwrap(), 443, 0x1234, 3);
        for address in ["127.0.0.1:1".parse().unwrap(), "[::1]:65535".parse().unwrap(), scoped.into()] {
            assert_eq!(RawAddress::from(address).decode().unwrap(), address);
        }
    }

    #[test]
    fn an_address_of_another_family_is_an_error() {
        assert_eq!(RawAddress::for_ip().decode().unwrap_err().kind(), io::ErrorKind::InvalidData);
        let mut short = RawAddress::from(SocketAddr::from(([127, 0, 0, 1], 1)));
        short.length = 4;
        assert_eq!(short.decode().unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
