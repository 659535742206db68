use std::time::Instant;

/// Deadlines in their order, any of which can be cancelled: one for each of 100,000 connections, say.
///
/// # The structure, and why
///
/// A binary heap of `(deadline, number)`, in which each timer knows its own place:
///
/// ```text
///   heap    [ 12:00:03 #0 │ 12:00:05 #2 │ 12:00:09 #1 ]       a child is never earlier than its parent
///                │ slot        │             │
///   slots   [ key, place 0 │ key, place 2 │ key, place 1 ]    a TimerId is a slot and a number
/// ```
///
/// * The standard `BinaryHeap` cannot remove from the middle. Cancelled timers would stay until their deadline:
///   a server with a time-out of a minute and 50,000 requests a second would carry three million dead ones.
///   Here a cancelled timer is removed at once, and memory is that of the most timers that were ever alive
///   together.
/// * A hierarchical wheel inserts and cancels in constant time, but rounds deadlines to its ticks, moves timers
///   between its levels, and finds the next deadline by a search. At 100,000 timers the heap has 17 levels, and
///   a new timer whose deadline is later than most, as time-outs of one length are, climbs none of them.
///
/// The cheapest timer is one that is not touched. For an idle time-out, note the moment of the last byte, and
/// when the timer expires set it again for what is left; do not cancel and insert for each byte.
///
/// ```
/// use std::time::{Duration, Instant};
/// use wirelab_reactor::Timers;
///
/// let start = Instant::now();
/// let mut timers = Timers::new();
/// let late = timers.insert(start + Duration::from_secs(9), "late");
/// timers.insert(start + Duration::from_secs(3), "early");
/// timers.insert(start + Duration::from_secs(5), "middle");
/// assert_eq!(timers.cancel(late), Some("late"));
/// assert_eq!(timers.next_deadline(), Some(start + Duration::from_secs(3)));
///
/// let expired: Vec<_> = timers.expire(start + Duration::from_secs(60)).map(|timer| timer.key).collect();
/// assert_eq!(expired, ["early", "middle"]);
/// ```
#[derive(Debug)]
pub struct Timers<K> {
    heap: Vec<Entry>,
    slots: Vec<Option<Slot<K>>>,
    free: Vec<usize>,
    inserted: u64,
}

/// Names one timer for [`Timers::cancel`]. It is never given again, so that an old one does no harm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimerId {
    slot: usize,
    number: u64,
}

/// A timer whose deadline has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired<K> {
    /// What [`Timers::insert`] returned.
    pub id: TimerId,
    /// When it was due.
    pub deadline: Instant,
    /// What it was inserted with.
    pub key: K,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    deadline: Instant,
    /// The how-manieth timer it is: equal deadlines expire in the order of insertion.
    number: u64,
    slot: usize,
}

#[derive(Debug)]
struct Slot<K> {
    number: u64,
    /// Where in the heap its entry is.
    place: usize,
    key: K,
}

impl<K> Timers<K> {
    /// No timers.
    pub fn new() -> Self {
        Timers { heap: Vec::new(), slots: Vec::new(), free: Vec::new(), inserted: 0 }
    }

    /// Sets a timer. O(log n), and O(1) when most others are due before it.
    pub fn insert(&mut self, deadline: Instant, key: K) -> TimerId {
        let number = self.inserted;
        self.inserted += 1;
        let place = self.heap.len();
        let entry = Some(Slot { number, place, key });
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = entry;
                slot
            }
            None => {
                self.slots.push(entry);
                self.slots.len() - 1
            }
        };
        self.heap.push(Entry { deadline, number, slot });
        self.sift_up(place);
        TimerId { slot, number }
    }

    /// Takes a timer back, and returns its key; `None` if it has expired or been cancelled already. O(log n).
    pub fn cancel(&mut self, id: TimerId) -> Option<K> {
        let slot = self.slots.get(id.slot)?.as_ref().filter(|slot| slot.number == id.number)?;
        let place = slot.place;
        self.remove(place).map(|expired| expired.key)
    }

    /// The earliest deadline: until then the loop may sleep.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.heap.first().map(|entry| entry.deadline)
    }

    /// Takes the timers that are due at `now`, the earliest first. What the iterator is not asked for stays.
    pub fn expire(&mut self, now: Instant) -> impl Iterator<Item = Expired<K>> + '_ {
        std::iter::from_fn(move || self.pop_expired(now))
    }

    /// Takes the earliest timer if it is due at `now`.
    pub fn pop_expired(&mut self, now: Instant) -> Option<Expired<K>> {
        if self.next_deadline()? <= now { self.remove(0) } else { None }
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The last entry takes the place of the removed one, and then moves to where it belongs.
    fn remove(&mut self, place: usize) -> Option<Expired<K>> {
        let entry = *self.heap.get(place)?;
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            self.note_place(place);
            self.sift_down(place);
            self.sift_up(place);
        }
        let slot = self.slots[entry.slot].take()?;
        self.free.push(entry.slot);
        let id = TimerId { slot: entry.slot, number: entry.number };
        Some(Expired { id, deadline: entry.deadline, key: slot.key })
    }

    fn sift_up(&mut self, mut place: usize) {
        while place > 0 {
            let parent = (place - 1) / 2;
            if !self.is_before(place, parent) {
                break;
            }
            self.swap(place, parent);
            place = parent;
        }
    }

    fn sift_down(&mut self, mut place: usize) {
        loop {
            let (left, right) = (2 * place + 1, 2 * place + 2);
            if left >= self.heap.len() {
                break;
            }
            let child = if right < self.heap.len() && self.is_before(right, left) { right } else { left };
            if !self.is_before(child, place) {
                break;
            }
            self.swap(place, child);
            place = child;
        }
    }

    fn is_before(&self, a: usize, b: usize) -> bool {
        let order = |place: usize| (self.heap[place].deadline, self.heap[place].number);
        order(a) < order(b)
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.note_place(a);
        self.note_place(b);
    }

    fn note_place(&mut self, place: usize) {
        if let Some(slot) = &mut self.slots[self.heap[place].slot] {
            slot.place = place;
        }
    }
}

