use std::time::Duration;

use wirelab_sansio::Instant;

use super::scoreboard::Delivered;
use crate::wire::Seq;

/// So many sacked segments are taken for a loss where nothing has ever arrived out of order (RFC 8985 §6.2, step 4).
const DUP_THRESH: u32 = 3;

/// After so many recoveries without a duplicate the reordering window is small again (RFC 8985 §6.2, step 4).
const PERSIST: u32 = 16;

/// How long a minimum of the round trip is believed: RFC 8985 §6.2, step 1, wants one that follows a path that has become
/// longer. It is kept for two such periods, the running one and the one before.
const PERIOD: Duration = Duration::from_secs(30);

/// Recent acknowledgment, RACK (RFC 8985 §6): a segment is lost if one that was sent *later* has arrived, and it has not, a
/// little while after.
///
/// ```text
///   sent:     1   2   3   4                1 again   5
///             ╳   │   │   │                   ╳      │
///   arrived:      ▼   ▼   ▼                          ▼
///                 later than 1: it is lost           later than "1 again": it is lost, too
/// ```
///
/// Counting what arrives behind a gap (RFC 5681, RFC 6675) goes by sequence numbers, and a repetition has an old one: nobody
/// can count behind it. Time has no such gap. "A little while" is the reordering window: nothing, as long as the path has
/// kept the order; otherwise a quarter of the shortest round trip, and another one for each round in which the peer
/// reports that something was sent again for nothing.
#[derive(Clone, Debug)]
pub(super) struct Rack {
    /// RACK.segment: of all that has arrived, what was sent last, by its number and its time.
    newest: Option<(u64, Instant)>,
    /// RACK.rtt: how long the one that was reported last was on its way, and back.
    rtt: Duration,
    minimum: MinimumRtt,
    reordering_seen: bool,
    /// RACK.reo_wnd_mult: the reordering window, in quarters of the shortest round trip.
    quarters: u32,
    /// RACK.reo_wnd_persist: for how many recoveries it stays that wide.
    persist: u32,
    /// RACK.dsack_round: until this is acknowledged, more reports of duplicates are of the same round.
    round: Option<Seq>,
}

impl Default for Rack {
    fn default() -> Self {
        Rack {
            newest: None,
            rtt: Duration::ZERO,
            minimum: MinimumRtt::default(),
            reordering_seen: false,
            quarters: 1,
            persist: PERSIST,
            round: None,
        }
    }
}

impl Rack {
    /// When a repetition must have been sent to be what an acknowledgment answers that arrives `now`: none is faster than
    /// the shortest round trip (RFC 8985 §6.2, step 2, the second condition).
    pub(super) fn plausible(&self, now: Instant) -> Instant {
        Instant::ZERO + (now - (Instant::ZERO + self.minimum.get()))
    }

    /// Steps 1 to 3: an acknowledgment has reported something for the first time.
    pub(super) fn on_delivered(&mut self, now: Instant, delivered: Delivered) {
        self.reordering_seen |= delivered.out_of_order;
        let Some(delivery) = delivered.newest else { return };
        self.rtt = now - delivery.sent_at;
        if !delivery.repeated {
            self.minimum.sample(now, self.rtt);
        }
        if self.newest.is_none_or(|(number, _)| number < delivery.transmission) {
            self.newest = Some((delivery.transmission, delivery.sent_at));
        }
    }

    /// Step 4: what an acknowledgment says about segments that arrived twice.
    pub(super) fn on_duplicate_report(&mut self, una: Seq, nxt: Seq, reported: bool) {
        if self.round.is_some_and(|round| una >= round) {
            self.round = None;
        }
        if reported && self.round.is_none() {
            self.round = Some(nxt);
            self.quarters = self.quarters.saturating_add(1);
            self.persist = PERSIST;
        }
    }

    /// Step 4: losses are repaired, by the timer or without.
    pub(super) fn on_recovered(&mut self) {
        self.persist = self.persist.saturating_sub(1);
        if self.persist == 0 {
            self.quarters = 1;
        }
    }

    /// RACK.reo_wnd: how much later something may arrive than what was sent after it (step 4).
    pub(super) fn reordering_window(
        &self,
        srtt: Duration,
        recovering: bool,
        sacked_segments: u32,
    ) -> Duration {
        if !self.reordering_seen && (recovering || sacked_segments >= DUP_THRESH) {
            return Duration::ZERO;
        }
        (self.minimum.get() / 4).saturating_mul(self.quarters).min(srtt)
    }

    /// The number of the newest transmission that has arrived.
    pub(super) fn newest(&self) -> Option<u64> {
        self.newest.map(|(number, _)| number)
    }

