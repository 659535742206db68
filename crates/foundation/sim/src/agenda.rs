use std::collections::BTreeMap;

use wirelab_sansio::Instant;

/// What is still to happen, in the order of time; what is due at the same moment, in the order it was entered.
pub(crate) struct Agenda<T> {
    items: BTreeMap<(Instant, u64), T>,
    entered: u64,
}

impl<T> Agenda<T> {
    pub(crate) const fn new() -> Self {
        Agenda { items: BTreeMap::new(), entered: 0 }
    }

    pub(crate) fn enter(&mut self, when: Instant, item: T) {
        self.items.insert((when, self.entered), item);
        self.entered += 1;
    }

    pub(crate) fn next_time(&self) -> Option<Instant> {
        self.items.first_key_value().map(|(&(when, _), _)| when)
    }

    /// The first item, if it is due at `now`.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<T> {
        if self.next_time()? > now {
            return None;
        }
        self.items.pop_first().map(|(_, item)| item)
    }
}
