use std::fmt::Write;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab_http::InvalidField;
use wirelab_http::url::{InvalidUrl, Url};
use wirelab_http1::{Misuse, Violation};

/// Why there is no response, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is none.
    #[error("`{url}` is not an address to fetch from: {problem}")]
    Url {
        /// The address as it was given.
        url: String,
        /// What is wrong with it.
        problem: InvalidUrl,
    },
    /// The address asks for TLS.
    #[error("{url} asks for HTTPS, and this client has no TLS yet: only http:// can be fetched")]
    Https {
        /// The address.
        url: Url,
    },
    /// A field of the request cannot be sent.
    #[error("the request cannot be sent: {0}")]
    Field(#[from] InvalidField),
    /// The host's name leads to no address.
    #[error("the name `{host}` could not be resolved: {source}")]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// None of the host's addresses could be connected to.
    #[error("no connection to {authority}{}", tried(.attempts))]
    Connect {
        /// Host and port, as the address names them.
        authority: String,
        /// Each address that was tried, and what came of it. Empty if the name has no address at all.
        attempts: Vec<(SocketAddr, io::Error)>,
    },
    /// The connection failed.
    #[error("{doing} failed: {source}")]
    Io {
        /// What was going on.
        doing: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// What the server sent is not HTTP/1.1, or too much of it; or what the caller sent makes no sense here.
    #[error("{0}")]
    Http(#[from] wirelab_http1::Error),
    /// The server was too slow.
    #[error("the server was too slow: gave up after {limit:?} of {waiting}")]
    Timeout {
        /// What was waited for.
        waiting: &'static str,
        /// For how long: the limit of [`Config`](crate::Config) that has passed.
        limit: Duration,
    },
    /// The content of the request could not be read from where it comes from.
    #[error("the content of the request could not be read: {0}")]
    RequestContent(#[source] io::Error),
    /// The content of the response is longer than is accepted.
    #[error("the content of the response is longer than {limit} bytes")]
    BodyTooLarge {
        /// [`Config::max_body`](crate::Config::max_body), or the limit given to [`Response::bytes`](crate::Response::bytes).
        limit: u64,
    },
    /// More 1xx responses than anybody needs.
    #[error("more than {limit} interim (1xx) responses came before the final one")]
    TooManyInterim {
        /// How many are accepted.
        limit: usize,
    },
    /// One redirect led to the next, too often.
    #[error("gave up after {limit} redirects; the next one leads to {next}")]
    TooManyRedirects {
        /// [`Config::max_redirects`](crate::Config::max_redirects).
        limit: usize,
        /// Where the one that was not followed leads.
        next: Url,
    },
}

fn tried(attempts: &[(SocketAddr, io::Error)]) -> String {
    if attempts.is_empty() {
        return ": the name has no address".to_owned();
    }
    attempts.iter().fold(String::new(), |mut text, (address, error)| {
        let separator = if text.is_empty() { ": " } else { "; " };
        let _ = write!(text, "{separator}{address}: {error}");
        text
    })
}

impl Error {
    /// Whether the connection ended under the request: what an idle connection looks like that the server has closed
    /// in the meantime.
    pub(crate) fn is_lost_connection(&self) -> bool {
        match self {
            Error::Io { source, .. } => {
                use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected};
                matches!(source.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected)
            }
            Error::Http(wirelab_http1::Error::Violation(Violation::Truncated { .. })) => true,
            _ => false,
        }
    }
}

impl From<Misuse> for Error {
    fn from(misuse: Misuse) -> Self {
        Error::Http(misuse.into())
    }
}
