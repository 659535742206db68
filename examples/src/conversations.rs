use std::collections::BTreeMap;
use std::net::SocketAddr;

use wirelab::sansio::Instant;
use wirelab::sim::internet::Flows;
use wirelab::sim::{Ladder, Log, Side};
use wirelab::tcpip::{Datagram, Protocol, Segment, ip};
use wirelab::wire::{Decode, Reader};

/// Who speaks with whom in a capture, over TCP or UDP: a [`Log`] for each pair of addresses and ports.
///
/// A capture shows where a packet was at one moment, and so both ends of its arrow have the same time. The end that spoke first
/// stands on the left.
///
/// ```
/// use wirelab::sim::internet::build;
/// use wirelab_examples::Conversations;
///
/// let [a, b] = ["192.0.2.1:5000", "192.0.2.2:7"].map(|end| end.parse().unwrap());
/// let question = build::udp(a, b, b"question");
/// let answer = build::udp(b, a, b"answer");
/// let conversations = Conversations::of(vec![(2_000_000, &answer), (0, &question)]);
/// let ladder = conversations.ladders().next().ok_or("none")?.to_string();
/// assert!(ladder.contains("192.0.2.1:5000") && ladder.contains("2.000 ms"), "{ladder}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct Conversations {
    /// Each with the end that spoke first.
    logs: Vec<(SocketAddr, Log)>,
    /// Where the log of two ends is, the lesser end first.
    places: BTreeMap<[SocketAddr; 2], usize>,
    others: usize,
}

impl Conversations {
    /// Of IP packets with their times in nanoseconds. Each processor hands on what it has seen, so that packets in a file may
    /// come a little out of their order: they are sorted.
    pub fn of(mut packets: Vec<(u64, &[u8])>) -> Self {
        packets.sort_by_key(|(time, _)| *time);
        let began = packets.first().map_or(0, |(time, _)| *time);
        let (mut conversations, mut flows) = (Conversations::default(), Flows::new());
        for (time, packet) in packets {
            match ends(packet) {
                Some(ends) => {
                    let label = flows.label(packet);
                    conversations.add(Instant::from_nanos(time - began), ends, packet.len(), label);
                }
                None => conversations.others += 1,
            }
        }
        conversations
    }

    fn add(&mut self, time: Instant, [from, to]: [SocketAddr; 2], bytes: usize, label: String) {
        let place = *self.places.entry([from.min(to), from.max(to)]).or_insert(self.logs.len());
        if place == self.logs.len() {
            self.logs.push((from, Log::new(from.to_string(), to.to_string())));
        }
        if let Some((first, log)) = self.logs.get_mut(place) {
            let side = if *first == from { Side::Client } else { Side::Server };
            let sent = log.sent(time, side, bytes, label);
            log.arrived(time, sent);
        }
    }

    /// A picture of each, in the order of their first packets.
    pub fn ladders(&self) -> impl Iterator<Item = Ladder> {
        self.logs.iter().map(|(_, log)| Ladder::new(log))
    }

    /// How many packets are neither TCP nor UDP, or not whole.
    pub fn others(&self) -> usize {
        self.others
    }
}

/// Source and destination, of a packet that has ports.
fn ends(packet: &[u8]) -> Option<[SocketAddr; 2]> {
    let packet = ip::Packet::parse(packet).ok().filter(|packet| packet.fragment.is_none())?;
    let (source, destination) = match packet.protocol {
        Protocol::TCP => {
            let segment = Segment::decode(&mut Reader::whole(packet.payload)).ok()?;
            (segment.source, segment.destination)
        }
        Protocol::UDP => {
            let datagram = Datagram::decode(&mut Reader::whole(packet.payload)).ok()?;
            (datagram.source(), datagram.destination())
        }
        _ => return None,
    };
    Some([SocketAddr::new(packet.source, source), SocketAddr::new(packet.destination, destination)])
}
