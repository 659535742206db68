//! Every option: what a fresh socket has, what is read back after it was set, and what is refused.

use std::fmt::Debug;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use wirelab_socket::{KeepAlive, ListenOptions, Socket, SocketMemory, TcpListener, TcpStream, UdpSocket};

const SECOND: Duration = Duration::from_secs(1);

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

fn socket() -> Socket {
    Socket::tcp_for(&loopback()).unwrap()
}

fn connected() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(loopback()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept_blocking().unwrap().0)
}

fn sysctl(name: &str) -> Vec<u64> {
    let text = fs::read_to_string(format!("/proc/sys/net/{name}")).unwrap();
    text.split_whitespace().map(|number| number.parse().unwrap()).collect()
}

/// What is set is what is read back.
fn comes_back<S, V: Clone + Debug + PartialEq>(
    name: &str,
    socket: &S,
    set: impl Fn(&S, V) -> io::Result<()>,
    get: impl Fn(&S) -> io::Result<V>,
    values: &[V],
) {
    for value in values {
        set(socket, value.clone()).unwrap_or_else(|error| panic!("{name} to {value:?}: {error}"));
        assert_eq!(get(socket).unwrap(), *value, "{name}");
    }
}

/// `check!(socket, set_nodelay, nodelay, false => true, false)`: the default, then each value there and back.
macro_rules! check {
    ($socket:expr, $set:ident, $get:ident, $default:expr => $($value:expr),+) => {
        let socket = $socket;
        assert_eq!(socket.$get().unwrap(), $default, "{} by default", stringify!($get));
        comes_back(stringify!($set), &socket, |s, v| s.$set(v), |s| s.$get(), &[$($value),+]);
    };
}

#[test]
fn options_of_latency_come_back() {
    check!(socket(), set_nodelay, nodelay, false => true, false);
    check!(socket(), set_cork, cork, false => true, false);
    check!(socket(), set_quick_ack, quick_ack, true => false, true);
    check!(socket(), set_priority, priority, 0 => 6, 1, 0);
    check!(socket(), set_type_of_service, type_of_service, 0 => 0x10, 0xb8, 0);
    check!(socket(), set_incoming_cpu, incoming_cpu, None => Some(0), Some(3), None);
    let v6 = Socket::tcp_for(&"[::1]:0".parse().unwrap()).unwrap();
    check!(v6, set_traffic_class, traffic_class, 0 => 0xb8, 0);
    assert_eq!(socket().busy_poll().unwrap(), Duration::from_micros(sysctl("core/busy_read")[0]));
    check!(socket(), set_busy_poll, busy_poll, Duration::ZERO => Duration::ZERO);
}

#[test]
fn options_of_buffers_come_back() {
    check!(socket(), set_receive_low_water, receive_low_water, 1 => 100, 4096, 1);
    check!(socket(), set_not_sent_low_water, not_sent_low_water, 0 => 16_384, 0);
    check!(socket(), set_window_clamp, window_clamp, 0 => 10_000, 100_000);
    assert_eq!(socket().receive_buffer().unwrap() as u64, sysctl("ipv4/tcp_rmem")[1]);
    assert_eq!(socket().send_buffer().unwrap() as u64, sysctl("ipv4/tcp_wmem")[1]);
    for (asked, given) in [(20_000, 40_000), (100_000, 200_000)] {
        let socket = socket();
        socket.set_receive_buffer(asked).unwrap();
        socket.set_send_buffer(asked).unwrap();
        let buffers = (socket.receive_buffer().unwrap(), socket.send_buffer().unwrap());
        assert_eq!(buffers, (given, given), "Linux doubles it");
    }
    let socket = socket();
    socket.set_receive_buffer(usize::MAX).unwrap();
    assert_eq!(
        socket.receive_buffer().unwrap() as u64,
        2 * sysctl("core/rmem_max")[0],
        "capped, then doubled"
    );
}

