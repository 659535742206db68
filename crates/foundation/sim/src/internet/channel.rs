use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;

use super::codel::{Advice, Controller};
use super::packet::mark_congestion;
use super::{NodeId, PortId, TransitId};
use crate::{CoDel, Link, Queue, Random, Reason};

/// One direction of a [`Link`] with packets in it.
///
/// ```text
///   send ──▶ [ queue ] ──▶ [ rate ] ──▶ ( lost? ) ──▶ [ delay, jitter, extra ] ──▶ arrives, perhaps twice, perhaps damaged
///               │  dequeue: CoDel looks at how long the packet waited
/// ```
pub(crate) struct Channel {
    pub(crate) link: Link,
    pub(crate) to: (NodeId, PortId),
    pub(crate) counters: Counters,
    pub(crate) rule: Option<Rule>,
    chances: Chances,
    offered: u64,
    bad: bool,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// What is being sent just now.
    leaving: Option<Waiting>,
    /// What the division by the rate left over, see [`Line`](crate::Line).
    remainder: u64,
    /// When the last packet had left, to know whether the remainder still counts.
    idle_since: Instant,
    codel: Controller,
}

/// Drops packets by their number, counted from 1, and their bytes.
pub(crate) type Rule = Box<dyn FnMut(u64, &[u8]) -> bool>;

/// A generator for each kind of fault: a change of one setting leaves the others' draws as they were.
struct Chances {
    loss: Random,
    bursts: Random,
    jitter: Random,
    reordering: Random,
    duplication: Random,
    corruption: Random,
}

#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) transit: TransitId,
    pub(crate) packet: Bytes,
    since: Instant,
    lost: Option<Reason>,
}

/// What went through one direction of a link.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets handed to the link.
    pub packets: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Copies that the link made.
    pub duplicated: u64,
    /// Packets that arrived, copies included.
    pub arrived: u64,
    /// The bytes of these.
    pub arrived_bytes: u64,
    /// Packets whose sender was told of congestion by a mark.
    pub marked: u64,
    /// Packets of which a bit was flipped.
    pub corrupted: u64,
    /// Packets that never arrived, by the reason.
    pub dropped: BTreeMap<Reason, u64>,
    /// The most packets that waited at once.
    pub peak_packets: usize,
    /// The most bytes that waited at once.
    pub peak_bytes: usize,
}

impl Counters {
    /// Packets that never arrived, for whatever reason.
    pub fn drops(&self) -> u64 {
        self.dropped.values().sum()
    }
}

/// What the world has to do after a step of the channel.
pub(crate) enum Outcome {
    Dropped(TransitId, Reason),
    Marked(TransitId),
    /// The number of waiting packets changed.
    Queue(usize, usize),
    /// The packet that is leaving will have left after this time.
    Busy(Duration),
    Arrives(Arrival),
}

/// A packet on its way to the other end.
pub(crate) struct Arrival {
    pub(crate) transit: TransitId,
    pub(crate) packet: Bytes,
    pub(crate) after: Duration,
    pub(crate) copy: bool,
    pub(crate) corrupted: bool,
}

impl Channel {
    pub(crate) fn new(link: Link, to: (NodeId, PortId), mut random: Random) -> Self {
        let mut next = || Random::new(random.next_u64());
        Channel {
            link,
            to,
            counters: Counters::default(),
            rule: None,
            chances: Chances {
                loss: next(),
                bursts: next(),
                jitter: next(),
                reordering: next(),
                duplication: next(),
                corruption: next(),
            },
            offered: 0,
            bad: false,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            leaving: None,
            remainder: 0,
            idle_since: Instant::ZERO,
            codel: Controller::default(),
        }
    }

    /// Takes a packet from the node at this end.
    pub(crate) fn send(&mut self, now: Instant, transit: TransitId, packet: Bytes, out: &mut Vec<Outcome>) {
        self.offered += 1;
        self.counters.packets += 1;
        self.counters.bytes += packet.len() as u64;
        let lost = self.judge(&packet);
        if packet.len() > self.link.mtu {
            return self.drop(transit, Reason::TooBig, out);
        }
        let waiting = Waiting { transit, packet, since: now, lost };
        if self.link.rate.is_none() {
            return self.propagate(waiting, out);
        }
        if self.leaving.is_none() {
            return self.begin(now, waiting, out);
        }
        if !self.has_room(waiting.packet.len()) {
            return self.drop(transit, Reason::QueueFull, out);
        }
        self.waiting_bytes += waiting.packet.len();
        self.waiting.push_back(waiting);
        self.counters.peak_packets = self.counters.peak_packets.max(self.waiting.len());
        self.counters.peak_bytes = self.counters.peak_bytes.max(self.waiting_bytes);
        out.push(Outcome::Queue(self.waiting.len(), self.waiting_bytes));
    }

