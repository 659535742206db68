use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wirelab::reactor::Backend;

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
    Ours,
    /// hyper with the deadline for heads that its examples set; ours has one too.
    Hyper,
    /// hyper without any deadline.
    HyperNoDeadline,
    Nginx,
}

impl Kind {
    pub(crate) const ALL: [Kind; 8] = [
        Kind::Bare,
        Kind::Reactor(Backend::Epoll),
        Kind::Reactor(Backend::Poll),
        Kind::Reactor(Backend::Uring),
        Kind::Ours,
        Kind::Hyper,
        Kind::HyperNoDeadline,
        Kind::Nginx,
    ];

    pub(crate) fn title(self) -> &'static str {
        match self {
            Kind::Bare => "bare epoll loop",
            Kind::Reactor(Backend::Epoll) => "reactor, epoll",
            Kind::Reactor(Backend::Poll) => "reactor, poll",
            Kind::Reactor(Backend::Uring) => "reactor, io_uring",
            Kind::Ours => "ours",
            Kind::Hyper => "hyper",
            Kind::HyperNoDeadline => "hyper, no deadlines",
            Kind::Nginx => "nginx",
        }
    }

    fn argument(self) -> &'static str {
        match self {
            Kind::Bare => "bare",
            Kind::Reactor(backend) => backend.name(),
            Kind::Ours => "ours",
            Kind::Hyper => "hyper",
            Kind::HyperNoDeadline => "hyper-no-deadlines",
            Kind::Nginx => "nginx",
        }
    }

    pub(crate) fn named(name: &str) -> io::Result<Kind> {
        let found = Kind::ALL.into_iter().find(|kind| kind.argument() == name);
        found.ok_or_else(|| io::Error::other(format!("there is no server `{name}`")))
    }

    /// Whether it knows no deadlines.
    pub(crate) fn is_bare(self) -> bool {
        matches!(self, Kind::Bare | Kind::Reactor(_))
    }

    pub(crate) fn is_installed(self) -> bool {
        match self {
            Kind::Nginx => nginx::program().is_some(),
            Kind::Reactor(backend) => backend.is_available().is_ok(),
            _ => true,
        }
    }

    /// The child's side: serves until the process is ended.
    pub(crate) fn serve(self) -> io::Result<()> {
        match self {
            Kind::Bare => bare_loop::serve(),
            Kind::Reactor(backend) => reactor_loop::serve(backend),
            Kind::Ours => ours::serve(),
            Kind::Hyper => hyper_server::serve(true),
            Kind::HyperNoDeadline => hyper_server::serve(false),
            Kind::Nginx => Err(io::Error::other("nginx is a program of its own")),
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
        processor::use_for_server()?;
        let started = match kind {
            Kind::Nginx => nginx::start(wrapper),
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
        .args(["--serve", kind.argument()])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let mut words = line.split_whitespace();
    let (address, process) = (words.next(), words.next());
    match (address.and_then(|it| it.parse().ok()), process.and_then(|it| it.parse().ok())) {
        (Some(address), Some(process)) => Ok(Server::new(kind, address, vec![process], child, None)),
        _ => Err(io::Error::other(format!("{} did not start: `{line}`", kind.title()))),
    }
}
