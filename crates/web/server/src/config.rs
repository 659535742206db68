use std::time::Duration;

use wirelab_serve::Backend;

/// Limits, so that no peer decides how much memory, time or how many descriptors it takes. The defaults are safe for
/// the open internet.
///
/// ```
/// use std::time::Duration;
/// use wirelab_server::Config;
///
/// let config = Config { idle_time: Duration::from_secs(5), ..Config::default() };
/// assert_eq!(config.max_connections, 16_384);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The limits of one message: start line, head, number of fields, chunk lines.
    pub http1: wirelab_http1::Config,
    /// The longest content of a request, in bytes. What is longer is answered with 413.
    pub max_body: u64,
    /// How many bytes of content that no handler wants are read and thrown away for the sake of the connection. With
    /// more to come, or an unknown length, the connection ends behind the answer instead.
    pub max_discard: u64,
    /// How many connections are open at once. Further ones wait in the kernel's accept queue.
    pub max_connections: usize,
    /// How many requests may wait for a thread of the worker pool, in [that model](wirelab_serve::Model::WorkerPool).
    /// Further ones wait with their connections, which are not read meanwhile.
    pub max_queue: usize,
    /// How many requests a connection may send; the last answer says `Connection: close`. Restarts and changes of
    /// address reach clients that never leave by themselves this way.
    pub max_requests: u64,
    /// How long a head may take, from its first byte (or from the connection's first moment) to its last. This is
    /// what stops Slowloris, a client that sends a byte now and then and never finishes.
    pub head_time: Duration,
    /// How long a connection may be silent between two requests.
    pub idle_time: Duration,
    /// How long a request's content may stand still, or the client may take nothing of the answer.
    pub stall_time: Duration,
    /// How long the client may take, after the last answer, to end its side. Closing at once could destroy the answer
    /// on its way (RFC 9112 §9.6).
    pub linger_time: Duration,
    /// How long, after the server was told to stop, a connection without a request in progress stays open for one that
    /// may be on its way.
    pub farewell_time: Duration,
    /// How long running requests may take after the server was told to stop.
    pub grace_time: Duration,
    /// Whether SIGTERM and SIGINT stop the server in good order, as [`Handle::stop`](crate::Handle::stop) does. A
    /// second signal stops it at once. [`Server::run`](crate::Server::run) must then be called before the program
    /// starts other threads.
    pub stop_on_signals: bool,
    /// By which of the kernel's mechanisms the server waits.
    pub backend: Backend,
    /// The value of the Server field; empty: none is sent.
    pub server_name: String,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            http1: wirelab_http1::Config::default(),
            max_body: 16 * 1024 * 1024,
            max_discard: 64 * 1024,
            max_connections: 16_384,
            max_queue: 1024,
            max_requests: u64::MAX,
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(60),
            stall_time: Duration::from_secs(30),
            linger_time: Duration::from_secs(5),
            farewell_time: Duration::from_millis(250),
            grace_time: Duration::from_secs(30),
            stop_on_signals: false,
            backend: Backend::Epoll,
            server_name: "wirelab".to_owned(),
        }
    }
}

impl Config {
    /// The part of it that is not about HTTP.
    pub(crate) fn for_all_models(&self) -> wirelab_serve::Config {
        wirelab_serve::Config {
            max_connections: self.max_connections,
            max_queue: self.max_queue,
            stall_time: self.stall_time,
            linger_time: self.linger_time,
            grace_time: self.grace_time,
            stop_on_signals: self.stop_on_signals,
            backend: self.backend,
        }
    }
}
