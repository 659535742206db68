use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use wirelab_reactor::Waker;

use crate::Counters;

/// What the threads that own a [`Handle`](crate::Handle) share with the threads of the server.
#[derive(Default)]
pub(crate) struct Control {
    pub(crate) counters: Counters,
    level: AtomicU8,
    wakers: Mutex<Vec<Waker>>,
}

/// How far the server is to stop. It only rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Run = 0,
    /// Finish what was accepted.
    Stop = 1,
    /// Finish nothing.
    Abort = 2,
}

impl Control {
    pub(crate) fn level(&self) -> Level {
        match self.level.load(Ordering::Acquire) {
            0 => Level::Run,
            1 => Level::Stop,
            _ => Level::Abort,
        }
    }

    /// From now on, this waker is woken when the level rises. Ask for the level after this: it may have risen before.
    pub(crate) fn enlist(&self, waker: Waker) {
        self.wakers.lock().unwrap_or_else(PoisonError::into_inner).push(waker);
    }

    pub(crate) fn stop(&self) {
        self.level.fetch_max(Level::Stop as u8, Ordering::AcqRel);
        self.wake_all();
    }

    /// One level further: a first signal stops in good order, a second at once.
    pub(crate) fn raise(&self) -> Level {
        let next = if self.level() == Level::Run { Level::Stop } else { Level::Abort };
        self.level.fetch_max(next as u8, Ordering::AcqRel);
        self.wake_all();
        self.level()
    }

    fn wake_all(&self) {
        for waker in self.wakers.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            // A waker's descriptor lives as long as the waker, and writing to it does not fail.
            let _ = waker.wake();
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("level", &self.level()).field("counters", &self.counters).finish()
    }
}

/// Stops the server when the thread that holds it panics: its connections, or its part of the port, would otherwise wait
/// for nobody.
pub(crate) struct StopOnPanic<'a>(pub(crate) &'a Control);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
