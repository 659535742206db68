use std::io;
use std::ops::Add;
use std::time::Duration;

use wirelab::socket::{Usage, thread_cpu_time};

/// What messages have cost the thread, or the threads, that serve them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// How many there were.
    pub messages: u64,
    /// System calls.
    pub calls: u64,
    /// Returns from waiting, by the scheduler's count.
    pub wakes: u64,
    /// Processor time.
    pub cpu: Duration,
}

impl Cost {
    /// System calls for each message.
    pub fn calls_each(&self) -> f64 {
        self.calls as f64 / self.messages as f64
    }

    /// Wake-ups for each message.
    pub fn wakes_each(&self) -> f64 {
        self.wakes as f64 / self.messages as f64
    }

    /// Microseconds of processor for each message.
    pub fn micros_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.messages as f64
    }
}

/// What two threads have cost together.
impl Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost {
            messages: self.messages + other.messages,
            calls: self.calls + other.calls,
            wakes: self.wakes + other.wakes,
            cpu: self.cpu + other.cpu,
        }
    }
}

/// Measures on the thread that serves, from the end of its first message to the end of its last: without what comes before
/// and after all messages.
///
/// ```
/// use wirelab_examples::Meter;
///
/// # fn main() -> std::io::Result<()> {
/// let mut meter = Meter::new(3);
/// for calls in [10, 12, 14] {
///     meter.served(calls)?;
/// }
/// assert_eq!(meter.cost().messages, 2);
/// assert_eq!(meter.cost().calls_each(), 2.0);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Meter {
    expected: u64,
    served: u64,
    first: Cost,
    cost: Cost,
}

impl Meter {
    /// For so many messages, two at least.
    pub fn new(expected: usize) -> Self {
        Meter { expected: expected as u64, served: 0, first: Cost::default(), cost: Cost::default() }
    }

    /// One more was served; so many system calls were made until now.
    ///
    /// # Errors
    /// None are known.
    pub fn served(&mut self, calls: u64) -> io::Result<()> {
        self.served += 1;
        if self.served == 1 {
            self.first = reading(calls)?;
        } else if self.served == self.expected {
            let last = reading(calls)?;
            self.cost = Cost {
                messages: self.expected - 1,
                calls: last.calls - self.first.calls,
                wakes: last.wakes - self.first.wakes,
                cpu: last.cpu - self.first.cpu,
            };
        }
        Ok(())
    }

    /// The cost of all but the first. Nothing, if the last did not come.
    pub fn cost(&self) -> Cost {
        self.cost
    }
}

fn reading(calls: u64) -> io::Result<Cost> {
    Ok(Cost { messages: 0, calls, wakes: Usage::of_thread()?.voluntary_switches, cpu: thread_cpu_time()? })
}
