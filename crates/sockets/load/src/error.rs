use std::io;
use std::net::SocketAddr;

/// Why a load cannot be given.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Loading somebody else's machine takes permission: [`Config::allow_remote`](crate::Config::allow_remote).
    #[error("{0} is not this machine, and Config::allow_remote is not set")]
    NotLoopback(SocketAddr),
    /// A rate that is no positive number, or no connections.
    #[error("{0}")]
    Config(&'static str),
    /// A request that HTTP/1.1 cannot send, or that is no question with one answer (an upgrade, CONNECT).
    #[error("the request `{name}` cannot be sent: {problem}")]
    Request {
        /// The name of its kind.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The reactor has no descriptor.
    #[error("the loop cannot start or go on: {0}")]
    Io(#[from] io::Error),
}
