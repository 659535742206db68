use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::Instant;
use wirelab_tcpip::Flags;

use super::icmp::{Trouble, is_error};
use super::nat_table::{Endpoint, Full, Table};
use super::packet::{ICMP, TCP, UDP, decrement_hop_limit, replace};
use super::{Header, Node, PortId};

const INSIDE: PortId = PortId(0);
const OUTSIDE: PortId = PortId(1);

/// On how much of the other side's endpoint a translator's behaviour depends (RFC 4787 §4.1 and §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependence {
    /// On nothing.
    Independent,
    /// On its address.
    Address,
    /// On its address and port.
    AddressAndPort,
}

/// How a [`Nat`] behaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NatConfig {
    /// The address that all the hosts inside share outside.
    pub external: Ipv4Addr,
    /// When two packets from the same endpoint inside get the same port outside (RFC 4787 §4.1).
    pub mapping: Dependence,
    /// Whose packets come in through a mapping: anybody's, or those of whom something was sent to before (RFC 4787 §5).
    pub filtering: Dependence,
    /// The first and the last external port.
    pub ports: (u16, u16),
    /// Whether the external port is the internal one where that is free (RFC 4787 §4.2.1).
    pub preserve_ports: bool,
    /// Whether hosts inside reach each other by their outside endpoints (RFC 4787 §6).
    pub hairpinning: bool,
    /// How long a UDP mapping lives without a packet from inside (RFC 4787 §4.3, REQ-5: at least 2 minutes, better 5).
    pub udp_timeout: Duration,
    /// How long an established TCP connection may be silent (RFC 5382 §5, REQ-5: at least 2 hours 4 minutes).
    pub tcp_established_timeout: Duration,
    /// The same for one that is being opened or closed (RFC 5382 §5, REQ-5: at least 4 minutes).
    pub tcp_transitory_timeout: Duration,
    /// How long an ICMP echo may take (RFC 5508 §3.2, REQ-2: at least 60 s).
    pub icmp_timeout: Duration,
    /// How many mappings there may be.
    pub most_mappings: usize,
    /// How many endpoints outside one mapping remembers; packets to more are dropped.
    pub most_contacts: usize,
}

impl NatConfig {
    /// What the RFCs recommend: endpoint-independent mapping, address-dependent filtering, hairpinning, the timeouts
    /// named at the fields; ports from 1024 on, 10 000 mappings.
    pub const fn new(external: Ipv4Addr) -> Self {
        NatConfig {
            external,
            mapping: Dependence::Independent,
            filtering: Dependence::Address,
            ports: (1024, 65535),
            preserve_ports: false,
            hairpinning: true,
            udp_timeout: Duration::from_secs(300),
            tcp_established_timeout: Duration::from_secs(7440),
            tcp_transitory_timeout: Duration::from_secs(240),
            icmp_timeout: Duration::from_secs(60),
            most_mappings: 10_000,
            most_contacts: 1000,
        }
    }

    /// One that RFC 3489 §5 called "full cone": anybody may answer.
    pub const fn full_cone(external: Ipv4Addr) -> Self {
        NatConfig { filtering: Dependence::Independent, ..NatConfig::new(external) }
    }

    /// "Restricted cone": any port of an address that was sent to.
    pub const fn restricted_cone(external: Ipv4Addr) -> Self {
        NatConfig { filtering: Dependence::Address, ..NatConfig::new(external) }
    }

    /// "Port restricted cone": only endpoints that were sent to.
    pub const fn port_restricted_cone(external: Ipv4Addr) -> Self {
        NatConfig { filtering: Dependence::AddressAndPort, ..NatConfig::new(external) }
    }

    /// "Symmetric": a port of its own for every endpoint outside, and only that may answer.
    pub const fn symmetric(external: Ipv4Addr) -> Self {
        let filtering = Dependence::AddressAndPort;
        NatConfig { mapping: Dependence::AddressAndPort, filtering, ..NatConfig::new(external) }
    }
}

