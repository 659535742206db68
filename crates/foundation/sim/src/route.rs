use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use bytes::BytesMut;

use crate::network::Direction;
use crate::world::World;
use crate::{Fate, Line, PacketId, Reason, Side};

const CLIENT: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 50_000));
const SERVER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(198, 51, 100, 1), 443));

/// One direction: where it comes from, and what it travels on.
pub struct Route {
    from: Side,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    line: Line,
}

/// A datagram under way.
pub struct Datagram {
    pub(crate) from: Side,
    pub(crate) source: SocketAddr,
    pub(crate) payload: BytesMut,
    pub(crate) packet: PacketId,
}

impl Direction for Route {
    type Transit = Datagram;

    fn new(from: Side, line: Line) -> Self {
        let (source, destination) = if from == Side::Client { (CLIENT, SERVER) } else { (SERVER, CLIENT) };
        Route { from, source, destination, line }
    }

    fn line(&mut self) -> &mut Line {
        &mut self.line
    }
}

impl Route {
    /// Sends the datagrams that one transmission holds.
    pub(crate) fn send_all(
        &mut self,
        mut bytes: BytesMut,
        to: SocketAddr,
        size: Option<usize>,
        world: &mut World<Datagram>,
    ) {
        let size = size.filter(|&size| size > 0).unwrap_or(bytes.len());
        while bytes.len() > size {
            self.send(bytes.split_to(size), to, world);
        }
        self.send(bytes, to, world); // an empty datagram is one, too
    }

    fn send(&mut self, payload: BytesMut, to: SocketAddr, world: &mut World<Datagram>) {
        let label = (world.label)(self.from, &payload);
        if to != self.destination {
            let now = world.now;
            let packet = world.log_mut().sent(now, self.from, payload.len(), label);
            world.log_mut().dropped(now, packet, Reason::NoRoute);
            return;
        }
        let (packet, fate) = world.send(&mut self.line, self.from, payload.len(), label);
        if let Fate::Arrives(at) = fate {
            let datagram = Datagram { from: self.from, source: self.source, payload, packet };
            world.under_way.enter(at, datagram);
        }
    }
}
