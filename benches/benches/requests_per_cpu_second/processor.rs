//! Which processor a process runs on, and how long it has run.

#![allow(unsafe_code, reason = "the standard library has none of these calls")]

use std::fs;
use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::thread;
use std::time::{Duration, Instant};

/// The load and its servers each have a processor, the first two that are allowed; with one, they share it.
pub(crate) fn use_for_load() -> io::Result<()> {
    use_nth(0)
}

/// For the children that are started from now on.
pub(crate) fn use_for_server() -> io::Result<()> {
    use_nth(1)
}

/// For children that need more than one.
pub(crate) fn use_all() -> io::Result<()> {
    use_these(processors())
}

fn use_nth(n: usize) -> io::Result<()> {
    use_these(processors().get(n..=n).unwrap_or_default())
}

/// Those that were allowed at the start.
fn processors() -> &'static [usize] {
    static ALLOWED: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
    ALLOWED.get_or_init(|| allowed().unwrap_or_default())
}

fn use_these(processors: &[usize]) -> io::Result<()> {
    if processors.is_empty() {
        return Ok(());
    }
    // SAFETY: the set is plain bits, for which zero is a value; it lives until the call is over.
    let result = unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        processors.iter().for_each(|&processor| libc::CPU_SET(processor, &mut set));
        libc::sched_setaffinity(0, size_of_val(&set), &set)
    };
    checked(result)
}

fn allowed() -> io::Result<Vec<usize>> {
    // SAFETY: as above.
    unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        checked(libc::sched_getaffinity(0, size_of_val(&set), &mut set))?;
        Ok((0..libc::CPU_SETSIZE as usize).filter(|&n| libc::CPU_ISSET(n, &set)).collect())
    }
}

/// The processor time of a process and all its threads so far, user and system, to the nanosecond. (The fields of
/// `/proc/PID/stat` count in hundredths of a second.)
pub(crate) fn time_of(process: u32) -> io::Result<Duration> {
    let mut clock = 0;
    let mut time = MaybeUninit::<libc::timespec>::uninit();
    // SAFETY: both calls fill what they are given a pointer to, and say so.
    let time = unsafe {
        match libc::clock_getcpuclockid(process as libc::pid_t, &mut clock) {
            0 => checked(libc::clock_gettime(clock, time.as_mut_ptr()))?,
            error => return Err(io::Error::from_raw_os_error(error)),
        }
        time.assume_init()
    };
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

/// A process and its children.
pub(crate) fn family(root: u32) -> io::Result<Vec<u32>> {
    let mut family = vec![root];
    for entry in fs::read_dir("/proc")? {
        let process = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        family.extend(process.filter(|&process| parent(process) == Some(root)));
    }
    Ok(family)
}

/// A process and its children, as soon as they are so many.
pub(crate) fn family_of(root: u32, size: usize) -> io::Result<Vec<u32>> {
    let begin = Instant::now();
    loop {
        match family(root)? {
            family if family.len() == size => return Ok(family),
            family if begin.elapsed() > Duration::from_secs(5) => {
                return Err(io::Error::other(format!("{} processes instead of {size}", family.len())));
            }
            _ => thread::sleep(Duration::from_millis(10)),
        }
    }
}

/// The second field behind the name, which is in parentheses and may contain anything.
fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// SIGTERM. A process that has ended already needs none.
pub(crate) fn terminate(process: u32) {
    // SAFETY: two numbers.
    unsafe { libc::kill(process as libc::pid_t, libc::SIGTERM) };
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
