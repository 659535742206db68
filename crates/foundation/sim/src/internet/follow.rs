use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

use wirelab_sansio::Instant;
use wirelab_tcpip::Segment;
use wirelab_wire::{Decode, Reader};

use super::events::{Ends, Transit, What};
use super::flows::{Flows, destination};
use super::packet::TCP;
use super::{Events, Header, NodeId, TransitId};
use crate::{Log, Reason, Side};

/// A moment, and the place in the log of what happened then: several things may happen at once.
#[derive(Clone, Copy, PartialEq, Eq)]
struct When {
    time: Instant,
    place: usize,
}

/// One packet that one of two nodes sent to the other, and what became of it.
struct Journey {
    from: Side,
    sent: When,
    first: TransitId,
    destination: Option<IpAddr>,
    end: End,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    UnderWay,
    /// It is at a node in between, since this time.
    Resting(When),
    Arrived(When),
    Dropped(When, Reason),
}

/// What forwarders leave alone of a packet, by which it is recognised on the next link: the protocol, IPv4's
/// identification, and of TCP the numbers, flags and payload, of everything else the payload behind the ports and
/// checksum.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Mark {
    protocol: u8,
    identification: u16,
    numbers: [u32; 3],
    payload: Vec<u8>,
}

impl Mark {
    fn of(packet: &[u8]) -> Option<Mark> {
        let header = Header::read(packet)?;
        let payload = header.payload(packet);
        let (numbers, payload) = match Segment::decode(&mut Reader::whole(payload)) {
            Ok(segment) if header.protocol == TCP && header.fragment_offset == 0 => {
                let numbers =
                    [segment.sequence.0, segment.acknowledgment.0, u32::from(segment.flags.0 & 0x3f)];
                (numbers, segment.payload)
            }
            _ => ([header.fragment_offset as u32, 0, 0], payload.get(8..).unwrap_or(payload)),
        };
        let (protocol, identification) = (header.protocol, header.identification);
        Some(Mark { protocol, identification, numbers, payload: payload.to_vec() })
    }
}

/// Follows the packets of two nodes through the log.
struct Follower<'a> {
    events: &'a Events,
    ends: [NodeId; 2],
    journeys: Vec<Journey>,
    /// On which journey a passage over a link is.
    on: BTreeMap<TransitId, usize>,
    /// Journeys that rest at a node, by the node and the packet's mark.
    resting: BTreeMap<(NodeId, Mark), VecDeque<usize>>,
}

impl Follower<'_> {
    fn link(&self, id: TransitId) -> Option<(&Transit, &Ends)> {
        let transit = self.events.transits.get(id.0)?;
        Some((transit, self.events.channels.get(transit.channel.0)?))
    }

    fn side(&self, node: NodeId) -> Option<Side> {
        let [left, right] = self.ends;
        [(left, Side::Client), (right, Side::Server)]
            .into_iter()
            .find(|&(id, _)| id == node)
            .map(|(_, side)| side)
    }

    fn sent(&mut self, when: When, id: TransitId) {
        let Some((transit, ends)) = self.link(id) else { return };
        let (node, packet) = (ends.from.0, transit.sent.clone());
        if let Some(from) = self.side(node) {
            self.on.insert(id, self.journeys.len());
            let destination = destination(&packet);
            self.journeys.push(Journey { from, sent: when, first: id, destination, end: End::UnderWay });
        } else if let Some(mark) = Mark::of(&packet)
            && let Some(journey) = self.resting.get_mut(&(node, mark)).and_then(VecDeque::pop_front)
        {
            self.on.insert(id, journey);
            self.set(journey, End::UnderWay);
        }
    }

    fn arrived(&mut self, when: When, id: TransitId) {
        let Some((transit, ends)) = self.link(id) else { return };
        let (node, packet) = (ends.to.0, transit.received().clone());
        let Some(journey) = self.on.remove(&id) else { return };
        let from = self.journeys.get(journey).map(|journey| journey.from);
        if self.side(node).is_some_and(|side| from == Some(side.other())) {
            return self.set(journey, End::Arrived(when));
        }
        self.set(journey, End::Resting(when));
        if let Some(mark) = Mark::of(&packet) {
            self.resting.entry((node, mark)).or_default().push_back(journey);
        }
    }

    /// The first copy to arrive is the one that counts.
    fn set(&mut self, journey: usize, end: End) {
        if let Some(journey) = self.journeys.get_mut(journey)
            && !matches!(journey.end, End::Arrived(_))
        {
            journey.end = end;
        }
    }

    fn follow(&mut self) {
        let events = self.events;
        for (place, event) in events.iter().enumerate() {
            let when = When { time: event.time, place };
            match event.what {
                What::Sent(id) => self.sent(when, id),
                What::Arrived(id) => self.arrived(when, id),
                What::Dropped(id, reason) => {
                    if let Some(journey) = self.on.remove(&id) {
                        self.set(journey, End::Dropped(when, reason));
                    }
                }
                _ => {}
            }
        }
    }
}

