use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use wirelab_http::url::Url;

use crate::{Config, Connection};

/// Host and port: which requests may share a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    host: String,
    port: u16,
}

impl Origin {
    pub(crate) fn of(url: &Url) -> Self {
        Origin { host: url.host().to_owned(), port: url.port() }
    }
}

/// Connections between two requests, the one that was used last at the back.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    connections: Mutex<VecDeque<Kept>>,
}

#[derive(Debug)]
struct Kept {
    origin: Origin,
    connection: Connection,
    since: Instant,
}

impl Idle {
    /// A connection to that host and port, if there is one that seems to be alive.
    pub(crate) fn take(&self, origin: &Origin, config: &Config) -> Option<Connection> {
        let mut connections = self.lock();
        connections.retain(|kept| kept.since.elapsed() < config.idle_timeout);
        loop {
            let position = connections.iter().rposition(|kept| kept.origin == *origin)?;
            let Kept { connection, .. } = connections.remove(position)?;
            if !connection.is_stale() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection for the next request; the one that was idle for longest makes room.
    pub(crate) fn put(&self, origin: Origin, mut connection: Connection, config: &Config) {
        if !connection.is_reusable() || config.max_idle == 0 {
            return;
        }
        connection.set_deadline(None);
        let mut connections = self.lock();
        if connections.len() >= config.max_idle {
            connections.pop_front();
        }
        connections.push_back(Kept { origin, connection, since: Instant::now() });
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Kept>> {
        // A list of connections is whole after each of its operations, whatever became of the thread.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
