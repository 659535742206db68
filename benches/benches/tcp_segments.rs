//! What a TCP segment costs: `cargo bench -p wirelab-benches --bench tcp_segments`, about 10 s.
//!
//! Two hosts in one process exchange IPv4 packets through memory, in a plain loop and in virtual time: ours, and the same
//! exchange by smoltcp. Both have segments of 1460 bytes, buffers of 256 KiB, CUBIC, Nagle, acknowledgments delayed by
//! 10 ms, checksums, SACK (which nothing is lost for), and no timestamps. Ours once more as two bare connections, without
//! IP, ports and checksums. `--profile NAME` keeps one of them busy with the bulk transfer, `--profile NAME requests` with the
//! requests, for a profiler.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant as Clock};

use bytes::BytesMut;
use smoltcp::iface::{Config, Interface, PollIngressSingleResult, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::tcp as smol;
use smoltcp::wire::{HardwareAddress, IpAddress, IpCidr};
use wirelab_benches::rounds;
use wirelab_sansio::Instant;
use wirelab_tcpip::host::{self, Host, SocketId};
use wirelab_tcpip::tcp::{self, Connection, Endpoints};
use wirelab_tcpip::{Flags, Segment, Seq};

const BULK: usize = 8 << 20;
const REQUESTS: usize = 10_000;
const REQUEST: usize = 100;
const BUFFER: usize = 256 * 1024;
const MTU: usize = 1500;
const ACK_DELAY: Duration = Duration::from_millis(10);
/// How long a batch of packets is on its way.
const TURN: Duration = Duration::from_micros(10);
const ROUNDS: usize = 31;
const NAMES: [&str; 3] = ["hosts", "smoltcp", "connections"];
const PORT: u16 = 80;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--profile") {
        let name = arguments.get(at + 1).map_or("", String::as_str);
        let one = NAMES.iter().position(|known| *known == name).expect("hosts, smoltcp or connections");
        let workload = usize::from(arguments.get(at + 2).is_some_and(|workload| workload == "requests"));
        for _ in 0..20 {
            run(workload, one);
        }
        return;
    }
    if !arguments.iter().any(|argument| argument == "--bench") {
        println!("nothing is timed outside of `cargo bench`");
        return;
    }
    println!(
        "Medians of {ROUNDS} turns in rotation; in brackets, the time of ours beside the others': below 1, ours is faster."
    );
    for (workload, title) in ["8 MiB one way", "10,000 requests and answers of 100 bytes"].iter().enumerate()
    {
        let segments: Vec<u64> = (0..NAMES.len()).map(|one| run(workload, one).0).collect();
        let times = rounds::medians(ROUNDS, NAMES.len(), |one| run(workload, one).1.as_secs_f64());
        println!("{title}");
        for (one, name) in NAMES.iter().enumerate() {
            let (count, time) = (segments[one] as f64, times[one]);
            let ratio = times[0] / time;
            println!(
                "  {name:<12} {count:>8} segments {:>8.0} ns each {:>6.2} million/s {:>8.2} ms ({ratio:.2})",
                time / count * 1e9,
                count / time / 1e6,
                time * 1e3,
            );
        }
    }
}

/// How many segments one of the pairs needed, and how long.
fn run(workload: usize, one: usize) -> (u64, Duration) {
    match one {
        0 => exchange::<Hosts>(workload),
        1 => exchange::<Smoltcp>(workload),
        _ => exchange::<Connections>(workload),
    }
}

/// A client, 0, and a server, 1, between which there is a connection.
trait Pair {
    fn open() -> Self;
    /// How many bytes the send buffer took.
    fn send(&mut self, side: usize, bytes: &[u8]) -> usize;
    /// Takes what has arrived without copying it; how much it was.
    fn take(&mut self, side: usize) -> usize;
    /// `side` sends what it has, and the other side receives it; how many segments these were.
    fn turn(&mut self, side: usize, now: Instant) -> u64;
}

fn exchange<P: Pair>(workload: usize) -> (u64, Duration) {
    let mut pair = P::open();
    let mut now = at(Duration::from_secs(1));
    let began = Clock::now();
    let segments = match workload {
        0 => bulk(&mut pair, &mut now),
        _ => (0..REQUESTS).map(|_| request(&mut pair, &mut now)).sum(),
    };
    (segments, began.elapsed())
}

fn bulk(pair: &mut impl Pair, now: &mut Instant) -> u64 {
    let source = [0x5a; 64 * 1024];
    let (mut unsent, mut missing, mut segments) = (BULK, BULK, 0);
    while missing > 0 {
        while unsent > 0 {
            let taken = pair.send(0, &source[..source.len().min(unsent)]);
            if taken == 0 {
                break;
            }
            unsent -= taken;
        }
        let sent = pair.turn(0, *now);
        let taken = pair.take(1);
        missing -= taken;
        *now += TURN;
        let answered = pair.turn(1, *now);
        // Nothing moves until a timer runs out.
        *now += if sent + answered == 0 && taken == 0 { Duration::from_millis(1) } else { TURN };
        segments += sent + answered;
    }
    segments
}

