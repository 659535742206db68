use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::time::Duration;

use wirelab_sansio::Instant;
use wirelab_tcpip::Flags;

use super::packet::{TCP, UDP};
use super::{Dependence, NatConfig};

/// An address and a port (or an ICMP identifier).
pub(crate) type Endpoint = (Ipv4Addr, u16);

/// What a mapping is found by from inside: the endpoint there, and as much of the one outside as the mapping depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    protocol: u8,
    internal: Endpoint,
    remote: (Option<Ipv4Addr>, Option<u16>),
}

/// An external port, and for whom it stands.
pub(crate) struct Mapping {
    key: Key,
    expires: Instant,
    /// To whom packets were sent through it: what filtering asks for.
    contacted: BTreeSet<Endpoint>,
    tcp: Progress,
}

/// As much of a TCP connection as decides on its timeout (RFC 5382 §5).
#[derive(Default)]
struct Progress {
    inside_spoke: bool,
    outside_spoke: bool,
    inside_ended: bool,
    outside_ended: bool,
    reset: bool,
}

impl Mapping {
    pub(crate) fn internal(&self) -> Endpoint {
        self.key.internal
    }

    /// RFC 4787 §5: whether a packet from there may come in.
    pub(crate) fn admits(&self, filtering: Dependence, remote: Endpoint) -> bool {
        match filtering {
            Dependence::Independent => true,
            Dependence::Address => self.contacted.iter().any(|&(address, _)| address == remote.0),
            Dependence::AddressAndPort => self.contacted.contains(&remote),
        }
    }

    /// RFC 4787 §4.3, REQ-6: packets from inside prolong a mapping. Those from outside do so only for TCP, where the ends
    /// keep each other honest: otherwise anybody could keep it open.
    pub(crate) fn used(&mut self, now: Instant, config: &NatConfig, flags: Option<Flags>, outbound: bool) {
        if let Some(flags) = flags {
            self.tcp.saw(flags, outbound);
        }
        if outbound || self.key.protocol == TCP {
            self.expires = now + self.lifetime(config);
        }
    }

    fn lifetime(&self, config: &NatConfig) -> Duration {
        let tcp = &self.tcp;
        let over = tcp.reset || (tcp.inside_ended && tcp.outside_ended);
        match self.key.protocol {
            UDP => config.udp_timeout,
            TCP if tcp.inside_spoke && tcp.outside_spoke && !over => config.tcp_established_timeout,
            TCP => config.tcp_transitory_timeout,
            _ => config.icmp_timeout,
        }
    }
}

impl Progress {
    fn saw(&mut self, flags: Flags, outbound: bool) {
        let acknowledges = flags.contains(Flags::ACK);
        let ends = flags.contains(Flags::FIN);
        let (spoke, ended) = if outbound {
            (&mut self.inside_spoke, &mut self.inside_ended)
        } else {
            (&mut self.outside_spoke, &mut self.outside_ended)
        };
        *spoke |= acknowledges;
        *ended |= ends;
        self.reset |= flags.contains(Flags::RST);
    }
}

/// All mappings, found from either side.
pub(crate) struct Table {
    by_key: BTreeMap<Key, u16>,
    by_port: BTreeMap<(u8, u16), Mapping>,
    next_port: u16,
}

/// Why there is no mapping for a packet from inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    Mappings,
    Ports,
    Contacts,
}

impl Table {
    pub(crate) fn new(first_port: u16) -> Self {
        Table { by_key: BTreeMap::new(), by_port: BTreeMap::new(), next_port: first_port }
    }

    pub(crate) fn len(&self) -> usize {
        self.by_port.len()
    }

    /// The mapping of an external port, if it has not expired.
    pub(crate) fn external(&mut self, now: Instant, protocol: u8, port: u16) -> Option<&mut Mapping> {
        let expired = self.by_port.get(&(protocol, port)).is_some_and(|mapping| mapping.expires <= now);
        if expired {
            self.remove((protocol, port));
        }
        self.by_port.get_mut(&(protocol, port))
    }

    /// The external port for a packet from inside, and its mapping; made if there is none.
    pub(crate) fn internal(
        &mut self,
        now: Instant,
        config: &NatConfig,
        protocol: u8,
        internal: Endpoint,
        remote: Endpoint,
    ) -> Result<(u16, &mut Mapping), Full> {
        let key = Key { protocol, internal, remote: config.mapping.of(remote) };
        let known = self.by_key.get(&key).copied();
        let port = match known.filter(|&port| self.external(now, protocol, port).is_some()) {
            Some(port) => port,
            None => self.create(now, config, key)?,
        };
        let mapping = self.by_port.get_mut(&(protocol, port)).ok_or(Full::Mappings)?;
        if mapping.contacted.len() >= config.most_contacts && !mapping.contacted.contains(&remote) {
            return Err(Full::Contacts);
        }
        mapping.contacted.insert(remote);
        Ok((port, mapping))
    }

    fn create(&mut self, now: Instant, config: &NatConfig, key: Key) -> Result<u16, Full> {
        if self.by_port.len() >= config.most_mappings {
            self.purge(now);
        }
        if self.by_port.len() >= config.most_mappings {
            return Err(Full::Mappings);
        }
        let port = self.free_port(now, config, key).ok_or(Full::Ports)?;
        let mapping = Mapping { key, expires: now, contacted: BTreeSet::new(), tcp: Progress::default() };
        // It lives from its first packet on, which is just being translated.
        let mapping = Mapping { expires: now + mapping.lifetime(config), ..mapping };
        self.by_key.insert(key, port);
        self.by_port.insert((key.protocol, port), mapping);
        Ok(port)
    }

    /// RFC 4787 §4.2.1: the same port as inside, if that is wished and it is free; otherwise the next one.
    fn free_port(&mut self, now: Instant, config: &NatConfig, key: Key) -> Option<u16> {
        let (first, last) = config.ports;
        let own = key.internal.1;
        if config.preserve_ports && own > 0 && self.external(now, key.protocol, own).is_none() {
            return Some(own);
        }
        for _ in first..=last {
            let port = self.next_port.clamp(first, last);
            self.next_port = if port >= last { first } else { port + 1 };
            if self.external(now, key.protocol, port).is_none() {
                return Some(port);
            }
        }
        None
    }

    fn purge(&mut self, now: Instant) {
        let over = |mapping: &Mapping| mapping.expires <= now;
        let gone: Vec<(u8, u16)> = self.by_port.iter().filter(|(_, m)| over(m)).map(|(&at, _)| at).collect();
        gone.into_iter().for_each(|at| self.remove(at));
    }

    fn remove(&mut self, at: (u8, u16)) {
        if let Some(mapping) = self.by_port.remove(&at) {
            self.by_key.remove(&mapping.key);
        }
    }
}

impl Dependence {
    fn of(self, (address, port): Endpoint) -> (Option<Ipv4Addr>, Option<u16>) {
        match self {
            Dependence::Independent => (None, None),
            Dependence::Address => (Some(address), None),
            Dependence::AddressAndPort => (Some(address), Some(port)),
        }
    }
}
