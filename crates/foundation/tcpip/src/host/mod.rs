//! A host: IP packets in and out on one side, sockets for applications on the other. No I/O, no clock, no thread.
//!
//! ```text
//!        application:  listen accept connect send receive_into …   bind send_to …   ping
//!                          │                                          │               │
//!              ┌───────────▼───────────┐                          ┌───▼───┐       ┌───▼───┐
//!              │ listeners, connections│                          │  UDP  │       │ ICMP  │
//!              └───────────┬───────────┘                          └───┬───┘       └───┬───┘
//!                          └──────────────── IPv4, IPv6 ──────────────┴───────────────┘
//!                       receive(packet) ▲          ▼ poll_transmit(packet)
//! ```
//!
//! # Reading order
//!
//! `mod.rs` ([`Host`]: what a driver calls), `sockets.rs` (what an application calls), `connections.rs` (how a segment, a timer
//! and a turn find their connection), `arrives.rs` (whom a segment is for), `listening.rs` (SYN and cookies), `settle.rs` (what
//! follows once a connection was touched), `udp.rs`, `icmp.rs`, `stream.rs` (a protocol on a socket).
//!
//! # What is left out
//!
//! Routing: a host has one link. There is no loopback: what a host sends to its own addresses goes out on the link, and what
//! comes from there with such a source is dropped as forged. Half-open connections are kept as
//! whole ones, where Linux keeps a small record of each.

mod arrives;
mod config;
mod connections;
mod counters;
mod error;
mod event;
mod icmp;
mod listening;
mod packet_protocol;
mod ports;
mod settle;
mod sockets;
mod stream;
mod udp;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;

use crate::ip::icmp::{self as answers, RateLimit};
use crate::ip::{self, PathMtu, Reassembled, Reassembly};
use crate::tcp::{Endpoints, InitialSequence, Mac, SynCookies, TimestampOffsets};
use crate::wire::{Ecn, Protocol, Segment};
use connections::Connections;
use listening::Listeners;
use ports::EphemeralPorts;
use udp::UdpSockets;

pub use config::Config;
pub use counters::Counters;
pub use error::Misuse;
pub use event::{Event, ListenerId, SocketId, UdpId};
pub use stream::{Pumped, pump};

/// A host with TCP, UDP and ICMP over IPv4 and IPv6.
///
/// ```
/// use bytes::BytesMut;
/// use wirelab_sansio::Instant;
/// use wirelab_tcpip::{host, tcp};
///
/// let (now, mut packet) = (Instant::ZERO, BytesMut::new());
/// let mut client = host::Host::new(host::Config::default(), [1; 32]);
/// let mut server = host::Host::new(host::Config::default(), [2; 32]);
/// client.add_address([192, 0, 2, 1].into());
/// server.add_address([192, 0, 2, 2].into());
///
/// let listener = server.listen(([192, 0, 2, 2], 80).into(), tcp::Listen::default())?;
/// let socket = client.connect(now, ([192, 0, 2, 2], 80).into(), tcp::Config::default())?;
/// client.send(socket, b"hello")?;
/// // The wire: whatever one host has to send, the other receives.
/// loop {
///     packet.clear();
///     if client.poll_transmit(now, &mut packet) {
///         server.receive(now, &packet);
///     } else if server.poll_transmit(now, &mut packet) {
///         client.receive(now, &packet);
///     } else {
///         break;
///     }
/// }
/// let accepted = server.accept(listener).expect("a connection waits");
/// let mut received = BytesMut::new();
/// server.receive_into(accepted, &mut received);
/// assert_eq!(&received[..], b"hello");
/// # Ok::<(), host::Misuse>(())
/// ```
#[derive(Debug)]
pub struct Host {
    config: Config,
    addresses: Vec<IpAddr>,
    numbers: InitialSequence,
    timestamps: TimestampOffsets,
    cookies: SynCookies,
    ports: EphemeralPorts,
    /// What numbers the fragments of a destination begin at, and how many packets were cut.
    identifications: (Mac, u32),
    reassembly: Reassembly,
    paths: PathMtu,
    connections: Connections,
    listeners: Listeners,
    udp: UdpSockets,
    next_id: u64,
    /// Packets of no connection, ready to be sent.
    queue: VecDeque<Bytes>,
    events: VecDeque<Event>,
    resets: RateLimit,
    icmp_errors: RateLimit,
    echo_replies: RateLimit,
    counters: Counters,
}

