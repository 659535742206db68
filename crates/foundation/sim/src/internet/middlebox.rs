use std::collections::VecDeque;

use bytes::Bytes;
use wirelab_sansio::Instant;

use super::{Node, PortId};

/// Something between two links that looks into packets, and changes or drops them as it likes (RFC 3234).
///
/// It has two ports; what comes in by one leaves by the other, unless its closure decides otherwise.
/// [`stock`](super::stock) has the ones that are met most often.
///
/// ```
/// use wirelab_sim::internet::{Middlebox, Verdict};
///
/// let no_large_packets = Middlebox::new(|_now, _heading, packet| {
///     if packet.len() > 576 { Verdict::Drop("large") } else { Verdict::Pass(packet) }
/// });
/// # let _ = no_large_packets;
/// ```
pub struct Middlebox {
    judge: Judge,
    outgoing: VecDeque<(PortId, Bytes)>,
    notes: VecDeque<String>,
}

type Judge = Box<dyn FnMut(Instant, Heading, Bytes) -> Verdict>;

/// Which way a packet goes through a [`Middlebox`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// It came in by port 0.
    Up,
    /// It came in by port 1.
    Down,
}

impl Heading {
    /// The other way.
    #[must_use]
    pub const fn back(self) -> Self {
        match self {
            Heading::Up => Heading::Down,
            Heading::Down => Heading::Up,
        }
    }

    const fn leaves_by(self) -> PortId {
        match self {
            Heading::Up => PortId(1),
            Heading::Down => PortId(0),
        }
    }
}

/// What becomes of a packet in a [`Middlebox`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This goes on in its place: the packet itself, or a changed one.
    Pass(Bytes),
    /// Nothing does, for this reason, which the log shows.
    Drop(&'static str),
    /// These packets are sent in its place, each its own way.
    Replace(Vec<(Heading, Bytes)>),
}

impl Middlebox {
    /// One that asks this closure about each packet.
    pub fn new(judge: impl FnMut(Instant, Heading, Bytes) -> Verdict + 'static) -> Self {
        Middlebox { judge: Box::new(judge), outgoing: VecDeque::new(), notes: VecDeque::new() }
    }
}

impl Node for Middlebox {
    fn receive(&mut self, now: Instant, port: PortId, packet: Bytes) {
        let heading = if port == PortId(0) { Heading::Up } else { Heading::Down };
        match (self.judge)(now, heading, packet) {
            Verdict::Pass(packet) => self.outgoing.push_back((heading.leaves_by(), packet)),
            Verdict::Drop(reason) => self.notes.push_back(format!("dropped: {reason}")),
            Verdict::Replace(packets) => {
                self.outgoing
                    .extend(packets.into_iter().map(|(heading, packet)| (heading.leaves_by(), packet)));
            }
        }
    }

    fn poll_transmit(&mut self, _now: Instant) -> Option<(PortId, Bytes)> {
        self.outgoing.pop_front()
    }

    fn poll_note(&mut self) -> Option<String> {
        self.notes.pop_front()
    }
}
