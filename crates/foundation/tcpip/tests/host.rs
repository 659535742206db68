//! Two hosts joined by a loop: sockets, listeners under a flood, ports, TIME-WAIT, forged packets.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use wirelab_sansio::{Instant, StreamProtocol};
use wirelab_tcpip::host::{self, Event, Host, ListenerId, Misuse, Pumped, SocketId};
use wirelab_tcpip::tcp::{self, Cookies, Listen, State, WhyClosed};
use wirelab_tcpip::{Datagram, Ecn, Flags, Ipv4Packet, Options, Protocol, PseudoHeader, Segment, Seq, ip};
use wirelab_wire::{Decode, Encode, Reader, Writer};

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const SERVER: [u8; 4] = [192, 0, 2, 2];

/// A client and a server, and every packet between them, which takes a millisecond.
struct Wire {
    now: Instant,
    client: Host,
    server: Host,
    log: Vec<String>,
}

impl Wire {
    fn new() -> Wire {
        Wire::with(host::Config::default(), host::Config::default())
    }

    fn with(client: host::Config, server: host::Config) -> Wire {
        let mut client = Host::new(client, [1; 32]);
        let mut server = Host::new(server, [2; 32]);
        client.add_address(CLIENT.into());
        server.add_address(SERVER.into());
        client.add_address("2001:db8::1".parse().unwrap());
        server.add_address("2001:db8::2".parse().unwrap());
        Wire { now: Instant::ZERO + Duration::from_secs(1), client, server, log: Vec::new() }
    }

    /// Carries packets until neither host has one more; time passes only by their way.
    fn settle(&mut self) {
        let mut packet = BytesMut::new();
        for _ in 0..100_000 {
            packet.clear();
            if self.client.poll_transmit(self.now, &mut packet) {
                self.log.push(format!("{} -> {}", self.now, describe(&packet)));
                self.server.receive(self.now, &packet);
            } else if self.server.poll_transmit(self.now, &mut packet) {
                self.log.push(format!("{} <- {}", self.now, describe(&packet)));
                self.client.receive(self.now, &packet);
            } else {
                return;
            }
            self.now += Duration::from_micros(100);
        }
        panic!("the hosts go on for ever:\n{}", self.log[self.log.len() - 30..].join("\n"));
    }

    /// Lets time pass, timers included.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        self.settle();
        for _ in 0..100_000 {
            let next = [&self.client, &self.server].into_iter().filter_map(Host::poll_timeout).min();
            let Some((when, _)) = next.filter(|(when, _)| *when <= end) else { break };
            self.now = self.now.max(when);
            self.client.handle_timeout(self.now);
            self.server.handle_timeout(self.now);
            self.settle();
        }
        self.now = self.now.max(end);
    }

    fn connect(&mut self, port: u16) -> SocketId {
        let to = SocketAddr::from((SERVER, port));
        self.client.connect(self.now, to, tcp::Config::default()).unwrap()
    }

    fn listen(&mut self, options: Listen) -> ListenerId {
        self.server.listen((SERVER, 80).into(), options).unwrap()
    }

    fn pair(&mut self) -> (SocketId, SocketId) {
        let listener = self.listen(Listen::default());
        let socket = self.connect(80);
        self.settle();
        let accepted = self.server.accept(listener).unwrap_or_else(|| panic!("{}", self.log.join("\n")));
        (socket, accepted)
    }

    /// A segment that the server gets from somebody who may be anybody.
    fn forge(&mut self, from: SocketAddr, segment: Segment<'_>) {
        let packet = segment_packet(from, (SERVER, 80).into(), segment);
        self.server.receive(self.now, &packet);
    }
}

fn describe(packet: &[u8]) -> String {
    let packet = ip::Packet::parse(packet).unwrap();
    match packet.protocol {
        Protocol::TCP => Segment::decode(&mut Reader::whole(packet.payload)).unwrap().to_string(),
        other => format!("{other} {}", packet.payload.len()),
    }
}

fn packet(from: IpAddr, to: IpAddr, protocol: Protocol, body: impl FnOnce(&mut BytesMut)) -> BytesMut {
    let mut out = BytesMut::new();
    ip::write_packet(&mut out, &ip::Header::new(from, to, protocol), body).unwrap();
    out
}

fn segment_packet(from: SocketAddr, to: SocketAddr, segment: Segment<'_>) -> BytesMut {
    let segment = Segment { source: from.port(), destination: to.port(), ..segment };
    let addresses = PseudoHeader::between(from.ip(), to.ip()).unwrap();
    packet(from.ip(), to.ip(), Protocol::TCP, |out| segment.encode_between(&addresses, out))
}

fn events(host: &mut Host) -> Vec<Event> {
    std::iter::from_fn(|| host.poll_event()).collect()
}

