//! The part of a run that is looked at: a window of events, as a picture and as a list.

use std::collections::BTreeMap;
use std::ops::Range;

use wirelab::sansio::Instant;
use wirelab::sim::{Kind, Ladder, Log, Reason, Side};

use super::parameters::SHOWN;
use super::run::Run;

/// A packet in the list below the ladder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it was sent.
    pub time: Instant,
    /// By whom.
    pub from: Side,
    /// Which one of its direction, from 1.
    pub number: u64,
    /// In a few words.
    pub label: String,
    /// Why it will not arrive, as far as that is known by the last event shown.
    pub dropped: Option<Reason>,
}

impl Run {
    /// Which events the ladder shows: some up to the one asked for.
    pub fn shown(&self) -> Range<usize> {
        let end = self.parameters.until.min(self.events());
        end.saturating_sub(SHOWN)..end
    }

    /// When the last event shown happened.
    pub fn moment(&self) -> Instant {
        let last = self.shown().end.checked_sub(1);
        last.and_then(|last| self.log.entries().get(last)).map_or(Instant::ZERO, |entry| entry.time)
    }

    /// The events shown, as a picture. What is not over by the last of them is under way.
    pub fn ladder(&self) -> Ladder {
        let shown = self.shown();
        let mut log = Log::new("client", "server");
        let mut numbers = BTreeMap::new();
        for entry in self.log.entries().get(shown).unwrap_or_default() {
            match entry.kind {
                Kind::Sent(packet) => {
                    let number = log.sent(entry.time, entry.from, entry.bytes, entry.label.as_str());
                    numbers.insert(packet, number);
                }
                Kind::Arrived(packet) => {
                    numbers.get(&packet).inspect(|&&number| log.arrived(entry.time, number));
                }
                Kind::Dropped(packet, why) => {
                    numbers.get(&packet).inspect(|&&number| log.dropped(entry.time, number, why));
                }
                Kind::Note => log.note(entry.time, entry.from, entry.label.as_str()),
            }
        }
        Ladder::new(&log)
    }

    /// The packets that were sent within the events shown.
    pub fn packets(&self) -> Vec<Packet> {
        let shown = self.shown();
        let (mut counts, mut packets) = ([0, 0], Vec::new());
        let mut fates = BTreeMap::new();
        for entry in self.log.entries().iter().take(shown.end) {
            if let Kind::Dropped(packet, why) = entry.kind {
                fates.insert(packet, why);
            }
        }
        for (place, entry) in self.log.entries().iter().enumerate().take(shown.end) {
            let Kind::Sent(packet) = entry.kind else { continue };
            let [ours, theirs] = &mut counts;
            let count = if entry.from == Side::Client { ours } else { theirs };
            *count += 1;
            if place >= shown.start {
                packets.push(Packet {
                    time: entry.time,
                    from: entry.from,
                    number: *count,
                    label: entry.label.clone(),
                    dropped: fates.get(&packet).copied(),
                });
            }
        }
        packets
    }

    /// Whether the visitor has dropped this packet by name.
    pub fn is_chosen(&self, packet: &Packet) -> bool {
        let parameters = &self.parameters;
        let drops = if packet.from == Side::Client { &parameters.drop } else { &parameters.drop_back };
        drops.contains(&packet.number)
    }
}
