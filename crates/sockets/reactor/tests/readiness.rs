//! What is reported, when, and how often: on each back end.

mod support;

use std::collections::HashSet;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use support::on_each;
use wirelab_reactor::{Backend, Event, Interest, Reactor, Token, Trigger};

/// Whether sources that are no channels can be watched for edges.
fn has_edges(backend: Backend) -> bool {
    backend != Backend::Poll
}

/// What is ready now, without waiting.
fn ready(reactor: &mut Reactor<()>) -> Vec<Event> {
    reactor.poll(Some(Duration::ZERO)).unwrap();
    std::iter::from_fn(|| reactor.next_event()).collect()
}

fn watched(backend: Backend, interest: Interest, trigger: Trigger) -> (Reactor<()>, UnixStream, UnixStream) {
    let (near, far) = UnixStream::pair().unwrap();
    far.set_nonblocking(true).unwrap();
    let mut reactor = Reactor::with_backend(backend).unwrap();
    reactor.register(&far, Token(3), interest, trigger).unwrap();
    (reactor, near, far)
}

#[test]
fn a_level_is_reported_as_long_as_there_is_something_to_read() {
    on_each(|backend| {
        let (mut reactor, mut near, mut far) = watched(backend, Interest::READABLE, Trigger::Level);
        assert_eq!(ready(&mut reactor), []);
        near.write_all(b"ab").unwrap();
        for left in [2, 1] {
            let events = ready(&mut reactor);
            assert_eq!(events.len(), 1, "{left} bytes are left");
            assert_eq!(events[0].token(), Token(3));
            assert!(events[0].is_readable() && !events[0].is_writable() && !events[0].is_read_closed());
            far.read_exact(&mut [0]).unwrap();
        }
        assert_eq!(ready(&mut reactor), []);
    });
}

#[test]
fn an_edge_is_reported_once_for_each_arrival() {
    on_each(|backend| {
        if !has_edges(backend) {
            return;
        }
        let (mut reactor, mut near, mut far) = watched(backend, Interest::READABLE, Trigger::Edge);
        near.write_all(b"ab").unwrap();
        assert_eq!(ready(&mut reactor).len(), 1);
        far.read_exact(&mut [0]).unwrap();
        assert_eq!(ready(&mut reactor), [], "a byte is left, but nothing new came");
        near.write_all(b"c").unwrap();
        assert_eq!(ready(&mut reactor).len(), 1);
    });
}

#[test]
fn poll_refuses_edges_and_says_why() {
    let (_near, far) = UnixStream::pair().unwrap();
    let mut reactor = Reactor::<()>::with_backend(Backend::Poll).unwrap();
    let error = reactor.register(&far, Token(1), Interest::READABLE, Trigger::Edge).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    assert!(error.to_string().contains("edges"), "{error}");
}

#[test]
fn a_one_shot_is_reported_once_until_it_is_registered_again() {
    on_each(|backend| {
        let (mut reactor, mut near, far) = watched(backend, Interest::READABLE, Trigger::OneShot);
        near.write_all(b"a").unwrap();
        assert_eq!(ready(&mut reactor).len(), 1);
        near.write_all(b"b").unwrap();
        assert_eq!(ready(&mut reactor), [], "it has had its shot");
        reactor.reregister(&far, Token(4), Interest::READABLE, Trigger::OneShot).unwrap();
        let events = ready(&mut reactor);
        assert_eq!(events.iter().map(Event::token).collect::<Vec<_>>(), [Token(4)]);
        assert_eq!(ready(&mut reactor), []);
    });
}

#[test]
fn one_edge_registration_reports_both_directions() {
    on_each(|backend| {
        if !has_edges(backend) {
            return;
        }
        let (mut reactor, mut near, mut far) = watched(backend, Interest::BOTH, Trigger::Edge);
        let events = ready(&mut reactor);
        assert!(events[0].is_writable() && !events[0].is_readable(), "{events:?}");
        while far.write(&[0; 4096]).is_ok() {}
        assert_eq!(ready(&mut reactor), []);
        while near.read(&mut [0; 65536]).unwrap() == 65536 {}
        let events = ready(&mut reactor);
        assert!(events[0].is_writable(), "there is room again: {events:?}");
    });
}

#[test]
fn the_end_of_the_peers_side_is_told_with_its_last_bytes() {
    on_each(|backend| {
        let trigger = if has_edges(backend) { Trigger::Edge } else { Trigger::Level };
        let (mut reactor, mut near, mut far) = watched(backend, Interest::READABLE, trigger);
        near.write_all(b"bye").unwrap();
        near.shutdown(Shutdown::Write).unwrap();
        let events = ready(&mut reactor);
        assert_eq!(events.len(), 1);
        assert!(events[0].is_readable() && !events[0].is_hangup(), "{events:?}");
        assert_eq!(
            events[0].is_read_closed(),
            backend != Backend::Poll,
            "POSIX has no POLLRDHUP: {events:?}"
        );
        let mut text = String::new();
        far.read_to_string(&mut text).unwrap();
        assert_eq!(text, "bye");
        drop(near);
        assert!(ready(&mut reactor)[0].is_hangup());
    });
}

#[test]
fn a_reset_is_an_error_that_reads_and_writes_hear_of() {
    on_each(|backend| {
        let loopback = "127.0.0.1:0".parse().unwrap();
        let listener = wirelab_socket::TcpListener::bind(loopback).unwrap();
        let client = wirelab_socket::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        reactor.register(&server, Token(1), Interest::READABLE, Trigger::OneShot).unwrap();
        client.set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        reactor.poll(None).unwrap();
        let event = reactor.next_event().unwrap();
        assert!(event.is_error() && event.is_readable() && event.is_writable(), "{event:?}");
        assert_eq!(server.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::ConnectionReset);
    });
}

