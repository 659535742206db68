//! 100,000 deadlines: `cargo bench -p wirelab-benches --bench timers`, about 5 s.
//!
//! The reactor's timers beside the standard library's `BinaryHeap`, which cannot remove from its middle: there, whoever
//! cancels a timer marks it, and it stays until it is due. Every step is done 100,000 times.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::time::{Duration, Instant};

use wirelab::reactor::Timers;
use wirelab_benches::rounds;

const TIMERS: u64 = 100_000;
const ROUNDS: usize = 21;

const STEPS: [&str; 4] =
    ["set, in any order", "set, the latest last", "set and cancel, 100,000 there", "expire"];

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        println!("nothing is timed outside of `cargo bench`");
        return;
    }
    let start = Instant::now();
    let times = rounds::medians(ROUNDS, 2 * STEPS.len(), |at| {
        let step = at / 2;
        let time = if at % 2 == 0 { time::<Ours>(step, start) } else { time::<Marked>(step, start) };
        time.as_secs_f64() / TIMERS as f64 * 1e9
    });
    println!("{TIMERS} timers; nanoseconds each, medians of {ROUNDS} turns in rotation.");
    println!("  {:<30} {:>8} {:>12}", "", "Timers", "BinaryHeap");
    for (step, times) in STEPS.iter().zip(times.chunks(2)) {
        println!("  {step:<30} {:>8.0} {:>12.0}", times[0], times[1]);
    }
    let (ours, standard) = (left::<Ours>(start), left::<Marked>(start));
    println!("  {:<30} {ours:>8} {standard:>12}", "entries left by set and cancel");
}

/// Deadlines within a minute, scattered by a fixed sequence.
fn scattered(n: u64) -> Duration {
    Duration::from_millis(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xffff)
}

/// What the two have in common. They are used a second time when they are timed: their memory is there.
trait Heap: Default {
    fn set(&mut self, deadline: Instant, n: u64);
    fn set_and_cancel(&mut self, deadline: Instant, n: u64);
    /// How many were due.
    fn expire_all(&mut self, now: Instant) -> u64;
    /// How many entries there are.
    fn len(&self) -> usize;
}

#[derive(Default)]
struct Ours(Timers<u64>);

impl Heap for Ours {
    fn set(&mut self, deadline: Instant, n: u64) {
        self.0.insert(deadline, n);
    }

    fn set_and_cancel(&mut self, deadline: Instant, n: u64) {
        let id = self.0.insert(deadline, n);
        self.0.cancel(id);
    }

    fn expire_all(&mut self, now: Instant) -> u64 {
        self.0.expire(now).count() as u64
    }

    fn len(&self) -> usize {
        self.0.len()
    }
}

/// A heap, and the numbers of those that were cancelled.
#[derive(Default)]
struct Marked {
    heap: BinaryHeap<Reverse<(Instant, u64)>>,
    cancelled: HashSet<u64>,
}

impl Heap for Marked {
    fn set(&mut self, deadline: Instant, n: u64) {
        self.heap.push(Reverse((deadline, n)));
    }

    fn set_and_cancel(&mut self, deadline: Instant, n: u64) {
        self.heap.push(Reverse((deadline, TIMERS + n)));
        self.cancelled.insert(TIMERS + n);
    }

    fn expire_all(&mut self, _now: Instant) -> u64 {
        let mut expired = 0;
        while let Some(Reverse((_, n))) = self.heap.pop() {
            expired += u64::from(!self.cancelled.remove(&n));
        }
        expired
    }

    fn len(&self) -> usize {
        self.heap.len()
    }
}

fn time<H: Heap>(step: usize, start: Instant) -> Duration {
    let mut heap = H::default();
    let fill = |heap: &mut H, deadline: &dyn Fn(u64) -> Duration| {
        (0..TIMERS).for_each(|n| heap.set(start + deadline(n), n));
    };
    let churn = |heap: &mut H| {
        (0..TIMERS).for_each(|n| heap.set_and_cancel(start + Duration::from_secs(60) + scattered(n), n));
    };
    let end = start + Duration::from_secs(200);
    fill(&mut heap, &scattered);
    churn(&mut heap);
    heap.expire_all(end);
    if step >= 2 {
        fill(&mut heap, &scattered);
    }
    let began = Instant::now();
    match step {
        0 => fill(&mut heap, &scattered),
        1 => fill(&mut heap, &Duration::from_micros),
        2 => churn(&mut heap),
        _ => assert_eq!(heap.expire_all(end), TIMERS),
    }
    began.elapsed()
}

/// How many entries are left when 100,000 timers were set and cancelled.
fn left<H: Heap>(start: Instant) -> usize {
    let mut heap = H::default();
    (0..TIMERS).for_each(|n| heap.set_and_cancel(start + scattered(n), n));
    heap.len()
}
