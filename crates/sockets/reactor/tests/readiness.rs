//! What is reported, when, and how often.

use std::collections::HashSet;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use wirelab_reactor::{Event, Events, Interest, Poller, Reactor, Token, Trigger};

/// What is ready now, without waiting.
fn ready(poller: &Poller) -> Vec<Event> {
    let mut events = Events::with_capacity(64);
    poller.wait(&mut events, Some(Duration::ZERO)).unwrap();
    events.iter().collect()
}

fn watched(interest: Interest, trigger: Trigger) -> (Poller, UnixStream, UnixStream) {
    let (near, far) = UnixStream::pair().unwrap();
    far.set_nonblocking(true).unwrap();
    let poller = Poller::new().unwrap();
    poller.register(&far, Token(3), interest, trigger).unwrap();
    (poller, near, far)
}

#[test]
fn a_level_is_reported_as_long_as_there_is_something_to_read() {
    let (poller, mut near, mut far) = watched(Interest::READABLE, Trigger::Level);
    assert_eq!(ready(&poller), []);
    near.write_all(b"ab").unwrap();
    for left in [2, 1] {
        let events = ready(&poller);
        assert_eq!(events.len(), 1, "{left} bytes are left");
        assert_eq!(events[0].token(), Token(3));
        assert!(events[0].is_readable() && !events[0].is_writable() && !events[0].is_read_closed());
        far.read_exact(&mut [0]).unwrap();
    }
    assert_eq!(ready(&poller), []);
}

#[test]
fn an_edge_is_reported_once_for_each_arrival() {
    let (poller, mut near, mut far) = watched(Interest::READABLE, Trigger::Edge);
    near.write_all(b"ab").unwrap();
    assert_eq!(ready(&poller).len(), 1);
    far.read_exact(&mut [0]).unwrap();
    assert_eq!(ready(&poller), [], "a byte is left, but nothing new came");
    near.write_all(b"c").unwrap();
    assert_eq!(ready(&poller).len(), 1);
}

#[test]
fn one_edge_registration_reports_both_directions() {
    let (poller, mut near, mut far) = watched(Interest::READABLE | Interest::WRITABLE, Trigger::Edge);
    let events = ready(&poller);
    assert!(events[0].is_writable() && !events[0].is_readable(), "{events:?}");
    while far.write(&[0; 4096]).is_ok() {}
    assert_eq!(ready(&poller), []);
    while near.read(&mut [0; 65536]).unwrap() == 65536 {}
    let events = ready(&poller);
    assert!(events[0].is_writable(), "there is room again: {events:?}");
}

#[test]
fn the_end_of_the_peers_side_is_told_with_its_last_bytes() {
    let (poller, mut near, mut far) = watched(Interest::READABLE, Trigger::Edge);
    near.write_all(b"bye").unwrap();
    near.shutdown(Shutdown::Write).unwrap();
    let events = ready(&poller);
    assert_eq!(events.len(), 1);
    assert!(events[0].is_readable() && events[0].is_read_closed() && !events[0].is_hangup(), "{events:?}");
    let mut text = String::new();
    far.read_to_string(&mut text).unwrap();
    assert_eq!(text, "bye");
    drop(near);
    assert!(ready(&poller)[0].is_hangup());
}