/// What a host has to send now, as segments' texts.
fn said(host: &mut Host, now: Instant) -> Vec<String> {
    let mut out = BytesMut::new();
    std::iter::from_fn(|| {
        out.clear();
        host.poll_transmit(now, &mut out).then(|| describe(&out))
    })
    .collect()
}

fn syn(sequence: u32) -> Segment<'static> {
    let mut options = Options::new();
    options.push_maximum_segment_size(1460);
    Segment { sequence: Seq(sequence), flags: Flags::SYN, window: 65_535, options, ..Segment::default() }
}

fn stranger(number: u32) -> SocketAddr {
    SocketAddr::from(([198, 51, (number >> 16) as u8, (number >> 8) as u8], 1024 + (number & 0xff) as u16))
}

#[test]
fn a_handshake_an_echo_of_100_kilobytes_and_an_orderly_end() {
    let mut wire = Wire::new();
    let (socket, accepted) = wire.pair();
    let question: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    let (mut sent, mut answer, mut echo) = (0, BytesMut::new(), BytesMut::new());
    for _ in 0..10_000 {
        sent += wire.client.send(socket, &question[sent..]).unwrap();
        wire.pass(Duration::from_millis(1));
        wire.server.receive_into(accepted, &mut echo);
        let taken = wire.server.send(accepted, &echo).unwrap();
        let _ = echo.split_to(taken);
        wire.client.receive_into(socket, &mut answer);
        if answer.len() == question.len() {
            break;
        }
    }
    assert!(answer == question, "{} of {} bytes came back", answer.len(), question.len());
    wire.client.release(wire.now, socket);
    wire.settle();
    assert!(events(&mut wire.server).contains(&Event::Tcp(accepted, tcp::Event::EndOfStream)));
    wire.server.release(wire.now, accepted);
    wire.settle();
    assert_eq!(wire.server.connections(), (0, 0));
    assert_eq!(wire.client.connections(), (1, 1), "the client closed first and waits");
    wire.pass(Duration::from_secs(61));
    assert_eq!(wire.client.connections(), (0, 0));
    assert_eq!(wire.client.counters().TcpRetransSegs, 0);
}

/// What is ready to send has no place in the order of timers yet, and its timers count all the same.
#[test]
fn timers_are_known_before_the_host_was_asked_what_it_has_to_send() {
    let mut wire = Wire::new();
    let (socket, _) = wire.pair();
    assert_eq!((wire.client.poll_timeout(), wire.server.poll_timeout()), (None, None));
    wire.client.send(socket, b"x").unwrap();
    let mut packet = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut packet));
    let (retransmission, why) = wire.client.poll_timeout().expect("a byte is on its way");
    assert_eq!(why, "retransmission");
    wire.server.receive(wire.now, &packet);
    let (when, why) = wire.server.poll_timeout().expect("a byte is to be acknowledged");
    assert_eq!(why, "delayed acknowledgment");
    // Due, though the host was not asked to send in between.
    wire.server.handle_timeout(when);
    packet.clear();
    assert!(wire.server.poll_transmit(when, &mut packet), "no acknowledgment at {when}");
    assert_eq!(wire.server.poll_timeout(), None);
    // Nor does the place of an earlier timer count any more.
    assert!(!wire.client.poll_transmit(wire.now, &mut BytesMut::new()));
    assert_eq!(wire.client.poll_timeout(), Some((retransmission, "retransmission")));
    wire.client.receive(when, &packet);
    assert_eq!(wire.client.poll_timeout(), None, "all is acknowledged");
}

#[test]
fn the_same_over_ipv6() {
    let mut wire = Wire::new();
    let to: SocketAddr = "[2001:db8::2]:80".parse().unwrap();
    let listener = wire.server.listen("[::]:80".parse().unwrap(), Listen::default()).unwrap();
    let socket = wire.client.connect(wire.now, to, tcp::Config::default()).unwrap();
    wire.client.send(socket, b"hello").unwrap();
    wire.settle();
    let accepted = wire.server.accept(listener).unwrap();
    let mut received = BytesMut::new();
    wire.server.receive_into(accepted, &mut received);
    assert_eq!(&received[..], b"hello");
    assert_eq!(wire.client.socket(socket).unwrap().info().agreed.maximum_segment_size, 1440);
}

#[test]
fn s3_10_7_1_a_syn_to_a_port_without_listener_is_reset() {
    let mut wire = Wire::new();
    let socket = wire.connect(81);
    wire.settle();
    let expected = Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Refused));
    assert_eq!(events(&mut wire.client), [expected], "{:#?}", wire.log);
    assert_eq!(wire.server.counters().TcpOutRsts, 1);
    assert_eq!(wire.server.connections(), (0, 0));
}

