use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use wirelab_http::date::{Date, DateCache};
use wirelab_reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab_socket::{AcceptFailure, TcpListener, TcpStream};

use crate::buffers::Buffers;
use crate::connection::{Connection, Fate};
use crate::server::Shared;
use crate::slab::Slab;
use crate::worker::Worker;
use crate::{Context, Handler, Server};

const LISTENER: Token = Token(u64::MAX - 1);
const SIGNALS: Token = Token(u64::MAX - 2);

/// So many connections are accepted in one turn; the rest stay in the kernel's queue until the next.
const ACCEPTS: usize = 64;

/// How long accepting pauses when the process has run out of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Connection(Token),
    AcceptAgain,
    GraceOver,
}

/// The loop: waits for events, and gives each connection its turn.
pub(crate) struct EventLoop<'a> {
    reactor: Reactor<Timer>,
    listener: Option<TcpListener>,
    /// Whether the listener is watched. It is not while there is no room for another connection.
    listening: bool,
    signals: Option<Signals>,
    local: SocketAddr,
    connections: Slab<Connection>,
    /// Connections that had more to do when their turn was over.
    again: Vec<Token>,
    protocol: wirelab_http1::Config,
    worker: Worker<'a>,
    shared: Arc<Shared>,
    aborted: bool,
}

impl Server {
    /// Everything that the loop needs, and the parts that must outlive it.
    fn into_loop<'a>(
        self,
        handler: &'a dyn Handler,
        config: &'a crate::Config,
        shared: &'a Arc<Shared>,
    ) -> io::Result<EventLoop<'a>> {
        let date = Date::from(SystemTime::now());
        let worker = Worker {
            handler,
            config,
            counters: &shared.counters,
            log: self.log,
            buffers: Buffers::default(),
            out: BytesMut::new(),
            now: self.reactor.now(),
            date,
            dates: DateCache::new(date),
            stopping: None,
        };
        let stop_signals = [Signal::TERM, Signal::INT];
        let signals = config.stop_on_signals.then(|| Signals::new(&stop_signals)).transpose()?;
        if let Some(signals) = &signals {
            self.reactor.register(signals, SIGNALS, Interest::READABLE, Trigger::Level)?;
        }
        self.reactor.register(&self.listener, LISTENER, Interest::READABLE, Trigger::Level)?;
        Ok(EventLoop {
            reactor: self.reactor,
            listener: Some(self.listener),
            listening: true,
            signals,
            local: self.local,
            connections: Slab::new(),
            again: Vec::new(),
            protocol: config.http1.clone(),
            worker,
            shared: shared.clone(),
            aborted: false,
        })
    }
}

/// Runs a server to its end.
pub(crate) fn run(server: Server, handler: &dyn Handler) -> io::Result<()> {
    let (config, shared) = (server.config.clone(), server.shared.clone());
    server.into_loop(handler, &config, &shared)?.run()
}

