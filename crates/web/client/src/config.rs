use std::time::Duration;

/// How patient a client is, and how much it takes in. The defaults suit the open internet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long one address may take to answer the SYN. A name with several addresses gets so much for each of them.
    pub connect_timeout: Duration,
    /// How long the server may be silent while something is expected of it.
    pub read_timeout: Duration,
    /// How long the server may take nothing while the request is being written.
    pub write_timeout: Duration,
    /// How long one request and its whole response may take, connecting not included. Without it a server that sends a
    /// byte now and then is never late.
    pub exchange_timeout: Option<Duration>,
    /// How long a request that says `Expect: 100-continue` waits for the answer before it sends its content anyway: servers
    /// that do not know the expectation never answer it (RFC 9110 §10.1.1).
    pub continue_timeout: Duration,
    /// The longest content of a response in bytes. Content is streamed, so that there is no limit unless one is set.
    pub max_body: u64,
    /// How many redirects are followed. 0 leaves them to the caller, as any other response.
    pub max_redirects: usize,
    /// How many connections are kept for further requests, over all servers.
    pub max_idle: usize,
    /// How long a connection is kept without a request. Servers give up after about a minute, and a request that
    /// crosses the server's FIN is lost.
    pub idle_timeout: Duration,
    /// What the User-Agent field says (RFC 9110 §10.1.5); empty for none.
    pub user_agent: String,
    /// The limits of heads, chunks and trailers.
    pub http1: wirelab_http1::Config,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            write_timeout: Duration::from_secs(30),
            exchange_timeout: None,
            continue_timeout: Duration::from_secs(1),
            max_body: u64::MAX,
            max_redirects: 0,
            max_idle: 8,
            idle_timeout: Duration::from_secs(20),
            user_agent: concat!("wirelab/", env!("CARGO_PKG_VERSION")).to_owned(),
            http1: wirelab_http1::Config::default(),
        }
    }
}
