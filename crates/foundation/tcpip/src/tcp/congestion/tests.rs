use super::*;

const MSS: u32 = 1000;
const BOTH: [Algorithm; 2] = [Algorithm::NewReno, Algorithm::Cubic];

fn at(milliseconds: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(milliseconds)
}

/// As many acknowledgments of a segment as a window has, all at `now`.
fn one_window(congestion: &mut Congestion, now: Instant) {
    for _ in 0..congestion.window() / MSS {
        congestion.on_acknowledged(now, MSS, Some(Duration::from_millis(100)), true);
    }
}

#[test]
fn rfc_6928_s2_the_initial_window_is_ten_segments_or_as_many_as_14600_bytes_have() {
    let initial = |mss| Congestion::new(Algorithm::NewReno, mss, 10).window();
    assert_eq!([536, 1460, 2000, 9000].map(initial), [5_360, 14_600, 14_600, 18_000]);
}

#[test]
fn rfc_5681_s3_1_slow_start_doubles_the_window_in_each_round_trip() {
    for algorithm in BOTH {
        let mut congestion = Congestion::new(algorithm, MSS, 10);
        let mut windows = Vec::new();
        for round_trip in 0..4 {
            one_window(&mut congestion, at(100 * round_trip));
            windows.push(congestion.window());
        }
        assert_eq!(windows, [20_000, 40_000, 80_000, 160_000], "{algorithm:?}");
        assert!(congestion.in_slow_start() && congestion.threshold() == u32::MAX);
    }
}

#[test]
fn rfc_5681_s3_1_an_acknowledgment_adds_what_it_acknowledges_but_a_segment_at_most() {
    let mut congestion = Congestion::new(Algorithm::NewReno, MSS, 10);
    congestion.on_acknowledged(at(0), 1, None, true);
    assert_eq!(congestion.window(), 10_001, "ten acknowledgments of a byte are not worth ten segments");
    congestion.on_acknowledged(at(0), 5 * MSS, None, true);
    assert_eq!(congestion.window(), 11_001);
}

#[test]
fn rfc_5681_s3_1_congestion_avoidance_adds_a_segment_in_each_round_trip() {
    let mut congestion = Congestion::new(Algorithm::NewReno, MSS, 20);
    congestion.on_loss(at(0), 20 * MSS);
    congestion.on_recovered(at(100));
    for round_trip in 1..=20 {
        one_window(&mut congestion, at(100 * round_trip));
        assert_eq!(u64::from(congestion.window()), 10_000 + 1_000 * round_trip);
    }
}

#[test]
fn rfc_5681_s3_1_equation_4_a_loss_halves_what_is_on_its_way_and_cubic_leaves_seven_tenths() {
    for (algorithm, left) in BOTH.into_iter().zip([20_000, 28_000]) {
        let mut congestion = Congestion::new(algorithm, MSS, 40);
        congestion.on_loss(at(0), 40 * MSS);
        assert_eq!((congestion.window(), congestion.threshold()), (left, left));
        assert!(!congestion.in_slow_start());
    }
}

#[test]
fn rfc_5681_s3_1_equation_4_a_flight_that_has_outgrown_the_window_does_not_enlarge_it() {
    for (algorithm, left) in BOTH.into_iter().zip([20_000, 28_000]) {
        let mut congestion = Congestion::new(algorithm, MSS, 40);
        // A hole that took many round trips to fill: three windows were sent and reported behind it.
        congestion.on_loss(at(0), 120 * MSS);
        assert_eq!((congestion.window(), congestion.threshold()), (left, left), "{algorithm:?}");
        congestion.on_timeout(at(1), 120 * MSS, true);
        assert_eq!(congestion.threshold(), left / 20 * if algorithm == Algorithm::Cubic { 14 } else { 10 });
    }
}

#[test]
fn rfc_5681_s3_1_equation_4_the_threshold_is_two_segments_at_least() {
    for algorithm in BOTH {
        let mut congestion = Congestion::new(algorithm, MSS, 10);
        congestion.on_loss(at(0), MSS);
        assert_eq!(congestion.window(), 2 * MSS);
    }
}

#[test]
fn rfc_6582_s3_2_a_window_is_answered_once_however_much_of_it_is_lost() {
    for algorithm in BOTH {
        let mut congestion = Congestion::new(algorithm, MSS, 40);
        congestion.on_loss(at(0), 40 * MSS);
        let once = congestion.window();
        congestion.on_loss(at(1), 30 * MSS);
        congestion.on_congestion_mark(at(2), 30 * MSS);
        congestion.on_acknowledged(at(3), 10 * MSS, None, true);
        assert_eq!(congestion.window(), once, "nor does it grow before that is repaired");
        congestion.on_recovered(at(100));
        congestion.on_loss(at(101), 20 * MSS);
        assert!(congestion.window() < once);
    }
}

