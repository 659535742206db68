//! Descriptors: used up, given again, and not leaked. They are the whole process's, and so these tests take turns.

#[path = "channels/pairs.rs"]
#[expect(dead_code, reason = "the other tests use the rest")]
mod pairs;
mod support;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use pairs::{acceptor, channel, reactor, turn, turns_until};
use support::on_each;
use wirelab_reactor::{Interest, Token, Trigger};
use wirelab_socket::{AcceptFailure, TcpStream};

fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many descriptors the process has.
fn open_descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[test]
fn ten_thousand_connections_leave_no_descriptor_behind() {
    let _alone = alone();
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (mut acceptor, address) = acceptor(&mut reactor);
        turn(&mut reactor);
        let before = open_descriptors();
        let mut buffer = BytesMut::with_capacity(256);
        for round in 0..10_000usize {
            let client = TcpStream::connect(address).unwrap();
            client.set_linger(Some(Duration::ZERO)).unwrap(); // no TIME-WAIT for so many
            let mut accepted = None;
            turns_until(&mut reactor, |reactor| {
                accepted = reactor.accept(&mut acceptor).ok();
                accepted.is_some()
            });
            let channel = reactor.open(accepted.unwrap().0, Token(1)).unwrap();
            // Closed in every state: untouched, read from, written to, with the peer gone or not.
            if round % 2 == 0 {
                client.write(b"hello").unwrap();
            }
            if round % 3 == 0 {
                turn(&mut reactor);
                buffer.clear();
                let _ = reactor.read(&channel, &mut buffer);
            }
            if round % 5 == 0 {
                let _ = reactor.write(&channel, &[0; 100]);
            }
            match round % 4 {
                0 => {
                    drop(client);
                    reactor.close(channel);
                }
                1 => drop(channel),
                _ => reactor.close(channel),
            }
        }
        turns_until(&mut reactor, |_| open_descriptors() == before);
    });
}

#[test]
fn out_of_descriptors_accept_says_so_and_the_connection_waits() {
    let _alone = alone();
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (mut acceptor, address) = acceptor(&mut reactor);
        assert_eq!(turn(&mut reactor), []);
        let _client = TcpStream::connect(address).unwrap();
        let mut hoard: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        for _attempt in 0..3 {
            turns_until(&mut reactor, |reactor| match reactor.accept(&mut acceptor) {
                Ok(_) => panic!("there was a descriptor"),
                Err(error) => AcceptFailure::of(&error) == AcceptFailure::OutOfResources,
            });
        }
        // What a server does: it pauses, and tries again when a connection has ended.
        reactor.pause(&mut acceptor).unwrap();
        assert_eq!(turn(&mut reactor), [], "paused");
        hoard.truncate(hoard.len() - 2);
        reactor.resume(&mut acceptor).unwrap();
        assert_eq!(turn(&mut reactor).len(), 1, "the connection has waited");
        reactor.accept(&mut acceptor).unwrap();
    });
}

#[test]
fn a_descriptor_that_is_given_again_is_not_taken_for_the_closed_one() {
    let _alone = alone();
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (mut old_near, old_far) = UnixStream::pair().unwrap();
        let (mut near, far) = UnixStream::pair().unwrap();
        reactor.register(&old_far, Token(3), Interest::READABLE, Trigger::Level).unwrap();
        assert_eq!(turn(&mut reactor), []);
        let number = old_far.as_raw_fd();
        drop(old_far); // and not deregistered
        let again = far.try_clone().unwrap();
        assert_eq!(again.as_raw_fd(), number, "the lowest that is free");
        reactor.register(&again, Token(4), Interest::READABLE, Trigger::Level).unwrap();
        let _ = old_near.write_all(b"old");
        assert_eq!(turn(&mut reactor), [], "nothing has come on the new one");
        near.write_all(b"x").unwrap();
        let tokens: Vec<_> = turn(&mut reactor).iter().map(|event| event.token()).collect();
        assert_eq!(tokens, [Token(4)]);
        (&again).read_exact(&mut [0]).unwrap();
        assert_eq!(turn(&mut reactor), []);
    });
}

#[test]
fn a_closed_channels_descriptor_may_be_the_next_ones() {
    let _alone = alone();
    on_each(|backend| {
        let (mut reactor, old, old_client) = channel(backend);
        let listener = pairs::listener();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        turn(&mut reactor);
        old_client.write(b"for the old one").unwrap();
        let number = old.stream().as_fd().as_raw_fd();
        reactor.close(old);
        turn(&mut reactor);
        let (stream, _) = listener.accept().unwrap();
        assert_eq!(stream.as_fd().as_raw_fd(), number, "the lowest that is free");
        let channel = reactor.open(stream, Token(2)).unwrap();
        client.write(b"new").unwrap();
        let mut buffer = BytesMut::with_capacity(64);
        assert_eq!(pairs::read_some(&mut reactor, &channel, &mut buffer).unwrap(), 3);
        assert_eq!(&buffer[..], b"new");
    });
}

#[test]
fn reactors_leave_nothing_behind() {
    let _alone = alone();
    on_each(|backend| {
        let before = open_descriptors();
        for _ in 0..50 {
            let (mut reactor, channel, client) = channel(backend);
            let (acceptor, address) = acceptor(&mut reactor);
            let waiting = TcpStream::connect(address).unwrap();
            client.write(b"unread").unwrap();
            turn(&mut reactor);
            let _ = reactor.write(&channel, &[0; 1000]);
            drop(reactor); // before its channels and acceptors
            drop((channel, acceptor, client, waiting));
        }
        let deadline = std::time::Instant::now() + pairs::DEADLINE;
        while open_descriptors() != before {
            assert!(std::time::Instant::now() < deadline, "{before} before, {} now", open_descriptors());
            std::thread::yield_now(); // the kernel takes a ring apart in its own time
        }
    });
}