impl Host {
    /// A host without addresses. From `secret`, which must be random and no one else's, follow the initial sequence numbers
    /// (RFC 6528), the offsets of the timestamps (RFC 7323 §5.4), the SYN cookies, and the ephemeral ports (RFC 6056).
    pub fn new(config: Config, secret: [u8; 32]) -> Host {
        let ports = config.first_ephemeral_port.max(1)..=config.last_ephemeral_port;
        Host {
            addresses: Vec::new(),
            numbers: InitialSequence::new(&secret),
            timestamps: TimestampOffsets::new(&secret),
            cookies: SynCookies::new(&secret),
            ports: EphemeralPorts::new(&secret, ports),
            identifications: (Mac::new(&secret, "IP identification"), 0),
            reassembly: Reassembly::new(config.reassembly),
            paths: PathMtu::new(config.path_mtu, config.mtu),
            connections: Connections::default(),
            listeners: Listeners::default(),
            udp: UdpSockets::default(),
            next_id: 0,
            queue: VecDeque::new(),
            events: VecDeque::new(),
            resets: per_second(config.resets_per_second),
            icmp_errors: per_second(config.icmp_errors_per_second),
            echo_replies: per_second(config.echo_replies_per_second),
            counters: Counters::default(),
            config,
        }
    }

    /// Gives the host one more address. The first of a family is the one that it sends from.
    pub fn add_address(&mut self, address: IpAddr) {
        if !self.addresses.contains(&address) {
            self.addresses.push(address);
        }
    }

    /// The host's addresses.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// A packet has arrived. What is malformed, or for somebody else, is counted and dropped.
    pub fn receive(&mut self, now: Instant, packet: &[u8]) {
        self.counters.IpInReceives += 1;
        let Ok(packet) = ip::Packet::parse(packet) else {
            self.counters.IpInHdrErrors += 1;
            return;
        };
        // RFC 1122 §3.2.1.3: nobody speaks from an address that stands for many, or for none; nor anybody else from ours.
        let forged = !is_unicast(packet.source) || self.addresses.contains(&packet.source);
        if forged || !self.addresses.contains(&packet.destination) {
            self.counters.IpInAddrErrors += 1;
            return;
        }
        if packet.fragment.is_none() {
            return self.deliver(now, &packet);
        }
        self.counters.IpReasmReqds += 1;
        match self.reassembly.receive(now, &packet) {
            Reassembled::Whole(whole) => {
                self.counters.IpReasmOKs += 1;
                match ip::Packet::parse(&whole) {
                    Ok(packet) => self.deliver(now, &packet),
                    Err(_) => self.counters.IpInHdrErrors += 1,
                }
            }
            Reassembled::Waiting => {}
            Reassembled::Dropped(_) => self.counters.IpReasmFails += 1,
        }
    }

    fn deliver(&mut self, now: Instant, packet: &ip::Packet<'_>) {
        self.counters.IpInDelivers += 1;
        match packet.protocol {
            Protocol::TCP => self.segment_arrives(now, packet),
            Protocol::UDP => self.datagram_arrives(now, packet),
            Protocol::ICMP | Protocol::ICMPV6 => self.icmp_arrives(now, packet),
            _ => {
                self.counters.IpInUnknownProtos += 1;
                self.answer_with_error(now, packet, answers::Problem::NoSuchProtocol);
            }
        }
    }

