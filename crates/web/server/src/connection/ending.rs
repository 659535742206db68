//! The end of a connection: the last word, and then silence until the peer has heard it.

use std::io::ErrorKind;
use std::net::Shutdown;

use wirelab_sansio::StreamProtocol;

use super::{BATCH, Connection, Ended, Fate, Mode};
use crate::worker::Worker;

impl Connection {
    /// Ends the serving: what was said is still sent, then this side ended.
    pub(super) fn begin_ending(&mut self) {
        self.mode = Mode::Ending;
    }

    pub(super) fn say_last(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.flush_unsent(worker)? {
            return Ok(false);
        }
        self.log_unfinished(worker);
        if self.peer_ended {
            return Err(Ended(None));
        }
        // RFC 9112 §9.6: end this side only, and let the peer read what was sent. A plain close with unread bytes in
        // the receive buffer would be a reset, which can destroy the answer at the peer.
        self.context.stream.shutdown(Shutdown::Write).map_err(|_| Ended(None))?;
        self.mode = Mode::Lingering;
        self.active = worker.now;
        Ok(true)
    }

    /// Throws away what comes. The time is not extended by it: a peer who goes on sending does not listen.
    pub(super) fn linger(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.readable {
            return Ok(false);
        }
        let input = self.http.input();
        input.clear();
        let room = worker.buffers.make_room(input, BATCH);
        match self.context.stream.read_into(input) {
            Ok(0) => Err(Ended(None)),
            Ok(count) => {
                worker.counters.bytes_in.add(count as u64);
                input.clear();
                self.readable = count == room || self.peer_ending;
                Ok(self.readable)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.readable = false;
                Ok(false)
            }
            Err(_) => Err(Ended(None)),
        }
    }

    pub(super) fn end(&mut self, ended: Ended, worker: &mut Worker<'_>) -> Fate {
        if let Some(name) = ended.0 {
            worker.counters.note(name);
        }
        worker.clear_out();
        self.log_unfinished(worker);
        Fate::Close
    }
}
