//! The system calls that the builders make, in their order, as the recorder has them. That the recorder tells
//! the truth is shown in `strace.rs`.

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use wirelab_socket::{Call, ConnectOptions, KeepAlive, ListenOptions, TcpListener, TcpStream, record};

fn loopback() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// The calls as `strace` would write them, with names in place of descriptors and ports, which differ in each
/// run.
fn shown(calls: &[Call], names: &[(&str, i32)], ports: &[(&str, u16)]) -> Vec<String> {
    let named = |call: &Call| {
        let mut line = call.to_string();
        for (name, fd) in names {
            line = line.replace(&format!("({fd},"), &format!("({name},"));
            line = line.replace(&format!("({fd})"), &format!("({name})"));
            if matches!(call.name, "socket" | "accept4") {
                line = line.replace(&format!("= {fd}"), &format!("= {name}"));
            }
        }
        for (name, port) in ports {
            line = line.replace(&format!("htons({port})"), &format!("htons({name})"));
        }
        line
    };
    calls.iter().map(named).collect()
}

fn fd(socket: &impl AsFd) -> i32 {
    socket.as_fd().as_raw_fd()
}

#[test]
fn a_listener_is_made_by_four_calls() {
    let (listener, calls) = record(|| TcpListener::bind(loopback()).unwrap());
    assert_eq!(
        shown(&calls, &[("L", fd(&listener))], &[]),
        [
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = L",
            "setsockopt(L, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
            r#"bind(L, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}, 16) = 0"#,
            "listen(L, 4096) = 0",
        ]
    );
}

#[test]
fn every_option_of_a_listener_is_set_before_it_is_bound() {
    let options = ListenOptions::default().backlog(5).nonblocking(true).reuse_port(true).only_v6(true);
    let options = options.receive_buffer(65_536).send_buffer(32_768).nodelay(true).max_segment(1_440);
    let options = options.defer_accept(Duration::from_millis(2_500)).fast_open(16);
    let (listener, calls) = record(|| options.bind("[::1]:0".parse().unwrap()).unwrap());
    assert_eq!(
        shown(&calls, &[("L", fd(&listener))], &[]),
        [
            "socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC|SOCK_NONBLOCK, IPPROTO_IP) = L",
            "setsockopt(L, SOL_SOCKET, SO_REUSEADDR, [1], 4) = 0",
            "setsockopt(L, SOL_SOCKET, SO_REUSEPORT, [1], 4) = 0",
            "setsockopt(L, SOL_IPV6, IPV6_V6ONLY, [1], 4) = 0",
            "setsockopt(L, SOL_SOCKET, SO_RCVBUF, [65536], 4) = 0",
            "setsockopt(L, SOL_SOCKET, SO_SNDBUF, [32768], 4) = 0",
            "setsockopt(L, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
            "setsockopt(L, SOL_TCP, TCP_MAXSEG, [1440], 4) = 0",
            "setsockopt(L, SOL_TCP, TCP_DEFER_ACCEPT, [3], 4) = 0",
            "setsockopt(L, SOL_TCP, TCP_FASTOPEN, [16], 4) = 0",
            "bind(L, {sa_family=AF_INET6, sin6_port=htons(0), sin6_flowinfo=htonl(0), \
             inet_pton(AF_INET6, \"::1\", &sin6_addr), sin6_scope_id=0}, 28) = 0",
            "listen(L, 5) = 0",
        ]
    );
}

#[test]
fn when_a_call_fails_the_socket_is_closed_and_no_more_calls_are_made() {
    let taken = TcpListener::bind(loopback()).unwrap();
    let address = taken.local_addr().unwrap();
    let (error, calls) = record(|| TcpListener::bind(address).unwrap_err());
    assert_eq!(error.raw_os_error(), Some(libc::EADDRINUSE));
    let made = i32::try_from(calls[0].result.unwrap()).unwrap();
    assert_eq!(
        shown(&calls, &[("L", made)], &[("PORT", address.port())])[2..],
        [
            r#"bind(L, {sa_family=AF_INET, sin_port=htons(PORT), sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EADDRINUSE (Address already in use)"#,
            "close(L) = 0",
        ]
    );
    let only_v6 = ListenOptions::default().only_v6(true); // on an IPv4 socket
    let (result, calls) = record(|| only_v6.bind(loopback()));
    let names: Vec<_> = calls.iter().map(|call| (call.name, call.result.is_ok())).collect();
    assert!(result.is_err());
    assert_eq!(names, [("socket", true), ("setsockopt", true), ("setsockopt", false), ("close", true)]);
}

#[test]
fn connecting_accepting_and_closing_are_a_call_each() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    let ((client, server), calls) =
        record(|| (TcpStream::connect(address).unwrap(), listener.accept().unwrap().0));
    let names = [("L", fd(&listener)), ("C", fd(&client)), ("S", fd(&server))];
    let ports = [("SERVER", address.port()), ("CLIENT", client.local_addr().unwrap().port())];
    let ((), ends) = record(|| drop((client, server)));
    assert_eq!(
        shown(&[calls, ends].concat(), &names, &ports),
        [
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = C",
            r#"connect(C, {sa_family=AF_INET, sin_port=htons(SERVER), sin_addr=inet_addr("127.0.0.1")}, 16) = 0"#,
            r#"accept4(L, {sa_family=AF_INET, sin_port=htons(CLIENT), sin_addr=inet_addr("127.0.0.1")}, [28 => 16], SOCK_CLOEXEC|SOCK_NONBLOCK) = S"#,
            "close(C) = 0",
            "close(S) = 0",
        ]
    );
}

