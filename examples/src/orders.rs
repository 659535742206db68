use std::collections::BTreeMap;

/// What a thread does next. Whatever is one step here, no other thread comes between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Copies the counter to a place of the thread's own.
    Read,
    /// Writes that copy, plus one, to the counter.
    Write,
    /// Both at once, as a processor can (`fetch_add`).
    Add,
    /// Writes as above if the counter is still what was read; otherwise the thread goes back to reading it, which must be
    /// the step before (`compare_exchange`).
    WriteIfSame,
    /// Waits until nobody has the lock of this number, 0 or 1, and takes it.
    Lock(usize),
    /// Gives it back.
    Unlock(usize),
}

/// Two threads, somewhere in their programs.
#[derive(Clone)]
struct World<'a> {
    programs: [&'a [Step]; 2],
    at: [usize; 2],
    copies: [u64; 2],
    locked: [bool; 2],
    counter: u64,
    /// Who has made each step so far: `a` or `b`.
    order: String,
}

/// All orders in which the steps of two threads can come, and how each ends. The counter is 0 at first.
///
/// ```
/// use wirelab_examples::{Orders, Step};
///
/// let lossy = [Step::Read, Step::Write];
/// let orders = Orders::of(&lossy, &lossy);
/// assert_eq!((orders.count(), orders.ending_with(2), orders.ending_with(1)), (6, 2, 4));
/// ```
#[derive(Debug, Default)]
pub struct Orders {
    /// For each final counter, how many orders lead to it, and the first of them.
    ends: BTreeMap<u64, (u64, String)>,
    deadlocks: Vec<String>,
}

impl Orders {
    /// Tries them all. Their number grows with the length of the programs as C(2n, n) does: 184,756 for ten steps each.
    pub fn of(a: &[Step], b: &[Step]) -> Self {
        let mut orders = Orders::default();
        let (at, copies, locked) = ([0; 2], [0; 2], [false; 2]);
        orders.explore(World { programs: [a, b], at, copies, locked, counter: 0, order: String::new() });
        orders
    }

    // ANCHOR: explore
    /// Lets each thread that can go on do so, in a copy of the world for each, and goes on from there.
    fn explore(&mut self, world: World<'_>) {
        let next: Vec<World<'_>> = (0..2).filter_map(|thread| world.clone().step(thread)).collect();
        if !next.is_empty() {
            next.into_iter().for_each(|world| self.explore(world));
        } else if (0..2).all(|thread| world.at[thread] == world.programs[thread].len()) {
            self.ends.entry(world.counter).or_insert((0, world.order)).0 += 1;
        } else {
            self.deadlocks.push(world.order);
        }
    }
    // ANCHOR_END: explore

    /// How many orders there are.
    pub fn count(&self) -> u64 {
        self.ends.values().map(|(count, _)| count).sum::<u64>() + self.deadlocks.len() as u64
    }

    /// How many orders end with this counter.
    pub fn ending_with(&self, counter: u64) -> u64 {
        self.ends.get(&counter).map_or(0, |(count, _)| *count)
    }

    /// An order that ends with this counter: a letter for each step.
    pub fn example(&self, counter: u64) -> Option<&str> {
        self.ends.get(&counter).map(|(_, order)| order.as_str())
    }

    /// The least counter that an order ends with.
    pub fn least(&self) -> Option<u64> {
        self.ends.keys().next().copied()
    }

    /// The orders that do not end, as each thread waits for the other; up to that point.
    pub fn deadlocks(&self) -> &[String] {
        &self.deadlocks
    }
}

impl World<'_> {
    /// The world after this thread's next step; `None` if it has none, or waits.
    fn step(mut self, thread: usize) -> Option<Self> {
        let step = *self.programs[thread].get(self.at[thread])?;
        self.at[thread] += 1;
        match step {
            Step::Read => self.copies[thread] = self.counter,
            Step::Write => self.counter = self.copies[thread] + 1,
            Step::Add => self.counter += 1,
            Step::WriteIfSame if self.counter == self.copies[thread] => self.counter += 1,
            Step::WriteIfSame => self.at[thread] = self.at[thread].saturating_sub(2),
            Step::Lock(lock) if std::mem::replace(self.locked.get_mut(lock)?, true) => return None,
            Step::Lock(_) => {}
            Step::Unlock(lock) => *self.locked.get_mut(lock)? = false,
        }
        self.order.push(['a', 'b'][thread]);
        Some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::Step::*;
    use super::*;

    #[test]
    fn there_are_as_many_orders_as_ways_to_merge_two_sequences() {
        for (steps, expected) in [(1, 2), (2, 6), (3, 20), (4, 70), (5, 252)] {
            let program = vec![Add; steps];
            assert_eq!(Orders::of(&program, &program).count(), expected);
        }
    }

    #[test]
    fn a_write_that_finds_another_value_is_made_again() {
        let program = [Read, WriteIfSame];
        let orders = Orders::of(&program, &program);
        assert_eq!(orders.ending_with(2), orders.count());
        assert_eq!(orders.example(2), Some("aabb"));
    }

    #[test]
    fn whoever_waits_for_a_lock_is_not_stepped_over() {
        let program = [Lock(0), Read, Write, Unlock(0)];
        let orders = Orders::of(&program, &program);
        assert_eq!((orders.count(), orders.ending_with(2), orders.deadlocks().len()), (2, 2, 0));
        let crossed =
            Orders::of(&[Lock(0), Lock(1), Unlock(1), Unlock(0)], &[Lock(1), Lock(0), Unlock(0), Unlock(1)]);
        assert_eq!(crossed.deadlocks(), ["ab", "ba"]);
    }
}
