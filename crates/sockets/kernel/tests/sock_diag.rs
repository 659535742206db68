//! What `sock_diag` tells of sockets of our own.

use std::net::{Ipv6Addr, Shutdown, SocketAddr};
use std::time::{Duration, Instant};

use wirelab_kernel::wire::Timer;
use wirelab_kernel::{
    Error, PortUse, Query, SocketEntry, accept_queue, connection, listener, listeners, sockets, syn_queue,
};
use wirelab_socket::{ListenOptions, TcpListener, TcpState, TcpStream, UdpSocket};

fn localhost() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(localhost()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept_blocking().unwrap();
    (client, server)
}

/// What is expected may take the kernel a moment: a segment has to cross the loopback device.
#[track_caller]
fn eventually<R>(what: &str, mut ask: impl FnMut() -> (bool, R)) -> R
where
    R: std::fmt::Debug,
{
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let (right, seen) = ask();
        if right {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what}: never; last seen: {seen:#?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[track_caller]
fn reaches(state: TcpState, local: SocketAddr, remote: SocketAddr) -> SocketEntry {
    let entry = eventually(&format!("{local} in {state}"), || {
        let entry = connection(local, remote).unwrap();
        (entry.as_ref().is_some_and(|entry| entry.state == state), entry)
    });
    entry.unwrap()
}

#[test]
fn a_listeners_accept_queue_grows_with_each_client_and_shrinks_with_each_accept() {
    let ours = ListenOptions::default().backlog(7).bind(localhost()).unwrap();
    let address = ours.local_addr().unwrap();
    let mut clients = Vec::new();
    for length in 0..3 {
        let queue = accept_queue(address.port()).unwrap().unwrap();
        assert_eq!((queue.length, queue.limit), (length, 7));
        assert_eq!(queue, ours.accept_queue().unwrap(), "the listener's own TCP_INFO says the same");
        clients.push(TcpStream::connect(address).unwrap());
    }
    let (_accepted, _) = ours.accept_blocking().unwrap();
    assert_eq!(accept_queue(address.port()).unwrap().unwrap().length, 2);
    let entry = listener(address.port()).unwrap().unwrap();
    assert_eq!((entry.local, entry.remote.port(), entry.state), (address, 0, TcpState::LISTEN));
    assert!(entry.inode > 0, "{entry:?}");
    assert!(clients.iter().all(|client| client.peer_addr().unwrap() == address));
}

#[test]
fn a_port_without_listener_has_no_queue() {
    let (client, _server) = pair();
    let port = client.local_addr().unwrap().port();
    assert_eq!(listener(port).unwrap(), None);
    assert_eq!(accept_queue(port).unwrap(), None);
    assert_eq!(syn_queue(port).unwrap(), 0);
    // Other tests' clients may have the same port, towards other peers.
    let remote = client.peer_addr().unwrap();
    assert_eq!(sockets(port).unwrap().iter().filter(|entry| entry.remote == remote).count(), 1);
}

#[test]
fn the_listeners_that_share_a_port_are_all_found_and_their_queues_add_up() {
    let options = ListenOptions::default().reuse_port(true).backlog(3);
    let first = options.bind(localhost()).unwrap();
    let _second = options.bind(first.local_addr().unwrap()).unwrap();
    let port = first.local_addr().unwrap().port();
    let _clients: Vec<_> = (0..2).map(|_| TcpStream::connect(first.local_addr().unwrap()).unwrap()).collect();
    assert_eq!(listeners(port).unwrap().len(), 2);
    let queue = accept_queue(port).unwrap().unwrap();
    assert_eq!((queue.length, queue.limit), (2, 6), "to which of the two they went, a hash decides");
}

/// With TCP_DEFER_ACCEPT the last ACK of the handshake is ignored if it carries no data, and the entry stays in the SYN queue.
#[test]
fn a_handshake_whose_last_ack_is_not_taken_is_in_the_syn_queue() {
    let ours = ListenOptions::default().defer_accept(Duration::from_secs(60)).bind(localhost()).unwrap();
    let address = ours.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap(); // the client has its SYN+ACK, and is content
    assert_eq!(syn_queue(address.port()).unwrap(), 1);
    assert_eq!(accept_queue(address.port()).unwrap().unwrap().length, 0);
    let entry = connection(address, client.local_addr().unwrap()).unwrap().unwrap();
    assert_eq!((entry.state, entry.inode), (TcpState::SYN_RECEIVED, 0), "{entry:?}");
    assert_eq!(entry.timer, Timer::RETRANSMIT, "the SYN+ACK's");

    client.write(b"data").unwrap();
    eventually("the data completes the handshake", || {
        let queues =
            (syn_queue(address.port()).unwrap(), accept_queue(address.port()).unwrap().unwrap().length);
        (queues == (0, 1), queues)
    });
}

#[test]
fn a_connections_two_ends_go_through_their_states_to_time_wait() {
    let (client, server) = pair();
    let (local, remote) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    let established = reaches(TcpState::ESTABLISHED, local, remote);
    assert!(
        reaches(TcpState::ESTABLISHED, remote, local).cookie != established.cookie,
        "each end is a socket"
    );

    client.shutdown(Shutdown::Write).unwrap();
    reaches(TcpState::CLOSE_WAIT, remote, local);
    let half = reaches(TcpState::FIN_WAIT_2, local, remote);
    assert_eq!((half.cookie, half.shutdown), (established.cookie, 2), "no more is sent: {half:?}");

    drop(server);
    let ended = reaches(TcpState::TIME_WAIT, local, remote);
    assert_eq!((ended.timer, ended.inode), (Timer::TIME_WAIT, 0), "{ended:?}");
    assert!(ended.expires > Duration::ZERO && ended.expires <= Duration::from_secs(60), "{ended:?}");
    eventually("the passive end is gone", || {
        let entry = connection(remote, local).unwrap();
        (entry.is_none(), entry)
    });
}

#[test]
fn what_is_not_read_and_what_is_not_acknowledged_is_counted_in_bytes() {
    let (client, server) = pair();
    client.set_nonblocking(true).unwrap();
    let mut sent = 0;
    while let Ok(count) = client.write(&[0; 65536]) {
        sent += count;
    }
    let (local, remote) = (client.local_addr().unwrap(), client.peer_addr().unwrap());
    eventually("all that was sent is in one of the two queues", || {
        let sender = connection(local, remote).unwrap().unwrap();
        let receiver = connection(remote, local).unwrap().unwrap();
        let queued = (sender.send_queue + receiver.receive_queue) as usize;
        (queued == sent && sender.timer == Timer::PROBE, (sent, sender, receiver))
    });
    let memory = connection(remote, local).unwrap().unwrap().memory.unwrap();
    assert_eq!(memory.receive_limit as usize, server.receive_buffer().unwrap());
    assert!(memory.receive_allocated > 0, "{memory:?}");
}

#[test]
fn an_ipv4_client_of_an_ipv6_listener_is_found_by_either_address() {
    let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0));
    let ours = ListenOptions::default().only_v6(false).bind(any).unwrap();
    let port = ours.local_addr().unwrap().port();
    let client = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    let (local, remote) = (client.peer_addr().unwrap(), client.local_addr().unwrap());
    let entry = connection(local, remote).unwrap().unwrap();
    assert_eq!(entry.local.to_string(), format!("[::ffff:127.0.0.1]:{port}"));
    assert_eq!(connection(entry.local, entry.remote).unwrap().unwrap().cookie, entry.cookie);
    assert_eq!(accept_queue(port).unwrap().unwrap().length, 1);
    let found: Vec<_> = sockets(port).unwrap().into_iter().map(|entry| entry.state).collect();
    assert!(found.contains(&TcpState::LISTEN) && found.contains(&TcpState::ESTABLISHED), "{found:?}");
}

