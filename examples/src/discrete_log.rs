//! Finding X from G^X mod N, which is what an eavesdropper has to do. Numbers here have at most 64 bits.
//!
//! ```
//! use wirelab_examples::discrete_log::{one_by_one, power, with_a_table};
//!
//! let public = power(2, 377, 1019);
//! assert_eq!((one_by_one(2, public, 1019), with_a_table(2, public, 1019)), (Some(377), Some(377)));
//! ```

use std::collections::HashMap;

/// For 16, 20, 24, 28, 32, 40 and 48 bits the largest safe prime below the power of two of which 2 reaches every number.
pub const SMALL: [u64; 7] =
    [65_267, 1_047_587, 16_776_899, 268_435_019, 4_294_963_787, 1_099_511_627_339, 281_474_976_704_939];

/// a·b mod n.
fn times(a: u64, b: u64, n: u64) -> u64 {
    match a.checked_mul(b) {
        Some(product) => product % n,
        None => (u128::from(a) * u128::from(b) % u128::from(n)) as u64,
    }
}

/// base^exponent mod n.
pub fn power(base: u64, exponent: u64, n: u64) -> u64 {
    (0..64).rev().map(|place| exponent >> place & 1).fold(1, |power, bit| {
        let squared = times(power, power, n);
        if bit == 1 { times(squared, base, n) } else { squared }
    })
}

// ANCHOR: eavesdropper
/// Every X, one after the other: up to N multiplications.
pub fn one_by_one(g: u64, public: u64, n: u64) -> Option<u64> {
    let mut power = 1;
    (0..n).find(|_| {
        let found = power == public;
        power = times(power, g, n);
        found
    })
}

/// X = i·m + j with m about √N. G^j for all j is a table; public·G^(−m·i) is looked up in it (Shanks' baby and giant steps).
pub fn with_a_table(g: u64, public: u64, n: u64) -> Option<u64> {
    let m = n.isqrt() + 1;
    let mut step = 1;
    let mut small = HashMap::new();
    for j in 0..m {
        small.entry(step).or_insert(j);
        step = times(step, g, n);
    }
    // By Fermat's theorem G^(−m) is (G^m)^(N−2).
    let giant = power(step, n - 2, n);
    let mut left = public;
    (0..m).find_map(|i| {
        let found = small.get(&left).map(|j| i * m + j);
        left = times(left, giant, n);
        found
    })
}
// ANCHOR_END: eavesdropper

#[cfg(test)]
mod tests {
    use super::{SMALL, one_by_one, power, with_a_table};

    #[test]
    fn both_ways_find_every_exponent_of_a_small_group() {
        for x in 0..1018 {
            let public = power(2, x, 1019);
            assert_eq!((one_by_one(2, public, 1019), with_a_table(2, public, 1019)), (Some(x), Some(x)));
        }
    }

    /// Then 2 reaches all p−1 numbers, as its order divides 2q and is neither 1, 2 nor q.
    #[test]
    fn two_is_no_square_modulo_the_small_primes() {
        assert!(SMALL.iter().all(|&p| power(2, p / 2, p) == p - 1));
    }
}
