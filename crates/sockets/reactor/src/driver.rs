use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use crate::epoll::Epoll;
use crate::event::{Event, Interest, Token, Trigger};
use crate::poll::PollSet;
use crate::uring::Uring;
use crate::{Backend, UringConfig};

/// The mechanism beneath a reactor.
#[derive(Debug)]
pub(crate) enum Driver {
    Epoll(Epoll),
    Poll(PollSet),
    Uring(Box<Uring>),
}

impl Driver {
    pub(crate) fn new(backend: Backend, config: &UringConfig) -> io::Result<Self> {
        Ok(match backend {
            Backend::Epoll => Driver::Epoll(Epoll::new()?),
            Backend::Poll => Driver::Poll(PollSet::new()),
            Backend::Uring => Driver::Uring(Box::new(Uring::new(config)?)),
        })
    }

    pub(crate) fn backend(&self) -> Backend {
        match self {
            Driver::Epoll(_) => Backend::Epoll,
            Driver::Poll(_) => Backend::Poll,
            Driver::Uring(_) => Backend::Uring,
        }
    }

    pub(crate) fn register(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        match self {
            Driver::Epoll(epoll) => epoll.register(source, token, interest, trigger),
            Driver::Poll(set) => set.register(source, token, interest, trigger),
            Driver::Uring(ring) => ring.register(source, token, interest, trigger),
        }
    }

    pub(crate) fn reregister(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        match self {
            Driver::Epoll(epoll) => epoll.reregister(source, token, interest, trigger),
            Driver::Poll(set) => set.reregister(source, token, interest, trigger),
            Driver::Uring(ring) => ring.reregister(source, token, interest, trigger),
        }
    }

    pub(crate) fn deregister(&mut self, source: BorrowedFd<'_>) -> io::Result<()> {
        match self {
            Driver::Epoll(epoll) => epoll.deregister(source),
            Driver::Poll(set) => set.deregister(source),
            Driver::Uring(ring) => ring.deregister(source),
        }
    }

    /// Adds what is ready to `ready`, after waiting for it no longer than `limit`.
    pub(crate) fn wait(&mut self, ready: &mut Vec<Event>, limit: Option<Duration>) -> io::Result<()> {
        match self {
            Driver::Epoll(epoll) => epoll.wait(ready, limit),
            Driver::Poll(set) => set.wait(ready, limit),
            Driver::Uring(ring) => ring.wait(ready, limit),
        }
    }
}
