//! Listeners.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab_reactor::{Acceptor, Reactor, Token};
use wirelab_socket::{AcceptFailure, TcpStream};

use crate::pairs::{acceptor, listener, reactor, turn, turns_until};
use crate::support::on_each;

/// Accepts until nobody waits, and returns who was accepted.
fn accept_all(reactor: &mut Reactor<()>, acceptor: &mut Acceptor) -> Vec<(TcpStream, SocketAddr)> {
    let mut accepted = Vec::new();
    loop {
        match reactor.accept(acceptor) {
            Ok(pair) => accepted.push(pair),
            Err(error) => {
                assert_eq!(AcceptFailure::of(&error), AcceptFailure::QueueEmpty, "{error}");
                return accepted;
            }
        }
    }
}

#[test]
fn each_connection_is_accepted_once_with_its_own_address() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (mut acceptor, address) = acceptor(&mut reactor);
        for _round in 0..3 {
            let clients: Vec<_> = (0..20).map(|_| TcpStream::connect(address).unwrap()).collect();
            let mut accepted = Vec::new();
            turns_until(&mut reactor, |reactor| {
                accepted.extend(accept_all(reactor, &mut acceptor));
                accepted.len() >= clients.len()
            });
            let wanted: HashSet<_> = clients.iter().map(|client| client.local_addr().unwrap()).collect();
            let got: HashSet<_> = accepted.iter().map(|(_, peer)| *peer).collect();
            assert_eq!((got, accepted.len()), (wanted, 20));
            assert!(accepted.iter().all(|(stream, _)| stream.is_nonblocking().unwrap()));
            assert!(accepted.iter().all(|(stream, _)| stream.is_close_on_exec().unwrap()));
        }
    });
}

#[test]
fn there_is_an_event_in_each_turn_while_connections_wait() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (mut acceptor, address) = acceptor(&mut reactor);
        assert_eq!(turn(&mut reactor), []);
        let _clients: Vec<_> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
        for _ in 0..4 {
            let events = turn(&mut reactor);
            assert_eq!(events.len(), 1, "one for all");
            assert!(events[0].is_readable() && events[0].token() == Token(0));
        }
        assert_eq!(accept_all(&mut reactor, &mut acceptor).len(), 3);
        assert_eq!(turn(&mut reactor), []);
    });
}

#[test]
fn a_paused_acceptor_is_silent_and_still_hands_out_who_waits() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        let (mut acceptor, address) = acceptor(&mut reactor);
        let _early = TcpStream::connect(address).unwrap();
        assert_eq!(turn(&mut reactor).len(), 1);
        reactor.pause(&mut acceptor).unwrap();
        assert!(!acceptor.is_active());
        let _late = TcpStream::connect(address).unwrap();
        for _ in 0..3 {
            assert_eq!(turn(&mut reactor), [], "paused");
        }
        assert_eq!(
            acceptor.listener().accept_queue().unwrap().length,
            match backend {
                wirelab_reactor::Backend::Uring => 1, // the first was taken before the pause, and the second was not
                _ => 2,
            }
        );
        assert_eq!(accept_all(&mut reactor, &mut acceptor).len(), 2, "asked for, they come");

        let _later = TcpStream::connect(address).unwrap();
        assert_eq!(turn(&mut reactor), []);
        reactor.resume(&mut acceptor).unwrap();
        assert_eq!(turn(&mut reactor).len(), 1);
        assert_eq!(accept_all(&mut reactor, &mut acceptor).len(), 1);
    });
}

#[test]
fn the_listener_comes_back_and_can_be_used_again() {
    on_each(|backend| {
        let mut reactor = reactor(backend);
        for _ in 0..3 {
            let (acceptor, address) = acceptor(&mut reactor);
            turn(&mut reactor);
            let listener = reactor.unlisten(acceptor);
            let _client = TcpStream::connect(address).unwrap();
            assert_eq!(turn(&mut reactor), [], "no longer watched");
            let mut acceptor = reactor.listen(listener, Token(7)).unwrap();
            assert_eq!(turn(&mut reactor)[0].token(), Token(7));
            assert_eq!(accept_all(&mut reactor, &mut acceptor).len(), 1);
            drop(reactor.unlisten(acceptor));
            let refused = TcpStream::connect(address).expect_err("the port is free");
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        }
    });
}

#[test]
fn two_loops_share_a_queue_and_lose_nobody() {
    on_each(|backend| {
        let shared = listener();
        let address = shared.local_addr().unwrap();
        let mut loops: Vec<_> = (0..2)
            .map(|_| {
                let mut reactor = reactor(backend);
                let acceptor = reactor.listen_shared(shared.try_clone().unwrap(), Token(0)).unwrap();
                (reactor, acceptor)
            })
            .collect();
        let clients: Vec<_> = (0..40).map(|_| TcpStream::connect(address).unwrap()).collect();
        let mut accepted = Vec::new();
        let deadline = std::time::Instant::now() + crate::pairs::DEADLINE;
        while accepted.len() < clients.len() {
            assert!(std::time::Instant::now() < deadline, "{} of {}", accepted.len(), clients.len());
            for (reactor, acceptor) in &mut loops {
                reactor.poll(Some(Duration::from_millis(1))).unwrap();
                while reactor.next_event().is_some() {
                    accepted.extend(accept_all(reactor, acceptor));
                }
            }
        }
        let peers: HashSet<_> = accepted.iter().map(|(_, peer)| *peer).collect();
        assert_eq!((accepted.len(), peers.len()), (40, 40));
    });
}
