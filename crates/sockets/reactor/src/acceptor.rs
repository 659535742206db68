use std::io;
use std::net::SocketAddr;
use std::os::fd::AsFd;

use wirelab_socket::{TcpListener, TcpStream};

use crate::driver::Driver;
use crate::link::Link;
use crate::reactor::check;
use crate::{Interest, Reactor, Token, Trigger};

/// A listener whose connections are accepted through a [`Reactor`].
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    token: Token,
    shared: bool,
    /// Whether it is watched.
    active: bool,
    /// Where a ring keeps what it has accepted.
    link: Option<Link>,
}

impl Acceptor {
    /// The listening socket, to ask about.
    pub fn listener(&self) -> &TcpListener {
        &self.listener
    }

    /// Whether it is watched: not [paused](Reactor::pause).
    pub fn is_active(&self) -> bool {
        self.active
    }
}

impl<K> Reactor<K> {
    /// Watches a listener, level-triggered: there is an event in each turn in which connections wait.
    ///
    /// On a ring it is one operation that accepts again and again. Connections then have descriptors before the program
    /// asks for them: some 256 at most, then the rest wait in the kernel's queue.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn listen(&mut self, listener: TcpListener, token: Token) -> io::Result<Acceptor> {
        self.listen_with(listener, token, false)
    }

    /// [`listen`](Self::listen) on a queue that other reactors watch too, through
    /// [duplicates](TcpListener::try_clone) of the listener: a connection wakes one of them, not all.
    ///
    /// On epoll this is `EPOLLEXCLUSIVE` (Linux 4.5). The kernel walks through those who watch, in the order in which
    /// they registered, and stops at the first that is asleep in its wait. What that means:
    ///
    /// * It is wake-**one-or-more**: who is busy is told as well, since its next wait finds the listener ready. It may
    ///   find the queue empty by then, and `accept` says `WouldBlock`.
    /// * It does not spread the load. A loop that sleeps again in time is the first again, and gets all.
    /// * If the one that was woken does not accept (it is full, and has not [paused](Self::pause)), no other is woken
    ///   for that connection.
    ///
    /// An accept operation of io_uring waits exclusively in any case. `poll` has nothing of the kind: all are woken, and
    /// all but one come for nothing.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn listen_shared(&mut self, listener: TcpListener, token: Token) -> io::Result<Acceptor> {
        self.listen_with(listener, token, true)
    }

    fn listen_with(&mut self, listener: TcpListener, token: Token, shared: bool) -> io::Result<Acceptor> {
        check(token)?;
        listener.set_nonblocking(true)?;
        let link = match &mut self.driver {
            Driver::Epoll(_) | Driver::Poll(_) => None,
            Driver::Uring(ring) => Some(ring.listen(listener.as_fd(), token)),
        };
        let mut acceptor = Acceptor { listener, token, shared, active: false, link };
        self.resume(&mut acceptor)?;
        Ok(acceptor)
    }

    /// Takes the oldest connection that waits, also when the acceptor is paused. The stream is non-blocking.
    ///
    /// # Errors
    /// [`AcceptFailure::of`](wirelab_socket::AcceptFailure::of) sorts them by what to do.
    pub fn accept(&mut self, acceptor: &mut Acceptor) -> io::Result<(TcpStream, SocketAddr)> {
        if let Driver::Uring(ring) = &mut self.driver
            && let Some(result) = ring.next_accepted(acceptor.link.as_ref())
        {
            return result;
        }
        acceptor.listener.accept()
    }

    /// Lets connections wait in the kernel's queue. Those that a ring has accepted already are handed out by
    /// [`accept`](Self::accept) as before.
    ///
    /// # Errors
    /// None are known.
    pub fn pause(&mut self, acceptor: &mut Acceptor) -> io::Result<()> {
        if std::mem::take(&mut acceptor.active) {
            match &mut self.driver {
                Driver::Epoll(epoll) => epoll.deregister(acceptor.listener.as_fd())?,
                Driver::Poll(set) => set.deregister(acceptor.listener.as_fd())?,
                Driver::Uring(ring) => ring.pause(acceptor.link.as_ref())?,
            }
        }
        Ok(())
    }

    /// Watches the listener again.
    ///
    /// # Errors
    /// Those of [`register`](Self::register).
    pub fn resume(&mut self, acceptor: &mut Acceptor) -> io::Result<()> {
        if acceptor.active {
            return Ok(());
        }
        let (listener, token) = (acceptor.listener.as_fd(), acceptor.token);
        match &mut self.driver {
            Driver::Epoll(epoll) if acceptor.shared => epoll.register_shared(listener, token)?,
            Driver::Epoll(epoll) => epoll.register(listener, token, Interest::READABLE, Trigger::Level)?,
            Driver::Poll(set) => set.register(listener, token, Interest::READABLE, Trigger::Level)?,
            Driver::Uring(ring) => ring.resume(acceptor.link.as_ref()),
        }
        acceptor.active = true;
        Ok(())
    }

    /// Watches it no longer, and gives the listener back.
    ///
    /// To take over all who are connected, [pause](Self::pause) it first and accept until `WouldBlock`: a connection
    /// that a ring has accepted and nobody took is closed here, as those in the kernel's queue are with the listener.
    pub fn unlisten(&mut self, mut acceptor: Acceptor) -> TcpListener {
        // The only failure would be that it is not registered.
        let _ = self.pause(&mut acceptor);
        let Acceptor { listener, link, .. } = acceptor;
        drop(link);
        if let Driver::Uring(ring) = &mut self.driver {
            ring.forget_dropped();
        }
        listener
    }
}
