use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;
use std::time::Duration;

use libc::{POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, pollfd};

use crate::event::{Event, Interest, Token, Trigger};
use crate::link::{Dropped, Link};
use crate::reactor::BATCH;
use crate::sys;

/// A set for `poll`, kept here and shown to the kernel whole in each turn.
///
/// ```text
///  entries   [ fd 5, IN  │ fd 9, OUT │ fd 7, –   ]      the kernel's: descriptor, wanted, found
///  sources   [ token 3   │ token 8   │ token 1   ]      ours, in the same order
///  places    [ – – – – – 0 – 2 – 1 ]                    by descriptor, which are small numbers
/// ```
///
/// POSIX has only levels. The edges of a channel are made here: a direction that was reported is no longer asked for,
/// until a read or write of the program says that it has come to the end ([`want`](Self::want)). As levels are
/// beneath, nothing is lost between the two.
///
/// The calls are POSIX's, and so is what this file relies on. The rest of the crate is Linux: another Unix needs a
/// pipe for the eventfd of `waker.rs`, another one for `signals.rs` (written to by a handler), and `accept` with two
/// `fcntl` for `accept4`.
#[derive(Debug)]
pub(crate) struct PollSet {
    entries: Vec<pollfd>,
    sources: Vec<Source>,
    places: Vec<Option<usize>>,
    /// Where the next look at the entries begins, so that the last ones have their turn too.
    next: usize,
    /// How many registrations there were: the upper half of a channel's key.
    registered: u32,
    dropped: Arc<Dropped>,
}

#[derive(Debug)]
struct Source {
    fd: RawFd,
    token: Token,
    kind: Kind,
    number: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Level,
    OneShot,
    Channel,
}

impl PollSet {
    pub(crate) fn new() -> Self {
        PollSet {
            entries: Vec::new(),
            sources: Vec::new(),
            places: Vec::new(),
            next: 0,
            registered: 0,
            dropped: Arc::default(),
        }
    }

    pub(crate) fn register(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        let kind = kind(trigger)?;
        self.insert(source.as_raw_fd(), token, wanted(interest), kind);
        Ok(())
    }

    pub(crate) fn reregister(
        &mut self,
        source: BorrowedFd<'_>,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        let kind = kind(trigger)?;
        let fd = source.as_raw_fd();
        self.place(fd).ok_or(io::ErrorKind::NotFound)?;
        self.insert(fd, token, wanted(interest), kind);
        Ok(())
    }

    pub(crate) fn deregister(&mut self, source: BorrowedFd<'_>) -> io::Result<()> {
        let place = self.place(source.as_raw_fd()).ok_or(io::ErrorKind::NotFound)?;
        self.remove(place);
        Ok(())
    }

    /// Watches a connection: first for something to read, and for room only when a write has found none.
    pub(crate) fn open(&mut self, stream: BorrowedFd<'_>, token: Token) -> Link {
        let number = self.insert(stream.as_raw_fd(), token, POLLIN, Kind::Channel);
        Link::new(u64::from(number) << 32 | stream.as_raw_fd() as u64, &self.dropped)
    }

    /// A read or write has come to the end of what there was: the next event is wanted.
    pub(crate) fn want(&mut self, link: Option<&Link>, interest: Interest) {
        if let Some(place) = link.and_then(|link| self.place_of_channel(link.key())) {
            self.entries[place].events |= wanted(interest);
        }
    }

    /// Forgets channels that were closed.
    pub(crate) fn forget_dropped(&mut self) {
        for key in self.dropped.take() {
            if let Some(place) = self.place_of_channel(key) {
                self.remove(place);
            }
        }
    }

    /// Looks at every entry, from where it stopped last, and reports no more than [`BATCH`].
    pub(crate) fn wait(&mut self, ready: &mut Vec<Event>, limit: Option<Duration>) -> io::Result<()> {
        self.forget_dropped();
        let mut found = match sys::poll(&mut self.entries, sys::milliseconds(limit)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            result => result?,
        };
        let (count, first) = (self.entries.len(), self.next);
        let mut closed = Vec::new();
        for step in 0..count {
            if found == 0 || ready.len() >= BATCH {
                break;
            }
            let place = (first + step) % count;
            match self.entries[place].revents {
                0 => continue,
                bits if bits & POLLNVAL != 0 => closed.push(self.sources[place].fd),
                bits => ready.push(self.report(place, bits)),
            }
            found -= 1;
            self.next = place + 1;
        }
        for fd in closed {
            if let Some(place) = self.place(fd) {
                self.remove(place);
            }
        }
        Ok(())
    }

    fn report(&mut self, place: usize, bits: i16) -> Event {
        let (entry, source) = (&mut self.entries[place], &self.sources[place]);
        let ended = bits & (POLLHUP | POLLERR) != 0;
        match source.kind {
            Kind::Level => {}
            Kind::OneShot => mute(entry),
            // These two are reported whether asked for or not, and so for ever.
            Kind::Channel if ended => mute(entry),
            Kind::Channel => entry.events &= !bits,
        }
        Event::from_bits(source.token, bits as u16 as u32)
    }

    /// A descriptor that is here already was closed, and given again: it is replaced.
    fn insert(&mut self, fd: RawFd, token: Token, events: i16, kind: Kind) -> u32 {
        self.registered = self.registered.wrapping_add(1);
        let number = self.registered;
        let (entry, source) = (pollfd { fd, events, revents: 0 }, Source { fd, token, kind, number });
        if let Some(place) = self.place(fd) {
            (self.entries[place], self.sources[place]) = (entry, source);
            return number;
        }
        let index = fd as usize; // an open descriptor is not negative
        if self.places.len() <= index {
            self.places.resize(index + 1, None);
        }
        self.places[index] = Some(self.entries.len());
        self.entries.push(entry);
        self.sources.push(source);
        number
    }

    /// The last entry takes the place of the removed one.
    fn remove(&mut self, place: usize) {
        let source = self.sources.swap_remove(place);
        self.entries.swap_remove(place);
        self.places[source.fd as usize] = None;
        if let Some(moved) = self.sources.get(place) {
            self.places[moved.fd as usize] = Some(place);
        }
    }

    fn place(&self, fd: RawFd) -> Option<usize> {
        *self.places.get(usize::try_from(fd).ok()?)?
    }

    fn place_of_channel(&self, key: u64) -> Option<usize> {
        let place = self.place(key as u32 as RawFd)?;
        (self.sources[place].number == (key >> 32) as u32).then_some(place)
    }
}

/// The kernel passes over negative descriptors.
fn mute(entry: &mut pollfd) {
    entry.fd = -1;
}

fn wanted(interest: Interest) -> i16 {
    let readable = if interest.readable { POLLIN } else { 0 };
    let writable = if interest.writable { POLLOUT } else { 0 };
    readable | writable
}

fn kind(trigger: Trigger) -> io::Result<Kind> {
    match trigger {
        Trigger::Level => Ok(Kind::Level),
        Trigger::OneShot => Ok(Kind::OneShot),
        Trigger::Edge => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "poll has no edges: register with a level, or open the connection as a channel",
        )),
    }
}
