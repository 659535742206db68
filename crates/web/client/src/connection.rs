mod facts;

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use wirelab_http1::Event;
use wirelab_http1::state::State;
use wirelab_sansio::StreamProtocol;
use wirelab_socket::TcpStream;

use crate::patience::Patience;
use crate::watch::{Seen, Watcher};
use crate::{Config, Error};

/// How much is collected before it is written, and asked for in one read.
const BATCH: usize = 64 * 1024;

/// One connection to a server, driven by hand: a socket and an [`http1::Connection`](wirelab_http1::Connection).
///
/// ```no_run
/// use wirelab_client::Connection;
/// use wirelab_http::{Fields, Method, Request, Target};
/// use wirelab_http1::Event;
///
/// let mut connection = Connection::open("127.0.0.1:8080".parse().unwrap())?;
/// for path in ["/one", "/two"] {                               // two requests in one segment: pipelining
///     let target = Target::parse(path.as_bytes()).unwrap();
///     let request = Request::new(Method::Get, target).with("Host", "127.0.0.1:8080");
///     connection.send(&Event::Request(request))?;
///     connection.send(&Event::End(Fields::new()))?;
/// }
/// while connection.unanswered() > 0 {
///     println!("{:?}", connection.next_event()?);
/// }
/// # Ok::<(), wirelab_client::Error>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    http: wirelab_http1::Connection,
    /// Framed, and not written yet.
    out: BytesMut,
    sent: u64,
    received: u64,
    /// The server has ended its side.
    ended: bool,
    /// A write has failed; there may still be something to read.
    broken: bool,
    patience: Patience,
    watcher: Watcher,
}

impl Connection {
    /// Connects, with the default limits and time-outs.
    ///
    /// # Errors
    /// [`Error::Connect`]: nobody answers there, or not in time.
    pub fn open(address: SocketAddr) -> Result<Self, Error> {
        Connection::open_with(address, &Config::default())
    }

    /// Connects.
    ///
    /// # Errors
    /// [`Error::Connect`]: nobody answers there, or not in time.
    pub fn open_with(address: SocketAddr, config: &Config) -> Result<Self, Error> {
        TcpStream::connect_timeout(address, config.connect_timeout)
            .and_then(|stream| Connection::over(stream, config))
            .map_err(|error| Error::Connect {
                authority: address.to_string(),
                attempts: vec![(address, error)],
            })
    }