#[test]
fn resets_to_strangers_are_limited() {
    let config = host::Config { resets_per_second: 10, transmit_queue: 1000, ..host::Config::default() };
    let mut wire = Wire::with(host::Config::default(), config);
    for number in 0..1000 {
        wire.forge(stranger(number), Segment { flags: Flags::ACK, ..Segment::default() });
    }
    assert_eq!(said(&mut wire.server, wire.now).len(), 10);
}

/// A flood of SYN from addresses that never answer, and one client among them.
fn flood(cookies: Cookies) -> (Wire, Option<SocketId>) {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen { syn_backlog: 64, cookies, ..Listen::default() });
    let mut out = BytesMut::new();
    for number in 0..10_000 {
        wire.forge(stranger(number), syn(number));
        while wire.server.poll_transmit(wire.now, &mut out) {
            out.clear(); // the strangers do not exist
        }
        assert!(wire.server.connections().0 <= 65, "{:?}", wire.server.connections());
    }
    wire.connect(80);
    wire.settle();
    let accepted = wire.server.accept(listener);
    (wire, accepted)
}

#[test]
fn without_cookies_a_syn_flood_shuts_a_client_out() {
    let (wire, accepted) = flood(Cookies::Never);
    assert_eq!(accepted, None);
    let counters = wire.server.counters();
    assert_eq!(counters.TcpExtTCPReqQFullDrop, 10_000 - 64 + 1);
    assert_eq!((counters.TcpExtListenDrops, counters.TcpExtSyncookiesSent), (10_000 - 64 + 1, 0));
}

#[test]
fn with_cookies_the_client_connects_in_the_middle_of_the_flood() {
    let (mut wire, accepted) = flood(Cookies::WhenFull);
    let accepted = accepted.unwrap_or_else(|| panic!("{:#?}", wire.log));
    let counters = *wire.server.counters();
    assert_eq!((counters.TcpExtSyncookiesSent, counters.TcpExtSyncookiesRecv), (10_000 - 64 + 1, 1));
    let agreed = wire.server.socket(accepted).unwrap().info().agreed;
    assert!(agreed.timestamps && agreed.selective_acknowledgment, "{agreed:?}");
    assert!(agreed.window_scale.is_some(), "{agreed:?}");
    assert_eq!(agreed.maximum_segment_size, 1460);
    wire.server.send(accepted, b"welcome").unwrap();
    wire.settle();
    let said = events(&mut wire.client);
    assert!(
        said.iter().any(|event| matches!(event, Event::Tcp(_, tcp::Event::Readable))),
        "{said:?} {:#?}",
        wire.log
    );
}

#[test]
fn forged_acknowledgments_get_no_connection_out_of_a_listener_that_sends_cookies() {
    let mut wire = Wire::new();
    wire.listen(Listen { cookies: Cookies::Always, ..Listen::default() });
    wire.forge(stranger(1), syn(1));
    for number in 0..20_000_u32 {
        let acknowledgment = Seq(number.wrapping_mul(0x9e37_79b1));
        let ack = Segment { sequence: Seq(2), acknowledgment, flags: Flags::ACK, ..Segment::default() };
        wire.forge(stranger(1), ack);
    }
    assert_eq!(wire.server.connections(), (0, 0));
    assert_eq!(wire.server.counters().TcpExtSyncookiesFailed, 20_000);
}

#[test]
fn a_full_accept_queue_drops_the_final_ack_and_the_client_gets_in_later() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen { backlog: 1, ..Listen::default() });
    // Three SYN while the accept queue is empty; two of the connections fit (backlog + 1).
    for _ in 0..3 {
        wire.connect(80);
    }
    wire.settle();
    assert_eq!(wire.server.queues(listener), Some((1, 2)), "{:#?}", wire.log);
    assert_eq!(wire.server.counters().TcpExtListenOverflows, 1);
    wire.connect(80);
    wire.settle();
    assert_eq!(wire.server.counters().TcpExtListenOverflows, 2, "a SYN finds the queue full, too");
    assert!(wire.server.accept(listener).is_some());
    wire.pass(Duration::from_secs(4));
    assert_eq!(wire.server.queues(listener).unwrap().1, 2, "{:#?}", wire.log);
}

/// The client has sent data that was dropped; its answer to the repeated SYN ACK has a number behind them.
#[test]
fn an_ack_behind_a_gap_does_not_get_past_a_full_accept_queue_either() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen { backlog: 0, ..Listen::default() });
    wire.connect(80);
    let second = wire.connect(80);
    wire.settle();
    wire.client.send(second, b"hello").unwrap();
    wire.settle();
    wire.pass(Duration::from_secs(4));
    assert_eq!(wire.server.queues(listener), Some((1, 1)), "{:#?}", wire.log);
    assert!(wire.server.accept(listener).is_some());
    wire.pass(Duration::from_secs(8));
    assert_eq!(wire.server.queues(listener), Some((0, 1)), "{:#?}", wire.log);
}

