//! How long what may take.

use std::time::Instant;

use super::{Connection, Ended, Fate, Mode};
use crate::worker::Worker;

impl Connection {
    /// The first moment at which something must have happened.
    pub(crate) fn deadline(&self, worker: &Worker<'_>) -> Option<Instant> {
        let config = worker.config;
        let after_stall = self.active + config.stall_time;
        match (&self.mode, &self.exchange) {
            (Mode::Lingering, _) => Some(self.active + config.linger_time),
            _ if !self.unsent.is_empty() => Some(after_stall),
            (Mode::Tunnel { until, .. }, _) => *until,
            (_, Some(exchange)) => Some(exchange.wakes().unwrap_or(after_stall)),
            (_, None) => {
                let idle = self.active + config.idle_time;
                let awaited = self.head_began.map_or(idle, |began| began + config.head_time);
                let farewell = worker.stopping.map(|stopped| stopped + config.farewell_time);
                // Who is in the middle of a head may finish it; who has said nothing has this long to begin.
                let speaks = self.context.received > 0 && self.head_began.is_some();
                Some(farewell.filter(|_| !speaks).map_or(awaited, |farewell| awaited.min(farewell)))
            }
        }
    }

    pub(super) fn time_out(&mut self, worker: &mut Worker<'_>) -> Fate {
        let name = match (&self.mode, &self.exchange) {
            (Mode::Lingering, _) => "linger-time",
            (_, Some(_)) | (Mode::Ending | Mode::Tunnel { .. }, _) => "stall-time",
            _ if !self.unsent.is_empty() => "stall-time",
            (_, None) if worker.stopping.is_some() => return self.end(Ended(None), worker),
            (_, None) if self.head_began.is_some() => "head-time",
            (_, None) => "idle-time",
        };
        worker.counters.note(name);
        let ended = self.answer_time_out(name, worker);
        match ended {
            Ok(true) => self.proceed(worker),
            Ok(false) => self.end(Ended(None), worker),
            Err(ended) => self.end(ended, worker),
        }
    }
}
