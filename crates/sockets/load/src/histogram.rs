use std::fmt;
use std::time::Duration;

/// Each power of two is cut into this many buckets of equal width, as a power of two itself.
const PRECISION: u32 = 7;
/// How many buckets that are.
const PARTS: u64 = 1 << PRECISION;
/// Times are below 2^43 ns, two hours and 26 minutes; longer ones count as the longest.
const BITS: u32 = 43;
const BUCKETS: usize = ((BITS - PRECISION + 1) as usize) << PRECISION;

/// How often each time occurred, in memory that does not grow: 37 KiB for a second or for a year.
///
/// ```text
///   nanoseconds   0 … 127 │ 128 … 255 │ 256 … 511 │ 512 … 1023 │ … 2^43
///   bucket width     1    │     1     │     2     │     4      │ …
///   buckets         128   │    128    │    128    │    128     │ …
/// ```
///
/// The buckets of one power of two have one width (linear), and each power of two has as many (logarithmic). So a
/// bucket is never wider than the 128th part of the times in it, and a [percentile](Self::percentile), which is the upper
/// end of a bucket, is at most 1/128, less than 0.8 %, above the time that really occurred, and never below it. A list of
/// all times would be exact, and at 100,000 answers a second take 2.9 GB an hour. An average would take 16 bytes, and hide
/// everything that a load test is made for.
///
/// ```
/// use std::time::Duration;
/// use wirelab_load::Histogram;
///
/// let mut times = Histogram::new();
/// for ms in 1..=100 {
///     times.record(Duration::from_millis(ms));
/// }
/// let half = times.percentile(50.0);
/// assert!(half >= Duration::from_millis(50) && half <= Duration::from_millis(50) * 129 / 128);
/// assert_eq!(times.longest(), Duration::from_millis(100));
/// ```
#[derive(Clone)]
pub struct Histogram {
    buckets: Box<[u64]>,
    count: u64,
    sum: u128,
    longest: u64,
}

impl Histogram {
    /// No times.
    pub fn new() -> Self {
        Histogram { buckets: vec![0; BUCKETS].into(), count: 0, sum: 0, longest: 0 }
    }

    /// One more time.
    pub fn record(&mut self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).min((1 << BITS) - 1);
        self.buckets[bucket(nanos)] += 1;
        self.count += 1;
        self.sum += u128::from(nanos);
        self.longest = self.longest.max(nanos);
    }

    /// All times of another one: those of a second thread, say. Nothing is lost by it, as the buckets are the same.
    pub fn merge(&mut self, other: &Histogram) {
        for (ours, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *ours += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.longest = self.longest.max(other.longest);
    }

    /// How many times were recorded.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The longest time, exactly; zero if there is none.
    pub fn longest(&self) -> Duration {
        Duration::from_nanos(self.longest)
    }

    /// The average, exactly; zero if there is none. Half of all requests may be far from it on either side.
    pub fn mean(&self) -> Duration {
        let mean = self.sum.checked_div(u128::from(self.count)).unwrap_or(0);
        Duration::from_nanos(mean as u64) // not above the longest
    }

    /// The time that so many percent (0 to 100) of the recorded ones do not exceed, by nearest rank: at most 1/128 too
    /// long. Zero if there is none.
    pub fn percentile(&self, percent: f64) -> Duration {
        // Above 2^53 the rank is not exact; at a million a second that is in 285 years.
        let rank = (self.count as f64 * percent.clamp(0.0, 100.0) / 100.0).ceil() as u64;
        let rank = rank.clamp(1, self.count.max(1));
        let mut before = 0;
        for (index, count) in self.buckets.iter().enumerate() {
            before += count;
            if before >= rank {
                return Duration::from_nanos(upper_end(index).min(self.longest));
            }
        }
        Duration::ZERO
    }

    /// How many times are at least as long as `limit`, rounded up to the end of its bucket.
    pub fn count_from(&self, limit: Duration) -> u64 {
        let nanos = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX).min((1 << BITS) - 1);
        let first = if nanos == 0 { 0 } else { bucket(nanos - 1) + 1 };
        self.buckets[first..].iter().sum()
    }
}

/// Below 2^7 each number has its own bucket. Above, the highest 8 bits of the number say which: the leading one by its
/// place, the other seven as they are.
fn bucket(nanos: u64) -> usize {
    let octave = nanos.checked_ilog2().unwrap_or(0).saturating_sub(PRECISION);
    (u64::from(octave) * PARTS + (nanos >> octave)) as usize
}

/// The longest time that goes into the bucket.
fn upper_end(bucket: usize) -> u64 {
    let octave = (bucket as u64 >> PRECISION).saturating_sub(1);
    ((bucket as u64 - octave * PARTS + 1) << octave) - 1
}

impl Default for Histogram {
    fn default() -> Self {
        Histogram::new()
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99] = [50.0, 99.0].map(|percent| self.percentile(percent));
        f.debug_struct("Histogram")
            .field("count", &self.count)
            .field("p50", &p50)
            .field("p99", &p99)
            .field("longest", &self.longest())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        let mut next = 0;
        for index in 0..BUCKETS {
            assert_eq!(bucket(next), index, "the first of bucket {index}");
            assert_eq!(bucket(upper_end(index)), index, "the last of bucket {index}");
            next = upper_end(index) + 1;
        }
        assert_eq!(next, 1 << BITS, "and the last bucket ends where the range does");
    }

    #[test]
    fn what_is_beyond_the_range_counts_as_the_longest() {
        let mut times = Histogram::new();
        times.record(Duration::MAX);
        assert_eq!((times.count(), times.percentile(50.0)), (1, Duration::from_nanos((1 << BITS) - 1)));
        assert_eq!(times.count_from(Duration::MAX), 0, "rounded up, it is behind the last bucket");
    }

    #[test]
    fn without_times_everything_is_zero() {
        let none = Histogram::new();
        assert_eq!((none.percentile(99.0), none.mean(), none.longest()), Default::default());
    }
}