#[test]
fn with_abort_on_overflow_the_client_is_reset() {
    let mut wire = Wire::new();
    wire.listen(Listen { backlog: 0, abort_on_overflow: true, ..Listen::default() });
    wire.connect(80);
    let second = wire.connect(80);
    wire.settle();
    assert_eq!(wire.server.counters().TcpExtTCPAbortOnOverflow, 1);
    let told = events(&mut wire.client);
    assert!(told.contains(&Event::Tcp(second, tcp::Event::Closed(WhyClosed::Reset))), "{told:?}");
}

#[test]
fn datagrams_arrive_and_a_port_without_socket_is_reported() {
    let mut wire = Wire::new();
    let (here, there) = (SocketAddr::from((CLIENT, 4000)), SocketAddr::from((SERVER, 53)));
    let client = wire.client.bind(here).unwrap();
    let server = wire.server.bind(there).unwrap();
    wire.client.send_to(wire.now, client, there, b"question").unwrap();
    wire.settle();
    assert_eq!(events(&mut wire.server), [Event::Udp(server)]);
    let (from, bytes) = wire.server.receive_from(server).unwrap();
    assert_eq!((from, &bytes[..]), (here, &b"question"[..]));
    wire.server.unbind(server);
    wire.client.send_to(wire.now, client, there, b"question").unwrap();
    wire.settle();
    let reason = "port unreachable";
    let expected = Event::Unreachable { socket: Some(client), to: there, reported_by: SERVER.into(), reason };
    assert_eq!(events(&mut wire.client), [expected]);
    assert_eq!(wire.server.counters().UdpNoPorts, 1);
}

#[test]
fn a_udp_queue_holds_what_it_may_and_drops_the_rest() {
    let config = host::Config { udp_queue: 10_000, ..host::Config::default() };
    let mut wire = Wire::with(host::Config::default(), config);
    let there = SocketAddr::from((SERVER, 53));
    let client = wire.client.bind((CLIENT, 0).into()).unwrap();
    let server = wire.server.bind(there).unwrap();
    for _ in 0..100 {
        wire.client.send_to(wire.now, client, there, &[7; 936]).unwrap();
    }
    wire.settle();
    assert_eq!(std::iter::from_fn(|| wire.server.receive_from(server)).count(), 10);
    assert_eq!(wire.server.counters().UdpRcvbufErrors, 90);
    assert_eq!(events(&mut wire.server), [Event::Udp(server)]);
}

#[test]
fn a_ping_is_answered_over_both_versions() {
    let mut wire = Wire::new();
    for to in [IpAddr::from(SERVER), "2001:db8::2".parse().unwrap()] {
        wire.client.ping(wire.now, to, 7, 1, b"abcdefgh").unwrap();
        wire.settle();
        let payload = Bytes::from_static(b"abcdefgh");
        let expected = Event::EchoReply { from: to, identifier: 7, sequence: 1, payload };
        assert_eq!(events(&mut wire.client), [expected]);
    }
}

#[test]
fn when_all_ephemeral_ports_are_used_for_a_peer_another_peer_can_still_be_called() {
    let config =
        host::Config { first_ephemeral_port: 40_000, last_ephemeral_port: 40_099, ..host::Config::default() };
    let mut wire = Wire::with(config, host::Config::default());
    for _ in 0..100 {
        wire.connect(80);
    }
    let to = SocketAddr::from((SERVER, 80));
    let refused = wire.client.connect(wire.now, to, tcp::Config::default());
    assert_eq!(refused, Err(Misuse::PortsExhausted(to)));
    let other = SocketAddr::from((SERVER, 81));
    assert!(wire.client.connect(wire.now, other, tcp::Config::default()).is_ok());
}

#[test]
fn what_cannot_be_done_is_refused_by_name() {
    let mut wire = Wire::new();
    let elsewhere = SocketAddr::from(([203, 0, 113, 1], 80));
    assert_eq!(wire.server.listen(elsewhere, Listen::default()), Err(Misuse::NotOurs(elsewhere.ip())));
    let local = SocketAddr::from((SERVER, 80));
    wire.listen(Listen::default());
    assert_eq!(wire.server.listen(local, Listen::default()), Err(Misuse::Taken(local)));
    let many = SocketAddr::from(([224, 0, 0, 1], 80));
    let refused = wire.client.connect(wire.now, many, tcp::Config::default());
    assert_eq!(refused, Err(Misuse::NotADestination(many)));
}

