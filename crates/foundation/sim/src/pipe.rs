use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::network::Direction;
use crate::world::World;
use crate::{Fate, Line, Link, PacketId, Queue, RunError, Side};

/// How often a segment is sent before the sender gives up.
const MOST_ATTEMPTS: u32 = 16;
/// RFC 6298 §2.5: a retransmission timer may have an upper bound, of at least 60 s.
const LONGEST_RTO: Duration = Duration::from_secs(60);

/// One direction of a byte stream: numbered segments on a line that may lose them, put into order again
/// at the other end.
pub struct Pipe {
    line: Line,
    pub(crate) mss: usize,
    pub(crate) rto: Duration,
    pub(crate) window: usize,
    from: Side,
    sent: u64,
    expected: u64,
    /// Segments that arrived before one that was sent earlier.
    early: BTreeMap<u64, Segment>,
    unread: VecDeque<Bytes>,
    /// Bytes sent and not yet read by the other end.
    outstanding: usize,
    fin_sent: bool,
    fin_arrived: bool,
}

/// A piece of the stream, or its end.
pub struct Segment {
    number: u64,
    payload: Bytes,
    fin: bool,
    label: String,
    attempts: u32,
}

/// What a pair of pipes puts on its agenda.
pub enum Transit {
    Arrival(Side, Segment, PacketId),
    Retransmission(Side, Segment),
}

impl Direction for Pipe {
    type Transit = Transit;

    fn new(from: Side, line: Line) -> Self {
        Pipe {
            line,
            mss: 1460,
            rto: Duration::from_secs(1),
            window: 1 << 20,
            from,
            sent: 0,
            expected: 0,
            early: BTreeMap::new(),
            unread: VecDeque::new(),
            outstanding: 0,
            fin_sent: false,
            fin_arrived: false,
        }
    }

    fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    fn adapt(link: Link) -> Link {
        link.queue(Queue::Unlimited)
    }
}

impl Pipe {
    /// How many more bytes the sender may hand over before the receiver reads some.
    pub(crate) fn room(&self) -> usize {
        if self.fin_sent { 0 } else { self.window.saturating_sub(self.outstanding) }
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.fin_sent
    }

    /// Cuts bytes into segments and sends them.
    pub(crate) fn push(&mut self, bytes: BytesMut, world: &mut World<Transit>) -> Result<(), RunError> {
        let mut bytes = bytes.freeze();
        self.outstanding += bytes.len();
        while !bytes.is_empty() {
            let payload = bytes.split_to(self.mss.min(bytes.len()));
            let label = (world.label)(self.from, &payload);
            self.send_new(payload, false, label, world)?;
        }
        Ok(())
    }

    /// Ends this direction.
    pub(crate) fn finish(&mut self, world: &mut World<Transit>) -> Result<(), RunError> {
        self.fin_sent = true;
        self.send_new(Bytes::new(), true, "FIN".into(), world)
    }

    fn send_new(
        &mut self,
        payload: Bytes,
        fin: bool,
        label: String,
        world: &mut World<Transit>,
    ) -> Result<(), RunError> {
        let segment = Segment { number: self.sent, payload, fin, label, attempts: 0 };
        self.sent += 1;
        self.transmit(segment, world)
    }

    /// Sends a segment for the first time or again. The sender of this model knows of a loss at once, and yet
    /// waits for its timer, doubled at each attempt (RFC 6298 §5.5).
    pub(crate) fn transmit(
        &mut self,
        mut segment: Segment,
        world: &mut World<Transit>,
    ) -> Result<(), RunError> {
        let again = if segment.attempts > 0 { " (again)" } else { "" };
        let label = format!("{}{again}", segment.label);
        let (packet, fate) = world.send(&mut self.line, self.from, segment.payload.len(), label);
        match fate {
            Fate::Arrives(at) => world.under_way.enter(at, Transit::Arrival(self.from, segment, packet)),
            Fate::Dropped(_) => {
                let backoff = self.rto.saturating_mul(1 << segment.attempts);
                segment.attempts += 1;
                if segment.attempts == MOST_ATTEMPTS {
                    return Err(RunError::GaveUp { side: self.from, at: world.now, attempts: MOST_ATTEMPTS });
                }
                let again_at = world.now + backoff.min(LONGEST_RTO.max(self.rto));
                world.under_way.enter(again_at, Transit::Retransmission(self.from, segment));
            }
        }
        Ok(())
    }

    /// A segment has come out at the other end: it, and those that waited for it, can now be read.
    pub(crate) fn arrive(&mut self, segment: Segment) {
        self.early.insert(segment.number, segment);
        while let Some(next) = self.early.remove(&self.expected) {
            self.expected += 1;
            self.fin_arrived |= next.fin;
            if !next.payload.is_empty() {
                self.unread.push_back(next.payload);
            }
        }
    }

    /// The next piece that the receiver can read.
    pub(crate) fn read(&mut self) -> Option<Bytes> {
        let piece = self.unread.pop_front()?;
        self.outstanding -= piece.len();
        Some(piece)
    }

    /// Whether the receiver has read all there will ever be; `true` once.
    pub(crate) fn take_end(&mut self) -> bool {
        self.unread.is_empty() && std::mem::take(&mut self.fin_arrived)
    }
}
