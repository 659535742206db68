use std::time::Duration;

use super::{CongestionState, TcpState};

/// The rest of the struct, in the machine's byte order. What is missing at its end is 0.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// A byte of which some bits are read, and how many are not.
    byte: u8,
    left: u32,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes, byte: 0, left: 0 }
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        self.left = 0;
        match self.rest.split_first_chunk() {
            Some((field, rest)) => {
                self.rest = rest;
                *field
            }
            None => {
                self.rest = &[];
                [0; N]
            }
        }
    }

    fn next_bits(&mut self) {
        if self.left == 0 {
            (self.byte, self.left) = (self.u8(), 8);
        }
    }

    /// A bit of a mask: the lowest first.
    pub(super) fn flag(&mut self) -> bool {
        self.next_bits();
        let bit = self.byte >> (8 - self.left) & 1;
        self.left -= 1;
        bit != 0
    }

    /// A bit-field of C, which begins at the low end of the byte where the machine is little-endian, else at
    /// the high end.
    fn bits(&mut self, width: u32) -> u8 {
        self.next_bits();
        let shift = if cfg!(target_endian = "little") { 8 - self.left } else { self.left - width };
        self.left -= width;
        self.byte >> shift & ((1 << width) - 1)
    }

    pub(super) fn bit(&mut self) -> bool {
        self.bits(1) != 0
    }

    pub(super) fn bits_2(&mut self) -> u8 {
        self.bits(2)
    }

    pub(super) fn bits_4(&mut self) -> u8 {
        self.bits(4)
    }

    pub(super) fn u8(&mut self) -> u8 {
        u8::from_ne_bytes(self.take())
    }

    pub(super) fn u16(&mut self) -> u16 {
        u16::from_ne_bytes(self.take())
    }

    pub(super) fn u32(&mut self) -> u32 {
        u32::from_ne_bytes(self.take())
    }

    pub(super) fn u64(&mut self) -> u64 {
        u64::from_ne_bytes(self.take())
    }

    pub(super) fn state(&mut self) -> TcpState {
        TcpState(self.u8())
    }

    pub(super) fn congestion_state(&mut self) -> CongestionState {
        CongestionState(self.u8())
    }

    pub(super) fn micros(&mut self) -> Duration {
        Duration::from_micros(self.u32().into())
    }

    pub(super) fn micros_64(&mut self) -> Duration {
        Duration::from_micros(self.u64())
    }

    pub(super) fn millis(&mut self) -> Duration {
        Duration::from_millis(self.u32().into())
    }
}
