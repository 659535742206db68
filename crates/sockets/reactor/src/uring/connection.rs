//! A channel on a ring: what is asked of the kernel for it, and what came of it.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_socket::TcpStream;

use super::{Owner, Uring};
use crate::channel::make_room;
use crate::event::{Event, Token};
use crate::link::Link;
use crate::sys;
use crate::sys::uring::{Key, Received, Ring};

/// So much is taken of one program's writes until it is sent: the most that a channel holds for a slow peer.
const WRITTEN: usize = 128 * 1024;

/// How long a closed connection may make no progress with its last bytes. An orphan of the kernel has a similar limit.
const LAST_BYTES: Duration = Duration::from_secs(60);

/// One connection.
///
/// ```text
///  receiving     Wanted ──submit──▶ InFlight ──bytes──▶ Held ──read to its end──▶ Wanted
///                                      └──── 0, error ──▶ Ended
///  sending       written ──submit──▶ in flight ──all sent──▶ (writable, if a write was refused)
///                   ▲ writes of the same turn join
/// ```
///
/// One receive is asked for at a time, and no other before the program has read what the last one brought: a slow reader
/// holds one buffer, and its peer feels the closed window as it should. A multishot receive would save the entry for each
/// message, and would fill the whole pool for one connection that does not read.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) stream: Arc<TcpStream>,
    token: Token,
    receiving: Receiving,
    /// Written by the program, and not yet submitted.
    written: Vec<u8>,
    /// A send is in flight, from this byte of its memory on.
    sending: Option<usize>,
    /// A write was refused, or taken in part: it wants to hear of room.
    refused: bool,
    /// An operation that waits for room is wanted, or in flight.
    room: Room,
    /// What the next call is to be told.
    failure: Option<i32>,
    /// This side has ended, or is to end behind what is in flight.
    ending: Ending,
    closed: bool,
    /// What is in flight is not to be sent to its end.
    abandoned: bool,
    /// It is in the list of those that have something to submit.
    queued: bool,
    cancelled: bool,
}

#[derive(Debug)]
pub(super) enum Receiving {
    /// The handshake is not over. A receive would take its error from whoever asks for it.
    Connecting,
    /// To be submitted; after waiting for readiness, if the socket is known to be empty.
    Wanted {
        wait_first: bool,
    },
    InFlight,
    Held(Received),
    /// As `Held`, but the pool was empty and the buffer needed: moved here.
    Moved {
        bytes: Vec<u8>,
        start: usize,
        more: bool,
    },
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    NotWanted,
    Wanted,
    InFlight,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Open,
    /// FIN is to follow what is in flight.
    Wanted,
    Done,
}

impl Connection {
    pub(super) fn new(stream: Arc<TcpStream>, token: Token, receiving: Receiving) -> Self {
        Connection {
            stream,
            token,
            receiving,
            written: Vec::new(),
            sending: None,
            refused: false,
            room: Room::NotWanted,
            failure: None,
            ending: Ending::Open,
            closed: false,
            abandoned: false,
            queued: false,
            cancelled: false,
        }
    }

    fn has_unsent(&self) -> bool {
        self.sending.is_some() || !self.written.is_empty()
    }

    /// Nothing is in flight any more, and nothing to be sent.
    fn is_over(&self) -> bool {
        let receives = matches!(self.receiving, Receiving::InFlight);
        self.closed && !receives && !self.has_unsent() && self.room != Room::InFlight
    }

    fn take_failure(&mut self) -> io::Result<()> {
        self.failure.take().map_or(Ok(()), |code| Err(io::Error::from_raw_os_error(code)))
    }

