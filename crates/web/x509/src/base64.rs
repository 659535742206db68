//! Base64 (RFC 4648 §4): three bytes as four characters of 64. The bits that a last group leaves over must be zero, so that
//! bytes have one text only (§3.5).

use zeroize::Zeroize;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends the base64 of `bytes`.
pub(crate) fn encode(bytes: &[u8], text: &mut String) {
    for group in bytes.chunks(3) {
        let word =
            group.iter().enumerate().fold(0u32, |word, (i, &byte)| word | u32::from(byte) << (16 - 8 * i));
        for place in 0..4 {
            let digit = (word >> (18 - 6 * place)) as usize & 63;
            match place <= group.len() {
                true => text.push(ALPHABET.get(digit).map_or('=', |&letter| letter.into())),
                false => text.push('='),
            }
        }
    }
}

/// Collects lines of base64. What it does not hand out is zeroed, for it may be a part of a key.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    bytes: Vec<u8>,
    word: u32,
    digits: u8,
    padding: u8,
}

impl Decoder {
    /// For text of this length in bytes: memory that need not grow leaves no copies behind.
    pub(crate) fn for_text(len: usize) -> Self {
        Decoder { bytes: Vec::with_capacity(len / 4 * 3 + 3), ..Decoder::default() }
    }

    /// Takes a line; false if a character does not belong there.
    pub(crate) fn line(&mut self, line: &[u8]) -> bool {
        line.iter().all(|&letter| matches!(letter, b' ' | b'\t') || self.letter(letter))
    }

    fn letter(&mut self, letter: u8) -> bool {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                self.padding += 1;
                return self.padding <= 2;
            }
            _ => return false,
        };
        if self.padding > 0 {
            return false;
        }
        self.word = self.word << 6 | u32::from(value);
        self.digits += 1;
        if self.digits == 4 {
            self.bytes.extend_from_slice(self.word.to_be_bytes().get(1..).unwrap_or_default());
            (self.word, self.digits) = (0, 0);
        }
        true
    }

    /// The bytes; `None` if the last group is not whole or has bits set that are left over.
    pub(crate) fn finish(mut self) -> Option<Vec<u8>> {
        match (self.digits, self.padding) {
            (0, 0) => {}
            (2, 2) if self.word & 0xf == 0 => self.bytes.push((self.word >> 4) as u8),
            (3, 1) if self.word & 0x3 == 0 => {
                self.bytes.push((self.word >> 10) as u8);
                self.bytes.push((self.word >> 2) as u8);
            }
            _ => return None,
        }
        Some(std::mem::take(&mut self.bytes))
    }
}

impl Drop for Decoder {
    fn drop(&mut self) {
        self.bytes.zeroize();
        self.word = 0;
    }
}
