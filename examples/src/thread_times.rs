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

/// The threads of a process and of its children, and theirs, by `/proc/PID/task`. A thread that ends meanwhile is left out.
///
/// ```
/// use wirelab_examples::thread_times;
///
/// let threads = thread_times(std::process::id())?;
/// assert!(threads.iter().any(|thread| !thread.time.is_zero()), "this one has run");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// There is no such process, or no `/proc`; `NotFound`, too, where the kernel does not keep these figures
/// (`CONFIG_SCHED_INFO`).
pub fn thread_times(process: u32) -> io::Result<Vec<ThreadTime>> {
    let mut times = Vec::new();
    let mut processes = vec![process];
    while let Some(process) = processes.pop() {
        for entry in fs::read_dir(format!("/proc/{process}/task"))? {
            let folder = entry?.path();
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

fn waits(status: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

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
