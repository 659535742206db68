mod accepting;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use bytes::BytesMut;
use wirelab_http::date::{Date, DateCache};
use wirelab_reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab_socket::TcpListener;

use crate::buffers::Buffers;
use crate::common_fields::CommonFields;
use crate::connection::{Connection, Fate};
use crate::server::Shared;
use crate::slab::Slab;
use crate::worker::Worker;
use crate::{Handler, Server};

const LISTENER: Token = Token(u64::MAX - 1);
const SIGNALS: Token = Token(u64::MAX - 2);

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
        mut self,
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
            common: CommonFields::new(&config.server_name, date),
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
            self.drive(token, |connection, worker| {
                connection.is_queued = false;
                connection.proceed(worker)
            });
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
            Fate::Again if !connection.is_queued => {
                connection.is_queued = true;
                self.again.push(token);
            }
            Fate::Again | Fate::Keep => {}
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
