use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Fields, Request, Response};

use crate::{Context, Reply, Takeover};

/// What a program does with requests. It names no socket and no version of HTTP.
///
/// A handler is called once for each head. In most [models](wirelab_serve::Model) that happens on the thread of the
/// connection's loop, and it must not wait: what takes time is a [`Step::Later`], content that is still to come a
/// [`Step::Read`], an answer that is made piece by piece a [`Body::Stream`](crate::Body::Stream). A pool of threads, or a
/// thread for each connection, is for handlers that do wait. What they return is [`Send`] in any case, as it may have to go
/// to another thread. A closure is a handler too:
///
/// ```
/// use wirelab_http::Request;
/// use wirelab_server::{Context, Handler, Reply, Step};
///
/// let hello = |request: Request, _: &Context| Step::from(Reply::text(format!("{} it is\n", request.target)));
/// fn takes_a_handler(_: &impl Handler) {}
/// takes_a_handler(&hello);
/// ```
pub trait Handler {
    /// The head of a request has arrived. What shall happen next?
    fn handle(&self, request: Request, context: &Context) -> Step;
}

impl<F: Fn(Request, &Context) -> Step> Handler for F {
    fn handle(&self, request: Request, context: &Context) -> Step {
        self(request, context)
    }
}

/// What shall happen next with a request.
pub enum Step {
    /// Answer. Content that was not read is thrown away.
    Respond(Reply),
    /// Give the request's content to this, piece by piece. A client that waits for `100 Continue` is sent it
    /// now (RFC 9110 §10.1.1).
    Read(Box<dyn Upload>),
    /// Wait that long without holding up other connections, then ask this what shall happen next.
    Later(Duration, Box<dyn FnOnce() -> Step + Send>),
    /// Answer with this head (101, or 2xx to CONNECT), and from then on speak another protocol on the connection.
    Upgrade(Response, Box<dyn Takeover>),
}

impl From<Reply> for Step {
    fn from(reply: Reply) -> Self {
        Step::Respond(reply)
    }
}

/// Takes the content of a request.
///
/// The driver reads no faster than the upload takes: while [`data`](Self::data) runs, or a [`Flow::Wait`] lasts, the
/// connection's receive buffer fills, and TCP's window stops the client.
pub trait Upload: Send {
    /// The next piece. Where one piece ends and the next begins means nothing.
    fn data(&mut self, data: Bytes) -> Flow;

    /// All has arrived. The fields are the message's trailers, mostly none.
    fn end(self: Box<Self>, trailers: Fields) -> Step;
}

/// Whether an upload wants more.
pub enum Flow {
    /// More, please.
    Continue,
    /// More, but not before that time has passed.
    Wait(Duration),
    /// Enough: this is how it goes on, whatever is still to come.
    Respond(Step),
}

/// Reads the whole content into memory, and then asks `then`. Content longer than `limit` bytes is answered with 413.
///
/// ```
/// use wirelab_http::Request;
/// use wirelab_server::{Context, Reply, Step, collect};
///
/// let echo = |request: Request, _: &Context| collect(64 * 1024, request, |_request, body| Reply::bytes(body).into());
/// # fn takes_a_handler(_: impl wirelab_server::Handler) {}
/// # takes_a_handler(echo);
/// ```
pub fn collect(
    limit: usize,
    request: Request,
    then: impl FnOnce(Request, Bytes) -> Step + Send + 'static,
) -> Step {
    // A length that is no number did not come this far.
    let announced = request.fields.get_str("content-length").and_then(|length| length.parse().ok());
    if announced > Some(limit as u64) {
        return Reply::too_large(limit as u64).into();
    }
    Step::Read(Box::new(Collect { limit, pieces: Pieces::None, request, then }))
}

struct Collect<F> {
    limit: usize,
    pieces: Pieces,
    request: Request,
    then: F,
}

/// Content so far. Most small content arrives in one piece, which need not be copied.
enum Pieces {
    None,
    One(Bytes),
    Several(Vec<u8>),
}

impl Pieces {
    fn len(&self) -> usize {
        match self {
            Pieces::None => 0,
            Pieces::One(piece) => piece.len(),
            Pieces::Several(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, data: Bytes) {
        *self = match std::mem::replace(self, Pieces::None) {
            Pieces::None => Pieces::One(data),
            Pieces::One(first) => Pieces::Several([&first[..], &data].concat()),
            Pieces::Several(mut bytes) => {
                bytes.extend_from_slice(&data);
                Pieces::Several(bytes)
            }
        }
    }

    fn join(self) -> Bytes {
        match self {
            Pieces::None => Bytes::new(),
            Pieces::One(piece) => piece,
            Pieces::Several(bytes) => bytes.into(),
        }
    }
}

impl<F: FnOnce(Request, Bytes) -> Step + Send> Upload for Collect<F> {
    fn data(&mut self, data: Bytes) -> Flow {
        if self.pieces.len() + data.len() > self.limit {
            return Flow::Respond(Reply::too_large(self.limit as u64).into());
        }
        self.pieces.push(data);
        Flow::Continue
    }

    fn end(self: Box<Self>, _trailers: Fields) -> Step {
        (self.then)(self.request, self.pieces.join())
    }
}
