//! New connections, and what to do when there is no room for them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab_reactor::{Interest, Trigger};
use wirelab_socket::{AcceptFailure, TcpStream};

use super::{EventLoop, LISTENER, Timer};
use crate::Context;
use crate::connection::Connection;

/// So many connections are accepted in one turn; the rest stay in the kernel's queue until the next.
const ACCEPTS: usize = 64;

/// How long accepting pauses when the process has run out of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

impl EventLoop<'_> {
    /// Takes connections from the kernel's queue.
    pub(super) fn accept(&mut self) -> io::Result<()> {
        for _ in 0..ACCEPTS {
            let Some(listener) = &self.listener else { return Ok(()) };
            if self.connections.len() >= self.worker.config.max_connections {
                return self.pause_listening();
            }
            match listener.accept() {
                Ok((stream, peer)) => self.admit(stream, peer),
                Err(error) => match AcceptFailure::of(&error) {
                    AcceptFailure::QueueEmpty => return Ok(()),
                    AcceptFailure::ConnectionLost => self.worker.counters.note("lost-in-queue"),
                    AcceptFailure::OutOfResources => {
                        // They stay in the queue, and lose nothing but time.
                        self.worker.counters.note("accept-paused");
                        self.reactor.set_timer(PAUSE, Timer::AcceptAgain);
                        return self.pause_listening();
                    }
                    AcceptFailure::Broken => return Err(error),
                },
            }
        }
        Ok(())
    }

    pub(super) fn admit(&mut self, stream: TcpStream, peer: SocketAddr) {
        let counters = self.worker.counters;
        counters.accepted.add(1);
        // The head of a large answer and what follows it are written apart; Nagle's algorithm would hold up the
        // second until the first is acknowledged.
        let _ = stream.set_nodelay(true);
        let local = match self.local.ip().is_unspecified() {
            true => stream.local_addr().unwrap_or(self.local),
            false => self.local,
        };
        let context = Context {
            stream,
            peer,
            local,
            connection: counters.accepted(),
            number: 0,
            accepted: self.worker.now,
            received: 0,
            stopping: self.worker.stopping.is_some(),
        };
        let token = self.connections.insert(Connection::new(context, Connection::protocol(&self.protocol)));
        let Some(connection) = self.connections.get_mut(token) else { return };
        let stream = &connection.context.stream;
        if self.reactor.register(stream, token, Interest::BOTH, Trigger::Edge).is_err() {
            counters.note("not-registered");
            return self.close(token);
        }
        self.set_timer(token);
    }

    pub(super) fn pause_listening(&mut self) -> io::Result<()> {
        if let (Some(listener), true) = (&self.listener, self.listening) {
            self.reactor.deregister(listener)?;
            self.listening = false;
        }
        Ok(())
    }

    pub(super) fn listen_again(&mut self) -> io::Result<()> {
        if let (Some(listener), false) = (&self.listener, self.listening) {
            self.reactor.register(listener, LISTENER, Interest::READABLE, Trigger::Level)?;
            self.listening = true;
        }
        Ok(())
    }
}
