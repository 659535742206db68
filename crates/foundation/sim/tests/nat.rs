//! Translation of addresses: the kinds of RFC 4787, and what each lets through.

mod stations;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use stations::{Station, at_ms, ip, ms, received, said, send, socket};
use wirelab_sim::Link;
use wirelab_sim::internet::{Header, Internet, Nat, NatConfig, NodeId, PortId, Router, build};
use wirelab_tcpip::{Datagram, Flags, Icmp, IcmpMessage, PseudoHeader, Segment};
use wirelab_wire::{Decode, Reader};

const EXTERNAL: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 5);
const INSIDE: &str = "10.0.0.2:5000";
const NEIGHBOUR: &str = "10.0.0.3:5000";
const ONE: &str = "198.51.100.1:53";
const ONE_OTHER_PORT: &str = "198.51.100.1:54";
const TWO: &str = "198.51.100.2:53";

struct Home {
    internet: Internet,
    inside: NodeId,
    neighbour: NodeId,
    nat: NodeId,
    one: NodeId,
    two: NodeId,
}

/// Two hosts inside, a router between them and the translator; two hosts outside.
fn home(config: NatConfig) -> Home {
    let mut internet = Internet::new(1);
    let inside = internet.add("inside", Station::new("10.0.0.2"));
    let neighbour = internet.add("neighbour", Station::new("10.0.0.3"));
    let lan = Router::new(ip("10.0.0.1"))
        .route("10.0.0.2/32".parse().unwrap(), PortId(0))
        .route("10.0.0.3/32".parse().unwrap(), PortId(1))
        .route("0.0.0.0/0".parse().unwrap(), PortId(2));
    let wan = Router::new(ip("192.0.2.1"))
        .route("203.0.113.0/24".parse().unwrap(), PortId(0))
        .route("198.51.100.1/32".parse().unwrap(), PortId(1))
        .route("198.51.100.2/32".parse().unwrap(), PortId(2));
    let (lan, nat, wan) =
        (internet.add("lan", lan), internet.add("nat", Nat::new(config)), internet.add("wan", wan));
    let one = internet.add("one", Station::new("198.51.100.1"));
    let two = internet.add("two", Station::new("198.51.100.2"));
    for (a, b) in [(inside, lan), (neighbour, lan), (lan, nat), (nat, wan), (wan, one), (wan, two)] {
        internet.link(a, b, Link::new(ms(1)));
    }
    Home { internet, inside, neighbour, nat, one, two }
}

impl Home {
    /// Sends a datagram and lets the world come to rest.
    fn udp(&mut self, from: NodeId, source: &str, destination: SocketAddr) {
        send(&mut self.internet, from, build::udp(socket(source), destination, b"hello"));
        self.internet.run().unwrap();
    }

    /// Who the last packet at a host came from and whether it is whole.
    fn last_source(&self, at: NodeId) -> SocketAddr {
        let (_, packet) = received(&self.internet, at).last().expect("something arrived");
        let header = Header::read(packet).unwrap();
        let addresses = match (header.source, header.destination) {
            (std::net::IpAddr::V4(source), std::net::IpAddr::V4(destination)) => {
                PseudoHeader::V4 { source, destination }
            }
            _ => panic!("{header:?}"),
        };
        let datagram = Datagram::decode(&mut Reader::whole(header.payload(packet))).unwrap();
        assert_eq!(datagram.check(&addresses), Ok(()));
        assert_eq!(wirelab_tcpip::internet_checksum(&packet[..20]), 0);
        SocketAddr::new(header.source, datagram.source())
    }

    /// Whether a datagram from there comes in at this outside endpoint.
    fn comes_in(&mut self, from: NodeId, source: &str, outside: SocketAddr) -> bool {
        let before = received(&self.internet, self.inside).len();
        self.udp(from, source, outside);
        received(&self.internet, self.inside).len() > before
    }
}

/// Whether two destinations see the same source; and, after a datagram to `ONE` alone, who may answer: that endpoint,
/// another port of its address, another address.
fn behaviour(config: NatConfig) -> [bool; 4] {
    let mut home = home(config.clone());
    home.udp(home.inside, INSIDE, socket(ONE));
    let outside = home.last_source(home.one);
    let (one, two) = (home.one, home.two);
    let answers = [(one, ONE), (one, ONE_OTHER_PORT), (two, TWO)];
    let [same, other_port, other_address] = answers.map(|(node, from)| home.comes_in(node, from, outside));
    home.udp(home.inside, INSIDE, socket(TWO));
    [home.last_source(home.two) == outside, same, other_port, other_address]
}

