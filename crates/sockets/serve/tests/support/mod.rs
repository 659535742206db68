//! A service of lines: each comes back in capitals, and some do more.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_serve::{Config, Counters, Facts, Handle, Model, Next, Server, Service, Session, Turn};

/// So long a test waits for what must come; then it fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// `panic` panics; `block` waits until the gate opens; `worker` is answered with the number of the connection's worker.
#[derive(Default)]
pub(crate) struct Lines {
    greeting: String,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Lines {
    /// Each client is greeted with this.
    pub(crate) fn greeting(greeting: String) -> Self {
        Lines { greeting, ..Lines::default() }
    }

    /// Lets those go on that block.
    pub(crate) fn open_gate(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

impl Service for Lines {
    type Local = ();
    type Request = (Bytes, Facts);
    type Answer = Bytes;
    type Session = Line;

    fn local(&self, _worker: usize) {}

    fn open(&self, facts: Facts, turn: &mut Turn<'_, ()>) -> Line {
        assert_eq!(turn.out, "", "what others have said does not go to this client");
        turn.out.extend_from_slice(self.greeting.as_bytes());
        Line { facts, input: BytesMut::new(), ended: false }
    }

    fn handle(&self, (line, facts): Self::Request) -> Bytes {
        match &line[..] {
            b"panic\n" => panic!("as the test wants it"),
            b"worker\n" => return format!("{}\n", facts.worker).into(),
            b"info\n" => return format!("{}\n", facts.tcp_info().is_ok()).into(),
            b"block\n" => {
                let open = self.open.lock().unwrap();
                let (open, _) = self.opened.wait_timeout_while(open, PATIENCE, |open| !*open).unwrap();
                assert!(*open, "nobody has opened the gate");
            }
            _ => {}
        }
        line.to_ascii_uppercase().into()
    }
}

pub(crate) struct Line {
    facts: Facts,
    input: BytesMut,
    ended: bool,
}

impl Session for Line {
    type Local = ();
    type Request = (Bytes, Facts);
    type Answer = Bytes;

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn receive_eof(&mut self) {
        self.ended = true;
    }

    fn advance(&mut self, turn: &mut Turn<'_, ()>) -> Next<Self::Request> {
        match self.input.iter().position(|byte| *byte == b'\n') {
            Some(end) => {
                turn.counters.count_request();
                Next::Request((self.input.split_to(end + 1).freeze(), self.facts.clone()))
            }
            None if self.ended || turn.stopping.is_some() => Next::Shutdown,
            None => Next::Wait,
        }
    }

    fn answer(&mut self, line: Bytes, turn: &mut Turn<'_, ()>) {
        turn.out.extend_from_slice(&line);
        turn.counters.count_response();
    }

    fn fail(&mut self, turn: &mut Turn<'_, ()>) {
        turn.out.extend_from_slice(b"failed\n");
        self.ended = true;
    }

    fn stop(&mut self, _turn: &mut Turn<'_, ()>) {}
}

pub(crate) type End = std::thread::Result<std::io::Result<()>>;

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    pub(crate) lines: Arc<Lines>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

pub(crate) fn serve(model: Model) -> Running {
    // Tests hold their clients, which then do not end their side.
    serve_with(model, Config { linger_time: Duration::from_millis(10), ..Config::default() })
}

pub(crate) fn serve_with(model: Model, config: Config) -> Running {
    serve_lines(model, config, Lines::greeting(String::new()))
}

pub(crate) fn serve_lines(model: Model, config: Config, lines: Lines) -> Running {
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap();
    let (address, handle) = (server.local_addr(), server.handle());
    let lines = Arc::new(lines);
    let service = lines.clone();
    let thread = Some(std::thread::spawn(move || server.run_as(model, &*service)));
    Running { address, handle, lines, thread }
}

impl Running {
    pub(crate) fn connect(&self) -> Client {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }

    pub(crate) fn counters(&self) -> &Counters {
        self.handle.counters()
    }

    /// Waits for its end, which may be a panic.
    pub(crate) fn end(&mut self) -> End {
        self.thread.take().unwrap().join()
    }

    pub(crate) fn stop(mut self) {
        self.lines.open_gate();
        self.handle.stop();
        self.end().unwrap().unwrap();
    }
}

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn send(&mut self, line: &str) {
        writeln!(self.0.get_mut(), "{line}").unwrap();
    }

    /// The next line; empty at the end of the stream, however it came.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        let _ = self.0.read_line(&mut line);
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(line);
        self.line()
    }
}
