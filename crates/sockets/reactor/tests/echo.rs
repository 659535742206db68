//! Connections through each back end: what comes out is what went in.

mod support;

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream as StdStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use support::on_each;
use wirelab_reactor::{Backend, Channel, Reactor, Token, Waker};
use wirelab_socket::{AcceptFailure, ListenOptions};

/// One connection of the echo server, which keeps no more than this.
const KEPT: usize = 100_000;

struct Peer {
    channel: Channel,
    kept: BytesMut,
    readable: bool,
    writable: bool,
    ended: bool,
}

/// An echo server on its own thread, until it is told to stop.
struct EchoServer {
    address: SocketAddr,
    waker: Waker,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<usize>>,
}

const LISTENER: Token = Token(0);

impl EchoServer {
    fn start(reactor: Reactor<()>) -> Self {
        let listener = ListenOptions::default().bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let (waker, stop) = (reactor.waker(), Arc::new(AtomicBool::new(false)));
        let stop_too = stop.clone();
        let thread = thread::spawn(move || {
            let mut reactor = reactor;
            let mut acceptor = reactor.listen(listener, LISTENER).unwrap();
            let mut peers = HashMap::new();
            let mut served = 0;
            while !stop.load(Ordering::Acquire) || !peers.is_empty() {
                reactor.poll(None).unwrap();
                while let Some(event) = reactor.next_event() {
                    if event.token() == LISTENER {
                        loop {
                            match reactor.accept(&mut acceptor) {
                                Ok((stream, _)) => {
                                    served += 1;
                                    let channel = reactor.open(stream, Token(served)).unwrap();
                                    let kept = BytesMut::new();
                                    let peer =
                                        Peer { channel, kept, readable: false, writable: true, ended: false };
                                    peers.insert(Token(served), peer);
                                }
                                Err(error) => {
                                    assert_eq!(
                                        AcceptFailure::of(&error),
                                        AcceptFailure::QueueEmpty,
                                        "{error}"
                                    );
                                    break;
                                }
                            }
                        }
                    } else if let Some(peer) = peers.get_mut(&event.token()) {
                        peer.readable |= event.is_readable();
                        peer.writable |= event.is_writable();
                        if !echo(&mut reactor, peer) {
                            let peer = peers.remove(&event.token()).unwrap();
                            reactor.close(peer.channel);
                        }
                    }
                }
                reactor.take_wake();
            }
            reactor.unlisten(acceptor);
            served as usize
        });
        EchoServer { address, waker, stop: stop_too, thread: Some(thread) }
    }

    /// Waits for the last connection, and returns how many there were.
    fn finish(mut self) -> usize {
        self.stop.store(true, Ordering::Release);
        self.waker.wake().unwrap();
        self.thread.take().unwrap().join().unwrap()
    }
}

/// Reads and writes until neither goes on; `false` when the connection is over.
fn echo(reactor: &mut Reactor<()>, peer: &mut Peer) -> bool {
    loop {
        let mut idle = true;
        if peer.readable && peer.kept.len() < KEPT && !peer.ended {
            peer.kept.reserve(20_000);
            let room = peer.kept.capacity() - peer.kept.len();
            match reactor.read(&peer.channel, &mut peer.kept) {
                Ok(0) => peer.ended = true,
                Ok(count) => {
                    // A short read is followed by an event; reading on would be legal too.
                    peer.readable = count == room;
                    idle = false;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => peer.readable = false,
                Err(_) => return false,
            }
        }
        if peer.writable && !peer.kept.is_empty() {
            match reactor.write(&peer.channel, &peer.kept) {
                Ok(count) => {
                    peer.writable = count == peer.kept.len();
                    peer.kept.advance(count);
                    idle = false;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => peer.writable = false,
                Err(_) => return false,
            }
        }
        if peer.ended && peer.kept.is_empty() {
            return false;
        }
        if idle {
            return true;
        }
    }
}

fn client_round(stream: &mut StdStream, message: &[u8]) {
    stream.write_all(message).unwrap();
    let mut back = vec![0; message.len()];
    stream.read_exact(&mut back).unwrap();
    assert!(back == message, "{} bytes came back changed", message.len());
}

fn reactor(backend: Backend) -> Reactor<()> {
    Reactor::with_backend(backend).unwrap()
}

fn connect(address: SocketAddr) -> StdStream {
    let stream = StdStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

#[test]
fn what_comes_out_is_what_went_in() {
    on_each(|backend| {
        let server = EchoServer::start(reactor(backend));
        for clients in [1, 8] {
            let threads: Vec<_> = (0..clients)
                .map(|client| {
                    let mut stream = connect(server.address);
                    thread::spawn(move || {
                        for round in 0..50usize {
                            let message = vec![(client + round) as u8; 1 + round * 37 % 3000];
                            client_round(&mut stream, &message);
                        }
                    })
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        }
        assert_eq!(server.finish(), 9);
    });
}
