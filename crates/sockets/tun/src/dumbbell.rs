use std::collections::VecDeque;
use std::net::IpAddr;

use bytes::{Bytes, BytesMut};
use wirelab_sansio::{Instant, PacketProtocol};
use wirelab_sim::Link;
use wirelab_tcpip::ip;

use crate::Channel;

/// Two senders, of which one is the kernel, a narrow link that both share, and a receiver behind it.
///
/// ```text
///   the kernel ─── device ═══╗        there ──▶  queue, rate, delay
///                            ╬══════════════════════════════════════ receiver
///   sender ══════════════════╝        ◀── back
/// ```
///
/// It is the network in which congestion controls are compared (the shape is called a dumbbell): what both send goes through one
/// queue in the order in which it comes, travels for the same time, and is acknowledged by the same host. All that differs between
/// the two connections is who sends.
///
/// Packets to the receiver go `there`, from the kernel and from `sender` alike; those of the receiver go `back`. `sender` and the
/// kernel do not see each other, and what the kernel sends to anybody but the receiver is dropped.
#[derive(Debug)]
pub struct Dumbbell<P> {
    sender: Station<P>,
    receiver: Station<P>,
    there: Channel,
    back: Channel,
    /// For the kernel.
    outgoing: VecDeque<Bytes>,
    /// For one packet of a station.
    packet: BytesMut,
}

#[derive(Debug)]
struct Station<P> {
    address: IpAddr,
    protocol: P,
}

impl<P: PacketProtocol> Station<P> {
    /// Puts all that it has to send into the channel. Whether there was anything.
    fn send_into(&mut self, now: Instant, channel: &mut Channel, packet: &mut BytesMut) -> bool {
        let mut any = false;
        while self.protocol.poll_transmit(now, packet) {
            channel.send(now, packet.split().freeze());
            any = true;
        }
        any
    }
}

impl<P: PacketProtocol> Dumbbell<P> {
    /// Each station with the address that packets to it have, and the links toward the receiver and from it.
    pub fn new(sender: (IpAddr, P), receiver: (IpAddr, P), there: Link, back: Link) -> Self {
        let station = |(address, protocol)| Station { address, protocol };
        Dumbbell {
            sender: station(sender),
            receiver: station(receiver),
            there: Channel::new(there, 1),
            back: Channel::new(back, 2),
            outgoing: VecDeque::new(),
            packet: BytesMut::new(),
        }
    }

    /// The sender that is not the kernel.
    pub fn sender(&self) -> &P {
        &self.sender.protocol
    }

    /// The same, to give it commands.
    pub fn sender_mut(&mut self) -> &mut P {
        &mut self.sender.protocol
    }

    /// The receiver of both.
    pub fn receiver(&self) -> &P {
        &self.receiver.protocol
    }

    /// The same, to give it commands.
    pub fn receiver_mut(&mut self) -> &mut P {
        &mut self.receiver.protocol
    }

    /// The shared link toward the receiver.
    pub fn there(&self) -> &Channel {
        &self.there
    }

    /// The link from the receiver.
    pub fn back(&self) -> &Channel {
        &self.back
    }

    /// Moves packets until nobody has one that is due.
    fn settle(&mut self, now: Instant) {
        loop {
            let mut moved = self.sender.send_into(now, &mut self.there, &mut self.packet);
            while let Some(packet) = self.there.arrived(now) {
                self.receiver.protocol.receive(now, &packet);
                moved = true;
            }
            moved |= self.receiver.send_into(now, &mut self.back, &mut self.packet);
            while let Some(packet) = self.back.arrived(now) {
                match destination(&packet) == Some(self.sender.address) {
                    true => self.sender.protocol.receive(now, &packet),
                    false => self.outgoing.push_back(packet),
                }
                moved = true;
            }
            if !moved {
                break;
            }
        }
    }
}

fn destination(packet: &[u8]) -> Option<IpAddr> {
    ip::Packet::parse(packet).ok().map(|packet| packet.destination)
}

impl<P: PacketProtocol> PacketProtocol for Dumbbell<P> {
    fn receive(&mut self, now: Instant, packet: &[u8]) {
        if destination(packet) == Some(self.receiver.address) {
            self.there.send(now, Bytes::copy_from_slice(packet));
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut BytesMut) -> bool {
        self.settle(now);
        let packet = self.outgoing.pop_front();
        out.extend_from_slice(packet.as_deref().unwrap_or_default());
        packet.is_some()
    }

    fn poll_timeout(&self) -> Option<(Instant, &'static str)> {
        let arrivals = [self.there.next(), self.back.next()].map(|at| at.map(|at| (at, "arrival")));
        let timers = [&self.sender, &self.receiver].map(|station| station.protocol.poll_timeout());
        arrivals.into_iter().chain(timers).flatten().min_by_key(|&(at, _)| at)
    }

    fn handle_timeout(&mut self, now: Instant) {
        for station in [&mut self.sender, &mut self.receiver] {
            if station.protocol.poll_timeout().is_some_and(|(at, _)| at <= now) {
                station.protocol.handle_timeout(now);
            }
        }
    }
}