    /// Bytes into the program's buffer; `None`: there are none, and `receiving` says why.
    fn take_received(&mut self, ring: &mut Ring, buffer: &mut BytesMut) -> Option<usize> {
        let room = make_room(buffer);
        let (count, more) = match &mut self.receiving {
            Receiving::Held(received) => {
                let count = received.len().min(room);
                buffer.extend_from_slice(&ring.bytes(received)[..count]);
                received.advance(count);
                (count, (received.len() == 0).then_some(received.more))
            }
            Receiving::Moved { bytes, start, more } => {
                let count = (bytes.len() - *start).min(room);
                buffer.extend_from_slice(&bytes[*start..*start + count]);
                *start += count;
                (count, (*start == bytes.len()).then_some(*more))
            }
            _ => return None,
        };
        if let Some(more) = more {
            self.let_go(ring, Receiving::Wanted { wait_first: !more });
        }
        Some(count)
    }

    /// The next state; a buffer that the former one held goes back to the pool.
    fn let_go(&mut self, ring: &mut Ring, next: Receiving) {
        if let Receiving::Held(received) = std::mem::replace(&mut self.receiving, next) {
            ring.give_back(received);
        }
    }

    /// The pool needs the buffer.
    pub(super) fn move_out(&mut self, ring: &mut Ring) {
        if let Receiving::Held(received) = &self.receiving {
            let (bytes, more) = (ring.bytes(received).to_vec(), received.more);
            self.let_go(ring, Receiving::Moved { bytes, start: 0, more });
        }
    }

    /// Submits what is wanted.
    fn submit(&mut self, ring: &mut Ring, key: Key) -> io::Result<()> {
        let fd = self.stream.as_fd().as_raw_fd();
        if self.closed {
            self.let_go_of_all(ring, key)?;
        } else if let Receiving::Wanted { wait_first } = self.receiving {
            ring.receive(key, fd, wait_first)?;
            self.receiving = Receiving::InFlight;
        }
        if self.sending.is_none() && !self.written.is_empty() {
            ring.send(key, fd, &mut self.written, 0)?;
            self.sending = Some(0);
        }
        if self.room == Room::Wanted {
            ring.await_room(key, fd)?;
            self.room = Room::InFlight;
        }
        Ok(())
    }

    /// It is closed: its operations keep the socket open, and must end. A send may come to its own end.
    fn let_go_of_all(&mut self, ring: &mut Ring, key: Key) -> io::Result<()> {
        if std::mem::replace(&mut self.cancelled, true) {
            return Ok(());
        }
        if matches!(self.receiving, Receiving::InFlight) {
            ring.cancel_receive(key)?;
        } else {
            self.let_go(ring, Receiving::Ended);
        }
        match self.room {
            Room::InFlight => ring.cancel_room(key)?,
            Room::Wanted | Room::NotWanted => self.room = Room::NotWanted,
        }
        Ok(())
    }

    /// A receive has completed. Returns the event.
    fn on_received(&mut self, ring: &mut Ring, result: Result<Option<Received>, i32>) -> Option<Event> {
        let mut event = Event::from_bits(self.token, libc::POLLIN as u32);
        self.receiving = match result {
            Ok(Some(received)) if self.closed => {
                ring.give_back(received);
                Receiving::Ended
            }
            Ok(Some(received)) => Receiving::Held(received),
            Ok(None) => {
                event.read_closed = true;
                Receiving::Ended
            }
            Err(libc::ECANCELED) => Receiving::Ended,
            Err(libc::ENOBUFS | libc::EAGAIN | libc::EINTR) => {
                self.receiving = Receiving::Wanted { wait_first: true };
                return None;
            }
            Err(code) => {
                event.error = true;
                self.fail(code);
                Receiving::Ended
            }
        };
        (!self.closed).then_some(event)
    }

