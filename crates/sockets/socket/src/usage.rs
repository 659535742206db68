use std::io;
use std::time::Duration;

use crate::sys::usage as sys;

/// The processor time that the calling thread has used, in user space and in the kernel on its behalf.
///
/// On the loopback device a `send` also pays for its delivery: the kernel runs the receiver's side of TCP before
/// the call returns, and books it on the sender.
///
/// ```
/// use wirelab_socket::thread_cpu_time;
///
/// # fn main() -> std::io::Result<()> {
/// let before = thread_cpu_time()?;
/// std::thread::sleep(std::time::Duration::from_millis(50));      // waiting is free
/// assert!(thread_cpu_time()? - before < std::time::Duration::from_millis(50));
/// # Ok(()) }
/// ```
///
/// # Errors
/// None are known.
pub fn thread_cpu_time() -> io::Result<Duration> {
    sys::clock(libc::CLOCK_THREAD_CPUTIME_ID).map(duration)
}

/// The processor time that all threads of this process have used, those that have ended among them.
///
/// # Errors
/// None are known.
pub fn process_cpu_time() -> io::Result<Duration> {
    sys::clock(libc::CLOCK_PROCESS_CPUTIME_ID).map(duration)
}

/// What the scheduler has counted: `getrusage`. Take two readings and subtract.
///
/// ```
/// use std::time::Duration;
/// use wirelab_socket::Usage;
///
/// # fn main() -> std::io::Result<()> {
/// let before = Usage::of_thread()?;
/// std::thread::sleep(Duration::from_millis(1));
/// let slept = Usage::of_thread()?.since(&before);
/// assert_eq!(slept.voluntary_switches, 1);                       // it waited once
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time in user space. The kernel divides by sampling: only the sum of both times is exact.
    pub user: Duration,
    /// Processor time in the kernel.
    pub system: Duration,
    /// How often the processor was given up in order to wait: for a connection, for bytes, for a lock. Each is
    /// followed by a wake-up, also by one that turns out to be in vain and never shows in user space.
    pub voluntary_switches: u64,
    /// How often the processor was taken away, for another thread's turn.
    pub involuntary_switches: u64,
}

impl Usage {
    /// Of the calling thread since it began (`RUSAGE_THREAD`).
    ///
    /// # Errors
    /// None are known.
    pub fn of_thread() -> io::Result<Self> {
        sys::resource_usage(libc::RUSAGE_THREAD).map(Self::from)
    }

    /// Of all threads of this process, those that have ended among them (`RUSAGE_SELF`).
    ///
    /// # Errors
    /// None are known.
    pub fn of_process() -> io::Result<Self> {
        sys::resource_usage(libc::RUSAGE_SELF).map(Self::from)
    }

    /// What was used between an earlier reading and this one.
    pub fn since(&self, earlier: &Self) -> Self {
        Usage {
            user: self.user.saturating_sub(earlier.user),
            system: self.system.saturating_sub(earlier.system),
            voluntary_switches: self.voluntary_switches.saturating_sub(earlier.voluntary_switches),
            involuntary_switches: self.involuntary_switches.saturating_sub(earlier.involuntary_switches),
        }
    }
}

impl From<libc::rusage> for Usage {
    fn from(usage: libc::rusage) -> Self {
        let time = |time: libc::timeval| {
            Duration::from_secs(unsigned(time.tv_sec)) + Duration::from_micros(unsigned(time.tv_usec))
        };
        Usage {
            user: time(usage.ru_utime),
            system: time(usage.ru_stime),
            voluntary_switches: unsigned(usage.ru_nvcsw),
            involuntary_switches: unsigned(usage.ru_nivcsw),
        }
    }
}

/// Raises the soft limit of open descriptors to `wanted`, as far as the hard limit permits, and returns the limit
/// that holds now. One that is higher already stays.
///
/// A connection costs a descriptor at each end, and many systems start programs with 1024. That number is no
/// protection of the kernel but of old programs, as `select` cannot look at a descriptor beyond it.
///
/// # Errors
/// None are known, since the hard limit is respected.
pub fn raise_descriptor_limit(wanted: u64) -> io::Result<u64> {
    let mut limit = sys::descriptor_limit()?;
    let raised = wanted.min(limit.rlim_max);
    if raised > limit.rlim_cur {
        limit.rlim_cur = raised;
        sys::set_descriptor_limit(&limit)?;
    }
    Ok(limit.rlim_cur)
}

fn duration(time: libc::timespec) -> Duration {
    Duration::from_secs(unsigned(time.tv_sec)) + Duration::from_nanos(unsigned(time.tv_nsec))
}

/// The kernel's times and counts are signed in C and never negative.
fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Works until the thread's own clock says so, which another thread's work cannot hasten.
    fn work(amount: Duration) {
        let before = thread_cpu_time().unwrap();
        while thread_cpu_time().unwrap() - before < amount {}
    }

    #[test]
    fn the_work_of_one_thread_is_not_booked_on_another() {
        let (mine, process) = (thread_cpu_time().unwrap(), process_cpu_time().unwrap());
        std::thread::spawn(|| work(Duration::from_millis(30))).join().unwrap();
        let mine = thread_cpu_time().unwrap() - mine;
        assert!(mine < Duration::from_millis(30), "{mine:?}");
        let process = process_cpu_time().unwrap() - process;
        assert!(process >= Duration::from_millis(30), "{process:?}");
    }

    #[test]
    fn every_wait_is_a_voluntary_switch() {
        let before = Usage::of_thread().unwrap();
        for _ in 0..5 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let slept = Usage::of_thread().unwrap().since(&before);
        assert_eq!(slept.voluntary_switches, 5, "{slept:?}");
        assert!(Usage::of_process().unwrap().voluntary_switches >= 5);
    }

    #[test]
    fn the_limit_of_descriptors_is_never_lowered() {
        let now = raise_descriptor_limit(0).unwrap();
        assert!(now > 0);
        assert_eq!(raise_descriptor_limit(now).unwrap(), now);
        assert!(raise_descriptor_limit(u64::MAX).unwrap() >= now);
    }
}