#[test]
fn options_of_lifetime_come_back() {
    check!(socket(), set_linger, linger, None => Some(Duration::ZERO), Some(3 * SECOND), None);
    check!(socket(), set_user_timeout, user_timeout, Duration::ZERO => Duration::from_millis(5_001), Duration::ZERO);
    check!(socket(), set_read_timeout, read_timeout, None => Some(SECOND), Some(90 * SECOND), None);
    check!(socket(), set_write_timeout, write_timeout, None => Some(SECOND), None);
    let retries = u8::try_from(sysctl("ipv4/tcp_syn_retries")[0]).unwrap();
    check!(socket(), set_syn_retries, syn_retries, retries => 1, 127);
    let fin_timeout = Duration::from_secs(sysctl("ipv4/tcp_fin_timeout")[0]);
    check!(socket(), set_fin_wait_2_timeout, fin_wait_2_timeout, fin_timeout => 7 * SECOND, 120 * SECOND);
    let keep_alive = KeepAlive { idle: 60 * SECOND, interval: 10 * SECOND, probes: 3 };
    let longest = KeepAlive { idle: 32_767 * SECOND, interval: 32_767 * SECOND, probes: 127 };
    check!(socket(), set_keep_alive, keep_alive, None => Some(keep_alive), None, Some(longest));
}

#[test]
fn options_of_the_handshake_come_back() {
    check!(socket(), set_max_segment, max_segment, 536 => 1460, 88, 32_767);
    // Only the times of SYN+ACK retransmissions come back unchanged.
    check!(socket(), set_defer_accept, defer_accept, Duration::ZERO => SECOND, 3 * SECOND, 7 * SECOND);
    check!(socket(), set_fast_open_connect, fast_open_connect, false => true, false);
    check!(socket(), set_fast_open, fast_open, 0 => 16);
    let control = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap();
    assert_eq!(socket().congestion_control().unwrap(), control.trim());
    socket().set_congestion_control("reno").unwrap();
    let socket = socket();
    socket.set_congestion_control("reno").unwrap();
    assert_eq!(socket.congestion_control().unwrap(), "reno");
}

#[test]
fn options_of_addresses_come_back() {
    check!(socket(), set_reuse_address, reuse_address, false => true, false);
    check!(socket(), set_reuse_port, reuse_port, false => true, false);
    check!(socket(), set_bind_address_no_port, bind_address_no_port, false => true, false);
    check!(socket(), set_local_port_range, local_port_range, None => Some(50_000..=50_063), Some(1..=u16::MAX), None);
    let v6 = Socket::tcp_for(&"[::1]:0".parse().unwrap()).unwrap();
    let default = fs::read_to_string("/proc/sys/net/ipv6/bindv6only").unwrap().trim() == "1";
    check!(v6, set_only_v6, only_v6, default => true, false);
}

#[test]
fn what_the_kernel_would_refuse_or_misread_is_an_error() {
    let socket = socket();
    let invalid = |result: io::Result<()>| {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
    };
    invalid(socket.set_read_timeout(Some(Duration::ZERO)));
    invalid(socket.set_write_timeout(Some(Duration::ZERO)));
    invalid(socket.set_syn_retries(0));
    invalid(socket.set_syn_retries(128));
    invalid(socket.set_max_segment(87));
    invalid(socket.set_max_segment(32_768));
    let keep_alive = KeepAlive { idle: SECOND, interval: SECOND, probes: 3 };
    invalid(socket.set_keep_alive(Some(KeepAlive { probes: 200, ..keep_alive })));
    invalid(socket.set_keep_alive(Some(KeepAlive { probes: 0, ..keep_alive })));
    invalid(socket.set_keep_alive(Some(KeepAlive { idle: Duration::ZERO, ..keep_alive })));
    invalid(socket.set_keep_alive(Some(KeepAlive { interval: 40_000 * SECOND, ..keep_alive })));
    assert_eq!(socket.keep_alive().unwrap(), None, "none of them turned it on");
    for name in ["", "reno\0", "cubic ", "a-name-that-is-too-long", "réno"] {
        invalid(socket.set_congestion_control(name));
    }
    assert_eq!(socket.set_congestion_control("no_such_one").unwrap_err().kind(), ErrorKind::NotFound);
    assert!(socket.set_only_v6(true).is_err(), "on an IPv4 socket");
}

