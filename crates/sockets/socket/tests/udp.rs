//! UDP: one datagram a call, many a call, many in one buffer; and what comes back of those that found nobody.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use wirelab_socket::{ReceiveBatch, Socket, UdpSocket, record};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Two sockets whose reads do not wait for ever, and the second one's address.
fn pair() -> (UdpSocket, UdpSocket, SocketAddr) {
    let (client, server) = (UdpSocket::bind(loopback()).unwrap(), UdpSocket::bind(loopback()).unwrap());
    for socket in [&client, &server] {
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    }
    let address = server.local_addr().unwrap();
    (client, server, address)
}

/// An address of loopback where nobody receives.
fn deaf() -> SocketAddr {
    UdpSocket::bind(loopback()).unwrap().local_addr().unwrap()
}

#[test]
fn a_connected_socket_has_one_peer() {
    let (client, server, address) = pair();
    assert_eq!(client.send(b"x").unwrap_err().raw_os_error(), Some(libc::EDESTADDRREQ));
    assert_eq!(client.peer_addr().unwrap_err().kind(), ErrorKind::NotConnected);
    client.connect(address).unwrap();
    assert_eq!(client.peer_addr().unwrap(), address);
    assert_eq!(client.send(b"question").unwrap(), 8);
    let mut buffer = [0; 16];
    assert_eq!(server.recv_from(&mut buffer).unwrap(), (8, client.local_addr().unwrap()));

    let stranger = UdpSocket::bind(loopback()).unwrap();
    stranger.send_to(b"spam", client.local_addr().unwrap()).unwrap();
    server.send_to(b"answer", client.local_addr().unwrap()).unwrap();
    assert_eq!(client.recv(&mut buffer).unwrap(), 6, "the stranger is not heard");
    client.set_nonblocking(true).unwrap();
    assert_eq!(client.recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(client.try_clone().unwrap().peer_addr().unwrap(), address);
}

#[test]
fn an_icmp_error_is_told_once_to_a_connected_socket_and_never_to_another() {
    let (client, _server, _) = pair();
    let deaf = deaf();
    client.connect(deaf).unwrap();
    assert_eq!(client.send(b"x").unwrap(), 1, "sending worked");
    assert_eq!(
        client.recv(&mut [0; 16]).unwrap_err().kind(),
        ErrorKind::ConnectionRefused,
        "port unreachable"
    );
    assert!(client.take_error().unwrap().is_none(), "it was told");
    client.send(b"x").unwrap();
    assert_eq!(client.send(b"y").unwrap_err().kind(), ErrorKind::ConnectionRefused, "the first one's");
    client.send(b"x").unwrap();
    assert_eq!(client.take_error().unwrap().unwrap().kind(), ErrorKind::ConnectionRefused);

    let (unconnected, _server, _) = pair();
    unconnected.send_to(b"x", deaf).unwrap();
    unconnected.send_to(b"y", deaf).unwrap();
    assert!(unconnected.take_error().unwrap().is_none());
}

#[test]
fn one_call_sends_many_datagrams_and_one_receives_them() {
    let (client, server, address) = pair();
    let second = UdpSocket::bind(loopback()).unwrap();
    let datagrams: Vec<Vec<u8>> = (0..40u8).map(|number| vec![number; usize::from(number)]).collect();
    let to: Vec<_> = datagrams.iter().map(|bytes| (&bytes[..], address)).collect();
    let (sent, calls) = record(|| client.send_many(&to).unwrap());
    assert_eq!((sent, calls.len()), (40, 1), "{calls:?}");
    second.send_to(b"from another", address).unwrap();

    let mut batch = ReceiveBatch::new(64, 100);
    let (received, calls) = record(|| server.recv_many(&mut batch).unwrap());
    assert_eq!((received, calls.len()), (41, 1), "{calls:?}");
    let seen: Vec<_> = batch.datagrams().collect();
    for (datagram, bytes) in seen.iter().zip(&datagrams) {
        assert_eq!((datagram.bytes, datagram.cut, datagram.segment), (&bytes[..], false, None));
        assert_eq!(datagram.from, Some(client.local_addr().unwrap()));
        assert_eq!(datagram.segments().collect::<Vec<_>>(), [&bytes[..]]);
    }
    assert_eq!(seen[40].from, Some(second.local_addr().unwrap()));

    server.set_nonblocking(true).unwrap();
    assert_eq!(server.recv_many(&mut batch).unwrap_err().kind(), ErrorKind::WouldBlock);
    assert_eq!(batch.datagrams().count(), 0, "what was there is gone");
    assert_eq!(client.send_many(&[]).unwrap(), 0);
}

#[test]
fn a_call_moves_64_datagrams_at_most_and_a_batch_no_more_than_its_room() {
    let (client, server, address) = pair();
    server.set_receive_buffer(1 << 20).unwrap();
    let to = vec![(&b"datagram"[..], address); 100];
    assert_eq!(client.send_many(&to).unwrap(), 64);
    let mut batch = ReceiveBatch::new(10, 4);
    assert_eq!(server.recv_many(&mut batch).unwrap(), 10);
    assert!(batch.datagrams().all(|datagram| datagram.cut && datagram.bytes == b"data"));
    let mut batch = ReceiveBatch::new(1000, usize::MAX);
    assert_eq!(server.recv_many(&mut batch).unwrap(), 54, "a blocking socket does not wait for more");
    assert!(batch.datagrams().all(|datagram| !datagram.cut && datagram.bytes == b"datagram"));
}

#[test]
fn an_error_in_the_middle_ends_the_call_after_what_was_sent() {
    let (client, server, address) = pair();
    let too_long = vec![0; 65_508];
    let to = [(&b"one"[..], address), (&too_long[..], address), (b"three", address)];
    assert_eq!(client.send_many(&to).unwrap(), 1);
    assert_eq!(client.send_many(&to[1..]).unwrap_err().raw_os_error(), Some(libc::EMSGSIZE));
    assert_eq!(server.recv(&mut [0; 16]).unwrap(), 3);
}

#[test]
fn one_large_buffer_arrives_as_ten_datagrams() {
    let (client, server, address) = pair();
    let bytes: Vec<u8> = (0..9_500).map(|at| (at % 251) as u8).collect();
    let (sent, calls) = record(|| client.send_segments(&bytes, 1_000, Some(address)).unwrap());
    assert_eq!((sent, calls.len()), (9_500, 1), "{calls:?}");
    let mut received = Vec::new();
    for number in 0..10 {
        let mut buffer = [0; 2_000];
        let (length, from) = server.recv_from(&mut buffer).unwrap();
        assert_eq!(length, if number < 9 { 1_000 } else { 500 }, "datagram {number}");
        assert_eq!(from, client.local_addr().unwrap());
        received.extend_from_slice(&buffer[..length]);
    }
    assert!(received == bytes);
    server.set_nonblocking(true).unwrap();
    assert_eq!(server.recv(&mut [0; 16]).unwrap_err().kind(), ErrorKind::WouldBlock);

    client.connect(address).unwrap();
    assert_eq!(client.send_segments(b"ababa", 2, None).unwrap(), 5);
    let lengths = [(); 3].map(|()| server.recv(&mut [0; 16]).unwrap());
    assert_eq!(lengths, [2, 2, 1]);
    assert_eq!(client.send_segments(b"x", 0, None).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(client.send_segments(&[0; 1000], 1, None).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn with_receive_offload_they_stay_together_and_can_be_told_apart() {
    let (client, server, address) = pair();
    assert!(!server.receive_offload().unwrap());
    server.set_receive_offload(true).unwrap();
    assert!(server.receive_offload().unwrap());
    let bytes: Vec<u8> = (0..9_500).map(|at| (at % 251) as u8).collect();
    client.send_segments(&bytes, 1_000, Some(address)).unwrap();
    client.send_to(b"alone", address).unwrap();
    client.send_to(b"", address).unwrap();

    let (mut batch, mut segments) = (ReceiveBatch::new(8, 65_536), Vec::new());
    let mut pieces = HashSet::new();
    while segments.len() < 12 {
        server.recv_many(&mut batch).unwrap();
        for datagram in batch.datagrams() {
            pieces.insert(datagram.segment);
            segments.extend(datagram.segments().map(<[u8]>::to_vec));
        }
    }
    let lengths: Vec<_> = segments.iter().map(Vec::len).collect();
    assert_eq!(lengths, [[1_000; 9].to_vec(), vec![500, 5, 0]].concat());
    assert!(segments.concat() == [&bytes[..], b"alone"].concat());
    assert!(pieces.contains(&Some(1_000)), "some came together: {pieces:?}");
}

#[test]
fn options_before_bind_need_the_socket_first() {
    let make = |address: SocketAddr| {
        let socket = Socket::udp_for(&address).unwrap();
        socket.set_reuse_port(true).unwrap();
        socket.bind(address).unwrap();
        socket.into_udp()
    };
    let first = make(loopback());
    let address = first.local_addr().unwrap();
    let second = make(address);
    let clients: Vec<_> = (0..64).map(|_| UdpSocket::bind(loopback()).unwrap()).collect();
    let mut seen = [0; 2];
    for client in &clients {
        client.send_to(b"x", address).unwrap();
    }
    for (socket, count) in [&first, &second].into_iter().zip(&mut seen) {
        socket.set_nonblocking(true).unwrap();
        *count = std::iter::from_fn(|| socket.recv(&mut [0; 4]).ok()).count();
    }
    assert!(seen[0] > 0 && seen[1] > 0 && seen[0] + seen[1] == 64, "{seen:?}");
}
