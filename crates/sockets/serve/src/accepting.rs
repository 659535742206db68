//! A thread that accepts for others.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab_reactor::{Acceptor, Interest, Reactor, Signal, Signals, Token, Trigger, Waker};
use wirelab_socket::{AcceptFailure, TcpListener, TcpStream};

use crate::control::Level;
use crate::event_loop::{Common, to_empty};
use crate::handover::{HANDOVER, Offer};
use crate::{Tally, tally};

const LISTENER: Token = Token(0);
const SIGNALS: Token = Token(1);

/// So many connections are accepted before the thread looks at anything else.
const ACCEPTS: usize = 64;

/// How long accepting pauses when there are no descriptors or no places.
const PAUSE: Duration = Duration::from_millis(20);

/// The loop of a thread that accepts connections and gives them away.
pub(crate) struct Accepting<'a, S> {
    reactor: Reactor<()>,
    acceptor: Option<Acceptor>,
    signals: Option<Signals>,
    offer: Option<Offer>,
    common: Common<'a, S>,
    places: &'a tally::Common,
    counters: &'a Tally,
}

impl<'a, S> Accepting<'a, S> {
    /// Accepts from `listener`, and counts in the row of the worker `number` what goes wrong.
    pub(crate) fn new(number: usize, listener: TcpListener, common: &Common<'a, S>) -> io::Result<Self> {
        let Common { config, control, table, .. } = *common;
        let mut reactor = Reactor::with_backend(config.backend)?;
        let acceptor = Some(reactor.listen(listener, LISTENER)?);
        let mut signals = None;
        if config.stop_on_signals {
            let watched = signals.insert(Signals::new(&[Signal::TERM, Signal::INT])?);
            reactor.register(watched, SIGNALS, Interest::READABLE, Trigger::Level)?;
        }
        let offer = control.take_offer();
        if let Some(offer) = &offer {
            offer.register(&mut reactor)?;
        }
        control.enlist(reactor.waker());
        let (places, counters) = (table.common(), table.row(number));
        let common = Common { ..*common };
        Ok(Accepting { reactor, acceptor, signals, offer, common, places, counters })
    }

    /// Something to end a wait of this thread with.
    pub(crate) fn waker(&self) -> Waker {
        self.reactor.waker()
    }

    /// Accepts until the server is told to stop, then empties the queue and closes the listener. Each connection has its
    /// place.
    pub(crate) fn run(&mut self, give: &mut dyn FnMut(TcpStream, SocketAddr)) -> io::Result<()> {
        while self.common.control.level() == Level::Run {
            self.wait()?;
            while self.accept(give)? == ACCEPTS {}
        }
        // Who is in the queue has been connected since the handshake, and may have sent a request. Who comes behind as many
        // as a queue can hold has come later.
        let Some(acceptor) = &self.acceptor else { return Ok(()) };
        let mut most = to_empty(acceptor, &self.common)?;
        while most > 0 {
            let count = self.accept(give)? as u64;
            most = if count == 0 { 0 } else { most.saturating_sub(count) };
        }
        if let Some(acceptor) = self.acceptor.take() {
            drop(self.reactor.unlisten(acceptor));
        }
        self.offer = None;
        Ok(())
    }

    /// Hears signals until `done`, or until the level is the last.
    pub(crate) fn watch(&mut self, done: &dyn Fn() -> bool) -> io::Result<()> {
        while !done() && self.common.control.level() != Level::Abort {
            self.wait()?;
        }
        Ok(())
    }

    fn wait(&mut self) -> io::Result<()> {
        self.reactor.poll(None)?;
        while let Some(event) = self.reactor.next_event() {
            if let (HANDOVER, Some(offer)) = (event.token(), &mut self.offer) {
                offer.on_event(&mut self.reactor, self.common.control);
            }
            if event.token() == SIGNALS {
                while let Some(signals) = &self.signals
                    && signals.read()?.is_some()
                {
                    self.common.control.raise();
                }
            }
        }
        // Who wakes this thread may have freed a place.
        let mut again = self.reactor.take_wake();
        while self.reactor.next_expired().is_some() {
            again = true;
        }
        match &mut self.acceptor {
            Some(acceptor) if again => self.reactor.resume(acceptor),
            _ => Ok(()),
        }
    }

    /// Says how many were accepted, [`ACCEPTS`] at most.
    fn accept(&mut self, give: &mut dyn FnMut(TcpStream, SocketAddr)) -> io::Result<usize> {
        let Some(acceptor) = &mut self.acceptor else { return Ok(0) };
        for count in 0..ACCEPTS {
            if !self.places.take_place(self.common.config.max_connections) {
                self.pause()?;
                return Ok(count);
            }
            match self.reactor.accept(acceptor) {
                Ok((stream, peer)) => give(stream, peer),
                Err(error) => {
                    self.places.free_places(1);
                    match AcceptFailure::of(&error) {
                        AcceptFailure::QueueEmpty => return Ok(count),
                        AcceptFailure::ConnectionLost => self.counters.note("lost-in-queue"),
                        AcceptFailure::OutOfResources => {
                            self.counters.note("accept-paused");
                            self.pause()?;
                            return Ok(count);
                        }
                        AcceptFailure::Broken => return Err(error),
                    }
                }
            }
        }
        Ok(ACCEPTS)
    }

    /// They stay in the queue, and lose nothing but time.
    fn pause(&mut self) -> io::Result<()> {
        let Some(acceptor) = &mut self.acceptor else { return Ok(()) };
        if acceptor.is_active() {
            self.reactor.set_timer(PAUSE, ());
        }
        self.reactor.pause(acceptor)
    }
}
