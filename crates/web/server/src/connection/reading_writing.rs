//! Between the socket and the buffers.

use std::io::ErrorKind;
use std::time::Instant;

use wirelab_http::Fields;
use wirelab_sansio::StreamProtocol;

use super::{BATCH, Connection, Ended};
use crate::Body;
use crate::buffers::READ;
use crate::exchange::{Answer, Exchange};
use crate::worker::Worker;

impl Connection {
    /// At most one `recv`.
    pub(super) fn fill(&mut self, worker: &mut Worker<'_>) -> Result<(), Ended> {
        if !self.readable || !self.wants_read(worker.now) {
            return Ok(());
        }
        let wanted = if self.exchange.is_some() { BATCH } else { READ };
        let room = worker.buffers.make_room(self.http.input(), wanted);
        match self.context.stream.read_into(self.http.input()) {
            Ok(0) => {
                (self.peer_ended, self.readable) = (true, false);
                self.http.receive_eof();
            }
            Ok(count) => self.count_received(count, room, worker),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(_) => return Err(Ended(Some("reset"))),
        }
        Ok(())
    }

    /// A short read has emptied the receive buffer, unless the peer's end stands behind it.
    pub(super) fn count_received(&mut self, count: usize, room: usize, worker: &Worker<'_>) {
        self.readable = count == room || self.peer_ending;
        self.active = worker.now;
        self.context.received += count as u64;
        worker.counters.bytes_in.add(count as u64);
    }

    /// Writes what the worker has collected; what the socket does not take becomes `unsent`. True if all is gone.
    pub(super) fn flush(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if worker.out.is_empty() {
            return Ok(true);
        }
        let written = self.write(&worker.out, worker.now);
        if let Ok(written) = written {
            if let rest @ [_, ..] = &worker.out[written..] {
                self.unsent.extend_from_slice(rest);
            }
            worker.counters.bytes_out.add(written as u64);
        }
        worker.clear_out();
        written.map(|_| self.unsent.is_empty())
    }

    pub(super) fn flush_unsent(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        if self.unsent.is_empty() {
            return Ok(true);
        }
        if self.writable {
            let unsent = std::mem::take(&mut self.unsent);
            worker.out.extend_from_slice(&unsent);
            return self.flush(worker);
        }
        Ok(false)
    }

    pub(super) fn write(&mut self, bytes: &[u8], now: Instant) -> Result<usize, Ended> {
        match self.context.stream.write(bytes) {
            Ok(count) => {
                self.active = now;
                self.writable = count == bytes.len();
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.writable = false;
                Ok(0)
            }
            Err(_) => Err(Ended(Some("reset"))),
        }
    }

    /// `sendfile`, once the head is out. True when the end of the file's part is reached.
    pub(super) fn send_file(&mut self, worker: &mut Worker<'_>) -> Result<bool, Ended> {
        let Some(Exchange { answer: Answer::Sending(Body::File(part), _), sent, .. }) = &mut self.exchange
        else {
            return Ok(false);
        };
        // One piece a round: others have their turn between two.
        if self.writable && part.len > 0 {
            let count = usize::try_from(part.len).unwrap_or(usize::MAX).min(16 * BATCH);
            match self.context.stream.sendfile(&part.file, part.offset, count) {
                Ok(0) => return Err(Ended(Some("file-too-short"))),
                Ok(count) => {
                    part.offset += count as u64;
                    part.len -= count as u64;
                    *sent += count as u64;
                    self.active = worker.now;
                    worker.counters.bytes_out.add(count as u64);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.raw_os_error() == Some(libc::EIO) => {
                    return Err(Ended(Some("file-unreadable")));
                }
                Err(_) => return Err(Ended(Some("reset"))),
            }
        }
        if part.len > 0 {
            return Ok(false);
        }
        self.end_answer(Fields::new(), worker)?;
        Ok(true)
    }
}