#[test]
fn every_option_of_a_connection_is_set_before_its_syn() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    let options = ConnectOptions::default().bind("127.0.0.2:0".parse().unwrap()).local_ports(40_000..=50_000);
    let options =
        options.nodelay(true).receive_buffer(65_536).send_buffer(65_536).max_segment(1_460).syn_retries(2);
    let keep_alive = KeepAlive { idle: Duration::from_secs(9), interval: Duration::from_secs(8), probes: 7 };
    let options =
        options.user_timeout(Duration::from_secs(6)).keep_alive(keep_alive).congestion_control("reno");
    let (client, calls) = record(|| options.fast_open(true).connect(address).unwrap());
    assert_eq!(
        shown(&calls, &[("C", fd(&client))], &[("SERVER", address.port())]),
        [
            "socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = C",
            "setsockopt(C, SOL_TCP, TCP_NODELAY, [1], 4) = 0",
            "setsockopt(C, SOL_SOCKET, SO_RCVBUF, [65536], 4) = 0",
            "setsockopt(C, SOL_SOCKET, SO_SNDBUF, [65536], 4) = 0",
            "setsockopt(C, SOL_TCP, TCP_MAXSEG, [1460], 4) = 0",
            "setsockopt(C, SOL_TCP, TCP_SYNCNT, [2], 4) = 0",
            "setsockopt(C, SOL_TCP, TCP_USER_TIMEOUT, [6000], 4) = 0",
            "setsockopt(C, SOL_TCP, TCP_KEEPIDLE, [9], 4) = 0",
            "setsockopt(C, SOL_TCP, TCP_KEEPINTVL, [8], 4) = 0",
            "setsockopt(C, SOL_TCP, TCP_KEEPCNT, [7], 4) = 0",
            "setsockopt(C, SOL_SOCKET, SO_KEEPALIVE, [1], 4) = 0",
            r#"setsockopt(C, SOL_TCP, TCP_CONGESTION, "reno", 4) = 0"#,
            "setsockopt(C, SOL_TCP, TCP_FASTOPEN_CONNECT, [1], 4) = 0",
            "setsockopt(C, SOL_IP, IP_LOCAL_PORT_RANGE, [-1018127296], 4) = 0",
            "setsockopt(C, SOL_IP, IP_BIND_ADDRESS_NO_PORT, [1], 4) = 0",
            r#"bind(C, {sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.2")}, 16) = 0"#,
            r#"connect(C, {sa_family=AF_INET, sin_port=htons(SERVER), sin_addr=inet_addr("127.0.0.1")}, 16) = 0"#,
        ]
    );
    let local = client.local_addr().unwrap();
    assert_eq!(local.ip().to_string(), "127.0.0.2");
    assert!((40_000..=50_000).contains(&local.port()), "{local}");
}

#[test]
fn a_connection_with_a_limit_is_started_and_waited_for() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let address = listener.local_addr().unwrap();
    let options = ConnectOptions::default().timeout(Duration::from_secs(10));
    let (client, calls) = record(|| options.connect(address).unwrap());
    let names: Vec<_> = calls.iter().map(|call| call.name).collect();
    assert_eq!(names, ["socket", "connect", "poll", "getsockopt", "fcntl", "fcntl"]);
    assert_eq!(calls[1].result, Err(libc::EINPROGRESS));
    assert!(!client.is_nonblocking().unwrap());
    let (client, calls) = record(|| options.start(address).unwrap());
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert!(client.is_nonblocking().unwrap());

    drop(listener);
    let (error, calls) = record(|| options.connect(address).unwrap_err());
    assert_eq!(error.raw_os_error(), Some(libc::ECONNREFUSED));
    assert_eq!(calls.last().map(|call| call.name), Some("close"), "{calls:?}");
    let (error, calls) = record(|| options.clone().max_segment(1).connect(address).unwrap_err());
    assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    assert_eq!(calls.iter().map(|call| call.name).collect::<Vec<_>>(), ["socket", "setsockopt", "close"]);
}

#[test]
fn a_recording_inside_another_is_a_part_of_it_and_nothing_is_kept_afterwards() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let (inner, outer) = record(|| {
        listener.local_addr().unwrap();
        let ((), inner) = record(|| drop(listener.is_nonblocking()));
        listener.local_addr().unwrap();
        inner
    });
    let names = |calls: &[Call]| calls.iter().map(|call| call.name).collect::<Vec<_>>();
    assert_eq!(names(&inner), ["fcntl"]);
    assert_eq!(names(&outer), ["getsockname", "fcntl", "getsockname"]);
    listener.local_addr().unwrap();
    assert_eq!(record(|| ()).1, []);
    let panicked = std::panic::catch_unwind(|| record(|| panic!("inside")));
    assert!(panicked.is_err());
    listener.local_addr().unwrap();
    assert_eq!(record(|| ()).1, [], "a panic ends the recording");
}

#[test]
fn another_threads_calls_are_not_recorded() {
    let listener = TcpListener::bind(loopback()).unwrap();
    let ((), calls) = record(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| listener.local_addr().unwrap());
        });
    });
    assert_eq!(calls, []);
}
