//! The charts, to the byte, in `tests/golden`. After a change that is meant, run with `BLESS=1` and look at them.

use std::path::Path;
use std::time::Duration;

use wirelab_sansio::Instant;
use wirelab_sim::{Chart, jain, rate, steps};

fn golden(file: &str, drawn: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(file);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, drawn).expect("the folder can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{file} has changed; it is now\n{drawn}");
}

/// One flow of a fluid model of CUBIC (RFC 9438 §4.2): the window as a function of the time since the last loss.
struct Flow {
    start: f64,
    peak: f64,
    epoch: f64,
    window: Vec<(f64, f64)>,
    losses: Vec<(f64, f64)>,
    arrivals: Vec<(Instant, u64)>,
}

impl Flow {
    fn new(start: f64, peak: f64) -> Self {
        Flow { start, peak, epoch: start, window: Vec::new(), losses: Vec::new(), arrivals: Vec::new() }
    }

    fn cwnd(&self, now: f64) -> f64 {
        if now < self.start {
            return 0.0;
        }
        let t = now - self.epoch - (self.peak * 0.3 / 0.4).cbrt();
        0.4 * t * t * t + self.peak
    }
}

/// Two flows over 10 Mbit/s with 40 ms and a queue of 40 packets; the second begins after 10 s.
struct Bottleneck {
    flows: [Flow; 2],
    queue: Vec<(Instant, f64)>,
}

fn bottleneck() -> Bottleneck {
    const PIPE: f64 = 34.0;
    const QUEUE: f64 = 40.0;
    let mut all = Bottleneck { flows: [Flow::new(0.0, 60.0), Flow::new(10.0, 20.0)], queue: Vec::new() };
    let mut loses = 0;
    for step in 0..6000_u64 {
        let now = step as f64 / 100.0;
        let moment = Instant::from_nanos(step * 10_000_000);
        let windows: Vec<f64> = all.flows.iter().map(|flow| flow.cwnd(now)).collect();
        let sum: f64 = windows.iter().sum();
        all.queue.push((moment, (sum - PIPE).clamp(0.0, QUEUE).round()));
        let rate = 850.0 * (sum / PIPE).min(1.0); // packets a second
        for (flow, window) in all.flows.iter_mut().zip(&windows).filter(|(_, window)| **window > 0.0) {
            flow.window.push((now, *window));
            flow.arrivals.push((moment, (rate * window / sum * 14.6).round() as u64)); // 1460 bytes, 10 ms
        }
        if sum > PIPE + QUEUE {
            // Losses hit the larger window two times out of three.
            let larger = usize::from(windows[1] > windows[0]);
            let hit = if loses % 3 == 2 && windows[1 - larger] > 0.0 { 1 - larger } else { larger };
            loses += 1;
            let flow = &mut all.flows[hit];
            flow.losses.push((now, windows[hit]));
            (flow.peak, flow.epoch) = (windows[hit], now + 0.01);
        }
    }
    all
}

#[test]
fn two_flows_their_queue_and_their_goodput() {
    let Bottleneck { flows: [first, second], queue } = bottleneck();
    let end = Instant::from_nanos(60_000_000_000);
    let goodput = |flow: &Flow| {
        let points = rate(flow.arrivals.iter().copied(), Duration::from_secs(1), end);
        points.into_iter().map(|(x, bytes)| (x, bytes * 8.0 / 1e6)).collect::<Vec<_>>()
    };
    let chart = Chart::new("Two CUBIC flows share 10 Mbit/s; the second begins after 10 s")
        .x("seconds")
        .y("segments")
        .line("flow 1", first.window.iter().copied())
        .marks("loss", first.losses.iter().copied())
        .line("flow 2", second.window.iter().copied())
        .marks("loss", second.losses.iter().copied())
        .panel("packets")
        .step("queue", steps(queue))
        .level("room in the queue", 40.0)
        .panel("Mbit/s")
        .step("flow 1", goodput(&first))
        .step("flow 2", goodput(&second))
        .band("alone", 0.0, 10.0);
    golden("chart_panels.txt", &chart.to_string());
    golden("chart_panels.svg", &chart.svg());
    let sums =
        [&first, &second].map(|flow| flow.arrivals.iter().map(|arrival| arrival.1 as f64).sum::<f64>());
    assert!(jain(&sums) > 0.5 && jain(&sums) < 1.0, "{sums:?}");
}