#[test]
fn a_lookup_of_no_connection_does_not_take_the_listener_for_one() {
    let ours = TcpListener::bind(localhost()).unwrap();
    let nobody = "127.0.0.1:1".parse().unwrap();
    assert_eq!(connection(ours.local_addr().unwrap(), nobody).unwrap(), None);
    let error = connection(nobody, "[::1]:1".parse().unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "127.0.0.1:1 and [::1]:1 are of two families");
}

#[test]
fn a_query_refuses_to_grow_beyond_its_limit() {
    let (client, _server) = pair();
    let port = client.peer_addr().unwrap().port();
    let here = |limit| Query::tcp().local_port(port).limit(limit).run();
    assert_eq!(here(1).unwrap().len(), 1);
    let error = here(0).unwrap_err();
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    assert_eq!(inner, Some(&Error::TooMany { limit: 0 }), "{error}");
}

#[test]
fn details_come_when_they_are_asked_for() {
    let (_client, server) = pair();
    let port = server.local_addr().unwrap().port();
    let plain = Query::tcp().local_port(port).run().unwrap().pop().unwrap();
    assert_eq!((plain.info, plain.memory, plain.congestion), (None, None, None));
    let full = Query::tcp().local_port(port).details().run().unwrap().pop().unwrap();
    assert_eq!(full.info.unwrap().snd_mss, server.tcp_info().unwrap().snd_mss);
    assert!(full.congestion.is_some_and(|name| !name.is_empty()));
}