    /// A send has completed; what it did not send is sent next.
    fn on_sent(
        &mut self,
        ring: &mut Ring,
        key: Key,
        result: Result<usize, i32>,
        mut bytes: Vec<u8>,
    ) -> io::Result<(Option<Event>, Option<Vec<u8>>)> {
        let from = self.sending.take().unwrap_or(0);
        let error = match result {
            Ok(count) if from + count < bytes.len() && !self.abandoned => {
                self.sending = Some(from + count);
                ring.send(key, self.stream.as_fd().as_raw_fd(), &mut bytes, from + count)?;
                return Ok((None, None));
            }
            Ok(_) => false,
            Err(code) => {
                self.fail(code);
                true
            }
        };
        if self.ending == Ending::Wanted {
            self.ending = Ending::Done;
            let _ = self.stream.shutdown(Shutdown::Write); // a failed connection needs no end
        }
        bytes.clear();
        let mut event = Event::from_bits(self.token, libc::POLLOUT as u32);
        event.error = error;
        let wanted = (std::mem::take(&mut self.refused) || error) && !self.closed;
        Ok((wanted.then_some(event), Some(bytes)))
    }

    fn fail(&mut self, code: i32) {
        self.failure = self.failure.or(Some(code));
        self.ending = Ending::Done;
        self.written.clear();
    }
}

impl Uring {
    pub(crate) fn open(&mut self, stream: Arc<TcpStream>, token: Token) -> Link {
        // An accepted connection often has its first bytes already.
        let receiving = Receiving::Wanted { wait_first: false };
        let key = self.connections.insert(Connection::new(stream, token, receiving));
        self.queue(key);
        Link::new(Owner::Connection.number(key), &self.dropped)
    }

    fn connection(&mut self, link: Option<&Link>) -> io::Result<(Key, &mut Connection, &mut Ring)> {
        let key = link.and_then(|link| Owner::Connection.key(link.key())).ok_or_else(foreign)?;
        let connection = self.connections.get_mut(key).ok_or_else(foreign)?;
        Ok((key, connection, &mut self.ring))
    }

    /// Remembers that a connection has something to submit in the next turn.
    fn queue(&mut self, key: Key) {
        if let Some(connection) = self.connections.get_mut(key)
            && !std::mem::replace(&mut connection.queued, true)
        {
            self.queued.push(key);
        }
    }

    pub(crate) fn read(&mut self, link: Option<&Link>, buffer: &mut BytesMut) -> io::Result<usize> {
        let (key, connection, ring) = self.connection(link)?;
        if let Some(count) = connection.take_received(ring, buffer) {
            if matches!(connection.receiving, Receiving::Wanted { .. }) {
                self.queue(key);
            }
            return Ok(count);
        }
        connection.take_failure()?;
        match connection.receiving {
            Receiving::Ended => Ok(0),
            _ => Err(io::ErrorKind::WouldBlock.into()),
        }
    }

    pub(crate) fn write(&mut self, link: Option<&Link>, bytes: &[u8]) -> io::Result<usize> {
        let spare = self.spare.pop();
        let (key, connection, _) = self.connection(link)?;
        connection.take_failure()?;
        if connection.ending != Ending::Open {
            return Err(io::Error::from_raw_os_error(libc::EPIPE));
        }
        if connection.sending.is_some() {
            connection.refused = true;
            self.spare.extend(spare);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match spare {
            Some(spare) if connection.written.capacity() == 0 => connection.written = spare,
            spare => self.spare.extend(spare),
        }
        let Some(connection) = self.connections.get_mut(key) else { return Err(foreign()) };
        let count = bytes.len().min(WRITTEN - connection.written.len());
        connection.written.extend_from_slice(&bytes[..count]);
        connection.refused |= count < bytes.len();
        self.queue(key);
        if count == 0 && !bytes.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(count) }
    }

