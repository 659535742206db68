use ring::aead::{LessSafeKey, Nonce, UnboundKey};

use crate::key_schedule::TrafficKeys;

/// The key of one direction, and the number of the next record under it.
pub(super) struct Direction {
    pub(super) key: LessSafeKey,
    iv: [u8; 12],
    /// `None` when all 2^64 numbers are used.
    sequence: Option<u64>,
}

impl Direction {
    #[allow(clippy::expect_used, reason = "the keys of a suite have the length that its AEAD wants")]
    pub(super) fn new(keys: &TrafficKeys) -> Self {
        let key = UnboundKey::new(keys.suite().aead(), keys.key()).expect("a key of the suite's length");
        Direction { key: LessSafeKey::new(key), iv: *keys.iv(), sequence: Some(0) }
    }

    pub(super) fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// The nonce of the next record (RFC 8446 §5.3): its number, as twelve bytes, combined with the iv bit by bit.
    pub(super) fn nonce(&self) -> Option<Nonce> {
        let number = u128::from(self.sequence?).to_be_bytes();
        let mut nonce = self.iv;
        nonce.iter_mut().rev().zip(number.iter().rev()).for_each(|(byte, number)| *byte ^= number);
        Some(Nonce::assume_unique_for_key(nonce))
    }

    /// To the next record. A number that was used never comes again.
    pub(super) fn advance(&mut self) {
        self.sequence = self.sequence.and_then(|sequence| sequence.checked_add(1));
    }

    #[cfg(test)]
    pub(super) fn jump(&mut self, sequence: u64) {
        self.sequence = Some(sequence);
    }
}
