use std::fmt;

use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::der::{DerReader, DerWriter, Tag};
use crate::rules;

const SECONDS_A_DAY: i64 = 86_400;

/// A point in time: seconds since 1 January 1970, in UTC, leap seconds not counted. There is no clock here; whoever
/// validates says what time it is.
///
/// Years up to 2049 are written as UTCTime (`YYMMDDHHMMSSZ`, 50 to 99 being 1950 to 1999), later ones as
/// GeneralizedTime (`YYYYMMDDHHMMSSZ`): RFC 5280 §4.1.2.5.
///
/// ```
/// use wirelab_x509::Time;
///
/// assert_eq!(Time::from_civil(2026, 11, 25, 14, 0, 0), Some(Time(1_795_615_200)));
/// assert_eq!(Time(1_795_615_200).to_string(), "2026-11-25 14:00:00 UTC");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(
    /// Seconds since 1970.
    pub i64,
);

impl Time {
    /// The first second that a certificate can name: the beginning of the year 0.
    pub const FIRST: Time = Time(-62_167_219_200);
    /// The last second that it can name, and RFC 5280's "no end": 9999-12-31 23:59:59.
    pub const LAST: Time = Time(253_402_300_799);

    /// The time of this date and hour in UTC; `None` if there is no such day, or it is outside of years 0 to 9999.
    pub fn from_civil(year: i64, month: u8, day: u8, hour: u8, minute: u8, second: u8) -> Option<Time> {
        let in_range = (0..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=days_in(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        let seconds = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second);
        in_range.then(|| Time(days_since_1970(year, month, day) * SECONDS_A_DAY + seconds))
    }

    /// This time, moved by a number of seconds.
    #[must_use]
    pub fn plus(self, seconds: i64) -> Time {
        Time(self.0.saturating_add(seconds))
    }

    /// This time, moved by a number of days.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Time {
        self.plus(days.saturating_mul(SECONDS_A_DAY))
    }

    /// Year, month, day, hour, minute, second. Times that cannot be written are moved to the nearest that can.
    fn civil(self) -> (i64, [i64; 5]) {
        let at = self.0.clamp(Time::FIRST.0, Time::LAST.0);
        let (days, second) = (at.div_euclid(SECONDS_A_DAY), at.rem_euclid(SECONDS_A_DAY));
        let (year, month, day) = civil_from_days(days);
        (year, [month, day, second / 3600, second / 60 % 60, second % 60])
    }

    /// Reads a UTCTime or GeneralizedTime called `name`.
    pub fn read(r: &mut Reader<'_, impl Trace>, name: &'static str) -> Result<Self, WireError> {
        let utc = r.next_is(Tag::UTC_TIME);
        let text = r.characters(if utc { Tag::UTC_TIME } else { Tag::GENERALIZED_TIME }, name)?;
        let time = Time::parse(text, utc).ok_or_else(|| r.invalid(name, &rules::TIME))?;
        if time.is_utc_time() != utc {
            return Err(r.invalid(name, &rules::TIME_FORM));
        }
        r.note(|| time.to_string());
        Ok(time)
    }

    /// Writes it, called `name`. Times that cannot be written are moved to the nearest that can.
    pub fn write(self, w: &mut Writer<'_, impl Trace>, name: &'static str) {
        let (year, [month, day, hour, minute, second]) = self.civil();
        let rest = format!("{month:02}{day:02}{hour:02}{minute:02}{second:02}Z");
        match self.is_utc_time() {
            true => w.characters(Tag::UTC_TIME, format!("{:02}{rest}", year % 100).as_bytes(), name),
            false => w.characters(Tag::GENERALIZED_TIME, format!("{year:04}{rest}").as_bytes(), name),
        }
    }

    fn is_utc_time(self) -> bool {
        (1950..2050).contains(&self.civil().0)
    }

    fn parse(text: &[u8], utc: bool) -> Option<Time> {
        let digits = text.strip_suffix(b"Z")?;
        let (year, rest) = digits.split_at_checked(if utc { 2 } else { 4 })?;
        let year = number(year)?;
        let year = match (utc, year) {
            (true, 50..) => 1900 + year,
            (true, _) => 2000 + year,
            (false, _) => year,
        };
        let rest: &[u8; 10] = rest.try_into().ok()?;
        let mut pairs = rest.chunks_exact(2).map(|pair| number(pair).map(|number| number as u8));
        let mut next = || pairs.next().flatten();
        Time::from_civil(year, next()?, next()?, next()?, next()?, next()?)
    }
}

fn number(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0, |number, digit| digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0')))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// Years are counted from March, so that the leap day is a year's last day; 400 years have 146 097 days.

fn days_since_1970(year: i64, month: u8, day: u8) -> i64 {
    let from_march = (i64::from(month) + 9) % 12;
    let year = year - i64::from(month <= 2);
    let day_of_year = (153 * from_march + 2) / 5 + i64::from(day) - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, [month, day, hour, minute, second]) = self.civil();
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
    }
}

/// From when to when a certificate holds, both ends included (RFC 5280 §4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub not_before: Time,
    /// The last second.
    pub not_after: Time,
}

impl Validity {
    /// Whether `now` lies within.
    pub fn contains(&self, now: Time) -> bool {
        self.not_before <= now && now <= self.not_after
    }
}

impl<'a> Decode<'a> for Validity {
    const NAME: &'static str = "validity";
    const SECTION: &'static str = "RFC 5280 §4.1.2.5";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        r.sequence("validity", |r| {
            Ok(Validity { not_before: Time::read(r, "notBefore")?, not_after: Time::read(r, "notAfter")? })
        })
    }
}

impl Encode for Validity {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        w.sequence("validity", |w| {
            self.not_before.write(w, "notBefore");
            self.not_after.write(w, "notAfter");
        });
    }
}