#[test]
fn reregistering_changes_the_token_and_arms_the_edge_again() {
    on_each(|backend| {
        let trigger = if has_edges(backend) { Trigger::Edge } else { Trigger::OneShot };
        let (mut reactor, mut near, far) = watched(backend, Interest::READABLE, trigger);
        near.write_all(b"a").unwrap();
        assert_eq!(ready(&mut reactor).len(), 1);
        reactor.reregister(&far, Token(4), Interest::READABLE, trigger).unwrap();
        assert_eq!(ready(&mut reactor)[0].token(), Token(4));
        reactor.deregister(&far).unwrap();
        near.write_all(b"b").unwrap();
        assert_eq!(ready(&mut reactor), []);
        let error = reactor.reregister(&far, Token(4), Interest::READABLE, trigger).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(reactor.deregister(&far).unwrap_err().kind(), ErrorKind::NotFound);
    });
}

#[test]
fn a_closed_source_leaves_the_set_by_itself_except_a_rings() {
    on_each(|backend| {
        let (mut reactor, mut near, far) = watched(backend, Interest::READABLE, Trigger::Level);
        assert_eq!(ready(&mut reactor), []);
        near.set_nonblocking(true).unwrap();
        drop(far);
        assert_eq!(ready(&mut reactor), []);
        let end = near.read(&mut [0]).map_err(|error| error.kind());
        match backend {
            // The operation keeps the socket open behind its last descriptor: its peer sees no end.
            Backend::Uring => assert_eq!(end, Err(ErrorKind::WouldBlock)),
            _ => assert_eq!(end, Ok(0)),
        }
    });
}

#[test]
fn a_deregistered_source_can_be_closed_at_once() {
    on_each(|backend| {
        let (mut reactor, mut near, far) = watched(backend, Interest::READABLE, Trigger::Level);
        assert_eq!(ready(&mut reactor), []);
        near.set_nonblocking(true).unwrap();
        reactor.deregister(&far).unwrap();
        drop(far);
        assert_eq!(near.read(&mut [0]).unwrap(), 0, "the peer sees the end");
    });
}

#[test]
fn one_of_three_hundred_idle_sources_gives_exactly_one_event() {
    on_each(|backend| {
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let trigger = if has_edges(backend) { Trigger::Edge } else { Trigger::OneShot };
        let mut pairs: Vec<_> = (0..300).map(|_| UnixStream::pair().unwrap()).collect();
        for (index, (_, far)) in pairs.iter().enumerate() {
            reactor.register(far, Token(index as u64), Interest::READABLE, trigger).unwrap();
        }
        assert_eq!(ready(&mut reactor), []);
        pairs[234].0.write_all(b"x").unwrap();
        reactor.poll(None).unwrap();
        assert_eq!(reactor.next_event().map(|event| event.token()), Some(Token(234)));
        assert_eq!(reactor.next_event(), None);
        assert_eq!(ready(&mut reactor), []);
    });
}

#[test]
fn a_batch_is_bounded_and_the_rest_have_their_turn_next() {
    let limit = wirelab_socket::raise_descriptor_limit(4096).unwrap();
    assert!(limit > 3300, "two descriptors each of 1500 pairs, and the limit is {limit}");
    on_each(|backend| {
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let mut pairs: Vec<_> = (0..1500).map(|_| UnixStream::pair().unwrap()).collect();
        for (index, (near, far)) in pairs.iter_mut().enumerate() {
            reactor.register(far, Token(index as u64), Interest::READABLE, Trigger::Level).unwrap();
            near.write_all(b"x").unwrap();
        }
        let mut turns = Vec::new();
        let mut seen = HashSet::new();
        for _ in 0..2 {
            reactor.poll(None).unwrap();
            let tokens: Vec<_> =
                std::iter::from_fn(|| reactor.next_event()).map(|event| event.token()).collect();
            turns.push(tokens.len());
            seen.extend(tokens);
        }
        assert_eq!(turns, [1024, 1024], "nobody has read, and so all stay ready");
        assert_eq!(seen.len(), 1500, "those of the first turn went to the end of the queue");
    });
}

#[test]
fn events_that_were_not_taken_come_in_the_next_turn() {
    on_each(|backend| {
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let trigger = if has_edges(backend) { Trigger::Edge } else { Trigger::OneShot };
        let mut pairs: Vec<_> = (0..3).map(|_| UnixStream::pair().unwrap()).collect();
        for (index, (near, far)) in pairs.iter_mut().enumerate() {
            reactor.register(far, Token(index as u64), Interest::READABLE, trigger).unwrap();
            near.write_all(b"x").unwrap();
        }
        let mut tokens = Vec::new();
        for _ in 0..3 {
            reactor.poll(None).unwrap();
            tokens.extend(reactor.next_event().map(|event| event.token().0));
        }
        assert_eq!(tokens, [0, 1, 2]);
    });
}

#[test]
fn the_reactors_own_token_is_refused() {
    on_each(|backend| {
        let mut reactor = Reactor::<()>::with_backend(backend).unwrap();
        let (_near, far) = UnixStream::pair().unwrap();
        let error = reactor.register(&far, Token(u64::MAX), Interest::READABLE, Trigger::Level).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    });
}
