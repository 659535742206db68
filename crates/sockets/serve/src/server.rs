use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use wirelab_socket::{ListenOptions, TcpListener};

use crate::control::Control;
use crate::event_loop::Common;
use crate::handover::{Offer, Predecessor};
use crate::model::invalid;
use crate::models;
use crate::{Config, Counters, Model, Service, Worker};

/// A listener, and what will serve the connections that it accepts.
pub struct Server {
    /// One; or, taken over from a predecessor of that model, the shards'.
    listeners: Vec<TcpListener>,
    predecessor: Option<Predecessor>,
    local: SocketAddr,
    config: Config,
    control: Arc<Control>,
}

/// Looks at a running server, or stops it, from any thread.
#[derive(Clone, Debug)]
pub struct Handle {
    control: Arc<Control>,
}

impl Server {
    /// Listens on `address`; port 0 takes any that is free.
    ///
    /// # Errors
    /// The address is in use or not ours; no descriptor is free.
    pub fn bind(address: SocketAddr, config: Config) -> io::Result<Self> {
        Server::on(ListenOptions::default().bind(address)?, config)
    }

    /// Serves what this listener accepts: one with other options, or inherited from a supervisor.
    ///
    /// # Errors
    /// None are known for a listener.
    pub fn on(listener: TcpListener, config: Config) -> io::Result<Self> {
        Server::on_all(vec![listener], None, config)
    }

    fn on_all(
        listeners: Vec<TcpListener>,
        predecessor: Option<Predecessor>,
        config: Config,
    ) -> io::Result<Self> {
        let Some(first) = listeners.first() else { return Err(invalid("there is no listener")) };
        let local = first.local_addr()?;
        for listener in &listeners {
            listener.set_nonblocking(true)?;
        }
        Ok(Server { listeners, predecessor, local, config, control: Arc::default() })
    }

    /// Serves in place of the server that said [`hand_over_at`](Self::hand_over_at) this path, in another process, say:
    /// takes its listeners over, and tells it to stop when this one runs. Neither loses a connection. How it is done is
    /// told in `handover.rs`.
    ///
    /// The listeners of [`Model::Shards`] can be taken over by as many shards, or more.
    ///
    /// # Errors
    /// `NotFound`, `ConnectionRefused`: nobody is there, or is stopping, or has a successor already. `InvalidData`: what
    /// came is no listener.
    pub fn take_over(path: impl AsRef<Path>, config: Config) -> io::Result<Self> {
        let (predecessor, listeners) = Predecessor::ask(path.as_ref())?;
        Server::on_all(listeners, Some(predecessor), config)
    }

    /// Lets another server [`take_over`](Self::take_over): makes a Unix socket at `path`, at which it can ask for the
    /// listeners. It must be of the same user. This server then stops in good order, but leaves what waits in the accept
    /// queues to the other.
    ///
    /// A socket that is at `path` already is replaced, as it is a predecessor's. The file is left behind at the end.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn hand_over_at(self, path: impl AsRef<Path>) -> io::Result<Self> {
        self.control.set_offer(Offer::at(path.as_ref())?);
        Ok(self)
    }

    /// The address that it listens on, with the port that the kernel chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Something to watch and stop the server with.
    pub fn handle(&self) -> Handle {
        Handle { control: self.control.clone() }
    }

    /// Serves on this thread, in one loop, until it is told to stop; then finishes what it has accepted: it takes what
    /// waits in the accept queue, closes the listener, lets the sessions come to their end, and closes each connection
    /// behind it, all within [`grace_time`](Config::grace_time).
    ///
    /// # Errors
    /// The listener fails for good, or no descriptor is free at the start.
    pub fn run<S: Service>(self, service: &S) -> io::Result<()> {
        self.start(service, Model::SingleLoop, |mut listeners, common| {
            models::single_loop(listeners.remove(0), common)
        })
    }

    /// Serves as the model says, with this thread as one of its threads. The end is the same for all.
    ///
    /// # Errors
    /// As [`run`](Self::run); the first of its threads' errors, after all of them have ended.
    ///
    /// # Panics
    /// A handler's panic ends its loop, but for [`Model::WorkerPool`] and [`Model::ThreadPerConnection`], where it costs
    /// one request. The other loops then finish in good order, and the panic goes on here.
    pub fn run_as<S: Service + Sync>(self, model: Model, service: &S) -> io::Result<()> {
        self.start(service, model, |listeners, common| models::run(model, listeners, common))
    }

    fn start<S: Service>(
        self,
        service: &S,
        model: Model,
        run: impl FnOnce(Vec<TcpListener>, &Common<'_, S>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Server { listeners, predecessor, local, config, control } = self;
        model.check(listeners.len())?;
        let listeners = models::complete(model, listeners, local)?;
        control.keep(&listeners)?;
        let table = control.counters.begin(models::worker_names(model))?;
        if let Some(predecessor) = predecessor {
            // The sockets are open here, and what comes waits in their queues for the moment until the loops run.
            predecessor.tell_ready()?;
        }
        let ended = run(listeners, &Common { service, config: &config, control: &control, table, local });
        control.forget_wakers();
        ended
    }
}

impl Handle {
    /// Asks the server to finish what it has accepted, and to end.
    pub fn stop(&self) {
        self.control.stop();
    }

    /// What the server has done so far.
    pub fn counters(&self) -> &Counters {
        &self.control.counters
    }

    /// What each of its workers has done so far. None before the server runs.
    pub fn workers(&self) -> Vec<Worker> {
        self.control.counters.workers()
    }
}
