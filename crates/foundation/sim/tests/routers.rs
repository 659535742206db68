//! Packets over several links: forwarding, and what routers tell senders.

mod stations;

use std::net::IpAddr;

use bytes::Bytes;
use stations::{A, B, Station, at_ms, ip, ms, ping, received, said, send};
use wirelab_sim::internet::{Header, Internet, NodeId, PortId, Router, build};
use wirelab_sim::{Kind, Link, Reason};
use wirelab_tcpip::{Flags, Segment, Seq};

/// A ── r1 ── r2 ── r3 ── B, with an MTU on the link between r2 and r3.
fn chain(mtu: usize) -> (Internet, [NodeId; 5]) {
    let mut internet = Internet::new(1);
    let a = internet.add("a", Station::new(A));
    let router = |n: usize| {
        Router::new(ip(&format!("203.0.113.{n}")))
            .address(ip(&format!("2001:db8::{n}")))
            .route("192.0.2.0/24".parse().unwrap(), PortId(0))
            .route("2001:db8:a::/48".parse().unwrap(), PortId(0))
            .route("0.0.0.0/0".parse().unwrap(), PortId(1))
            .route("2001:db8:b::/48".parse().unwrap(), PortId(1))
    };
    let [r1, r2, r3] = [1, 2, 3].map(|n| internet.add(format!("r{n}"), router(n)));
    let b = internet.add("b", Station::answering(B));
    let nodes = [a, r1, r2, r3, b];
    for pair in nodes.windows(2) {
        let small = pair[0] == r2;
        internet.link(pair[0], pair[1], Link::new(ms(5)).mtu(if small { mtu } else { 1500 }));
    }
    (internet, nodes)
}

fn sources(internet: &Internet, at: NodeId) -> Vec<IpAddr> {
    received(internet, at).iter().map(|(_, packet)| Header::read(packet).unwrap().source).collect()
}

#[test]
fn a_ping_passes_three_routers_and_comes_back() {
    let (mut internet, [a, .., b]) = chain(1500);
    send(&mut internet, a, ping(B, 1));
    internet.run().unwrap();
    assert_eq!(said(&internet, a), ["echo reply id=7 seq=1"]);
    let ladder = "
            a                                    b
 0.000 ms  │─── echo request id=7 seq=1 ───────▶│  20.000 ms
40.000 ms  │◀───────── echo reply id=7 seq=1 ───│  20.000 ms
";
    assert_eq!(internet.ladder(a, b).to_string().trim(), ladder.trim());
}

#[test]
fn traceroute_finds_the_three_routers_and_the_end_by_their_ttl() {
    let (mut internet, [a, ..]) = chain(1500);
    let ping = ping(B, 1);
    let header = Header::read(&ping).unwrap();
    for ttl in 1..=4 {
        let envelope = build::Envelope { hop_limit: ttl, ..build::Envelope::new(ip(A), ip(B), 1) };
        let probe = envelope.wrap(header.payload(&ping));
        internet.at(at_ms(100 * u64::from(ttl)), move |internet| send(internet, a, probe));
    }
    internet.run().unwrap();
    assert_eq!(sources(&internet, a), ["203.0.113.1", "203.0.113.2", "203.0.113.3", B].map(ip));
    let times: Vec<_> = received(&internet, a).iter().map(|&(at, _)| at).collect();
    assert_eq!(times, [110, 220, 330, 440].map(at_ms), "10 ms more a hop");
    assert_eq!(said(&internet, a)[2..], ["time exceeded", "echo reply id=7 seq=1"]);
}

#[test]
fn rfc_1191_a_sender_finds_the_path_mtu_from_what_the_router_says() {
    let (mut internet, [a, .., b]) = chain(1280);
    let segment = |payload| Segment { sequence: Seq(1), flags: Flags::ACK, payload, ..Segment::default() };
    let payload = [0; 1460];
    send(&mut internet, a, build::tcp(ip(A), ip(B), &segment(&payload)));
    internet.run().unwrap();
    assert_eq!(said(&internet, a), ["fragmentation needed mtu=1280"]);
    assert_eq!(received(&internet, b), []);
    send(&mut internet, a, build::tcp(ip(A), ip(B), &segment(&payload[..1240])));
    internet.run().unwrap();
    assert_eq!(received(&internet, b).len(), 1);
    let ends: Vec<Kind> = internet.ladder_log(a, b).entries().iter().map(|entry| entry.kind).collect();
    assert!(matches!(ends[1], Kind::Dropped(_, Reason::NotForwarded)), "{ends:?}");
}

