//! Real TCP over simulated networks.

mod stations;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use stations::{A, B, at_ms, ip, ms};
use wirelab_sansio::Instant;
use wirelab_sim::internet::{Application, HostNode, Internet, Nat, NatConfig, NodeId, PortId, Router};
use wirelab_sim::{CoDel, Link, Queue, Reason};
use wirelab_tcpip::host::{self, Event, Host, ListenerId, SocketId};
use wirelab_tcpip::tcp;

/// Accepts whatever comes, keeps what is sent, and closes when the other side has.
struct Collector {
    received: BTreeMap<SocketId, BytesMut>,
    ended: usize,
}

impl Application<Host> for Collector {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        match event {
            Event::Acceptable(listener) => self.accept(host, listener),
            Event::Tcp(id, tcp::Event::Readable) => self.read(host, id),
            Event::Tcp(id, tcp::Event::EndOfStream) => {
                self.read(host, id);
                self.ended += 1;
                host.close(id);
            }
            _ => {}
        }
    }
}

impl Collector {
    fn accept(&mut self, host: &mut Host, listener: ListenerId) {
        while let Some(id) = host.accept(listener) {
            self.received.insert(id, BytesMut::new());
            self.read(host, id);
        }
    }

    fn read(&mut self, host: &mut Host, id: SocketId) {
        if let Some(received) = self.received.get_mut(&id) {
            host.receive_into(id, received);
        }
    }
}

/// Sends its bytes on every connection, as the send buffer has room, and closes.
struct Sender {
    bytes: Bytes,
    left: BTreeMap<SocketId, Bytes>,
}

impl Application<Host> for Sender {
    fn on_event(&mut self, _now: Instant, host: &mut Host, event: Event) {
        let Event::Tcp(id, tcp::Event::Established | tcp::Event::Writable) = event else { return };
        let left = self.left.entry(id).or_insert_with(|| self.bytes.clone());
        let taken = host.send(id, left).unwrap();
        left.advance(taken);
        if left.is_empty() {
            host.close(id);
        }
    }
}

type Client = HostNode<Host, Sender>;
type Server = HostNode<Host, Collector>;

fn client(address: &str, bytes: Bytes) -> Client {
    let mut host = Host::new(host::Config::default(), [1; 32]);
    host.add_address(ip(address));
    HostNode::new(host, Sender { bytes, left: BTreeMap::new() })
}

fn server() -> Server {
    let mut host = Host::new(host::Config::default(), [2; 32]);
    host.add_address(ip(B));
    host.listen(web(), tcp::Listen { backlog: 4096, syn_backlog: 4096, ..tcp::Listen::default() }).unwrap();
    HostNode::new(host, Collector { received: BTreeMap::new(), ended: 0 })
}

fn web() -> SocketAddr {
    SocketAddr::new(ip(B), 80)
}

fn text(len: usize) -> Bytes {
    (0..len).map(|number| (number % 251) as u8).collect()
}

fn connect(internet: &mut Internet, client: NodeId) {
    let now = internet.now();
    let client = internet.get_mut::<Client>(client).expect("a client");
    client.host.connect(now, web(), tcp::Config::default()).expect("a free port");
}

/// Whether the server has got exactly the client's bytes, so many times, and every stream's end.
fn is_complete(internet: &Internet, server: NodeId, bytes: &Bytes, connections: usize) -> bool {
    let application = &internet.get::<Server>(server).expect("a server").application;
    application.ended == connections && application.received.values().all(|received| received == bytes)
}

#[test]
fn a_connection_opens_carries_five_bytes_and_closes() {
    let mut internet = Internet::new(1);
    let (a, b) = (internet.add("client", client(A, text(5))), internet.add("server", server()));
    internet.link(a, b, Link::new(ms(10)));
    connect(&mut internet, a);
    internet.run_until(at_ms(1000)).unwrap();
    assert!(is_complete(&internet, b, &text(5), 1));
    let ladder = internet.ladder(a, b).to_string();
    let lines: Vec<&str> = ladder.lines().collect();
    for (line, part) in [(1, "SYN seq=0 win="), (2, "SYN ACK seq=0 ack=1 win="), (3, "ACK seq=1 ack=1 win=")]
    {
        assert!(lines[line].contains(part), "{ladder}");
    }
    assert!(ladder.contains("seq=1 ack=1 win=") && ladder.contains("len=5"), "{ladder}");
}