fn request(pair: &mut impl Pair, now: &mut Instant) -> u64 {
    let mut segments = 0;
    for (from, to) in [(0, 1), (1, 0)] {
        assert_eq!(pair.send(from, &[0x5a; REQUEST]), REQUEST);
        let mut missing = REQUEST;
        while missing > 0 {
            segments += pair.turn(from, *now);
            missing -= pair.take(to);
            *now += TURN;
            if missing > 0 {
                segments += pair.turn(to, *now);
                *now += Duration::from_millis(1);
            }
        }
    }
    segments
}

fn at(time: Duration) -> Instant {
    Instant::ZERO + time
}

fn config() -> tcp::Config {
    tcp::Config {
        send_buffer: BUFFER,
        receive_buffer: BUFFER,
        timestamps: false,
        delayed_acknowledgment: Some(ACK_DELAY),
        ..tcp::Config::default()
    }
}

/// Two hosts of ours.
struct Hosts {
    hosts: [Host; 2],
    sockets: [SocketId; 2],
    packet: BytesMut,
    received: BytesMut,
}

impl Pair for Hosts {
    fn open() -> Self {
        let host = |n: u8| {
            let mut host = Host::new(host::Config::default(), [n; 32]);
            host.add_address([192, 0, 2, n].into());
            host
        };
        let (mut client, mut server, now) = (host(1), host(2), Instant::ZERO);
        let address = SocketAddr::from(([192, 0, 2, 2], PORT));
        let listen = tcp::Listen { tcp: config(), ..tcp::Listen::default() };
        let listener = server.listen(address, listen).expect("the port is free");
        let socket = client.connect(now, address, config()).expect("ports are free");
        let mut packet = BytesMut::with_capacity(2 * MTU);
        let mut hosts = [client, server];
        for side in [0, 1, 0] {
            send_all(&mut hosts, side, now, &mut packet);
        }
        let accepted = hosts[1].accept(listener).expect("the handshake is done");
        Hosts { hosts, sockets: [socket, accepted], packet, received: BytesMut::new() }
    }

    fn send(&mut self, side: usize, bytes: &[u8]) -> usize {
        self.hosts[side].send(self.sockets[side], bytes).expect("it is open")
    }

    fn take(&mut self, side: usize) -> usize {
        self.received.clear();
        self.hosts[side].receive_into(self.sockets[side], &mut self.received)
    }

    fn turn(&mut self, side: usize, now: Instant) -> u64 {
        send_all(&mut self.hosts, side, now, &mut self.packet)
    }
}

/// What a driver does: timers that are due, then packets; and events, which an application would take.
fn send_all(hosts: &mut [Host; 2], side: usize, now: Instant, packet: &mut BytesMut) -> u64 {
    let [a, b] = hosts;
    let (from, to) = if side == 0 { (a, b) } else { (b, a) };
    if from.poll_timeout().is_some_and(|(when, _)| when <= now) {
        from.handle_timeout(now);
    }
    let mut count = 0;
    packet.clear();
    while from.poll_transmit(now, packet) {
        to.receive(now, packet);
        packet.clear();
        count += 1;
    }
    while to.poll_event().is_some() {}
    while from.poll_event().is_some() {}
    count
}

/// Two connections of ours, segment by segment, without bytes of headers.
struct Connections {
    ends: [Connection; 2],
    received: BytesMut,
}

impl Pair for Connections {
    fn open() -> Self {
        let now = Instant::ZERO;
        let local: SocketAddr = ([192, 0, 2, 1], 50_000).into();
        let remote: SocketAddr = ([192, 0, 2, 2], PORT).into();
        let mut client = Connection::connect(now, Endpoints { local, remote }, Seq(1), config());
        let syn = client.poll_transmit(now).expect("a SYN").segment;
        assert!(syn.flags.contains(Flags::SYN));
        let syn = Segment { payload: &[], ..syn };
        let server =
            Connection::accept(now, Endpoints { local: remote, remote: local }, Seq(2), config(), &syn);
        let mut pair = Connections { ends: [client, server], received: BytesMut::new() };
        for side in [1, 0] {
            pair.turn(side, now);
        }
        pair
    }

    fn send(&mut self, side: usize, bytes: &[u8]) -> usize {
        self.ends[side].send(bytes).expect("it is open")
    }

    fn take(&mut self, side: usize) -> usize {
        self.received.clear();
        self.ends[side].receive_into(&mut self.received)
    }

    fn turn(&mut self, side: usize, now: Instant) -> u64 {
        let [a, b] = &mut self.ends;
        let (from, to) = if side == 0 { (a, b) } else { (b, a) };
        if from.poll_timeout().is_some_and(|(when, _)| when <= now) {
            from.handle_timeout(now);
        }
        let mut count = 0;
        while let Some(outgoing) = from.poll_transmit(now) {
            to.receive(now, &outgoing.segment, false);
            count += 1;
        }
        while to.poll_event().is_some() {}
        while from.poll_event().is_some() {}
        count
    }
}

