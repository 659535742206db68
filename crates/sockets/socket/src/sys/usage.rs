//! What the calling thread and its process have used, and may use.

use std::io;
use std::mem::MaybeUninit;

use libc::{clockid_t, rlimit, rusage, timespec};

use super::returned;

pub(crate) fn clock(clock: clockid_t) -> io::Result<timespec> {
    let mut time = timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the kernel writes one struct through the pointer.
    returned("clock_gettime", unsafe { libc::clock_gettime(clock, &mut time) }, |_| clock.to_string())?;
    Ok(time)
}

/// `who` is `RUSAGE_THREAD` or `RUSAGE_SELF`.
pub(crate) fn resource_usage(who: libc::c_int) -> io::Result<rusage> {
    // SAFETY: `rusage` consists of integers, for which all zeroes is a value.
    let mut usage: rusage = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: the kernel writes one struct through the pointer.
    returned("getrusage", unsafe { libc::getrusage(who, &mut usage) }, |_| who.to_string())?;
    Ok(usage)
}

pub(crate) fn descriptor_limit() -> io::Result<rlimit> {
    let mut limit = rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the kernel writes one struct through the pointer.
    let result = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    returned("getrlimit", result, |_| "RLIMIT_NOFILE".to_owned())?;
    Ok(limit)
}

pub(crate) fn set_descriptor_limit(limit: &rlimit) -> io::Result<()> {
    // SAFETY: the kernel reads the one struct behind the pointer.
    let result = unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) };
    returned("setrlimit", result, |_| format!("RLIMIT_NOFILE, {}", limit.rlim_cur)).map(drop)
}
