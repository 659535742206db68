//! A rate, a delay and a queue in front of a host of ours, in real time: the kernel measures them.

use std::net::{Shutdown, SocketAddr};
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_sim::{Link, Queue};
use wirelab_socket::{ConnectOptions, Namespace, TcpInfo, TcpStream};
use wirelab_tcpip::host::{self, Host};
use wirelab_tcpip::tcp::{self, Listen};
use wirelab_tun::{self as tun, Carried, Direction, Driver, Tun};

const DELAY: Duration = Duration::from_millis(20);
const WARM_UP: Duration = Duration::from_secs(2);
const LENGTH: Duration = Duration::from_secs(6);

fn ours() -> SocketAddr {
    ([10, 77, 0, 2], 9).into()
}

fn driver(megabits: u64) -> Driver<Host> {
    let tun = Tun::open(&tun::Config { ipv6: None, ..tun::Config::default() }).unwrap();
    let mut host = Host::new(host::Config::default(), [7; 32]);
    host.add_address(ours().ip());
    let rate = megabits * 125_000;
    let queue = Queue::Packets((rate * 40 / 1000 / 1500) as usize);
    Driver::new(tun, host).link(Direction::In, Link::new(DELAY).rate(rate).queue(queue), 1).link(
        Direction::Out,
        Link::new(DELAY),
        2,
    )
}

/// Connects, and writes for as long as the connection takes it.
fn send() -> std::io::Result<TcpStream> {
    let stream = ConnectOptions::default().congestion_control("cubic").connect(ours())?;
    let writing = stream.try_clone()?;
    thread::spawn(move || while writing.write(&[0; 1 << 16]).is_ok_and(|taken| taken > 0) {});
    Ok(stream)
}

/// Mbit/s that our application got after the warm-up, what the kernel knows, and what the link does.
fn measured(megabits: u64) -> (f64, TcpInfo, Carried) {
    let _own = Namespace::enter_new().unwrap();
    tun::go_first().unwrap();
    let mut driver = driver(megabits);
    let config = tcp::Config { receive_buffer: 4 << 20, reassembly_gaps: 4096, ..tcp::Config::default() };
    let listen = Listen { tcp: config, ..Listen::default() };
    let listener = driver.protocol_mut().listen(ours(), listen).unwrap();
    let kernel = thread::spawn(send);
    let (mut socket, mut room, mut received) = (None, BytesMut::new(), 0);
    driver
        .run(Instant::ZERO + WARM_UP + LENGTH, |host, now| {
            socket = socket.or_else(|| host.accept(listener));
            let read = socket.map_or(0, |socket| host.receive_into(socket, &mut room));
            received += if now >= Instant::ZERO + WARM_UP { read } else { 0 };
            room.clear();
            ControlFlow::Continue(())
        })
        .unwrap();
    let stream = kernel.join().unwrap().unwrap();
    let info = stream.tcp_info().unwrap();
    stream.shutdown(Shutdown::Both).unwrap();
    (received as f64 * 8e-6 / LENGTH.as_secs_f64(), info, driver.carried(Direction::In))
}

#[test]
#[ignore = "needs root, /dev/net/tun and half a minute"]
fn the_kernel_finds_the_delay_the_rate_and_the_end_of_the_queue() {
    for megabits in [10, 25, 50] {
        let (goodput, info, carried) = measured(megabits);
        let (late, latest) = (carried.mean_lateness(), carried.latest);
        println!(
            "{megabits} Mbit/s: {goodput:.2}, min_rtt {:?}, late by {late:?}, at most {latest:?}, {} of {} turned away",
            info.min_rtt, carried.turned_away, carried.packets
        );
        let available = megabits as f64 * 1448.0 / 1500.0;
        assert!((0.95..1.001).contains(&(goodput / available)), "{goodput} of {available} Mbit/s");
        let above = info.min_rtt.saturating_sub(2 * DELAY);
        assert!(info.min_rtt >= 2 * DELAY && above < Duration::from_millis(3), "{:?}", info.min_rtt);
        assert!(carried.turned_away > 0, "slow start finds the end of any queue: {carried:?}");
    }
}
