#![allow(dead_code, reason = "each test binary uses a part of it")]
//! A server on 127.0.0.1 whose every move a test writes down.

use std::net::Shutdown;
use std::thread::{self, JoinHandle};

use bytes::{Bytes, BytesMut};
use wirelab_http::{Fields, Request, Response, StatusCode};
use wirelab_http1::{Connection, Event};
use wirelab_sansio::StreamProtocol;
use wirelab_socket::{TcpListener, TcpStream};

/// A server that follows its script in a thread of its own.
pub(crate) struct Server {
    pub(crate) url: String,
    thread: JoinHandle<()>,
}

impl Server {
    pub(crate) fn start(script: impl FnOnce(Listener) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Server { url, thread: thread::spawn(move || script(Listener(listener))) }
    }

    /// Waits for the end of the script, and fails if that did.
    pub(crate) fn finish(self) {
        self.thread.join().unwrap();
    }
}

pub(crate) struct Listener(TcpListener);

impl Listener {
    pub(crate) fn accept(&self) -> Peer {
        let (stream, _) = self.0.accept_blocking().unwrap();
        Peer { stream, http: Connection::server() }
    }
}

/// The server's end of a connection.
pub(crate) struct Peer {
    stream: TcpStream,
    http: Connection,
}

impl Peer {
    pub(crate) fn event(&mut self) -> Event {
        loop {
            if let Some(event) = self.http.poll_event().unwrap() {
                return event;
            }
            let input = self.http.input();
            input.reserve(4096);
            if self.stream.read_into(input).unwrap() == 0 {
                self.http.receive_eof();
            }
        }
    }

    /// The head of the next request.
    pub(crate) fn head(&mut self) -> Request {
        match self.event() {
            Event::Request(request) => request,
            other => panic!("a request was expected, not {other:?}"),
        }
    }

    /// The content behind the head.
    pub(crate) fn content(&mut self) -> Bytes {
        let mut content = BytesMut::new();
        loop {
            match self.event() {
                Event::Data(data) => content.extend_from_slice(&data),
                Event::End(_) => return content.freeze(),
                other => panic!("content was expected, not {other:?}"),
            }
        }
    }

    /// The next request, read to its end.
    pub(crate) fn request(&mut self) -> Request {
        let head = self.head();
        self.content();
        head
    }

    pub(crate) fn send(&mut self, event: Event) {
        self.http.send(&event).unwrap();
        let mut out = BytesMut::new();
        self.http.poll_transmit(&mut out);
        self.raw(&out);
    }

    /// A whole response with Content-Length.
    pub(crate) fn answer(&mut self, head: Response, content: &'static str) {
        self.send(Event::Response(head.with("Content-Length", content.len())));
        self.send(Event::Data(Bytes::from_static(content.as_bytes())));
        self.send(Event::End(Fields::new()));
    }

    pub(crate) fn ok(&mut self, content: &'static str) {
        self.answer(Response::new(StatusCode::OK), content);
    }

    /// Bytes past the protocol.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.stream.write(bytes).unwrap();
    }

    /// Sends a FIN, and waits until the client has closed, too: then it knows.
    pub(crate) fn close(self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
        self.wait_for_close();
    }

    /// Reads until the client has closed.
    pub(crate) fn wait_for_close(&self) {
        while matches!(self.stream.read(&mut [0; 1024]), Ok(1..)) {}
    }

    /// As [`raw`](Self::raw); `false` when the client has gone.
    pub(crate) fn try_raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write(bytes).is_ok()
    }

    /// Sends a FIN, and waits for its acknowledgement only: the client has it, and may not have looked.
    pub(crate) fn close_unseen(self) -> TcpStream {
        self.stream.shutdown(Shutdown::Write).unwrap();
        while self.stream.tcp_info().unwrap().state != wirelab_socket::TcpState::FIN_WAIT_2 {
            thread::yield_now();
        }
        self.stream
    }
}
