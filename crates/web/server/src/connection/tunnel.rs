//! A connection that another protocol has taken over.

use std::io::ErrorKind;
use std::time::Duration;

use super::{BATCH, Connection, Ended, Mode};
use crate::buffers::READ;
use crate::worker::Worker;
use crate::{Takeover, Tunnel};

impl Connection {
    pub(super) fn begin_tunnel(&mut self, takeover: Box<dyn Takeover>) {
        let input = self.http.take_leftover();
        self.mode = Mode::Tunnel { takeover, input, until: None, called: false };
    }

    /// A round of another protocol.
    pub(super) fn tunnel(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if !self.flush_unsent(worker)? {
            return Ok(false);
        }
        let Mode::Tunnel { takeover, input, until, called } = &mut self.mode else { return Ok(false) };
        let (had, ended) = (input.len(), self.peer_ended);
        if self.readable && !self.peer_ended && input.len() < 16 * BATCH {
            let room = worker.buffers.make_room(input, READ);
            match self.context.stream.read_into(input) {
                Ok(0) => (self.peer_ended, self.readable) = (true, false),
                Ok(count) => {
                    self.readable = count == room || self.peer_ending;
                    self.active = worker.now;
                    worker.counters.bytes_in.add(count as u64);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
                Err(_) => return Err(Ended(Some("reset"))),
            }
        }
        let due = until.is_some_and(|until| until <= worker.now);
        let news = input.len() > had || self.peer_ended != ended || due || !*called;
        if !news {
            return Ok(false);
        }
        *called = true;
        match takeover.run(input, self.peer_ended, &mut worker.out) {
            Tunnel::Open => *until = None,
            // At least a little, as for a source.
            Tunnel::Wait(time) => *until = Some(worker.now + time.max(Duration::from_millis(1))),
            Tunnel::Close => self.mode = Mode::Ending,
        }
        // A protocol that has room again is asked again for more.
        if let Mode::Tunnel { called, .. } = &mut self.mode
            && worker.out.len() >= BATCH
        {
            *called = false;
        }
        self.flush(worker)?;
        Ok(true)
    }
}
