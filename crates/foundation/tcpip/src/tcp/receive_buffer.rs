use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};

use crate::wire::{SackBlock, SackBlocks, Seq};

/// What has arrived: the bytes that can be read, and the stretches behind a gap.
///
/// Stretches are kept by the distance of their first byte from the start of the stream, so that the order of the map is the
/// order of the bytes, although sequence numbers go round.
#[derive(Clone, Debug)]
pub(crate) struct ReceiveBuffer {
    capacity: usize,
    most_gaps: usize,
    readable: BytesMut,
    /// The sequence number behind the last readable byte: RCV.NXT, as far as data goes.
    next: Seq,
    /// The place of `next` in the stream.
    offset: u64,
    early: BTreeMap<u64, BytesMut>,
    /// Where the stretches begin that grew last, the latest first (RFC 2018 §4).
    recent: VecDeque<u64>,
}

/// What became of a piece of data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inserted {
    /// How many bytes became readable.
    pub(crate) readable: usize,
    /// Whether there is, or was, a gap: the peer should know of it at once (RFC 5681 §4.2).
    pub(crate) gap: bool,
}

impl ReceiveBuffer {
    pub(crate) fn new(capacity: usize, most_gaps: usize, next: Seq) -> Self {
        let (readable, early, recent) = (BytesMut::new(), BTreeMap::new(), VecDeque::new());
        ReceiveBuffer { capacity, most_gaps, readable, next, offset: 0, early, recent }
    }

    pub(crate) fn next(&self) -> Seq {
        self.next
    }

    pub(crate) fn readable(&self) -> usize {
        self.readable.len()
    }

    /// How much more the application's side has room for. Stretches behind a gap lie inside it.
    pub(crate) fn room(&self) -> usize {
        self.capacity.saturating_sub(self.readable.len())
    }

    pub(crate) fn has_gap(&self) -> bool {
        !self.early.is_empty()
    }

    /// Takes what is new of `data`, which begins at `seq`, and lies within the window.
    pub(crate) fn insert(&mut self, seq: Seq, data: &[u8]) -> Inserted {
        let had_gap = self.has_gap();
        let known = self.next.since(seq) as usize;
        let Some(new) = data.get(known..).filter(|new| !new.is_empty()) else { return Inserted::default() };
        let ahead = seq.since(self.next) as usize;
        // What lies outside the room was not offered.
        let new = new.get(..new.len().min(self.room().saturating_sub(ahead))).unwrap_or_default();
        if ahead > 0 {
            self.keep_early(self.offset + ahead as u64, new);
            return Inserted { readable: 0, gap: true };
        }
        let before = self.readable.len();
        self.append(new);
        self.join();
        Inserted { readable: self.readable.len() - before, gap: had_gap }
    }

    /// Which of the `len` bytes from `seq` on are here already: those before the first that is not, or none.
    pub(crate) fn duplicate(&self, seq: Seq, len: u32) -> Option<SackBlock> {
        let end = seq + len;
        let until = if seq < self.next {
            self.next
        } else {
            let start = self.offset + u64::from(seq.since(self.next));
            let (&before, held) = self.early.range(..=start).next_back()?;
            seq + (before + held.len() as u64).saturating_sub(start).min(len.into()) as u32
        };
        let right = until.min(end);
        (seq < right).then_some(SackBlock { left: seq, right })
    }

    fn append(&mut self, data: &[u8]) {
        self.readable.extend_from_slice(data);
        self.next += data.len() as u32; // at most a window, below 2^30
        self.offset += data.len() as u64;
    }

    /// Moves what no gap precedes any more to the readable bytes.
    fn join(&mut self) {
        while let Some(entry) = self.early.first_entry() {
            if *entry.key() > self.offset {
                return;
            }
            let (start, stretch) = entry.remove_entry();
            self.recent.retain(|&recent| recent != start);
            let known = (self.offset - start) as usize;
            if let Some(new) = stretch.get(known..) {
                let new = BytesMut::from(new);
                self.append(&new);
            }
        }
    }

