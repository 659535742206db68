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
