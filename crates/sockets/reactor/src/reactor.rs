use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use crate::{Event, Events, Expired, Interest, Poller, TimerId, Timers, Token, Trigger, Waker};

/// The events, and the timers, that one turn hands out at most. Enough that the call is shared by many; and few
/// enough that no source waits for long while the others are served.
const BATCH: usize = 1024;

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
    poller: Poller,
    events: Events,
    /// How many of `events` were handed out.
    taken: usize,
    timers: Timers<K>,
    /// How many more timers this turn may hand out.
    timers_left: usize,
    waker: Waker,
    woken: bool,
    now: Instant,
}

impl<K> Reactor<K> {
    /// A loop with nothing in it: an epoll instance and an eventfd for the wake-ups.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`: no descriptor is free.
    pub fn new() -> io::Result<Self> {
        let poller = Poller::new()?;
        let waker = Waker::new(&poller, WAKER)?;
        Ok(Reactor {
            poller,
            events: Events::with_capacity(BATCH),
            taken: 0,
            timers: Timers::new(),
            timers_left: BATCH,
            waker,
            woken: false,
            now: Instant::now(),
        })
    }

    /// Watches `source`; see [`Poller::register`]. For a connection: [`Interest::BOTH`], [`Trigger::Edge`],
    /// once.
    ///
    /// # Errors
    /// Those of [`Poller::register`]; `InvalidInput`: the token is `u64::MAX`, the reactor's own.
    pub fn register(
        &self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        check(token)?;
        self.poller.register(source, token, interest, trigger)
    }

    /// Changes how `source` is watched; see [`Poller::reregister`].
    ///
    /// # Errors
    /// Those of [`Poller::reregister`]; `InvalidInput`: the token is `u64::MAX`, the reactor's own.
    pub fn reregister(
        &self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        check(token)?;
        self.poller.reregister(source, token, interest, trigger)
    }

    /// Watches `source` no longer; closing it does the same. Events of it that this turn has not yet handed out
    /// still come.
    ///
    /// # Errors
    /// Those of [`Poller::deregister`].
    pub fn deregister(&self, source: &impl AsFd) -> io::Result<()> {
        self.poller.deregister(source)
    }

    /// Waits until a source is ready, a timer is due, somebody wakes, or `limit` has passed (`None`: no limit),
    /// and begins a turn.
    ///
    /// Events of the last turn that were not taken are kept: as an edge is told only once, none may be lost. It
    /// then returns at once.
    ///
    /// # Errors
    /// None are known.
    pub fn poll(&mut self, limit: Option<Duration>) -> io::Result<()> {
        if self.taken >= self.events.len() {
            let limit = self.until_next_timer(limit);
            self.taken = 0;
            self.poller.wait(&mut self.events, limit)?;
            if self.events.iter().any(|event| event.token() == WAKER) {
                self.waker.acknowledge();
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
            let event = self.events.get(self.taken)?;
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

fn check(token: Token) -> io::Result<()> {
    if token == WAKER {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "this token is the reactor's own"));
    }
    Ok(())
}