/// A translator of addresses and ports of IPv4, as in every home router: port 0 is inside, port 1 outside.
///
/// ```text
///   10.0.0.2:5000 ─┐                                    ┌─▶ 198.51.100.1:53
///                  ├─▶ [ 203.0.113.5:1024 ◀▶ 10.0.0.2:5000 ]
///   10.0.0.3:5000 ─┘   [ 203.0.113.5:1025 ◀▶ 10.0.0.3:5000 ]
///       inside                    mappings                    outside
/// ```
///
/// UDP, TCP and ICMP echoes are translated, and ICMP errors that come from outside about what was translated. Everything
/// else is dropped: other protocols, IPv6, fragments behind the first, ICMP errors from inside. Mappings end when their
/// time is over, at the next packet that meets them. Applications' addresses inside payloads are left alone.
pub struct Nat {
    config: NatConfig,
    table: Table,
    outgoing: VecDeque<(PortId, Bytes)>,
    notes: VecDeque<String>,
}

/// Why a packet does not go through.
type Refusal = &'static str;

impl Nat {
    /// One without mappings.
    pub fn new(config: NatConfig) -> Self {
        let table = Table::new(config.ports.0);
        Nat { config, table, outgoing: VecDeque::new(), notes: VecDeque::new() }
    }

    /// How many mappings there are; some of them may have expired without having been missed yet.
    pub fn mappings(&self) -> usize {
        self.table.len()
    }

    fn handle(&mut self, now: Instant, port: PortId, packet: Bytes) -> Result<(), Refusal> {
        let header = Header::read(&packet).filter(|header| header.is_sound(&packet));
        let header = header.ok_or("not a sound IP packet")?;
        if header.hop_limit <= 1 {
            let report = Trouble::TimeExceeded.report(self.config.external.into(), &packet);
            self.outgoing.extend(report.map(|report| (port, report)));
            return Err("time exceeded");
        }
        let mut packet = BytesMut::from(packet);
        decrement_hop_limit(&mut packet);
        let out = match port {
            INSIDE => self.outbound(now, &header, &mut packet)?,
            _ if is_error(&header, &packet) => self.error_from_outside(now, &header, &mut packet)?,
            _ => self.inbound(now, &header, &mut packet)?,
        };
        self.outgoing.push_back((out, packet.freeze()));
        Ok(())
    }

    fn outbound(&mut self, now: Instant, header: &Header, packet: &mut BytesMut) -> Result<PortId, Refusal> {
        let (internal, remote) = endpoints(header, packet)?;
        let config = &self.config;
        let mapped = self.table.internal(now, config, header.protocol, internal, remote);
        let (port, mapping) = mapped.map_err(|full| match full {
            Full::Mappings => "the table of mappings is full",
            Full::Ports => "no external port is free",
            Full::Contacts => "the mapping has too many contacts",
        })?;
        mapping.used(now, config, flags(header, packet), true);
        let external = self.config.external;
        rewrite(packet, header, Field::Source, (external, port));
        if remote.0 != external {
            return Ok(OUTSIDE);
        }
        if !self.config.hairpinning {
            return Err("no hairpinning");
        }
        // RFC 4787 §6, REQ-9 a: it comes back in with its outside endpoint as its source.
        let turned = Header::read(packet).ok_or("not an IP packet")?;
        self.inbound(now, &turned, packet)
    }

    fn inbound(&mut self, now: Instant, header: &Header, packet: &mut BytesMut) -> Result<PortId, Refusal> {
        let (remote, external) = endpoints(header, packet)?;
        if external.0 != self.config.external {
            return Err("for another address");
        }
        let mapping = self.table.external(now, header.protocol, external.1).ok_or("no mapping")?;
        if !mapping.admits(self.config.filtering, remote) {
            return Err("filtered");
        }
        mapping.used(now, &self.config, flags(header, packet), false);
        let internal = mapping.internal();
        rewrite(packet, header, Field::Destination, internal);
        Ok(INSIDE)
    }

