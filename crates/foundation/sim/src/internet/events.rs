use std::fmt;

use bytes::Bytes;
use wirelab_sansio::Instant;

use super::{ChannelId, Flows, NodeId, PortId};
use crate::Reason;

/// The number of a packet's passage over one link. The same packet has another one on the next link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransitId(pub(crate) usize);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub time: Instant,
    /// What.
    pub what: What,
}

/// What can happen in an [`Internet`](super::Internet).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A node handed a packet to a link.
    Sent(TransitId),
    /// The link made a second packet of the first one given here.
    Duplicated(TransitId, TransitId),
    /// The queue set "congestion experienced" in the packet (RFC 3168 §5).
    Marked(TransitId),
    /// The link flipped a bit of the packet.
    Corrupted(TransitId),
    /// The packet's last byte reached the node at the other end.
    Arrived(TransitId),
    /// The packet will never arrive.
    Dropped(TransitId, Reason),
    /// So many packets and bytes wait now at the beginning of this direction of a link.
    Queue(QueueSample),
    /// A remark of a node: a timeout, or why it did not pass a packet on.
    Note(NodeId, String),
}

/// The length of a queue at a moment when it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueSample {
    /// Whose queue it is.
    pub channel: ChannelId,
    /// How many packets wait.
    pub packets: usize,
    /// How many bytes.
    pub bytes: usize,
}

/// A packet as a capture at a node's port would see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// Whose port it is.
    pub node: NodeId,
    /// Which of the node's ports.
    pub port: PortId,
    /// The link's direction that the packet goes over.
    pub channel: ChannelId,
    /// Whether the node sent it; otherwise it has arrived there.
    pub outgoing: bool,
}

/// A packet on a link. Bytes are shared, not copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Transit {
    pub(crate) channel: ChannelId,
    pub(crate) sent: Bytes,
    /// If the link changed it on the way, what arrives.
    pub(crate) changed: Option<Bytes>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) from: (NodeId, PortId),
    pub(crate) to: (NodeId, PortId),
}

/// All that happened in an [`Internet`](super::Internet), in the order of time. Its `Display` has one line for each event.
///
/// Ladders, queue charts and captures are all drawn from it: [`Internet::ladder`](super::Internet::ladder),
/// [`queue`](Self::queue), [`packets`](Self::packets).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    pub(crate) names: Vec<String>,
    pub(crate) channels: Vec<Ends>,
    pub(crate) transits: Vec<Transit>,
    events: Vec<Event>,
    /// Whether nothing is written down.
    pub(crate) off: bool,
    numbers: usize,
}