impl EventLoop<'_> {
    fn run(mut self) -> io::Result<()> {
        while !self.is_done() {
            let limit = if self.again.is_empty() { None } else { Some(Duration::ZERO) };
            self.reactor.poll(limit)?;
            self.worker.now = self.reactor.now();
            self.worker.date = Date::from(SystemTime::now());
            self.turn()?;
            self.flush_log();
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.aborted || self.worker.stopping.is_some() && self.connections.is_empty()
    }

    fn turn(&mut self) -> io::Result<()> {
        for token in std::mem::take(&mut self.again) {
            self.drive(token, |connection, worker| connection.proceed(worker));
        }
        while let Some(event) = self.reactor.next_event() {
            match event.token() {
                LISTENER => self.accept()?,
                SIGNALS => self.take_signals()?,
                token => self.drive(token, |connection, worker| connection.on_event(event, worker)),
            }
        }
        while let Some(expired) = self.reactor.next_expired() {
            match expired.key {
                Timer::Connection(token) => self.drive(token, |connection, worker| {
                    connection.timer = None;
                    connection.on_timer(worker)
                }),
                Timer::AcceptAgain => self.listen_again()?,
                Timer::GraceOver => self.abort(),
            }
        }
        if self.reactor.take_wake() && self.shared.stop.load(Ordering::Acquire) {
            self.stop()?;
        }
        Ok(())
    }

    /// Gives a connection its turn, and does what follows from it.
    fn drive(&mut self, token: Token, turn: impl FnOnce(&mut Connection, &mut Worker<'_>) -> Fate) {
        let Some(connection) = self.connections.get_mut(token) else { return };
        match turn(connection, &mut self.worker) {
            Fate::Close => return self.close(token),
            Fate::Again => self.again.push(token),
            Fate::Keep => {}
        }
        self.set_timer(token);
    }

    /// Sees to it that a timer expires no later than the connection's deadline. One that is set already and
    /// expires too early is left alone: it costs less to look again then than to move it with every byte.
    fn set_timer(&mut self, token: Token) {
        let Some(connection) = self.connections.get_mut(token) else { return };
        let Some(deadline) = connection.deadline(&self.worker) else { return };
        match connection.timer {
            Some((_, set)) if set <= deadline => return,
            Some((id, _)) => drop(self.reactor.cancel_timer(id)),
            None => {}
        }
        let id = self.reactor.timers().insert(deadline, Timer::Connection(token));
        connection.timer = Some((id, deadline));
    }

    fn close(&mut self, token: Token) {
        let Some(connection) = self.connections.remove(token) else { return };
        if let Some((id, _)) = connection.timer {
            self.reactor.cancel_timer(id);
        }
        self.worker.counters.closed.add(1);
        drop(connection); // closes the socket, which leaves epoll with it
        if !self.listening && self.connections.len() < self.worker.config.max_connections {
            // There is room again; should it not be enough, accepting pauses once more.
            let _ = self.listen_again();
        }
    }

    /// Takes connections from the kernel's queue.
    fn accept(&mut self) -> io::Result<()> {
        for _ in 0..ACCEPTS {
            let Some(listener) = &self.listener else { return Ok(()) };
            if self.connections.len() >= self.worker.config.max_connections {
                return self.pause_listening();
            }
            match listener.accept() {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) => match AcceptFailure::of(&error) {
                    AcceptFailure::QueueEmpty => return Ok(()),
                    AcceptFailure::ConnectionLost => self.worker.counters.note("lost-in-queue"),
                    AcceptFailure::OutOfResources => {
                        // They stay in the queue, and lose nothing but time.
                        self.worker.counters.note("accept-paused");
                        self.reactor.set_timer(PAUSE, Timer::AcceptAgain);
                        return self.pause_listening();
                    }
                    AcceptFailure::Broken => return Err(error),
                },
            }
        }
        Ok(())
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        let counters = self.worker.counters;
        counters.accepted.add(1);
        // The head of a large answer and what follows it are written apart; Nagle's algorithm would hold up the
        // second until the first is acknowledged.
        let _ = stream.set_nodelay(true);
        let local = match self.local.ip().is_unspecified() {
            true => stream.local_addr().unwrap_or(self.local),
            false => self.local,
        };
        let context = Context {
            stream,
            peer,
            local,
            connection: counters.accepted(),
            number: 0,
            accepted: self.worker.now,
            received: 0,
            stopping: self.worker.stopping.is_some(),
        };
        let token = self.connections.insert(Connection::new(context, Connection::protocol(&self.protocol)));
        let Some(connection) = self.connections.get_mut(token) else { return };
        let stream = &connection.context.stream;
        if self.reactor.register(stream, token, Interest::BOTH, Trigger::Edge).is_err() {
            counters.note("not-registered");
            return self.close(token);
        }
        self.set_timer(token);
    }

    fn pause_listening(&mut self) -> io::Result<()> {
        if let (Some(listener), true) = (&self.listener, self.listening) {
            self.reactor.deregister(listener)?;
            self.listening = false;
        }
        Ok(())
    }

    fn listen_again(&mut self) -> io::Result<()> {
        if let (Some(listener), false) = (&self.listener, self.listening) {
            self.reactor.register(listener, LISTENER, Interest::READABLE, Trigger::Level)?;
            self.listening = true;
        }
        Ok(())
    }

    fn take_signals(&mut self) -> io::Result<()> {
        while let Some(signals) = &self.signals
            && signals.read()?.is_some()
        {
            match self.worker.stopping {
                None => self.stop()?,
                Some(_) => self.abort(),
            }
        }
        Ok(())
    }

    /// The orderly end begins.
    fn stop(&mut self) -> io::Result<()> {
        if self.worker.stopping.is_some() {
            return Ok(());
        }
        // Who is in the queue has been connected since the handshake, and may have sent a request.
        let mut before = u64::MAX;
        while self.worker.counters.accepted() != before {
            before = self.worker.counters.accepted();
            self.accept()?;
        }
        self.pause_listening()?;
        self.listener = None;
        self.worker.stopping = Some(self.worker.now);
        self.reactor.set_timer(self.worker.config.grace_time, Timer::GraceOver);
        for token in self.connections.tokens() {
            self.drive(token, |connection, worker| connection.on_stop(worker));
        }
        Ok(())
    }

    /// The end without order: what is not done now is not done.
    fn abort(&mut self) {
        for token in self.connections.tokens() {
            self.worker.counters.note("grace-time");
            self.close(token);
        }
        self.aborted = true;
    }

    fn flush_log(&mut self) {
        if let Some(log) = &mut self.worker.log
            && log.flush().is_err()
        {
            self.worker.counters.note("log-failed");
        }
    }
}
