//! What the tests across crates share: a running server, and programs of other people.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod programs;

use std::net::SocketAddr;
use std::process::{Command, Output};
use std::thread::JoinHandle;

use wirelab::server::{Config, Counters, Handle, Handler, Server};

/// A server on a free port of 127.0.0.1, on a thread of its own, that ends when this is dropped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    handle: Handle,
    thread: Option<JoinHandle<std::io::Result<()>>>,
}

impl Running {
    /// Starts a server for `handler`.
    pub fn start(config: Config, handler: impl Handler + Send + 'static) -> Running {
        let server = Server::bind(SocketAddr::from(([127, 0, 0, 1], 0)), config).expect("a free port");
        let (address, handle) = (server.local_addr(), server.handle());
        let thread = Some(std::thread::spawn(move || server.run(handler)));
        Running { address, handle, thread }
    }

    /// `http://127.0.0.1:port` and `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What the server has done so far.
    pub fn counters(&self) -> &Counters {
        self.handle.counters()
    }

    /// Something to stop it with.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Stops it, and waits until it has finished what it had accepted.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.handle.stop();
        if let Some(thread) = self.thread.take() {
            let result = thread.join().expect("the server does not panic");
            result.expect("the server ends in order");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.end();
        }
    }
}

/// Runs an installed program to its end. That it is missing is a failure, not a reason to skip: `.ci/run` installs it.
///
/// # Panics
/// The program cannot be started.
pub fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program} {arguments:?}: {error}; see .ci/run for what to install"))
}

/// What a program wrote to its standard output, as text.
pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