#[test]
fn udp_sockets_are_found_too() {
    let socket = UdpSocket::bind(localhost()).unwrap();
    let address = socket.local_addr().unwrap();
    let found = Query::udp().local_port(address.port()).run().unwrap();
    assert_eq!(
        found.iter().map(|entry| (entry.local, entry.state)).collect::<Vec<_>>(),
        [(address, TcpState::CLOSED)]
    );
    assert_eq!(found[0].accept_queue(), None);
}

#[test]
fn a_dump_of_more_than_one_datagram_is_whole() {
    let ours = ListenOptions::default().backlog(300).bind(localhost()).unwrap();
    let address = ours.local_addr().unwrap();
    let clients: Vec<_> = (0..150).map(|_| TcpStream::connect(address).unwrap()).collect();
    let found = sockets(address.port()).unwrap();
    let established = found.iter().filter(|entry| entry.state == TcpState::ESTABLISHED);
    let mut remotes: Vec<_> = established.map(|entry| entry.remote.port()).collect();
    let mut expected: Vec<_> = clients.iter().map(|client| client.local_addr().unwrap().port()).collect();
    remotes.sort_unstable();
    expected.sort_unstable();
    assert_eq!(remotes, expected);
}

#[test]
fn the_ports_that_connections_hold_are_counted_in_their_states() {
    // An address that nobody else uses, since sockets of others in TIME-WAIT count too.
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let ours = TcpListener::bind(SocketAddr::from(([127, a | 128, b, c], 0))).unwrap();
    let (address, local) = (ours.local_addr().unwrap(), "127.0.0.1".parse().unwrap());
    let mut clients: Vec<_> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
    let servers: Vec<_> = (0..3).map(|_| ours.accept_blocking().unwrap().0).collect();
    let before = PortUse::between(local, address).unwrap();
    assert_eq!((before.taken(), before.in_state(TcpState::ESTABLISHED)), (3, 3), "{before:?}");

    let port = clients.pop().unwrap().local_addr().unwrap().port(); // and closes it, as the first
    drop(servers);
    eventually("a closed connection holds its port in TIME-WAIT", || {
        let used = PortUse::between(local, address).unwrap();
        (used.ports().any(|held| held == (port, TcpState::TIME_WAIT)) && used.taken() == 3, used)
    });
    let elsewhere = PortUse::between("127.0.0.2".parse().unwrap(), address).unwrap();
    assert_eq!(
        (elsewhere.taken(), elsewhere.free()),
        (0, before.range.len()),
        "another address has the whole range"
    );
}
