mod accepting;
mod handing_over;
mod stopping;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use wirelab_reactor::{Acceptor, Channel, Interest, Reactor, Signal, Signals, TimerId, Token, Trigger};
use wirelab_socket::TcpListener;

use crate::buffers::Buffers;
use crate::connection::{Connection, Fate};
use crate::control::{Control, Level};
use crate::counters::Table;
use crate::handover::{HANDOVER, Offer};
use crate::inbox::Inbox;
use crate::io::OnReactor;
use crate::pool::Pool;
use crate::slab::Slab;
use crate::worker::{Handles, Worker};
use crate::{Config, Service, Turn};

pub(crate) use self::stopping::to_empty;

const LISTENER: Token = Token(u64::MAX - 1);
const SIGNALS: Token = Token(u64::MAX - 2);

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Connection(Token),
    AcceptAgain,
    GraceOver,
}

/// What all loops of a server have in common.
pub(crate) struct Common<'a, S> {
    pub(crate) service: &'a S,
    pub(crate) config: &'a Config,
    pub(crate) control: &'a Control,
    pub(crate) table: &'a Table,
    pub(crate) local: SocketAddr,
}

/// Where a loop's connections come from.
pub(crate) enum Origin<'a> {
    Listener(TcpListener),
    /// A duplicate of a listener that other loops accept from as well.
    Shared(TcpListener),
    /// Another thread accepts.
    Inbox(&'a Inbox),
}

/// The loop: waits for events, and gives each connection its turn.
pub(crate) struct EventLoop<'a, S: Service> {
    pub(crate) reactor: Reactor<Timer>,
    acceptor: Option<Acceptor>,
    inbox: Option<&'a Inbox>,
    pool: Option<&'a Pool<S>>,
    signals: Option<Signals>,
    offer: Option<Offer>,
    /// The signals are a master's orders, and not the user's.
    ordered: bool,
    links: Slab<Link<S>>,
    /// Connections that had more to do when their turn was over.
    again: Vec<Token>,
    /// Connections with a request that found no room in the pool's queue, the oldest first.
    unasked: std::collections::VecDeque<Token>,
    worker: Worker<'a, S>,
    common: Common<'a, S>,
    number: usize,
    aborted: bool,
}

/// A connection in its loop.
struct Link<S: Service> {
    channel: Channel,
    connection: Connection<S>,
    /// The timer that is set, and for when. Mostly earlier than the deadline, which moves on with each byte.
    timer: Option<(TimerId, Instant)>,
    /// It is in the loop's list of those that have more to do.
    is_queued: bool,
    /// It is in the loop's list of those whose request found no room.
    is_unasked: bool,
}

impl<'a, S: Service> EventLoop<'a, S> {
    /// The loop of the worker of this number. It belongs on the thread that makes it.
    pub(crate) fn new(
        number: usize,
        mut reactor: Reactor<Timer>,
        origin: Origin<'a>,
        pool: Option<&'a Pool<S>>,
        common: &Common<'a, S>,
    ) -> io::Result<Self> {
        let common = Common { ..*common };
        let (acceptor, inbox) = match origin {
            Origin::Listener(listener) => (Some(reactor.listen(listener, LISTENER)?), None),
            Origin::Shared(listener) => (Some(reactor.listen_shared(listener, LISTENER)?), None),
            Origin::Inbox(inbox) => {
                inbox.belongs_to(reactor.waker());
                (None, Some(inbox))
            }
        };
        let turn = Turn {
            now: reactor.now(),
            stopping: None,
            out: BytesMut::new(),
            local: common.service.local(number),
            counters: common.table.row(number),
        };
        let handles = if pool.is_some() { Handles::Elsewhere } else { Handles::Here };
        let buffers = Buffers::default();
        let (service, config) = (common.service, common.config);
        Ok(EventLoop {
            reactor,
            acceptor,
            inbox,
            pool,
            signals: None,
            offer: None,
            ordered: false,
            links: Slab::new(),
            again: Vec::new(),
            unasked: Default::default(),
            worker: Worker { service, config, buffers, turn, handles },
            common,
            number,
            aborted: false,
        })
    }

    /// Takes signals too, if the server is to stop on them, and looks out for a successor, if there may be one. For one
    /// loop of a server: the one on the thread that starts the others.
    pub(crate) fn with_signals_and_offer(mut self) -> io::Result<Self> {
        self.offer = self.common.control.take_offer();
        if let Some(offer) = &self.offer {
            offer.register(&mut self.reactor)?;
        }
        if self.common.config.stop_on_signals { self.hearing(&[Signal::TERM, Signal::INT]) } else { Ok(self) }
    }

    /// Takes signals as the worker of a master: SIGTERM to stop, however often it comes (service managers send it to all
    /// processes at once, and the master sends its own), SIGQUIT to stop at once. SIGINT from the terminal comes to all of
    /// them too, and is the master's business.
    pub(crate) fn with_orders_of_master(mut self) -> io::Result<Self> {
        self.ordered = true;
        self.hearing(&[Signal::TERM, Signal::QUIT, Signal::INT])
    }

