use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::time::Duration;

/// A moment, as nanoseconds since the driver started counting.
///
/// Protocols never ask what time it is; they are told. On a real socket the driver counts from its own start; in the
/// simulator time jumps from event to event. 64 bits of nanoseconds last 584 years; arithmetic stops at the
/// ends of that range instead of wrapping.
///
/// ```
/// use std::time::Duration;
/// use wirelab_sansio::Instant;
///
/// let sent = Instant::ZERO + Duration::from_millis(5);
/// let answered = sent + Duration::from_micros(80_250);
/// assert_eq!(answered - sent, Duration::from_micros(80_250));
/// assert_eq!(answered.to_string(), "85.250 ms");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The driver's first moment.
    pub const ZERO: Instant = Instant(0);

    /// The moment `nanoseconds` after [`Instant::ZERO`].
    pub const fn from_nanos(nanoseconds: u64) -> Self {
        Instant(nanoseconds)
    }

    /// Nanoseconds since [`Instant::ZERO`].
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub const fn saturating_since(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, rhs: Duration) -> Instant {
        Instant(self.0.saturating_add(u64::try_from(rhs.as_nanos()).unwrap_or(u64::MAX)))
    }
}

impl AddAssign<Duration> for Instant {
    fn add_assign(&mut self, rhs: Duration) {
        *self = *self + rhs;
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, rhs: Instant) -> Duration {
        self.saturating_since(rhs)
    }
}

/// Milliseconds with three digits behind the point, as the ladders and tables of the book print it.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03} ms", self.0 / 1_000_000, self.0 / 1_000 % 1_000)
    }
}
