use std::collections::VecDeque;
use std::time::Duration;

use wirelab_sansio::Instant;

use crate::{CoDel, Link, Queue, Random, Reason};

/// A [`Link`] in use: it remembers until when it is busy and what waits, and tells of each packet when it arrives.
///
/// ```
/// use std::time::Duration;
/// use wirelab_sansio::Instant;
/// use wirelab_sim::{Fate, Line, Link, Random};
///
/// let mut line = Line::new(Link::new(Duration::from_millis(20)).rate(1_000_000), Random::new(1));
/// let at = |ms| Fate::Arrives(Instant::ZERO + Duration::from_millis(ms));
/// assert_eq!(line.send(Instant::ZERO, 1000), at(21)); // 1 ms to leave, 20 ms to travel
/// assert_eq!(line.send(Instant::ZERO, 1000), at(22)); // waits 1 ms for the first
/// ```
#[derive(Clone, Debug)]
pub struct Line {
    link: Link,
    random: Random,
    offered: u64,
    /// Whether the model of bursts is in its bad state.
    bad: bool,
    busy_until: Instant,
    /// What the division by the rate left over, in units of 1/rate nanoseconds. Carried from packet to packet, so that a
    /// busy line sends at exactly its rate however small the packets are.
    remainder: u64,
    /// When each waiting packet begins to leave, and its size.
    waiting: VecDeque<(Instant, usize)>,
}

/// What becomes of a packet that was handed to a [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its last byte arrives at this time.
    Arrives(Instant),
    /// It never arrives.
    Dropped(Reason),
}

impl Line {
    /// An idle line. Losses and jitter are drawn from `random`.
    pub fn new(link: Link, random: Random) -> Self {
        Line {
            link,
            random,
            offered: 0,
            bad: false,
            busy_until: Instant::ZERO,
            remainder: 0,
            waiting: VecDeque::new(),
        }
    }

    /// Hands over a packet of `len` bytes at `now`, which must not be earlier than at the last call.
    pub fn send(&mut self, now: Instant, len: usize) -> Fate {
        self.offered += 1;
        // Both are drawn for every packet, needed or not: a change of one setting leaves the rest of the run as it was.
        let alone = self.random.chance(self.link.loss) || self.link.lost_packets.contains(&self.offered);
        let most = u64::try_from(self.link.jitter.as_nanos()).unwrap_or(u64::MAX);
        let jitter = Duration::from_nanos(self.random.below(most.saturating_add(1)));
        let lost = self.lost_in_a_burst() || alone;
        if !self.has_room(now, len) {
            return Fate::Dropped(Reason::QueueFull);
        }
        let departs = self.occupy(now, len);
        if lost { Fate::Dropped(Reason::Lost) } else { Fate::Arrives(departs + self.link.delay + jitter) }
    }

    fn lost_in_a_burst(&mut self) -> bool {
        self.link.bursts.is_some_and(|bursts| bursts.lost(&mut self.bad, &mut self.random))
    }

    fn has_room(&mut self, now: Instant, len: usize) -> bool {
        while self.waiting.front().is_some_and(|&(starts, _)| starts <= now) {
            self.waiting.pop_front();
        }
        let idle = self.busy_until <= now;
        idle || match self.link.queue {
            Queue::Unlimited => true,
            Queue::Packets(most) | Queue::CoDel(CoDel { limit: most, .. }) => self.waiting.len() < most,
            Queue::Bytes(most) => {
                self.waiting.iter().map(|&(_, len)| len).sum::<usize>().saturating_add(len) <= most
            }
        }
    }

    /// Takes the line for as long as `len` bytes need, and returns the moment the last of them has left.
    fn occupy(&mut self, now: Instant, len: usize) -> Instant {
        let Some(rate) = self.link.rate else { return now };
        if self.busy_until < now {
            (self.busy_until, self.remainder) = (now, 0);
        } else if self.busy_until > now {
            self.waiting.push_back((self.busy_until, len));
        }
        let (rate, bytes) = (u128::from(rate), len as u128);
        let work = bytes * 1_000_000_000 + u128::from(self.remainder);
        self.remainder = (work % rate) as u64; // below `rate`, which is a u64
        self.busy_until += Duration::from_nanos(u64::try_from(work / rate).unwrap_or(u64::MAX));
        self.busy_until
    }

