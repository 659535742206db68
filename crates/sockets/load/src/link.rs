use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use bytes::{Buf, BytesMut};
use wirelab_http::Fields;
use wirelab_http1::{Connection, Error, Event, Role, Violation};
use wirelab_reactor::{Channel, Reactor, Token};
use wirelab_sansio::StreamProtocol;
use wirelab_socket::TcpStream;

use crate::Config;
use crate::counts::Failure;
use crate::mix::Asking;

/// What one read asks for.
const READ: usize = 64 * 1024;
/// So many full reads, and then it is the others' turn: an answer without end shall not stop the load.
const READS: usize = 16;

/// One connection, with at most one request on it.
pub(crate) struct Link {
    channel: Channel,
    http: Connection,
    connected: bool,
    /// A write has failed. What the server said before that may still be there to read.
    broken: bool,
    out: BytesMut,
    status: u16,
    bytes: u64,
}

/// How far a connection has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// Nothing more can be read or written now.
    Waits,
    /// There may be more to read: come back.
    HasMore,
    /// The answer is complete.
    Answered(Answer),
    /// The server has ended the connection between two answers.
    Ended,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Length of the content.
    pub(crate) bytes: u64,
}

impl Link {
    /// Sends the SYN.
    pub(crate) fn open<K>(
        address: SocketAddr,
        config: &Config,
        reactor: &mut Reactor<K>,
        token: Token,
    ) -> io::Result<Self> {
        let stream = TcpStream::start_connect(address)?;
        // A request is written at once; a delay could only hurt.
        stream.set_nodelay(true)?;
        Ok(Link {
            channel: reactor.open(stream, token)?,
            http: Connection::new(Role::Client, config.http1.clone()),
            connected: false,
            broken: false,
            out: BytesMut::new(),
            status: 0,
            bytes: 0,
        })
    }

    pub(crate) fn close<K>(self, reactor: &mut Reactor<K>) {
        reactor.close(self.channel);
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.connected
    }

    /// Whether it can take another request.
    pub(crate) fn is_reusable(&self) -> bool {
        !self.broken && self.http.is_persistent() && self.http.is_idle()
    }

    /// Sends a request, or keeps it until the handshake has ended.
    pub(crate) fn ask<K>(&mut self, asking: &Asking, reactor: &mut Reactor<K>) -> Result<(), Failure> {
        (self.status, self.bytes) = (0, 0);
        let head = Event::Request(asking.request.clone());
        let sent = self.http.send(&head).and_then(|()| self.http.send_data(&asking.content));
        // It was tried when the load was made, and the connection is idle.
        sent.and_then(|()| self.http.send_end(&Fields::new())).map_err(|_misuse| Failure::NotHttp)?;
        self.http.poll_transmit(&mut self.out);
        if self.connected {
            self.write(reactor);
        }
        Ok(())
    }

    /// Goes on after an event.
    pub(crate) fn advance<K>(
        &mut self,
        reactor: &mut Reactor<K>,
        scratch: &mut BytesMut,
    ) -> Result<Progress, Failure> {
        if !self.connected {
            match self.channel.stream().take_error() {
                Ok(None) => self.connected = self.channel.stream().peer_addr().is_ok(),
                Ok(Some(error)) | Err(error) => return Err(Failure::of_connecting(&error)),
            }
            if !self.connected {
                return Ok(Progress::Waits);
            }
        }
        self.write(reactor);
        self.read(reactor, scratch)
    }

    fn write<K>(&mut self, reactor: &mut Reactor<K>) {
        while !self.out.is_empty() {
            match reactor.write(&self.channel, &self.out) {
                Ok(count) => self.out.advance(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => {
                    self.broken = true;
                    self.out.clear();
                }
            }
        }
    }

    fn read<K>(&mut self, reactor: &mut Reactor<K>, scratch: &mut BytesMut) -> Result<Progress, Failure> {
        for _ in 0..READS {
            scratch.clear();
            scratch.reserve(READ);
            let read = reactor.read(&self.channel, scratch);
            match &read {
                Ok(0) => self.http.receive_eof(),
                Ok(_) => self.http.input().extend_from_slice(scratch),
                Err(error) if error.kind() == ErrorKind::WouldBlock && !self.broken => {
                    return Ok(Progress::Waits);
                }
                Err(_) => return Err(Failure::Reset),
            }
            match (self.understand()?, read) {
                (Progress::Waits, Ok(0)) => return Ok(Progress::Ended),
                (Progress::Waits, _) => {}
                (progress, _) => return Ok(progress),
            }
        }
        Ok(Progress::HasMore)
    }

    fn understand(&mut self) -> Result<Progress, Failure> {
        while let Some(event) = self.http.poll_event().map_err(|error| failure_of(&error))? {
            match event {
                Event::Response(head) if !head.status.is_informational() => self.status = head.status.0,
                Event::Data(data) => self.bytes += data.len() as u64,
                Event::End(_) => {
                    return Ok(Progress::Answered(Answer { status: self.status, bytes: self.bytes }));
                }
                Event::Closed => return Ok(Progress::Ended),
                Event::Request(_) | Event::Response(_) => {}
            }
        }
        Ok(Progress::Waits)
    }
}

fn failure_of(error: &Error) -> Failure {
    match error {
        Error::Violation(Violation::Truncated { .. }) => Failure::Closed,
        _ => Failure::NotHttp,
    }
}
