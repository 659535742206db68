use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wirelab_reactor::Waker;
use wirelab_socket::TcpListener;

use crate::Counters;
use crate::handover::Offer;

/// What the threads that own a [`Handle`](crate::Handle) share with the threads of the server.
#[derive(Default)]
pub(crate) struct Control {
    pub(crate) counters: Counters,
    level: AtomicU8,
    wakers: Mutex<Vec<Waker>>,
    /// What a successor will be offered.
    offer: Mutex<Option<Offer>>,
    /// Duplicates of the listeners, for the successor. None when there is no offer, or no server any more.
    listeners: Mutex<Vec<TcpListener>>,
    handed_over: AtomicBool,
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
        locked(&self.wakers).push(waker);
    }

    /// Nobody is left to wake: a handle that is kept shall not keep the descriptors too.
    pub(crate) fn forget_wakers(&self) {
        locked(&self.wakers).clear();
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

    pub(crate) fn set_offer(&self, offer: Offer) {
        *locked(&self.offer) = Some(offer);
    }

    /// For the loop that will see to it.
    pub(crate) fn take_offer(&self) -> Option<Offer> {
        locked(&self.offer).take()
    }

    /// Keeps duplicates of the listeners, if there will be a successor to give them to.
    pub(crate) fn keep(&self, listeners: &[TcpListener]) -> std::io::Result<()> {
        if locked(&self.offer).is_some() {
            *locked(&self.listeners) =
                listeners.iter().map(TcpListener::try_clone).collect::<Result<_, _>>()?;
        }
        Ok(())
    }

    pub(crate) fn with_listeners<R>(&self, act: impl FnOnce(&[TcpListener]) -> R) -> R {
        act(&locked(&self.listeners))
    }

    /// Closes the duplicates. The kernel completes handshakes as long as any descriptor of a listener is open.
    pub(crate) fn forget_listeners(&self) {
        locked(&self.listeners).clear();
    }

    /// A successor serves: this server stops.
    pub(crate) fn hand_over(&self) {
        self.handed_over.store(true, Ordering::Release);
        self.stop();
    }

    /// Whether what is in the accept queues is a successor's.
    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over.load(Ordering::Acquire)
    }

    fn wake_all(&self) {
        self.forget_listeners();
        for waker in locked(&self.wakers).iter() {
            // A waker's descriptor lives as long as the waker, and writing to it does not fail.
            let _ = waker.wake();
        }
    }
}

/// Lists and options are whole after every step, so that a panic elsewhere cannot have left one half changed.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
