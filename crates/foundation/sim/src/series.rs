//! From what happened to points of a [`Chart`](crate::Chart).

use std::time::Duration;

use wirelab_sansio::Instant;

/// How much came in each second, interval by interval: goodput out of arrivals, `(when, how many bytes)`.
///
/// Each point has the start of its interval in seconds, and the amount in it divided by its length; the last is repeated at
/// `until`, so that a step has a width. An arrival exactly at a boundary belongs to the interval that begins there, one at or after `until`
/// to none. The last interval is shorter if `until` is not a multiple. The result counts what the amounts count: for
/// Mbit/s out of bytes multiply by 8 and divide by a million. An interval of zero gives no points.
///
/// ```
/// use std::time::Duration;
/// use wirelab_sansio::Instant;
///
/// let ms = |n: u64| Instant::from_nanos(n * 1_000_000);
/// let arrivals = [(ms(10), 100), (ms(90), 100), (ms(210), 50)];
/// let points = wirelab_sim::rate(arrivals, Duration::from_millis(100), ms(250));
/// assert_eq!(points, [(0.0, 2000.0), (0.1, 0.0), (0.2, 1000.0), (0.25, 1000.0)]);
/// ```
pub fn rate(
    arrivals: impl IntoIterator<Item = (Instant, u64)>,
    interval: Duration,
    until: Instant,
) -> Vec<(f64, f64)> {
    let (width, end) = (interval.as_nanos(), u128::from(until.as_nanos()));
    if width == 0 || end == 0 {
        return Vec::new();
    }
    let count = usize::try_from(end.div_ceil(width)).unwrap_or(usize::MAX);
    let mut sums = vec![0_u64; count];
    for (moment, amount) in arrivals.into_iter().filter(|&(moment, _)| moment < until) {
        let index = usize::try_from(u128::from(moment.as_nanos()) / width).unwrap_or(usize::MAX);
        if let Some(sum) = sums.get_mut(index) {
            *sum = sum.saturating_add(amount);
        }
    }
    let point = |(index, sum): (usize, u64)| {
        let start = index as u128 * width;
        let length = width.min(end - start);
        (start as f64 / 1e9, sum as f64 * 1e9 / length as f64)
    };
    let mut points: Vec<(f64, f64)> = sums.into_iter().enumerate().map(point).collect();
    points.extend(points.last().map(|&(_, last)| (end as f64 / 1e9, last)));
    points
}

/// Samples of a value as points for [`Chart::step`](crate::Chart::step), with the time in seconds. A sample that repeats the
/// one before is left out, except for the last, which says how long the value stayed.
///
/// ```
/// use wirelab_sansio::Instant;
///
/// let s = |n: u64| Instant::from_nanos(n * 1_000_000_000);
/// let samples = [(s(0), 1.0), (s(1), 1.0), (s(2), 4.0), (s(3), 4.0), (s(5), 4.0)];
/// assert_eq!(wirelab_sim::steps(samples), [(0.0, 1.0), (2.0, 4.0), (5.0, 4.0)]);
/// ```
pub fn steps(samples: impl IntoIterator<Item = (Instant, f64)>) -> Vec<(f64, f64)> {
    let mut points: Vec<(f64, f64)> = Vec::new();
    let mut repeated = None;
    for (moment, value) in samples {
        let point = (seconds(moment), value);
        if points.last().is_some_and(|&(_, before)| before == value) {
            repeated = Some(point);
        } else {
            repeated = None;
            points.push(point);
        }
    }
    points.extend(repeated);
    points
}

/// A moment in seconds since the start, for an x axis.
pub fn seconds(moment: Instant) -> f64 {
    moment.as_nanos() as f64 / 1e9
}
