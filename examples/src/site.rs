use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use wirelab::reactor::{Interest, Reactor, Signal, Signals, Token, Trigger};
use wirelab::server::{Config, Counters, Handle, Handler, Server};
use wirelab::socket::ListenOptions;

/// A server with a loop on each of its threads, and the kernel's `SO_REUSEPORT` to spread connections over them.
pub struct Site {
    /// Where it listens.
    pub address: SocketAddr,
    handles: Vec<Handle>,
    threads: Vec<JoinHandle<io::Result<()>>>,
}

impl Site {
    /// One loop on a free port of this machine.
    ///
    /// # Errors
    /// Those of [`Server::bind`].
    pub fn start(handler: impl Handler + Send + 'static) -> io::Result<Self> {
        Site::start_on(SocketAddr::from(([127, 0, 0, 1], 0)), vec![handler], |server| server)
    }

    /// A loop for each handler, all on `address`. `tune` may change a server before it runs.
    ///
    /// # Errors
    /// Those of [`Server::on`].
    pub fn start_on<H: Handler + Send + 'static>(
        address: SocketAddr,
        handlers: Vec<H>,
        tune: impl Fn(Server) -> Server,
    ) -> io::Result<Self> {
        let mut site = Site { address, handles: Vec::new(), threads: Vec::new() };
        // Alone, it must not share: a second copy of the program shall hear that the port is taken.
        let options = ListenOptions::default().reuse_port(handlers.len() > 1);
        for handler in handlers {
            site.add(tune(Server::on(options.bind(site.address)?, Config::default())?), handler);
        }
        Ok(site)
    }

    fn add(&mut self, server: Server, handler: impl Handler + Send + 'static) {
        self.address = server.local_addr(); // the next one shares the port that the kernel chose
        self.handles.push(server.handle());
        self.threads.push(std::thread::spawn(move || server.run(handler)));
    }

    /// The sum of a counter over all loops.
    pub fn count(&self, counter: impl Fn(&Counters) -> u64) -> u64 {
        self.handles.iter().map(|handle| counter(handle.counters())).sum()
    }

    /// Lets every loop finish what it has accepted, and waits for that.
    ///
    /// # Errors
    /// A loop ended with one.
    pub fn stop(&mut self) -> io::Result<()> {
        self.handles.iter().for_each(Handle::stop);
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| io::Error::other("a thread of the server panicked"))??;
        }
        Ok(())
    }
}

/// Waits for SIGTERM or Ctrl-C. Made before a program starts threads, so that none of them is hit by the signal.
pub struct Goodbye(Signals);

impl Goodbye {
    /// Catches the two signals from now on.
    ///
    /// # Errors
    /// No descriptor is free.
    pub fn new() -> io::Result<Self> {
        Signals::new(&[Signal::TERM, Signal::INT]).map(Goodbye)
    }

    /// Waits for one of them.
    ///
    /// # Errors
    /// Those of the poller.
    pub fn wait(&self) -> io::Result<()> {
        let mut reactor = Reactor::<()>::new()?;
        reactor.register(&self.0, Token(0), Interest::READABLE, Trigger::Level)?;
        reactor.poll(None)
    }
}
