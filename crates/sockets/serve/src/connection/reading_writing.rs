//! Between the socket and the buffers.

use std::io::ErrorKind;
use std::time::Instant;

use super::{Connection, Ended};
use crate::io::Io;
use crate::worker::Worker;
use crate::{Service, Session, Tally};

/// So much of a file is handed to the kernel in one round.
const PIECE: usize = 1024 * 1024;

impl<S: Service> Connection<S> {
    /// At most one `recv`.
    pub(super) fn fill(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Result<(), Ended> {
        if !self.readable || !self.wants_read(worker) {
            return Ok(());
        }
        let wanted = self.session.room();
        let input = self.session.input();
        let room = worker.buffers.make_room(input, wanted);
        match io.read(input) {
            Ok(0) => {
                (self.peer_ended, self.readable) = (true, false);
                self.session.receive_eof();
            }
            Ok(count) => {
                self.session.received(count);
                self.active = worker.turn.now;
                self.count_received(count, room, worker);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(_) => return Err(Ended(Some("reset"))),
        }
        Ok(())
    }

    /// A short read has emptied the receive buffer, unless the peer's end stands behind it.
    pub(super) fn count_received(&mut self, count: usize, room: usize, worker: &Worker<'_, S>) {
        self.readable = count == room || self.peer_ending;
        worker.turn.counters.add(|row| &row.bytes_in, count as u64);
    }

    /// Writes what the session has said; what the socket does not take becomes `unsent`. True if all is gone.
    pub(super) fn flush(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Result<bool, Ended> {
        if worker.turn.out.is_empty() {
            return Ok(true);
        }
        let turn = &mut worker.turn;
        let written = self.write(&turn.out, io, turn.now, turn.counters);
        if let Ok(written) = written
            && let rest @ [_, ..] = &turn.out[written..]
        {
            self.unsent.extend_from_slice(rest);
        }
        turn.clear_out();
        written.map(|_| self.unsent.is_empty())
    }

    /// True if nothing is left that the socket did not take.
    pub(super) fn flush_unsent(
        &mut self,
        io: &mut impl Io,
        worker: &mut Worker<'_, S>,
    ) -> Result<bool, Ended> {
        if self.unsent.is_empty() {
            return Ok(true);
        }
        if self.writable {
            let mut unsent = std::mem::take(&mut self.unsent);
            let written = self.write(&unsent, io, worker.turn.now, worker.turn.counters)?;
            bytes::Buf::advance(&mut unsent, written);
            self.unsent = unsent;
        }
        Ok(self.unsent.is_empty())
    }

    fn write(
        &mut self,
        bytes: &[u8],
        io: &mut impl Io,
        now: Instant,
        counters: &Tally,
    ) -> Result<usize, Ended> {
        match io.write(bytes) {
            Ok(count) => {
                self.active = now;
                self.writable = count == bytes.len();
                counters.add(|row| &row.bytes_out, count as u64);
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.writable = false;
                Ok(0)
            }
            Err(_) => Err(Ended(Some("reset"))),
        }
    }

    /// `sendfile`, once the head is out: one piece a round, so that others have their turn between two. Says whether
    /// there may be another round.
    pub(super) fn send_file(&mut self, io: &mut impl Io, worker: &mut Worker<'_, S>) -> Result<bool, Ended> {
        let Some(part) = self.session.file() else { return Ok(true) };
        if !self.writable {
            return Ok(false);
        }
        let count = usize::try_from(part.len).unwrap_or(usize::MAX).min(PIECE);
        match io.send_file(part.file, part.offset, count) {
            Ok(0) => return Err(Ended(Some("file-too-short"))),
            Ok(count) => {
                self.active = worker.turn.now;
                worker.turn.counters.add(|row| &row.bytes_out, count as u64);
                self.session.file_sent(count, &mut worker.turn);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
            Err(error) if error.raw_os_error() == Some(libc::EIO) => {
                return Err(Ended(Some("file-unreadable")));
            }
            Err(_) => return Err(Ended(Some("reset"))),
        }
        Ok(self.writable)
    }
}
