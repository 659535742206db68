use std::time::Duration;

use wirelab_reactor::Backend;

/// Limits that hold for all connections of a server together, in every model, whatever protocol they speak.
///
/// ```
/// use wirelab_serve::Config;
///
/// let config = Config { max_connections: 100, ..Config::default() };
/// assert_eq!(config.grace_time.as_secs(), 30);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How many connections are open at once, over all workers. Further ones wait in the kernel's accept queue.
    pub max_connections: usize,
    /// How many requests may wait for a thread of the [`WorkerPool`](crate::Model::WorkerPool). Further ones wait with
    /// their connections, which are not read meanwhile.
    pub max_queue: usize,
    /// How long a client may take nothing of what is sent to it.
    pub stall_time: Duration,
    /// How long the client may take, after the last answer, to end its side. Closing at once could destroy the answer
    /// on its way (RFC 9112 §9.6).
    pub linger_time: Duration,
    /// How long running requests may take after the server was told to stop.
    pub grace_time: Duration,
    /// Whether SIGTERM and SIGINT stop the server in good order, as [`Handle::stop`](crate::Handle::stop) does. A
    /// second signal stops it at once. The server must then be run before the program starts other threads.
    ///
    /// They are caught while [`run`](crate::Server::run) or [`run_as`](crate::Server::run_as) runs, on the thread that called it.
    /// A signal that comes between [`bind`](crate::Server::bind) and that does what it does by default: it ends the process. A
    /// program that tells others of the server before it runs (prints its address, writes a file with its number) catches them
    /// itself from then on: the thread that is going to run the server makes a `wirelab_reactor::Signals` of the two first, and
    /// keeps it. What comes meanwhile stays pending, and is the first thing that the running server hears.
    pub stop_on_signals: bool,
    /// By which of the kernel's mechanisms the loops wait. [`Model::ThreadPerConnection`](crate::Model) has no loops for
    /// its connections, and only accepts by it.
    pub backend: Backend,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            max_connections: 16_384,
            max_queue: 1024,
            stall_time: Duration::from_secs(30),
            linger_time: Duration::from_secs(5),
            grace_time: Duration::from_secs(30),
            stop_on_signals: false,
            backend: Backend::Epoll,
        }
    }
}
