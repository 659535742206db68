//! From `socket` to `close`: what each call does to the connection, seen from the other end.

use std::fs;
use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use wirelab_socket::{ListenOptions, Socket, TcpListener, TcpState, TcpStream, UdpSocket};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// A client and the server's stream for it, both waiting in their calls, but never for ever.
fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, peer) = listener.accept_blocking().unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
    for stream in [&client, &server] {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    }
    (client, server)
}

/// An address on which nobody listens: it was free a moment ago, and a bound socket keeps it from others.
fn deaf() -> (Socket, SocketAddr) {
    let socket = Socket::tcp_for(&loopback()).unwrap();
    socket.bind(loopback()).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

#[test]
fn a_client_is_connected_before_anybody_accepts() {
    let listener = ListenOptions::default().backlog(8).bind(loopback()).unwrap();
    let clients: Vec<_> =
        (0..3).map(|_| TcpStream::connect(listener.local_addr().unwrap()).unwrap()).collect();
    let queue = listener.accept_queue().unwrap();
    assert_eq!((queue.length, queue.limit), (3, 8));
    assert_eq!(clients[2].tcp_info().unwrap().state, TcpState::ESTABLISHED);
    clients[0].write(b"early").unwrap();

    let (server, peer) = listener.accept_blocking().unwrap();
    assert_eq!(peer, clients[0].local_addr().unwrap(), "the oldest comes first");
    assert_eq!(server.peer_addr().unwrap(), peer);
    assert_eq!(listener.accept_queue().unwrap().length, 2);
    let mut buffer = [0; 16];
    assert_eq!(server.read(&mut buffer).unwrap(), 5);
}

#[test]
fn a_full_accept_queue_leaves_the_next_client_without_an_answer() {
    let listener = ListenOptions::default().backlog(0).bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    let _only = TcpStream::connect(address).unwrap(); // a backlog of n holds n + 1
    let error = TcpStream::connect_timeout(address, Duration::from_millis(30)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut, "{error}");
    assert_eq!(listener.accept_queue().unwrap().length, 1, "nobody has accepted");
}

#[test]
fn a_deferred_connection_is_not_acceptable_before_its_first_bytes() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let options = ListenOptions::default().nonblocking(true).defer_accept(Duration::from_secs(30));
        let listener = options.bind(address.parse().unwrap()).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        assert_eq!(listener.accept_queue().unwrap().length, 0);
        assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
        client.write(b"now").unwrap();
        assert_eq!(listener.accept_queue().unwrap().length, 1);
        listener.accept().unwrap();
    }
}

