//! Packet sockets, each in a network namespace of its own, where nobody else's packets pass.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::thread;
use std::time::SystemTime;

use wirelab_socket::{
    Namespace, PacketFilter, PacketSocket, PacketStatistics, PacketWay, TcpListener, UdpSocket,
};

/// Runs `body` on a thread of its own, in a namespace of its own; the other tests stay where they are.
fn in_a_namespace<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> T {
    let body = || {
        let _own = Namespace::enter_new().unwrap();
        body()
    };
    thread::spawn(body).join().unwrap()
}

fn udp() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

/// At `lo`, without waiting.
fn open(filter: &PacketFilter) -> PacketSocket {
    let packets = PacketSocket::open(Some("lo"), filter).unwrap();
    packets.set_nonblocking(true).unwrap();
    packets
}

/// The packets that wait, each as far as the first 4096 bytes.
fn waiting(packets: &PacketSocket) -> Vec<Vec<u8>> {
    let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match packets.recv(&mut buffer) {
            Ok(packet) => all.push(packet.bytes.to_vec()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return all,
            Err(error) => panic!("{error}"),
        }
    }
}

/// What stands behind the headers of IPv4 and UDP.
fn text(packet: &[u8]) -> &[u8] {
    &packet[28..]
}

#[test]
#[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
fn a_packet_of_loopback_is_seen_once_whole_and_with_its_time() {
    in_a_namespace(|| {
        let packets = open(&PacketFilter::all());
        let (socket, address) = udp();
        let before = SystemTime::now();
        socket.send_to(b"to myself", address).unwrap();
        let mut buffer = [0; 100];
        let packet = packets.recv(&mut buffer).unwrap();
        assert_eq!((packet.length, text(packet.bytes)), (37, &b"to myself"[..]));
        assert_eq!(packet.way, PacketWay::Loopback);
        assert_eq!(packets.interface_name(packet.interface).unwrap(), "lo");
        assert!((before..=SystemTime::now()).contains(&packet.time), "{before:?} {packet:?}");
        assert_eq!(packets.recv(&mut buffer).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert_eq!(packets.statistics().unwrap(), PacketStatistics { kept: 1, dropped: 0 });
        assert_eq!(packets.statistics().unwrap(), PacketStatistics::default(), "reading sets it back");
    });
}

#[test]
#[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
fn of_a_packet_that_does_not_fit_the_beginning_and_the_length_are_told() {
    in_a_namespace(|| {
        let packets = open(&PacketFilter::all());
        let (socket, address) = udp();
        socket.send_to(&[7; 5000], address).unwrap();
        let mut buffer = [0; 30];
        let packet = packets.recv(&mut buffer).unwrap();
        assert_eq!((packet.length, packet.bytes.len(), text(packet.bytes)), (5028, 30, &[7, 7][..]));
    });
}

#[test]
#[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
fn only_the_ports_of_the_filter_are_seen_and_counted() {
    in_a_namespace(|| {
        let ([(one, to_one), (two, to_two), (other, to_other)], v6) =
            ([udp(), udp(), udp()], UdpSocket::bind("[::1]:0".parse().unwrap()).unwrap());
        let to_v6 = v6.local_addr().unwrap();
        let filter = PacketFilter::all().port(to_one.port()).port(to_v6.port());
        let packets = open(&filter);
        other.send_to(b"to one", to_one).unwrap();
        one.send_to(b"from one", to_two).unwrap();
        two.send_to(b"between others", to_other).unwrap();
        v6.send_to(b"version 6", to_v6).unwrap();
        let seen = waiting(&packets);
        let texts: Vec<_> =
            seen.iter().map(|packet| &packet[if packet[0] >> 4 == 6 { 48 } else { 28 }..]).collect();
        assert_eq!(texts, [&b"to one"[..], b"from one", b"version 6"]);
        assert_eq!(packets.statistics().unwrap().kept, 3, "what is refused is not counted");
    });
}

#[test]
#[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
fn what_finds_the_receive_buffer_full_is_counted_as_dropped() {
    in_a_namespace(|| {
        let packets = open(&PacketFilter::all());
        packets.set_receive_buffer(4096).unwrap();
        let (socket, address) = udp();
        for _ in 0..100 {
            socket.send_to(&[0; 1000], address).unwrap();
        }
        let (seen, counted) = (waiting(&packets).len(), packets.statistics().unwrap());
        assert_eq!(counted.kept, 100);
        assert!(seen > 0 && counted.dropped > 0, "{seen} seen, {counted:?}");
        assert_eq!(seen + counted.dropped as usize, 100, "{counted:?}");
    });
}

/// RFC 9293 §3.5: the three segments of a handshake; and the ends' checksums, which nobody has finished.
#[test]
#[ignore = "needs CAP_NET_RAW and CAP_SYS_ADMIN"]
fn a_tcp_connection_is_seen_from_its_syn_on() {
    in_a_namespace(|| {
        let packets = open(&PacketFilter::all());
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let mut client = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.write_all(b"hello").unwrap();
        let (server, _) = listener.accept().unwrap();
        let flags: Vec<u8> = waiting(&packets).iter().map(|packet| packet[33] & 0x1f).collect();
        assert_eq!(flags[..4], [0x02, 0x12, 0x10, 0x18], "SYN, SYN+ACK, ACK, PSH+ACK: {flags:02x?}");
        drop(server);
        let _ = client.read(&mut [0; 1]);
    });
}

#[test]
#[ignore = "needs CAP_NET_RAW"]
fn an_interface_that_is_not_there_is_an_error() {
    for name in ["nosuch0", "a-name-that-is-longer-than-names-are"] {
        let error = PacketSocket::open(Some(name), &PacketFilter::all()).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(19), "ENODEV: {error}");
    }
}
