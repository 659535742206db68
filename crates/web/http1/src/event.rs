use bytes::Bytes;
use wirelab_http::{Fields, Request, Response};

/// What has arrived, and what is to be sent: the same in both directions.
///
/// A message is a head ([`Request`](Event::Request) or [`Response`](Event::Response)), any number of
/// [`Data`](Event::Data), and an [`End`](Event::End), which comes even if there was no content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The head of a request.
    Request(Request),
    /// The head of a response. One with a 1xx status has neither data nor end: the final one is still to come.
    Response(Response),
    /// A piece of the content, without any framing. Where one piece ends and the next begins means nothing.
    Data(Bytes),
    /// The message is complete. The fields are its trailers, mostly none.
    End(Fields),
    /// The peer has ended the stream between two messages: nothing more will come, and nothing is missing.
    /// It is never sent.
    Closed,
}

/// Which end of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Sends requests.
    Client,
    /// Sends responses.
    Server,
}
