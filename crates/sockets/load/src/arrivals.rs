use std::time::Duration;

use wirelab_sim::Random;

/// When requests begin.
///
/// ```text
///   closed     each user asks when the last answer has come     a slow server is asked less: it sets the pace itself
///   open       users come by themselves, answers or not         a slow server has a queue before it, as in life
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Arrivals {
    /// Each connection asks again as soon as it is answered. There is no rate: it is what the server achieves.
    Closed,
    /// So many requests a second, at equal distances.
    Constant(f64),
    /// So many requests a second on average, at independent moments: the distances between them are exponentially
    /// distributed, as are those of many users who do not know of each other. The same seed gives the same moments.
    Poisson {
        /// Requests a second.
        rate: f64,
        /// What the moments are drawn from.
        seed: u64,
    },
}

/// The moments at which the requests of an open loop are due, counted from the beginning.
///
/// ```
/// use std::time::Duration;
/// use wirelab_load::{Arrivals, Schedule};
///
/// let due: Vec<Duration> = Schedule::new(Arrivals::Constant(4.0)).take(3).collect();
/// assert_eq!(due, [0, 250, 500].map(Duration::from_millis));
/// ```
#[derive(Clone, Debug)]
pub struct Schedule {
    arrivals: Arrivals,
    random: Random,
    /// How many were given out.
    given: u64,
    /// The sum of the drawn distances, in seconds.
    drawn: f64,
}

impl Schedule {
    /// The schedule from its beginning. For [`Arrivals::Closed`] it is empty, as nothing is due by itself.
    pub fn new(arrivals: Arrivals) -> Self {
        let seed = if let Arrivals::Poisson { seed, .. } = arrivals { seed } else { 0 };
        Schedule { arrivals, random: Random::new(seed), given: 0, drawn: 0.0 }
    }
}

impl Iterator for Schedule {
    type Item = Duration;

    /// `None` where the rate is no positive number.
    fn next(&mut self) -> Option<Duration> {
        let seconds = match self.arrivals {
            Arrivals::Closed => return None,
            // Each moment from its number: a sum of distances would add up the rounding of all before it.
            Arrivals::Constant(rate) if rate > 0.0 => self.given as f64 / rate,
            Arrivals::Poisson { rate, .. } if rate > 0.0 => {
                // 53 bits, as many as a double holds, from 0 (included) to 1 (excluded); the logarithm of 1 - 0 is 0.
                let drawn = (self.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
                self.drawn += -(1.0 - drawn).ln() / rate;
                self.drawn
            }
            Arrivals::Constant(_) | Arrivals::Poisson { .. } => return None,
        };
        self.given += 1;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_rate_does_not_drift() {
        let mut due = Schedule::new(Arrivals::Constant(3.0));
        assert_eq!(due.nth(3_000_000), Some(Duration::from_secs(1_000_000)));
    }

    #[test]
    fn poisson_has_the_rate_and_the_spread_of_independent_arrivals() {
        let due: Vec<f64> = Schedule::new(Arrivals::Poisson { rate: 1000.0, seed: 1 })
            .take(100_000)
            .map(|due| due.as_secs_f64())
            .collect();
        let gaps: Vec<f64> = due.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
        assert!((mean * 1000.0 - 1.0).abs() < 0.02, "mean gap {mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "the deviation of an exponential is its mean");
    }

    #[test]
    fn the_same_seed_gives_the_same_moments() {
        let draw = |seed| Schedule::new(Arrivals::Poisson { rate: 10.0, seed }).take(50).collect::<Vec<_>>();
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn a_rate_that_is_no_positive_number_gives_nothing() {
        for rate in [0.0, -1.0, f64::NAN] {
            assert_eq!(Schedule::new(Arrivals::Constant(rate)).next(), None, "{rate}");
        }
        assert_eq!(Schedule::new(Arrivals::Constant(f64::INFINITY)).nth(9), Some(Duration::ZERO));
    }
}