    /// RFC 5508 §4.2: the packet that the error quotes was sent from an external endpoint. Both are translated back.
    fn error_from_outside(
        &mut self,
        now: Instant,
        header: &Header,
        packet: &mut BytesMut,
    ) -> Result<PortId, Refusal> {
        let quote_at = header.header_len + 8;
        let quote = packet.get(quote_at..).unwrap_or_default();
        let quoted = quoted_header(quote).ok_or("an error about what is no packet")?;
        let (external, _) = endpoints(&quoted, quote)?;
        let mapping = self.table.external(now, quoted.protocol, external.1).ok_or("no mapping")?;
        let internal = mapping.internal();
        if let Some(quote) = packet.get_mut(quote_at..header.total_len) {
            let before = quote.to_vec();
            rewrite(quote, &quoted, Field::Source, internal);
            let after = quote.to_vec();
            let even = before.len() & !1;
            let (before, after) = (before.get(..even), after.get(..even));
            super::packet::adjust(
                packet,
                header.header_len + 2,
                before.unwrap_or_default(),
                after.unwrap_or_default(),
            );
        }
        replace(packet, 16, &internal.0.octets(), &[10]);
        Ok(INSIDE)
    }
}

/// The header of a packet of which an error quotes only the beginning.
fn quoted_header(quote: &[u8]) -> Option<Header> {
    let mut whole = quote.to_vec();
    let total = usize::from(u16::from_be_bytes(*quote.get(2..4)?.first_chunk::<2>()?));
    whole.resize(whole.len().max(total), 0);
    Header::read(&whole)
}

/// Source and destination. An echo's identifier stands for both of its ports.
fn endpoints(header: &Header, packet: &[u8]) -> Result<(Endpoint, Endpoint), Refusal> {
    let (IpAddr::V4(source), IpAddr::V4(destination)) = (header.source, header.destination) else {
        return Err("not IPv4");
    };
    if header.fragment_offset > 0 {
        return Err("a fragment behind the first");
    }
    // A quote may end within the payload, but eight bytes of it are always there (RFC 792).
    let known = packet.get(header.header_len..).unwrap_or_default();
    let cut = Header { total_len: header.header_len + known.len(), ..*header };
    let (from, to) = cut.ports(packet).ok_or("a protocol without ports")?;
    Ok(((source, from), (destination, to)))
}

fn flags(header: &Header, packet: &[u8]) -> Option<Flags> {
    let byte = header.payload(packet).get(13).copied()?;
    (header.protocol == TCP).then_some(Flags(byte))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Source,
    Destination,
}

/// Puts another endpoint into a packet; all checksums follow.
fn rewrite(packet: &mut [u8], header: &Header, field: Field, (address, port): Endpoint) {
    let (address_at, port_at) = if field == Field::Source { (12, 0) } else { (16, 2) };
    let checksum = header.transport_checksum_at().filter(|&at| has_checksum(header, packet, at));
    let port_at = header.header_len + if header.protocol == ICMP { 4 } else { port_at };
    replace(packet, port_at, &port.to_be_bytes(), &Vec::from_iter(checksum));
    // ICMP's checksum does not cover the addresses (RFC 792).
    let over_addresses = checksum.filter(|_| header.protocol != ICMP);
    let checksums: Vec<usize> = [10].into_iter().chain(over_addresses).collect();
    replace(packet, address_at, &address.octets(), &checksums);
    if let (Some(at), UDP) = (checksum, header.protocol)
        && let Some(field @ [0, 0]) = packet.get_mut(at..at + 2)
    {
        field.fill(0xff); // RFC 768: zero would say that there is none
    }
}

/// Whether the sender computed one: UDP over IPv4 need not (RFC 768).
fn has_checksum(header: &Header, packet: &[u8], at: usize) -> bool {
    header.protocol != UDP || packet.get(at..at + 2).is_some_and(|field| field != [0, 0])
}

impl Node for Nat {
    fn receive(&mut self, now: Instant, port: PortId, packet: Bytes) {
        if let Err(why) = self.handle(now, port, packet) {
            self.notes.push_back(format!("dropped: {why}"));
        }
    }

    fn poll_transmit(&mut self, _now: Instant) -> Option<(PortId, Bytes)> {
        self.outgoing.pop_front()
    }

    fn poll_note(&mut self) -> Option<String> {
        self.notes.pop_front()
    }

    fn addresses(&self) -> Vec<IpAddr> {
        vec![self.config.external.into()]
    }
}
