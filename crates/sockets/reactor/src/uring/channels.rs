//! What the calls on a channel, and the completions of its operations, do to its [`Connection`].

use std::io;
use std::mem;
use std::sync::Arc;

use bytes::BytesMut;
use wirelab_socket::TcpStream;

use super::connection::Connection;
use super::{Owner, SPARE, Uring};
use crate::event::{Event, Token};
use crate::link::Link;
use crate::sys::uring::{Key, Received};

impl Uring {
    pub(crate) fn open(&mut self, stream: Arc<TcpStream>, token: Token) -> Link {
        self.insert(Connection::new(stream, token, false))
    }

    /// As [`open`](Self::open); it has room when the handshake is over.
    pub(crate) fn open_connecting(&mut self, stream: Arc<TcpStream>, token: Token) -> Link {
        self.insert(Connection::new(stream, token, true))
    }

    fn insert(&mut self, connection: Connection) -> Link {
        let key = self.connections.insert(connection);
        self.settle(key);
        Link::new(Owner::Connection.number(key), &self.dropped)
    }

    pub(crate) fn read(&mut self, link: Option<&Link>, buffer: &mut BytesMut) -> io::Result<usize> {
        let key = key(link)?;
        let connection = self.connections.get_mut(key).ok_or_else(foreign)?;
        let result = connection.read(&mut self.ring, buffer);
        self.settle(key);
        result
    }

    pub(crate) fn write(&mut self, link: Option<&Link>, bytes: &[u8]) -> io::Result<usize> {
        let key = key(link)?;
        let connection = self.connections.get_mut(key).ok_or_else(foreign)?;
        let result = connection.write(bytes, &mut self.spare);
        self.settle(key);
        result
    }

    /// Whether a part of a file may be sent now.
    pub(crate) fn before_file(&mut self, link: Option<&Link>) -> io::Result<()> {
        self.connections.get_mut(key(link)?).ok_or_else(foreign)?.before_file()
    }

    /// The socket took less of a file than it was to: an event must say when there is room.
    pub(crate) fn want_room(&mut self, link: Option<&Link>) {
        if let Ok(key) = key(link)
            && let Some(connection) = self.connections.get_mut(key)
        {
            connection.want_room();
            self.settle(key);
        }
    }

    pub(crate) fn shut_down(&mut self, link: Option<&Link>) -> io::Result<()> {
        self.connections.get_mut(key(link)?).ok_or_else(foreign)?.shut_down()
    }

    /// Its channel is gone.
    pub(super) fn close_connection(&mut self, key: Key) {
        if let Some(connection) = self.connections.get_mut(key) {
            connection.close();
            self.settle(key);
        }
    }

    /// After each change: a connection that has something to submit is remembered until the next turn, and one that is
    /// over is closed.
    fn settle(&mut self, key: Key) {
        let Some(connection) = self.connections.get_mut(key) else { return };
        if connection.is_over() {
            self.connections.remove(key);
        } else if connection.has_wishes() && !mem::replace(&mut connection.queued, true) {
            self.queued.push(key);
        }
    }

    pub(super) fn submit_connections(&mut self) -> io::Result<()> {
        for key in mem::take(&mut self.queued) {
            let Some(connection) = self.connections.get_mut(key) else { continue };
            connection.queued = false;
            connection.submit(&mut self.ring, key)?;
            self.settle(key);
        }
        Ok(())
    }

    // A connection stays until its operations have ended, so that each completion finds it.

    pub(super) fn on_received(&mut self, key: Key, result: Result<Option<Received>, i32>) -> Option<Event> {
        let event = self.connections.get_mut(key)?.on_received(&mut self.ring, result);
        self.settle(key);
        event
    }

    pub(super) fn on_sent(&mut self, key: Key, result: Result<usize, i32>, bytes: Vec<u8>) -> Option<Event> {
        let event = self.connections.get_mut(key)?.on_sent(result, bytes, &mut self.spare);
        self.spare.truncate(SPARE);
        self.settle(key);
        event
    }

    pub(super) fn on_room(&mut self, key: Key, result: Result<u32, i32>) -> Option<Event> {
        let event = self.connections.get_mut(key)?.on_room(result);
        self.settle(key);
        event
    }
}

fn key(link: Option<&Link>) -> io::Result<Key> {
    link.and_then(|link| Owner::Connection.key(link.key())).ok_or_else(foreign)
}

fn foreign() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "the channel is of another reactor")
}
