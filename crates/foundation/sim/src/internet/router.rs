use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;

use super::fragment::fragment;
use super::icmp::{Trouble, answer};
use super::packet::decrement_hop_limit;
use super::{Header, Node, PortId, Prefix};

/// Forwards packets by the longest prefix that contains their destination (RFC 1812 §5.2.4.3), and tells senders what
/// went wrong.
///
/// ```text
///   receive ──▶ sound? ──▶ for us? ──▶ route? ──▶ TTL − 1 ──▶ fits the MTU? ──▶ transmit
///                 │ no        │ yes       │ no        │ 0           │ no
///                 ▼           ▼           ▼           ▼             ▼
///               dropped    echo reply   no route  time exceeded   fragments (IPv4 without DF), otherwise "too big"
/// ```
///
/// ```
/// use wirelab_sim::internet::{PortId, Router};
///
/// let router = Router::new("203.0.113.1".parse()?)
///     .route("198.51.100.0/24".parse()?, PortId(1))
///     .route("0.0.0.0/0".parse()?, PortId(0));
/// assert_eq!(router.lookup("198.51.100.7".parse()?), Some(PortId(1)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Router {
    addresses: Vec<IpAddr>,
    routes: Vec<(Prefix, PortId)>,
    mtus: Vec<usize>,
    outgoing: VecDeque<(PortId, Bytes)>,
    notes: VecDeque<String>,
    silent: bool,
}

impl Router {
    /// A router with an address, from which it sends its ICMP messages, and no routes.
    pub fn new(address: IpAddr) -> Self {
        Router {
            addresses: vec![address],
            routes: Vec::new(),
            mtus: Vec::new(),
            outgoing: VecDeque::new(),
            notes: VecDeque::new(),
            silent: false,
        }
    }

    /// One more address. The first of each family is that of the router's messages.
    #[must_use]
    pub fn address(mut self, address: IpAddr) -> Self {
        self.addresses.push(address);
        self
    }

    /// One more route. Of two with the same prefix, the later one counts.
    #[must_use]
    pub fn route(mut self, prefix: Prefix, port: PortId) -> Self {
        self.set_route(prefix, port);
        self
    }

    /// Reports nothing to senders, like a router behind a filter that lets no ICMP through: a black hole for path MTU
    /// discovery.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    /// Adds or changes a route, while the network is running.
    pub fn set_route(&mut self, prefix: Prefix, port: PortId) {
        self.routes.retain(|&(other, _)| other != prefix);
        self.routes.push((prefix, port));
    }

    /// Where a packet to this address would leave.
    pub fn lookup(&self, destination: IpAddr) -> Option<PortId> {
        let matching = self.routes.iter().filter(|(prefix, _)| prefix.contains(destination));
        matching.max_by_key(|(prefix, _)| prefix.bits()).map(|&(_, port)| port)
    }

    fn handle(&mut self, packet: Bytes) -> Result<(), Trouble> {
        // RFC 1812 §5.2.2: a packet whose header is not sound is dropped without a word to its sender.
        let Some(header) = Header::read(&packet).filter(|header| header.is_sound(&packet)) else {
            self.notes.push_back("dropped: not a sound IP packet".into());
            return Ok(());
        };
        if self.addresses.contains(&header.destination) {
            return self.local(&header, &packet);
        }
        let port = self.lookup(header.destination).ok_or(Trouble::NoRoute)?;
        if header.hop_limit <= 1 {
            return Err(Trouble::TimeExceeded);
        }
        let mtu = self.mtus.get(port.0).copied().unwrap_or(usize::MAX);
        if header.total_len > mtu && header.dont_fragment {
            return Err(Trouble::TooBig(u16::try_from(mtu).unwrap_or(u16::MAX)));
        }
        self.forward(header, packet, port, mtu);
        Ok(())
    }

    fn local(&mut self, header: &Header, packet: &[u8]) -> Result<(), Trouble> {
        if let Some(reply) = answer(header, packet) {
            let port = self.lookup(header.source).ok_or(Trouble::NoRoute)?;
            self.outgoing.push_back((port, reply));
        }
        Ok(())
    }

    fn forward(&mut self, header: Header, packet: Bytes, port: PortId, mtu: usize) {
        let mut packet = BytesMut::from(packet);
        packet.truncate(header.total_len);
        decrement_hop_limit(&mut packet);
        if packet.len() <= mtu {
            self.outgoing.push_back((port, packet.freeze()));
            return;
        }
        let pieces = fragment(&packet, mtu);
        self.outgoing.extend(pieces.into_iter().map(|piece| (port, piece)));
    }

    fn report(&mut self, trouble: Trouble, packet: &[u8]) {
        let Some(header) = Header::read(packet) else { return };
        let what = match trouble {
            Trouble::TimeExceeded => "time exceeded".into(),
            Trouble::TooBig(mtu) => format!("{} bytes are too big for {mtu}", header.total_len),
            Trouble::NoRoute => format!("no route to {}", header.destination),
        };
        self.notes.push_back(format!("dropped: {what}"));
        let family = |address: &&IpAddr| address.is_ipv4() == header.source.is_ipv4();
        let report = self.addresses.iter().find(family).and_then(|&from| trouble.report(from, packet));
        if let (Some(report), Some(port), false) = (report, self.lookup(header.source), self.silent) {
            self.outgoing.push_back((port, report));
        }
    }
}

impl Node for Router {
    fn receive(&mut self, _now: Instant, _port: PortId, packet: Bytes) {
        let kept = packet.clone();
        if let Err(trouble) = self.handle(packet) {
            self.report(trouble, &kept);
        }
    }

    fn poll_transmit(&mut self, _now: Instant) -> Option<(PortId, Bytes)> {
        self.outgoing.pop_front()
    }

    fn poll_note(&mut self) -> Option<String> {
        self.notes.pop_front()
    }

    fn attached(&mut self, port: PortId, mtu: usize) {
        self.mtus.resize(self.mtus.len().max(port.0 + 1), usize::MAX);
        if let Some(place) = self.mtus.get_mut(port.0) {
            *place = mtu;
        }
    }

    fn addresses(&self) -> Vec<IpAddr> {
        self.addresses.clone()
    }
}
