use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use wirelab_reactor::{Reactor, Waker};
use wirelab_socket::{ListenOptions, TcpListener};

use crate::access_log::AccessLog;
use crate::event_loop::{self, Timer};
use crate::{Config, Counters, Handler};

/// A listener, and the loop that serves what it accepts. It runs on the thread that calls [`run`](Self::run).
///
/// ```
/// use std::net::SocketAddr;
/// use wirelab_server::{Config, Context, Reply, Server, Step};
/// use wirelab_http::Request;
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), Config::default())?;
/// let (address, handle) = (server.local_addr(), server.handle());
/// let thread = std::thread::spawn(move || server.run(|_: Request, _: &Context| Step::from(Reply::text("OK"))));
///
/// let mut client = std::net::TcpStream::connect(address)?;
/// std::io::Write::write_all(&mut client, b"GET / HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n")?;
/// let answer = std::io::read_to_string(client)?;
/// assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\nOK"));
///
/// handle.stop();
/// thread.join().unwrap()?;
/// assert_eq!(handle.counters().requests(), 1);
/// # Ok(()) }
/// ```
pub struct Server {
    pub(crate) listener: TcpListener,
    pub(crate) local: SocketAddr,
    pub(crate) config: Config,
    pub(crate) reactor: Reactor<Timer>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) log: Option<AccessLog>,
}

/// What the threads that own a [`Handle`] share with the loop.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) counters: Counters,
    pub(crate) stop: AtomicBool,
}

/// Looks at a running server, or stops it, from any thread.
#[derive(Clone, Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    waker: Waker,
}

impl Server {
    /// Listens on `address`; port 0 takes any that is free.
    ///
    /// # Errors
    /// The address is in use or not ours; no descriptor is free.
    pub fn bind(address: SocketAddr, config: Config) -> io::Result<Self> {
        Server::on(ListenOptions::default().bind(address)?, config)
    }

    /// Serves what this listener accepts: one with other options (`SO_REUSEPORT`, so that several loops share a
    /// port), or inherited from a supervisor.
    ///
    /// # Errors
    /// No descriptor is free; the server name cannot be sent in a field.
    pub fn on(listener: TcpListener, config: Config) -> io::Result<Self> {
        let name = wirelab_http::Fields::new().push("Server", &config.server_name);
        name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        listener.set_nonblocking(true)?;
        let local = listener.local_addr()?;
        let (reactor, shared) = (Reactor::new()?, Arc::default());
        Ok(Server { listener, local, config, reactor, shared, log: None })
    }

    /// Writes a line for each request to `writer`, in the Combined Log Format with the time taken behind it.
    #[must_use]
    pub fn with_access_log(mut self, writer: impl Write + Send + 'static) -> Self {
        self.log = Some(AccessLog::new(Box::new(writer)));
        self
    }

    /// The address that it listens on, with the port that the kernel chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Something to watch and stop the server with.
    pub fn handle(&self) -> Handle {
        Handle { shared: self.shared.clone(), waker: self.reactor.waker() }
    }

    /// Serves until it is told to stop, and then finishes what it has accepted: it takes what waits in the accept queue,
    /// closes the listener, answers every request that has arrived or arrives within
    /// [`farewell_time`](Config::farewell_time), and closes each connection behind its answer, all within
    /// [`grace_time`](Config::grace_time).
    ///
    /// # Errors
    /// The listener fails for good, or no descriptor is free at the start.
    pub fn run(self, handler: impl Handler) -> io::Result<()> {
        event_loop::run(self, &handler)
    }
}

impl Handle {
    /// Asks the server to finish what it has accepted, and to end.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::Release);
        // The waker's descriptor lives as long as this handle, and writing to it does not fail.
        let _ = self.waker.wake();
    }

    /// What the server has done so far.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }
}
