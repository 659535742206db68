/// Jain's fairness index: how evenly something is shared, from 1/n (one has all) to 1 (all have the same).
///
/// It is (Σx)² / (n · Σx²) (R. Jain, D. Chiu, W. Hawe, DEC-TR-301, 1984). Of n connections of which k share the rate evenly
/// and the rest get nothing, it is k/n; it does not change if all shares are multiplied by the same number. Shares must not
/// be negative. If nothing was shared out, nobody got less than another, and it is 1.
///
/// ```
/// use wirelab_sim::jain;
///
/// assert_eq!(jain(&[5.0, 5.0, 5.0]), 1.0);
/// assert_eq!(jain(&[7.0, 0.0]), 0.5);
/// assert_eq!(jain(&[3.0, 1.0]), 0.8);
/// ```
pub fn jain(shares: &[f64]) -> f64 {
    let sum: f64 = shares.iter().sum();
    let squares: f64 = shares.iter().map(|share| share * share).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (shares.len() as f64 * squares) }
}

#[cfg(test)]
mod tests {
    use super::jain;

    #[test]
    fn it_lies_between_one_nth_and_one() {
        assert_eq!(jain(&[]), 1.0);
        assert_eq!(jain(&[0.0, 0.0]), 1.0);
        assert_eq!(jain(&[0.0, 9.0, 0.0, 0.0]), 0.25);
        assert_eq!(jain(&[1.0, 2.0]), jain(&[10.0, 20.0]));
        assert!(jain(&[1.0, 2.0, 3.0]) < jain(&[2.0, 2.0, 3.0]));
    }
}
