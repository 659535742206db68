//! An echo server on a thread of its own, with every care that a program must take of an edge-triggered channel.

use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bytes::{Buf, BytesMut};
use wirelab_reactor::{Acceptor, Channel, Reactor, Token, Waker};
use wirelab_socket::AcceptFailure;

use crate::pairs;

/// A connection that has so much to write reads no more: back-pressure.
const KEPT: usize = 100_000;
const LISTENER: Token = Token(0);

pub(crate) struct EchoServer {
    pub(crate) address: SocketAddr,
    waker: Waker,
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<usize>,
}

struct Peer {
    channel: Channel,
    kept: BytesMut,
    readable: bool,
    writable: bool,
    ended: bool,
}

struct State {
    reactor: Reactor<()>,
    acceptor: Acceptor,
    peers: HashMap<Token, Peer>,
    accepted: usize,
}

impl EchoServer {
    pub(crate) fn start(mut reactor: Reactor<()>) -> Self {
        let waker = reactor.waker();
        let (acceptor, address) = pairs::acceptor(&mut reactor);
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = stop.clone();
        let thread = thread::spawn(move || {
            let mut state = State { reactor, acceptor, peers: HashMap::new(), accepted: 0 };
            while !is_stopped.load(Ordering::Acquire) || !state.peers.is_empty() {
                state.turn();
            }
            state.reactor.unlisten(state.acceptor);
            state.accepted
        });
        EchoServer { address, waker, stop, thread }
    }

    /// Waits for the last connection to end, and returns how many there were.
    pub(crate) fn finish(self) -> usize {
        self.stop.store(true, Ordering::Release);
        self.waker.wake().unwrap();
        self.thread.join().unwrap()
    }
}

impl State {
    fn turn(&mut self) {
        self.reactor.poll(None).unwrap();
        self.reactor.take_wake();
        while let Some(event) = self.reactor.next_event() {
            if event.token() == LISTENER {
                self.accept();
            } else if let Some(peer) = self.peers.get_mut(&event.token()) {
                peer.readable |= event.is_readable();
                peer.writable |= event.is_writable();
                if peer.echo(&mut self.reactor).is_err() {
                    let peer = self.peers.remove(&event.token()).unwrap();
                    self.reactor.close(peer.channel);
                }
            }
        }
    }

    fn accept(&mut self) {
        loop {
            match self.reactor.accept(&mut self.acceptor) {
                Ok((stream, _)) => {
                    self.accepted += 1;
                    let token = Token(self.accepted as u64);
                    let channel = self.reactor.open(stream, token).unwrap();
                    let kept = BytesMut::new();
                    let peer = Peer { channel, kept, readable: false, writable: true, ended: false };
                    self.peers.insert(token, peer);
                }
                Err(error) if AcceptFailure::of(&error) == AcceptFailure::ConnectionLost => {}
                Err(error) => {
                    return assert_eq!(AcceptFailure::of(&error), AcceptFailure::QueueEmpty, "{error}");
                }
            }
        }
    }
}

impl Peer {
    /// Reads and writes until neither goes on. An error also when the connection is over.
    fn echo(&mut self, reactor: &mut Reactor<()>) -> io::Result<()> {
        loop {
            let goes_on = self.read(reactor)? | self.write(reactor)?;
            if self.ended && self.kept.is_empty() {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if !goes_on {
                return Ok(());
            }
        }
    }

    fn read(&mut self, reactor: &mut Reactor<()>) -> io::Result<bool> {
        if !self.readable || self.ended || self.kept.len() >= KEPT {
            return Ok(false);
        }
        self.kept.reserve(20_000);
        match reactor.read(&self.channel, &mut self.kept) {
            Ok(0) => self.ended = true,
            Ok(_) => return Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.readable = false,
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    fn write(&mut self, reactor: &mut Reactor<()>) -> io::Result<bool> {
        if !self.writable || self.kept.is_empty() {
            return Ok(false);
        }
        match reactor.write(&self.channel, &self.kept) {
            Ok(count) => {
                self.writable = count == self.kept.len();
                self.kept.advance(count);
                return Ok(true);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
            Err(error) => return Err(error),
        }
        Ok(false)
    }
}
