use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Instant;

use wirelab_http::Method;
use wirelab_http::url::Url;
use wirelab_socket::TcpStream;

use crate::exchange::Answer;
use crate::idle::{Idle, Origin};
use crate::request::Outgoing;
use crate::watch::Watcher;
use crate::{Config, Connection, Error, RequestBuilder, Response, Seen, Timings, exchange, redirect};

/// Fetches, one response after the other, and keeps connections for the next request to the same server.
///
/// Clones share the connections, so that each thread can have one.
#[derive(Clone, Debug, Default)]
pub struct Client {
    shared: Arc<Shared>,
    watcher: Watcher,
}

/// What all clones of a client, and its responses, have in common.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) config: Config,
    pub(crate) idle: Idle,
}

impl Client {
    /// A client with these limits and time-outs.
    pub fn new(config: Config) -> Self {
        let shared = Arc::new(Shared { config, idle: Idle::default() });
        Client { shared, watcher: Watcher::default() }
    }

    /// Shows all that passes on its connections, as bytes and explained, at the moment when it passes.
    /// Connections that were kept before stay with whoever watched them.
    #[must_use]
    pub fn watched_by(mut self, watch: impl Fn(Seen<'_>) + Send + Sync + 'static) -> Self {
        self.watcher = Watcher::new(watch);
        self
    }

    /// Sends a GET request. A response with an error status is a response, not an error.
    ///
    /// # Errors
    /// Those of [`send`](Self::send).
    pub fn get(&self, url: &str) -> Result<Response, Error> {
        self.send(RequestBuilder::new(Method::Get, url))
    }

    /// Sends a request and waits for the head of its final response.
    ///
    /// If a kept connection turns out to be closed before a single byte of the response has come, an idempotent
    /// request is sent again, once, on a new one (RFC 9112 §9.3.1); another one might be carried out twice.
    ///
    /// # Errors
    /// Every one of [`Error`], except that the content of the response is still to be read, with its own.
    pub fn send(&self, request: RequestBuilder) -> Result<Response, Error> {
        let mut request = request.finish()?;
        let limit = self.shared.config.max_redirects;
        let mut redirects = Vec::new();
        loop {
            let mut response = self.exchange(&mut request)?;
            let next = if limit > 0 { redirect::location(&response.head, &request)? } else { None };
            let Some(next) = next else {
                response.redirects = redirects;
                return Ok(response);
            };
            if redirects.len() == limit {
                return Err(Error::TooManyRedirects { limit, next });
            }
            redirects.push(request.url.clone());
            redirect::follow(response.head.status, next, &mut request);
            response.discard();
        }
    }

    /// How many connections are kept at the moment.
    pub fn idle_connections(&self) -> usize {
        self.shared.idle.len()
    }

    fn exchange(&self, request: &mut Outgoing) -> Result<Response, Error> {
        let config = &self.shared.config;
        // What cannot be sent needs no connection.
        request.head(config)?;
        if let Some(mut kept) = self.shared.idle.take(&Origin::of(&request.url), config) {
            let before = kept.bytes_received();
            match self.exchange_on(&mut kept, request) {
                Ok((answer, timings)) => return self.respond(kept, answer, request, timings),
                Err(lost) if is_unanswered(&lost, &kept, before) && request.may_be_repeated() => {}
                Err(error) => return Err(error),
            }
        }
        let (mut connection, mut timings) = self.connect(&request.url)?;
        let (answer, Timings { head, .. }) = self.exchange_on(&mut connection, request)?;
        timings.head = head;
        self.respond(connection, answer, request, timings)
    }

    fn exchange_on(
        &self,
        connection: &mut Connection,
        request: &mut Outgoing,
    ) -> Result<(Answer, Timings), Error> {
        let begun = Instant::now();
        let answer = exchange::run(connection, request, &self.shared.config)?;
        Ok((answer, Timings { head: begun.elapsed(), ..Timings::default() }))
    }

    fn respond(
        &self,
        connection: Connection,
        answer: Answer,
        request: &Outgoing,
        timings: Timings,
    ) -> Result<Response, Error> {
        Response::new(connection, answer, request.url.clone(), timings, Arc::clone(&self.shared))
    }

    /// Tries the host's addresses one after the other, in the resolver's order.
    fn connect(&self, url: &Url) -> Result<(Connection, Timings), Error> {
        let begun = Instant::now();
        let addresses = (url.host(), url.port())
            .to_socket_addrs()
            .map_err(|source| Error::Resolve { host: url.host().to_owned(), source })?;
        let lookup = begun.elapsed();
        let mut attempts = Vec::new();
        for address in addresses {
            match self.connect_to(address) {
                Ok(connection) => {
                    let connect = begun.elapsed() - lookup;
                    return Ok((connection, Timings { lookup, connect, ..Timings::default() }));
                }
                Err(error) => attempts.push((address, error)),
            }
        }
        Err(Error::Connect { authority: url.authority().to_owned(), attempts })
    }

    fn connect_to(&self, address: SocketAddr) -> io::Result<Connection> {
        let config = &self.shared.config;
        let stream = TcpStream::connect_timeout(address, config.connect_timeout)?;
        Ok(Connection::over(stream, config)?.watched_by(self.watcher.clone()))
    }
}

/// Whether the connection ended before the server said anything to this request.
fn is_unanswered(error: &Error, connection: &Connection, received_before: u64) -> bool {
    error.is_lost_connection() && connection.bytes_received() == received_before
}