#[test]
fn one_panel_with_a_curve_dots_and_two_kinds_of_marks() {
    let sent = (0..40).map(|n| (f64::from(n) * 0.02, f64::from(n % 25) * 1460.0));
    let acked = (0..40).map(|n| (f64::from(n) * 0.02 + 0.1, f64::from(n / 2 * 2) * 730.0));
    let chart = Chart::new("Sequence numbers")
        .x("seconds")
        .y("bytes")
        .dots("segments sent", sent)
        .marks("lost", [(0.3, 21_900.0)])
        .marks("sent again", [(0.5, 0.0)])
        .step("acknowledged", acked)
        .band("outage", 0.28, 0.34)
        .band("outage", 0.6, 0.62);
    golden("chart_one.txt", &chart.to_string());
    golden("chart_one.svg", &chart.svg());
}

#[test]
fn an_empty_chart_is_drawn_too() {
    let chart = Chart::new("nothing");
    assert!(chart.to_string().starts_with("nothing\n"), "{chart}");
    assert!(chart.svg().ends_with("</svg>\n"));
}

#[test]
fn what_is_no_number_or_no_text_does_no_harm() {
    let points = [(f64::NAN, 1.0), (0.0, f64::INFINITY), (1.0, f64::NEG_INFINITY), (2.0, f64::NAN)];
    let chart = Chart::new("<script>").x("\u{1b}[2J").y("&").line("</text>", points).level("n", f64::NAN);
    let (text, svg) = (chart.to_string(), chart.svg());
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(!svg.contains("<script") && !svg.contains("NaN") && !svg.contains("inf"), "{svg}");
}

#[test]
fn a_text_is_narrow_enough_for_a_terminal() {
    let chart = Chart::new("t")
        .x("seconds")
        .y("bytes")
        .line("a", (0..5000).map(|n| (f64::from(n), f64::from(n * n))));
    let text = chart.to_string();
    assert!(text.lines().all(|line| line.chars().count() <= 78), "{text}");
}

#[test]
fn a_legend_that_is_too_long_for_a_row_goes_on_in_the_next() {
    let names = ["Reno", "CUBIC", "a window that never closes", "HyStart++", "with SACK", "without", "paced"];
    let mut chart = Chart::new("Seven").x("seconds").y("segments");
    for (name, slope) in names.into_iter().zip(1..) {
        chart = chart.line(name, [(0.0, 0.0), (1.0, f64::from(slope))]);
    }
    golden("chart_legend.svg", &chart.svg());
}

#[test]
fn many_points_make_a_small_picture_that_keeps_its_spike() {
    let value = |n: i32| if n == 77_777 { 9.0 } else { f64::from(n % 2) };
    let chart = Chart::new("A spike").line("noise", (0..100_000).map(|n| (f64::from(n), value(n))));
    let svg = chart.svg();
    assert!(svg.len() < 60_000, "{} bytes", svg.len());
    // The axis goes from 0 at 300 to 10 at 60.
    let top = svg.split("c0\"><path d=\"").nth(2).and_then(|path| path.split('"').next()).unwrap_or_default();
    let heights = top.split(' ').filter_map(|step| step.split(',').nth(1)?.parse::<f64>().ok());
    let (low, high) = heights.fold((f64::MAX, f64::MIN), |(low, high), y| (low.min(y), high.max(y)));
    assert!((high - low - 260.0 * 0.9).abs() < 0.2, "from {low} to {high}");
}
