use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use libc::{EPOLLET, EPOLLEXCLUSIVE, EPOLLIN, EPOLLONESHOT, EPOLLOUT, EPOLLRDHUP, epoll_event};

use crate::event::{Event, Interest, Token, Trigger};
use crate::reactor::BATCH;
use crate::sys;

/// An epoll instance: a set of sources kept by the kernel, and the list of those that became ready.
///
/// `select` and `poll` are told the whole set in each call and look at every member. Epoll is told of a source once,
/// and from then on the source itself puts itself on the ready list when something happens to it: ten thousand idle
/// connections cost memory and no time.
pub(crate) struct Epoll {
    epoll: OwnedFd,
    /// Room for what one wait finds.
    found: Vec<epoll_event>,
}

impl Epoll {
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Epoll { epoll: sys::epoll_create()?, found: vec![epoll_event { events: 0, u64: 0 }; BATCH] })
    }

    pub(crate) fn register(
        &self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        sys::epoll_set(self.epoll.as_fd(), libc::EPOLL_CTL_ADD, source, flags(interest, trigger), token.0)
    }

    /// With `EPOLLEXCLUSIVE`, which only an addition may have, and no change of it ever after.
    pub(crate) fn register_shared(&self, listener: BorrowedFd<'_>, token: Token) -> io::Result<()> {
        let flags = EPOLLIN | EPOLLEXCLUSIVE;
        sys::epoll_set(self.epoll.as_fd(), libc::EPOLL_CTL_ADD, listener, flags, token.0)
    }

    pub(crate) fn reregister(
        &self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        sys::epoll_set(self.epoll.as_fd(), libc::EPOLL_CTL_MOD, source, flags(interest, trigger), token.0)
    }

    pub(crate) fn deregister(&self, source: BorrowedFd<'_>) -> io::Result<()> {
        sys::epoll_remove(self.epoll.as_fd(), source)
    }

    /// No more than [`BATCH`] come at once; the kernel takes turns, so that the rest come next time.
    pub(crate) fn wait(&mut self, ready: &mut Vec<Event>, limit: Option<Duration>) -> io::Result<()> {
        match self.wait_in_kernel(limit) {
            Ok(count) => ready.extend(self.found[..count].iter().map(|found| {
                let (bits, token) = (found.events, found.u64); // copied out, since the struct is packed
                Event::from_bits(Token(token), bits)
            })),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// A limit that is no whole number of milliseconds takes `epoll_pwait2`, where the kernel has it.
    fn wait_in_kernel(&mut self, limit: Option<Duration>) -> io::Result<usize> {
        if let Some(limit) = limit.filter(|limit| limit.subsec_nanos() % 1_000_000 != 0) {
            let found = sys::epoll_wait_nanos(self.epoll.as_fd(), &mut self.found, limit);
            if !found.as_ref().is_err_and(|error| error.raw_os_error() == Some(libc::ENOSYS)) {
                return found;
            }
        }
        sys::epoll_wait(self.epoll.as_fd(), &mut self.found, sys::milliseconds(limit))
    }
}

impl fmt::Debug for Epoll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Epoll").field("epoll", &self.epoll).finish_non_exhaustive()
    }
}

fn flags(interest: Interest, trigger: Trigger) -> i32 {
    let mut flags = 0;
    if interest.readable {
        flags |= EPOLLIN | EPOLLRDHUP;
    }
    if interest.writable {
        flags |= EPOLLOUT;
    }
    flags
        | match trigger {
            Trigger::Level => 0,
            Trigger::Edge => EPOLLET,
            Trigger::OneShot => EPOLLONESHOT,
        }
}