#[test]
fn rfc_4787_s4_1_and_s5_the_four_classical_kinds_and_who_may_answer() {
    let table = [
        // one mapping for all, the same endpoint, another port, another address
        ("full cone", NatConfig::full_cone(EXTERNAL), [true, true, true, true]),
        ("restricted cone", NatConfig::restricted_cone(EXTERNAL), [true, true, true, false]),
        ("port restricted cone", NatConfig::port_restricted_cone(EXTERNAL), [true, true, false, false]),
        ("symmetric", NatConfig::symmetric(EXTERNAL), [false, true, false, false]),
    ];
    for (name, config, expected) in table {
        assert_eq!(behaviour(config), expected, "{name}");
    }
}

#[test]
fn rfc_4787_s4_3_a_mapping_ends_when_nothing_was_sent_for_its_time_and_packets_from_outside_do_not_prolong_it()
 {
    let mut home =
        home(NatConfig { udp_timeout: Duration::from_secs(120), ..NatConfig::full_cone(EXTERNAL) });
    let (inside, one) = (home.inside, home.one);
    home.udp(inside, INSIDE, socket(ONE));
    let outside = home.last_source(one);
    home.internet.run_until(at_ms(119_000)).unwrap();
    assert!(home.comes_in(one, ONE, outside));
    home.internet.run_until(at_ms(121_000)).unwrap();
    assert!(!home.comes_in(one, ONE, outside));
    let notes: Vec<&str> = home.internet.events().notes(home.nat).map(|(_, note)| note).collect();
    assert_eq!(notes, ["dropped: no mapping"]);
}

#[test]
fn two_hosts_with_the_same_port_get_two_and_each_its_own_answers() {
    let mut home = home(NatConfig::new(EXTERNAL));
    let (inside, neighbour, one) = (home.inside, home.neighbour, home.one);
    home.udp(inside, INSIDE, socket(ONE));
    let first = home.last_source(one);
    home.udp(neighbour, NEIGHBOUR, socket(ONE));
    let second = home.last_source(one);
    assert_ne!(first, second);
    home.udp(one, ONE, second);
    assert_eq!((received(&home.internet, inside).len(), received(&home.internet, neighbour).len()), (0, 1));
}

#[test]
fn rfc_4787_s4_2_1_a_port_is_preserved_while_it_is_free() {
    let mut home = home(NatConfig { preserve_ports: true, ..NatConfig::new(EXTERNAL) });
    let (inside, neighbour, one) = (home.inside, home.neighbour, home.one);
    home.udp(inside, INSIDE, socket(ONE));
    assert_eq!(home.last_source(one), socket("203.0.113.5:5000"));
    home.udp(neighbour, NEIGHBOUR, socket(ONE));
    assert_eq!(home.last_source(one), socket("203.0.113.5:1024"));
}

#[test]
fn rfc_4787_s6_a_hairpin_reaches_the_neighbour_with_the_outside_source() {
    for hairpinning in [true, false] {
        let mut home = home(NatConfig { hairpinning, ..NatConfig::full_cone(EXTERNAL) });
        let (inside, neighbour, one) = (home.inside, home.neighbour, home.one);
        home.udp(neighbour, NEIGHBOUR, socket(ONE));
        let outside = home.last_source(one);
        home.udp(inside, INSIDE, outside);
        let arrived = received(&home.internet, neighbour).len() == 1;
        assert_eq!(arrived, hairpinning);
        if arrived {
            assert_eq!(home.last_source(neighbour).ip(), ip("203.0.113.5"), "REQ-9 a");
        }
    }
}

#[test]
fn a_full_table_turns_new_endpoints_away_until_old_ones_expire() {
    let mut home = home(NatConfig { most_mappings: 1, ..NatConfig::new(EXTERNAL) });
    let (inside, neighbour, one) = (home.inside, home.neighbour, home.one);
    home.udp(inside, INSIDE, socket(ONE));
    home.udp(neighbour, NEIGHBOUR, socket(ONE));
    assert_eq!(received(&home.internet, one).len(), 1);
    home.internet.run_until(at_ms(400_000)).unwrap();
    home.udp(neighbour, NEIGHBOUR, socket(ONE));
    assert_eq!(received(&home.internet, one).len(), 2);
    assert_eq!(home.internet.get::<Nat>(home.nat).unwrap().mappings(), 1);
}

