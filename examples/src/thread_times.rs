use std::fs;
use std::io;
use std::time::Duration;

/// How long a thread has run so far, and how often it has waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadTime {
    /// Its process.
    pub process: u32,
    /// Its own number.
    pub thread: u32,
    /// The name that it was given, at most 15 bytes.
    pub name: String,
    /// In user space and in the kernel together, to the nanosecond.
    pub time: Duration,
    /// How often it has given up the processor to wait for something, and so been woken.
    pub waits: u64,
}

/// The threads of a process and of its children, and theirs, by `/proc/PID/task`. A thread or a child that ends meanwhile is left
/// out.
///
/// ```
/// use wirelab_examples::thread_times;
///
/// std::thread::sleep(std::time::Duration::from_millis(1)); // who gives the processor up has his turn booked
/// let threads = thread_times(std::process::id())?;
/// assert!(threads.iter().any(|thread| !thread.time.is_zero()), "this one has run");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// There is no such process, or no `/proc`; `NotFound`, too, where the kernel does not keep these figures
/// (`CONFIG_SCHED_INFO`).
pub fn thread_times(root: u32) -> io::Result<Vec<ThreadTime>> {
    let mut times = Vec::new();
    let mut processes = vec![root];
    while let Some(process) = processes.pop() {
        let threads = match fs::read_dir(format!("/proc/{process}/task")) {
            Err(_) if process != root => continue, // a child that has just ended
            threads => threads?,
        };
        for entry in threads.filter_map(Result::ok) {
            let folder = entry.path();
            let read = |file: &str| fs::read_to_string(folder.join(file));
            let (Ok(name), Ok(schedstat)) = (read("comm"), read("schedstat")) else { continue };
            // Time on a processor, time waiting for one, number of turns.
            let time = schedstat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or(0);
            let waits = read("status").ok().and_then(|status| waits(&status)).unwrap_or(0);
            let thread = folder.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0);
            let (name, time) = (name.trim_end().to_owned(), Duration::from_nanos(time));
            times.push(ThreadTime { process, thread, name, time, waits });
            let children = read("children").unwrap_or_default();
            processes.extend(children.split_whitespace().filter_map(|child| child.parse::<u32>().ok()));
        }
    }
    if times.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the kernel does not say how long threads have run",
        ));
    }
    times.sort_by_key(|thread| (thread.process, thread.thread));
    Ok(times)
}

/// How long each of the threads that are there `after` has run since `before`.
pub fn used_between(before: &[ThreadTime], after: &[ThreadTime]) -> Vec<Duration> {
    let earlier = |thread: u32| before.iter().find(|other| other.thread == thread).map(|other| other.time);
    after
        .iter()
        .map(|thread| thread.time.saturating_sub(earlier(thread.thread).unwrap_or_default()))
        .collect()
}

/// How long all threads of a process and of its children have run so far, those that have ended among them: to a hundredth of
/// a second, which is how `/proc/PID/stat` counts.
///
/// # Errors
/// There is no such process.
pub fn processor_time(process: u32) -> io::Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may contain anything; behind it, user and system time are the 12th and the 13th.
    let behind = stat.rsplit_once(')').map_or("", |(_, behind)| behind);
    let hundredths: u64 =
        behind.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    let children = children.split_whitespace().filter_map(|child| child.parse().ok());
    let of_children = children.map(processor_time).filter_map(Result::ok).sum::<Duration>();
    Ok(Duration::from_millis(10 * hundredths) + of_children)
}

fn waits(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn what_threads_did_that_have_ended_counts() {
        let busy = Duration::from_millis(50);
        let before = processor_time(std::process::id()).unwrap();
        let work = move || {
            let began = wirelab::socket::thread_cpu_time().unwrap();
            while wirelab::socket::thread_cpu_time().unwrap() - began < busy {}
        };
        std::thread::spawn(work).join().unwrap();
        let used = processor_time(std::process::id()).unwrap() - before;
        assert!(used >= busy - Duration::from_millis(20), "{used:?}"); // two roundings
    }

    #[test]
    fn the_threads_of_a_child_process_are_among_them() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let found = loop {
            let times = thread_times(std::process::id()).unwrap();
            if let Some(found) = times.into_iter().find(|thread| thread.process == child.id()) {
                break found;
            }
        };
        drop(child.stdin.take());
        child.wait().unwrap();
        assert_eq!(found.thread, child.id());
        assert!(thread_times(child.id()).is_err(), "it has ended");
    }
}