#[test]
fn a_connection_to_a_port_where_nobody_listens_is_refused() {
    let (_socket, address) = deaf();
    let error = TcpStream::connect(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    let error = TcpStream::connect_timeout(address, Duration::from_secs(10)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_connection_that_was_only_started_reports_its_end_in_so_error() {
    let (_socket, address) = deaf();
    // On loopback the RST may come before `connect` returns, and is then its result.
    match TcpStream::start_connect(address) {
        Ok(stream) => {
            while stream.tcp_info().unwrap().state == TcpState::SYN_SENT {
                std::thread::yield_now();
            }
            let error = stream.take_error().unwrap().expect("a refused connection");
            assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
            assert!(stream.take_error().unwrap().is_none(), "asking clears the error");
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused),
    }
    let listener = TcpListener::bind(loopback()).unwrap();
    let stream = TcpStream::start_connect(listener.local_addr().unwrap()).unwrap();
    listener.accept().unwrap();
    assert!(stream.take_error().unwrap().is_none());
    assert!(stream.is_nonblocking().unwrap());
}

#[test]
fn every_descriptor_is_close_on_exec_and_only_accept_makes_streams_non_blocking() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (waiting, _) = {
        let _second = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (first, _) = listener.accept().unwrap();
        assert!(first.is_nonblocking().unwrap());
        assert!(first.is_close_on_exec().unwrap());
        listener.accept_blocking().unwrap()
    };
    assert!(!waiting.is_nonblocking().unwrap());
    let udp = UdpSocket::bind(loopback()).unwrap();
    for fd in
        [listener.as_fd(), client.as_fd(), waiting.as_fd(), udp.as_fd(), client.try_clone().unwrap().as_fd()]
    {
        // The kernel's own words, in octal: O_CLOEXEC is 02000000.
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).expect("a flags line").trim();
        assert_ne!(u32::from_str_radix(flags, 8).unwrap() & 0o2_000_000, 0, "{info}");
    }
}

#[test]
fn a_half_closed_connection_still_carries_the_other_direction() {
    let (client, server) = connected();
    client.shutdown(Shutdown::Write).unwrap();
    let mut buffer = [0; 16];
    assert_eq!(server.read(&mut buffer).unwrap(), 0, "the FIN is the end of the stream");
    assert_eq!(server.tcp_info().unwrap().state, TcpState::CLOSE_WAIT);
    assert_eq!(server.write(b"answer").unwrap(), 6);
    assert_eq!(client.read(&mut buffer).unwrap(), 6);
    assert_eq!(client.tcp_info().unwrap().state, TcpState::FIN_WAIT_2, "the answer acknowledged the FIN");
    assert_eq!(client.write(b"more").unwrap_err().kind(), ErrorKind::BrokenPipe, "and no SIGPIPE");
}

#[test]
fn closing_with_a_linger_of_zero_resets_the_connection() {
    let (client, server) = connected();
    server.write(b"lost").unwrap();
    client.set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    assert_eq!(server.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

/// RFC 9293 §3.6.1 (SHLD-3): a close with data that was not read SHOULD be told to the peer by an RST.
#[test]
fn s3_6_1_closing_with_unread_bytes_resets_the_connection() {
    let (client, server) = connected();
    server.write(b"never read").unwrap();
    client.read(&mut [0; 5]).unwrap();
    drop(client);
    assert_eq!(server.read(&mut [0; 16]).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn what_arrived_before_a_reset_can_be_read_after_it() {
    let (client, server) = connected();
    client.write(b"a question").unwrap();
    server.write(b"an answer").unwrap();
    drop(server); // with the question unread
    let mut buffer = [0; 16];
    let length = client.read(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"an answer");
    assert_eq!(client.read(&mut buffer).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_plain_close_is_an_orderly_end() {
    let (client, server) = connected();
    client.write(b"last words").unwrap();
    client.set_linger(None).unwrap();
    drop(client);
    let mut buffer = Vec::new();
    while server.read_into(&mut buffer).unwrap() > 0 {}
    assert_eq!(buffer, b"last words");
}

#[test]
fn two_listeners_share_a_port_only_when_both_say_so() {
    let first = ListenOptions::default().reuse_port(true).bind(loopback()).unwrap();
    let address = first.local_addr().unwrap();
    assert_eq!(TcpListener::bind(address).unwrap_err().kind(), ErrorKind::AddrInUse);
    let second = ListenOptions::default().reuse_port(true).bind(address).unwrap();
    let _clients: Vec<_> = (0..64).map(|_| TcpStream::connect(address).unwrap()).collect();
    let (a, b) = (first.accept_queue().unwrap().length, second.accept_queue().unwrap().length);
    assert_eq!(a + b, 64);
    assert!(a > 0 && b > 0, "the hash gave {a} and {b}");
}

#[test]
fn a_server_can_take_its_port_again_while_old_connections_are_in_time_wait() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    let client = TcpStream::connect(address).unwrap();
    let (server, _) = listener.accept_blocking().unwrap();
    drop((server, listener)); // the server closes first, and so it is its port that is in TIME-WAIT
    assert_eq!(client.read(&mut [0; 1]).unwrap(), 0);
    drop(client);
    let error = ListenOptions::default().reuse_address(false).bind(address).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
    TcpListener::bind(address).unwrap();
}

#[test]
fn ipv6_works_and_takes_ipv4_too_unless_told_not_to() {
    let both = ListenOptions::default().only_v6(false).bind("[::]:0".parse().unwrap()).unwrap();
    let port = both.local_addr().unwrap().port();
    let _v4 = TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).unwrap();
    assert!(both.accept().unwrap().1.ip().to_string().starts_with("::ffff:127.0.0.1"));

    let only = ListenOptions::default().only_v6(true).bind("[::1]:0".parse().unwrap()).unwrap();
    let client = TcpStream::connect(only.local_addr().unwrap()).unwrap();
    assert_eq!(only.accept().unwrap().1, client.local_addr().unwrap());
}
