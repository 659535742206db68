//! Days and dates: the Gregorian calendar as arithmetic, with day 0 being 1 January 1970 (a Thursday).
//!
//! A year has 365 days, and a leap day when four divides it, but not when a hundred does, unless four hundred does.
//! Every formula here is that sentence; nothing is looked up but the lengths of the months.

/// A day of the calendar. Ordered as time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Civil {
    pub(crate) year: i64,
    /// 1 to 12.
    pub(crate) month: u8,
    /// 1 to 31.
    pub(crate) day: u8,
}

/// Days in the years 1 to 1969.
const DAYS_BEFORE_1970: i64 = days_before_year(1970);

impl Civil {
    /// The day, if there is one: 29 February needs a leap year, and no month has a day 0.
    pub(crate) fn new(year: i64, month: u8, day: u8) -> Option<Self> {
        let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        exists.then_some(Civil { year, month, day })
    }

    /// Days since 1 January 1970; negative before it.
    pub(crate) fn days(self) -> i64 {
        let before_month: i64 = (1..self.month).map(|month| i64::from(days_in_month(self.year, month))).sum();
        days_before_year(self.year) - DAYS_BEFORE_1970 + before_month + i64::from(self.day) - 1
    }

    /// The day that lies this many days after 1 January 1970.
    pub(crate) fn from_days(days: i64) -> Self {
        let since_year_one = days + DAYS_BEFORE_1970;
        // Four centuries have 146 097 days. The estimate is off by one year at most.
        let mut year = (since_year_one * 400).div_euclid(146_097) + 1;
        if days_before_year(year) > since_year_one {
            year -= 1;
        } else if days_before_year(year + 1) <= since_year_one {
            year += 1;
        }
        let mut day = since_year_one - days_before_year(year);
        let mut month = 1;
        while day >= i64::from(days_in_month(year, month)) {
            day -= i64::from(days_in_month(year, month));
            month += 1;
        }
        Civil { year, month, day: day as u8 + 1 }
    }
}

/// The day of the week: 0 is Monday, 6 is Sunday.
pub(crate) fn weekday(days: i64) -> usize {
    const THURSDAY: i64 = 3;
    (days + THURSDAY).rem_euclid(7) as usize
}

/// Days from 1 January of the year 1 to 1 January of `year`.
const fn days_before_year(year: i64) -> i64 {
    let years = year - 1;
    years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::{Civil, weekday};

    #[test]
    fn every_day_of_eight_centuries_follows_the_one_before() {
        let mut day = Civil { year: 1600, month: 1, day: 1 };
        let first = day.days();
        for days in first..first + 2 * 146_097 {
            assert_eq!(day.days(), days, "{day:?}");
            assert_eq!(Civil::from_days(days), day);
            day = Civil::new(day.year, day.month, day.day + 1)
                .or_else(|| Civil::new(day.year, day.month + 1, 1))
                .unwrap_or(Civil { year: day.year + 1, month: 1, day: 1 });
        }
        assert_eq!(day, Civil { year: 2400, month: 1, day: 1 });
    }

    #[test]
    fn known_days_have_their_weekday() {
        let sunday = Civil::new(1994, 11, 6).unwrap();
        assert_eq!((sunday.days(), weekday(sunday.days())), (9075, 6));
        assert_eq!(weekday(0), 3, "1 January 1970 was a Thursday");
        assert_eq!(weekday(-1), 2);
    }

    #[test]
    fn days_that_the_calendar_does_not_have_are_refused() {
        for (year, month, day) in
            [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0)]
        {
            assert_eq!(Civil::new(year, month, day), None, "{year}-{month}-{day}");
        }
        assert!(Civil::new(2000, 2, 29).is_some());
    }
}
