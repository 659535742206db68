//! Dates in fields: seconds since 1970, and the three ways in which they are written (RFC 9110 §5.6.7).
//!
//! ```text
//! Sun, 06 Nov 1994 08:49:37 GMT     IMF-fixdate: what is sent, always 29 bytes
//! Sunday, 06-Nov-94 08:49:37 GMT    RFC 850: two digits for the year, so that its century must be guessed
//! Sun Nov  6 08:49:37 1994          asctime: what C prints
//! ```

mod parse;

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::calendar::{Civil, weekday};

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const SECONDS_A_DAY: u64 = 86_400;

/// A point in time with the resolution that HTTP has: seconds since 1 January 1970, in UTC, leap seconds not counted.
///
/// ```
/// use wirelab_http::date::Date;
///
/// let now = Date(1_700_000_000);
/// let date = Date::parse(b"Sunday, 06-Nov-94 08:49:37 GMT", now).unwrap();
/// assert_eq!(date, Date(784_111_777));
/// assert_eq!(date.to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(
    /// Seconds since 1 January 1970.
    pub u64,
);

impl Date {
    /// The last second that four digits can name: the end of the year 9999. Later dates are written as this one.
    pub const LAST: Date = Date(253_402_300_799);

    /// Reads a date in any of the three forms; `None` if it has none of them, or names a day that does not exist or
    /// that was another day of the week. `now` decides the century of a two-digit year.
    ///
    /// A date before 1970 becomes the first second of 1970: for every comparison that HTTP makes, that is old enough.
    pub fn parse(text: &[u8], now: Date) -> Option<Date> {
        let text = std::str::from_utf8(text).ok()?;
        let written = match text.find(',') {
            Some(3) => parse::imf_fixdate(text)?,
            Some(_) => parse::rfc850(text, now)?,
            None => parse::asctime(text)?,
        };
        written.date()
    }

    /// Writes the date as IMF-fixdate, the only form that may be sent. Allocates nothing.
    pub fn write_to(self, out: &mut [u8; 29]) {
        let seconds = self.min(Date::LAST).0;
        let days = (seconds / SECONDS_A_DAY) as i64;
        let civil = Civil::from_days(days);
        let time = seconds % SECONDS_A_DAY;
        out.copy_from_slice(b"Mon, 00 Jan 0000 00:00:00 GMT");
        put_name(out, 0, WEEKDAYS.get(weekday(days)));
        put_name(out, 8, MONTHS.get(usize::from(civil.month) - 1));
        put_two_digits(out, 5, u64::from(civil.day));
        put_two_digits(out, 12, civil.year as u64 / 100);
        put_two_digits(out, 14, civil.year as u64 % 100);
        put_two_digits(out, 17, time / 3600);
        put_two_digits(out, 20, time / 60 % 60);
        put_two_digits(out, 23, time % 60);
    }

    /// The date as IMF-fixdate.
    pub fn to_bytes(self) -> [u8; 29] {
        let mut out = [0; 29];
        self.write_to(&mut out);
        out
    }
}

/// What a file system or a clock says, cut to the second; times before 1970 become its first second.
impl From<SystemTime> for Date {
    fn from(time: SystemTime) -> Self {
        Date(time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.to_bytes()).unwrap_or_default())
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Date({}: {self})", self.0)
    }
}

/// The Date field of a busy server: written anew only when the second has changed.
///
/// ```
/// use wirelab_http::date::{Date, DateCache};
///
/// let mut dates = DateCache::new(Date(784_111_777));
/// assert_eq!(dates.at(Date(784_111_778)), b"Sun, 06 Nov 1994 08:49:38 GMT");
/// ```
#[derive(Clone, Debug)]
pub struct DateCache {
    date: Date,
    text: [u8; 29],
}

impl DateCache {
    /// A cache that holds this date.
    pub fn new(now: Date) -> Self {
        DateCache { date: now, text: now.to_bytes() }
    }

    /// `now`, as IMF-fixdate.
    pub fn at(&mut self, now: Date) -> &[u8; 29] {
        if now != self.date {
            *self = DateCache::new(now);
        }
        &self.text
    }
}

fn put_name(out: &mut [u8; 29], at: usize, name: Option<&&str>) {
    for (slot, byte) in out.iter_mut().skip(at).zip(name.copied().unwrap_or_default().bytes().take(3)) {
        *slot = byte;
    }
}

fn put_two_digits(out: &mut [u8; 29], at: usize, number: u64) {
    let digits = [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8];
    for (slot, digit) in out.iter_mut().skip(at).zip(digits) {
        *slot = digit;
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, DateCache};
    use proptest::prelude::*;

    const NOW: Date = Date(1_700_000_000);

    fn parse(text: &str) -> Option<u64> {
        Date::parse(text.as_bytes(), NOW).map(|date| date.0)
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for text in [
            "Mon, 06 Nov 1994 08:49:37 GMT", // it was a Sunday
            "Wed, 29 Feb 2023 00:00:00 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:49:60 GMT",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06  Nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37",
            "Sun Nov 6 08:49:37 1994",
            "Sün, 06 Nov 1994 08:49:37 GMT",
            "",
            ",",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_leap_second_is_the_first_second_of_the_next_day() {
        assert_eq!(parse("Sat, 31 Dec 2016 23:59:60 GMT"), parse("Sun, 01 Jan 2017 00:00:00 GMT"));
    }

    #[test]
    fn a_date_before_1970_counts_as_its_first_second() {
        assert_eq!(parse("Wed, 31 Dec 1969 23:59:59 GMT"), Some(0));
        assert_eq!(parse("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0));
    }

    #[test]
    fn what_is_later_than_the_year_9999_is_written_as_its_end() {
        assert_eq!(Date(u64::MAX).to_string(), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(parse("Fri, 31 Dec 9999 23:59:59 GMT"), Some(Date::LAST.0));
    }

    #[test]
    fn the_cache_follows_the_clock_in_both_directions() {
        let mut cache = DateCache::new(Date(0));
        for second in [0, 0, 1, 86_400, 5] {
            assert_eq!(cache.at(Date(second)), &Date(second).to_bytes());
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0..=Date::LAST.0) {
            prop_assert_eq!(parse(&Date(seconds).to_string()), Some(seconds));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, now: u64) {
            let _ = Date::parse(&bytes, Date(now));
        }

        #[test]
        fn a_date_with_one_byte_changed_never_panics(at in 0..29usize, byte: u8, form in 0..3usize) {
            let forms = [
                "Sun, 06 Nov 1994 08:49:37 GMT",
                "Sunday, 06-Nov-94 08:49:37 GMT",
                "Sun Nov  6 08:49:37 1994     ",
            ];
            let mut bytes = forms[form].trim_end().as_bytes().to_vec();
            if let Some(slot) = bytes.get_mut(at) { *slot = byte; }
            if let Some(date) = Date::parse(&bytes, NOW) {
                prop_assert!(date <= Date::LAST);
            }
        }
    }
}
