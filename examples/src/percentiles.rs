use std::time::Duration;

/// Times, in order.
#[derive(Clone, Debug)]
pub struct Percentiles {
    sorted: Vec<Duration>,
}

impl Percentiles {
    /// Puts the times in order.
    pub fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let mut sorted: Vec<Duration> = times.into_iter().collect();
        sorted.sort_unstable();
        Percentiles { sorted }
    }

    /// The time that so many percent do not exceed (nearest rank); zero if there are none.
    pub fn at(&self, percent: usize) -> Duration {
        let rank = (self.sorted.len() * percent).div_ceil(100).clamp(1, self.sorted.len().max(1));
        self.sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// As [`at`](Self::at), in microseconds.
    pub fn micros(&self, percent: usize) -> f64 {
        self.at(percent).as_secs_f64() * 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_occurred() {
        let times = Percentiles::of([3, 1, 2, 4].map(Duration::from_secs));
        let at = |percent| times.at(percent).as_secs();
        assert_eq!([at(0), at(25), at(50), at(51), at(99), at(100)], [1, 1, 2, 3, 4, 4]);
        assert_eq!(Percentiles::of([]).at(50), Duration::ZERO);
    }
}
