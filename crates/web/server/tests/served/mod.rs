//! A server of several processes, as a child of the test.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wirelab_http::Request;
use wirelab_reactor::Signal;
use wirelab_server::{Config, Context, DemoSite, Handle, Handler, Model, Reply, Server, Step};

/// The environment variable that makes this program the server.
pub(crate) const ROLE: &str = "WIRELAB_TEST_SERVES";

/// The path at which it hands over, or takes over if there is somebody.
const PATH: &str = "WIRELAB_TEST_HANDOVER";

/// So long a test waits for what must come; then it fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The child's side. Its first line is the address, and its last page is what was counted.
pub(crate) fn serve() {
    // A client that the system keeps waiting for its turn may be slow to send the next request.
    let config = Config { stop_on_signals: true, farewell_time: PATIENCE, ..Config::default() };
    let server = match std::env::var_os(PATH) {
        None => Server::bind("127.0.0.1:0".parse().unwrap(), config).unwrap(),
        Some(path) => {
            let server = Server::take_over(&path, config.clone());
            let server = server.or_else(|_nobody| Server::bind("127.0.0.1:0".parse().unwrap(), config));
            server.unwrap().hand_over_at(path).unwrap()
        }
    };
    let handle = server.handle();
    std::panic::set_hook(Box::new(|_| {})); // the one that there is is wanted
    println!("{}", server.local_addr());
    let site = DemoSite::new();
    let handler = |request: Request, context: &Context| match request.target.path() {
        "/counters" => Reply::text(page(&handle)).into(),
        "/process" => Reply::text(format!("{}\n", std::process::id())).into(),
        "/panic" => panic!("as the test wants it"),
        "/stop" => {
            handle.stop();
            Reply::text("stopping\n").into()
        }
        path => match path.strip_prefix("/block/").and_then(|time| time.parse().ok()) {
            Some(time) => {
                std::thread::sleep(Duration::from_millis(time));
                Step::from(Reply::text(format!("{}\n", std::process::id())))
            }
            None => site.handle(request, context),
        },
    };
    server.run_as(Model::Processes(2), handler).unwrap();
    print!("{}", page(&handle));
}

/// `name value` lines for what happened, and a line of numbers for each worker.
fn page(handle: &Handle) -> String {
    let mut text = String::new();
    for (name, count) in handle.counters().incidents() {
        writeln!(text, "incident {name} {count}").unwrap();
    }
    for worker in handle.workers() {
        let process = worker.process_id().unwrap_or(0);
        write!(text, "worker {} process {process} accepted {} ", worker.name(), worker.accepted()).unwrap();
        write!(text, "open {} lost {} ", worker.open(), worker.lost()).unwrap();
        writeln!(text, "requests {} responses {}", worker.requests(), worker.responses()).unwrap();
    }
    text
}

/// What the server says of itself.
#[derive(Debug)]
pub(crate) struct Page(String);

impl Page {
    /// The sum of a number over the workers.
    pub(crate) fn sum(&self, name: &str) -> u64 {
        let workers = self.0.lines().filter(|line| line.starts_with("worker "));
        workers.filter_map(|line| number_behind(line, name)).sum()
    }

    pub(crate) fn incident(&self, name: &str) -> u64 {
        let incidents = self.0.lines().filter(|line| line.starts_with("incident "));
        incidents.filter_map(|line| number_behind(line, name)).sum()
    }

    pub(crate) fn processes(&self) -> Vec<u32> {
        let numbers = self.0.lines().filter_map(|line| number_behind(line, "process"));
        numbers.filter(|process| *process != 0).map(|process| process as u32).collect()
    }
}

fn number_behind(line: &str, name: &str) -> Option<u64> {
    let mut words = line.split(' ').skip_while(|word| *word != name).skip(1);
    words.next()?.parse().ok()
}

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    child: Child,
    out: BufReader<ChildStdout>,
    pages: AtomicU64,
}

impl Served {
    pub(crate) fn start() -> Self {
        Served::run(&mut Command::new(std::env::current_exe().unwrap()))
    }

    /// Takes over from the one that was started at this path before, if there was one.
    pub(crate) fn start_at(path: &Path) -> Self {
        Served::run(Command::new(std::env::current_exe().unwrap()).env(PATH, path))
    }

    fn run(command: &mut Command) -> Self {
        let mut child = command.env(ROLE, "").stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        Served { address: line.trim().parse().unwrap(), child, out, pages: AtomicU64::new(0) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// The content of a page, on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = self.connect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").unwrap();
        let answer = std::io::read_to_string(stream).unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{path}: {answer:?}"));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        self.pages.fetch_add(1, Ordering::Relaxed);
        content.to_owned()
    }

    /// How many pages were read with [`get`](Self::get): they are requests too.
    pub(crate) fn pages_read(&self) -> u64 {
        self.pages.load(Ordering::Relaxed)
    }

    pub(crate) fn page(&self) -> Page {
        Page(self.get("/counters"))
    }

    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn(&Page) -> bool) {
        let began = Instant::now();
        loop {
            let page = self.page();
            if condition(&page) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "in vain for {what}; {page:?}");
            std::thread::sleep(Duration::from_millis(2)); // counters make no events
        }
    }

    /// Sends a signal to the master.
    pub(crate) fn signal(&self, signal: Signal) {
        signal.send(self.child.id()).unwrap();
    }

    /// SIGTERM, and what was counted when all have ended.
    pub(crate) fn finish(self) -> Page {
        self.signal(Signal::TERM);
        self.wait_for_end()
    }

    pub(crate) fn wait_for_end(mut self) -> Page {
        let mut page = String::new();
        self.out.read_to_string(&mut page).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {page}");
        Page(page)
    }
}

/// Ends the server also when a test fails. Its workers hear of it by the death of their parent.
impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may have ended
        let _ = self.child.wait();
    }
}
