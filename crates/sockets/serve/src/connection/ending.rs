//! The end of a connection: the last word, and then silence until the peer has heard it.

use std::io::ErrorKind;

use super::{Connection, Ended, Fate, Stage};
use crate::io::Io;
use crate::worker::Worker;
use crate::{Service, Session};

/// What one read asks for when all is thrown away.
const ROOM: usize = 64 * 1024;

impl<S: Service> Connection<S> {
    pub(super) fn say_last(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Result<bool, Ended> {
        if !self.flush_unsent(io, worker)? {
            return Ok(false);
        }
        if self.peer_ended {
            return Err(Ended(None));
        }
        // RFC 9112 §9.6: end this side only, and let the peer read what was sent. A plain close with unread bytes in
        // the receive buffer would be a reset, which can destroy the answer at the peer.
        io.shut_down().map_err(|_| Ended(None))?;
        self.session.closed(&mut worker.turn);
        self.stage = Stage::Lingering;
        self.active = worker.turn.now;
        Ok(true)
    }

    /// Throws away what comes. The time is not extended by it: a peer who goes on sending does not listen.
    pub(super) fn linger(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Result<bool, Ended> {
        if !self.readable {
            return Ok(false);
        }
        let input = self.session.input();
        input.clear();
        let room = worker.buffers.make_room(input, ROOM);
        match io.read(input) {
            Ok(0) => Err(Ended(None)),
            Ok(count) => {
                input.clear();
                self.count_received(count, room, worker);
                Ok(self.readable)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(false)
            }
            Err(_) => Err(Ended(None)),
        }
    }

    pub(super) fn end(&mut self, ended: Ended, worker: &mut Worker<'_, S>) -> Fate {
        if let Some(name) = ended.0 {
            worker.turn.counters.note(name);
        }
        Fate::Close
    }

    /// The last call: the connection is out of its loop.
    pub(crate) fn closed(mut self, worker: &mut Worker<'_, S>) {
        if self.stage != Stage::Lingering {
            self.session.closed(&mut worker.turn);
        }
        worker.turn.clear_out();
    }
}
