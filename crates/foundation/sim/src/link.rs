use std::collections::BTreeSet;
use std::time::Duration;

use crate::Random;

/// One direction of a path: how long it takes, how much fits, and what gets lost.
///
/// ```text
///   send ──▶ [queue: drop-tail] ──▶ [rate] ──▶ ( loss? ) ──▶ [delay + jitter] ──▶ arrives
/// ```
///
/// In a [`Pair`](crate::Pair) and a [`DatagramPair`](crate::DatagramPair) only payload is counted: a datagram's or
/// segment's own bytes, no headers. In an [`Internet`](crate::internet::Internet) the packets are IP packets, and every
/// byte counts.
///
/// Delay, jitter, rate, queue and the losses hold everywhere. What needs a packet's bytes or a second packet (duplication,
/// reordering, damage, the MTU, active queue management) happens only in an `Internet`.
///
/// ```
/// use std::time::Duration;
/// use wirelab_sim::{Link, Queue};
///
/// // A home connection: 1 MB/s, 15 ms to the other end, room for 32 waiting packets, one in a hundred lost.
/// let link = Link::new(Duration::from_millis(15)).rate(1_000_000).queue(Queue::Packets(32)).loss(0.01);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub(crate) delay: Duration,
    pub(crate) jitter: Duration,
    pub(crate) rate: Option<u64>,
    pub(crate) queue: Queue,
    pub(crate) loss: f64,
    pub(crate) lost_packets: BTreeSet<u64>,
    pub(crate) bursts: Option<Bursts>,
    pub(crate) duplication: f64,
    pub(crate) reordering: Option<(f64, Duration)>,
    pub(crate) corruption: f64,
    pub(crate) mtu: usize,
}

/// Losses that come together: the model of Gilbert and Elliott. The link is in one of two states, and may change before each
/// packet.
///
/// ```text
///            enter
///   ┌──────┐ ─────▶ ┌─────┐
///   │ good │        │ bad │  loses with the probability `loss`
///   └──────┘ ◀───── └─────┘
///            leave
/// ```
///
/// A bad state lasts `1 / leave` packets on average.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// The probability that a good state becomes a bad one.
    pub enter: f64,
    /// The probability that a bad state becomes a good one.
    pub leave: f64,
    /// The probability that a packet is lost in a bad state. In a good one none is, on this account.
    pub loss: f64,
}

/// How many packets may wait for a link that is busy. The packet that is just being sent does not wait any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Nothing is ever turned away.
    Unlimited,
    /// At most so many packets; one more is dropped (drop-tail).
    Packets(usize),
    /// Packets of so many bytes together; one that would exceed them is dropped.
    Bytes(usize),
    /// Active queue management: packets that have waited too long are dropped, or marked, when their turn comes. In the
    /// pairs, which have no queue of their own, only its limit holds.
    CoDel(CoDel),
}

/// The settings of the queue management "controlled delay" (RFC 8289).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CoDel {
    /// TARGET: how long packets may wait in the long run (RFC 8289 §3.2).
    pub target: Duration,
    /// INTERVAL: for how long they may wait longer, about the round-trip time of the slowest user (RFC 8289 §3.2).
    pub interval: Duration,
    /// How many packets may wait at most; one more is dropped as in a drop-tail queue.
    pub limit: usize,
    /// Whether a packet whose sender understands ECN is marked instead of dropped (RFC 3168 §5).
    pub ecn: bool,
}

impl Default for CoDel {
    /// 5 ms and 100 ms, as RFC 8289 §3.2 recommends; 1000 packets; with ECN.
    fn default() -> Self {
        CoDel {
            target: Duration::from_millis(5),
            interval: Duration::from_millis(100),
            limit: 1000,
            ecn: true,
        }
    }
}

impl Bursts {
    /// Moves to the state in which the next packet finds the link, and draws whether that is lost.
    pub(crate) fn lost(self, bad: &mut bool, random: &mut Random) -> bool {
        let (changes, lost) = (random.next_fraction(), random.next_fraction());
        *bad = if *bad { changes >= self.leave } else { changes < self.enter };
        *bad && lost < self.loss
    }
}

impl Default for Link {
    /// 10 ms, and otherwise ideal.
    fn default() -> Self {
        Link::new(Duration::from_millis(10))
    }
}

impl Link {
    /// A link of this propagation delay, with no limit of rate, no loss and no jitter. Once it is given a rate, its queue has
    /// room for 100 packets.
    pub const fn new(delay: Duration) -> Self {
        Link {
            delay,
            jitter: Duration::ZERO,
            rate: None,
            queue: Queue::Packets(100),
            loss: 0.0,
            lost_packets: BTreeSet::new(),
            bursts: None,
            duplication: 0.0,
            reordering: None,
            corruption: 0.0,
            mtu: 1500,
        }
    }

    /// Bytes a second (0 counts as 1). A packet takes `bytes / rate` to leave, and the next one waits for it.
    #[must_use]
    pub fn rate(mut self, bytes_per_second: u64) -> Self {
        self.rate = Some(bytes_per_second.max(1));
        self
    }

    /// How much may wait while the link is busy.
    #[must_use]
    pub fn queue(mut self, queue: Queue) -> Self {
        self.queue = queue;
        self
    }

    /// The probability, from 0 to 1, that a packet is lost on its way; each packet by itself.
    #[must_use]
    pub fn loss(mut self, probability: f64) -> Self {
        self.loss = probability;
        self
    }

    /// Loses exactly this packet, counted from 1 as they are handed to the link. May be called several times.
    #[must_use]
    pub fn lose_packet(mut self, number: u64) -> Self {
        self.lost_packets.insert(number);
        self
    }

    /// A random time between zero and `most` on top of the delay, drawn for each packet. Packets overtake one another
    /// when it is longer than the time between them.
    #[must_use]
    pub fn jitter(mut self, most: Duration) -> Self {
        self.jitter = most;
        self
    }

    /// Losses that come together.
    #[must_use]
    pub fn bursts(mut self, bursts: Bursts) -> Self {
        self.bursts = Some(bursts);
        self
    }

    /// The probability that a packet arrives twice.
    #[must_use]
    pub fn duplication(mut self, probability: f64) -> Self {
        self.duplication = probability;
        self
    }

    /// The probability that a packet takes `extra` longer than the others, so that those behind overtake it.
    #[must_use]
    pub fn reordering(mut self, probability: f64, extra: Duration) -> Self {
        self.reordering = Some((probability, extra));
        self
    }

    /// The probability that one bit of a packet, any of them, is flipped.
    #[must_use]
    pub fn corruption(mut self, probability: f64) -> Self {
        self.corruption = probability;
        self
    }

    /// The largest packet, in bytes; a larger one is dropped. 1500 if not set.
    #[must_use]
    pub fn mtu(mut self, bytes: usize) -> Self {
        self.mtu = bytes;
        self
    }
}
