use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::driver::Driver;
use crate::{Backend, Event, Expired, Interest, TimerId, Timers, Token, Trigger, UringConfig, Waker};

/// The events, and the timers, that one turn hands out at most. Enough that the call is shared by many; and few
/// enough that no source waits for long while the others are served.
pub(crate) const BATCH: usize = 1024;

/// The waker's own token, which no source may have.
const WAKER: Token = Token(u64::MAX);

/// One thread's loop: sources, timers of type `K`, and wake-ups from other threads, all waited for in one call.
///
/// A turn is [`poll`](Self::poll), then everything that it found, one by one. In between, the reactor is free
/// to be told of new sources and timers.
///
/// ```
/// use std::time::Duration;
/// use wirelab_reactor::Reactor;
///
/// # fn main() -> std::io::Result<()> {
/// let mut reactor = Reactor::new()?;
/// reactor.set_timer(Duration::from_millis(20), "second");
/// reactor.set_timer(Duration::from_millis(10), "first");
/// let waker = reactor.waker();
/// std::thread::spawn(move || waker.wake());
///
/// let (mut woken, mut expired) = (false, Vec::new());
/// while !woken || expired.len() < 2 {
///     reactor.poll(None)?;                                   // sleeps until the next thing
///     while let Some(_event) = reactor.next_event() {}       // no sources here
///     while let Some(timer) = reactor.next_expired() { expired.push(timer.key) }
///     woken |= reactor.take_wake();
/// }
/// assert_eq!(expired, ["first", "second"]);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Reactor<K> {
    pub(crate) driver: Driver,
    /// What the last wait found.
    ready: Vec<Event>,
    /// How many of `ready` were handed out.
    taken: usize,
    timers: Timers<K>,
    /// How many more timers this turn may hand out.
    timers_left: usize,
    waker: Waker,
    woken: bool,
    now: Instant,
    /// System calls that epoll and `poll` have needed; a ring counts its own.
    pub(crate) calls: u64,
}

impl<K> Reactor<K> {
    /// A loop with nothing in it, on epoll: an epoll instance and an eventfd for the wake-ups.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`: no descriptor is free.
    pub fn new() -> io::Result<Self> {
        Self::with_backend(Backend::Epoll)
    }

    /// A loop with nothing in it.
    ///
    /// A ring belongs to the thread that polls first, since only that one may submit to it: a reactor on
    /// [`Backend::Uring`] may be sent to its thread before, and not after (Linux 6.1). When it is dropped, the kernel takes
    /// the ring apart in its own time, and interrupts that thread for it: a call that waits may then return `EINTR`.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`: no descriptor is free. Those of [`Backend::is_available`]. `ENOMEM`: no memory for the rings.
    pub fn with_backend(backend: Backend) -> io::Result<Self> {
        Self::with_config(backend, &UringConfig::default())
    }

    /// A loop with nothing in it, and other sizes than usual in case that it is on a ring.
    ///
    /// # Errors
    /// Those of [`with_backend`](Self::with_backend).
    pub fn with_config(backend: Backend, config: &UringConfig) -> io::Result<Self> {
        let mut driver = Driver::new(backend, config)?;
        let waker = Waker::new(&mut driver, WAKER)?;
        Ok(Reactor {
            driver,
            ready: Vec::with_capacity(BATCH),
            taken: 0,
            timers: Timers::new(),
            timers_left: BATCH,
            waker,
            woken: false,
            now: Instant::now(),
            calls: 0,
        })
    }

    /// By what it waits.
    pub fn backend(&self) -> Backend {
        self.driver.backend()
    }

    /// How many system calls the loop has needed so far: its waits, and what its channels have read and written. On a
    /// ring these are all the same call, `io_uring_enter`. Those that come once in a connection's life (accepting,
    /// registering, closing) are not counted.
    pub fn system_calls(&self) -> u64 {
        let entered = if let Driver::Uring(ring) = &self.driver { ring.entered() } else { 0 };
        self.calls + entered
    }

    /// Watches `source` from now on. If it is ready already, the next [`poll`](Self::poll) reports it, whatever the
    /// trigger. For connections and listeners, [`open`](Self::open) and [`listen`](Self::listen) are meant.
    ///
    /// What closing the source does depends on the mechanism. Epoll forgets it with the last duplicate of its
    /// descriptor. An array for `poll` has only its number, and forgets it when it finds nothing behind the number, or
    /// when the number is registered again. A ring's operation keeps the source open behind its last descriptor, and a
    /// peer sees no end. [Deregister](Self::deregister) before closing, and all three do the same.
    ///
    /// # Errors
    /// `InvalidInput`: the token is `u64::MAX`, the reactor's own. `AlreadyExists`: it is registered (epoll; the others
    /// replace it). `EPERM`: epoll does not watch regular files, which are always ready. `ENOSPC`:
    /// `fs.epoll.max_user_watches` is reached. `Unsupported`: an edge, on `poll`.
    pub fn register(
        &mut self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        check(token)?;
        self.driver.register(source.as_fd(), token, interest, trigger)
    }

