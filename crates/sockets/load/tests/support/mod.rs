//! Servers to give a load to.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use wirelab_http::{Method, Request, Target};
use wirelab_load::{Config, Mix};
use wirelab_server::{Handle, Handler, Server};

pub(crate) const LOOPBACK: &str = "127.0.0.1:0";

pub(crate) fn get(path: &str) -> Request {
    Request::new(Method::Get, Target::parse(path.as_bytes()).unwrap())
}

pub(crate) fn page(path: &str) -> Mix {
    Mix::new("page", get(path))
}

pub(crate) fn config(milliseconds: u64, connections: usize) -> Config {
    Config { duration: Duration::from_millis(milliseconds), connections, ..Config::default() }
}

/// Our own server, with one loop, on a thread.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    thread: JoinHandle<io::Result<()>>,
}

impl Site {
    pub(crate) fn start(handler: impl Handler + Send + 'static) -> Site {
        Site::start_with(wirelab_server::Config::default(), handler)
    }

    pub(crate) fn start_with(config: wirelab_server::Config, handler: impl Handler + Send + 'static) -> Site {
        let server = Server::bind(LOOPBACK.parse().unwrap(), config).unwrap();
        let (address, handle) = (server.local_addr(), server.handle());
        let thread = std::thread::spawn(move || server.run(handler));
        Site { address, handle, thread }
    }

    /// Stops it, and returns how many requests it has answered.
    pub(crate) fn stop(self) -> u64 {
        self.handle.stop();
        self.thread.join().unwrap().unwrap();
        self.handle.counters().responses()
    }
}
