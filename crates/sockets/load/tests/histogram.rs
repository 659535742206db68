//! The bound that the histogram states, against exact lists.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use wirelab_load::Histogram;

/// Of all magnitudes: nanoseconds to hours.
fn times() -> impl Strategy<Value = Vec<u64>> {
    let time = (0_u32..43).prop_flat_map(|bits| 0..(1_u64 << bits));
    vec(time, 1..400)
}

fn histogram(times: &[u64]) -> Histogram {
    let mut histogram = Histogram::new();
    times.iter().for_each(|&nanos| histogram.record(Duration::from_nanos(nanos)));
    histogram
}

proptest! {
    #[test]
    fn a_percentile_is_at_most_a_128th_above_the_true_one_and_never_below(
        mut times in times(),
        percent in 0.0..=100.0_f64,
    ) {
        let found = histogram(&times).percentile(percent).as_nanos() as u64;
        times.sort_unstable();
        let rank = ((times.len() as f64 * percent / 100.0).ceil() as usize).clamp(1, times.len());
        let exact = times[rank - 1];
        prop_assert!(found >= exact && found - exact <= exact / 128, "{found} for {exact}");
    }

    #[test]
    fn merged_is_as_if_all_had_been_recorded_in_one(ours in times(), theirs in times()) {
        let mut merged = histogram(&ours);
        merged.merge(&histogram(&theirs));
        let together = histogram(&[ours, theirs].concat());
        for percent in [0.0, 1.0, 50.0, 99.0, 100.0] {
            prop_assert_eq!(merged.percentile(percent), together.percentile(percent));
        }
        prop_assert_eq!(
            (merged.count(), merged.mean(), merged.longest()),
            (together.count(), together.mean(), together.longest())
        );
    }

    #[test]
    fn counting_from_a_limit_misses_at_most_those_of_its_own_bucket(times in times(), limit in 1_u64..1 << 42) {
        let found = histogram(&times).count_from(Duration::from_nanos(limit));
        let least = times.iter().filter(|&&time| time > limit + limit / 128).count() as u64;
        let most = times.iter().filter(|&&time| time >= limit).count() as u64;
        prop_assert!((least..=most).contains(&found), "{found}, and not {least} to {most}");
    }
}
