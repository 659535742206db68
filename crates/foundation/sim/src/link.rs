use std::collections::BTreeSet;
use std::time::Duration;

/// One direction of a path: how long it takes, how much fits, and what gets lost.
///
/// ```text
///   send ──▶ [queue: drop-tail] ──▶ [rate] ──▶ ( loss? ) ──▶ [delay + jitter] ──▶ arrives
/// ```
///
/// Only payload is counted: a datagram's or segment's own bytes, no headers.
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
}
