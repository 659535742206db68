use std::net::SocketAddr;

use bytes::BytesMut;

use crate::world::World;
use crate::{Fate, Line, PacketId, Reason, Side};

/// One direction: where it comes from, and what it travels on.
pub(crate) struct Route {
    pub(crate) from: Side,
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) line: Line,
}

/// A datagram under way.
pub(crate) struct Datagram {
    pub(crate) from: Side,
    pub(crate) source: SocketAddr,
    pub(crate) payload: BytesMut,
    pub(crate) packet: PacketId,
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
