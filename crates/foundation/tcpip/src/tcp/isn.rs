use std::net::SocketAddr;

use wirelab_sansio::Instant;

use super::mac::Mac;
use crate::wire::Seq;

/// The initial sequence numbers of a host (RFC 6528).
///
/// ```text
///   ISN = M + F(local address, local port, remote address, remote port, secret)
/// ```
///
/// M is a clock with a tick of 4 µs: a later connection between the same two ends begins behind the numbers of the one
/// before it (RFC 9293 §3.4.1). F is a keyed hash, so that each pair of ends has its own place on the circle, and nobody can
/// guess from the numbers that he is given those that another client gets.
///
/// ```
/// use wirelab_sansio::Instant;
/// use wirelab_tcpip::tcp::InitialSequence;
///
/// let numbers = InitialSequence::new(&[7; 32]);
/// let (local, remote) = ("192.0.2.1:80".parse()?, "192.0.2.2:50000".parse()?);
/// let first = numbers.at(Instant::ZERO, local, remote);
/// let later = numbers.at(Instant::from_nanos(1_000_000), local, remote);
/// assert_eq!(later - first, 250);
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct InitialSequence {
    mac: Mac,
}

/// One tick of the clock M.
const TICK_NANOS: u64 = 4_000;

impl InitialSequence {
    /// The numbers that follow from `secret`, which nobody else may know, and which is another one after a restart.
    pub fn new(secret: &[u8; 32]) -> Self {
        InitialSequence { mac: Mac::new(secret, "initial sequence numbers") }
    }

    /// The number for a connection between these two ends that begins now.
    pub fn at(&self, now: Instant, local: SocketAddr, remote: SocketAddr) -> Seq {
        let clock = now.as_nanos() / TICK_NANOS;
        Seq(self.mac.of(local, remote, &[]).wrapping_add(clock) as u32) // the circle is modulo 2³²
    }
}

/// Where the timestamp clocks of a host's connections begin (RFC 7323 §5.4): "the same function with a different secret key".
///
/// The offset is the same for all connections between the same two ends, one after the other. Their timestamps go on growing then,
/// which a peer in TIME-WAIT wants of a new SYN (RFC 6191 §2); an offset drawn anew for each would conflict with that and with
/// PAWS. And as the key is another one, the offset says nothing of the sequence numbers, nor when the machine was started (§7.1).
///
/// ```
/// use wirelab_tcpip::tcp::TimestampOffsets;
///
/// let offsets = TimestampOffsets::new(&[7; 32]);
/// let (local, remote) = ("192.0.2.1:80".parse()?, "192.0.2.2:50000".parse()?);
/// assert_eq!(offsets.of(local, remote), offsets.of(local, remote));
/// assert_ne!(offsets.of(local, remote), offsets.of(remote, local));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Clone, Debug)]
pub struct TimestampOffsets {
    mac: Mac,
}

impl TimestampOffsets {
    /// The offsets that follow from `secret`, which nobody else may know.
    pub fn new(secret: &[u8; 32]) -> Self {
        TimestampOffsets { mac: Mac::new(secret, "timestamps") }
    }

    /// The offset between these two ends, in milliseconds: the unit of our timestamps.
    pub fn of(&self, local: SocketAddr, remote: SocketAddr) -> u32 {
        self.mac.of(local, remote, &[]) as u32 // the circle of timestamps is modulo 2³²
    }
}