/// RFC 9293 §3.10.7.4 and RFC 6191 §2: a later SYN may have the ends of a connection in TIME-WAIT; an older one may not.
#[test]
fn s3_10_7_4_a_newer_syn_ends_time_wait_and_an_older_one_does_not() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen::default());
    let peer = stranger(5);
    let now = wire.now;
    wire.forge(peer, syn(1000));
    let mut out = BytesMut::new();
    assert!(wire.server.poll_transmit(now, &mut out));
    let answer = ip::Packet::parse(&out).unwrap();
    let isn = Segment::decode(&mut Reader::whole(answer.payload)).unwrap().sequence;
    let ack = |sequence, acknowledgment, flags| Segment {
        sequence,
        acknowledgment,
        flags: Flags::ACK | flags,
        window: 1000,
        ..Segment::default()
    };
    wire.forge(peer, ack(Seq(1001), isn + 1, Flags::default()));
    let socket = wire.server.accept(listener).unwrap();
    wire.server.close(socket);
    said(&mut wire.server, now);
    wire.forge(peer, ack(Seq(1001), isn + 2, Flags::FIN));
    said(&mut wire.server, now);
    assert_eq!(wire.server.socket(socket).unwrap().state(), State::TimeWait);
    wire.forge(peer, syn(900));
    let answers = said(&mut wire.server, now);
    assert!(answers.iter().all(|answer| !answer.contains("SYN")), "{answers:?}");
    wire.forge(peer, syn(5000));
    let answers = said(&mut wire.server, now);
    assert!(
        answers.iter().any(|answer| answer.starts_with("SYN ACK") && answer.contains("ack=5001")),
        "{answers:?}"
    );
    assert_eq!(wire.server.counters().TcpExtTWRecycled, 1);
    let told = events(&mut wire.server);
    assert!(told.contains(&Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Finished))), "{told:?}");
    wire.forge(peer, ack(Seq(5001), isn + 2, Flags::default())); // the old connection's numbers
    assert_eq!(wire.server.accept(listener), None);
}

#[test]
fn time_wait_is_limited() {
    let config = host::Config { time_waits: 3, ..host::Config::default() };
    let mut wire = Wire::with(config, host::Config::default());
    let listener = wire.listen(Listen::default());
    for _ in 0..10 {
        let socket = wire.connect(80);
        wire.settle();
        let accepted = wire.server.accept(listener).unwrap();
        wire.client.release(wire.now, socket);
        wire.settle();
        wire.server.release(wire.now, accepted);
        wire.settle();
    }
    assert_eq!(wire.client.connections(), (3, 3));
    assert_eq!(wire.client.counters().TcpExtTCPTimeWaitOverflow, 7);
}

/// RFC 5961: somebody who knows the ends but not the numbers cannot reset, reopen, or write into a connection.
#[test]
fn rfc_5961_blind_resets_syns_and_data_are_refused() {
    let mut wire = Wire::new();
    let (socket, accepted) = wire.pair();
    let from = wire.client.socket(socket).unwrap().endpoints().local;
    for number in 0..2000_u32 {
        let sequence = Seq(number.wrapping_mul(2_147_483)); // a grid finer than the window: some are inside it
        let base = Segment { sequence, acknowledgment: sequence, window: 1000, ..Segment::default() };
        wire.forge(from, Segment { flags: Flags::RST, ..base });
        wire.forge(from, Segment { flags: Flags::SYN, ..base });
        wire.forge(from, Segment { flags: Flags::ACK, payload: b"forged", ..base });
    }
    wire.settle();
    assert_eq!(wire.server.socket(accepted).unwrap().state(), State::Established);
    assert_eq!(wire.server.socket(accepted).unwrap().readable(), 0);
    wire.client.send(socket, b"true").unwrap();
    wire.settle();
    let mut received = BytesMut::new();
    wire.server.receive_into(accepted, &mut received);
    assert_eq!(&received[..], b"true");
}

/// RFC 5927 §4.1: an ICMP error ends or slows a connection only if it quotes a segment that is on its way.
#[test]
fn rfc_5927_an_icmp_error_about_a_segment_that_is_not_on_its_way_is_ignored() {
    let mut wire = Wire::new();
    let (socket, _) = wire.pair();
    let ends = wire.client.socket(socket).unwrap().endpoints();
    let before = wire.client.socket(socket).unwrap().info().segment_size;
    for number in 0..1000_u32 {
        let quoted = Segment { sequence: Seq(number.wrapping_mul(4_294_967)), ..Segment::default() };
        let too_large =
            too_large(&segment_packet(ends.local, ends.remote, Segment { payload: &[0; 1400], ..quoted }));
        wire.client.receive(wire.now, &too_large);
    }
    assert_eq!(wire.client.socket(socket).unwrap().info().segment_size, before);
    assert_eq!(wire.client.counters().TcpExtOutOfWindowIcmps, 1000);
    // A true one: the segment that the client has sent is the one that is quoted.
    wire.client.send(socket, &[7; 1400]).unwrap();
    let mut lost = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut lost));
    wire.client.receive(wire.now, &too_large(&lost));
    assert_eq!(wire.client.socket(socket).unwrap().info().agreed.maximum_segment_size, 1460);
    assert!(wire.client.socket(socket).unwrap().info().segment_size <= 1000 - 40);
    wire.pass(Duration::from_millis(100));
    assert_eq!(wire.client.socket(socket).unwrap().unacknowledged(), 0, "{:#?}", wire.log);
}