    /// Appends one packet to `out`; `false` means that there is nothing to send now. Answers to strangers and datagrams come
    /// first, then the connections that have something, each a packet in turn.
    pub fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        if let Some(packet) = self.queue.pop_front() {
            self.counters.IpOutRequests += 1;
            out.extend_from_slice(&packet);
            return true;
        }
        while let Some(id) = self.connections.next_ready() {
            if self.transmit_segment(now, id, out) {
                self.counters.IpOutRequests += 1;
                return true;
            }
        }
        false
    }

    /// When [`handle_timeout`](Self::handle_timeout) wants to be called, and why.
    pub fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        [self.connections.next_timer(), self.reassembly.poll_timeout()].into_iter().flatten().min()
    }

    /// Does what is due at `now`. A call too early or too often does nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        for expired in self.reassembly.handle_timeout(now) {
            self.counters.IpReasmFails += 1;
            if let Some(first) = expired.first
                && let Ok(packet) = ip::Packet::parse(&first)
            {
                self.answer_with_error(now, &packet, answers::Problem::FragmentsMissing);
            }
        }
        for id in self.connections.due(now) {
            if let Some(entry) = self.connections.get_mut(id) {
                entry.connection.handle_timeout(now);
            }
            self.settle(now, id);
        }
    }

    /// The next event, or `None` when nothing has happened since the last one.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// What has been counted so far.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many TCP connections there are, of all states, and how many of them are in TIME-WAIT.
    pub fn connections(&self) -> (usize, usize) {
        (self.connections.len(), self.connections.time_waits())
    }

    /// How many bytes of fragments are held, with their overhead, and of how many packets.
    pub fn fragments(&self) -> (usize, usize) {
        (self.reassembly.held(), self.reassembly.packets())
    }

    fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// An event that a stranger can cause is dropped when nobody takes them.
    fn tell(&mut self, event: Event) {
        if self.events.len() < self.config.events {
            self.events.push_back(event);
        }
    }

    /// Puts a packet into the queue, in fragments if its path demands it and DF does not forbid it. `false` if there is no room.
    fn queue_packet(&mut self, now: Instant, header: &ip::Header, body: impl FnOnce(&mut BytesMut)) -> bool {
        let mut packet = BytesMut::new();
        let written = ip::write_packet(&mut packet, header, body).is_ok();
        let queued = written && self.queue_whole(now, header.destination, packet);
        self.counters.IpOutDiscards += u64::from(!queued);
        queued
    }

    fn queue_whole(&mut self, now: Instant, to: IpAddr, packet: BytesMut) -> bool {
        let mtu = self.paths.mtu(now, to);
        let fragments = match to {
            _ if packet.len() <= usize::from(mtu) => Ok(vec![packet]),
            IpAddr::V4(_) => ip::fragment_v4(&packet, mtu),
            IpAddr::V6(_) => ip::fragment_v6(&packet, mtu, self.next_identification(to)),
        };
        let Ok(fragments) = fragments else { return false };
        // All of them or none: a packet that lacks one is lost, and costs the receiver memory.
        if self.queue.len() + fragments.len() > self.config.transmit_queue {
            return false;
        }
        self.queue.extend(fragments.into_iter().map(BytesMut::freeze));
        true
    }

    /// The number of a packet that may be cut: one behind the other for each destination, from a start that nobody can guess
    /// (RFC 7739 §5.1).
    fn next_identification(&mut self, to: IpAddr) -> u32 {
        let (mac, count) = &mut self.identifications;
        *count = count.wrapping_add(1);
        let end = (to, 0).into();
        (mac.of(end, end, &[]) as u32).wrapping_add(*count)
    }

    /// Tells the sender of a packet what is wrong with it, if the rules and the limit allow it.
    fn answer_with_error(&mut self, now: Instant, packet: &ip::Packet<'_>, problem: answers::Problem) {
        let mut out = BytesMut::new();
        if answers::error(packet, problem, packet.destination, &mut out).is_err() {
            return;
        }
        if !self.icmp_errors.allow(now) {
            self.counters.IcmpOutRateLimitGlobal += 1;
            return;
        }
        self.counters.IcmpOutMsgs += 1;
        self.queue_whole(now, packet.source, out);
    }

    fn queue_segment(&mut self, now: Instant, ends: Endpoints, segment: &Segment<'_>) {
        let header = self.header(ends.local.ip(), ends.remote.ip(), Protocol::TCP);
        let Some(addresses) = header.pseudo_header() else { return };
        self.counters.TcpOutSegs += 1;
        self.queue_packet(now, &header, |out| segment.encode_between(&addresses, out));
    }

    fn header(&self, source: IpAddr, destination: IpAddr, protocol: Protocol) -> ip::Header {
        ip::Header { hop_limit: self.config.hop_limit, ..ip::Header::new(source, destination, protocol) }
    }

    /// The packet of a segment, DF set: TCP finds the path's MTU and fits into it (RFC 1191).
    fn write_segment(
        hop_limit: u8,
        ends: Endpoints,
        segment: &Segment<'_>,
        ecn_capable: bool,
        out: &mut BytesMut,
    ) -> bool {
        let ecn = if ecn_capable { Ecn::Ect0 } else { Ecn::NotEct };
        let header = ip::Header::new(ends.local.ip(), ends.remote.ip(), Protocol::TCP);
        let header = ip::Header { hop_limit, ecn, ..header };
        let Some(addresses) = header.pseudo_header() else { return false };
        ip::write_packet(out, &header, |out| segment.encode_between(&addresses, out)).is_ok()
    }
}

/// Whether an address is one host's.
fn is_unicast(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_broadcast() && !v4.is_multicast() && !v4.is_unspecified(),
        IpAddr::V6(v6) => !v6.is_multicast() && !v6.is_unspecified(),
    }
}

/// So many at once, and so many a second.
fn per_second(count: u32) -> RateLimit {
    RateLimit::new(count, Duration::from_secs(1) / count.max(1))
}
