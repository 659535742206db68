use std::time::Duration;

use bytes::Bytes;
use wirelab_sansio::Instant;
use wirelab_sim::Random;

/// What a network does to packets in one direction.
///
/// The kernel can do the same to a device (`tc qdisc add … netem`), where it was built with that. Here the driver does it,
/// so that a run needs neither the module nor a machine of its own, and a seed says which packets are hit.
///
/// ```
/// use wirelab_tun::Impairments;
///
/// // One packet in twenty is lost, one in a hundred arrives twice, one in fifty lets three others overtake it.
/// let bad = Impairments { loss: 0.05, duplication: 0.01, reordering: 0.02, seed: 1, ..Impairments::default() };
/// assert_eq!(bad.behind, 3);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Impairments {
    /// The probability, from 0 to 1, that a packet is lost.
    pub loss: f64,
    /// The probability that a packet arrives twice.
    pub duplication: f64,
    /// The probability that a packet is held back while others overtake it.
    pub reordering: f64,
    /// How many packets overtake the one that is held back.
    pub behind: usize,
    /// A packet is held back no longer than this, however few follow it.
    pub held_for: Duration,
    /// Which packets these are. The same seed hits the same ones, counted as they come.
    pub seed: u64,
}

impl Default for Impairments {
    /// None. What is held back, once `reordering` is set, lets 3 packets pass, for 20 ms at most.
    fn default() -> Self {
        Impairments {
            loss: 0.0,
            duplication: 0.0,
            reordering: 0.0,
            behind: 3,
            held_for: Duration::from_millis(20),
            seed: 0,
        }
    }
}

/// What has happened to the packets of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// How many packets came in.
    pub packets: u64,
    /// Of these, how many were lost,
    pub lost: u64,
    /// arrived twice,
    pub duplicated: u64,
    /// and were held back.
    pub held_back: u64,
}

/// One direction: packets go in, and come out in the order in which they arrive.
#[derive(Debug)]
pub(crate) struct Line {
    impairments: Impairments,
    random: Random,
    held: Vec<Held>,
    fates: Fates,
}

#[derive(Debug)]
struct Held {
    packet: Bytes,
    /// How many may still overtake it.
    behind: usize,
    until: Instant,
}

impl Line {
    pub(crate) fn new(impairments: Impairments) -> Self {
        let random = Random::new(impairments.seed);
        Line { impairments, random, held: Vec::new(), fates: Fates::default() }
    }

    pub(crate) fn fates(&self) -> Fates {
        self.fates
    }

    /// Takes in one packet; appends to `out` what arrives now, this one and those that have waited for it to pass.
    pub(crate) fn pass(&mut self, now: Instant, packet: Bytes, out: &mut Vec<Bytes>) {
        self.fates.packets += 1;
        // All are drawn for every packet, so that one probability does not change which packets another one hits.
        let Impairments { loss, duplication, reordering, behind, held_for, .. } = self.impairments;
        let [lost, twice, late] = [loss, duplication, reordering].map(|chance| self.random.chance(chance));
        if lost {
            self.fates.lost += 1;
            return;
        }
        if late {
            self.fates.held_back += 1;
            self.held.push(Held { packet: packet.clone(), behind, until: now + held_for });
        } else {
            out.push(packet.clone());
            self.held.iter_mut().for_each(|held| held.behind = held.behind.saturating_sub(1));
        }
        if twice {
            self.fates.duplicated += 1;
            out.push(packet);
        }
        self.release(now, out);
    }

    /// Appends to `out` what was held back until `now`.
    pub(crate) fn release(&mut self, now: Instant, out: &mut Vec<Bytes>) {
        let ready = |held: &mut Held| held.behind == 0 || held.until <= now;
        out.extend(self.held.extract_if(.., ready).map(|held| held.packet));
    }

    /// When the next packet that is held back arrives, if nothing overtakes it.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.held.iter().map(|held| held.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out of a line into which the packets 0, 1, 2 … go, and what happened to them.
    fn through(impairments: Impairments, packets: u16) -> (Vec<u16>, Fates) {
        let (mut line, mut out) = (Line::new(impairments), Vec::new());
        for number in 0..packets {
            line.pass(Instant::ZERO, Bytes::copy_from_slice(&number.to_be_bytes()), &mut out);
        }
        line.release(Instant::ZERO + Duration::from_millis(20), &mut out);
        (out.iter().map(|packet| u16::from_be_bytes([packet[0], packet[1]])).collect(), line.fates())
    }

    #[test]
    fn without_impairments_all_arrives_in_order() {
        let (arrived, fates) = through(Impairments::default(), 100);
        assert_eq!(arrived, (0..100).collect::<Vec<_>>());
        assert_eq!(fates, Fates { packets: 100, ..Fates::default() });
    }

    #[test]
    fn what_is_lost_is_counted_and_the_rest_keeps_its_order() {
        let (arrived, fates) = through(Impairments { loss: 0.1, ..Impairments::default() }, 1000);
        assert!(arrived.is_sorted());
        assert_eq!(arrived.len() as u64, 1000 - fates.lost);
        assert!((70..130).contains(&fates.lost), "{fates:?}");
    }

    #[test]
    fn what_is_duplicated_arrives_twice_in_a_row() {
        let (arrived, fates) = through(Impairments { duplication: 0.1, ..Impairments::default() }, 1000);
        assert!(arrived.is_sorted());
        assert_eq!(arrived.len() as u64, 1000 + fates.duplicated);
        assert!((70..130).contains(&fates.duplicated), "{fates:?}");
    }

    #[test]
    fn what_is_held_back_lets_three_pass_and_then_arrives() {
        let mut line = Line::new(Impairments { reordering: 1.0, ..Impairments::default() });
        let mut out = Vec::new();
        line.pass(Instant::ZERO, Bytes::from_static(b"late"), &mut out);
        line.impairments.reordering = 0.0;
        for packet in [&b"1"[..], b"2", b"3", b"4"] {
            line.pass(Instant::ZERO, Bytes::from_static(packet), &mut out);
        }
        assert_eq!(out, [&b"1"[..], b"2", b"3", b"late", b"4"]);
    }

    #[test]
    fn what_is_held_back_arrives_after_its_time_though_nothing_follows() {
        let mut line = Line::new(Impairments { reordering: 1.0, ..Impairments::default() });
        let (mut out, due) = (Vec::new(), Instant::ZERO + Duration::from_millis(20));
        line.pass(Instant::ZERO, Bytes::from_static(b"late"), &mut out);
        assert_eq!(line.next(), Some(due));
        line.release(Instant::from_nanos(due.as_nanos() - 1), &mut out);
        assert!(out.is_empty());
        line.release(due, &mut out);
        assert_eq!((out.len(), line.next()), (1, None));
    }

    #[test]
    fn a_seed_hits_the_same_packets_every_time_and_another_seed_others() {
        let lossy = |seed| through(Impairments { loss: 0.2, seed, ..Impairments::default() }, 100).0;
        assert_eq!(lossy(1), lossy(1));
        assert_ne!(lossy(1), lossy(2));
    }
}
