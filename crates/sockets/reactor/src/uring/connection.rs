use std::io;
use std::mem;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use libc::{EAGAIN, ECANCELED, EINTR, ENOBUFS, POLLERR, POLLIN, POLLOUT};
use wirelab_socket::TcpStream;

use super::receiving::Receiving;
use crate::event::{Event, Token};
use crate::sys;
use crate::sys::uring::{Key, Received, Ring};

/// So much is taken of a program's writes until it is sent: the most that a channel holds for a slow peer.
const WRITTEN: usize = 128 * 1024;

/// How long a closed connection may make no progress with its last bytes. An orphan of the kernel has a similar limit.
const LAST_BYTES: Duration = Duration::from_secs(60);

/// A channel on a ring: what the program has asked for, what is in flight, and what has come of it.
///
/// The calls of the program change what is wanted. [`submit`](Self::submit), once a turn, makes operations of it. The
/// `on_…` methods take their results, and say which event the program is to hear of.
#[derive(Debug)]
pub(super) struct Connection {
    stream: Arc<TcpStream>,
    token: Token,
    receiving: Receiving,
    /// Written by the program, and not yet submitted: writes of one turn are sent together.
    written: Vec<u8>,
    sending: Sending,
    /// A write was refused, or taken in part: the program waits for room.
    refused: bool,
    room: Room,
    /// What the program's next call is to be told.
    failure: Option<i32>,
    ending: Ending,
    closing: Closing,
    /// It is in the list of those that have something to submit.
    pub(super) queued: bool,
}

#[derive(Debug)]
enum Sending {
    Idle,
    /// From this byte of what the ring has.
    InFlight(usize),
    /// The socket took no more: from this byte on, when there is room.
    Stuck(Vec<u8>, usize),
}

/// An operation that waits until the socket has room: for files, and for handshakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    NotWanted,
    Wanted,
    InFlight,
}

/// The end of this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Open,
    /// FIN follows what is in flight.
    Wanted,
    Done,
    /// What is in flight is not sent to its end: the close is to be an RST.
    Dropping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Open,
    /// The channel is gone. What is in flight keeps the socket open, and must be ended; but what was written is sent.
    Wanted,
    /// All that can be cancelled is.
    Cancelled,
}

impl Connection {
    pub(super) fn new(stream: Arc<TcpStream>, token: Token, is_connecting: bool) -> Self {
        Connection {
            stream,
            token,
            // An accepted connection often has its first bytes already.
            receiving: if is_connecting {
                Receiving::Connecting
            } else {
                Receiving::Wanted { wait_first: false }
            },
            written: Vec::new(),
            sending: Sending::Idle,
            refused: false,
            room: if is_connecting { Room::Wanted } else { Room::NotWanted },
            failure: None,
            ending: Ending::Open,
            closing: Closing::Open,
            queued: false,
        }
    }

