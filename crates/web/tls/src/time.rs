use std::time::Duration;

/// A moment of the calendar: milliseconds since 1970-01-01 00:00:00 UTC. Certificates are valid from one day to another and
/// tickets have an age, so that a handshake has to be told what time it is; it never asks a clock.
///
/// ```
/// use std::time::Duration;
/// use wirelab_tls::UnixMillis;
///
/// let issued = UnixMillis(1_790_000_000_000);
/// assert_eq!((issued + Duration::from_secs(2)).since(issued), Duration::from_secs(2));
/// assert_eq!(issued.seconds(), 1_790_000_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(pub u64);

impl UnixMillis {
    /// Whole seconds since 1970, as certificates count.
    pub fn seconds(self) -> i64 {
        i64::try_from(self.0 / 1000).unwrap_or(i64::MAX)
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: UnixMillis) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl std::ops::Add<Duration> for UnixMillis {
    type Output = UnixMillis;

    fn add(self, duration: Duration) -> UnixMillis {
        UnixMillis(self.0.saturating_add(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)))
    }
}