#[test]
fn rfc_8201_in_ipv6_every_packet_that_is_too_big_is_reported() {
    let (mut internet, [a, .., b]) = chain(1280);
    let (from, to) = (ip("2001:db8:a::1"), ip("2001:db8:b::1"));
    for len in [1240, 1241 - 8, 1240 - 8] {
        send(&mut internet, a, build::echo_request(from, to, 7, 1, &vec![0; len]));
    }
    internet.run().unwrap();
    assert_eq!(said(&internet, a), ["packet too big mtu=1280", "packet too big mtu=1280"]);
    assert_eq!(received(&internet, b).len(), 1, "1280 bytes go through");
}

#[test]
fn rfc_791_without_dont_fragment_the_router_cuts_the_packet() {
    let (mut internet, [a, .., b]) = chain(576);
    send(&mut internet, a, stations::packet_of(1500));
    internet.run().unwrap();
    assert_eq!(
        said(&internet, b),
        [
            "UDP 5000 > 53 len=544 (first fragment)",
            "fragment offset=552 len=552",
            "fragment offset=1104 len=376"
        ]
    );
}

#[test]
fn a_silent_router_is_a_black_hole() {
    let mut internet = Internet::new(1);
    let a = internet.add("a", Station::new(A));
    let silent = Router::new(ip("203.0.113.1")).route("192.0.2.0/24".parse().unwrap(), PortId(0)).silent();
    let router = internet.add("router", silent);
    internet.link(a, router, Link::new(ms(5)));
    send(&mut internet, a, ping(B, 1));
    internet.run().unwrap();
    assert_eq!(received(&internet, a), []);
    assert_eq!(
        internet.events().notes(router).collect::<Vec<_>>(),
        [(at_ms(5), "dropped: no route to 198.51.100.1")]
    );
}

#[test]
fn a_packet_without_a_route_comes_back_as_a_message_and_a_message_never_does() {
    let mut internet = Internet::new(1);
    let a = internet.add("a", Station::new(A));
    let router = internet
        .add("router", Router::new(ip("203.0.113.1")).route("192.0.2.0/24".parse().unwrap(), PortId(0)));
    internet.link(a, router, Link::new(ms(5)));
    send(&mut internet, a, ping(B, 1));
    internet.run().unwrap();
    assert_eq!(said(&internet, a), ["no route"]);
    // RFC 1812 §4.3.2.7: no message about a message, or two routers would talk for ever.
    let message = received(&internet, a)[0].1.clone();
    let about = build::icmp(ip(A), ip(B), wirelab_tcpip::Icmp::TimeExceeded { code: 0, original: &message });
    send(&mut internet, a, about);
    internet.run().unwrap();
    assert_eq!(received(&internet, a).len(), 1);
}

#[test]
fn rfc_1812_s5_2_2_a_damaged_header_is_dropped_without_a_word() {
    let (mut internet, [a, ..]) = chain(1500);
    let mut damaged = ping(B, 1).to_vec();
    damaged[8] ^= 1;
    send(&mut internet, a, Bytes::from(damaged));
    send(&mut internet, a, Bytes::from_static(b"not a packet"));
    internet.run().unwrap();
    assert_eq!(received(&internet, a), []);
}

#[test]
fn the_longest_prefix_wins_whatever_the_order() {
    let route = |router: Router, prefix: &str, port| router.route(prefix.parse().unwrap(), PortId(port));
    let router = route(route(Router::new(ip("203.0.113.1")), "198.51.100.128/25", 2), "0.0.0.0/0", 0);
    let router = route(router, "198.51.100.0/24", 1);
    let lookup = |to: &str| router.lookup(ip(to)).map(|port| port.0);
    assert_eq!(
        ["198.51.100.200", "198.51.100.1", "8.8.8.8", "2001:db8::1"].map(lookup),
        [Some(2), Some(1), Some(0), None]
    );
}

#[test]
fn a_lost_packet_ends_in_the_ladder_of_the_two_ends_where_it_was_lost() {
    let (mut internet, [a, r1, r2, _, b]) = chain(1500);
    let second = internet.link_between(r1, r2).unwrap();
    internet.drop_if(second.up(), |number, _| number == 1);
    send(&mut internet, a, ping(B, 1));
    internet.at(at_ms(50), move |internet| send(internet, a, ping(B, 2)));
    internet.run().unwrap();
    let ladder = "
            a                                    b
 0.000 ms  │─── echo request id=7 seq=1 ────X   │  by rule
50.000 ms  │─── echo request id=7 seq=2 ───────▶│  70.000 ms
90.000 ms  │◀───────── echo reply id=7 seq=2 ───│  70.000 ms
";
    assert_eq!(internet.ladder(a, b).to_string().trim(), ladder.trim(), "{}", internet.ladder(a, b));
}