/// The same with smoltcp.
struct Smoltcp {
    sides: [Side; 2],
}

struct Side {
    interface: Interface,
    sockets: SocketSet<'static>,
    socket: SocketHandle,
    wire: Wire,
}

/// Packets on their way in and out, and buffers to be used again.
#[derive(Default)]
struct Wire {
    arriving: VecDeque<Packet>,
    leaving: VecDeque<Packet>,
    free: Vec<Packet>,
    /// Those that were read.
    read: RefCell<Vec<Packet>>,
}

struct Packet {
    bytes: Vec<u8>,
    len: usize,
}

impl Side {
    fn new(n: u8) -> Side {
        let mut wire = Wire::default();
        let interface_config = Config::new(HardwareAddress::Ip);
        let mut interface = Interface::new(interface_config, &mut wire, time(Instant::ZERO));
        interface.update_ip_addrs(|addresses| {
            addresses.push(IpCidr::new(IpAddress::v4(192, 0, 2, n), 24)).expect("there is room for one");
        });
        let buffer = || smol::SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = smol::Socket::new(buffer(), buffer());
        socket.set_congestion_control(smol::CongestionControl::Cubic);
        socket.set_ack_delay(Some(smoltcp::time::Duration::from_micros(ACK_DELAY.as_micros() as u64)));
        socket.set_nagle_enabled(true);
        let mut sockets = SocketSet::new(Vec::new());
        let socket = sockets.add(socket);
        Side { interface, sockets, socket, wire }
    }

    fn socket(&mut self) -> &mut smol::Socket<'static> {
        self.sockets.get_mut(self.socket)
    }
}

impl Pair for Smoltcp {
    fn open() -> Self {
        let (mut client, mut server) = (Side::new(1), Side::new(2));
        server.socket().listen(PORT).expect("the port is free");
        let Side { interface, sockets, socket, .. } = &mut client;
        let socket = sockets.get_mut::<smol::Socket<'_>>(*socket);
        socket.connect(interface.context(), (IpAddress::v4(192, 0, 2, 2), PORT), 50_000).expect("a port");
        let mut pair = Smoltcp { sides: [client, server] };
        for side in [0, 1, 0] {
            pair.turn(side, Instant::ZERO);
        }
        assert!(pair.sides[1].socket().may_recv(), "the handshake is done");
        pair
    }

    fn send(&mut self, side: usize, bytes: &[u8]) -> usize {
        self.sides[side].socket().send_slice(bytes).expect("it is open")
    }

    fn take(&mut self, side: usize) -> usize {
        let socket = self.sides[side].socket();
        let mut taken = 0;
        // The buffer is a ring: what it holds may be in two pieces.
        while socket.can_recv() {
            taken += socket.recv(|bytes| (bytes.len(), bytes.len())).expect("it is open");
        }
        taken
    }

    fn turn(&mut self, side: usize, now: Instant) -> u64 {
        let [a, b] = &mut self.sides;
        let (from, to) = if side == 0 { (a, b) } else { (b, a) };
        from.interface.poll_egress(time(now), &mut from.wire, &mut from.sockets);
        let count = from.wire.leaving.len() as u64;
        to.wire.arriving.append(&mut from.wire.leaving);
        while to.interface.poll_ingress_single(time(now), &mut to.wire, &mut to.sockets)
            != PollIngressSingleResult::None
        {}
        from.wire.free.append(to.wire.read.get_mut());
        count
    }
}

fn time(now: Instant) -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros((now.as_nanos() / 1000) as i64)
}

impl Device for Wire {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Transmit<'a>;

    fn receive(&mut self, _: smoltcp::time::Instant) -> Option<(Received<'_>, Transmit<'_>)> {
        let packet = self.arriving.pop_front()?;
        let transmit = Transmit { leaving: &mut self.leaving, free: &mut self.free };
        Some((Received { packet, read: &self.read }, transmit))
    }

    fn transmit(&mut self, _: smoltcp::time::Instant) -> Option<Transmit<'_>> {
        Some(Transmit { leaving: &mut self.leaving, free: &mut self.free })
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = MTU;
        capabilities
    }
}

struct Received<'a> {
    packet: Packet,
    read: &'a RefCell<Vec<Packet>>,
}

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        let result = read(&self.packet.bytes[..self.packet.len]);
        self.read.borrow_mut().push(self.packet);
        result
    }
}

struct Transmit<'a> {
    leaving: &'a mut VecDeque<Packet>,
    free: &'a mut Vec<Packet>,
}

impl TxToken for Transmit<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut packet = self.free.pop().unwrap_or_else(|| Packet { bytes: vec![0; MTU], len: 0 });
        packet.len = len;
        let result = write(&mut packet.bytes[..len]);
        self.leaving.push_back(packet);
        result
    }
}
