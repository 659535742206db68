//! Experiments wait: for a peer, for a timer of the kernel. The event loop that serves the pages must not, so that each
//! experiment has a thread of its own, and its visitor's answer comes when it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

use wirelab::http::StatusCode;
use wirelab::server::{Reply, Step};

/// How many run at once.
const MOST: usize = 8;

/// How often it is looked whether one is over.
const POLL: Duration = Duration::from_millis(5);

/// How many experiments are running.
#[derive(Clone, Debug, Default)]
pub struct Running(Arc<AtomicUsize>);

impl Running {
    /// Runs an experiment, and shows what came of it; after `limit` the visitor is told that it failed. With enough of them
    /// running, it is 503.
    pub fn run<R: Send + 'static>(
        &self,
        limit: Duration,
        experiment: impl FnOnce() -> R + Send + 'static,
        show: impl FnOnce(R) -> Step + Send + 'static,
    ) -> Step {
        match self.start(experiment) {
            Some(result) => await_result(result, Instant::now() + limit, show),
            None => Reply::text("Enough experiments are running; try again.\n")
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .into(),
        }
    }

    fn start<R: Send + 'static>(
        &self,
        experiment: impl FnOnce() -> R + Send + 'static,
    ) -> Option<Receiver<R>> {
        let place = Place::take(&self.0)?;
        let (sender, receiver) = channel();
        let run = move || {
            let _place = place;
            // The receiver is gone if the visitor is.
            let _ = sender.send(experiment());
        };
        std::thread::Builder::new().name("experiment".into()).spawn(run).ok().map(|_| receiver)
    }
}

/// One of the places for running experiments, free again when this is dropped.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(count: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Place(count.clone());
        (count.fetch_add(1, Ordering::Relaxed) < MOST).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Comes back until the experiment's thread has something to say; the loop serves others, and the experiment, meanwhile.
fn await_result<R: Send + 'static>(
    result: Receiver<R>,
    deadline: Instant,
    show: impl FnOnce(R) -> Step + Send + 'static,
) -> Step {
    match result.try_recv() {
        Ok(outcome) => show(outcome),
        Err(TryRecvError::Empty) if Instant::now() < deadline => {
            Step::Later(POLL, Box::new(move || await_result(result, deadline, show)))
        }
        Err(_) => failed("it did not end in time"),
    }
}

/// What a visitor is told about an experiment that could not be made.
pub fn failed(why: &str) -> Step {
    Reply::text(format!("The experiment failed: {why}\n")).status(StatusCode::INTERNAL_SERVER_ERROR).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_when_its_experiment_is_over_or_was_refused() {
        let count = Arc::default();
        let places: Vec<_> = (0..MOST).map(|_| Place::take(&count)).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(Place::take(&count).is_none() && Place::take(&count).is_none());
        drop(places);
        assert_eq!(count.load(Ordering::Relaxed), 0);
    }
}
