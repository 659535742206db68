use std::fmt;

/// Nanoseconds since 1970-01-01T00:00:00Z as people write them: `2000-01-01T00:00:00.000000000Z` (RFC 3339 §5.6).
///
/// ```
/// use wirelab_capture::{Clock, Utc};
///
/// assert_eq!(Utc(Clock::VIRTUAL.epoch() + 1_500).to_string(), "2000-01-01T00:00:00.000001500Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utc(pub u64);

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanoseconds) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        let (year, month, day) = date(seconds / 86_400);
        let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}Z")
    }
}

/// Year, month and day of a day counted from 1970-01-01. Years are counted from March, so that a leap day is their last one;
/// then month m begins on day (153 m + 2) / 5.
fn date(day: u64) -> (u64, u64, u64) {
    let day = day + 719_468; // from 0000-03-01
    let (era, of_era) = (day / 146_097, day % 146_097); // 400 years
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153; // 0 is March
    let of_month = of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = (year + era * 400, month + 3);
    if month > 12 { (year + 1, month - 12, of_month) } else { (year, month, of_month) }
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates_around_leap_days_are_right() {
        // Days as `date -u -d … +%s` / 86400 counts them.
        for (day, expected) in [
            (0, (1970, 1, 1)),
            (10_957, (2000, 1, 1)),
            (11_016, (2000, 2, 29)),
            (11_017, (2000, 3, 1)),
            (19_782, (2024, 2, 29)),
            (20_088, (2024, 12, 31)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(date(day), expected, "day {day}");
        }
    }
}
