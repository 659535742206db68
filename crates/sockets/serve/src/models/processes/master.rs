//! The process that starts the others, and serves nobody.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use wirelab_reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab_socket::TcpListener;

use super::STOP_ALL;
use crate::control::{Control, Level};
use crate::counters::Table;
use crate::event_loop::Common;
use crate::handover::{HANDOVER, Offer};
use crate::sys::{self, Exit, Forked};
use crate::{Config, Service};

const SIGNALS: Token = Token(0);

/// A worker that dies within this time of its start has not served: what ends it will end the next too.
const QUICK: Duration = Duration::from_secs(1);

/// So many such deaths in a row are the end of the server.
const MAX_QUICK_DEATHS: u32 = 5;

/// How long beyond the grace time a worker may take to end before it is killed.
const LENIENCY: Duration = Duration::from_secs(1);

pub(super) struct Master<'a> {
    reactor: Reactor<()>,
    signals: Signals,
    offer: Option<Offer>,
    /// Kept for workers that are started later, and closed when the server stops: as long as somebody has it open, the
    /// kernel completes handshakes for it.
    listener: Option<TcpListener>,
    workers: Vec<Worker>,
    config: &'a Config,
    control: &'a Control,
    table: &'a Table,
    stopping: bool,
    failed: Option<io::Error>,
}

struct Worker {
    /// None when it has ended and is not to be replaced.
    process: Option<u32>,
    started: Instant,
    quick_deaths: u32,
}

/// Which process has come back from [`Master::supervise`].
pub(super) enum Role {
    /// The master, and all workers have ended.
    Master,
    /// A worker that is to serve: the row of its counters, the process that it was forked from, and its copy of the
    /// listener.
    Worker { number: usize, parent: u32, listener: TcpListener },
}

impl<'a> Master<'a> {
    pub(super) fn new<S: Service>(
        n: usize,
        listener: TcpListener,
        common: &Common<'a, S>,
    ) -> io::Result<Self> {
        let Common { config, control, table, .. } = *common;
        let mut wanted = vec![Signal::CHLD];
        if config.stop_on_signals {
            wanted.extend([Signal::TERM, Signal::INT]);
        }
        let mut reactor = Reactor::new()?;
        let signals = Signals::new(&wanted)?;
        reactor.register(&signals, SIGNALS, Interest::READABLE, Trigger::Level)?;
        let offer = control.take_offer();
        if let Some(offer) = &offer {
            offer.register(&mut reactor)?;
        }
        control.enlist(reactor.waker());
        let worker = |_| Worker { process: None, started: Instant::now(), quick_deaths: 0 };
        Ok(Master {
            reactor,
            signals,
            offer,
            listener: Some(listener),
            workers: (0..n).map(worker).collect(),
            config,
            control,
            table,
            stopping: false,
            failed: None,
        })
    }

    /// Starts the workers, and looks after them until all have ended. In each worker, it returns at once.
    pub(super) fn supervise(&mut self) -> io::Result<Role> {
        for n in 0..self.workers.len() {
            match self.start(n) {
                Ok(Some(role)) => return Ok(role),
                Ok(None) => {}
                Err(error) => self.fail(error),
            }
        }
        while self.workers.iter().any(|worker| worker.process.is_some()) {
            if self.control.level() >= Level::Stop {
                self.stop();
            }
            self.reactor.poll(None)?;
            while let Some(event) = self.reactor.next_event() {
                match (event.token(), &mut self.offer) {
                    (HANDOVER, Some(offer)) => offer.on_event(&mut self.reactor, self.control),
                    _ => self.take_signals()?,
                }
            }
            while self.reactor.next_expired().is_some() {
                self.order(Signal(libc::SIGKILL));
            }
            self.reactor.take_wake();
            if let Some(role) = self.bury_and_replace()? {
                return Ok(role);
            }
        }
        self.failed.take().map_or(Ok(Role::Master), Err)
    }

    /// Forks a worker. Says what this process is if it is the worker.
    fn start(&mut self, n: usize) -> io::Result<Option<Role>> {
        let Some(listener) = &self.listener else { return Ok(None) };
        let listener = listener.try_clone()?;
        let _ = io::stdout().flush(); // or the child would have the same line to write
        let parent = std::process::id();
        match sys::fork()? {
            Forked::Child => Ok(Some(Role::Worker { number: 1 + n, parent, listener })),
            Forked::Parent(process) => {
                self.table.row(1 + n).set_process(process);
                self.workers[n].process = Some(process);
                self.workers[n].started = Instant::now();
                Ok(None)
            }
        }
    }

    /// In a worker: closes what is the master's business. But its signals stay blocked: they would be thrown away with
    /// the object that blocks them, and one of them may be an order for the worker, which comes to hear it next.
    pub(super) fn leave_to_parent(self) {
        std::mem::forget(self.signals);
    }

    fn take_signals(&mut self) -> io::Result<()> {
        while let Some(signal) = self.signals.read()? {
            if signal != Signal::CHLD && self.control.raise() == Level::Abort {
                self.order(Signal::QUIT);
            }
        }
        Ok(())
    }

    /// The orderly end begins.
    fn stop(&mut self) {
        if !std::mem::replace(&mut self.stopping, true) {
            (self.listener, self.offer) = (None, None);
            if !self.control.is_handed_over() {
                self.table.common().tell_to_empty_queue();
            }
            self.table.common().tell_to_stop();
            self.order(Signal::TERM);
            self.reactor.set_timer(self.config.grace_time.saturating_add(LENIENCY), ());
        }
    }

    /// Stops, and keeps the reason for the caller.
    fn fail(&mut self, error: io::Error) {
        self.failed.get_or_insert(error);
        self.control.stop();
    }

    fn order(&self, signal: Signal) {
        for process in self.workers.iter().filter_map(|worker| worker.process) {
            // It cannot have ended so that its number is another's: it was not yet waited for.
            let _ = signal.send(process);
        }
    }

    /// Looks which workers have ended, and starts others in their place. Says what this process is if it is one of those.
    fn bury_and_replace(&mut self) -> io::Result<Option<Role>> {
        for n in 0..self.workers.len() {
            let Some(process) = self.workers[n].process else { continue };
            let Some(exit) = sys::wait_for(process)? else { continue };
            self.workers[n].process = None;
            self.count_end(n, exit);
            if self.control.level() >= Level::Stop {
                continue;
            }
            match self.start(n) {
                Ok(None) => self.table.row(0).note("worker-restarted"),
                Ok(role) => return Ok(role),
                Err(error) => self.fail(error),
            }
        }
        Ok(None)
    }

    /// A worker that did not end in good order has left connections behind, which the kernel has closed with it.
    fn count_end(&mut self, n: usize, exit: Exit) {
        let row = self.table.row(1 + n);
        let left = row.open();
        row.add(|row| &row.lost, left);
        row.add(|row| &row.closed, left);
        self.table.common().free_places(left);
        let worker = &mut self.workers[n];
        match exit {
            Exit::Code(0) => worker.quick_deaths = 0,
            // Told to end before it was ready to hear of it.
            Exit::Signal(libc::SIGTERM) if left == 0 => {}
            Exit::Code(STOP_ALL) => self.control.stop(),
            _ => {
                self.table.row(0).note("worker-died");
                let quick = worker.started.elapsed() < QUICK;
                worker.quick_deaths = if quick { worker.quick_deaths + 1 } else { 0 };
                if worker.quick_deaths >= MAX_QUICK_DEATHS {
                    let text =
                        format!("a worker dies again and again right after its start, at last with {exit:?}");
                    self.fail(io::Error::other(text));
                }
            }
        }
    }
}
