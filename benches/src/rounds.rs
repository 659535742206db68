//! Taking turns, so that whatever else the machine does hurts all alike.

/// Measures each of `contenders` once in every round, A B C A B C, and returns the median of each.
///
/// A measurement that something disturbs is as likely to be too long for one contender as for another; the median
/// forgets it as long as fewer than half are disturbed.
pub fn medians(rounds: usize, contenders: usize, mut measure: impl FnMut(usize) -> f64) -> Vec<f64> {
    let mut samples = vec![Vec::with_capacity(rounds); contenders];
    for _ in 0..rounds {
        for (contender, taken) in samples.iter_mut().enumerate() {
            taken.push(measure(contender));
        }
    }
    samples.into_iter().map(median).collect()
}

/// The middle one; NaN if there are none.
pub fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contenders_take_turns() {
        let mut order = Vec::new();
        medians(2, 3, |contender| {
            order.push(contender);
            0.0
        });
        assert_eq!(order, [0, 1, 2, 0, 1, 2]);
    }

    #[test]
    fn one_disturbed_round_does_not_move_the_median() {
        assert_eq!(median(vec![5.0, 4.0, 900.0, 6.0, 5.0]), 5.0);
    }
}