    pub(crate) fn over(stream: TcpStream, config: &Config) -> io::Result<Self> {
        // Whole messages are written at once; a delay could only hurt.
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(config.write_timeout))?;
        Ok(Connection {
            stream,
            http: wirelab_http1::Connection::new(wirelab_http1::Role::Client, config.http1.clone()),
            out: BytesMut::new(),
            sent: 0,
            received: 0,
            ended: false,
            broken: false,
            patience: Patience::new(config),
            watcher: Watcher::default(),
        })
    }

    /// Frames an event. The bytes wait for [`flush`](Self::flush), [`next_event`](Self::next_event), or for 64 KiB to have
    /// come together, so that a head and its content (or several requests) share a segment.
    ///
    /// # Errors
    /// [`Error::Http`]: the event is not legal here, and nothing is sent because of it. [`Error::Io`], [`Error::Timeout`]:
    /// the 64 KiB could not be written.
    pub fn send(&mut self, event: &Event) -> Result<(), Error> {
        if self.broken {
            let source = io::ErrorKind::BrokenPipe.into();
            return Err(Error::Io { doing: "sending the request", source });
        }
        self.http.send(event)?;
        self.http.poll_transmit(&mut self.out);
        self.show_explained();
        if self.out.len() >= BATCH { self.flush() } else { Ok(()) }
    }

    /// Writes what was sent and waits.
    ///
    /// # Errors
    /// [`Error::Io`]: the server has closed the connection; its last words may still be there to read.
    /// [`Error::Timeout`]: it takes nothing. The error comes once; from then on nothing is written any more.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.http.poll_transmit(&mut self.out);
        while !self.out.is_empty() && !self.broken {
            match self.stream.write(&self.out) {
                Ok(written) => {
                    self.watcher.show(Seen::Sent(self.out.get(..written).unwrap_or_default()));
                    self.out.advance(written);
                    self.sent += written as u64;
                }
                Err(error) => {
                    self.broken = true;
                    return Err(self.patience.write_error(error));
                }
            }
        }
        Ok(())
    }

    /// Waits for the next event from the server. `None`: nothing more comes, because the connection is closed, or belongs
    /// to another protocol now.
    ///
    /// # Errors
    /// [`Error::Http`]: what came is not HTTP/1.1, beyond a limit, or cut off. [`Error::Io`], [`Error::Timeout`]: the
    /// connection failed, or the server is silent.
    pub fn next_event(&mut self) -> Result<Option<Event>, Error> {
        self.flush()?;
        loop {
            match self.buffered_event()? {
                Some(event) => return Ok(Some(event)),
                None if self.is_over() => return Ok(None),
                None => self.fill()?,
            }
        }
    }

    /// The next event, as far as its bytes are in this process or in the kernel already.
    pub(crate) fn event_without_waiting(&mut self) -> Result<Option<Event>, Error> {
        if let Some(event) = self.buffered_event()? {
            return Ok(Some(event));
        }
        if self.is_over() || self.stream.unread_bytes().unwrap_or(0) == 0 {
            return Ok(None);
        }
        self.fill()?;
        self.buffered_event()
    }

    /// The next event, as far as its bytes are in this process already.
    pub(crate) fn buffered_event(&mut self) -> Result<Option<Event>, Error> {
        let event = self.http.poll_event();
        self.show_explained();
        Ok(event?)
    }

    /// Reads once.
    fn fill(&mut self) -> Result<(), Error> {
        let waiting = match self.http.receiving() {
            State::Content => "waiting for the rest of the content",
            _ => "waiting for the response",
        };
        self.patience.before_read(&self.stream, waiting)?;
        let input = self.http.input();
        input.reserve(BATCH / 4);
        let before = input.len();
        let read = self.stream.read_into(input).map_err(|error| self.patience.read_error(error, waiting))?;
        self.watcher.show(Seen::Received(input.get(before..).unwrap_or_default()));
        self.received += read as u64;
        if read == 0 {
            self.ended = true;
            self.http.receive_eof();
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.ended || matches!(self.http.receiving(), State::Closed | State::Tunnel)
    }

    /// The socket, and the bytes that were read from it behind the last HTTP message: what another protocol needs that was
    /// switched to ([`http1::Connection::is_tunnel`](wirelab_http1::Connection::is_tunnel)).
    pub fn into_parts(mut self) -> (TcpStream, BytesMut) {
        (self.stream, self.http.take_leftover())
    }

    pub(crate) fn watched_by(mut self, watcher: Watcher) -> Self {
        self.http.tap(watcher.is_there());
        self.watcher = watcher;
        self
    }

    fn show_explained(&mut self) {
        if self.watcher.is_there() {
            while let Some(tapped) = self.http.poll_tap() {
                self.watcher.show(Seen::Explained(&tapped));
            }
        }
    }

    /// Nothing is waited for beyond this moment.
    pub(crate) fn set_deadline(&mut self, deadline: Option<Instant>) {
        self.patience.set_deadline(deadline);
    }

    /// Lets no further request follow.
    pub(crate) fn end_after_this(&mut self) {
        self.http.end_after_this();
    }

    /// Whether another request can follow.
    pub(crate) fn is_reusable(&self) -> bool {
        self.http.is_idle() && self.http.is_persistent() && self.out.is_empty() && !self.ended && !self.broken
    }

    /// Whether the server has closed the connection, or said something unasked, while it was idle.
    pub(crate) fn is_stale(&self) -> bool {
        let look = || {
            self.stream.set_nonblocking(true)?;
            let peeked = self.stream.peek(&mut [0]);
            self.stream.set_nonblocking(false)?;
            peeked
        };
        // Only silence is right: 0 bytes are a FIN, more than that no answer to anything.
        !look().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}