    /// Keeps data behind a gap, joined with the stretches that it touches. Bytes that are there already stay: a peer that
    /// sends different bytes for the same numbers does not change its mind here.
    fn keep_early(&mut self, mut start: u64, mut data: &[u8]) {
        let mut stretch = BytesMut::new();
        if let Some((&before, held)) = self.early.range_mut(..=start).next_back() {
            let end = before + held.len() as u64;
            if end >= start {
                data = data.get((end - start) as usize..).unwrap_or_default();
                (start, stretch) = (before, std::mem::take(held));
            }
        }
        if stretch.is_empty() && self.early.len() >= self.most_gaps {
            return;
        }
        loop {
            let at = start + stretch.len() as u64;
            let following = self.early.range(at..).next().map(|(&next, _)| next);
            match following {
                Some(next) if next <= at + data.len() as u64 => {
                    let (fill, rest) = data.split_at((next - at) as usize);
                    let held = self.early.remove(&next).unwrap_or_default();
                    self.recent.retain(|&recent| recent != next);
                    stretch.extend_from_slice(fill);
                    stretch.extend_from_slice(&held);
                    data = rest.get(held.len()..).unwrap_or_default();
                }
                _ => break,
            }
        }
        stretch.extend_from_slice(data);
        self.early.insert(start, stretch);
        self.recent.retain(|&recent| recent != start);
        self.recent.push_front(start);
        self.recent.truncate(4);
    }

    /// The stretches behind gaps, the one that grew last first (RFC 2018 §4).
    pub(crate) fn sack_blocks(&self) -> SackBlocks {
        let mut blocks = SackBlocks::EMPTY;
        for &start in &self.recent {
            if let Some(stretch) = self.early.get(&start) {
                let left = self.next + (start - self.offset) as u32; // within a window
                blocks.push(SackBlock { left, right: left + stretch.len() as u32 });
            }
        }
        blocks
    }

    /// All that can be read, appended to `out`. An empty `out` is exchanged for it: nothing is copied, and what comes next has
    /// the memory that the reader is done with.
    pub(crate) fn read_into(&mut self, out: &mut BytesMut) -> usize {
        let len = self.readable.len();
        if len == 0 {
            return 0;
        }
        if out.is_empty() {
            std::mem::swap(&mut self.readable, out);
        } else {
            out.extend_from_slice(&self.readable);
            self.readable.clear();
        }
        len
    }

    /// At most `most` bytes.
    pub(crate) fn read(&mut self, most: usize) -> Bytes {
        self.readable.split_to(most.min(self.readable.len())).freeze()
    }

    /// The peer's FIN takes up a number, too.
    pub(crate) fn take_fin(&mut self) {
        self.next += 1;
        self.offset += 1;
        self.early.clear();
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer() -> ReceiveBuffer {
        ReceiveBuffer::new(100, 4, Seq(u32::MAX - 4))
    }

    #[test]
    fn data_in_order_is_readable_at_once_across_the_wrap_of_the_numbers() {
        let mut buffer = buffer();
        let next = buffer.next();
        assert_eq!(buffer.insert(next, b"0123456789"), Inserted { readable: 10, gap: false });
        assert_eq!(buffer.next(), Seq(5));
        assert_eq!(buffer.read(100), "0123456789");
    }

    #[test]
    fn stretches_are_joined_whatever_their_order_and_overlap() {
        let text = b"abcdefghijklmnopqrst";
        let pieces = [(12, 16), (4, 8), (6, 13), (15, 20), (2, 5), (0, 3)];
        let mut buffer = buffer();
        let start = buffer.next();
        for (from, to) in pieces {
            buffer.insert(start + from as u32, &text[from..to]);
        }
        assert_eq!(buffer.read(100), text[..]);
        assert!(!buffer.has_gap());
    }

    #[test]
    fn the_stretch_that_grew_last_is_reported_first() {
        let mut buffer = buffer();
        let start = buffer.next();
        buffer.insert(start + 10, b"x");
        buffer.insert(start + 20, b"y");
        buffer.insert(start + 11, b"z");
        let lefts: Vec<Seq> = buffer.sack_blocks().as_slice().iter().map(|block| block.left).collect();
        assert_eq!(lefts, [start + 10, start + 20], "RFC 2018 §4");
    }

    #[test]
    fn a_fifth_stretch_is_dropped_where_four_are_allowed() {
        let mut buffer = buffer();
        let start = buffer.next();
        for gap in 0..5 {
            buffer.insert(start + 2 + 2 * gap, b"x");
        }
        assert_eq!(buffer.early.len(), 4);
    }

    #[test]
    fn bytes_beyond_the_room_are_not_kept() {
        let mut buffer = buffer();
        let start = buffer.next();
        assert_eq!(buffer.insert(start, &[7; 150]).readable, 100);
        assert_eq!(buffer.insert(start + 100, b"x").readable, 0);
    }
}
