use std::fs::File;
use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Fields, Response, StatusCode};

/// An answer: its head, and its content.
///
/// Date, Server and Content-Length are added on the way out, so that a handler need not. A HEAD request gets the
/// head that GET would get, and the content is dropped.
///
/// ```
/// use wirelab_http::StatusCode;
/// use wirelab_server::Reply;
///
/// let reply = Reply::text("no such thing\n").status(StatusCode::NOT_FOUND).with("Cache-Control", "no-store");
/// assert_eq!(reply.head.fields.get_str("content-type"), Some("text/plain; charset=utf-8"));
/// ```
pub struct Reply {
    /// Status and fields.
    pub head: Response,
    /// What follows.
    pub body: Body,
}

/// The content of an answer.
pub enum Body {
    /// None.
    Empty,
    /// All of it, in memory.
    Full(Bytes),
    /// A part of a file, which the kernel sends without showing it to the program.
    File(FilePart),
    /// Made piece by piece, no faster than the client takes it. If the head has a Content-Length, exactly that much
    /// must come; otherwise the end is marked as the version of HTTP does it (chunks, in HTTP/1.1).
    Stream(Box<dyn Source>),
}

/// A part of a file.
#[derive(Debug)]
pub struct FilePart {
    /// The open file; its own position does not matter.
    pub file: File,
    /// Where the part begins.
    pub offset: u64,
    /// Its length in bytes.
    pub len: u64,
}

/// Makes the content of an answer.
pub trait Source: Send {
    /// The next piece, best of no more than `room` bytes. It is called only when there is room: a client that
    /// reads slowly is asked slowly, and memory stays bounded.
    fn pull(&mut self, room: usize) -> Pull;
}

impl<F: FnMut(usize) -> Pull + Send> Source for F {
    fn pull(&mut self, room: usize) -> Pull {
        self(room)
    }
}

/// What a [`Source`] has to say.
#[derive(Debug)]
pub enum Pull {
    /// Send this.
    Data(Bytes),
    /// There is nothing now; ask again after that time.
    Wait(Duration),
    /// That was all. The fields are sent as trailers where the client can have any.
    End(Fields),
    /// It cannot be completed. The connection is closed, so that the client does not take the part for the whole.
    Fail,
}

impl Reply {
    /// An answer without content.
    pub fn empty(status: StatusCode) -> Self {
        Reply { head: Response::new(status), body: Body::Empty }
    }

    /// Plain text, UTF-8.
    pub fn text(text: impl Into<Bytes>) -> Self {
        Reply::of_type("text/plain; charset=utf-8", text.into())
    }

    /// An HTML page, UTF-8.
    pub fn html(page: impl Into<Bytes>) -> Self {
        Reply::of_type("text/html; charset=utf-8", page.into())
    }

    /// A JSON text.
    pub fn json(text: impl Into<Bytes>) -> Self {
        Reply::of_type("application/json", text.into())
    }

    /// Bytes of no particular kind.
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Reply::of_type("application/octet-stream", bytes.into())
    }

    /// Content of any media type.
    pub fn of_type(content_type: &str, content: Bytes) -> Self {
        let mut reply = Reply { head: Response::new(StatusCode::OK), body: Body::Full(content) };
        reply.push("Content-Type", content_type.as_bytes());
        reply
    }

    /// Content that is made piece by piece.
    pub fn stream(content_type: &str, source: impl Source + 'static) -> Self {
        let mut reply = Reply { head: Response::new(StatusCode::OK), body: Body::Stream(Box::new(source)) };
        reply.push("Content-Type", content_type.as_bytes());
        reply
    }

    /// A status and, as text, its usual phrase: what most errors need to say.
    pub fn error(status: StatusCode) -> Self {
        Reply::text(format!("{status}\n")).status(status)
    }

    /// 405, with the methods that do work (RFC 9110 §15.5.6 requires them).
    pub fn method_not_allowed(allow: &str) -> Self {
        Reply::error(StatusCode::METHOD_NOT_ALLOWED).with("Allow", allow)
    }

    /// 413: the content is longer than `limit` bytes.
    pub fn too_large(limit: u64) -> Self {
        let text = format!("the content may be {limit} bytes long\n");
        Reply::text(text).status(StatusCode::CONTENT_TOO_LARGE)
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: StatusCode) -> Self {
        self.head.status = status;
        self
    }

    /// With one more field. One that cannot be sent is left out, as in [`Response::with`].
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.push(name, value.as_ref());
        self
    }

    fn push(&mut self, name: &str, value: &[u8]) {
        let _ = self.head.fields.push(name, value);
    }
}

impl Body {
    /// Its length in bytes, if it is known.
    pub fn len(&self) -> Option<u64> {
        match self {
            Body::Empty => Some(0),
            Body::Full(bytes) => Some(bytes.len() as u64),
            Body::File(part) => Some(part.len),
            Body::Stream(_) => None,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }
}
