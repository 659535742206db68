//! A load while it is given: what is due, who is free, who has waited too long.

mod connections;

use std::collections::VecDeque;
use std::iter::Peekable;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use wirelab_reactor::{Reactor, Token};

use crate::counts::Failure;
use crate::report::Of;
use crate::slot::{Asked, Place, Slot};
use crate::{Arrivals, Config, Error, Load, Mix, Report, Schedule};

pub(crate) struct Run<'a> {
    pub(crate) load: &'a Load,
    pub(crate) config: &'a Config,
    pub(crate) mix: Mix,
    /// Its timers are of slots that rest.
    pub(crate) reactor: Reactor<usize>,
    pub(crate) slots: Vec<Slot>,
    /// The slots that are free. The one that has been so for longest is used first, so that all have equal work.
    idle: VecDeque<usize>,
    /// Requests that are due, and have no connection yet.
    queue: VecDeque<Of>,
    /// When requests that were sent are given up, in the order of sending: the time-out is one length for all, so that
    /// it is the order of the deadlines, too. Entries of requests that are answered stay until they are the first.
    expiring: VecDeque<(Instant, usize, u64)>,
    /// Slots that have stopped reading before the end.
    unfinished: Vec<Token>,
    schedule: Peekable<Schedule>,
    pub(crate) begin: Instant,
    /// How many requests were sent.
    number: u64,
    /// How many of them are on a connection now.
    busy: usize,
    pub(crate) report: Report,
    scratch: BytesMut,
}

impl<'a> Run<'a> {
    pub(crate) fn new(load: &'a Load) -> Result<Self, Error> {
        let config = &load.config;
        Ok(Run {
            load,
            config,
            mix: load.mix.clone(),
            reactor: Reactor::new()?,
            slots: (0..config.connections).map(|_| Slot::default()).collect(),
            idle: VecDeque::with_capacity(config.connections),
            queue: VecDeque::new(),
            expiring: VecDeque::new(),
            unfinished: Vec::new(),
            schedule: Schedule::new(config.arrivals).peekable(),
            begin: Instant::now(),
            number: 0,
            busy: 0,
            report: Report::for_kinds(load.mix.names()),
            scratch: BytesMut::new(),
        })
    }

    /// Gives the load. `watch` is called about once a second.
    pub(crate) fn go(mut self, watch: &mut dyn FnMut(&Report)) -> Result<Report, Error> {
        self.begin = Instant::now();
        let last = self.begin + self.config.duration + self.config.grace;
        let mut next_look = self.begin + Duration::from_secs(1);
        if self.is_closed() {
            // Not before the first turn: `now` would lie before the beginning.
            self.reactor.poll(Some(Duration::ZERO))?;
            for slot in std::mem::take(&mut self.idle) {
                self.free(slot);
            }
        }
        while self.reactor.now() < last && !self.is_over() {
            self.turn(Some(last.min(next_look)))?;
            self.send_due();
            self.give_up();
            if self.reactor.now() >= next_look {
                next_look += Duration::from_secs(1);
                self.report.elapsed = self.since_begin();
                watch(&self.report);
            }
        }
        self.finish();
        Ok(self.report)
    }

    fn is_closed(&self) -> bool {
        self.config.arrivals == Arrivals::Closed
    }

    /// Whether requests still become due.
    fn goes_on(&self) -> bool {
        self.since_begin() < self.config.duration
    }

    fn is_over(&mut self) -> bool {
        let more = if self.is_closed() { self.goes_on() } else { self.next_due().is_some() };
        !more && self.busy == 0 && self.queue.is_empty()
    }

    fn since_begin(&self) -> Duration {
        self.reactor.now().saturating_duration_since(self.begin)
    }

    /// When the next request of an open loop is due.
    fn next_due(&mut self) -> Option<Instant> {
        let due = self.schedule.peek().copied().filter(|&due| due < self.config.duration)?;
        self.begin.checked_add(due)
    }