#[test]
fn a_reset_is_an_error_that_reads_and_writes_hear_of() {
    let loopback = "127.0.0.1:0".parse().unwrap();
    let listener = wirelab_socket::TcpListener::bind(loopback).unwrap();
    let client = wirelab_socket::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    let poller = Poller::new().unwrap();
    poller.register(&server, Token(1), Interest::READABLE, Trigger::Edge).unwrap();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let mut events = Events::with_capacity(1);
    poller.wait(&mut events, None).unwrap();
    let event = events.iter().next().unwrap();
    assert!(event.is_error() && event.is_readable() && event.is_writable(), "{event:?}");
    assert_eq!(server.read(&mut [0; 1]).unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
}

#[test]
fn reregistering_changes_the_token_and_arms_the_edge_again() {
    let (poller, mut near, far) = watched(Interest::READABLE, Trigger::Edge);
    near.write_all(b"a").unwrap();
    assert_eq!(ready(&poller).len(), 1);
    poller.reregister(&far, Token(4), Interest::READABLE, Trigger::Edge).unwrap();
    assert_eq!(ready(&poller)[0].token(), Token(4));
    poller.deregister(&far).unwrap();
    near.write_all(b"b").unwrap();
    assert_eq!(ready(&poller), []);
    assert!(poller.reregister(&far, Token(4), Interest::READABLE, Trigger::Edge).is_err());
}

#[test]
fn a_closed_source_leaves_the_set_by_itself() {
    let (poller, mut near, far) = watched(Interest::READABLE, Trigger::Level);
    near.write_all(b"a").unwrap();
    drop(far);
    assert_eq!(ready(&poller), []);
}

#[test]
fn one_of_three_hundred_idle_sources_gives_exactly_one_event() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let mut pairs: Vec<_> = (0..300).map(|_| UnixStream::pair().unwrap()).collect();
    for (index, (_, far)) in pairs.iter().enumerate() {
        reactor.register(far, Token(index as u64), Interest::READABLE, Trigger::Edge).unwrap();
    }
    reactor.poll(Some(Duration::ZERO)).unwrap();
    assert_eq!(reactor.next_event(), None);

    pairs[234].0.write_all(b"x").unwrap();
    reactor.poll(None).unwrap();
    assert_eq!(reactor.next_event().map(|event| event.token()), Some(Token(234)));
    assert_eq!(reactor.next_event(), None);
    reactor.poll(Some(Duration::ZERO)).unwrap();
    assert_eq!(reactor.next_event(), None);
}

#[test]
#[ignore = "needs 3,000 descriptors: ulimit -n 4096"]
fn a_batch_is_bounded_and_the_rest_have_their_turn_next() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let mut pairs: Vec<_> = (0..1500).map(|_| UnixStream::pair().unwrap()).collect();
    for (index, (near, far)) in pairs.iter_mut().enumerate() {
        reactor.register(far, Token(index as u64), Interest::READABLE, Trigger::Level).unwrap();
        near.write_all(b"x").unwrap();
    }
    let mut turns = Vec::new();
    let mut seen = HashSet::new();
    for _ in 0..2 {
        reactor.poll(None).unwrap();
        let tokens: Vec<_> = std::iter::from_fn(|| reactor.next_event()).map(|event| event.token()).collect();
        turns.push(tokens.len());
        seen.extend(tokens);
    }
    assert_eq!(turns, [1024, 1024], "nobody has read, and so all stay ready");
    assert_eq!(seen.len(), 1500, "those of the first turn went to the end of the queue");
}

#[test]
fn events_that_were_not_taken_come_in_the_next_turn() {
    let mut reactor = Reactor::<()>::new().unwrap();
    let mut pairs: Vec<_> = (0..3).map(|_| UnixStream::pair().unwrap()).collect();
    for (index, (near, far)) in pairs.iter_mut().enumerate() {
        reactor.register(far, Token(index as u64), Interest::READABLE, Trigger::Edge).unwrap();
        near.write_all(b"x").unwrap();
    }
    let mut tokens = Vec::new();
    for _ in 0..3 {
        reactor.poll(None).unwrap();
        tokens.extend(reactor.next_event().map(|event| event.token().0));
    }
    assert_eq!(tokens, [0, 1, 2]);
}

#[test]
fn the_reactors_own_token_is_refused() {
    let reactor = Reactor::<()>::new().unwrap();
    let (_near, far) = UnixStream::pair().unwrap();
    let error = reactor.register(&far, Token(u64::MAX), Interest::BOTH, Trigger::Edge).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}
