use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use wirelab::reactor::{Interest, Reactor, Token, Trigger};
use wirelab::socket::TcpStream;

/// What every answer ends with.
const ANSWER_END: &[u8] = b"\r\n\r\nOK";
const ANSWER_BEGIN: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// Connections that ask as soon as they are answered: a closed loop.
pub(crate) struct Load {
    reactor: Reactor<()>,
    connections: Vec<Connection>,
    /// What is sent at once: one request, or several that are pipelined.
    batch: Vec<u8>,
    depth: usize,
    /// The length of the answers to a batch. All answers of one server are equally long.
    answers_len: usize,
    buffer: Vec<u8>,
    /// Connections that say nothing.
    _idle: Vec<TcpStream>,
}

struct Connection {
    stream: TcpStream,
    /// How much of the answers to the batch that is out is still to come.
    awaited: usize,
}

impl Load {
    /// Connects, and asks once on each connection.
    pub(crate) fn connect(
        address: SocketAddr,
        request: &[u8],
        (connections, idle): (usize, usize),
        depth: usize,
    ) -> io::Result<Load> {
        let mut load = Load {
            reactor: Reactor::new()?,
            connections: Vec::with_capacity(connections),
            batch: request.repeat(depth),
            depth,
            answers_len: 0,
            buffer: vec![0; 256 * 1024],
            _idle: (0..idle).map(|_| TcpStream::connect(address)).collect::<io::Result<_>>()?,
        };
        for n in 0..connections {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            load.answers_len = depth * load.ask_once(&stream, request)?;
            stream.set_nonblocking(true)?;
            load.reactor.register(&stream, Token(n as u64), Interest::READABLE, Trigger::Level)?;
            load.connections.push(Connection { stream, awaited: 0 });
        }
        Ok(load)
    }

    /// The length of the answer.
    fn ask_once(&mut self, stream: &TcpStream, request: &[u8]) -> io::Result<usize> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write(request)?;
        let mut len = 0;
        while !self.buffer[..len].ends_with(ANSWER_END) {
            match stream.read(&mut self.buffer[len..])? {
                0 => return Err(wrong("the server closed the connection")),
                count => len += count,
            }
        }
        if self.buffer.starts_with(ANSWER_BEGIN) { Ok(len) } else { Err(wrong("another answer than 200")) }
    }

    /// Asks for so long, then waits for the answers that are still on their way. Returns how many came.
    pub(crate) fn run_for(&mut self, time: Duration) -> io::Result<u64> {
        let end = Instant::now() + time;
        self.run(|_| Instant::now() < end)
    }

    /// Asks at least that often.
    pub(crate) fn run_until(&mut self, requests: u64) -> io::Result<u64> {
        self.run(|answered| answered < requests)
    }

    fn run(&mut self, mut goes_on: impl FnMut(u64) -> bool) -> io::Result<u64> {
        let (mut answered, mut outstanding) = (0, self.connections.len());
        for n in 0..self.connections.len() {
            self.ask(n)?;
        }
        while outstanding > 0 {
            self.reactor.poll(Some(Duration::from_secs(5)))?;
            let events = std::iter::from_fn(|| self.reactor.next_event());
            let ready: Vec<usize> = events.map(|event| event.token().0 as usize).collect();
            if ready.is_empty() {
                return Err(wrong("no answer within five seconds"));
            }
            let goes_on = goes_on(answered);
            for n in ready {
                if self.receive(n)? {
                    answered += self.depth as u64;
                    if goes_on { self.ask(n)? } else { outstanding -= 1 }
                }
            }
        }
        Ok(answered)
    }

    fn ask(&mut self, n: usize) -> io::Result<()> {
        let connection = &mut self.connections[n];
        connection.awaited = self.answers_len;
        // A batch is far smaller than an empty send buffer, and so goes as a whole.
        let sent = connection.stream.write(&self.batch)?;
        if sent == self.batch.len() { Ok(()) } else { Err(wrong("a batch was sent in part")) }
    }

    /// Whether the last answer of the batch is complete now.
    fn receive(&mut self, n: usize) -> io::Result<bool> {
        let connection = &mut self.connections[n];
        let received = match connection.stream.read(&mut self.buffer) {
            Ok(0) => return Err(wrong("the server closed the connection")),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
            result => &self.buffer[..result?],
        };
        if connection.awaited == self.answers_len && !received.starts_with(ANSWER_BEGIN) {
            return Err(wrong("another answer than 200"));
        }
        match connection.awaited.checked_sub(received.len()) {
            Some(0) if !received.ends_with(b"OK") => Err(wrong("another answer than before")),
            Some(rest) => {
                connection.awaited = rest;
                Ok(rest == 0)
            }
            None => Err(wrong("more was answered than asked")),
        }
    }
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