    /// Whether a part of a file may be sent now.
    pub(crate) fn before_file(&mut self, link: Option<&Link>) -> io::Result<()> {
        let (_, connection, _) = self.connection(link)?;
        connection.take_failure()?;
        if connection.has_unsent() {
            connection.refused = true;
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(())
    }

    /// The socket took less than it was to: an event must say when there is room.
    pub(crate) fn want_room(&mut self, link: Option<&Link>) {
        if let Ok((key, connection, _)) = self.connection(link)
            && connection.room == Room::NotWanted
        {
            connection.room = Room::Wanted;
            self.queue(key);
        }
    }

    /// As [`open`](Self::open); it has room when the handshake is over.
    pub(crate) fn open_connecting(&mut self, stream: Arc<TcpStream>, token: Token) -> Link {
        let key = self.connections.insert(Connection::new(stream, token, Receiving::Connecting));
        let link = Link::new(Owner::Connection.number(key), &self.dropped);
        self.want_room(Some(&link));
        link
    }

    pub(crate) fn shut_down(&mut self, link: Option<&Link>) -> io::Result<()> {
        let (_, connection, _) = self.connection(link)?;
        if connection.has_unsent() && connection.ending == Ending::Open {
            connection.ending = Ending::Wanted;
            return Ok(());
        }
        connection.ending = Ending::Done;
        connection.stream.shutdown(Shutdown::Write)
    }

    /// Its channel is gone.
    pub(super) fn close_connection(&mut self, key: Key) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        connection.closed = true;
        if connection.has_unsent() {
            if sys::lingers_not(connection.stream.as_fd()) {
                // What is in flight is dropped, and the close is an RST.
                connection.written.clear();
                connection.abandoned = true;
                if connection.sending.is_some() {
                    self.to_cancel.push(key);
                }
            } else {
                let _ = connection.stream.set_user_timeout(LAST_BYTES); // without it, it may take longer
            }
        }
        self.queue(key);
    }

    pub(super) fn submit_connections(&mut self) -> io::Result<()> {
        for key in std::mem::take(&mut self.to_cancel) {
            self.ring.cancel_send(key)?;
        }
        for key in std::mem::take(&mut self.queued) {
            if let Some(connection) = self.connections.get_mut(key) {
                connection.queued = false;
                connection.submit(&mut self.ring, key)?;
            }
            self.remove_if_over(key);
        }
        Ok(())
    }

    /// A closed connection whose operations have ended is closed now.
    fn remove_if_over(&mut self, key: Key) {
        if self.connections.get_mut(key).is_some_and(|connection| connection.is_over()) {
            self.connections.remove(key);
        }
    }

    pub(super) fn on_received(
        &mut self,
        key: Key,
        result: Result<Option<Received>, i32>,
        ready: &mut Vec<Event>,
    ) {
        let Some(connection) = self.connections.get_mut(key) else {
            // Cannot be: a connection stays until its operations have ended.
            if let Ok(Some(received)) = result {
                self.ring.give_back(received);
            }
            return;
        };
        ready.extend(connection.on_received(&mut self.ring, result));
        if matches!(connection.receiving, Receiving::Wanted { .. }) {
            self.queue(key);
        }
        self.remove_if_over(key);
    }

    pub(super) fn on_sent(
        &mut self,
        key: Key,
        result: Result<usize, i32>,
        bytes: Vec<u8>,
        ready: &mut Vec<Event>,
    ) -> io::Result<()> {
        let Some(connection) = self.connections.get_mut(key) else { return Ok(()) };
        let (event, spare) = connection.on_sent(&mut self.ring, key, result, bytes)?;
        ready.extend(event);
        self.spare.extend(spare.filter(|_| self.spare.len() < super::SPARE));
        self.remove_if_over(key);
        Ok(())
    }

    pub(super) fn on_room(&mut self, key: Key, result: Result<u32, i32>, ready: &mut Vec<Event>) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        connection.room = Room::NotWanted;
        if !connection.closed {
            ready.push(Event::from_bits(connection.token, result.unwrap_or(libc::POLLERR as u32)));
            if matches!(connection.receiving, Receiving::Connecting) {
                connection.receiving = Receiving::Wanted { wait_first: true };
                self.queue(key);
            }
        }
        self.remove_if_over(key);
    }
}

fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the channel is of another reactor")
}
