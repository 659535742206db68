use std::io;
use std::time::{Duration, Instant};

use wirelab_socket::TcpStream;

use crate::{Config, Error};

/// How long the socket may block: the limit of each read, and a moment beyond which nothing is waited for.
#[derive(Debug)]
pub(crate) struct Patience {
    read: Duration,
    write: Duration,
    deadline: Option<Deadline>,
    /// What the socket has been told.
    in_force: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Instant,
    /// How far away it was when it was set: what an error reports.
    limit: Duration,
}

impl Patience {
    pub(crate) fn new(config: &Config) -> Self {
        Patience { read: config.read_timeout, write: config.write_timeout, deadline: None, in_force: None }
    }

    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        let now = Instant::now();
        self.deadline = deadline.map(|at| Deadline { at, limit: at.saturating_duration_since(now) });
    }

    /// Tells the socket how long the next read may take; without a deadline that is the same each time, and said once.
    pub(crate) fn before_read(&mut self, stream: &TcpStream, waiting: &'static str) -> Result<(), Error> {
        let mut limit = self.read;
        if let Some(deadline) = self.deadline {
            let left = deadline.at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Timeout { waiting, limit: deadline.limit });
            }
            limit = limit.min(left);
        }
        if self.in_force != Some(limit) {
            stream
                .set_read_timeout(Some(limit))
                .map_err(|source| Error::Io { doing: "setting the read time-out", source })?;
            self.in_force = Some(limit);
        }
        Ok(())
    }

    pub(crate) fn read_error(&self, source: io::Error, waiting: &'static str) -> Error {
        if source.kind() != io::ErrorKind::WouldBlock {
            return Error::Io { doing: waiting, source };
        }
        let limit = match self.deadline {
            Some(deadline) if self.in_force != Some(self.read) => deadline.limit,
            _ => self.read,
        };
        Error::Timeout { waiting, limit }
    }

    pub(crate) fn write_error(&self, source: io::Error) -> Error {
        if source.kind() == io::ErrorKind::WouldBlock {
            return Error::Timeout {
                waiting: "waiting for the server to take the request",
                limit: self.write,
            };
        }
        Error::Io { doing: "sending the request", source }
    }
}
