use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use wirelab_sansio::Instant;
use wirelab_sim::{Fate, Line, Link, Random, Reason};

/// One direction of a [`Link`] of the simulator, with the packets that are in it.
///
/// ```text
///   send ──▶ [queue: drop-tail] ──▶ [rate] ──▶ ( loss? ) ──▶ [delay + jitter] ──▶ arrived
/// ```
///
/// The [`Line`] that computes here when a packet arrives is the one of virtual time; all that real time adds is that somebody
/// must come and ask. Who comes late gets a packet late, but the link has not lost time by that: the next packet's arrival is
/// computed from when the link is free, and not from when somebody looked. A queue that is not empty therefore leaves at exactly the
/// link's rate, however coarse the timer is that wakes the loop. How late it was is counted ([`Carried::late`]).
///
/// Rate, queue, delay, jitter and losses hold. Duplication, reordering, damage, the MTU and active queue management are
/// not here, as in the simulator's pairs.
///
/// ```
/// use std::time::Duration;
/// use wirelab_sansio::Instant;
/// use wirelab_sim::{Link, Queue};
/// use wirelab_tun::Channel;
///
/// // A byte a millisecond, 20 ms of delay, and room for one packet beside the one that is leaving.
/// let mut channel = Channel::new(Link::new(Duration::from_millis(20)).rate(1000).queue(Queue::Packets(1)), 1);
/// for packet in ["first", "second", "third"] {
///     channel.send(Instant::ZERO, packet.into());
/// }
/// let at = |ms| Instant::ZERO + Duration::from_millis(ms);
/// assert_eq!(channel.next(), Some(at(25)));
/// assert_eq!(channel.arrived(at(24)), None);
/// assert_eq!(channel.arrived(at(25)).as_deref(), Some(&b"first"[..]));
/// assert_eq!(channel.next(), Some(at(31)));
/// assert_eq!(channel.carried().turned_away, 1);
/// ```
#[derive(Debug)]
pub struct Channel {
    line: Line,
    /// By their arrival; of those that arrive together, the one that was handed over first comes first.
    travelling: BTreeMap<(Instant, u64), Bytes>,
    carried: Carried,
}

/// What has become of the packets that a [`Channel`] was given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Packets handed over.
    pub packets: u64,
    /// Of these, how many found the queue full,
    pub turned_away: u64,
    /// were lost on the way,
    pub lost: u64,
    /// and were fetched at the other end.
    pub arrived: u64,
    /// The bytes of those that were fetched.
    pub arrived_bytes: u64,
    /// For how long packets lay there before they were fetched, all of them together.
    pub late: Duration,
    /// For how long the one that lay there longest did.
    pub latest: Duration,
}

impl Carried {
    /// For how long a packet lay there on average before it was fetched.
    pub fn mean_lateness(&self) -> Duration {
        Duration::from_nanos((self.late.as_nanos() / u128::from(self.arrived.max(1))) as u64)
    }
}

impl Channel {
    /// An idle link. The seed says which packets it loses, and the jitter.
    pub fn new(link: Link, seed: u64) -> Self {
        Channel {
            line: Line::new(link, Random::new(seed)),
            travelling: BTreeMap::new(),
            carried: Carried::default(),
        }
    }

    /// Takes a packet in at `now`, which must not be earlier than at the last call.
    pub fn send(&mut self, now: Instant, packet: Bytes) {
        self.carried.packets += 1;
        match self.line.send(now, packet.len()) {
            Fate::Arrives(at) => {
                self.travelling.insert((at, self.carried.packets), packet);
            }
            Fate::Dropped(Reason::QueueFull) => self.carried.turned_away += 1,
            Fate::Dropped(_) => self.carried.lost += 1,
        }
    }

    /// A packet that has arrived by `now`, in the order of their arrivals; `None` if there is none.
    pub fn arrived(&mut self, now: Instant) -> Option<Bytes> {
        let first = self.travelling.first_entry().filter(|entry| entry.key().0 <= now)?;
        let ((due, _), packet) = first.remove_entry();
        self.carried.arrived += 1;
        self.carried.arrived_bytes += packet.len() as u64;
        self.carried.late += now - due;
        self.carried.latest = self.carried.latest.max(now - due);
        Some(packet)
    }

    /// When the next packet arrives; `None` if none is in the link.
    pub fn next(&self) -> Option<Instant> {
        self.travelling.first_key_value().map(|(&(at, _), _)| at)
    }

    /// What has become of the packets so far.
    pub fn carried(&self) -> Carried {
        self.carried
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirelab_sim::Queue;

    fn at(ms: u64) -> Instant {
        Instant::ZERO + Duration::from_millis(ms)
    }

    #[test]
    fn who_looks_late_gets_packets_late_and_the_link_keeps_its_rate() {
        let mut channel = Channel::new(Link::new(Duration::ZERO).rate(1000), 1);
        (0..10).for_each(|_| channel.send(at(0), Bytes::from_static(&[0; 10])));
        let mut fetched = Vec::new();
        for now in [35, 100] {
            fetched.push(std::iter::from_fn(|| channel.arrived(at(now))).count());
        }
        assert_eq!(fetched, [3, 7], "one every 10 ms");
        let carried = channel.carried();
        let late = [25, 15, 5, 60, 50, 40, 30, 20, 10, 0];
        assert_eq!(carried.late, Duration::from_millis(late.iter().sum()));
        assert_eq!(carried.latest, Duration::from_millis(60));
        assert_eq!((carried.arrived, carried.arrived_bytes), (10, 100));
    }

    #[test]
    fn what_finds_the_queue_full_is_counted_apart_from_what_is_lost() {
        let link = Link::new(Duration::ZERO).rate(1000).queue(Queue::Packets(2)).lose_packet(2);
        let mut channel = Channel::new(link, 1);
        (0..5).for_each(|_| channel.send(at(0), Bytes::from_static(&[0; 10])));
        let carried = channel.carried();
        assert_eq!((carried.packets, carried.turned_away, carried.lost), (5, 2, 1));
        assert_eq!(std::iter::from_fn(|| channel.arrived(at(30))).count(), 2);
    }

    #[test]
    fn packets_that_arrive_together_keep_their_order() {
        let mut channel = Channel::new(Link::new(Duration::from_millis(5)), 1);
        (0..100).for_each(|number| channel.send(at(0), vec![number].into()));
        let fetched: Vec<u8> =
            std::iter::from_fn(|| channel.arrived(at(5))).map(|packet| packet[0]).collect();
        assert_eq!(fetched, (0..100).collect::<Vec<_>>());
        assert_eq!(channel.next(), None);
    }
}
