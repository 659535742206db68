use std::time::Duration;

use wirelab::sansio::Instant;
use wirelab::sim::internet::{Counters, Events};
use wirelab::sim::{jain, rate, seconds};
use wirelab::tcpip::tcp;

use super::RATE;

/// How long the pieces are in which goodput is counted.
const PIECE: Duration = Duration::from_millis(500);

/// What a run has shown.
pub struct Run {
    /// What each sender's connection knew, and when.
    pub flows: Vec<Vec<(Instant, tcp::Info)>>,
    /// How many packets were in the queue.
    pub queue: Vec<(Instant, usize)>,
    /// What went over the narrow link.
    pub link: Counters,
    /// All packets, if they were kept.
    pub events: Events,
    /// What the receiver's application got from each sender, and when.
    pub(super) arrivals: Vec<Vec<(Instant, u64)>>,
    pub(super) length: Duration,
}

impl Run {
    /// Mbit/s that each sender got to the receiver's application, from this moment to the end.
    pub fn goodput(&self, from: Duration) -> Vec<f64> {
        let from = Instant::ZERO + from;
        let seconds = seconds(Instant::ZERO + self.length) - seconds(from);
        let bytes = |flow: &Vec<(Instant, u64)>| -> u64 {
            flow.iter().filter(|&&(when, _)| when >= from).map(|&(_, bytes)| bytes).sum()
        };
        self.arrivals.iter().map(|flow| bytes(flow) as f64 * 8e-6 / seconds).collect()
    }

    /// How evenly the senders shared, from this moment to the end.
    pub fn fairness(&self, from: Duration) -> f64 {
        jain(&self.goodput(from))
    }

    /// Mbit/s of one sender, piece by piece: points of a chart.
    pub fn goodput_points(&self, flow: usize) -> Vec<(f64, f64)> {
        let arrivals = self.arrivals.get(flow).cloned().unwrap_or_default();
        let points = rate(arrivals, PIECE, Instant::ZERO + self.length);
        points.into_iter().map(|(when, bytes)| (when, bytes * 8e-6)).collect()
    }

    /// How long a packet waits in the queue on average, in ms, from this moment to the end: the mean length of the queue, in
    /// packets of 1500 bytes, over the link's rate.
    pub fn mean_wait(&self, from: Duration) -> f64 {
        let late: Vec<usize> =
            self.queue.iter().filter(|(when, _)| *when >= Instant::ZERO + from).map(|s| s.1).collect();
        let packets: usize = late.iter().sum();
        packets as f64 / late.len().max(1) as f64 * 1500.0 / RATE as f64 * 1e3
    }

    /// Segments that the senders sent again.
    pub fn retransmissions(&self) -> u64 {
        self.last().map(|info| info.retransmissions).sum()
    }

    /// How often their timers ran out.
    pub fn timeouts(&self) -> u64 {
        self.last().map(|info| info.timeouts).sum()
    }

    fn last(&self) -> impl Iterator<Item = &tcp::Info> {
        self.flows.iter().filter_map(|flow| flow.last()).map(|(_, info)| info)
    }
}
