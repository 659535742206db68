//! What is known of a visitor's request.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use wirelab::http::Request;
use wirelab::http1::wire::{RequestHead, RequestMessage};
use wirelab::server::Context;
use wirelab::socket::TcpInfo;
use wirelab::wire::{Explanation, explain};

use crate::meaning;

/// A request, explained, and the connection that it came on.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Every byte of it.
    pub request: Explanation,
    /// The bytes of its head.
    pub head: usize,
    /// The bytes of its content, without any framing.
    pub content: usize,
    /// Whether the content came in chunks. Their framing is gone by the time that a handler sees the content.
    pub chunked: bool,
    /// The connection.
    pub connection: Circumstances,
}

/// A connection, at the moment when the head of a request had arrived.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// 1 for the server's first.
    pub connection: u64,
    /// 1 for the connection's first request.
    pub request: u64,
    /// The visitor's address and port.
    pub peer: SocketAddr,
    /// Ours.
    pub local: SocketAddr,
    /// Bytes received on it so far.
    pub received: u64,
    /// How long ago it was accepted.
    pub age: Duration,
    /// Whether the server is about to end, and says so in its answer.
    pub stopping: bool,
    /// What the kernel knows.
    pub tcp: Option<TcpInfo>,
}

impl Circumstances {
    /// Takes them down.
    pub fn of(context: &Context) -> Self {
        Circumstances {
            connection: context.connection(),
            request: context.number(),
            peer: context.peer(),
            local: context.local(),
            received: context.received(),
            age: context.accepted().elapsed(),
            stopping: context.is_stopping(),
            tcp: context.tcp_info().ok(),
        }
    }
}

impl Visit {
    /// Explains a request, from the very bytes that arrived.
    pub fn new(request: &Request, content: &Bytes, connection: Circumstances) -> Self {
        let head = request.fields.received_text().cloned().unwrap_or_default();
        let chunked = request.fields.contains("transfer-encoding");
        let mut explanation = if chunked {
            let mut explanation = explain::<RequestHead<'_>>(&head).1;
            meaning::append_buffer(&mut explanation, "content, joined from its chunks", content);
            explanation
        } else {
            let message = [&head[..], content].concat();
            explain::<RequestMessage<'_>>(&message).1
        };
        meaning::add(&mut explanation);
        Visit { request: explanation, head: head.len(), content: content.len(), chunked, connection }
    }

    /// The heading: how many bytes the visitor sent. With chunks that is the head alone, and the heading says so.
    pub fn heading(&self) -> String {
        match (self.chunked, self.content) {
            (true, content) => {
                format!("You just sent {} bytes of head, and {content} bytes in chunks", self.head)
            }
            (false, content) => format!("You just sent {} bytes", self.head + content),
        }
    }
}