    pub(super) fn read(&mut self, ring: &mut Ring, buffer: &mut BytesMut) -> io::Result<usize> {
        if let Some(count) = self.receiving.take(ring, buffer) {
            return Ok(count);
        }
        self.take_failure()?;
        match self.receiving {
            Receiving::Ended => Ok(0),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    /// `spare` has empty buffers to write into.
    pub(super) fn write(&mut self, bytes: &[u8], spare: &mut Vec<Vec<u8>>) -> io::Result<usize> {
        self.take_failure()?;
        if self.ending != Ending::Open {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        let room = if let Sending::Idle = self.sending { WRITTEN - self.written.len() } else { 0 };
        let count = bytes.len().min(room);
        if count < bytes.len() {
            self.refused = true;
        }
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if self.written.capacity() == 0 {
            self.written = spare.pop().unwrap_or_default();
        }
        self.written.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    /// Whether a part of a file may be sent now.
    pub(super) fn before_file(&mut self) -> io::Result<()> {
        self.take_failure()?;
        if self.has_unsent() {
            self.refused = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    }

    /// The socket took less of a file than it was to.
    pub(super) fn want_room(&mut self) {
        if self.room == Room::NotWanted {
            self.room = Room::Wanted;
        }
    }

    pub(super) fn shut_down(&mut self) -> io::Result<()> {
        if self.ending == Ending::Open && self.has_unsent() {
            self.ending = Ending::Wanted;
            return Ok(());
        }
        self.ending = Ending::Done;
        self.stream.shutdown(Shutdown::Write)
    }

    /// The channel is gone.
    pub(super) fn close(&mut self) {
        if self.has_unsent() {
            if sys::lingers_not(self.stream.as_fd()) {
                self.ending = Ending::Dropping;
                self.written.clear();
                if let Sending::Stuck(..) = self.sending {
                    self.sending = Sending::Idle;
                }
            }
            // A peer who takes nothing would keep the connection for ever.
            let _ = self.stream.set_user_timeout(LAST_BYTES);
        }
        self.closing = Closing::Wanted;
    }

    /// The pool needs its buffers.
    pub(super) fn move_out(&mut self, ring: &mut Ring) {
        self.receiving.move_out(ring);
    }

    /// Whether there is something to submit.
    pub(super) fn has_wishes(&self) -> bool {
        let receives = matches!(self.receiving, Receiving::Wanted { .. }) && self.closing == Closing::Open;
        receives || self.wants_to_send() || self.room == Room::Wanted || self.closing == Closing::Wanted
    }

    /// Closed, and nothing is in flight or to be sent.
    pub(super) fn is_over(&self) -> bool {
        let receives = matches!(self.receiving, Receiving::InFlight);
        let waits = receives || self.room == Room::InFlight || self.has_unsent();
        self.closing == Closing::Cancelled && !waits
    }

    /// Makes operations of what is wanted.
    pub(super) fn submit(&mut self, ring: &mut Ring, key: Key) -> io::Result<()> {
        let fd = self.stream.as_fd().as_raw_fd();
        if self.wants_to_send() {
            // Somebody waits for the end of it.
            let heard = self.refused || self.ending == Ending::Wanted || self.closing != Closing::Open;
            let (bytes, from) = match &mut self.sending {
                Sending::Stuck(bytes, from) => (bytes, *from),
                _ => (&mut self.written, 0),
            };
            ring.send(key, fd, bytes, from, heard)?;
            self.sending = Sending::InFlight(from);
        }
        match (self.closing, &self.receiving) {
            (Closing::Wanted, _) => self.cancel(ring, key)?,
            (Closing::Open, &Receiving::Wanted { wait_first }) => {
                ring.receive(key, fd, wait_first)?;
                self.receiving = Receiving::InFlight;
            }
            _ => {}
        }
        if self.room == Room::Wanted {
            ring.await_room(key, fd)?;
            self.room = Room::InFlight;
        }
        Ok(())
    }

    fn wants_to_send(&self) -> bool {
        match self.sending {
            Sending::Idle => !self.written.is_empty(),
            Sending::InFlight(_) => false,
            Sending::Stuck(..) => self.room == Room::NotWanted,
        }
    }

    fn cancel(&mut self, ring: &mut Ring, key: Key) -> io::Result<()> {
        match self.receiving {
            Receiving::InFlight => ring.cancel_receive(key)?,
            _ => self.receiving.replace(ring, Receiving::Ended),
        }
        if !self.has_unsent() {
            match self.room {
                Room::InFlight => ring.cancel_room(key)?,
                _ => self.room = Room::NotWanted,
            }
        }
        self.closing = Closing::Cancelled;
        Ok(())
    }

    pub(super) fn on_received(
        &mut self,
        ring: &mut Ring,
        result: Result<Option<Received>, i32>,
    ) -> Option<Event> {
        let mut event = Event::from_bits(self.token, POLLIN as u32);
        self.receiving = match result {
            Ok(Some(received)) => Receiving::Held(received),
            Ok(None) => {
                event.read_closed = true;
                Receiving::Ended
            }
            // The pool was empty: in the next turn it is not, and then the socket is looked at first.
            Err(ENOBUFS | EAGAIN | EINTR) => {
                self.receiving = Receiving::Wanted { wait_first: true };
                return None;
            }
            Err(code) => {
                event.error = true;
                self.fail(code);
                Receiving::Ended
            }
        };
        if self.closing == Closing::Open {
            return Some(event);
        }
        self.receiving.replace(ring, Receiving::Ended);
        None
    }

    /// What was not sent waits for room. Otherwise the memory goes to `spare`.
    pub(super) fn on_sent(
        &mut self,
        result: Result<usize, i32>,
        mut bytes: Vec<u8>,
        spare: &mut Vec<Vec<u8>>,
    ) -> Option<Event> {
        let from = match mem::replace(&mut self.sending, Sending::Idle) {
            Sending::InFlight(from) => from,
            _ => bytes.len(),
        };
        let failure = match result {
            _ if self.ending == Ending::Dropping => None,
            Err(EAGAIN | EINTR) if from < bytes.len() => {
                self.get_stuck(bytes, from);
                return None;
            }
            Ok(count) if count < bytes.len() - from => {
                self.get_stuck(bytes, from + count);
                return None;
            }
            result => result.err(),
        };
        bytes.clear();
        spare.push(bytes);
        if let Some(code) = failure {
            self.fail(code);
        }
        if self.ending == Ending::Wanted {
            self.ending = Ending::Done;
            let _ = self.stream.shutdown(Shutdown::Write); // it fails if the connection has; the next call tells
        }
        let mut event = Event::from_bits(self.token, POLLOUT as u32);
        event.error = failure.is_some();
        let waits = mem::take(&mut self.refused) || event.error;
        (waits && self.closing == Closing::Open).then_some(event)
    }

    fn get_stuck(&mut self, bytes: Vec<u8>, from: usize) {
        self.sending = Sending::Stuck(bytes, from);
        self.want_room();
    }

    pub(super) fn on_room(&mut self, result: Result<u32, i32>) -> Option<Event> {
        self.room = Room::NotWanted;
        let is_connected = matches!(self.receiving, Receiving::Connecting);
        if is_connected {
            self.receiving = Receiving::Wanted { wait_first: true };
        }
        // Room for what is stuck is no event. If the socket has failed, the send will say so.
        let is_heard = is_connected || !self.has_unsent();
        (is_heard && self.closing == Closing::Open)
            .then_some(Event::from_bits(self.token, result.unwrap_or(POLLERR as u32)))
    }

    fn has_unsent(&self) -> bool {
        !matches!(self.sending, Sending::Idle) || !self.written.is_empty()
    }

    fn fail(&mut self, code: i32) {
        if code != ECANCELED {
            self.failure = self.failure.or(Some(code));
        }
        self.ending = Ending::Done;
        self.written.clear();
    }

    fn take_failure(&mut self) -> io::Result<()> {
        self.failure.take().map_or(Ok(()), |code| Err(io::Error::from_raw_os_error(code)))
    }
}