#[test]
fn rfc_3168_s6_1_2_a_mark_is_answered_like_a_loss() {
    for algorithm in BOTH {
        let (mut marked, mut lost) =
            (Congestion::new(algorithm, MSS, 40), Congestion::new(algorithm, MSS, 40));
        marked.on_congestion_mark(at(0), 40 * MSS);
        lost.on_loss(at(0), 40 * MSS);
        assert_eq!((marked.window(), marked.threshold()), (lost.window(), lost.threshold()));
        let before = marked.window();
        (1..5).for_each(|round_trip| one_window(&mut marked, at(100 * round_trip)));
        assert!(marked.window() > before, "there is nothing to repair: the window grows on");
    }
}

#[test]
fn rfc_5681_s3_1_after_a_timeout_slow_start_begins_with_one_segment_and_ends_at_the_threshold() {
    for (algorithm, threshold) in BOTH.into_iter().zip([8_000, 11_200]) {
        let mut congestion = Congestion::new(algorithm, MSS, 16);
        congestion.on_timeout(at(0), 16 * MSS, true);
        let mut windows = vec![congestion.window()];
        for round_trip in 1..=4 {
            one_window(&mut congestion, at(100 * round_trip));
            windows.push(congestion.window());
        }
        assert_eq!(windows[..4], [1_000, 2_000, 4_000, 8_000], "{algorithm:?}");
        assert_eq!(congestion.threshold(), threshold);
        assert!(!congestion.in_slow_start() && windows[4] < 13_000, "{algorithm:?}: {windows:?}");
    }
}

#[test]
fn rfc_5681_s3_1_a_second_timeout_of_the_same_segment_leaves_the_threshold() {
    for algorithm in BOTH {
        let mut congestion = Congestion::new(algorithm, MSS, 40);
        congestion.on_timeout(at(0), 40 * MSS, true);
        let threshold = congestion.threshold();
        congestion.on_timeout(at(1000), MSS, false);
        assert_eq!((congestion.window(), congestion.threshold()), (MSS, threshold));
    }
}

#[test]
fn rfc_7661_a_window_that_is_not_used_does_not_grow() {
    for algorithm in BOTH {
        let mut congestion = Congestion::new(algorithm, MSS, 10);
        congestion.on_acknowledged(at(0), MSS, None, false);
        assert_eq!(congestion.window(), 10 * MSS, "in slow start");
        congestion.on_loss(at(1), 10 * MSS);
        congestion.on_recovered(at(2));
        let window = congestion.window();
        (0..100).for_each(|n| congestion.on_acknowledged(at(100 * n), MSS, None, false));
        assert_eq!(congestion.window(), window, "nor in congestion avoidance");
    }
}

#[test]
fn rfc_5681_s4_1_after_a_timeout_of_silence_the_window_is_the_initial_one_again() {
    for algorithm in BOTH {
        let mut congestion = Congestion::new(algorithm, MSS, 10);
        one_window(&mut congestion, at(0));
        let second = Duration::from_secs(1);
        congestion.on_idle(second, second);
        assert_eq!(congestion.window(), 20_000);
        congestion.on_idle(second, second * 2);
        assert_eq!(congestion.window(), 10_000);
        congestion.on_timeout(at(9000), MSS, true);
        congestion.on_idle(second, second * 2);
        assert_eq!(congestion.window(), MSS, "it does not grow by waiting");
    }
}

#[test]
fn the_agreed_segment_size_makes_the_initial_window_anew_and_a_later_one_leaves_it() {
    let mut congestion = Congestion::new(Algorithm::Cubic, 536, 10);
    congestion.set_mss(1460);
    assert_eq!(congestion.window(), 14_600);
    congestion.on_acknowledged(at(0), 1, None, true);
    congestion.set_mss(1200);
    assert_eq!(congestion.window(), 14_601);
    congestion.on_timeout(at(1), 0, true);
    congestion.set_mss(1460);
    assert_eq!(congestion.window(), 1_460, "a segment fits in any case");
}

#[test]
fn rfc_5681_s3_1_a_lost_syn_makes_the_initial_window_one_segment() {
    let mut congestion = Congestion::new(Algorithm::NewReno, 536, 10);
    congestion.on_timeout(at(1000), 1, true);
    congestion.set_mss(1460);
    assert_eq!(congestion.window(), 1_460);
}

#[test]
fn without_an_algorithm_nothing_holds_the_sender_back() {
    let mut congestion = Congestion::new(Algorithm::Off, MSS, 10);
    congestion.on_loss(at(0), 10 * MSS);
    congestion.on_timeout(at(1), 10 * MSS, true);
    congestion.on_idle(Duration::ZERO, Duration::from_secs(9));
    congestion.on_acknowledged(at(2), MSS, None, true);
    assert_eq!((congestion.window(), congestion.in_slow_start()), (u32::MAX, false));
}