impl Events {
    /// The conversation of two nodes, each with its addresses: packets of others, and to others, are left out.
    pub(crate) fn between(&self, left: (NodeId, &[IpAddr]), right: (NodeId, &[IpAddr])) -> Log {
        let mut follower = Follower {
            events: self,
            ends: [left.0, right.0],
            journeys: Vec::new(),
            on: BTreeMap::new(),
            resting: BTreeMap::new(),
        };
        follower.follow();
        let journeys = meant(follower.journeys, left.1, right.1);
        self.draw(&journeys, left.0, right.0)
    }

    fn draw(&self, journeys: &[Journey], left: NodeId, right: NodeId) -> Log {
        let mut log = Log::new(self.name(left), self.name(right));
        let (mut flows, mut numbers) = (Flows::new(), BTreeMap::new());
        for (When { time, .. }, moment) in moments(self, journeys, left, right) {
            match moment {
                Moment::Sent(index, journey) => {
                    let transit = self.transits.get(journey.first.0);
                    let packet = transit.map(|transit| &transit.sent[..]).unwrap_or_default();
                    let number = log.sent(time, journey.from, packet.len(), flows.label(packet));
                    numbers.insert(index, number);
                }
                Moment::Over(index, journey) => {
                    let Some(&number) = numbers.get(&index) else { continue };
                    match journey.end {
                        End::Dropped(_, reason) => log.dropped(time, number, reason),
                        End::Resting(_) => log.dropped(time, number, Reason::NotForwarded),
                        End::Arrived(_) => log.arrived(time, number),
                        End::UnderWay => {}
                    }
                }
                Moment::Note(side, text) => log.note(time, side, text),
            }
        }
        log
    }
}

/// Those journeys that lead to the other node: the destination is one of its addresses, or one under which it was reached (a
/// translator's).
fn meant(journeys: Vec<Journey>, left: &[IpAddr], right: &[IpAddr]) -> Vec<Journey> {
    let arrived = journeys.iter().filter(|journey| matches!(journey.end, End::Arrived(_)));
    let mut reached: BTreeSet<(Side, IpAddr)> =
        arrived.filter_map(|journey| Some((journey.from, journey.destination?))).collect();
    reached.extend(right.iter().map(|&address| (Side::Client, address)));
    reached.extend(left.iter().map(|&address| (Side::Server, address)));
    let leads =
        |journey: &Journey| journey.destination.is_some_and(|to| reached.contains(&(journey.from, to)));
    journeys.into_iter().filter(leads).collect()
}

enum Moment<'a> {
    Sent(usize, &'a Journey),
    Over(usize, &'a Journey),
    Note(Side, &'a str),
}

/// All that a picture is drawn from, in the order of the log.
fn moments<'a>(
    events: &'a Events,
    journeys: &'a [Journey],
    left: NodeId,
    right: NodeId,
) -> Vec<(When, Moment<'a>)> {
    let mut moments = Vec::new();
    for (index, journey) in journeys.iter().enumerate() {
        moments.push((journey.sent, Moment::Sent(index, journey)));
        match journey.end {
            End::Arrived(when) | End::Dropped(when, _) | End::Resting(when) => {
                moments.push((when, Moment::Over(index, journey)));
            }
            End::UnderWay => {}
        }
    }
    for (place, event) in events.iter().enumerate() {
        let side =
            |node| if node == left { Some(Side::Client) } else { (node == right).then_some(Side::Server) };
        if let What::Note(node, text) = &event.what
            && let Some(side) = side(*node)
        {
            moments.push((When { time: event.time, place }, Moment::Note(side, text)));
        }
    }
    moments.sort_by_key(|(when, _)| when.place);
    moments
}
