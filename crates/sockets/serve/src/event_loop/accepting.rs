//! New connections, and what to do when there is no room for them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use wirelab_socket::{AcceptFailure, TcpStream};

use super::{EventLoop, Link, Timer};
use crate::connection::{Connection, Fate};
use crate::{Facts, Service};

/// So many connections are accepted in one turn; the rest stay in the kernel's queue until the next.
const ACCEPTS: usize = 64;

/// How long accepting pauses when the process has run out of descriptors, or when other workers have all the places.
const PAUSE: Duration = Duration::from_millis(100);

impl<S: Service> EventLoop<'_, S> {
    /// Takes connections from the kernel's queue.
    pub(super) fn accept(&mut self) -> io::Result<()> {
        let places = self.common.table.common();
        for _ in 0..ACCEPTS {
            let Some(acceptor) = &mut self.acceptor else { return Ok(()) };
            if !places.take_place(self.worker.config.max_connections) {
                return self.pause_at_limit();
            }
            match self.reactor.accept(acceptor) {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) => {
                    places.free_places(1);
                    match AcceptFailure::of(&error) {
                        AcceptFailure::QueueEmpty => return Ok(()),
                        AcceptFailure::ConnectionLost => self.worker.turn.counters.note("lost-in-queue"),
                        AcceptFailure::OutOfResources => {
                            // They stay in the queue, and lose nothing but time.
                            self.worker.turn.counters.note("accept-paused");
                            self.reactor.set_timer(PAUSE, Timer::AcceptAgain);
                            return self.reactor.pause(acceptor);
                        }
                        AcceptFailure::Broken => return Err(error),
                    }
                }
            }
        }
        Ok(())
    }

    /// Begins to serve a connection, which has its place already.
    pub(super) fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        let counters = self.worker.turn.counters;
        counters.add(|row| &row.accepted, 1);
        // The head of a large answer and what follows it are written apart; Nagle's algorithm would hold up the
        // second until the first is acknowledged.
        let _ = stream.set_nodelay(true);
        let local = match self.common.local.ip().is_unspecified() {
            true => stream.local_addr().unwrap_or(self.common.local),
            false => self.common.local,
        };
        let token = self.links.next_token();
        let Ok(channel) = self.reactor.open(stream, token) else {
            counters.note("not-registered");
            counters.add(|row| &row.closed, 1);
            return self.common.table.common().free_places(1);
        };
        let facts = Facts {
            peer,
            local,
            number: self.common.table.common().next_number(),
            accepted: self.worker.turn.now,
            worker: self.number,
            stream: Arc::downgrade(channel.shared()),
        };
        let session = self.worker.service.open(facts, &mut self.worker.turn);
        let connection = Connection::new(session, self.worker.turn.now);
        let link = Link { channel, connection, timer: None, is_queued: false, is_unasked: false };
        let token = self.links.insert(link);
        self.drive(token, |connection, io, worker| match connection.on_open(io, worker) {
            Fate::Keep if worker.turn.stopping.is_some() => connection.on_stop(io, worker),
            fate => fate,
        });
    }

    /// All places are taken. One that this loop's connections free is noticed at once; one that another worker's
    /// do, within a moment.
    fn pause_at_limit(&mut self) -> io::Result<()> {
        let Some(acceptor) = &mut self.acceptor else { return Ok(()) };
        if acceptor.is_active() && self.links.len() < self.worker.config.max_connections {
            self.reactor.set_timer(PAUSE, Timer::AcceptAgain);
        }
        self.reactor.pause(acceptor)
    }

    pub(super) fn listen_again(&mut self) -> io::Result<()> {
        match &mut self.acceptor {
            Some(acceptor) if !acceptor.is_active() => self.reactor.resume(acceptor),
            _ => Ok(()),
        }
    }
}
