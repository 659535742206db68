use super::*;

const MSS: u32 = 1000;

fn at(milliseconds: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(milliseconds)
}

fn window(segments: u32) -> Window {
    Window { bytes: segments * MSS, threshold: segments * MSS, mss: MSS }
}

/// W_cubic as RFC 8312 §4.1 writes it, with the library's functions.
fn closed_formula(w_max: f64, t: f64) -> f64 {
    let k = (w_max * (1.0 - 0.7) / 0.4).cbrt();
    0.4 * (t - k).powi(3) + w_max
}

/// A loss at `w_max` segments that is repaired at once, and then the window after each round trip, in segments.
fn after_a_loss(w_max: u32, rtt_ms: u64, round_trips: u64) -> Vec<f64> {
    let mut cubic = Cubic::default();
    let threshold = cubic.reduced(&window(w_max), w_max * MSS);
    let mut window = Window { bytes: threshold, threshold, mss: MSS };
    cubic.begin(&window, at(0));
    let mut windows = vec![in_segments(&window)];
    for round_trip in 0..round_trips {
        one_round_trip(&mut cubic, &mut window, round_trip, rtt_ms);
        windows.push(in_segments(&window));
    }
    windows
}

/// A window of acknowledgments, spread evenly over a round trip.
fn one_round_trip(cubic: &mut Cubic, window: &mut Window, round_trip: u64, rtt_ms: u64) {
    let rtt = Duration::from_millis(rtt_ms);
    let acknowledgments = window.bytes / MSS;
    for n in 1..=acknowledgments {
        cubic.grow(window, at(round_trip * rtt_ms) + rtt * n / acknowledgments, MSS, rtt);
    }
}

#[test]
fn the_cube_root_is_the_librarys_up_to_its_last_bits() {
    assert_eq!([0.0, 1.0, 8.0, 27.0, 1e18].map(cube_root), [0.0, 1.0, 2.0, 3.0, 1e6]);
    for n in 0..10_000 {
        let a = f64::from(n) * 0.37;
        assert!((cube_root(a) - a.cbrt()).abs() <= 4.0 * f64::EPSILON * a.cbrt(), "of {a}: {}", cube_root(a));
    }
}

#[test]
fn s4_1_k_is_how_long_the_way_back_takes() {
    let curve = Curve::from(at(0), 700.0, 1000.0);
    assert!((curve.k - 9.085_602_964_160_7).abs() < 1e-12, "∛(1000 × 0.3 / 0.4) = ∛750, not {}", curve.k);
    assert!((curve.at(0.0) - 700.0).abs() < 1e-9, "it begins where the window is");
    assert_eq!(curve.at(curve.k), 1000.0);
}

#[test]
fn s4_1_the_curve_is_the_closed_formula() {
    let curve = Curve::from(at(0), 700.0, 1000.0);
    for second in 0..30 {
        let t = f64::from(second);
        let formula = closed_formula(1000.0, t);
        assert!(
            (curve.at(t) - formula).abs() < 1e-9 * formula,
            "after {t} s: {}, not {formula}",
            curve.at(t)
        );
    }
}

#[test]
fn s4_3_and_s4_4_the_window_follows_the_curve() {
    let windows = after_a_loss(1000, 100, 150);
    for (round_trip, window) in windows.iter().enumerate() {
        let (now, next) = (round_trip as f64 * 0.1, (round_trip + 1) as f64 * 0.1);
        let (least, most) = (closed_formula(1000.0, now) - 2.0, closed_formula(1000.0, next) + 1.0);
        assert!(
            least < *window && *window < most,
            "after {now:.1} s: {window}, not between {least} and {most}"
        );
    }
}

#[test]
fn s4_3_and_s4_4_it_is_concave_up_to_k_and_convex_beyond() {
    let windows = after_a_loss(1000, 100, 180);
    let by_second: Vec<f64> = windows.iter().copied().step_by(10).collect();
    let growth: Vec<f64> = by_second.windows(2).map(|pair| pair[1] - pair[0]).collect();
    // K is 9.09 s.
    assert!(growth[..9].windows(2).all(|pair| pair[1] < pair[0]), "concave: {growth:?}");
    assert!(growth[10..].windows(2).all(|pair| pair[1] > pair[0]), "convex: {growth:?}");
}

