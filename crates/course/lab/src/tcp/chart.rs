//! The whole run, as curves over time.

use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::sim::{Chart, rate, seconds, steps};
use wirelab::tcpip::tcp::Info;

use super::run::Run;

/// What a window is that nothing limits.
const UNLIMITED: u32 = 0x4000_0000;

/// How often goodput is measured in a run.
const INTERVALS: u64 = 25;

impl Run {
    /// The window, the queue and the goodput, one below the other.
    pub fn chart(&self) -> Chart {
        let mut chart = Chart::new("The window, the queue and the goodput").x("seconds").y("segments");
        for (name, points) in [
            ("congestion window", self.segments(|info| info.congestion_window)),
            ("ssthresh", self.segments(|info| info.slow_start_threshold)),
            ("in flight", self.segments(|info| info.in_flight)),
        ] {
            if !points.is_empty() {
                chart = chart.step(name, points);
            }
        }
        let losses = self.losses();
        if !losses.is_empty() {
            chart = chart.marks("a loss is found", losses);
        }
        let queue = self.queue.iter().map(|&(when, packets)| (when, packets as f64));
        let interval = Duration::from_nanos(self.end().as_nanos() / INTERVALS).max(Duration::from_millis(1));
        let goodput = rate(self.arrivals.iter().copied(), interval, self.end());
        chart
            .panel("packets")
            .step("queue", steps([(Instant::ZERO, 0.0)].into_iter().chain(queue)))
            .panel("kbit/s")
            .level("the link’s rate", f64::from(self.parameters.rate))
            .step("goodput", goodput.into_iter().map(|(when, bytes)| (when, bytes * 8e-3)))
    }

    /// A number of bytes that the client knew, over time and in segments.
    fn segments(&self, bytes: fn(&Info) -> u32) -> Vec<(f64, f64)> {
        let known = self.samples.iter().filter(|(_, info)| bytes(info) < UNLIMITED);
        steps(known.map(|(when, info)| (*when, in_segments(info, bytes(info)))))
    }

    /// When the client found a loss, and how large its window was then.
    fn losses(&self) -> Vec<(f64, f64)> {
        let repairs = |info: &Info| info.fast_recoveries + info.timeouts;
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        let found = pairs.filter(|((_, before), (_, after))| repairs(after) > repairs(before));
        found
            .map(|((_, info), (when, _))| {
                let window = info.congestion_window.min(info.in_flight.max(info.segment_size));
                (seconds(*when), in_segments(info, window))
            })
            .collect()
    }
}

fn in_segments(info: &Info, bytes: u32) -> f64 {
    f64::from(bytes) / f64::from(info.segment_size.max(1))
}