    /// Replaces token, interest and trigger. If the source is ready now, the next [`poll`](Self::poll) reports it, so
    /// that this also arms an edge or a one-shot again.
    ///
    /// # Errors
    /// `NotFound`: it is not registered. `InvalidInput`: the token is `u64::MAX`, the reactor's own. `Unsupported`: an
    /// edge, on `poll`.
    pub fn reregister(
        &mut self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        check(token)?;
        self.driver.reregister(source.as_fd(), token, interest, trigger)
    }

    /// Watches `source` no longer. Events of it that this turn has not yet handed out still come.
    ///
    /// # Errors
    /// `NotFound`: it is not registered.
    pub fn deregister(&mut self, source: &impl AsFd) -> io::Result<()> {
        self.driver.deregister(source.as_fd())
    }

    /// Waits until a source is ready, a timer is due, somebody wakes, or `limit` has passed (`None`: no limit),
    /// and begins a turn.
    ///
    /// Events of the last turn that were not taken are kept: as an edge is told only once, none may be lost. It
    /// then returns at once.
    ///
    /// `poll` counts in milliseconds, and so does epoll before Linux 5.11: the limit is rounded up, so that a timer may
    /// be served up to a millisecond late, but never wakes the loop too early to do nothing. Otherwise the limit is exact
    /// to the thread's timer slack (50 µs, `prctl(PR_SET_TIMERSLACK)`). A wait that a signal handler interrupts ends
    /// without events.
    ///
    /// # Errors
    /// `EEXIST`: a ring is polled by another thread than its first. No others are known.
    pub fn poll(&mut self, limit: Option<Duration>) -> io::Result<()> {
        if self.taken >= self.ready.len() {
            let limit = self.until_next_timer(limit);
            self.taken = 0;
            self.ready.clear();
            self.calls += u64::from(self.backend() != Backend::Uring);
            self.driver.wait(&mut self.ready, limit)?;
            if self.ready.iter().any(|event| event.token() == WAKER) {
                // On `poll`, the counter must be zero, or it stays ready.
                self.waker.acknowledge(self.backend() == Backend::Poll)?;
                self.woken = true;
            }
        }
        self.now = Instant::now();
        self.timers_left = BATCH;
        Ok(())
    }

    /// The next source that is ready in this turn.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            let event = *self.ready.get(self.taken)?;
            self.taken += 1;
            if event.token() != WAKER {
                return Some(event);
            }
        }
    }

    /// The next timer that is due in this turn. A timer that the turn's earlier events cancelled is not.
    pub fn next_expired(&mut self) -> Option<Expired<K>> {
        self.timers_left = self.timers_left.checked_sub(1)?;
        self.timers.pop_expired(self.now)
    }

    /// Whether somebody has called [`Waker::wake`] since this was asked last. Look for messages then, all of
    /// them: several wakes may be one.
    pub fn take_wake(&mut self) -> bool {
        std::mem::take(&mut self.woken)
    }

    /// The moment at which the last [`poll`](Self::poll) returned: the time of the whole turn, so that its
    /// handlers need no clock.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Sets a timer `after` this turn's [`now`](Self::now).
    pub fn set_timer(&mut self, after: Duration, key: K) -> TimerId {
        // Beyond the range of the clock, a century is as good as never.
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 86_400);
        let deadline = self.now.checked_add(after).or_else(|| self.now.checked_add(CENTURY));
        self.timers.insert(deadline.unwrap_or(self.now), key)
    }

    /// Takes a timer back; see [`Timers::cancel`].
    pub fn cancel_timer(&mut self, id: TimerId) -> Option<K> {
        self.timers.cancel(id)
    }

    /// The timers, to set one for a given moment or to count them.
    pub fn timers(&mut self) -> &mut Timers<K> {
        &mut self.timers
    }

    /// A handle that wakes this loop from any thread.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// `limit`, or the time until the next timer if that is shorter. The clock is asked again, since the last
    /// turn's handlers have taken their time; without timers it is not.
    fn until_next_timer(&self, limit: Option<Duration>) -> Option<Duration> {
        let Some(deadline) = self.timers.next_deadline() else { return limit };
        let until = deadline.saturating_duration_since(Instant::now());
        Some(limit.map_or(until, |limit| limit.min(until)))
    }
}

pub(crate) fn check(token: Token) -> io::Result<()> {
    if token == WAKER {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this token is the reactor's own"));
    }
    Ok(())
}