/// "Fragmentation needed", for an MTU of 1000.
fn too_large(original: &[u8]) -> BytesMut {
    use wirelab_tcpip::{Icmp, IcmpMessage, Unreachable};
    let code = Unreachable::FRAGMENTATION_NEEDED;
    let body = Icmp::DestinationUnreachable { code, next_hop_mtu: 1000, original: &original[..28] };
    packet([203, 0, 113, 1].into(), CLIENT.into(), Protocol::ICMP, |out| {
        IcmpMessage::new(body).encode_with_checksum(out);
    })
}

#[test]
fn a_thousand_idle_connections_ask_for_nothing() {
    let mut wire = Wire::new();
    wire.listen(Listen { backlog: 2000, syn_backlog: 2000, ..Listen::default() });
    for _ in 0..1000 {
        wire.connect(80);
        wire.settle();
    }
    wire.pass(Duration::from_secs(2));
    assert_eq!(wire.server.connections(), (1000, 0));
    assert_eq!((wire.client.poll_timeout(), wire.server.poll_timeout()), (None, None));
}

#[test]
fn connections_take_turns() {
    let mut wire = Wire::new();
    wire.listen(Listen::default());
    let sockets: Vec<SocketId> = (0..4).map(|_| wire.connect(80)).collect();
    wire.settle();
    for &socket in &sockets {
        wire.client.send(socket, &[7; 10 * 1448]).unwrap();
    }
    let mut ports = Vec::new();
    let mut out = BytesMut::new();
    for _ in 0..8 {
        out.clear();
        assert!(wire.client.poll_transmit(wire.now, &mut out));
        let packet = ip::Packet::parse(&out).unwrap();
        ports.push(Segment::decode(&mut Reader::whole(packet.payload)).unwrap().source);
    }
    assert_eq!(ports[..4], ports[4..], "each its turn");
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 4);
}

#[test]
fn a_long_datagram_goes_in_fragments_and_arrives_whole_over_both_versions() {
    let mut wire = Wire::new();
    for (here, there) in [("192.0.2.1:4000", "192.0.2.2:53"), ("[2001:db8::1]:4000", "[2001:db8::2]:53")] {
        let client = wire.client.bind(here.parse().unwrap()).unwrap();
        let server = wire.server.bind(there.parse().unwrap()).unwrap();
        let payload: Vec<u8> = (0..5000_u32).map(|n| n as u8).collect();
        wire.client.send_to(wire.now, client, there.parse().unwrap(), &payload).unwrap();
        wire.settle();
        let (_, bytes) = wire.server.receive_from(server).unwrap();
        assert!(bytes == payload);
    }
    assert_eq!((wire.server.counters().IpReasmReqds, wire.server.counters().IpReasmOKs), (8, 2));
}

#[test]
fn a_flood_of_fragments_that_never_become_whole_stays_within_its_limit_and_ends() {
    let mut wire = Wire::new();
    for number in 0..5000_u16 {
        let header = ip::Header {
            dont_fragment: false,
            identification: number,
            ..ip::Header::new(stranger(number.into()).ip(), SERVER.into(), Protocol::UDP)
        };
        let mut out = BytesMut::new();
        ip::write_packet(&mut out, &header, |out| out.extend_from_slice(&[7; 3000])).unwrap();
        let first = &ip::fragment_v4(&out, 1500).unwrap()[0];
        wire.server.receive(wire.now, first);
    }
    let (bytes, packets) = wire.server.fragments();
    let limits = ip::ReassemblyConfig::default();
    assert!(bytes <= limits.bytes && packets <= limits.packets, "{bytes} bytes of {packets} packets");
    assert!(packets > 0);
    let (when, why) = wire.server.poll_timeout().unwrap();
    assert_eq!(why, "fragments are missing");
    wire.server.handle_timeout(when + Duration::from_secs(1));
    assert_eq!((wire.server.fragments(), wire.server.poll_timeout()), ((0, 0), None));
}

#[test]
fn the_mtu_of_a_path_is_remembered_for_the_next_connection() {
    let mut wire = Wire::new();
    let (socket, _) = wire.pair();
    wire.client.send(socket, &[7; 1400]).unwrap();
    let mut lost = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut lost));
    wire.client.receive(wire.now, &too_large(&lost));
    let second = wire.connect(80);
    wire.settle();
    assert!(wire.client.socket(second).unwrap().info().segment_size <= 1000 - 40);
}

