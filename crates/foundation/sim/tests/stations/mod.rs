//! Nodes small enough to see through: one that answers, one that keeps what comes, one that sends at its own pace.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use wirelab_sansio::Instant;
use wirelab_sim::internet::{Header, Internet, Node, NodeId, PortId, build};

/// Keeps what comes; answers UDP with the same payload and pings with a reply, if it is told to.
pub(crate) struct Station {
    address: IpAddr,
    answers: bool,
    pub(crate) received: Vec<(Instant, Bytes)>,
    outgoing: VecDeque<Bytes>,
}

impl Station {
    pub(crate) fn new(address: &str) -> Self {
        let address = ip(address);
        Station { address, answers: false, received: Vec::new(), outgoing: VecDeque::new() }
    }

    pub(crate) fn answering(address: &str) -> Self {
        Station { answers: true, ..Station::new(address) }
    }

    pub(crate) fn send(&mut self, packet: Bytes) {
        self.outgoing.push_back(packet);
    }

    fn answer(&self, header: &Header, packet: &[u8]) -> Option<Bytes> {
        let payload = header.payload(packet);
        let (source, destination) = header.ports(packet)?;
        match (header.protocol, payload[0]) {
            (17, _) => {
                let (from, to) = ((header.destination, destination), (header.source, source));
                Some(build::udp(from.into(), to.into(), &payload[8..]))
            }
            (1, 8) | (58, 128) => {
                let sequence = u16::from_be_bytes([payload[6], payload[7]]);
                Some(build::echo_reply(header.destination, header.source, source, sequence, &payload[8..]))
            }
            _ => None,
        }
    }
}

impl Node for Station {
    fn receive(&mut self, now: Instant, _port: PortId, packet: Bytes) {
        if let Some(header) =
            Header::read(&packet).filter(|header| self.answers && header.destination == self.address)
        {
            let answer = self.answer(&header, &packet);
            self.outgoing.extend(answer);
        }
        self.received.push((now, packet));
    }

    fn poll_transmit(&mut self, _now: Instant) -> Option<(PortId, Bytes)> {
        self.outgoing.pop_front().map(|packet| (PortId(0), packet))
    }

    fn addresses(&self) -> Vec<IpAddr> {
        vec![self.address]
    }
}

pub(crate) const A: &str = "192.0.2.1";
pub(crate) const B: &str = "198.51.100.1";

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

pub(crate) fn socket(text: &str) -> SocketAddr {
    text.parse().expect("an address and a port")
}

pub(crate) fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub(crate) fn at_ms(n: u64) -> Instant {
    Instant::ZERO + ms(n)
}

pub(crate) fn ping(to: &str, sequence: u16) -> Bytes {
    build::echo_request(ip(A), ip(to), 7, sequence, b"0123456789")
}

/// A UDP packet from A to B whose whole length is this.
pub(crate) fn packet_of(len: usize) -> Bytes {
    build::udp(socket("192.0.2.1:5000"), socket("198.51.100.1:53"), &vec![0; len - 28])
}

pub(crate) fn send(internet: &mut Internet, from: NodeId, packet: Bytes) {
    internet.get_mut::<Station>(from).expect("a station").send(packet);
}

/// When packets arrived at a station, and their bytes.
pub(crate) fn received(internet: &Internet, at: NodeId) -> &[(Instant, Bytes)] {
    &internet.get::<Station>(at).expect("a station").received
}

/// What a station received, in words.
pub(crate) fn said(internet: &Internet, at: NodeId) -> Vec<String> {
    let mut flows = wirelab_sim::internet::Flows::new();
    received(internet, at).iter().map(|(_, packet)| flows.label(packet)).collect()
}

/// Plans UDP packets from A to B of 1000 bytes on the wire, one every `every`.
pub(crate) fn stream(internet: &mut Internet, from: NodeId, packets: u64, every: Duration) {
    for number in 0..packets {
        let at = Instant::ZERO + every * number as u32;
        internet.at(at, move |internet| send(internet, from, packet_of(1000)));
    }
}