    /// The packet that was leaving has left: it travels, and the next one begins to leave.
    pub(crate) fn departed(&mut self, now: Instant, out: &mut Vec<Outcome>) {
        if let Some(waiting) = self.leaving.take() {
            self.idle_since = now;
            self.propagate(waiting, out);
        }
        let before = self.waiting.len();
        if let Some(next) = self.dequeue(now, out) {
            self.begin(now, next, out);
        }
        if before > 0 {
            out.push(Outcome::Queue(self.waiting.len(), self.waiting_bytes));
        }
    }

    /// How many packets are in the queue or leaving.
    pub(crate) fn held(&self) -> usize {
        self.waiting.len() + usize::from(self.leaving.is_some())
    }

    /// Draws for every packet, whatever becomes of it, so that a fuller queue does not shift the losses.
    fn judge(&mut self, packet: &[u8]) -> Option<Reason> {
        let alone =
            self.chances.loss.chance(self.link.loss) || self.link.lost_packets.contains(&self.offered);
        let burst =
            self.link.bursts.is_some_and(|bursts| bursts.lost(&mut self.bad, &mut self.chances.bursts));
        let number = self.offered;
        let ruled = self.rule.as_mut().is_some_and(|rule| rule(number, packet));
        if ruled { Some(Reason::Rule) } else { (alone || burst).then_some(Reason::Lost) }
    }

    fn has_room(&self, len: usize) -> bool {
        match self.link.queue {
            Queue::Unlimited => true,
            Queue::Packets(most) | Queue::CoDel(CoDel { limit: most, .. }) => self.waiting.len() < most,
            Queue::Bytes(most) => self.waiting_bytes.saturating_add(len) <= most,
        }
    }

    /// The next packet to leave. An active queue looks at it first.
    fn dequeue(&mut self, now: Instant, out: &mut Vec<Outcome>) -> Option<Waiting> {
        loop {
            let Some(mut head) = self.waiting.pop_front() else {
                self.codel.empty();
                return None;
            };
            self.waiting_bytes -= head.packet.len();
            let Queue::CoDel(config) = self.link.queue else { return Some(head) };
            let sojourn = now.saturating_since(head.since);
            match self.codel.judge(now, &config, sojourn, self.waiting_bytes, self.link.mtu) {
                Advice::Pass => return Some(head),
                Advice::Signal => match config.ecn.then(|| mark_congestion(&head.packet)).flatten() {
                    Some(marked) => {
                        head.packet = marked;
                        self.counters.marked += 1;
                        out.push(Outcome::Marked(head.transit));
                        return Some(head);
                    }
                    None => self.drop(head.transit, Reason::WaitedTooLong, out),
                },
            }
        }
    }

    fn begin(&mut self, now: Instant, waiting: Waiting, out: &mut Vec<Outcome>) {
        let Some(rate) = self.link.rate else { return self.propagate(waiting, out) };
        if self.idle_since < now {
            self.remainder = 0;
        }
        let work = waiting.packet.len() as u128 * 1_000_000_000 + u128::from(self.remainder);
        self.remainder = (work % u128::from(rate)) as u64; // below `rate`, which is a u64
        let time = Duration::from_nanos(u64::try_from(work / u128::from(rate)).unwrap_or(u64::MAX));
        self.leaving = Some(waiting);
        out.push(Outcome::Busy(time));
    }

    fn propagate(&mut self, waiting: Waiting, out: &mut Vec<Outcome>) {
        let Waiting { transit, packet, lost, .. } = waiting;
        if let Some(reason) = lost {
            return self.drop(transit, reason, out);
        }
        let copies = if self.chances.duplication.chance(self.link.duplication) { 2 } else { 1 };
        for copy in (0..copies).map(|number| number > 0) {
            let after = self.travel_time();
            let (packet, corrupted) = self.corrupt(packet.clone());
            out.push(Outcome::Arrives(Arrival { transit, packet, after, copy, corrupted }));
        }
    }

    fn travel_time(&mut self) -> Duration {
        let most = u64::try_from(self.link.jitter.as_nanos()).unwrap_or(u64::MAX);
        let jitter = Duration::from_nanos(self.chances.jitter.below(most.saturating_add(1)));
        let extra = match self.link.reordering {
            Some((probability, extra)) if self.chances.reordering.chance(probability) => extra,
            _ => Duration::ZERO,
        };
        self.link.delay + jitter + extra
    }

    fn corrupt(&mut self, packet: Bytes) -> (Bytes, bool) {
        if packet.is_empty() || !self.chances.corruption.chance(self.link.corruption) {
            return (packet, false);
        }
        self.counters.corrupted += 1;
        let bit = self.chances.corruption.below(8 * packet.len() as u64);
        let mut damaged = BytesMut::from(packet);
        if let Some(byte) = damaged.get_mut((bit / 8) as usize) {
            *byte ^= 1 << (bit % 8);
        }
        (damaged.freeze(), true)
    }

    fn drop(&mut self, transit: TransitId, reason: Reason, out: &mut Vec<Outcome>) {
        *self.counters.dropped.entry(reason).or_default() += 1;
        out.push(Outcome::Dropped(transit, reason));
    }
}
