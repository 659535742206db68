//! What can be seen only from inside: the tables.

use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;

use super::*;
use crate::event::Token;

fn uring() -> Option<Uring> {
    probe().ok()?;
    Some(Uring::new(&UringConfig { buffers: 8, ..UringConfig::default() }).unwrap())
}

fn turn(ring: &mut Uring) -> usize {
    let mut ready = Vec::new();
    ring.wait(&mut ready, Some(Duration::ZERO)).unwrap();
    ready.len()
}

#[test]
fn thousands_of_connections_one_after_the_other_leave_the_tables_as_small_as_one() {
    let Some(mut ring) = uring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for round in 0..2000u32 {
        let client = wirelab_socket::TcpStream::connect(address).unwrap();
        client.set_linger(Some(Duration::ZERO)).unwrap();
        let stream = OwnedFd::from(listener.accept().unwrap().0);
        let link = ring.open(Arc::new(stream.into()), Token(1));
        ring.write(Some(&link), b"hello").unwrap();
        if round % 2 == 0 {
            turn(&mut ring);
        }
        client.write(b"never read").unwrap();
        drop(link);
        for _ in 0..100 {
            if ring.connections.keys().is_empty() {
                break;
            }
            turn(&mut ring);
        }
        assert_eq!(ring.connections.keys(), [], "round {round}: it is still here");
    }
    assert_eq!(ring.ring.in_flight(), 0);
    assert!(ring.connections.capacity() <= 2, "{} places", ring.connections.capacity());
    assert!(ring.queued.is_empty() && ring.early.is_empty());
    assert!(ring.spare.len() <= SPARE);
    assert_eq!(ring.ring.buffers_out(), 0, "every buffer is in the pool again");
}

#[test]
fn a_key_of_an_earlier_owner_finds_nothing() {
    let mut slab = Slab::new();
    let first = slab.insert('a');
    assert_eq!(slab.remove(first), Some('a'));
    let second = slab.insert('b');
    assert_eq!(second.index, first.index);
    assert_eq!(slab.get_mut(first), None);
    assert_eq!(slab.remove(first), None);
    assert_eq!(slab.get_mut(second), Some(&mut 'b'));
}

#[test]
fn a_number_means_one_owner() {
    let key = Key { index: u32::MAX, generation: 0xff_ffff };
    for owner in [Owner::Connection, Owner::Listener] {
        assert_eq!(owner.key(owner.number(key)), Some(key));
    }
    assert_eq!(Owner::Listener.key(Owner::Connection.number(key)), None);
}

/// `TcpStream` of the standard library is not used otherwise; it shows that any descriptor of a connection will do.
#[test]
fn a_source_that_was_let_go_of_says_nothing_more() {
    use std::io::Write;
    use std::os::fd::AsFd;
    let Some(mut ring) = uring() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    let (interest, trigger) = (crate::Interest::READABLE, crate::Trigger::Level);
    ring.register(server.as_fd(), Token(1), interest, trigger).unwrap();
    client.write_all(b"x").unwrap();
    assert_eq!(turn(&mut ring), 1);
    // Its next operation is in the queue when it goes.
    ring.deregister(server.as_fd()).unwrap();
    assert_eq!(turn(&mut ring), 0);
    assert!(ring.by_descriptor.is_empty() && ring.sources.keys().is_empty());
}