    pub(crate) fn set_link(&mut self, link: Link) {
        self.link = link;
    }

    pub(crate) fn set_random(&mut self, random: Random) {
        self.random = random;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn line(link: Link) -> Line {
        Line::new(link, Random::new(1))
    }

    fn nanos(n: u64) -> Instant {
        Instant::from_nanos(n)
    }

    #[test]
    fn a_packet_needs_its_transmission_time_and_the_delay() {
        let mut line = line(Link::new(Duration::from_nanos(7)).rate(1_000_000_000));
        assert_eq!(line.send(nanos(5), 100), Fate::Arrives(nanos(5 + 100 + 7)));
        assert_eq!(line.send(nanos(5), 10), Fate::Arrives(nanos(5 + 110 + 7)), "it waits for the first");
        assert_eq!(line.send(nanos(500), 10), Fate::Arrives(nanos(517)), "the line was idle again");
    }

    #[test]
    fn a_rate_that_does_not_divide_a_second_is_kept_exactly() {
        let mut line = line(Link::new(Duration::ZERO).rate(7).queue(Queue::Unlimited));
        let last = (0..7000).map(|_| line.send(Instant::ZERO, 1)).last();
        assert_eq!(last, Some(Fate::Arrives(Instant::ZERO + 1000 * SECOND)));
    }

    #[test]
    fn a_queue_of_two_packets_turns_the_fourth_away() {
        let mut line = line(Link::new(Duration::ZERO).rate(1000).queue(Queue::Packets(2)));
        let fates: Vec<Fate> = (0..4).map(|_| line.send(Instant::ZERO, 1000)).collect();
        let at = |seconds| Fate::Arrives(Instant::ZERO + seconds * SECOND);
        assert_eq!(fates, [at(1), at(2), at(3), Fate::Dropped(Reason::QueueFull)], "one leaves, two wait");
        assert_eq!(
            line.send(Instant::ZERO + SECOND, 1000),
            at(4),
            "the first has left, the second is leaving"
        );
    }

    #[test]
    fn a_queue_of_bytes_counts_only_what_waits() {
        let mut line = line(Link::new(Duration::ZERO).rate(1000).queue(Queue::Bytes(1500)));
        let at = |seconds| Fate::Arrives(Instant::ZERO + seconds * SECOND);
        assert_eq!(line.send(Instant::ZERO, 5000), at(5), "an idle line takes any size");
        assert_eq!(line.send(Instant::ZERO, 1000), at(6));
        assert_eq!(line.send(Instant::ZERO, 501), Fate::Dropped(Reason::QueueFull));
        assert_eq!(line.send(Instant::ZERO, 500), Fate::Arrives(Instant::ZERO + Duration::from_millis(6500)));
    }

    #[test]
    fn a_lost_packet_has_used_the_line_all_the_same() {
        let mut line = line(Link::new(Duration::ZERO).rate(1000).lose_packet(1));
        assert_eq!(line.send(Instant::ZERO, 1000), Fate::Dropped(Reason::Lost));
        assert_eq!(line.send(Instant::ZERO, 1000), Fate::Arrives(Instant::ZERO + 2 * SECOND));
    }

    #[test]
    fn jitter_stays_within_its_bound_and_reorders() {
        let mut line = line(Link::new(SECOND).jitter(Duration::from_millis(5)));
        let arrivals: Vec<Fate> = (0..100).map(|_| line.send(Instant::ZERO, 1)).collect();
        let times: Vec<Instant> = arrivals
            .iter()
            .filter_map(|fate| if let Fate::Arrives(at) = fate { Some(*at) } else { None })
            .collect();
        let (first, last) = (Instant::ZERO + SECOND, Instant::ZERO + SECOND + Duration::from_millis(5));
        assert!(times.len() == 100 && times.iter().all(|at| (first..=last).contains(at)), "{times:?}");
        assert!(!times.is_sorted(), "{times:?}");
    }
}