impl Events {
    /// What happened so far.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.events.iter()
    }

    /// How many events were written down.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The name of a node.
    pub fn name(&self, node: NodeId) -> &str {
        self.names.get(node.0).map_or("?", String::as_str)
    }

    /// Every packet as captures at all ports would see it: once where it was sent and once where it arrived.
    pub fn packets(&self) -> impl Iterator<Item = (Instant, Captured, &Bytes)> {
        self.events.iter().filter_map(|event| {
            let (id, outgoing) = match event.what {
                What::Sent(id) => (id, true),
                What::Arrived(id) => (id, false),
                _ => return None,
            };
            let transit = self.transits.get(id.0)?;
            let ends = self.channels.get(transit.channel.0)?;
            let (node, port) = if outgoing { ends.from } else { ends.to };
            let bytes = if outgoing { &transit.sent } else { transit.received() };
            Some((event.time, Captured { node, port, channel: transit.channel, outgoing }, bytes))
        })
    }

    /// The packets that one node saw, sent and received, as `tcpdump` on it would.
    pub fn seen_by(&self, node: NodeId) -> impl Iterator<Item = (Instant, Captured, &Bytes)> {
        self.packets().filter(move |(_, at, _)| at.node == node)
    }

    /// How the queue at the beginning of one direction of a link grew and shrank. The packet that is leaving does
    /// not count. With [`steps`](crate::steps) it becomes a curve of a [`Chart`](crate::Chart).
    pub fn queue(&self, channel: ChannelId) -> impl Iterator<Item = (Instant, QueueSample)> {
        self.events.iter().filter_map(move |event| match event.what {
            What::Queue(sample) if sample.channel == channel => Some((event.time, sample)),
            _ => None,
        })
    }

    /// The remarks of one node.
    pub fn notes(&self, node: NodeId) -> impl Iterator<Item = (Instant, &str)> {
        self.events.iter().filter_map(move |event| match &event.what {
            What::Note(by, text) if *by == node => Some((event.time, text.as_str())),
            _ => None,
        })
    }

    /// How long each packet spent between being handed to this direction of a link and its arrival.
    pub fn delays(&self, channel: ChannelId) -> Vec<(Instant, std::time::Duration)> {
        let mut sent = std::collections::BTreeMap::new();
        let mut delays = Vec::new();
        for event in &self.events {
            match event.what {
                What::Sent(id) if self.is_on(id, channel) => {
                    sent.insert(id, event.time);
                }
                What::Arrived(id) => {
                    delays.extend(sent.remove(&id).map(|start| (event.time, event.time - start)));
                }
                _ => {}
            }
        }
        delays
    }

    fn is_on(&self, id: TransitId, channel: ChannelId) -> bool {
        self.transits.get(id.0).is_some_and(|transit| transit.channel == channel)
    }

    pub(crate) fn begin(&mut self, time: Instant, channel: ChannelId, packet: &Bytes) -> TransitId {
        let id = self.number(channel, packet);
        self.write(time, What::Sent(id));
        id
    }

    pub(crate) fn duplicate(
        &mut self,
        time: Instant,
        of: TransitId,
        channel: ChannelId,
        packet: &Bytes,
    ) -> TransitId {
        let id = self.number(channel, packet);
        self.write(time, What::Duplicated(of, id));
        id
    }

    fn number(&mut self, channel: ChannelId, packet: &Bytes) -> TransitId {
        let id = TransitId(self.numbers);
        self.numbers += 1;
        if !self.off {
            self.transits.push(Transit { channel, sent: packet.clone(), changed: None });
        }
        id
    }

    /// The link has changed a packet.
    pub(crate) fn change(&mut self, id: TransitId, packet: &Bytes) {
        if let Some(transit) = self.transits.get_mut(id.0)
            && transit.sent != packet
        {
            transit.changed = Some(packet.clone());
        }
    }

    pub(crate) fn write(&mut self, time: Instant, what: What) {
        if !self.off {
            self.events.push(Event { time, what });
        }
    }
}

impl Transit {
    pub(crate) fn received(&self) -> &Bytes {
        self.changed.as_ref().unwrap_or(&self.sent)
    }
}

impl fmt::Display for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flows = Flows::new();
        let mut labels: Vec<String> = Vec::with_capacity(self.transits.len());
        for Event { time, what } in &self.events {
            if let What::Sent(id) | What::Duplicated(_, id) = what {
                let sent = self.transits.get(id.0).map(|transit| &transit.sent[..]).unwrap_or_default();
                labels.push(flows.label(sent));
            }
            write!(f, "{time}  ")?;
            match what {
                What::Sent(id) => self.line(f, *id, "sent", &labels)?,
                What::Duplicated(_, id) => self.line(f, *id, "duplicated", &labels)?,
                What::Marked(id) => self.line(f, *id, "marked", &labels)?,
                What::Corrupted(id) => self.line(f, *id, "corrupted", &labels)?,
                What::Arrived(id) => self.line(f, *id, "arrived", &labels)?,
                What::Dropped(id, reason) => self.line(f, *id, &format!("dropped ({reason})"), &labels)?,
                What::Queue(sample) => {
                    let (from, to) = self.ends(sample.channel);
                    writeln!(f, "{from} > {to}  queue: {} packets, {} bytes", sample.packets, sample.bytes)?;
                }
                What::Note(node, text) => writeln!(f, "{}: {}", self.name(*node), text.escape_debug())?,
            }
        }
        Ok(())
    }
}

impl Events {
    fn line(&self, f: &mut fmt::Formatter<'_>, id: TransitId, verb: &str, labels: &[String]) -> fmt::Result {
        let Some(transit) = self.transits.get(id.0) else { return Ok(()) };
        let (from, to) = self.ends(transit.channel);
        let label = labels.get(id.0).map_or("?", String::as_str);
        writeln!(f, "{from} > {to}  {verb} {} bytes: {label}", transit.sent.len())
    }

    fn ends(&self, channel: ChannelId) -> (&str, &str) {
        self.channels.get(channel.0).map_or(("?", "?"), |ends| (self.name(ends.from.0), self.name(ends.to.0)))
    }
}
