use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use bytes::Bytes;
use wirelab_sansio::Instant;
use wirelab_wire::{Decode, Encode, Reader, Writer};

use super::listening::any_address;
use super::{Config, Event, Host, Misuse, UdpId, is_unicast};
use crate::ip;
use crate::ip::icmp::Problem;
use crate::wire::{Datagram, Protocol};

/// The bytes of a datagram before its payload.
const UDP_HEADER: usize = 8;

/// The UDP sockets of a host, by their addresses.
#[derive(Debug, Default)]
pub(super) struct UdpSockets {
    all: HashMap<UdpId, UdpSocket>,
    by_address: HashMap<SocketAddr, UdpId>,
}

#[derive(Debug)]
struct UdpSocket {
    local: SocketAddr,
    queue: VecDeque<(SocketAddr, Bytes)>,
    queued: usize,
}

impl UdpSockets {
    pub(super) fn for_address(&self, local: SocketAddr) -> Option<UdpId> {
        let any = || self.by_address.get(&any_address(local));
        self.by_address.get(&local).or_else(any).copied()
    }
}

fn cost(payload: &[u8]) -> usize {
    payload.len() + Config::DATAGRAM_OVERHEAD
}

impl Host {
    /// A socket for datagrams at an address of this host, or, with the unspecified address, at all of its family. Port 0 is
    /// any free ephemeral one.
    ///
    /// # Errors
    /// The address is not ours, or somebody has it.
    pub fn bind(&mut self, local: SocketAddr) -> Result<UdpId, Misuse> {
        if !local.ip().is_unspecified() && !self.addresses.contains(&local.ip()) {
            return Err(Misuse::NotOurs(local.ip()));
        }
        let mut local = local;
        let taken = &self.udp.by_address;
        if local.port() == 0 {
            let is_free = |port| !taken.contains_key(&SocketAddr::new(local.ip(), port));
            let port = self.ports.choose(local.ip(), local, is_free);
            local.set_port(port.ok_or(Misuse::PortsExhausted(local))?);
        }
        if taken.contains_key(&local) {
            return Err(Misuse::Taken(local));
        }
        let id = UdpId(self.new_id());
        self.udp.by_address.insert(local, id);
        self.udp.all.insert(id, UdpSocket { local, queue: VecDeque::new(), queued: 0 });
        Ok(id)
    }

    /// Where a socket is bound.
    pub fn udp_address(&self, id: UdpId) -> Option<SocketAddr> {
        self.udp.all.get(&id).map(|socket| socket.local)
    }

    /// Sends a datagram.
    ///
    /// # Errors
    /// It cannot be sent there, is too long, or too much waits to be sent already.
    pub fn send_to(&mut self, now: Instant, id: UdpId, to: SocketAddr, payload: &[u8]) -> Result<(), Misuse> {
        let local = self.udp.all.get(&id).ok_or(Misuse::NoSuchSocket)?.local;
        let source = if local.ip().is_unspecified() { self.source_for(to)? } else { local.ip() };
        if source.is_ipv4() != to.is_ipv4() || !is_unicast(to.ip()) || to.port() == 0 {
            return Err(Misuse::NotADestination(to));
        }
        let too_long = Misuse::TooLong(payload.len());
        let datagram = Datagram::new(local.port(), to.port(), payload).map_err(|_| too_long)?;
        let mut header = self.header(source, to.ip(), Protocol::UDP);
        let len = header.header_len() + UDP_HEADER + payload.len();
        if len > usize::from(self.paths.mtu(now, to.ip())) {
            // It has to be cut, and then routers may cut it further.
            header.dont_fragment = false;
            header.identification = self.next_identification(to.ip()) as u16;
        }
        let addresses = header.pseudo_header().ok_or(Misuse::NotADestination(to))?;
        let datagram = datagram.with_checksum(&addresses);
        if self.queue_packet(now, &header, |out| datagram.encode(&mut Writer::new(out))) {
            self.counters.UdpOutDatagrams += 1;
            return Ok(());
        }
        self.counters.UdpSndbufErrors += 1;
        Err(Misuse::QueueFull)
    }

    /// The datagram that has waited longest, and who sent it.
    pub fn receive_from(&mut self, id: UdpId) -> Option<(SocketAddr, Bytes)> {
        let socket = self.udp.all.get_mut(&id)?;
        let (from, payload) = socket.queue.pop_front()?;
        socket.queued = socket.queued.saturating_sub(cost(&payload));
        Some((from, payload))
    }

    /// Closes a UDP socket; what waits in its queue is lost.
    pub fn unbind(&mut self, id: UdpId) {
        if let Some(socket) = self.udp.all.remove(&id) {
            self.udp.by_address.remove(&socket.local);
        }
    }

    pub(super) fn datagram_arrives(&mut self, now: Instant, packet: &ip::Packet<'_>) {
        let Ok(datagram) = Datagram::decode(&mut Reader::whole(packet.payload)) else {
            self.counters.UdpInErrors += 1;
            return;
        };
        if datagram.check(&packet.pseudo_header()).is_err() {
            self.counters.UdpInCsumErrors += 1;
            self.counters.UdpInErrors += 1;
            return;
        }
        let local = SocketAddr::new(packet.destination, datagram.destination());
        let from = SocketAddr::new(packet.source, datagram.source());
        let Some(id) = self.udp.for_address(local) else {
            self.counters.UdpNoPorts += 1;
            return self.answer_with_error(now, packet, Problem::NoSuchPort);
        };
        let Some(socket) = self.udp.all.get_mut(&id) else { return };
        if socket.queued + cost(datagram.payload()) > self.config.udp_queue {
            self.counters.UdpRcvbufErrors += 1;
            self.counters.UdpInErrors += 1;
            return;
        }
        let was_empty = socket.queue.is_empty();
        socket.queued += cost(datagram.payload());
        socket.queue.push_back((from, Bytes::copy_from_slice(datagram.payload())));
        self.counters.UdpInDatagrams += 1;
        if was_empty {
            // One for each socket that was emptied: their number is bounded by the application itself.
            self.events.push_back(Event::Udp(id));
        }
    }
}
