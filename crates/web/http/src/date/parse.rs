use super::{Date, MONTHS, SECONDS_A_DAY, WEEKDAYS};
use crate::calendar::{Civil, weekday};

/// A date as it was written, its parts not yet held against each other.
pub(super) struct Written {
    weekday: usize,
    day: Civil,
    /// Seconds since midnight; 86 400 for a leap second at the end of the day.
    time: u64,
}

impl Written {
    /// The date, if the day was that day of the week.
    pub(super) fn date(&self) -> Option<Date> {
        let days = self.day.days();
        if weekday(days) != self.weekday {
            return None;
        }
        let midnight = u64::try_from(days).ok().map(|days| days * SECONDS_A_DAY);
        Some(midnight.map_or(Date(0), |midnight| Date(midnight + self.time)))
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn imf_fixdate(text: &str) -> Option<Written> {
    let (name, rest) = text.split_once(", ")?;
    let parts = split(rest.strip_suffix(" GMT")?, [2, 3, 4, 8], ' ')?;
    let [day, month, year, time] = parts;
    let day = Civil::new(i64::from(number(year)?), month_of(month)?, number(day)? as u8)?;
    Some(Written { weekday: short_weekday(name)?, day, time: time_of_day(time)? })
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`.
pub(super) fn rfc850(text: &str, now: Date) -> Option<Written> {
    let (name, rest) = text.split_once(", ")?;
    let (date, time) = rest.strip_suffix(" GMT")?.split_once(' ')?;
    let [day, month, year] = split(date, [2, 3, 2], '-')?;
    let (day, month, time) = (number(day)? as u8, month_of(month)?, time_of_day(time)?);
    let year = full_year(number(year)?, month, day, time, now);
    let weekday = WEEKDAYS.iter().position(|weekday| *weekday == name)?;
    Some(Written { weekday, day: Civil::new(year, month, day)?, time })
}

/// The latest year with these last two digits in which the date is not more than 50 years ahead of `now`
/// (RFC 9110 §5.6.7).
fn full_year(two_digits: u32, month: u8, day: u8, time: u64, now: Date) -> i64 {
    let now = now.min(Date::LAST).0;
    let today = Civil::from_days((now / SECONDS_A_DAY) as i64);
    let limit = (today.year + 50, today.month, today.day, now % SECONDS_A_DAY);
    let two_digits = i64::from(two_digits);
    let mut year = limit.0 - (limit.0 - two_digits).rem_euclid(100);
    if (year, month, day, time) > limit {
        year -= 100;
    }
    year
}

/// `Sun Nov  6 08:49:37 1994`.
pub(super) fn asctime(text: &str) -> Option<Written> {
    let [name, month, day, time, year] = split(text, [3, 3, 2, 8, 4], ' ')?;
    // One digit has a blank before it.
    let day = number(day.strip_prefix(' ').unwrap_or(day))? as u8;
    let day = Civil::new(i64::from(number(year)?), month_of(month)?, day)?;
    Some(Written { weekday: short_weekday(name)?, day, time: time_of_day(time)? })
}

/// `08:49:37`. The second 60 is a leap second, which can only be the last of a day (§5.6.7).
fn time_of_day(text: &str) -> Option<u64> {
    let [hour, minute, second] = split(text, [2, 2, 2], ':')?;
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    let valid = hour < 24 && minute < 60 && (second < 60 || (hour, minute, second) == (23, 59, 60));
    valid.then_some(u64::from(hour * 3600 + minute * 60 + second))
}

/// `text` as parts of these lengths, with one `separator` between two of them.
fn split<const N: usize>(text: &str, lengths: [usize; N], separator: char) -> Option<[&str; N]> {
    let mut parts = [""; N];
    let mut rest = text;
    for (i, (part, length)) in parts.iter_mut().zip(lengths).enumerate() {
        if i > 0 {
            rest = rest.strip_prefix(separator)?;
        }
        (*part, rest) = rest.split_at_checked(length)?;
    }
    rest.is_empty().then_some(parts)
}

fn number(digits: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn month_of(name: &str) -> Option<u8> {
    MONTHS.iter().position(|month| *month == name).map(|index| index as u8 + 1)
}

fn short_weekday(name: &str) -> Option<usize> {
    WEEKDAYS.iter().position(|weekday| weekday.get(..3) == Some(name))
}
