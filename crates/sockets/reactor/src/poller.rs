use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use libc::{EPOLLERR, EPOLLET, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, epoll_event};

use crate::{Event, Interest, Token, Trigger, sys};

/// An epoll instance: a set of sources kept by the kernel, and the list of those that became ready.
///
/// `select` and `poll` are told the whole set in each call and look at every member. Epoll is told of a source
/// once, and from then on the source itself puts itself on the ready list when something happens to it: ten
/// thousand idle connections cost memory and no time.
///
/// This is the only file that knows epoll; another system's mechanism would offer the same five methods.
///
/// ```
/// use std::io::Write;
/// use std::os::unix::net::UnixStream;
/// use wirelab_reactor::{Events, Interest, Poller, Token, Trigger};
///
/// # fn main() -> std::io::Result<()> {
/// let (mut near, far) = UnixStream::pair()?;
/// let poller = Poller::new()?;
/// poller.register(&far, Token(7), Interest::READABLE, Trigger::Level)?;
/// near.write_all(b"x")?;
///
/// let mut events = Events::with_capacity(16);
/// poller.wait(&mut events, None)?;
/// let event = events.iter().next().unwrap();
/// assert_eq!(event.token(), Token(7));
/// assert!(event.is_readable() && !event.is_read_closed());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Poller {
    epoll: OwnedFd,
}

impl Poller {
    /// `epoll_create1(EPOLL_CLOEXEC)`: an empty set.
    ///
    /// # Errors
    /// `EMFILE`, `ENFILE`: no descriptor is free.
    pub fn new() -> io::Result<Self> {
        Ok(Poller { epoll: sys::epoll_create()? })
    }

    /// `epoll_ctl(EPOLL_CTL_ADD)`: watches `source` from now on. If it is ready already, the next
    /// [`wait`](Self::wait) reports it, edge-triggered or not.
    ///
    /// A source leaves the set by itself when it is closed, but only with the last duplicate of its descriptor.
    ///
    /// # Errors
    /// `AlreadyExists`: it is registered. `EPERM`: it is a regular file, which is always ready. `ENOSPC`:
    /// `fs.epoll.max_user_watches` is reached.
    pub fn register(
        &self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        let flags = to_flags(interest, trigger);
        sys::epoll_set(self.epoll.as_fd(), libc::EPOLL_CTL_ADD, source.as_fd(), flags, token.0)
    }

    /// `epoll_ctl(EPOLL_CTL_MOD)`: replaces token, interest and trigger. If the source is ready now, the next
    /// wait reports it, so that this also arms an edge again.
    ///
    /// # Errors
    /// `NotFound`: it is not registered.
    pub fn reregister(
        &self,
        source: &impl AsFd,
        token: Token,
        interest: Interest,
        trigger: Trigger,
    ) -> io::Result<()> {
        let flags = to_flags(interest, trigger);
        sys::epoll_set(self.epoll.as_fd(), libc::EPOLL_CTL_MOD, source.as_fd(), flags, token.0)
    }

    /// `epoll_ctl(EPOLL_CTL_DEL)`: watches it no longer. For a source that lives on; closing does it by itself.
    ///
    /// # Errors
    /// `NotFound`: it is not registered.
    pub fn deregister(&self, source: &impl AsFd) -> io::Result<()> {
        sys::epoll_remove(self.epoll.as_fd(), source.as_fd())
    }

    /// `epoll_wait`: waits until a source is ready or `limit` has passed (`None`: for ever), and replaces
    /// `events` by what is ready. No more than their capacity come at once; the kernel takes turns, so that the
    /// rest come next time.
    ///
    /// The limit is rounded up to whole milliseconds, which is what the call takes: a timer may be served up to
    /// a millisecond late, but never wakes the loop too early to do nothing. A wait that a signal handler
    /// interrupts ends without events.
    ///
    /// # Errors
    /// None are known.
    pub fn wait(&self, events: &mut Events, limit: Option<Duration>) -> io::Result<()> {
        events.filled = 0;
        match sys::epoll_wait(self.epoll.as_fd(), &mut events.buffer, milliseconds(limit)) {
            Ok(count) => events.filled = count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// Room for the events of one [`Poller::wait`], used again for the next.
pub struct Events {
    buffer: Vec<epoll_event>,
    filled: usize,
}

impl Events {
    /// Room for `capacity` events, at least one.
    pub fn with_capacity(capacity: usize) -> Self {
        Events { buffer: vec![epoll_event { events: 0, u64: 0 }; capacity.max(1)], filled: 0 }
    }

    /// The events of the last wait, in the order in which their sources became ready.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.buffer[..self.filled].iter().map(from_kernel)
    }

    pub(crate) fn get(&self, index: usize) -> Option<Event> {
        self.buffer[..self.filled].get(index).map(from_kernel)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.filled
    }

    /// Whether there are none: the limit has passed.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

fn to_flags(interest: Interest, trigger: Trigger) -> i32 {
    let mut flags = 0;
    if interest.readable {
        flags |= EPOLLIN | EPOLLRDHUP;
    }
    if interest.writable {
        flags |= EPOLLOUT;
    }
    if trigger == Trigger::Edge {
        flags |= EPOLLET;
    }
    flags
}

fn from_kernel(event: &epoll_event) -> Event {
    let (flags, token) = (event.events, event.u64); // copied out, since the struct is packed
    let has = |flag: i32| flags & flag as u32 != 0;
    Event {
        token: Token(token),
        readable: has(EPOLLIN),
        writable: has(EPOLLOUT),
        read_closed: has(EPOLLRDHUP),
        hangup: has(EPOLLHUP),
        error: has(EPOLLERR),
    }
}

fn milliseconds(limit: Option<Duration>) -> i32 {
    limit.map_or(-1, |limit| i32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX))
}