#[test]
fn a_stream_inherits_what_its_listener_has() {
    let listener = ListenOptions::default().receive_buffer(50_000).bind(loopback()).unwrap();
    listener.set_nodelay(true).unwrap();
    listener.set_congestion_control("reno").unwrap();
    listener.set_user_timeout(7 * SECOND).unwrap();
    listener.set_max_segment(1000).unwrap();
    listener.set_keep_alive(Some(KeepAlive { idle: SECOND, interval: SECOND, probes: 1 })).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (server, _) = listener.accept().unwrap();
    assert!(server.nodelay().unwrap());
    assert_eq!(server.congestion_control().unwrap(), "reno");
    assert_eq!(server.user_timeout().unwrap(), 7 * SECOND);
    assert_eq!(server.receive_buffer().unwrap(), 100_000);
    assert!(server.keep_alive().unwrap().is_some());
    assert!(
        server.max_segment().unwrap() <= 1000 && client.max_segment().unwrap() <= 1000,
        "the SYN+ACK said so"
    );
    assert!(!client.nodelay().unwrap());
}

#[test]
fn a_socket_says_what_it_is() {
    let (client, _server) = connected();
    let listener = TcpListener::bind("[::1]:0".parse().unwrap()).unwrap();
    let udp = UdpSocket::bind(loopback()).unwrap();
    assert_eq!((client.domain().unwrap(), listener.domain().unwrap()), (libc::AF_INET, libc::AF_INET6));
    assert_eq!((client.kind().unwrap(), udp.kind().unwrap()), (libc::SOCK_STREAM, libc::SOCK_DGRAM));
    let protocols = (client.protocol().unwrap(), udp.protocol().unwrap());
    assert_eq!(protocols, (libc::IPPROTO_TCP, libc::IPPROTO_UDP));
    assert_eq!((client.is_listening().unwrap(), listener.is_listening().unwrap()), (false, true));
    assert_ne!(client.cookie().unwrap(), listener.cookie().unwrap());
    assert_eq!(
        client.cookie().unwrap(),
        client.try_clone().unwrap().cookie().unwrap(),
        "one socket, two descriptors"
    );
    assert!(client.incoming_cpu().unwrap().is_some(), "a packet has come in");
}

#[test]
fn memory_is_taken_by_what_waits_to_be_read() {
    let (client, server) = connected();
    let before = server.memory().unwrap();
    assert_eq!(before.receive_allocated, 0);
    client.write(&[1; 1000]).unwrap();
    let after = server.memory().unwrap();
    assert!(after.receive_allocated > 1000 && after.receive_allocated <= after.receive_limit, "{after:?}");
    assert_eq!(after.receive_limit, server.receive_buffer().unwrap() as u32);
    assert_eq!(after.send_limit, server.send_buffer().unwrap() as u32);
    server.read(&mut [0; 1000]).unwrap();
    assert_eq!(server.memory().unwrap().receive_allocated, 0);

    let udp = UdpSocket::bind(loopback()).unwrap();
    udp.set_receive_buffer(0).unwrap();
    for _ in 0..100 {
        udp.send_to(&[0; 1000], udp.local_addr().unwrap()).unwrap();
    }
    let memory = udp.memory().unwrap();
    assert!(memory.drops > 0 && memory.drops <= 100, "{memory:?}");
    assert_eq!(SocketMemory::from_bytes(&[]), SocketMemory::default());
}

#[test]
fn a_low_water_mark_lets_a_blocking_read_wait_for_more() {
    let (client, server) = connected();
    server.set_receive_low_water(8).unwrap();
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 16];
        server.read(&mut buffer).unwrap()
    });
    client.set_nodelay(true).unwrap();
    for byte in b"12345678" {
        client.write(&[*byte]).unwrap();
    }
    assert_eq!(reader.join().unwrap(), 8, "the read has waited for all of them");
}
