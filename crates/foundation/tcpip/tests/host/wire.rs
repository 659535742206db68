//! Two hosts joined by a loop, and what tests do with their packets.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::BytesMut;
use wirelab_sansio::Instant;
use wirelab_tcpip::host::{self, Event, Host, ListenerId, SocketId};
use wirelab_tcpip::tcp::{self, Listen};
use wirelab_tcpip::{
    Flags, Icmp, IcmpMessage, Options, Protocol, PseudoHeader, Segment, Seq, Unreachable, ip,
};
use wirelab_wire::{Decode, Reader};

pub(crate) const CLIENT: [u8; 4] = [192, 0, 2, 1];
pub(crate) const SERVER: [u8; 4] = [192, 0, 2, 2];

/// A client and a server, and every packet between them, which takes a millisecond.
pub(crate) struct Wire {
    pub(crate) now: Instant,
    pub(crate) client: Host,
    pub(crate) server: Host,
    pub(crate) log: Vec<String>,
}

impl Wire {
    pub(crate) fn new() -> Wire {
        Wire::with(host::Config::default(), host::Config::default())
    }

    pub(crate) fn with(client: host::Config, server: host::Config) -> Wire {
        let mut client = Host::new(client, [1; 32]);
        let mut server = Host::new(server, [2; 32]);
        client.add_address(CLIENT.into());
        server.add_address(SERVER.into());
        client.add_address("2001:db8::1".parse().unwrap());
        server.add_address("2001:db8::2".parse().unwrap());
        Wire { now: Instant::ZERO + Duration::from_secs(1), client, server, log: Vec::new() }
    }

    /// Carries packets until neither host has one more; time passes only by their way.
    pub(crate) fn settle(&mut self) {
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
    pub(crate) fn pass(&mut self, time: Duration) {
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

    pub(crate) fn connect(&mut self, port: u16) -> SocketId {
        let to = SocketAddr::from((SERVER, port));
        self.client.connect(self.now, to, tcp::Config::default()).unwrap()
    }

    pub(crate) fn listen(&mut self, options: Listen) -> ListenerId {
        self.server.listen((SERVER, 80).into(), options).unwrap()
    }

    pub(crate) fn pair(&mut self) -> (SocketId, SocketId) {
        let listener = self.listen(Listen::default());
        let socket = self.connect(80);
        self.settle();
        let accepted = self.server.accept(listener).unwrap_or_else(|| panic!("{}", self.log.join("\n")));
        (socket, accepted)
    }

    /// A segment that the server gets from somebody who may be anybody.
    pub(crate) fn forge(&mut self, from: SocketAddr, segment: Segment<'_>) {
        let packet = segment_packet(from, (SERVER, 80).into(), segment);
        self.server.receive(self.now, &packet);
    }
}

pub(crate) fn describe(packet: &[u8]) -> String {
    let packet = ip::Packet::parse(packet).unwrap();
    match packet.protocol {
        Protocol::TCP => Segment::decode(&mut Reader::whole(packet.payload)).unwrap().to_string(),
        other => format!("{other} {}", packet.payload.len()),
    }
}

pub(crate) fn packet(
    from: IpAddr,
    to: IpAddr,
    protocol: Protocol,
    body: impl FnOnce(&mut BytesMut),
) -> BytesMut {
    let mut out = BytesMut::new();
    ip::write_packet(&mut out, &ip::Header::new(from, to, protocol), body).unwrap();
    out
}

pub(crate) fn segment_packet(from: SocketAddr, to: SocketAddr, segment: Segment<'_>) -> BytesMut {
    let segment = Segment { source: from.port(), destination: to.port(), ..segment };
    let addresses = PseudoHeader::between(from.ip(), to.ip()).unwrap();
    packet(from.ip(), to.ip(), Protocol::TCP, |out| segment.encode_between(&addresses, out))
}

pub(crate) fn events(host: &mut Host) -> Vec<Event> {
    std::iter::from_fn(|| host.poll_event()).collect()
}

/// What a host has to send now, as segments' texts.
pub(crate) fn said(host: &mut Host, now: Instant) -> Vec<String> {
    let mut out = BytesMut::new();
    std::iter::from_fn(|| {
        out.clear();
        host.poll_transmit(now, &mut out).then(|| describe(&out))
    })
    .collect()
}

pub(crate) fn syn(sequence: u32) -> Segment<'static> {
    let mut options = Options::new();
    options.push_maximum_segment_size(1460);
    Segment { sequence: Seq(sequence), flags: Flags::SYN, window: 65_535, options, ..Segment::default() }
}

pub(crate) fn stranger(number: u32) -> SocketAddr {
    SocketAddr::from(([198, 51, (number >> 16) as u8, (number >> 8) as u8], 1024 + (number & 0xff) as u16))
}

/// "Fragmentation needed", for an MTU of 1000.
pub(crate) fn too_large(original: &[u8]) -> BytesMut {
    let code = Unreachable::FRAGMENTATION_NEEDED;
    let body = Icmp::DestinationUnreachable { code, next_hop_mtu: 1000, original: &original[..28] };
    packet([203, 0, 113, 1].into(), CLIENT.into(), Protocol::ICMP, |out| {
        IcmpMessage::new(body).encode_with_checksum(out);
    })
}
