//! What happens to the connections of a load.

use std::time::Instant;

use wirelab_reactor::Token;

use super::Run;
use crate::Error;
use crate::counts::Failure;
use crate::link::{Answer, Link, Progress};
use crate::slot::{Place, Slot};

impl Run<'_> {
    /// Makes all connections before the clock starts; those that are not kept are made when they are needed.
    pub(crate) fn open_all(&mut self) -> Result<(), Error> {
        for slot in 0..self.slots.len() {
            if self.config.connection_per_request {
                self.idle.push_back(slot);
                continue;
            }
            match self.open(slot) {
                Ok(()) => self.slots[slot].place = Place::Opening,
                Err(_) => self.not_opened(slot),
            }
        }
        let deadline = Instant::now() + self.config.timeout;
        let opening = |slot: &Slot| matches!(slot.place, Place::Opening);
        while self.slots.iter().any(opening) && self.reactor.now() < deadline {
            self.turn(Some(deadline))?;
        }
        for slot in 0..self.slots.len() {
            if opening(&self.slots[slot]) {
                self.drop_link(slot);
                self.not_opened(slot);
            }
        }
        Ok(())
    }

    pub(super) fn open(&mut self, slot: usize) -> Result<(), Failure> {
        let token = self.slots[slot].next_token(slot);
        let link = Link::open(self.load.address, self.config, &mut self.reactor, token);
        self.slots[slot].link = Some(link.map_err(|error| Failure::of_connecting(&error))?);
        Ok(())
    }

    /// The slot's connection is ready for something; `ending`: the server's FIN has come, perhaps behind an answer.
    pub(super) fn go_on(&mut self, token: Token, ending: bool) {
        let slot = Slot::index(token);
        let Some(Slot { link: Some(link), .. }) = self.slots.get_mut(slot).filter(|slot| slot.is_of(token))
        else {
            return; // of a connection that was closed in this turn
        };
        let was_connected = link.is_connected();
        let progress = link.advance(&mut self.reactor, &mut self.scratch);
        if link.is_connected() && !was_connected {
            self.report.connected += 1;
            if matches!(self.slots[slot].place, Place::Opening) {
                self.slots[slot].place = Place::Idle;
                self.idle.push_back(slot);
            }
        }
        match progress {
            Ok(Progress::Waits) => {}
            Ok(Progress::HasMore) => self.unfinished.push(token),
            Ok(Progress::Answered(answer)) => self.answered(slot, token, answer, ending),
            Ok(Progress::Ended) => self.lost(slot, Failure::Closed),
            Err(failure) => self.lost(slot, failure),
        }
    }

    fn answered(&mut self, slot: usize, token: Token, answer: Answer, ending: bool) {
        // An answer that nobody asked for is not HTTP, and does not come this far.
        let Place::Busy(asked) = self.slots[slot].place else { return };
        let now = self.since_begin();
        self.busy -= 1;
        self.report.bytes += answer.bytes;
        self.report.answered(asked.of, answer.status, now - asked.of.due, now - asked.sent);
        match &self.slots[slot].link {
            Some(link) if link.is_reusable() && !ending => self.free(slot),
            // The server closes first, so that the port that waits out TIME-WAIT is not one of ours. Its FIN may have come
            // with the answer, and then no further event will tell of it.
            _ => {
                self.slots[slot].place = Place::Parting;
                self.unfinished.push(token);
            }
        }
    }

    /// The connection has ended, or is given up.
    pub(super) fn lost(&mut self, slot: usize, failure: Failure) {
        self.drop_link(slot);
        match self.slots[slot].place {
            Place::Busy(asked) => {
                self.busy -= 1;
                self.report.failed(asked.of, failure);
                if self.is_closed() { self.rest(slot) } else { self.free(slot) }
            }
            Place::Opening => self.not_opened(slot),
            Place::Parting => self.free(slot),
            Place::Idle => self.report.lost_idle += 1, // it is in the line of the idle ones already
            Place::Resting => {}
        }
    }

    pub(super) fn rest(&mut self, slot: usize) {
        self.slots[slot].place = Place::Resting;
        self.reactor.set_timer(self.config.rest, slot);
    }

    fn not_opened(&mut self, slot: usize) {
        self.report.not_opened += 1;
        self.slots[slot].place = Place::Idle;
        self.idle.push_back(slot);
    }

    pub(super) fn drop_link(&mut self, slot: usize) {
        if let Some(link) = self.slots[slot].link.take() {
            link.close(&mut self.reactor);
        }
    }
}