/// RFC 3168 §6.1: agreed on in the handshake; a mark on the way is echoed, and the sender slows down.
#[test]
fn a_congestion_mark_is_echoed() {
    let mut wire = Wire::new();
    let tcp = tcp::Config { explicit_congestion_notification: true, ..tcp::Config::default() };
    wire.listen(Listen { tcp: tcp.clone(), ..Listen::default() });
    let socket = wire.client.connect(wire.now, (SERVER, 80).into(), tcp).unwrap();
    wire.settle();
    assert!(wire.client.socket(socket).unwrap().info().agreed.explicit_congestion_notification);
    wire.client.send(socket, &[7; 4000]).unwrap();
    let mut out = BytesMut::new();
    assert!(wire.client.poll_transmit(wire.now, &mut out));
    assert_eq!(ip::Packet::parse(&out).unwrap().ecn, Ecn::Ect0);
    let marked = Ipv4Packet { ecn: Ecn::Ce, ..Ipv4Packet::decode(&mut Reader::whole(&out)).unwrap() };
    let mut bytes = BytesMut::new();
    marked.encode_with_checksum(&mut bytes);
    wire.server.receive(wire.now, &bytes);
    wire.settle();
    wire.pass(Duration::from_millis(100));
    assert!(wire.log.iter().any(|line| line.contains("<-") && line.contains("ECE")), "{:#?}", wire.log);
    assert!(wire.log.iter().any(|line| line.contains("->") && line.contains("CWR")), "{:#?}", wire.log);
}

#[test]
fn who_waits_when_the_listener_goes_is_reset() {
    let mut wire = Wire::new();
    let listener = wire.listen(Listen::default());
    let socket = wire.connect(80);
    wire.settle();
    wire.server.stop_listening(wire.now, listener);
    wire.settle();
    let told = events(&mut wire.client);
    assert!(told.contains(&Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Reset))), "{told:?}");
    assert_eq!(wire.server.connections(), (0, 0));
}

/// RFC 1122 §4.2.2.13: what is left unread was not received, and the peer must hear of it.
#[test]
fn releasing_with_unread_data_resets() {
    let mut wire = Wire::new();
    let (socket, accepted) = wire.pair();
    wire.client.send(socket, b"nobody reads this").unwrap();
    wire.settle();
    wire.server.release(wire.now, accepted);
    wire.settle();
    let told = events(&mut wire.client);
    assert!(told.contains(&Event::Tcp(socket, tcp::Event::Closed(WhyClosed::Reset))), "{told:?}");
    assert_eq!(wire.server.connections(), (0, 0));
}

#[test]
fn the_limit_of_connections_holds_for_both_directions() {
    let config = host::Config { connections: 5, ..host::Config::default() };
    let mut wire = Wire::with(config.clone(), config);
    wire.listen(Listen { cookies: Cookies::Never, ..Listen::default() });
    for number in 0..100 {
        wire.forge(stranger(number), syn(number));
    }
    assert_eq!(wire.server.connections().0, 5);
    let to = SocketAddr::from((SERVER, 80));
    for _ in 0..5 {
        wire.connect(80);
    }
    assert_eq!(wire.client.connect(wire.now, to, tcp::Config::default()), Err(Misuse::TooManyConnections(5)));
}

/// Sends each line back, and ends when the peer has.
#[derive(Default)]
struct Echo {
    input: BytesMut,
    output: BytesMut,
    ended: u32,
}

impl StreamProtocol for Echo {
    type Event = Bytes;
    type Error = std::convert::Infallible;

    fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    fn receive_eof(&mut self) {
        self.ended += 1;
    }

    fn poll_event(&mut self) -> Result<Option<Bytes>, Self::Error> {
        let Some(end) = self.input.iter().position(|&byte| byte == b'\n') else { return Ok(None) };
        Ok(Some(self.input.split_to(end + 1).freeze()))
    }

    fn poll_transmit(&mut self, out: &mut BytesMut) -> usize {
        let said = self.output.split();
        out.extend_from_slice(&said);
        said.len()
    }

    fn wants_read(&self) -> bool {
        self.input.len() < 1024
    }

    fn wants_shutdown(&self) -> bool {
        self.ended > 0
    }
}