#[test]
fn s4_1_a_long_path_gets_as_much_in_a_second_as_a_short_one() {
    let (short, long) = (after_a_loss(1000, 50, 160), after_a_loss(1000, 200, 40));
    let (short, long) = (short[160], long[40]);
    assert!(
        (short - long).abs() < 2.0,
        "after eight seconds, {short} segments at 50 ms and {long} at 200 ms"
    );
}

#[test]
fn s4_2_on_a_short_path_the_window_is_what_a_standard_tcp_would_have() {
    // 3 × (1 − 0.7) / (1 + 0.7) = 0.529 segments in a round trip of 1 ms; the cubic curve has not begun to rise.
    let windows = after_a_loss(50, 1, 100);
    for (round_trip, window) in windows.iter().enumerate().skip(1) {
        let standard = 35.0 + 0.9 / 1.7 * round_trip as f64;
        assert!((window - standard).abs() < 0.6, "after {round_trip} round trips: {window}, not {standard}");
    }
    assert!(closed_formula(50.0, 0.1) < 40.0 && windows[100] > 87.0);
}

#[test]
fn s4_6_a_window_that_shrinks_from_loss_to_loss_aims_lower() {
    let mut cubic = Cubic::default();
    cubic.reduced(&window(100), 100 * MSS);
    assert_eq!(cubic.w_max, 100.0);
    cubic.reduced(&window(80), 80 * MSS);
    assert!((cubic.w_max - 68.0).abs() < 1e-9, "80 × (1 + 0.7) / 2, not {}", cubic.w_max);
    assert_eq!(cubic.w_last_max, 80.0);
    cubic.reduced(&window(90), 90 * MSS);
    assert_eq!(cubic.w_max, 90.0, "it grows again");
}

#[test]
fn s4_6_after_fast_convergence_the_window_does_not_jump() {
    let mut cubic = Cubic::default();
    cubic.reduced(&window(200), 200 * MSS);
    let threshold = cubic.reduced(&window(100), 100 * MSS);
    let mut window = Window { bytes: threshold, threshold, mss: MSS };
    cubic.begin(&window, at(0));
    let curve = cubic.curve.unwrap();
    assert!((curve.at(0.0) - 70.0).abs() < 1e-9 && (curve.origin - 85.0).abs() < 1e-9, "{curve:?}");
    one_round_trip(&mut cubic, &mut window, 0, 100);
    assert!((70_000..75_000).contains(&window.bytes), "{window:?}");
}

#[test]
fn s4_7_after_a_timeout_k_is_0_and_the_window_itself_the_origin() {
    let mut cubic = Cubic::default();
    cubic.reduced(&window(100), 100 * MSS);
    cubic.forget();
    let mut window = window(70);
    cubic.grow(&mut window, at(5), MSS, Duration::from_millis(100));
    let curve = cubic.curve.unwrap();
    assert_eq!((curve.k, curve.origin, curve.began), (0.0, 70.0, at(5)));
}

#[test]
fn s5_8_time_without_anything_to_send_does_not_count() {
    let rtt = Duration::from_millis(100);
    let mut cubic = Cubic::default();
    cubic.reduced(&window(1000), 1000 * MSS);
    let mut window = window(700);
    cubic.begin(&window, at(0));
    cubic.grow(&mut window, at(100), MSS, rtt);
    cubic.pause(at(20_000));
    cubic.pause(at(40_000));
    cubic.grow(&mut window, at(40_100), MSS, rtt);
    assert_eq!(cubic.curve.unwrap().began, at(39_900), "0.2 s of 40.1 s");
}

#[test]
fn fractions_of_bytes_are_kept_until_they_are_whole() {
    let mut cubic = Cubic::default();
    let mut window = window(10);
    (0..10).for_each(|_| cubic.add(&mut window, 0.25));
    assert_eq!((window.bytes, cubic.fraction), (10_002, 0.5));
}

#[test]
fn the_sums_are_the_same_on_every_machine() {
    // To the last bit: these were computed on x86-64.
    assert_eq!(cube_root(750.0).to_bits(), 0x4022_2bd4_26d7_058f);
    let windows = after_a_loss(1000, 100, 150);
    assert_eq!([50, 100, 150].map(|n| windows[n]), [972.669, 1000.316, 1082.817]);
}
