use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use wirelab_http::date::Date;
use wirelab_serve::{Counters, Facts, Model, Tally, Worker};
use wirelab_socket::{ListenOptions, TcpListener};

use crate::access_log::{AccessLog, Writer};
use crate::local::Local;
use crate::session::{Asked, Session, Turn};
use crate::{Config, Handler, Step};

/// A listener, and what serves the connections that it accepts: one loop on the thread that calls [`run`](Self::run), or the
/// threads or processes of another [`Model`].
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
    server: wirelab_serve::Server,
    config: Config,
    log: Option<Writer>,
}

/// Looks at a running server, or stops it, from any thread.
#[derive(Clone, Debug)]
pub struct Handle {
    handle: wirelab_serve::Handle,
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
    /// No descriptor is free; the server name cannot be sent in a field.
    pub fn on(listener: TcpListener, config: Config) -> io::Result<Self> {
        check_name(&config.server_name)?;
        let server = wirelab_serve::Server::on(listener, config.for_all_models())?;
        Ok(Server { server, config, log: None })
    }

    /// Serves in place of the server that was given this path by [`hand_over_at`](Self::hand_over_at), and loses none of
    /// its connections; see [`wirelab_serve::Server::take_over`].
    ///
    /// # Errors
    /// Nobody is there to take over from; the server name cannot be sent in a field.
    pub fn take_over(path: impl AsRef<Path>, config: Config) -> io::Result<Self> {
        check_name(&config.server_name)?;
        let server = wirelab_serve::Server::take_over(path, config.for_all_models())?;
        Ok(Server { server, config, log: None })
    }

    /// Lets a successor [`take_over`](Self::take_over); see [`wirelab_serve::Server::hand_over_at`].
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn hand_over_at(mut self, path: impl AsRef<Path>) -> io::Result<Self> {
        self.server = self.server.hand_over_at(path)?;
        Ok(self)
    }

    /// Writes a line for each request to `writer`, in the Combined Log Format with the time taken behind it.
    #[must_use]
    pub fn with_access_log(mut self, writer: impl Write + Send + 'static) -> Self {
        self.log = Some(Arc::new(Mutex::new(Box::new(writer))));
        self
    }

    /// The address that it listens on, with the port that the kernel chose.
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// Something to watch and stop the server with.
    pub fn handle(&self) -> Handle {
        Handle { handle: self.server.handle() }
    }

    /// Serves until it is told to stop, and then finishes what it has accepted: it takes what waits in the accept queue,
    /// closes the listener, answers every request that has arrived or arrives within
    /// [`farewell_time`](Config::farewell_time), and closes each connection behind its answer, all within
    /// [`grace_time`](Config::grace_time).
    ///
    /// # Errors
    /// The listener fails for good, or no descriptor is free at the start.
    pub fn run(self, handler: impl Handler) -> io::Result<()> {
        let Server { server, config, log } = self;
        let handler: &dyn Handler = &handler;
        server.run(&Http { handler, config: Arc::new(config), log })
    }

    /// Serves in another [`Model`] than [`run`](Self::run): on several threads, or in several processes. The answers,
    /// the limits and the end are the same.
    ///
    /// The handler is called on as many threads as the model has for it. What it returns ([`Step::Later`], uploads,
    /// streams) runs on the thread that reads and writes, and must not wait.
    ///
    /// # Errors
    /// As for [`run`](Self::run), and those of the model; see [`wirelab_serve::Server::run_as`].
    pub fn run_as(self, model: Model, handler: impl Handler + Sync) -> io::Result<()> {
        let Server { server, config, log } = self;
        let handler: &(dyn Handler + Sync) = &handler;
        server.run_as(model, &Http { handler, config: Arc::new(config), log })
    }
}

impl Handle {
    /// Asks the server to finish what it has accepted, and to end.
    pub fn stop(&self) {
        self.handle.stop();
    }

    /// What the server has done so far.
    pub fn counters(&self) -> &Counters {
        self.handle.counters()
    }

    /// What each worker of the model has done so far. None before the server runs.
    pub fn workers(&self) -> Vec<Worker> {
        self.handle.workers()
    }
}

fn check_name(server_name: &str) -> io::Result<()> {
    let name = wirelab_http::Fields::new().push("Server", server_name);
    name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))
}

/// HTTP, as the models see it.
struct Http<'a, H: ?Sized> {
    handler: &'a H,
    config: Arc<Config>,
    log: Option<Writer>,
}

impl<H: Handler + ?Sized> wirelab_serve::Service for Http<'_, H> {
    type Local = Local;
    type Request = Asked;
    type Answer = Step;
    type Session = Session;

    fn local(&self, _worker: usize) -> Local {
        let log = self.log.clone().map(AccessLog::new);
        Local::new(self.config.clone(), log, Date::from(SystemTime::now()))
    }

    fn open(&self, facts: Facts, turn: &mut Turn<'_>) -> Session {
        Session::new(facts, &turn.local.config.http1)
    }

    fn handle(&self, (request, context): Asked) -> Step {
        self.handler.handle(request, &context)
    }

    fn begin_turn(&self, local: &mut Local) {
        local.date = Date::from(SystemTime::now());
    }

    fn end_turn(&self, local: &mut Local, counters: &Tally) {
        local.flush_log(counters);
    }
}