    fn hearing(mut self, wanted: &[Signal]) -> io::Result<Self> {
        let signals = Signals::new(wanted)?;
        self.reactor.register(&signals, SIGNALS, Interest::READABLE, Trigger::Level)?;
        self.signals = Some(signals);
        Ok(self)
    }

    /// Serves until the server is told to stop and all is finished.
    pub(crate) fn run(mut self) -> io::Result<()> {
        // From here on a stop wakes this loop; one that came earlier is seen below.
        self.common.control.enlist(self.reactor.waker());
        let mut woken = true;
        while !self.is_done() {
            if woken {
                self.on_wake()?;
            }
            let limit = if self.again.is_empty() { None } else { Some(Duration::ZERO) };
            if !self.is_done() {
                self.reactor.poll(limit)?;
            }
            self.worker.turn.now = self.reactor.now();
            self.worker.service.begin_turn(&mut self.worker.turn.local);
            self.turn()?;
            woken = self.reactor.take_wake();
            self.worker.service.end_turn(&mut self.worker.turn.local, self.worker.turn.counters);
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.aborted || self.worker.turn.stopping.is_some() && self.links.is_empty()
    }

    fn turn(&mut self) -> io::Result<()> {
        for token in std::mem::take(&mut self.again) {
            if let Some(link) = self.links.get_mut(token) {
                link.is_queued = false;
            }
            self.drive(token, |connection, io, worker| connection.proceed(io, worker));
        }
        while let Some(event) = self.reactor.next_event() {
            match event.token() {
                LISTENER => self.accept()?,
                SIGNALS => self.take_signals()?,
                HANDOVER => {
                    if let Some(offer) = &mut self.offer {
                        offer.on_event(&mut self.reactor, self.common.control);
                    }
                }
                token => {
                    self.drive(token, |connection, io, worker| connection.on_ready(event.into(), io, worker))
                }
            }
        }
        while let Some(expired) = self.reactor.next_expired() {
            match expired.key {
                Timer::Connection(token) => {
                    if let Some(link) = self.links.get_mut(token) {
                        link.timer = None;
                    }
                    self.drive(token, |connection, io, worker| connection.on_timer(io, worker));
                }
                Timer::AcceptAgain => self.listen_again()?,
                Timer::GraceOver => self.abort(),
            }
        }
        Ok(())
    }

    /// Somebody has a message: connections, answers, or that it is time to stop.
    fn on_wake(&mut self) -> io::Result<()> {
        self.take_answers();
        // Asked before the connections are taken: none is put into an inbox that is closed.
        let stopped = match self.inbox {
            Some(inbox) => inbox.is_closed(),
            None => self.common.control.level() >= Level::Stop,
        };
        self.take_connections();
        if stopped {
            self.stop()?;
        }
        if self.common.control.level() == Level::Abort {
            self.abort();
        }
        Ok(())
    }

    /// Gives a connection its turn, and does what follows from it.
    fn drive<F>(&mut self, token: Token, turn: F)
    where
        F: FnOnce(&mut Connection<S>, &mut OnReactor<'_, Timer>, &mut Worker<'a, S>) -> Fate,
    {
        let Some(link) = self.links.get_mut(token) else { return };
        let mut io = OnReactor { reactor: &mut self.reactor, channel: &link.channel };
        match turn(&mut link.connection, &mut io, &mut self.worker) {
            Fate::Close => return self.close(token),
            Fate::Again if !link.is_queued => {
                link.is_queued = true;
                self.again.push(token);
            }
            Fate::Again | Fate::Keep => {}
        }
        if self.pool.is_some() {
            self.hand_over(token);
        }
        self.set_timer(token);
    }

    /// Sees to it that a timer expires no later than the connection's deadline. One that is set already and
    /// expires too early is left alone: it costs less to look again then than to move it with every byte.
    fn set_timer(&mut self, token: Token) {
        let Some(link) = self.links.get_mut(token) else { return };
        let Some(deadline) = link.connection.deadline(&self.worker) else { return };
        match link.timer {
            Some((_, set)) if set <= deadline => return,
            Some((id, _)) => drop(self.reactor.cancel_timer(id)),
            None => {}
        }
        let id = self.reactor.timers().insert(deadline, Timer::Connection(token));
        link.timer = Some((id, deadline));
    }

    fn close(&mut self, token: Token) {
        let Some(link) = self.links.remove(token) else { return };
        let Link { channel, connection, timer, .. } = *link;
        if let Some((id, _)) = timer {
            self.reactor.cancel_timer(id);
        }
        connection.closed(&mut self.worker);
        self.reactor.close(channel);
        self.worker.turn.counters.add(|row| &row.closed, 1);
        self.common.table.common().free_places(1);
        // There is room again; should it not be enough, accepting pauses once more.
        let _ = self.listen_again();
    }
}

/// Also when a handler's panic unwinds the loop: the counters then say that these connections are lost.
impl<S: Service> Drop for EventLoop<'_, S> {
    fn drop(&mut self) {
        let left = self.links.len() as u64;
        if left > 0 {
            self.worker.turn.counters.add(|row| &row.lost, left);
            self.worker.turn.counters.add(|row| &row.closed, left);
            self.common.table.common().free_places(left);
        }
    }
}
