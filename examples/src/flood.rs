use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use wirelab::sansio::Instant;
use wirelab::sim::internet::{Node, PortId, build};
use wirelab::tcpip::{Flags, Options, Segment, Seq};

/// A node that sends SYNs at a steady pace, each from another address that is not its own: a SYN flood (RFC 4987 §2), for
/// simulated networks only. Nobody is at those addresses, 198.18.0.0/15 (RFC 2544): no RST comes from there, and what is sent there ends here.
#[derive(Debug)]
pub struct Flood {
    target: SocketAddr,
    every: Duration,
    next: Instant,
    sent: u32,
    left: u32,
    /// Packets that were sent to the addresses that do not exist.
    pub answers: u64,
}

impl Flood {
    /// So many SYNs, the first one at the beginning.
    pub fn new(target: SocketAddr, syns: u32, every: Duration) -> Self {
        Flood { target, every, next: Instant::ZERO, sent: 0, left: syns, answers: 0 }
    }

    /// The numbers are spread by multiplying with odd constants: different each time, and the same in every run.
    fn syn(&self) -> Bytes {
        let spread = self.sent.wrapping_mul(0x9e37_79b1);
        let source = Ipv4Addr::from_bits(0xc612_0000 | spread >> 15);
        let mut options = Options::new();
        options.push_maximum_segment_size(1460);
        let syn = Segment {
            source: 1024 + (spread & 0x7fff) as u16,
            destination: self.target.port(),
            sequence: Seq(self.sent.wrapping_mul(0x85eb_ca6b)),
            flags: Flags::SYN,
            window: 65_535,
            options,
            ..Segment::default()
        };
        build::tcp(IpAddr::V4(source), self.target.ip(), &syn)
    }
}

impl Node for Flood {
    fn receive(&mut self, _now: Instant, _port: PortId, _packet: Bytes) {
        self.answers += 1;
    }

    fn poll_transmit(&mut self, now: Instant) -> Option<(PortId, Bytes)> {
        if self.left == 0 || now < self.next {
            return None;
        }
        let syn = self.syn();
        self.next += self.every;
        (self.sent, self.left) = (self.sent + 1, self.left - 1);
        Some((PortId(0), syn))
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        (self.left > 0).then_some((self.next, "next SYN"))
    }
}
