use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use wirelab_socket::{ListenOptions, TcpListener};

use crate::control::Control;
use crate::event_loop::Common;
use crate::models;
use crate::{Config, Counters, Model, Service, Worker};

/// A listener, and what will serve the connections that it accepts.
pub struct Server {
    listener: TcpListener,
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
        listener.set_nonblocking(true)?;
        let local = listener.local_addr()?;
        Ok(Server { listener, local, config, control: Arc::default() })
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
        self.start(service, Model::SingleLoop, models::single_loop)
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
        self.start(service, model, |listener, common| models::run(model, listener, common))
    }

    fn start<S: Service>(
        self,
        service: &S,
        model: Model,
        run: impl FnOnce(TcpListener, &Common<'_, S>) -> io::Result<()>,
    ) -> io::Result<()> {
        let Server { listener, local, config, control } = self;
        let table = control.counters.begin(models::worker_names(model))?;
        run(listener, &Common { service, config: &config, control: &control, table, local })
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
