use bytes::Bytes;
use wirelab::client::{Connection, Error};
use wirelab::http::{Fields, Request, Response, StatusCode};
use wirelab::http1::{self, Event, Misuse};

/// A response, complete.
#[derive(Debug)]
pub struct Answer {
    /// Its head.
    pub head: Response,
    /// Its content, without chunks.
    pub content: Vec<u8>,
}

impl Answer {
    /// Whether it has this status and this content.
    pub fn is(&self, status: StatusCode, content: &[u8]) -> bool {
        self.head.status == status && self.content == content
    }
}

/// Sends a whole message on a connection without a socket: its head, its content, and its end. Whatever has content, and every
/// response, gets a `Content-Length`.
///
/// # Errors
/// Those of [`http1::Connection::send`].
pub fn send_whole(http: &mut http1::Connection, head: Event, content: Bytes) -> Result<(), Misuse> {
    let length = content.len();
    let head = match head {
        Event::Response(response) => Event::Response(response.with("Content-Length", length)),
        Event::Request(request) if length > 0 => Event::Request(request.with("Content-Length", length)),
        other => other,
    };
    http.send(&head)?;
    http.send(&Event::Data(content))?;
    http.send(&Event::End(Fields::new()))
}

/// Puts a request into line; [`answer`] (or [`Connection::flush`]) sends it. Several in line are pipelined.
///
/// # Errors
/// Those of [`Connection::send`].
pub fn queue(connection: &mut Connection, request: Request, content: &[u8]) -> Result<(), Error> {
    let request = if content.is_empty() { request } else { request.with("Content-Length", content.len()) };
    connection.send(&Event::Request(request))?;
    connection.send(&Event::Data(Bytes::copy_from_slice(content)))?;
    connection.send(&Event::End(Fields::new()))
}

/// Sends what is in line, and waits for the next answer. `None`: the server ended the connection instead.
///
/// # Errors
/// Those of [`Connection::next_event`].
pub fn answer(connection: &mut Connection) -> Result<Option<Answer>, Error> {
    let (mut last_head, mut content) = (None, Vec::new());
    while let Some(event) = connection.next_event()? {
        match event {
            Event::Response(head) => last_head = Some(head), // 1xx, and then the final one
            Event::Data(data) => content.extend_from_slice(&data),
            Event::End(_) => return Ok(last_head.map(|head| Answer { head, content })),
            Event::Request(_) | Event::Closed => {}
        }
    }
    Ok(None)
}

/// Sends a request and waits for its answer.
///
/// # Errors
/// As [`queue`] and [`answer`]; the server ended the connection without an answer.
pub fn ask(
    connection: &mut Connection,
    request: Request,
    content: &[u8],
) -> Result<Answer, Box<dyn std::error::Error>> {
    queue(connection, request, content)?;
    answer(connection)?.ok_or_else(|| "the server ended the connection without an answer".into())
}
