//! A listener on a ring: one operation that accepts again and again.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};

use wirelab_socket::TcpStream;

use super::{Owner, Uring};
use crate::event::{Event, Token};
use crate::link::Link;
use crate::sys::uring::{Key, Ring};

/// With so many accepted connections that nobody has taken, the operation is ended until they are taken: the rest are
/// to wait in the kernel's queue, where they cost no descriptor and the backlog bounds them.
const ACCEPTED: usize = 256;

/// One listener, and what was accepted from it.
#[derive(Debug)]
pub(super) struct Listening {
    fd: RawFd,
    token: Token,
    active: bool,
    accepted: VecDeque<OwnedFd>,
    /// What ended the operation: `EMFILE`, above all.
    failure: Option<i32>,
    operation: Operation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    None,
    InFlight,
    /// Its end is on the way.
    Cancelled,
}

impl Listening {
    fn has_something(&self) -> bool {
        self.active && (!self.accepted.is_empty() || self.failure.is_some())
    }

    fn submit(&mut self, ring: &mut Ring, key: Key) -> io::Result<()> {
        if self.active
            && self.operation == Operation::None
            && self.accepted.is_empty()
            && self.failure.is_none()
        {
            ring.accept(key, self.fd)?;
            self.operation = Operation::InFlight;
        }
        Ok(())
    }

    fn cancel(&mut self, ring: &mut Ring, key: Key) -> io::Result<()> {
        if self.operation == Operation::InFlight {
            ring.cancel_accept(key)?;
            self.operation = Operation::Cancelled;
        }
        Ok(())
    }
}

impl Uring {
    pub(crate) fn listen(&mut self, listener: BorrowedFd<'_>, token: Token) -> Link {
        let key = self.listeners.insert(Listening {
            fd: listener.as_raw_fd(),
            token,
            active: false,
            accepted: VecDeque::new(),
            failure: None,
            operation: Operation::None,
        });
        Link::new(Owner::Listener.number(key), &self.dropped)
    }

    fn listening(&mut self, link: Option<&Link>) -> Option<(Key, &mut Listening)> {
        let key = Owner::Listener.key(link?.key())?;
        self.listeners.get_mut(key).map(|listening| (key, listening))
    }

    /// What was accepted, or why not; `None`: ask the kernel's queue.
    pub(crate) fn next_accepted(
        &mut self,
        link: Option<&Link>,
    ) -> Option<io::Result<(TcpStream, SocketAddr)>> {
        let (_, listening) = self.listening(link)?;
        if let Some(fd) = listening.accepted.pop_front() {
            let stream = TcpStream::from(fd);
            // A multishot accept has nowhere to put the addresses. Who has sent an RST meanwhile has none.
            let lost = |_| io::Error::from_raw_os_error(libc::ECONNABORTED);
            return Some(stream.peer_addr().map_err(lost).map(|peer| (stream, peer)));
        }
        listening.failure.take().map(|code| Err(io::Error::from_raw_os_error(code)))
    }

    /// Nothing is accepted any more when this returns.
    pub(crate) fn pause(&mut self, link: Option<&Link>) -> io::Result<()> {
        let Some(key) = link.and_then(|link| Owner::Listener.key(link.key())) else { return Ok(()) };
        if let Some(listening) = self.listeners.get_mut(key) {
            listening.active = false;
            listening.failure = None;
            listening.cancel(&mut self.ring, key)?;
        }
        self.flush()
    }

    pub(crate) fn resume(&mut self, link: Option<&Link>) {
        if let Some((_, listening)) = self.listening(link) {
            listening.active = true;
        }
    }

    /// Its acceptor is gone.
    pub(super) fn close_listener(&mut self, key: Key) -> io::Result<()> {
        if let Some(mut listening) = self.listeners.remove(key)
            && listening.operation == Operation::InFlight
        {
            listening.cancel(&mut self.ring, key)?;
            self.flush()?;
        }
        Ok(())
    }

    pub(super) fn submit_listeners(&mut self) -> io::Result<()> {
        for key in self.listeners.keys() {
            if let Some(listening) = self.listeners.get_mut(key) {
                listening.submit(&mut self.ring, key)?;
            }
        }
        Ok(())
    }

    pub(super) fn on_accepted(
        &mut self,
        key: Key,
        result: Result<OwnedFd, i32>,
        goes_on: bool,
    ) -> io::Result<()> {
        // A connection for a listener that is gone is closed here.
        let Some(listening) = self.listeners.get_mut(key) else { return Ok(()) };
        if !goes_on {
            listening.operation = Operation::None;
        }
        match result {
            Ok(fd) => listening.accepted.push_back(fd),
            Err(libc::ECANCELED | libc::EAGAIN | libc::EINTR) => {}
            Err(code) if listening.active => listening.failure = Some(code),
            Err(_) => {}
        }
        if listening.accepted.len() >= ACCEPTED {
            listening.cancel(&mut self.ring, key)?;
        }
        Ok(())
    }

    /// Whether an event of a listener is due without waiting.
    pub(super) fn has_accepted(&mut self) -> bool {
        self.listeners.values_mut().any(|listening| listening.has_something())
    }

    /// One event in each turn for each listener that has something.
    pub(super) fn report_listeners(&mut self, ready: &mut Vec<Event>) {
        let waiting = self.listeners.values_mut().filter(|listening| listening.has_something());
        ready.extend(waiting.map(|listening| Event::from_bits(listening.token, libc::POLLIN as u32)));
    }
}
