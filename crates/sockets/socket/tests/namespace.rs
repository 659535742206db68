//! Network namespaces: made by a thread, for itself and for the threads that it starts.

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::thread;

use wirelab_socket::{ConnectOptions, ListenOptions, Namespace, Socket, TcpListener, TcpStream};

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// Runs `body` on a thread of its own, in a namespace of its own; the other tests stay where they are.
fn in_a_namespace<T: Send + 'static>(body: impl FnOnce(&Namespace) -> T + Send + 'static) -> T {
    thread::spawn(move || body(&Namespace::enter_new().unwrap())).join().unwrap()
}

fn id() -> u64 {
    Namespace::current().unwrap().id().unwrap()
}

#[test]
#[ignore = "needs CAP_SYS_ADMIN, since the harness has several threads"]
fn a_thread_and_the_threads_that_it_starts_are_in_the_new_namespace() {
    let outside = id();
    let started_before = thread::spawn(|| {
        thread::park();
        id()
    });
    let (inside, child) = in_a_namespace(|own| (own.id().unwrap(), thread::spawn(id).join().unwrap()));
    assert_ne!(inside, outside);
    assert_eq!(child, inside, "a new thread begins where its parent is");
    started_before.thread().unpark();
    assert_eq!(started_before.join().unwrap(), outside);
    assert_eq!(id(), outside);
}

#[test]
#[ignore = "needs CAP_SYS_ADMIN, since the harness has several threads"]
fn ports_of_one_namespace_are_not_those_of_another() {
    let outside = TcpListener::bind(loopback(0)).unwrap();
    let address = outside.local_addr().unwrap();
    let inside = in_a_namespace(move |_own| {
        assert_eq!(TcpStream::connect(address).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        let listener = TcpListener::bind(address).unwrap();
        TcpStream::connect(address).unwrap();
        assert_eq!(listener.accept_queue().unwrap().length, 1, "loopback is up");
        listener
    });
    assert_eq!(outside.accept_queue().unwrap().length, 0);
    assert_eq!(inside.accept_queue().unwrap().length, 1, "a socket keeps its namespace");
}

#[test]
#[ignore = "needs CAP_SYS_ADMIN, since the harness has several threads"]
fn another_thread_can_enter_a_namespace_that_exists() {
    let namespace = in_a_namespace(|_own| Namespace::current().unwrap());
    let inside = namespace.id().unwrap();
    let joined = thread::spawn(move || {
        namespace.enter().unwrap();
        id()
    });
    assert_eq!(joined.join().unwrap(), inside);
}

/// RFC 7413: the first connection fetches a cookie, the second sends its first bytes in the SYN.
#[test]
#[ignore = "needs CAP_SYS_ADMIN, since the harness has several threads"]
fn with_a_cookie_the_first_bytes_travel_in_the_syn() {
    in_a_namespace(|_own| {
        fs::write("/proc/sys/net/ipv4/tcp_fastopen", "3").unwrap(); // of this namespace: both sides
        let listener = ListenOptions::default().fast_open(16).bind(loopback(0)).unwrap();
        let address = listener.local_addr().unwrap();
        let talk = || {
            let client = ConnectOptions::default().fast_open(true).connect(address).unwrap();
            assert_eq!(client.write(b"early").unwrap(), 5);
            let (server, _) = listener.accept_blocking().unwrap();
            assert_eq!(server.read(&mut [0; 16]).unwrap(), 5);
            (client.tcp_info().unwrap(), server.tcp_info().unwrap())
        };
        let (client, server) = talk();
        assert!(!client.syn_data && !server.tfo_child, "nobody has a cookie: {client:?}");
        let (client, server) = talk();
        assert!(client.syn_data && server.tfo_child, "{client:?} {server:?}");
    });
}

#[test]
fn a_socket_takes_its_port_from_its_own_range() {
    let listener = TcpListener::bind(loopback(0)).unwrap();
    let peer = listener.local_addr().unwrap();
    let socket = Socket::tcp_for(&peer).unwrap();
    assert_eq!(socket.local_port_range().unwrap(), None);
    socket.set_local_port_range(Some(50_000..=50_063)).unwrap();
    assert_eq!(socket.local_port_range().unwrap(), Some(50_000..=50_063));
    let port = socket.connect(peer).unwrap().local_addr().unwrap().port();
    assert!((50_000..=50_063).contains(&port), "{port}");

    let socket = Socket::tcp_for(&peer).unwrap();
    for wrong in [RangeInclusive::new(50_001, 50_000), 0..=50_000] {
        assert_eq!(socket.set_local_port_range(Some(wrong)).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    socket.set_local_port_range(Some(1..=u16::MAX)).unwrap();
    socket.set_local_port_range(None).unwrap();
    assert_eq!(socket.local_port_range().unwrap(), None);
}

#[test]
fn ports_run_out_when_the_range_is_one_port_and_the_peer_is_the_same() {
    let peers: Vec<_> = (0..2).map(|_| ListenOptions::default().bind(loopback(0)).unwrap()).collect();
    let connect = |peer: &TcpListener, port: u16| {
        let peer = peer.local_addr().unwrap();
        let socket = Socket::tcp_for(&peer).unwrap();
        socket.set_local_port_range(Some(port..=port)).unwrap();
        socket.connect(peer)
    };
    // One of these is free, whatever else runs.
    let (port, first) =
        (50_100..50_200).find_map(|port| Some((port, connect(&peers[0], port).ok()?))).expect("a free port");
    assert_eq!(connect(&peers[0], port).unwrap_err().kind(), ErrorKind::AddrNotAvailable);
    let second = connect(&peers[1], port).expect("another destination is another four-tuple");
    assert_eq!(first.local_addr().unwrap(), second.local_addr().unwrap());
}
