//! Sets of bytes, and the search for the first byte outside of one.
//!
//! A text protocol spends its time looking for the end of things. The search takes sixteen bytes a step where the
//! processor can (SSE2, which every x86-64 has), and the table of 256 answers has the last word.

/// A set of byte values, such as the characters of a token.
///
/// ```
/// use wirelab_wire::ByteSet;
///
/// static HEX: ByteSet = ByteSet::of(&[(b'0', b'9'), (b'a', b'f'), (b'A', b'F')]);
/// assert!(HEX.contains(b'F'));
/// assert_eq!(HEX.span(b"1f40;name=value"), 4);
/// ```
#[derive(Debug)]
pub struct ByteSet {
    member: [bool; 256],
    /// The first three ranges, as (first, last - first): what is tested sixteen at a time.
    wide: [(u8, u8); 3],
}

impl ByteSet {
    /// The set of all bytes in these ranges, both ends included. List the ranges that most bytes fall into first: up to three
    /// of them are tested sixteen bytes at a time.
    pub const fn of(ranges: &[(u8, u8)]) -> Self {
        let mut member = [false; 256];
        let mut wide = [(ranges[0].0, ranges[0].1 - ranges[0].0); 3];
        let mut i = 0;
        while i < ranges.len() {
            let (first, last) = ranges[i];
            if i < wide.len() {
                wide[i] = (first, last - first);
            }
            let mut byte = first as usize;
            while byte <= last as usize {
                member[byte] = true;
                byte += 1;
            }
            i += 1;
        }
        ByteSet { member, wide }
    }

    /// Whether `byte` is in the set.
    #[inline]
    pub const fn contains(&self, byte: u8) -> bool {
        self.member[byte as usize]
    }

    /// How many bytes from the start of `bytes` on are in the set.
    #[inline]
    pub fn span(&self, bytes: &[u8]) -> usize {
        let mut at = 0;
        while let Some(block) = bytes.get(at..).and_then(|rest| rest.first_chunk::<16>()) {
            at += self.wide_span(block);
            match bytes.get(at) {
                // Either the block was full, or its odd byte is in one of the ranges that are not tested widely.
                Some(&byte) if self.contains(byte) => at += 1,
                _ => return at,
            }
        }
        at + bytes.get(at..).unwrap_or_default().iter().take_while(|&&byte| self.contains(byte)).count()
    }

    /// How many bytes from the start of `block` on are in one of the first three ranges.
    ///
    /// Plain arithmetic on sixteen bytes side by side, which the compiler turns into vector instructions (SSE2, NEON).
    #[inline]
    fn wide_span(&self, block: &[u8; 16]) -> usize {
        let [a, b, c] = self.wide;
        let outside = block.map(|byte| {
            let in_range = |(first, width): (u8, u8)| byte.wrapping_sub(first) <= width;
            if in_range(a) | in_range(b) | in_range(c) { 0 } else { 0xff }
        });
        (u128::from_le_bytes(outside).trailing_zeros() / 8) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSet;
    use proptest::prelude::*;

    static TOKEN: ByteSet =
        ByteSet::of(&[(b'a', b'z'), (b'A', b'Z'), (b'-', b'-'), (b'0', b'9'), (b'_', b'_'), (b'!', b'!')]);
    static TEXT: ByteSet = ByteSet::of(&[(b' ', b'~'), (0x80, 0xff), (b'\t', b'\t')]);

    proptest! {
        #[test]
        fn the_wide_search_agrees_with_the_table(bytes in proptest::collection::vec(any::<u8>(), 0..80), fill in 0..80usize) {
            let mut bytes = bytes;
            let fill = fill.min(bytes.len());
            bytes[..fill].fill(b'x');
            for set in [&TOKEN, &TEXT] {
                let slow = bytes.iter().take_while(|&&byte| set.contains(byte)).count();
                prop_assert_eq!(set.span(&bytes), slow);
            }
        }
    }

    #[test]
    fn every_byte_value_at_every_place_of_a_block_is_judged_alike() {
        for byte in 0..=255 {
            for place in 0..40 {
                let mut bytes = [b'q'; 40];
                bytes[place] = byte;
                let expected = if TEXT.contains(byte) { 40 } else { place };
                assert_eq!(TEXT.span(&bytes), expected, "byte {byte:#04x} at {place}");
            }
        }
    }
}