#[test]
fn a_stream_arrives_whole_over_a_link_that_loses_duplicates_reorders_and_damages() {
    let bytes = text(100_000);
    for seed in 0..10 {
        let mut internet = Internet::new(seed);
        let (a, b) = (internet.add("client", client(A, bytes.clone())), internet.add("server", server()));
        let link = Link::new(ms(10)).rate(1_000_000).loss(0.02).duplication(0.02).corruption(0.02);
        internet.link(a, b, link.reordering(0.05, ms(7)));
        connect(&mut internet, a);
        internet.run_until(at_ms(120_000)).unwrap();
        assert!(is_complete(&internet, b, &bytes, 1), "seed {seed}");
    }
}

/// Client ── home translator ── router ── narrow link ── router ── server.
fn behind_a_translator(bytes: &Bytes) -> (Internet, NodeId, NodeId) {
    let mut internet = Internet::new(1);
    let a = internet.add("client", client("10.0.0.2", bytes.clone()));
    let nat = internet.add("nat", Nat::new(NatConfig::symmetric([203, 0, 113, 5].into())));
    let router = |address: &str| {
        Router::new(ip(address))
            .route("203.0.113.0/24".parse().unwrap(), PortId(0))
            .route("0.0.0.0/0".parse().unwrap(), PortId(1))
    };
    let near = internet.add("near", router("192.0.2.129"));
    let far = internet.add("far", router("192.0.2.130"));
    let b = internet.add("server", server());
    internet.link(a, nat, Link::new(ms(1)));
    internet.link(nat, near, Link::new(ms(5)));
    internet.link(near, far, Link::new(ms(10)).rate(500_000).mtu(1280));
    internet.link(far, b, Link::new(ms(5)));
    (internet, a, b)
}

#[test]
fn a_stream_passes_a_translator_and_a_link_with_a_small_mtu() {
    let bytes = text(50_000);
    let (mut internet, a, b) = behind_a_translator(&bytes);
    connect(&mut internet, a);
    internet.run_until(at_ms(60_000)).unwrap();
    assert!(is_complete(&internet, b, &bytes, 1));
    let log = internet.events().to_string();
    assert!(log.contains("fragmentation needed mtu=1280"), "the path MTU was found");
}

#[test]
fn a_thousand_connections_share_a_bottleneck_with_codel_and_all_come_to_an_end() {
    let bytes = text(2_000);
    let mut internet = Internet::new(1);
    let (a, b) = (internet.add("client", client(A, bytes.clone())), internet.add("server", server()));
    // 2.2 MB in two seconds want to go through less than half of that.
    let link = internet.link(a, b, Link::new(ms(10)).rate(500_000).queue(Queue::CoDel(CoDel::default())));
    for number in 0..1000 {
        internet.at(at_ms(2 * number), move |internet| connect(internet, a));
    }
    internet.run_until(at_ms(60_000)).unwrap();
    assert!(is_complete(&internet, b, &bytes, 1000));
    let counters = internet.counters(link.up());
    assert!(counters.dropped.contains_key(&Reason::WaitedTooLong), "{counters:?}");
}

#[test]
fn the_same_seed_gives_the_same_conversation_to_the_byte() {
    let run = |seed| {
        let mut internet = Internet::new(seed);
        let (a, b) = (internet.add("client", client(A, text(20_000))), internet.add("server", server()));
        internet.link(a, b, Link::new(ms(10)).loss(0.1).jitter(ms(5)));
        connect(&mut internet, a);
        internet.run_until(at_ms(60_000)).unwrap();
        (internet.events().to_string(), internet.ladder(a, b).svg("a transfer"))
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).0, run(8).0);
}