    /// One wait, and what it brought.
    fn turn(&mut self, limit: Option<Instant>) -> Result<(), Error> {
        let wait = self.until_next(limit);
        self.reactor.poll(Some(wait))?;
        for token in std::mem::take(&mut self.unfinished) {
            self.go_on(token, false);
        }
        while let Some(event) = self.reactor.next_event() {
            self.go_on(event.token(), event.is_read_closed());
        }
        while let Some(rested) = self.reactor.next_expired() {
            self.free(rested.key);
        }
        Ok(())
    }

    fn until_next(&mut self, limit: Option<Instant>) -> Duration {
        if !self.unfinished.is_empty() {
            return Duration::ZERO;
        }
        let given_up = self.expiring.front().map(|&(deadline, ..)| deadline);
        let too_late = self.queue.front().map(|of| self.begin + of.due + self.config.timeout);
        let next = [limit, self.next_due(), given_up, too_late].into_iter().flatten().min();
        next.map_or(Duration::MAX, |next| next.saturating_duration_since(Instant::now()))
    }

    /// The requests of an open loop whose moment has come, whether or not a connection is free.
    fn send_due(&mut self) {
        while self.next_due().is_some_and(|due| due <= self.reactor.now()) {
            let Some(due) = self.schedule.next() else { return };
            let of = Of { kind: self.mix.draw(), due };
            self.report.due(of);
            if self.queue.len() >= self.config.queue && self.idle.is_empty() {
                self.report.unsent(of, |unsent| unsent.queue_full += 1);
                continue;
            }
            self.queue.push_back(of);
            if let Some(slot) = self.idle.pop_front() {
                self.free(slot);
            }
        }
    }

    /// The slot has nothing to do: it takes the request that has waited longest, or waits for one.
    fn free(&mut self, slot: usize) {
        while let Some(of) = self.next_request() {
            match self.send(slot, of) {
                Ok(()) => return,
                Err(failure) => self.report.failed(of, failure),
            }
            if self.is_closed() {
                return self.rest(slot);
            }
        }
        self.slots[slot].place = Place::Idle;
        self.idle.push_back(slot);
    }

    fn next_request(&mut self) -> Option<Of> {
        if self.is_closed() {
            let of = self.goes_on().then(|| Of { kind: self.mix.draw(), due: self.since_begin() })?;
            self.report.due(of);
            return Some(of);
        }
        self.drop_late();
        self.queue.pop_front()
    }

    /// Requests that found no connection in time.
    fn drop_late(&mut self) {
        let now = self.since_begin();
        while let Some(&of) = self.queue.front().filter(|of| of.due + self.config.timeout <= now) {
            self.queue.pop_front();
            self.report.unsent(of, |unsent| unsent.too_late += 1);
        }
    }

    /// Puts a request on a slot's connection, which is made first if there is none.
    fn send(&mut self, slot: usize, of: Of) -> Result<(), Failure> {
        self.report.sent(of);
        self.number += 1;
        if self.slots[slot].link.is_none() {
            self.open(slot)?;
        }
        let asking = &self.mix.kinds()[of.kind];
        let link = self.slots[slot].link.as_mut().ok_or(Failure::NoConnection)?;
        if let Err(failure) = link.ask(asking, &mut self.reactor) {
            self.drop_link(slot);
            return Err(failure);
        }
        self.busy += 1;
        self.slots[slot].number = self.number;
        self.slots[slot].place = Place::Busy(Asked { of, sent: self.since_begin() });
        self.expiring.push_back((self.begin + of.due + self.config.timeout, slot, self.number));
        Ok(())
    }

    /// Requests, on connections and in line, whose time is over.
    fn give_up(&mut self) {
        while let Some(&(deadline, slot, number)) = self.expiring.front() {
            let is_open = self.slots[slot].waits_for(number);
            if is_open && deadline > self.reactor.now() {
                break;
            }
            self.expiring.pop_front();
            if is_open {
                self.lost(slot, Failure::TimedOut);
            }
        }
        self.drop_late();
    }

    fn finish(&mut self) {
        for slot in 0..self.slots.len() {
            if let Place::Busy(asked) = self.slots[slot].place {
                self.report.unanswered(asked.of);
            }
            self.drop_link(slot);
        }
        for of in std::mem::take(&mut self.queue) {
            self.report.unsent(of, |unsent| unsent.at_the_end += 1);
        }
        self.report.elapsed = self.since_begin();
    }
}
