use std::ops::{Deref, DerefMut};
use std::time::Duration;

use wirelab_sansio::Instant;

use crate::agenda::Agenda;
use crate::world::World;
use crate::{RunError, Side};

pub(crate) type Action<P> = Box<dyn FnOnce(&mut End<P>)>;

/// One end of a pair: the protocol, and what its application can do besides calling it.
///
/// It dereferences to the protocol, so that `pair.client.send_request(…)` reads as it would without a simulator. The methods
/// here come first; a protocol's own method of the same name is reached by `(**end).now()`.
pub struct End<P> {
    pub(crate) side: Side,
    pub(crate) protocol: P,
    now: Instant,
    notes: Vec<String>,
    actions: Agenda<Action<P>>,
    /// The moment the protocol failed, and the error's text.
    pub(crate) failed: Option<(Instant, String)>,
}

impl<P> End<P> {
    pub(crate) fn new(side: Side, protocol: P) -> Self {
        let (now, notes, actions) = (Instant::ZERO, Vec::new(), Agenda::new());
        End { side, protocol, now, notes, actions, failed: None }
    }

    /// The time in the simulation.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Writes a remark into the log, and so into the ladder.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Calls `action` at a time in the simulation; a time that has passed means at once.
    pub fn at(&mut self, when: Instant, action: impl FnOnce(&mut End<P>) + 'static) {
        self.actions.enter(when.max(self.now), Box::new(action));
    }

    /// Calls `action` after a while in the simulation: a server that needs 30 ms to think, a user who waits.
    pub fn after(&mut self, wait: Duration, action: impl FnOnce(&mut End<P>) + 'static) {
        self.at(self.now + wait, action);
    }

    pub(crate) fn next_action(&self) -> Option<Instant> {
        self.actions.next_time()
    }

    pub(crate) fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// Runs what is due; `true` if anything was.
    pub(crate) fn act<T>(&mut self, world: &mut World<T>) -> Result<bool, RunError> {
        let mut acted = false;
        while let Some(action) = self.actions.take_due(self.now) {
            world.count()?;
            action(self);
            self.write_notes(world);
            acted = true;
        }
        Ok(acted)
    }

    pub(crate) fn write_notes<T>(&mut self, world: &mut World<T>) {
        for note in self.notes.drain(..) {
            world.log_mut().note(self.now, self.side, note);
        }
    }
}

impl<P> Deref for End<P> {
    type Target = P;
    fn deref(&self) -> &P {
        &self.protocol
    }
}

impl<P> DerefMut for End<P> {
    fn deref_mut(&mut self) -> &mut P {
        &mut self.protocol
    }
}
