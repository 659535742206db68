use std::collections::VecDeque;

/// What was handed over and is not acknowledged yet: a ring, so that bytes stay where they were put until they are dropped.
///
/// A segment wants its bytes in one piece. The few that lie around the end of the ring are joined in a place beside it.
#[derive(Clone, Debug, Default)]
pub(super) struct SendBuffer {
    ring: VecDeque<u8>,
    joined: Vec<u8>,
}

impl SendBuffer {
    pub(super) fn len(&self) -> usize {
        self.ring.len()
    }

    /// Adds bytes behind the last.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.ring.extend(bytes);
    }

    /// Drops the first `len` bytes, or all if there are no more.
    pub(super) fn drop_first(&mut self, len: usize) {
        self.ring.drain(..len.min(self.ring.len()));
    }

    /// `len` bytes from the byte `start` on; none if there are not so many.
    pub(super) fn piece(&mut self, start: usize, len: usize) -> &[u8] {
        let (front, back) = self.ring.as_slices();
        let end = start.saturating_add(len);
        if let Some(piece) = front.get(start..end) {
            return piece;
        }
        let Some(behind) = start.checked_sub(front.len()) else {
            self.joined.clear();
            self.joined.extend_from_slice(front.get(start..).unwrap_or_default());
            let Some(rest) = back.get(..end - front.len()) else { return &[] };
            self.joined.extend_from_slice(rest);
            return &self.joined;
        };
        back.get(behind..behind + len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_whole_wherever_the_ring_ends() {
        let numbers: Vec<u8> = (0..=255).collect();
        let mut buffer = SendBuffer::default();
        buffer.push(&numbers[..64]);
        let mut first = 0;
        while first + 64 < numbers.len() {
            for start in 0..64 {
                for len in 0..=64 - start {
                    let expected = &numbers[first + start..first + start + len];
                    assert_eq!(
                        buffer.piece(start, len),
                        expected,
                        "{len} bytes from {start}, {first} dropped"
                    );
                }
            }
            assert_eq!(buffer.piece(60, 5), [0; 0], "there are only four");
            buffer.drop_first(3);
            buffer.push(&numbers[first + 64..(first + 67).min(numbers.len())]);
            first += 3;
        }
        assert!(!buffer.joined.is_empty(), "no piece lay around the end");
    }

    #[test]
    fn more_than_there_is_cannot_be_dropped() {
        let mut buffer = SendBuffer::default();
        buffer.push(b"abc");
        buffer.drop_first(5);
        assert_eq!(buffer.len(), 0);
    }
}
