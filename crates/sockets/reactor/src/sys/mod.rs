//! The system calls: every `unsafe` block of this crate, each as a thin safe function.

pub(crate) mod uring;

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::time::Duration;

use libc::{c_int, epoll_event, sigset_t};

pub(crate) fn epoll_create() -> io::Result<OwnedFd> {
    // SAFETY: takes an integer.
    owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
}

/// `operation` is `EPOLL_CTL_ADD` or `EPOLL_CTL_MOD`.
pub(crate) fn epoll_set(
    epoll: BorrowedFd<'_>,
    operation: c_int,
    fd: BorrowedFd<'_>,
    events: c_int,
    token: u64,
) -> io::Result<()> {
    let mut event = epoll_event { events: events as u32, u64: token };
    // SAFETY: the kernel copies the one struct behind the pointer.
    unit(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), operation, fd.as_raw_fd(), &mut event) })
}

pub(crate) fn epoll_remove(epoll: BorrowedFd<'_>, fd: BorrowedFd<'_>) -> io::Result<()> {
    let none = std::ptr::null_mut();
    // SAFETY: the kernel does not look at the event of a removal.
    unit(unsafe { libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_DEL, fd.as_raw_fd(), none) })
}

/// Returns how many of `events` were filled; `milliseconds` of -1 waits for ever.
pub(crate) fn epoll_wait(
    epoll: BorrowedFd<'_>,
    events: &mut [epoll_event],
    milliseconds: c_int,
) -> io::Result<usize> {
    let room = c_int::try_from(events.len()).unwrap_or(c_int::MAX);
    // SAFETY: the kernel writes at most `room` structs, and the slice holds as many.
    let count =
        integer(unsafe { libc::epoll_wait(epoll.as_raw_fd(), events.as_mut_ptr(), room, milliseconds) })?;
    Ok(count as usize)
}

/// [`epoll_wait`] with a limit in nanoseconds; since Linux 5.11.
pub(crate) fn epoll_wait_nanos(
    epoll: BorrowedFd<'_>,
    events: &mut [epoll_event],
    limit: Duration,
) -> io::Result<usize> {
    let (fd, room) = (epoll.as_raw_fd(), c_int::try_from(events.len()).unwrap_or(c_int::MAX));
    let limit = libc::timespec {
        tv_sec: libc::time_t::try_from(limit.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: limit.subsec_nanos().into(),
    };
    let no_mask = std::ptr::null::<sigset_t>();
    // SAFETY: the kernel writes at most `room` structs, and the slice holds as many; it reads the one limit, and a mask that is
    // null is none. By number, as old C libraries have no such function; the mask's size is that of the kernel's sets.
    let count = unsafe {
        libc::syscall(
            libc::SYS_epoll_pwait2,
            fd,
            events.as_mut_ptr(),
            room,
            &raw const limit,
            no_mask,
            8_usize,
        )
    };
    usize::try_from(count).map_err(|_negative| io::Error::last_os_error())
}

/// Fills in what happened to each entry, and returns to how many something did; `milliseconds` of -1 waits for ever.
pub(crate) fn poll(entries: &mut [libc::pollfd], milliseconds: c_int) -> io::Result<usize> {
    let count = entries.len() as libc::nfds_t;
    // SAFETY: the kernel reads and writes `count` entries, and the slice holds as many.
    let count = integer(unsafe { libc::poll(entries.as_mut_ptr(), count, milliseconds) })?;
    Ok(count as usize)
}

/// What epoll and `poll` take: whole milliseconds, rounded up so as not to wake too early to do anything; -1 is no
/// limit.
pub(crate) fn milliseconds(limit: Option<Duration>) -> c_int {
    limit.map_or(-1, |limit| c_int::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(c_int::MAX))
}

pub(crate) fn eventfd() -> io::Result<OwnedFd> {
    // SAFETY: takes two integers.
    owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })
}

pub(crate) fn eventfd_add(fd: BorrowedFd<'_>, value: u64) -> io::Result<()> {
    let bytes = value.to_ne_bytes();
    // SAFETY: `bytes` is readable for its length.
    let result = unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Sets the counter to zero.
pub(crate) fn eventfd_drain(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut value = [0; 8];
    // SAFETY: the kernel writes at most eight bytes, and there are as many.
    let result = unsafe { libc::read(fd.as_raw_fd(), value.as_mut_ptr().cast(), value.len()) };
    match io::Error::last_os_error() {
        error if result < 0 && error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

/// Whether `SO_LINGER` is on with a time of zero: closing drops what was not sent.
pub(crate) fn lingers_not(socket: BorrowedFd<'_>) -> bool {
    let mut linger = libc::linger { l_onoff: 0, l_linger: 0 };
    let mut length = size_of::<libc::linger>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `length` bytes, which is the size of the struct.
    let result = unsafe {
        let (level, name, value) = (libc::SOL_SOCKET, libc::SO_LINGER, (&raw mut linger).cast());
        libc::getsockopt(socket.as_raw_fd(), level, name, value, &mut length)
    };
    result == 0 && linger.l_onoff != 0 && linger.l_linger == 0
}

/// A set of signal numbers.
pub(crate) fn signal_set(signals: impl IntoIterator<Item = c_int>) -> io::Result<sigset_t> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: `sigemptyset` initialises the set that it is given.
    let mut set = unsafe {
        unit(libc::sigemptyset(set.as_mut_ptr()))?;
        set.assume_init()
    };
    for signal in signals {
        // SAFETY: the set is initialised; a number that is no signal is refused.
        unit(unsafe { libc::sigaddset(&mut set, signal) })?;
    }
    Ok(set)
}

/// Changes the signals that the calling thread blocks, and returns those that it blocked before.
pub(crate) fn change_mask(how: c_int, set: &sigset_t) -> io::Result<sigset_t> {
    let mut before = *set;
    // SAFETY: the first set is read and the second written.
    // Calls of the pthread family return their error and leave errno alone.
    match unsafe { libc::pthread_sigmask(how, set, &mut before) } {
        0 => Ok(before),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

pub(crate) fn signalfd(set: &sigset_t) -> io::Result<OwnedFd> {
    // SAFETY: the set is read; -1 asks for a new descriptor.
    owned(unsafe { libc::signalfd(-1, set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) })
}

/// Takes one pending signal, and returns its number.
pub(crate) fn signalfd_take(fd: BorrowedFd<'_>) -> io::Result<c_int> {
    // SAFETY: the struct consists of integers, for which all zeroes is a value.
    let mut info: libc::signalfd_siginfo = unsafe { MaybeUninit::zeroed().assume_init() };
    let room = size_of_val(&info);
    // SAFETY: the kernel writes at most `room` bytes, which is the size of the struct.
    let result = unsafe { libc::read(fd.as_raw_fd(), (&raw mut info).cast(), room) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(info.ssi_signo as c_int) }
}

/// Sends a signal to the calling thread.
pub(crate) fn raise(signal: c_int) -> io::Result<()> {
    // SAFETY: takes an integer; what the signal does is what it would do from any other sender.
    match unsafe { libc::raise(signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// `process` is above 0: the others mean groups.
pub(crate) fn kill(process: libc::pid_t, signal: c_int) -> io::Result<()> {
    // SAFETY: takes two integers.
    unit(unsafe { libc::kill(process, signal) })
}

fn owned(result: c_int) -> io::Result<OwnedFd> {
    let fd = integer(result)?;
    // SAFETY: a call that makes a descriptor has just returned it, so that it is open and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn unit(result: c_int) -> io::Result<()> {
    integer(result).map(drop)
}

fn integer(result: c_int) -> io::Result<c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
