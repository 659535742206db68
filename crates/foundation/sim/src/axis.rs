/// From where to where an axis goes, and its marks: multiples of a round step (1, 2 or 5 and zeros).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axis {
    low: f64,
    high: f64,
    digit: i64,
    exponent: i32,
}

/// The exponents of the steps that are tried.
const EXPONENTS: std::ops::RangeInclusive<i32> = -12..=18;

/// What a quotient may be off by and still count as whole.
const SLACK: f64 = 1e-9;

impl Axis {
    /// An axis from the least value to the greatest, with at most `most` ticks.
    pub(crate) fn exact(values: impl IntoIterator<Item = f64>, most: usize) -> Self {
        let (low, high) = extent(values).unwrap_or((0.0, 1.0));
        let high = if high > low { high } else { low + 1.0 };
        let fits = |&(digit, exponent): &(i64, i32)| {
            let step = decimal(digit, exponent);
            (high / step + SLACK).floor() - (low / step - SLACK).ceil() < most as f64
        };
        let (digit, exponent) = steps().find(fits).unwrap_or((5, *EXPONENTS.end()));
        Axis { low, high, digit, exponent }
    }

    /// An axis that has 0 on it and ends at ticks, at most `most` of them.
    pub(crate) fn rounded(values: impl IntoIterator<Item = f64>, most: usize) -> Self {
        let (low, high) = extent(values).map_or((0.0, 1.0), |(low, high)| (low.min(0.0), high.max(0.0)));
        let high = if high > low { high } else { low + 1.0 };
        let ends = |step: f64| ((low / step + SLACK).floor(), (high / step - SLACK).ceil());
        let fits = |&(digit, exponent): &(i64, i32)| {
            let (first, last) = ends(decimal(digit, exponent));
            last - first < most as f64
        };
        let (digit, exponent) = steps().find(fits).unwrap_or((5, *EXPONENTS.end()));
        let step = decimal(digit, exponent);
        let (first, last) = ends(step);
        Axis { low: first * step, high: last * step, digit, exponent }
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = (value - self.low) / (self.high - self.low);
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// The marks, with what is written at them.
    pub(crate) fn ticks(&self) -> Vec<(f64, String)> {
        let step = decimal(self.digit, self.exponent);
        let first = (self.low / step - SLACK).ceil() as i64;
        let last = (self.high / step + SLACK).floor() as i64;
        let tick = |count: i64| {
            let number = count.saturating_mul(self.digit);
            (decimal(number, self.exponent), label(number, self.exponent))
        };
        (first..=last).map(tick).collect()
    }
}

/// The round steps, from the smallest.
fn steps() -> impl Iterator<Item = (i64, i32)> {
    EXPONENTS.flat_map(|exponent| [1, 2, 5].map(|digit| (digit, exponent)))
}

/// The least and the greatest.
pub(crate) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().fold(None, |extent, value| {
        let (low, high) = extent.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// The float nearest to `digits` × 10^`exponent`. Reading decimal digits is rounded in the same way everywhere, powers are not.
fn decimal(digits: i64, exponent: i32) -> f64 {
    format!("{digits}e{exponent}").parse().unwrap_or(0.0)
}

/// The number as it stands at a tick: all ticks of an axis have the same decimals and the same prefix.
fn label(digits: i64, exponent: i32) -> String {
    if digits == 0 {
        return "0".into();
    }
    if exponent < -4 {
        return format!("{digits}e{exponent}");
    }
    let (shift, prefix) = match exponent {
        ..3 => (0, ""),
        3..6 => (3, "k"),
        6..9 => (6, "M"),
        9..12 => (9, "G"),
        12.. => (12, "T"),
    };
    let decimals = usize::try_from(-exponent).unwrap_or(0);
    format!("{:.decimals$}{prefix}", decimal(digits, exponent - shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis) -> String {
        axis.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn ticks_are_round_and_few() {
        for (high, expected) in [
            (1.0, "0 0.2 0.4 0.6 0.8 1.0"),
            (0.3, "0 0.1 0.2 0.3"),
            (7.0, "0 2 4 6 8"),
            (61.0, "0 20 40 60 80"),
            (1_250.0, "0 500 1000 1500"),
            (12_500.0, "0 5k 10k 15k"),
            (2_500_000.0, "0 500k 1000k 1500k 2000k 2500k"),
            (0.000_003, "0 1e-6 2e-6 3e-6"),
            (9_000_000.0, "0 2M 4M 6M 8M 10M"),
        ] {
            assert_eq!(labels(Axis::rounded([high], 6)), expected, "up to {high}");
        }
        assert_eq!(labels(Axis::rounded([-3.0, 12.0], 6)), "-5 0 5 10 15");
    }

    #[test]
    fn an_exact_axis_begins_and_ends_with_its_values() {
        let axis = Axis::exact([0.35, 2.1], 6);
        assert_eq!(labels(axis), "0.5 1.0 1.5 2.0");
        assert_eq!((axis.place(0.35), axis.place(2.1)), (0.0, 1.0));
    }

    #[test]
    fn every_axis_has_few_ticks_and_places_within_it() {
        for values in [vec![], vec![0.0], vec![5.0], vec![-1e18, 1e18], vec![1e18, 1e18], vec![1e-15, 2e-15]]
        {
            for axis in [Axis::exact(values.clone(), 6), Axis::rounded(values.clone(), 6)] {
                assert!(axis.ticks().len() <= 6, "{values:?}: {axis:?}");
                assert!(values.iter().all(|&value| (0.0..=1.0).contains(&axis.place(value))), "{values:?}");
            }
        }
    }
}
