//! Everything else that has a descriptor: watched by poll operations.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use libc::{POLLIN, POLLOUT, POLLRDHUP};

use super::Uring;
use crate::event::{Event, Interest, Token, Trigger};
use crate::sys::uring::Key;

/// One source.
///
/// An edge is a multishot operation, which completes each time that the source says something new. A level is a
/// single one, submitted again in the turn after each report: if the source is still ready, it completes at once.
#[derive(Debug)]
pub(super) struct Source {
    fd: RawFd,
    token: Token,
    events: u32,
    trigger: Trigger,
    in_flight: bool,
}

impl Uring {
    /// A descriptor that is here already was closed, and given again: it is replaced.
    pub(crate) fn register(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        let fd = source.as_raw_fd();
        self.forget_source(fd)?;
        let source = Source { fd, token, events: wanted(interest), trigger, in_flight: false };
        let key = self.sources.insert(source);
        self.by_descriptor.insert(fd, key);
        self.to_watch.push(key);
        Ok(())
    }

    pub(crate) fn reregister(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        if !self.by_descriptor.contains_key(&source.as_raw_fd()) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.register(source, token, interest, trigger)
    }

    /// The source is let go of when this returns, and may be closed.
    pub(crate) fn deregister(&mut self, source: BorrowedFd<'_>) -> io::Result<()> {
        if !self.forget_source(source.as_raw_fd())? {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.flush()
    }

    fn forget_source(&mut self, fd: RawFd) -> io::Result<bool> {
        let Some(key) = self.by_descriptor.remove(&fd) else { return Ok(false) };
        if self.sources.remove(key).is_some_and(|source| source.in_flight) {
            self.ring.cancel_watch(key)?;
        }
        Ok(true)
    }

    pub(super) fn submit_sources(&mut self) -> io::Result<()> {
        for key in std::mem::take(&mut self.to_watch) {
            let Some(source) = self.sources.get_mut(key) else { continue };
            self.ring.watch(key, source.fd, source.events, source.trigger == Trigger::Edge)?;
            source.in_flight = true;
        }
        Ok(())
    }

    pub(super) fn on_ready(&mut self, key: Key, result: Result<u32, i32>, goes_on: bool) -> Option<Event> {
        let source = self.sources.get_mut(key)?;
        source.in_flight = goes_on;
        let again = source.trigger == Trigger::Level || source.trigger == Trigger::Edge && !goes_on;
        if again && result.is_ok() {
            self.to_watch.push(key);
        }
        // What cannot be watched (a descriptor that was closed) is told as an error, once.
        Some(Event::from_bits(source.token, result.unwrap_or(libc::POLLERR as u32)))
    }
}

fn wanted(interest: Interest) -> u32 {
    let readable = if interest.readable { POLLIN | POLLRDHUP } else { 0 };
    let writable = if interest.writable { POLLOUT } else { 0 };
    (readable | writable) as u32
}
