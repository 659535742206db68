use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use wirelab::reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab::serve::{Model, Worker};
use wirelab::server::{Config, Counters, Handle, Handler, Server};

use crate::{ThreadTime, thread_times, wait_until};

/// A server on threads of its own, until it is stopped.
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    handle: Handle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

/// The name of the thread that runs the server.
const FIRST: &str = "site";

/// A free port of this machine.
fn anywhere() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

impl Site {
    /// One loop on a free port of this machine.
    ///
    /// # Errors
    /// Those of [`Server::bind`].
    pub fn start(handler: impl Handler + Send + 'static) -> io::Result<Self> {
        Site::on_thread(Server::bind(anywhere(), Config::default())?, |server| server.run(handler))
    }

    /// A server as the model says, on a free port of this machine. [`Model::Processes`] cannot be: it forks before there are
    /// threads, and so needs a process of its own ([`Served`](crate::Served)).
    ///
    /// # Errors
    /// Those of [`Server::bind`].
    pub fn start_as(model: Model, handler: impl Handler + Send + Sync + 'static) -> io::Result<Self> {
        Site::start_on(anywhere(), model, handler, |server| server)
    }

    /// The same on this address. `tune` may change the server before it runs.
    ///
    /// # Errors
    /// Those of [`Server::bind`].
    pub fn start_on(
        address: SocketAddr,
        model: Model,
        handler: impl Handler + Send + Sync + 'static,
        tune: impl FnOnce(Server) -> Server,
    ) -> io::Result<Self> {
        let server = tune(Server::bind(address, Config::default())?);
        let site = Site::on_thread(server, move |server| server.run_as(model, handler))?;
        // Else the first of them would take all connections until the others are there.
        wait_until("all threads of the server to wait for connections", || {
            let threads = site.threads()?;
            let expected = model.count().map_or(1, |_| site.workers().len());
            Ok(site.is_over()
                || threads.len() == expected.max(1) && threads.iter().all(|thread| thread.waits > 0))
        })?;
        Ok(site)
    }

    fn on_thread(
        server: Server,
        run: impl FnOnce(Server) -> io::Result<()> + Send + 'static,
    ) -> io::Result<Self> {
        let (address, handle) = (server.local_addr(), server.handle());
        let thread = std::thread::Builder::new().name(FIRST.to_owned()).spawn(move || run(server))?;
        Ok(Site { address, handle, thread: Some(thread) })
    }

    /// A counter, over all workers.
    pub fn count(&self, counter: impl Fn(&Counters) -> u64) -> u64 {
        counter(self.handle.counters())
    }

    /// What each worker has done so far.
    pub fn workers(&self) -> Vec<Worker> {
        self.handle.workers()
    }

    /// Its threads, in the order of its workers, but for those that come and go with a connection. (The first worker is the
    /// thread that runs the server; the others are named like their workers.)
    ///
    /// # Errors
    /// Those of [`thread_times`].
    pub fn threads(&self) -> io::Result<Vec<ThreadTime>> {
        let mut threads = thread_times(std::process::id())?;
        let number_of = |thread: &ThreadTime| match thread.name.as_str() {
            FIRST => Some(0),
            name => self.workers().iter().skip(1).position(|worker| worker.name() == name).map(|at| at + 1),
        };
        threads.retain(|thread| number_of(thread).is_some());
        threads.sort_by_key(number_of);
        Ok(threads)
    }

    /// Whether it has ended, perhaps before it began.
    fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Lets it finish what it has accepted, and waits for that.
    ///
    /// # Errors
    /// It ended with one.
    pub fn stop(&mut self) -> io::Result<()> {
        self.handle.stop();
        match self.thread.take() {
            Some(thread) => thread.join().map_err(|_| io::Error::other("a thread of the server panicked"))?,
            None => Ok(()),
        }
    }
}

/// Waits for SIGTERM or Ctrl-C. Made before a program starts threads, so that none of them is hit by the signal.
pub struct Goodbye(Signals);

impl Goodbye {
    /// Catches the two signals from now on.
    ///
    /// # Errors
    /// No descriptor is free.
    pub fn new() -> io::Result<Self> {
        Signals::new(&[Signal::TERM, Signal::INT]).map(Goodbye)
    }

    /// Waits for one of them.
    ///
    /// # Errors
    /// Those of the poller.
    pub fn wait(&self) -> io::Result<()> {
        let mut reactor = Reactor::<()>::new()?;
        reactor.register(&self.0, Token(0), Interest::READABLE, Trigger::Level)?;
        reactor.poll(None)
    }
}
