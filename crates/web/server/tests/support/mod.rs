//! A server on a thread of its own, and a client that shows every byte.

#![allow(dead_code, reason = "each test program uses its part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use wirelab_server::{Counters, Handle, Handler, Model, Server};

/// So long a test waits for what must come; then it fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

/// A server that runs in a model, on a back end.
pub(crate) fn start_on(
    model: Model,
    server: Server,
    handler: impl Handler + Send + Sync + 'static,
) -> Running {
    // Tests run in parallel, some with hundreds of connections, and both ends of each are here.
    wirelab_socket::raise_descriptor_limit(16_384).unwrap();
    let (address, handle) = (server.local_addr(), server.handle());
    let thread = std::thread::spawn(move || server.run_as(model, handler));
    Running { address, handle, thread: Some(thread) }
}

impl Running {
    pub(crate) fn connect(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.handle.counters()
    }

    /// Waits until the counters say so.
    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Counters) -> bool) {
        let began = Instant::now();
        while !condition(self.counters()) {
            assert!(began.elapsed() < PATIENCE, "in vain for {what}; {:?}", self.counters());
            std::thread::sleep(Duration::from_millis(1)); // counters make no events
        }
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(mut self) -> Handle {
        self.handle.stop();
        self.join();
        self.handle.clone()
    }

    /// Waits for its end.
    pub(crate) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.handle.stop();
        if !std::thread::panicking() {
            self.join();
        }
    }
}

pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Client { stream: BufReader::new(stream) }
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, "", b"")
    }

    /// Sends a request with content, if there is any, and reads the answer.
    pub(crate) fn request(&mut self, method: &str, path: &str, fields: &str, content: &[u8]) -> Answer {
        let length = match content.len() {
            0 => String::new(),
            length => format!("Content-Length: {length}\r\n"),
        };
        let head = format!("{method} {path} HTTP/1.1\r\nHost: test\r\n{fields}{length}\r\n");
        self.send([head.as_bytes(), content].concat());
        self.answer(method == "HEAD")
    }

    /// Whether something has come that was not read.
    pub(crate) fn has_bytes(&self) -> bool {
        let stream = self.stream.get_ref();
        stream.set_nonblocking(true).unwrap();
        let seen = stream.peek(&mut [0]);
        stream.set_nonblocking(false).unwrap();
        seen.is_ok_and(|count| count > 0)
    }

    pub(crate) fn head(&mut self) -> String {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = self.stream.read_line(&mut head).unwrap();
            assert!(read > 0, "the stream ended within a head: {head:?}");
        }
        head
    }

    pub(crate) fn answer(&mut self, to_head: bool) -> Answer {
        let head = self.head();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: Vec::new() };
        if to_head || status == 204 || status == 304 {
            return answer;
        }
        if answer.field("transfer-encoding") == Some("chunked") {
            answer.body = self.chunks();
        } else if let Some(length) = answer.field("content-length") {
            answer.body = vec![0; length.parse().unwrap()];
            self.stream.read_exact(&mut answer.body).unwrap();
        } else {
            self.stream.read_to_end(&mut answer.body).unwrap();
        }
        answer
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).unwrap();
            if size == 0 {
                while !self.line().is_empty() {}
                return body;
            }
            let mut chunk = vec![0; size];
            self.stream.read_exact(&mut chunk).unwrap();
            assert_eq!(self.line(), "", "a chunk ends with a line break");
            body.extend(chunk);
        }
    }

    /// That the server ends the connection in order, with nothing more to say.
    pub(crate) fn expect_end(&mut self) {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest).unwrap();
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
}
