use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wirelab::reactor::Backend;
use wirelab::serve::Model;

use crate::{bare_loop, hyper_server, nginx, ours, processor, reactor_loop};

/// The value of the Server field that all send (nginx has its own), and of Content-Type.
pub(crate) const SERVER_NAME: &str = "bench";
pub(crate) const CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// A server that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The bound: epoll, `recv`, a search for the empty line, `send`.
    Bare,
    /// The same through the reactor, on each of its back ends.
    Reactor(Backend),
    /// One loop, on each back end.
    Ours(Backend),
    /// Several threads or processes, on epoll.
    Model(Model),
    /// hyper with the deadline for heads that its examples set; ours has one too.
    Hyper,
    /// hyper without any deadline.
    HyperNoDeadline,
    /// hyper, with deadlines, on so many threads.
    HyperThreads(usize),
    /// With so many worker processes.
    Nginx(usize),
}

impl Kind {
    /// On one thread.
    pub(crate) const SINGLE: [Kind; 10] = [
        Kind::Bare,
        Kind::Reactor(Backend::Epoll),
        Kind::Reactor(Backend::Poll),
        Kind::Reactor(Backend::Uring),
        Kind::Ours(Backend::Epoll),
        Kind::Ours(Backend::Poll),
        Kind::Ours(Backend::Uring),
        Kind::Hyper,
        Kind::HyperNoDeadline,
        Kind::Nginx(1),
    ];

    /// On two threads, or processes; and one loop, to compare them with.
    pub(crate) const SEVERAL: [Kind; 9] = [
        Kind::Ours(Backend::Epoll),
        Kind::Model(Model::Readers(2)),
        Kind::Model(Model::WorkerPool(2)),
        Kind::Model(Model::SharedListener(2)),
        Kind::Model(Model::Shards(2)),
        Kind::Model(Model::Processes(2)),
        Kind::Model(Model::ThreadPerConnection),
        Kind::HyperThreads(2),
        Kind::Nginx(2),
    ];

    pub(crate) fn title(self) -> String {
        match self {
            Kind::Bare => "bare epoll loop".to_owned(),
            Kind::Reactor(backend) => format!("reactor, {backend}"),
            Kind::Ours(backend) => format!("ours, {backend}"),
            Kind::Model(model) => format!("ours, {model}"),
            Kind::Hyper => "hyper".to_owned(),
            Kind::HyperNoDeadline => "hyper, no deadlines".to_owned(),
            Kind::HyperThreads(threads) => format!("hyper, {threads} threads"),
            Kind::Nginx(1) => "nginx".to_owned(),
            Kind::Nginx(workers) => format!("nginx, {workers} workers"),
        }
    }

    /// What `--serve` and `--profile` call it.
    fn argument(self) -> String {
        self.title().replace(", ", "/").replace(' ', "-")
    }

    pub(crate) fn named(name: &str) -> io::Result<Kind> {
        let found = Kind::SINGLE.into_iter().chain(Kind::SEVERAL).find(|kind| kind.argument() == name);
        found.ok_or_else(|| io::Error::other(format!("there is no server `{name}`")))
    }

    /// Whether it knows no deadlines.
    pub(crate) fn is_bare(self) -> bool {
        matches!(self, Kind::Bare | Kind::Reactor(_))
    }

    pub(crate) fn is_installed(self) -> bool {
        match self {
            Kind::Nginx(_) => nginx::program().is_some(),
            Kind::Reactor(backend) | Kind::Ours(backend) => backend.is_available().is_ok(),
            _ => true,
        }
    }

    /// Whether a processor of its own would be too little for it. It then shares all of them with the load.
    fn is_several(self) -> bool {
        matches!(self, Kind::Model(_) | Kind::HyperThreads(_) | Kind::Nginx(2..))
    }

    /// The child's side: serves until the process is ended.
    pub(crate) fn serve(self) -> io::Result<()> {
        match self {
            Kind::Bare => bare_loop::serve(),
            Kind::Reactor(backend) => reactor_loop::serve(backend),
            Kind::Ours(backend) => ours::serve(backend),
            Kind::Model(model) => ours::serve_as(model),
            Kind::Hyper => hyper_server::serve(true),
            Kind::HyperNoDeadline => hyper_server::serve(false),
            Kind::HyperThreads(threads) => hyper_server::serve_on(threads),
            Kind::Nginx(_) => Err(io::Error::other("nginx is a program of its own")),
        }
    }
}

/// The child tells its parent where it listens, and that it does.
pub(crate) fn announce(address: SocketAddr) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{address} {}", std::process::id())?;
    out.flush()
}

/// A server that runs as a child process, and ends when this is dropped.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// Those whose time counts.
    pub(crate) processes: Vec<u32>,
    child: Child,
    _files: Option<nginx::Files>,
}

impl Server {
    pub(crate) fn start(kind: Kind) -> io::Result<Server> {
        Server::start_under(&[], kind)
    }

    /// Starts it as the child of another program, which is given its command line as arguments.
    pub(crate) fn start_under(wrapper: &[&str], kind: Kind) -> io::Result<Server> {
        match kind.is_several() {
            true => processor::use_all()?,
            false => processor::use_for_server()?,
        }
        let started = match kind {
            Kind::Nginx(workers) => nginx::start(wrapper, workers),
            _ => start_self(wrapper, kind),
        };
        processor::use_for_load()?;
        started
    }

    pub(crate) fn new(
        kind: Kind,
        address: SocketAddr,
        processes: Vec<u32>,
        child: Child,
        files: Option<nginx::Files>,
    ) -> Server {
        Server { kind, address, processes, child, _files: files }
    }

    pub(crate) fn processor_time(&self) -> io::Result<Duration> {
        self.processes.iter().map(|&process| processor::time_of(process)).sum()
    }
}

/// Ends the server, and waits for it and for the program that it was started under.
impl Drop for Server {
    fn drop(&mut self) {
        processor::terminate(self.processes[0]);
        let _ = self.child.wait(); // it cannot fail, as nobody else waits for this child
    }
}

/// A command, or the command that runs it.
pub(crate) fn command(wrapper: &[&str], program: &std::path::Path) -> Command {
    match wrapper {
        [] => Command::new(program),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
    }
}

fn start_self(wrapper: &[&str], kind: Kind) -> io::Result<Server> {
    let mut child = command(wrapper, &std::env::current_exe()?)
        .args(["--serve", &kind.argument()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let mut words = line.split_whitespace();
    let (address, process) = (words.next(), words.next());
    match (address.and_then(|it| it.parse().ok()), process.and_then(|it| it.parse().ok())) {
        (Some(address), Some(process)) => {
            let children = if let Kind::Model(Model::Processes(count)) = kind { count } else { 0 };
            let processes = processor::family_of(process, 1 + children)?;
            Ok(Server::new(kind, address, processes, child, None))
        }
        _ => Err(io::Error::other(format!("{} did not start: `{line}`", kind.title()))),
    }
}
