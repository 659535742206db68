use std::time::Duration;

use crate::Arrivals;

/// How a load is given, and its limits.
///
/// ```
/// use std::time::Duration;
/// use wirelab_load::{Arrivals, Config};
///
/// let config = Config { arrivals: Arrivals::Constant(5000.0), ..Config::default() };
/// assert_eq!((config.connections, config.duration), (64, Duration::from_secs(5)));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// When requests begin.
    pub arrivals: Arrivals,
    /// For how long requests become due.
    pub duration: Duration,
    /// How many connections there are at once, at most. Each carries one request at a time.
    pub connections: usize,
    /// Whether each request has a connection of its own: it says `Connection: close`, and the next one begins with a
    /// handshake. Otherwise all connections are made before the clock starts, and are kept.
    pub connection_per_request: bool,
    /// How many requests that are due may wait for a free connection. A further one is not sent, and is counted.
    pub queue: usize,
    /// How long after its due moment a request is given up. Its connection is closed, since the answer may still come.
    pub timeout: Duration,
    /// How long, after the last request became due, answers are waited for. As long as [`timeout`](Self::timeout), no
    /// request is left unanswered: it has failed by then.
    pub grace: Duration,
    /// How long a connection of a closed loop rests after a failure. Without it, a server that refuses would be asked
    /// as fast as the kernel can say no.
    pub rest: Duration,
    /// Whether the target may be another machine. Who sets it has permission to load that machine.
    pub allow_remote: bool,
    /// The limits of an answer's head.
    pub http1: wirelab_http1::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            arrivals: Arrivals::Constant(1000.0),
            duration: Duration::from_secs(5),
            connections: 64,
            connection_per_request: false,
            queue: 100_000,
            timeout: Duration::from_secs(10),
            grace: Duration::from_secs(10),
            rest: Duration::from_millis(100),
            allow_remote: false,
            http1: wirelab_http1::Config::default(),
        }
    }
}
