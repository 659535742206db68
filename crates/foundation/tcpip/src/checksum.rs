use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// UDP's number in the protocol field of IP.
const PROTOCOL_UDP: u16 = 17;
/// TCP's.
const PROTOCOL_TCP: u16 = 6;

/// The Internet checksum of `bytes` (RFC 1071): the complement of the ones' complement sum of their 16-bit words, an
/// odd last byte standing for the high half of a word. Bytes that contain their own checksum have the checksum 0.
///
/// ```
/// use wirelab_tcpip::internet_checksum;
///
/// // The example of RFC 1071 §3, whose sum is ddf2.
/// assert_eq!(internet_checksum(&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]), !0xddf2);
/// ```
pub fn internet_checksum(bytes: &[u8]) -> u16 {
    !fold(sum(bytes))
}

/// What the checksums of UDP and TCP cover of the IP header (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1): a datagram that was carried to
/// the wrong address must not look sound there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PseudoHeader {
    /// The addresses of an IPv4 packet.
    V4 {
        /// The sender's.
        source: Ipv4Addr,
        /// The receiver's.
        destination: Ipv4Addr,
    },
    /// The addresses of an IPv6 packet.
    V6 {
        /// The sender's.
        source: Ipv6Addr,
        /// The receiver's; with a routing header, the last one's.
        destination: Ipv6Addr,
    },
}

impl PseudoHeader {
    /// The checksum as it is sent: never 0, which would say that there is none.
    pub(crate) fn udp_checksum(&self, length: u16, header: &[u16], payload: &[u8]) -> u16 {
        let header: u64 = header.iter().map(|&word| u64::from(word)).sum();
        let pseudo = self.addresses() + u64::from(PROTOCOL_UDP) + u64::from(length);
        match !fold(pseudo + header + sum(payload)) {
            // RFC 768: a computed zero is sent as all ones, its equal in this arithmetic.
            0 => 0xffff,
            checksum => checksum,
        }
    }

    /// The checksum of a segment, whose own field is counted with it: 0 over one that arrived whole.
    pub(crate) fn tcp_checksum(&self, segment: &[u8]) -> u16 {
        !fold(self.addresses() + u64::from(PROTOCOL_TCP) + segment.len() as u64 + sum(segment))
    }

    fn addresses(&self) -> u64 {
        match self {
            PseudoHeader::V4 { source, destination } => sum(&source.octets()) + sum(&destination.octets()),
            PseudoHeader::V6 { source, destination } => sum(&source.octets()) + sum(&destination.octets()),
        }
    }
}

/// The words of `bytes`, added up; 64 bits hold more carries than a memory has words.
fn sum(bytes: &[u8]) -> u64 {
    let (words, odd) = bytes.as_chunks::<2>();
    let words: u64 = words.iter().map(|&word| u64::from(u16::from_be_bytes(word))).sum();
    words + odd.first().map_or(0, |&byte| u64::from(byte) << 8)
}

/// Adds the carries back in until none is left (RFC 1071 §1).
fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

/// Why a datagram's checksum is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumError {
    /// There is none, over IPv6.
    Missing,
    /// It is not the one of these bytes between these addresses.
    Wrong {
        /// The datagram's.
        carried: u16,
        /// What it should be.
        computed: u16,
    },
}

impl fmt::Display for ChecksumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChecksumError::Missing => f.write_str("no checksum, which IPv6 demands (RFC 8200 §8.1)"),
            ChecksumError::Wrong { carried, computed } => {
                write!(f, "the checksum is {carried:#06x} and should be {computed:#06x} (RFC 768)")
            }
        }
    }
}

impl std::error::Error for ChecksumError {}
