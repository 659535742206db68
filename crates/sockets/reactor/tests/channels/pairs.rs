//! A channel, and the client at its other end.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use wirelab_reactor::{Acceptor, Backend, Channel, Event, Reactor, Token};
use wirelab_socket::{ListenOptions, TcpListener, TcpStream};

/// Long enough for any machine: what is awaited comes, or the test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn listener() -> TcpListener {
    ListenOptions::default().bind("127.0.0.1:0".parse().unwrap()).unwrap()
}

/// A client, and the stream that was accepted for it.
pub(crate) fn connected() -> (TcpStream, TcpStream) {
    let listener = listener();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(DEADLINE)).unwrap();
    let (stream, _) = listener.accept_blocking().unwrap();
    (client, stream)
}

pub(crate) fn reactor(backend: Backend) -> Reactor<()> {
    Reactor::with_backend(backend).unwrap()
}

/// A reactor with one channel, of token 1, and its client.
pub(crate) fn channel(backend: Backend) -> (Reactor<()>, Channel, TcpStream) {
    let (client, stream) = connected();
    let mut reactor = reactor(backend);
    let channel = reactor.open(stream, Token(1)).unwrap();
    (reactor, channel, client)
}

/// The events of one turn that does not wait.
pub(crate) fn turn(reactor: &mut Reactor<()>) -> Vec<Event> {
    reactor.poll(Some(Duration::ZERO)).unwrap();
    std::iter::from_fn(|| reactor.next_event()).collect()
}

/// Turns, until one has what is looked for.
pub(crate) fn turns_until(reactor: &mut Reactor<()>, mut found: impl FnMut(&mut Reactor<()>) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !found(reactor) {
        assert!(Instant::now() < deadline, "it has not come");
        reactor.poll(Some(Duration::from_millis(20))).unwrap();
        while reactor.next_event().is_some() {}
        reactor.take_wake();
    }
}

/// Reads until something comes: bytes, the end, or an error.
pub(crate) fn read_some(
    reactor: &mut Reactor<()>,
    channel: &Channel,
    buffer: &mut BytesMut,
) -> std::io::Result<usize> {
    let mut result = Err(ErrorKind::WouldBlock.into());
    turns_until(reactor, |reactor| {
        result = reactor.read(channel, buffer);
        !matches!(&result, Err(error) if error.kind() == ErrorKind::WouldBlock)
    });
    result
}

/// Writes until the peer, who does not read, has made it stop; returns how many bytes were taken.
pub(crate) fn fill(reactor: &mut Reactor<()>, channel: &Channel) -> usize {
    let (mut taken, mut refused) = (0, 0);
    // Refused once, the next turn may still make room: the socket's own buffer grows.
    while refused < 20 {
        match reactor.write(channel, &pattern(taken, 50_000)) {
            Ok(count) => (taken, refused) = (taken + count, 0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                refused += 1;
                reactor.poll(Some(Duration::from_millis(1))).unwrap();
                while reactor.next_event().is_some() {}
            }
            Err(error) => panic!("{error}"),
        }
    }
    taken
}

/// Bytes whose value tells their place in the stream.
pub(crate) fn pattern(from: usize, count: usize) -> Vec<u8> {
    (from..from + count).map(|place| (place % 251) as u8).collect()
}

/// An acceptor of token 0, and its address.
pub(crate) fn acceptor(reactor: &mut Reactor<()>) -> (Acceptor, std::net::SocketAddr) {
    let listener = listener();
    let address = listener.local_addr().unwrap();
    (reactor.listen(listener, Token(0)).unwrap(), address)
}