/// The answers are larger than the send buffer: what has no room waits, and nothing is lost or told twice.
#[test]
fn a_protocol_is_pumped_over_a_socket_until_both_sides_have_ended() {
    let mut wire = Wire::new();
    let small = tcp::Config { send_buffer: 2000, ..tcp::Config::default() };
    let listener = wire.listen(Listen { tcp: small, ..Listen::default() });
    let socket = wire.connect(80);
    wire.client.send(socket, &b"a line of text\n".repeat(1000)).unwrap();
    wire.settle();
    wire.client.close(socket);
    wire.settle();
    let accepted = wire.server.accept(listener).unwrap_or_else(|| panic!("{:#?}", wire.log));
    let (mut echo, mut answer, mut lines) = (Echo::default(), BytesMut::new(), 0);
    let mut over = Pumped::Open;
    for _ in 0..100 {
        let on_event = |echo: &mut Echo, line: Bytes| {
            lines += 1;
            echo.output.extend_from_slice(&line);
        };
        over = host::pump(&mut wire.server, wire.now, accepted, &mut echo, on_event).unwrap();
        wire.pass(Duration::from_millis(50));
        wire.client.receive_into(socket, &mut answer);
        if over == Pumped::Over {
            break;
        }
    }
    assert_eq!((lines, echo.ended, over), (1000, 1, Pumped::Over));
    wire.pass(Duration::from_secs(1));
    wire.client.receive_into(socket, &mut answer);
    assert_eq!(answer.len(), 15_000);
    wire.server.release(wire.now, accepted);
    wire.settle();
    assert_eq!(wire.server.connections(), (0, 0));
}

fn any_segment() -> impl Strategy<Value = (u8, u32, u32, Vec<u8>, u16)> {
    (any::<u8>(), 0_u32..20, 0_u32..20, prop::collection::vec(any::<u8>(), 0..40), any::<u16>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_survived(packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..50)) {
        let mut wire = Wire::new();
        wire.pair();
        for packet in packets {
            wire.server.receive(wire.now, &packet);
        }
        wire.settle();
    }

    /// A true conversation whose packets are damaged, doubled or lost: nobody panics, and what is held stays within limits.
    #[test]
    fn damaged_packets_are_survived(
        damage in prop::collection::vec((any::<u16>(), any::<u8>(), 0_u8..4), 200),
    ) {
        let mut wire = Wire::new();
        let listener = wire.listen(Listen::default());
        let socket = wire.connect(80);
        let _ = wire.client.send(socket, &[7; 5000]);
        let mut out = BytesMut::new();
        for (place, mask, what) in damage {
            let to_server = { out.clear(); wire.client.poll_transmit(wire.now, &mut out) };
            if !to_server && !wire.server.poll_transmit(wire.now, &mut out) {
                wire.now += Duration::from_millis(100);
                wire.client.handle_timeout(wire.now);
                wire.server.handle_timeout(wire.now);
                if let Some(accepted) = wire.server.accept(listener) {
                    let _ = wire.server.send(accepted, &[8; 3000]);
                }
                continue;
            }
            let mut packets = vec![out.clone()];
            match what {
                0 => packets.clear(),
                1 => packets.push(out.clone()),
                2 => { let at = usize::from(place) % out.len(); packets[0][at] ^= mask; }
                _ => {}
            }
            for packet in packets {
                if to_server { wire.server.receive(wire.now, &packet) } else { wire.client.receive(wire.now, &packet) }
            }
        }
    }

    /// Segments with right checksums and any numbers near those of a connection.
    #[test]
    fn any_segments_of_a_connection_are_survived(segments in prop::collection::vec(any_segment(), 0..60)) {
        let mut wire = Wire::new();
        let (socket, accepted) = wire.pair();
        let ends = wire.client.socket(socket).unwrap().endpoints();
        let sequence = wire.server.socket(accepted).unwrap().expects();
        let acknowledgment = wire.client.socket(socket).unwrap().expects();
        for (flags, ahead, behind, payload, window) in segments {
            let segment = Segment {
                sequence: Seq(sequence.0.wrapping_add(ahead).wrapping_sub(10)),
                acknowledgment: Seq(acknowledgment.0.wrapping_add(behind).wrapping_sub(10)),
                flags: Flags(flags),
                window,
                payload: &payload,
                ..Segment::default()
            };
            wire.forge(ends.local, segment);
            said(&mut wire.server, wire.now);
        }
    }

    #[test]
    fn datagrams_of_any_kind_are_survived(
        payload in prop::collection::vec(any::<u8>(), 0..100), source: u16, destination: u16, checksum: bool,
    ) {
        let mut wire = Wire::new();
        let addresses = PseudoHeader::between(CLIENT.into(), SERVER.into()).unwrap();
        let mut datagram = Datagram::new(source, destination, &payload).unwrap();
        if checksum {
            datagram = datagram.with_checksum(&addresses);
        }
        let packet = packet(CLIENT.into(), SERVER.into(), Protocol::UDP, |out| datagram.encode(&mut Writer::new(out)));
        wire.server.receive(wire.now, &packet);
        prop_assert_eq!(wire.server.counters().UdpNoPorts, 1);
        wire.settle();
    }
}