impl<K> Default for Timers<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::time::Duration;

    /// A small generator (xorshift), so that the test is the same each time.
    fn next_random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    #[test]
    fn timers_expire_by_deadline_and_equal_ones_in_the_order_of_insertion() {
        let start = Instant::now();
        let mut timers = Timers::new();
        for (after, key) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b'), (5, 'e'), (9, 'f')] {
            timers.insert(start + Duration::from_secs(after), key);
        }
        let due: String = timers.expire(start + Duration::from_secs(5)).map(|timer| timer.key).collect();
        assert_eq!(due, "abcde");
        assert_eq!(timers.next_deadline(), Some(start + Duration::from_secs(9)));
    }

    #[test]
    fn a_cancelled_timer_is_silent_and_its_id_stays_dead() {
        let start = Instant::now();
        let mut timers = Timers::new();
        let first = timers.insert(start, 1);
        assert_eq!(timers.cancel(first), Some(1));
        let second = timers.insert(start, 2); // in the slot of the first
        assert_eq!(timers.cancel(first), None, "an old id does not hit the new timer");
        assert_eq!(timers.expire(start).map(|timer| timer.id).collect::<Vec<_>>(), [second]);
        assert_eq!(timers.cancel(second), None, "it has expired");
    }

    #[test]
    fn what_is_not_taken_stays() {
        let start = Instant::now();
        let mut timers = Timers::new();
        for key in 0..10 {
            timers.insert(start, key);
        }
        assert_eq!(timers.expire(start).take(4).count(), 4);
        assert_eq!(timers.len(), 6);
        assert_eq!(timers.pop_expired(start).unwrap().key, 4);
    }

    #[test]
    fn cancelling_and_inserting_for_ever_takes_no_more_memory() {
        let start = Instant::now();
        let mut timers = Timers::new();
        let mut ids: Vec<_> = (0..1000).map(|n| timers.insert(start + Duration::from_secs(n), n)).collect();
        for round in 0..100_000 {
            let at = round % ids.len();
            timers.cancel(ids[at]).unwrap();
            ids[at] = timers.insert(start + Duration::from_secs(60), 0);
        }
        assert_eq!((timers.heap.len(), timers.slots.len(), timers.free.len()), (1000, 1000, 0));
    }

    #[test]
    fn a_hundred_thousand_random_steps_agree_with_a_sorted_map() {
        let start = Instant::now();
        let (mut timers, mut model, mut random) = (Timers::new(), BTreeMap::new(), 0x9e37_79b9_7f4a_7c15);
        let mut ids = Vec::new();
        for step in 0..100_000u64 {
            let choice = next_random(&mut random);
            let deadline = start + Duration::from_millis(choice >> 32 & 0xffff);
            match choice % 8 {
                0..5 => {
                    let id = timers.insert(deadline, step);
                    model.insert((deadline, step), id);
                    ids.push((deadline, step, id));
                }
                5..7 if !ids.is_empty() => {
                    let (deadline, key, id) = ids.swap_remove((choice >> 8) as usize % ids.len());
                    let expected = model.remove(&(deadline, key)).map(|_id| key);
                    assert_eq!(timers.cancel(id), expected, "step {step}");
                }
                _ => {
                    let got = timers.pop_expired(deadline).map(|timer| (timer.deadline, timer.key));
                    let first = model.first_key_value().map(|(&key, _)| key);
                    let expected = first.filter(|&(due, _)| due <= deadline);
                    assert_eq!(got, expected, "step {step}");
                    expected.map(|key| model.remove(&key));
                }
            }
            assert_eq!(timers.len(), model.len(), "step {step}");
        }
        let rest: Vec<_> = timers.expire(start + Duration::from_secs(100)).map(|timer| timer.key).collect();
        assert_eq!(rest, model.into_keys().map(|(_, key)| key).collect::<Vec<_>>());
    }
}
