use wirelab_sansio::Instant;

use crate::agenda::Agenda;
use crate::label::{Labeller, byte_count};
use crate::{Fate, Ladder, Line, Log, PacketId, RunError, Side};

/// What both kinds of pair have: the time, what is under way, the log, and a bound on the steps.
pub(crate) struct World<T> {
    pub(crate) now: Instant,
    pub(crate) under_way: Agenda<T>,
    pub(crate) label: Labeller,
    pub(crate) max_steps: usize,
    steps: usize,
    recorder: Recorder,
}

impl<T> World<T> {
    pub(crate) fn new() -> Self {
        World {
            now: Instant::ZERO,
            under_way: Agenda::new(),
            label: Box::new(byte_count),
            max_steps: 250_000,
            steps: 0,
            recorder: Recorder { log: Log::new("client", "server") },
        }
    }

    /// Counts one step.
    pub(crate) fn count(&mut self) -> Result<(), RunError> {
        if self.steps >= self.max_steps {
            return Err(RunError::TooManySteps { steps: self.max_steps, at: self.now });
        }
        self.steps += 1;
        Ok(())
    }

    pub(crate) fn log(&self) -> &Log {
        &self.recorder.log
    }

    pub(crate) fn log_mut(&mut self) -> &mut Log {
        &mut self.recorder.log
    }

    /// Hands a packet to a line, and writes down its departure and, if so, its loss.
    pub(crate) fn send(
        &mut self,
        line: &mut Line,
        from: Side,
        len: usize,
        label: String,
    ) -> (PacketId, Fate) {
        let now = self.now;
        let packet = self.log_mut().sent(now, from, len, label);
        let fate = line.send(now, len);
        if let Fate::Dropped(reason) = fate {
            self.log_mut().dropped(now, packet, reason);
        }
        (packet, fate)
    }
}

/// Keeps the log, and prints it as a ladder when a test fails.
struct Recorder {
    log: Log,
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.log.entries().is_empty() {
            eprintln!("the conversation so far:\n{}", Ladder::new(&self.log));
        }
    }
}

/// The earliest of several moments, but never one in the past.
pub(crate) fn earliest<const N: usize>(now: Instant, moments: [Option<Instant>; N]) -> Option<Instant> {
    moments.into_iter().flatten().min().map(|moment| moment.max(now))
}
