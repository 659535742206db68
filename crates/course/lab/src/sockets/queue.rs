//! A listener whose program can stop and go on accepting, and clients that connect meanwhile.
//!
//! ```text
//!  clients ──SYN──▶ SYN queue ──ACK──▶ accept queue ──accept──▶ the acceptor's thread
//!                                      at most 9             pauses and resumes on command
//! ```

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use wirelab::kernel::{TcpCounters, syn_queue};
use wirelab::reactor::{Acceptor, Reactor, Token, Waker};
use wirelab::socket::{AcceptQueue, ListenOptions, TcpListener, TcpStream};

/// What `listen` is given. The queue holds one more.
const BACKLOG: u32 = 8;

/// So many clients come at once.
const GROUP: usize = 3;

/// No more clients than this.
const MOST: usize = 60;

/// What a visitor can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The program does not call `accept` any more.
    Stop,
    /// It does again.
    Start,
    /// Three more clients connect.
    Connect,
    /// All clients go, and all accepted connections with them.
    Leave,
}

impl Action {
    /// The action of this name in a form.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "stop" => Some(Action::Stop),
            "start" => Some(Action::Start),
            "connect" => Some(Action::Connect),
            "leave" => Some(Action::Leave),
            _ => None,
        }
    }
}

/// How things stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Whether the program accepts.
    pub accepting: bool,
    /// What the kernel says of the accept queue.
    pub queue: AcceptQueue,
    /// Handshakes whose last ACK has not been taken.
    pub syn_queue: usize,
    /// Connections that the program has accepted.
    pub accepted: usize,
    /// How many clients believe to be in which state.
    pub clients: BTreeMap<String, usize>,
    /// What was counted since the experiment began, in the whole network namespace.
    pub counted: TcpCounters,
}

/// The experiment.
pub struct Queue {
    /// A second descriptor of the acceptor's listener, to ask the kernel about it.
    listener: TcpListener,
    address: SocketAddr,
    clients: Vec<TcpStream>,
    accepting: bool,
    accepted: Arc<AtomicUsize>,
    before: TcpCounters,
    commands: Sender<Action>,
    waker: Waker,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Queue {
    /// A listener, and a thread that accepts.
    ///
    /// # Errors
    /// No descriptor, port or thread is free.
    pub fn new() -> io::Result<Self> {
        let listener = ListenOptions::default().backlog(BACKLOG).bind(([127, 0, 0, 1], 0).into())?;
        let (mut reactor, (commands, received)) = (Reactor::new()?, channel());
        let (waker, accepted) = (reactor.waker(), Arc::new(AtomicUsize::new(0)));
        let (address, acceptor) = (listener.local_addr()?, reactor.listen(listener.try_clone()?, Token(0))?);
        let count = accepted.clone();
        let thread = std::thread::Builder::new()
            .name("acceptor".into())
            .spawn(move || accept(reactor, acceptor, &received, &count))?;
        Ok(Queue {
            listener,
            address,
            clients: Vec::new(),
            accepting: true,
            accepted,
            before: TcpCounters::read()?,
            commands,
            waker,
            thread: Some(thread),
        })
    }

    /// Does what a visitor wants.
    ///
    /// # Errors
    /// The acceptor's thread has ended; no descriptor is free for a client.
    pub fn act(&mut self, action: Action) -> io::Result<()> {
        match action {
            Action::Stop => self.accepting = false,
            Action::Start => self.accepting = true,
            Action::Connect => return self.connect(),
            Action::Leave => self.clients.clear(),
        }
        self.commands.send(action).map_err(|_| io::Error::other("the acceptor has ended"))?;
        self.waker.wake()
    }

    /// None of them waits for its handshake: some may have to wait for long.
    fn connect(&mut self) -> io::Result<()> {
        for _ in 0..GROUP.min(MOST.saturating_sub(self.clients.len())) {
            self.clients.push(TcpStream::start_connect(self.address)?);
        }
        Ok(())
    }

    /// Asks the kernel.
    ///
    /// # Errors
    /// The kernel's tables cannot be read.
    pub fn look(&self) -> io::Result<Snapshot> {
        let mut clients = BTreeMap::new();
        for client in &self.clients {
            *clients.entry(client.tcp_info()?.state.to_string()).or_default() += 1;
        }
        Ok(Snapshot {
            accepting: self.accepting,
            queue: self.listener.accept_queue()?,
            syn_queue: syn_queue(self.address.port())?,
            accepted: self.accepted.load(Ordering::Relaxed),
            clients,
            counted: TcpCounters::read()?.since(&self.before),
        })
    }
}

/// The acceptor's thread ends when nobody can give it commands any more.
impl Drop for Queue {
    fn drop(&mut self) {
        self.commands = channel().0;
        let _ = self.waker.wake();
        // What it ended with is of no interest to anybody now.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// The acceptor: a server's loop, without what comes after `accept`.
fn accept(
    mut reactor: Reactor<()>,
    mut acceptor: Acceptor,
    commands: &Receiver<Action>,
    count: &AtomicUsize,
) -> io::Result<()> {
    use std::sync::mpsc::TryRecvError::{Disconnected, Empty};
    let mut accepted = Vec::new();
    loop {
        reactor.poll(None)?;
        loop {
            match commands.try_recv() {
                Ok(Action::Stop) => reactor.pause(&mut acceptor)?,
                Ok(Action::Start) => reactor.resume(&mut acceptor)?,
                Ok(Action::Leave) => accepted.clear(),
                Ok(Action::Connect) => {}
                Err(Empty) => break,
                Err(Disconnected) => return Ok(()),
            }
        }
        reactor.take_wake();
        while reactor.next_event().is_some() {
            // An event that was under way when accepting stopped.
            if acceptor.is_active()
                && let Ok((stream, _)) = reactor.accept(&mut acceptor)
            {
                accepted.push(stream);
            }
        }
        count.store(accepted.len(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use wirelab::kernel::Counter;

    use super::*;

    /// Looks until it is as wanted. The kernel and the acceptor's thread need a moment.
    #[track_caller]
    fn until(queue: &Queue, what: &str, holds: impl Fn(&Snapshot) -> bool) -> Snapshot {
        let mut seen = queue.look().unwrap();
        for _ in 0..2000 {
            if holds(&seen) {
                return seen;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
            seen = queue.look().unwrap();
        }
        panic!("never {what}: {seen:?}");
    }

    #[test]
    fn a_full_queue_leaves_further_clients_in_syn_sent_until_accepting_goes_on() {
        let mut queue = Queue::new().unwrap();
        queue.act(Action::Connect).unwrap();
        until(&queue, "accepted", |seen| seen.accepted == 3);
        queue.act(Action::Stop).unwrap();
        for _ in 0..4 {
            queue.act(Action::Connect).unwrap();
        }
        let full = until(&queue, "full", |seen| seen.queue.length == BACKLOG + 1);
        assert_eq!(full.clients.get("ESTABLISHED"), Some(&(3 + 9)), "{full:?}");
        assert_eq!(full.clients.get("SYN-SENT"), Some(&3), "{full:?}");
        assert!(full.counted.get(Counter::LISTEN_OVERFLOWS) >= 3, "{full:?}");
        queue.act(Action::Start).unwrap();
        let waits = |seen: &Snapshot| seen.clients.contains_key("SYN-SENT");
        let drained = until(&queue, "drained", |seen| seen.accepted == 15 && !waits(seen));
        assert_eq!(drained.queue.length, 0, "{drained:?}");
        queue.act(Action::Leave).unwrap();
        until(&queue, "left", |seen| seen.accepted == 0 && seen.clients.is_empty());
    }
}