fn tcp(from: &str, to: SocketAddr, flags: Flags) -> Bytes {
    let from = socket(from);
    let segment = Segment { source: from.port(), destination: to.port(), flags, ..Segment::default() };
    build::tcp(from.ip(), to.ip(), &segment)
}

#[test]
fn rfc_5382_s5_an_established_connection_outlives_one_that_is_only_begun() {
    for (handshake, alive) in [(true, true), (false, false)] {
        let mut home = home(NatConfig::port_restricted_cone(EXTERNAL));
        let (inside, one) = (home.inside, home.one);
        send(&mut home.internet, inside, tcp(INSIDE, socket(ONE), Flags::SYN));
        home.internet.run().unwrap();
        let (_, syn) = &received(&home.internet, one)[0];
        let header = Header::read(syn).unwrap();
        let outside = SocketAddr::new(header.source, header.ports(syn).unwrap().0);
        if handshake {
            send(&mut home.internet, one, tcp(ONE, outside, Flags::SYN | Flags::ACK));
            home.internet.run().unwrap();
            send(&mut home.internet, inside, tcp(INSIDE, socket(ONE), Flags::ACK));
            home.internet.run().unwrap();
        }
        let before = received(&home.internet, inside).len();
        home.internet.run_until(at_ms(3_600_000)).unwrap(); // an hour later
        send(&mut home.internet, one, tcp(ONE, outside, Flags::ACK));
        home.internet.run().unwrap();
        assert_eq!(received(&home.internet, inside).len() > before, alive, "handshake: {handshake}");
    }
}

#[test]
fn rfc_5508_a_ping_and_its_answer_are_translated() {
    let mut home = home(NatConfig::new(EXTERNAL));
    let (inside, one) = (home.inside, home.one);
    send(&mut home.internet, inside, build::echo_request(ip("10.0.0.2"), ip("198.51.100.1"), 77, 3, b"x"));
    home.internet.run().unwrap();
    assert_eq!(said(&home.internet, one), ["echo request id=1024 seq=3"]);
    send(&mut home.internet, one, build::echo_reply(ip("198.51.100.1"), EXTERNAL.into(), 1024, 3, b"x"));
    home.internet.run().unwrap();
    assert_eq!(said(&home.internet, inside), ["echo reply id=77 seq=3"]);
    let (_, reply) = &received(&home.internet, inside)[0];
    assert_eq!(IcmpMessage::check(&reply[20..]), Ok(()));
}

#[test]
fn rfc_5508_s4_2_an_error_from_outside_finds_the_host_that_it_is_about() {
    let mut home = home(NatConfig::new(EXTERNAL));
    let (inside, one) = (home.inside, home.one);
    home.udp(inside, INSIDE, socket(ONE));
    let (_, original) = received(&home.internet, one)[0].clone();
    for len in [28, original.len()] {
        let body = Icmp::TimeExceeded { code: 0, original: &original[..len] };
        send(&mut home.internet, one, build::icmp(ip("198.51.100.1"), EXTERNAL.into(), body));
    }
    home.internet.run().unwrap();
    assert_eq!(said(&home.internet, inside), ["time exceeded"; 2]);
    for (_, error) in received(&home.internet, inside) {
        assert_eq!(IcmpMessage::check(&error[20..]), Ok(()));
        let quoted = &error[28..];
        assert_eq!(quoted[12..16], [10, 0, 0, 2]);
        assert_eq!(quoted[20..22], 5000_u16.to_be_bytes(), "the port that the host knows");
        assert_eq!(wirelab_tcpip::internet_checksum(&quoted[..20]), 0);
    }
}

#[test]
fn a_ladder_shows_a_conversation_through_a_translator() {
    let mut home = home(NatConfig::new(EXTERNAL));
    let (inside, one) = (home.inside, home.one);
    send(&mut home.internet, inside, tcp(INSIDE, socket(ONE), Flags::SYN));
    home.internet.run().unwrap();
    send(&mut home.internet, one, tcp(ONE, socket("203.0.113.5:1024"), Flags::SYN | Flags::ACK));
    home.internet.run().unwrap();
    let ladder = home.internet.ladder(inside, one).to_string();
    let lines: Vec<&str> = ladder.lines().skip(1).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "0.000 ms  │─── SYN seq=0 win=0 ───────────────▶│  4.000 ms",
            "8.000 ms  │◀───── SYN ACK seq=0 ack=0 win=0 ───│  4.000 ms",
        ],
        "{ladder}"
    );
}
