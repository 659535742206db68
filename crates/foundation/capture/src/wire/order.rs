use wirelab_wire::{Reader, Trace, WireError, Writer};

/// In which order the bytes of a section's numbers are: that of the machine which wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// The least significant byte first: what nearly every machine writes.
    #[default]
    Little,
    /// The most significant byte first: network byte order.
    Big,
}

impl Order {
    #[track_caller]
    pub(crate) fn u16(self, r: &mut Reader<'_, impl Trace>, name: &'static str) -> Result<u16, WireError> {
        match self {
            Order::Little => r.u16_le(name),
            Order::Big => r.u16(name),
        }
    }

    #[track_caller]
    pub(crate) fn u32(self, r: &mut Reader<'_, impl Trace>, name: &'static str) -> Result<u32, WireError> {
        match self {
            Order::Little => r.u32_le(name),
            Order::Big => r.u32(name),
        }
    }

    #[track_caller]
    pub(crate) fn u64(self, r: &mut Reader<'_, impl Trace>, name: &'static str) -> Result<u64, WireError> {
        match self {
            Order::Little => r.u64_le(name),
            Order::Big => r.u64(name),
        }
    }

    /// A timestamp: two numbers of 32 bits, the high one first in either order.
    #[track_caller]
    pub(crate) fn time(self, r: &mut Reader<'_, impl Trace>) -> Result<u64, WireError> {
        let high = self.u32(r, "timestamp (high)")?;
        let low = self.u32(r, "timestamp (low)")?;
        Ok(u64::from(high) << 32 | u64::from(low))
    }

    #[track_caller]
    pub(crate) fn put_u16(self, w: &mut Writer<'_, impl Trace>, value: u16, name: &'static str) {
        match self {
            Order::Little => w.u16_le(value, name),
            Order::Big => w.u16(value, name),
        }
    }

    #[track_caller]
    pub(crate) fn put_u32(self, w: &mut Writer<'_, impl Trace>, value: u32, name: &'static str) {
        match self {
            Order::Little => w.u32_le(value, name),
            Order::Big => w.u32(value, name),
        }
    }

    #[track_caller]
    pub(crate) fn put_u64(self, w: &mut Writer<'_, impl Trace>, value: u64, name: &'static str) {
        match self {
            Order::Little => w.u64_le(value, name),
            Order::Big => w.u64(value, name),
        }
    }

    #[track_caller]
    pub(crate) fn put_time(self, w: &mut Writer<'_, impl Trace>, time: u64) {
        self.put_u32(w, (time >> 32) as u32, "timestamp (high)");
        self.put_u32(w, time as u32, "timestamp (low)"); // the low half
    }
}

/// How many bytes bring `len` to a whole word of four.
pub(crate) fn padding(len: usize) -> usize {
    len.wrapping_neg() & 3
}

/// Data and the zeros that fill its last word.
#[track_caller]
pub(crate) fn padded<'a>(
    r: &mut Reader<'a, impl Trace>,
    len: usize,
    name: &'static str,
) -> Result<&'a [u8], WireError> {
    let bytes = r.bytes(len, name)?;
    skip_padding(r, len)?;
    Ok(bytes)
}

pub(crate) fn skip_padding(r: &mut Reader<'_, impl Trace>, len: usize) -> Result<(), WireError> {
    match padding(len) {
        0 => Ok(()),
        pad => r.bytes(pad, "padding").map(|_| ()),
    }
}

#[track_caller]
pub(crate) fn put_padded(w: &mut Writer<'_, impl Trace>, bytes: &[u8], name: &'static str) {
    w.bytes(bytes, name);
    put_padding(w, bytes.len());
}

pub(crate) fn put_padding(w: &mut Writer<'_, impl Trace>, len: usize) {
    if let Some(zeros @ [_, ..]) = [0; 3].get(..padding(len)) {
        w.bytes(zeros, "padding");
    }
}
