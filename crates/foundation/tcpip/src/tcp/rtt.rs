use std::time::Duration;

use super::Config;

/// G, the granularity of the clock that measures (RFC 6298 §2). Ours counts nanoseconds, but what the deviation is
/// worth below a millisecond depends on schedulers more than on networks.
const GRANULARITY: Duration = Duration::from_millis(1);

/// How long to wait for an acknowledgment (RFC 6298): the smoothed round-trip time and four times its variation.
///
/// ```
/// use std::time::Duration;
/// use wirelab_tcpip::tcp::{Config, RttEstimator};
///
/// let mut estimator = RttEstimator::new(&Config::default());
/// assert_eq!(estimator.timeout(), Duration::from_secs(1));
/// estimator.sample(Duration::from_millis(100));
/// assert_eq!(estimator.timeout(), Duration::from_millis(100 + 4 * 50));
/// estimator.back_off();
/// assert_eq!(estimator.timeout(), Duration::from_millis(600));
/// ```
#[derive(Clone, Debug)]
pub struct RttEstimator {
    srtt: Option<Duration>,
    variation: Duration,
    /// How often the timeout is doubled.
    doublings: u32,
    /// What follows from all of these: it is asked for with each segment, and changes less often.
    timeout: Duration,
    initial: Duration,
    minimum: Duration,
    maximum: Duration,
    may_back_off: bool,
}

impl RttEstimator {
    /// An estimator without a measurement, with the timeouts of `config`.
    pub fn new(config: &Config) -> Self {
        RttEstimator {
            srtt: None,
            variation: Duration::ZERO,
            doublings: 0,
            timeout: config.initial_timeout.max(config.minimum_timeout).min(config.maximum_timeout),
            initial: config.initial_timeout,
            minimum: config.minimum_timeout,
            maximum: config.maximum_timeout,
            may_back_off: config.back_off,
        }
    }

    /// Takes a measurement, which must not be of a segment sent twice (Karn's algorithm, RFC 6298 §3). It ends the
    /// back-off: the timeout is computed anew (RFC 6298 §5, the note after 5.7).
    pub fn sample(&mut self, rtt: Duration) {
        self.doublings = 0;
        let Some(srtt) = self.srtt else {
            // RFC 6298 §2.2.
            self.srtt = Some(rtt);
            self.variation = rtt / 2;
            self.timeout = self.computed();
            return;
        };
        // RFC 6298 §2.3: the variation first, with the SRTT from before; alpha is 1/8, beta 1/4.
        self.variation = (self.variation.saturating_mul(3) + srtt.abs_diff(rtt)) / 4;
        self.srtt = Some((srtt.saturating_mul(7) + rtt) / 8);
        self.timeout = self.computed();
    }

    /// SRTT: the smoothed round-trip time, once there is a measurement.
    pub fn srtt(&self) -> Option<Duration> {
        self.srtt
    }

    /// RTTVAR: by how much the measurements differ from it, smoothed.
    pub fn variation(&self) -> Duration {
        self.variation
    }

    /// RTO: the retransmission timeout, with what back-off has made of it, between the limits of the configuration.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    fn computed(&self) -> Duration {
        let computed = match self.srtt {
            None => self.initial,
            Some(srtt) => srtt.saturating_add(self.variation.saturating_mul(4).max(GRANULARITY)),
        };
        let factor = 1u32.checked_shl(self.doublings).unwrap_or(u32::MAX);
        computed.max(self.minimum).saturating_mul(factor).min(self.maximum)
    }

    /// Doubles the timeout, because it has passed (RFC 6298 §5.5); does nothing if the configuration has no back-off.
    pub fn back_off(&mut self) {
        if self.may_back_off && self.timeout() < self.maximum {
            self.doublings += 1;
            self.timeout = self.computed();
        }
    }

    /// Takes the doublings back: an acknowledgment has come through, even if it gave no measurement.
    pub fn reset_back_off(&mut self) {
        if self.doublings > 0 {
            self.doublings = 0;
            self.timeout = self.computed();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn s2_1_without_a_measurement_the_timeout_is_the_initial_one() {
        let estimator = RttEstimator::new(&Config::default());
        assert_eq!((estimator.srtt(), estimator.timeout()), (None, ms(1000)));
    }

    #[test]
    fn s2_2_the_first_measurement_counts_whole_and_half_of_it_is_its_variation() {
        let mut estimator = RttEstimator::new(&Config::default());
        estimator.sample(ms(80));
        assert_eq!(estimator.srtt(), Some(ms(80)));
        assert_eq!(estimator.variation(), ms(40));
        assert_eq!(estimator.timeout(), ms(240));
    }

    #[test]
    fn s2_3_later_ones_move_the_variation_by_a_quarter_and_the_mean_by_an_eighth() {
        let mut estimator = RttEstimator::new(&Config::default());
        estimator.sample(ms(80));
        estimator.sample(ms(160));
        assert_eq!(estimator.variation(), ms(50), "(3 × 40 + |80 − 160|) / 4");
        assert_eq!(estimator.srtt(), Some(ms(90)), "(7 × 80 + 160) / 8");
        assert_eq!(estimator.timeout(), ms(90 + 4 * 50));
    }

    #[test]
    fn s2_3_an_even_round_trip_still_leaves_room_for_one_tick_of_the_clock() {
        let config = Config { minimum_timeout: Duration::ZERO, ..Config::default() };
        let mut estimator = RttEstimator::new(&config);
        (0..200).for_each(|_| estimator.sample(ms(80)));
        assert_eq!(estimator.timeout(), ms(81));
    }

    #[test]
    fn s2_4_and_s2_5_the_timeout_stays_between_its_limits() {
        let mut estimator = RttEstimator::new(&Config::default());
        estimator.sample(Duration::from_micros(100));
        assert_eq!(estimator.timeout(), ms(200));
        estimator.sample(Duration::from_secs(3600));
        assert_eq!(estimator.timeout(), ms(60_000));
        estimator.sample(Duration::MAX / 8);
        assert_eq!(estimator.timeout(), ms(60_000));
    }

    #[test]
    fn s5_5_the_timeout_doubles_up_to_the_maximum_and_the_next_measurement_ends_that() {
        let mut estimator = RttEstimator::new(&Config::default());
        let mut seconds = Vec::new();
        for _ in 0..8 {
            seconds.push(estimator.timeout().as_secs());
            estimator.back_off();
        }
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60]);
        estimator.sample(ms(100));
        assert_eq!(estimator.timeout(), ms(300));
    }

    #[test]
    fn a_back_off_can_be_taken_back_without_a_measurement() {
        let mut estimator = RttEstimator::new(&Config::default());
        estimator.sample(ms(100));
        (0..100).for_each(|_| estimator.back_off());
        estimator.reset_back_off();
        assert_eq!(estimator.timeout(), ms(300));
    }

    #[test]
    fn without_back_off_the_timeout_stays() {
        let mut estimator = RttEstimator::new(&Config { back_off: false, ..Config::default() });
        estimator.back_off();
        assert_eq!(estimator.timeout(), ms(1000));
    }
}