    /// RACK.rtt.
    pub(super) fn rtt(&self) -> Duration {
        self.rtt
    }
}

/// RACK.min_RTT: the shortest round trip of the last half minute to minute.
#[derive(Clone, Copy, Debug, Default)]
struct MinimumRtt {
    earlier: Option<Duration>,
    current: Option<Duration>,
    since: Instant,
}

impl MinimumRtt {
    fn sample(&mut self, now: Instant, rtt: Duration) {
        if now - self.since >= PERIOD {
            (self.earlier, self.current, self.since) = (self.current, None, now);
        }
        self.current = Some(self.current.map_or(rtt, |current| current.min(rtt)));
    }

    /// Nothing, before there is a measurement.
    fn get(&self) -> Duration {
        [self.earlier, self.current].into_iter().flatten().min().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tcp::scoreboard::Delivery;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn at(milliseconds: u64) -> Instant {
        Instant::ZERO + ms(milliseconds)
    }

    /// Transmission `number`, sent at `sent` and reported at `now`.
    fn delivered(rack: &mut Rack, number: u64, sent: u64, now: u64, repeated: bool) {
        let newest = Some(Delivery { transmission: number, sent_at: at(sent), repeated });
        rack.on_delivered(at(now), Delivered { newest, out_of_order: false });
    }

    #[test]
    fn s6_2_step_1_the_minimum_follows_a_path_that_has_become_longer() {
        let mut minimum = MinimumRtt::default();
        minimum.sample(at(0), ms(20));
        minimum.sample(at(1000), ms(80));
        assert_eq!(minimum.get(), ms(20));
        minimum.sample(at(30_000), ms(80));
        assert_eq!(minimum.get(), ms(20), "it may have been a queue");
        minimum.sample(at(60_000), ms(80));
        assert_eq!(minimum.get(), ms(80));
    }

    #[test]
    fn s6_2_step_2_what_was_sent_last_counts_and_not_what_was_reported_last() {
        let mut rack = Rack::default();
        delivered(&mut rack, 7, 10, 30, false);
        delivered(&mut rack, 5, 8, 31, false);
        assert_eq!((rack.newest(), rack.rtt()), (Some(7), ms(23)));
    }

    #[test]
    fn s6_2_step_2_a_repetition_does_not_shorten_the_minimum() {
        let mut rack = Rack::default();
        delivered(&mut rack, 1, 10, 30, false);
        delivered(&mut rack, 2, 29, 31, true);
        assert_eq!(rack.plausible(at(100)), at(80));
    }

    #[test]
    fn s6_2_step_4_without_reordering_three_sacked_segments_or_a_recovery_leave_no_window() {
        let mut rack = Rack::default();
        delivered(&mut rack, 1, 0, 40, false);
        let window = |rack: &Rack, recovering, sacked| rack.reordering_window(ms(100), recovering, sacked);
        assert_eq!(window(&rack, false, 2), ms(10));
        assert_eq!((window(&rack, false, 3), window(&rack, true, 0)), (ms(0), ms(0)));
        rack.reordering_seen = true;
        assert_eq!((window(&rack, false, 3), window(&rack, true, 0)), (ms(10), ms(10)));
    }

    #[test]
    fn s6_2_step_4_a_duplicate_widens_the_window_once_a_round_up_to_the_smoothed_round_trip() {
        let mut rack = Rack { reordering_seen: true, ..Rack::default() };
        delivered(&mut rack, 1, 0, 40, false);
        let window = |rack: &Rack| rack.reordering_window(ms(45), true, 0);
        rack.on_duplicate_report(Seq(100), Seq(500), true);
        rack.on_duplicate_report(Seq(400), Seq(900), true);
        assert_eq!(window(&rack), ms(20), "both are of the same round");
        rack.on_duplicate_report(Seq(500), Seq(900), true);
        assert_eq!(window(&rack), ms(30));
        for round in 2..9 {
            rack.on_duplicate_report(Seq(500 * round), Seq(500 * round + 500), true);
        }
        assert_eq!(window(&rack), ms(45));
    }

    #[test]
    fn s6_2_step_4_after_sixteen_recoveries_without_a_duplicate_it_is_small_again() {
        let mut rack = Rack { reordering_seen: true, ..Rack::default() };
        delivered(&mut rack, 1, 0, 40, false);
        rack.on_duplicate_report(Seq(100), Seq(500), true);
        (0..15).for_each(|_| rack.on_recovered());
        assert_eq!(rack.reordering_window(ms(100), true, 0), ms(20));
        rack.on_recovered();
        assert_eq!(rack.reordering_window(ms(100), true, 0), ms(10));
    }
}
