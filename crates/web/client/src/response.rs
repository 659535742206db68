use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use wirelab_http::Fields;
use wirelab_http::url::Url;
use wirelab_http1::Event;

use crate::client::Shared;
use crate::exchange::Answer;
use crate::idle::Origin;
use crate::{Connection, Error};

/// How much of unwanted content is read to save the connection; beyond that a new one is cheaper.
const WORTH_READING: u64 = 64 * 1024;

/// How long that may take.
const WORTH_WAITING: Duration = Duration::from_secs(1);

/// A response whose head has come, and whose content can be read.
///
/// When the content has been read to its end, the connection is kept for the next request to the same server. A response that is
/// dropped before closes it.
#[derive(Debug)]
pub struct Response {
    /// Status and fields.
    pub head: wirelab_http::Response,
    /// The 1xx responses before it, such as `103 Early Hints`.
    pub interim: Vec<wirelab_http::Response>,
    /// The fields behind chunked content (RFC 9110 §6.5); empty until the content has been read.
    pub trailers: Fields,
    /// Where it came from, after redirects.
    pub url: Url,
    /// The addresses that redirected here, first to last.
    pub redirects: Vec<Url>,
    /// How long it took up to here.
    pub timings: Timings,
    /// This end's address on the connection.
    pub local_addr: SocketAddr,
    /// The server's address.
    pub peer_addr: SocketAddr,
    /// `None` when it has been given back.
    connection: Option<Connection>,
    shared: Arc<Shared>,
    /// A piece that came together with the head.
    pending: Option<Bytes>,
    /// How much has been given out.
    length: u64,
}

/// How long the steps to a response took. On a connection that was kept there is no lookup and no connecting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// From name to addresses.
    pub lookup: Duration,
    /// From SYN to handshake, addresses that did not answer included.
    pub connect: Duration,
    /// From the first byte of the request to the last one of the response's head.
    pub head: Duration,
}

impl Response {
    pub(crate) fn new(
        connection: Connection,
        answer: Answer,
        url: Url,
        timings: Timings,
        shared: Arc<Shared>,
    ) -> Result<Self, Error> {
        let mut response = Response {
            head: answer.head,
            interim: answer.interim,
            trailers: Fields::new(),
            url,
            redirects: Vec::new(),
            timings,
            local_addr: connection.local_addr()?,
            peer_addr: connection.peer_addr()?,
            connection: Some(connection),
            shared,
            pending: None,
            length: 0,
        };
        response.look_ahead();
        response.check_announced()?;
        Ok(response)
    }

    /// Where there is no content, the end is here already, and the connection is free even if nobody reads. What goes
    /// wrong in here goes wrong again in [`read`](Self::read).
    fn look_ahead(&mut self) {
        match self.connection.as_mut().map(Connection::buffered_event) {
            Some(Ok(Some(Event::Data(data)))) => self.pending = Some(data),
            Some(Ok(Some(Event::End(trailers)))) => self.finish(trailers),
            _ => {}
        }
    }

    /// The next piece of the content, of whatever size it arrived in; `None` at its end.
    ///
    /// # Errors
    /// [`Error::Http`]: the content was cut off or is malformed; what was read so far is not all of it.
    /// [`Error::BodyTooLarge`]: it is longer than [`Config::max_body`](crate::Config::max_body). [`Error::Io`],
    /// [`Error::Timeout`]: the connection failed, or the server is silent.
    pub fn read(&mut self) -> Result<Option<Bytes>, Error> {
        let data = match self.pending.take() {
            Some(data) => data,
            None => match self.connection.as_mut().map_or(Ok(None), Connection::next_event)? {
                Some(Event::Data(data)) => data,
                Some(Event::End(trailers)) => {
                    self.finish(trailers);
                    return Ok(None);
                }
                _ => return Ok(None),
            },
        };
        self.length += data.len() as u64;
        let limit = self.shared.config.max_body;
        if self.length > limit {
            self.connection = None;
            return Err(Error::BodyTooLarge { limit });
        }
        Ok(Some(data))
    }

    /// All of the content that has not been read yet.
    ///
    /// # Errors
    /// Those of [`read`](Self::read); [`Error::BodyTooLarge`] as soon as it is clear that there are more than `limit` bytes.
    pub fn bytes(&mut self, limit: usize) -> Result<Bytes, Error> {
        let too_large = Error::BodyTooLarge { limit: limit as u64 };
        let first = self.read()?.unwrap_or_default();
        let mut rest = BytesMut::new();
        let mut len = first.len();
        while len <= limit {
            let Some(data) = self.read()? else { break };
            len += data.len();
            if len <= limit {
                rest.extend_from_slice(if rest.is_empty() { &first } else { &[] });
                rest.extend_from_slice(&data);
            }
        }
        match len {
            _ if len > limit => Err(too_large),
            // What came in one piece is not copied.
            _ if rest.is_empty() => Ok(first),
            _ => Ok(rest.freeze()),
        }
    }

    /// The connection, which is now the caller's: to look at it (`tcp_info`), or to go on with another protocol after
    /// `101 Switching Protocols`. `None` if the content has been read to its end, and the connection is kept for
    /// the next request.
    pub fn into_connection(self) -> Option<Connection> {
        self.connection
    }

    /// The connection, as long as the content has not been read to its end.
    pub fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Reads what nobody wants, if that is little, so that the connection can be used again.
    pub(crate) fn discard(mut self) {
        if let Some(connection) = &mut self.connection {
            connection.set_deadline(Instant::now().checked_add(WORTH_WAITING));
        }
        while self.length < WORTH_READING && matches!(self.read(), Ok(Some(_))) {}
    }

    fn finish(&mut self, trailers: Fields) {
        self.trailers = trailers;
        if let Some(connection) = self.connection.take() {
            self.shared.idle.put(Origin::of(&self.url), connection, &self.shared.config);
        }
    }

    /// Content that is too long by its own announcement is not read at all. Where there is no content (HEAD, 304), the
    /// connection is gone by now, and the announcement means nothing.
    fn check_announced(&self) -> Result<(), Error> {
        let limit = self.shared.config.max_body;
        let length = self.head.fields.get_str("Content-Length").and_then(|text| text.parse::<u64>().ok());
        let too_long = self.connection.is_some() && length.is_some_and(|length| length > limit);
        if too_long { Err(Error::BodyTooLarge { limit }) } else { Ok(()) }
    }
}
