use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::rules::tcp as rules;
use crate::wire::Seq;

/// How many bytes of options a header has room for: the data offset's fifteen words, less the header's five.
const MOST: usize = 40;

const END_OF_LIST: u8 = 0;
const NO_OPERATION: u8 = 1;
const MAXIMUM_SEGMENT_SIZE: u8 = 2;
const WINDOW_SCALE: u8 = 3;
const SACK_PERMITTED: u8 = 4;
const SACK: u8 = 5;
const TIMESTAMPS: u8 = 8;

/// The options of a segment: their bytes, and what those that we know say.
///
/// They are built by the `push` methods, which leave out what does not fit into the 40 bytes, and padded with zeros to
/// whole words. Of an option that a peer sends twice, the last one counts.
///
/// ```
/// use wirelab_tcpip::Options;
///
/// let mut options = Options::new();
/// options.push_maximum_segment_size(1460);
/// options.push_window_scale(7);
/// assert_eq!(options.bytes(), [2, 4, 0x05, 0xb4, 3, 3, 7, 0]);
/// assert_eq!(options.window_scale(), Some(7));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    bytes: Bytes,
    known: Known,
}

/// Room for the longest options, and how much of it is used.
#[derive(Clone, Copy, Debug)]
struct Bytes {
    array: [u8; MOST],
    used: u8,
}

impl Default for Bytes {
    fn default() -> Self {
        Bytes { array: [0; MOST], used: 0 }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    maximum_segment_size: Option<u16>,
    window_scale: Option<u8>,
    sack_permitted: bool,
    sack: SackBlocks,
    timestamps: Option<Timestamps>,
}

/// The timestamps option (RFC 7323 §3): a number of the sender's clock, and the last one that it got from the other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timestamps {
    /// TSval: the sender's clock.
    pub value: u32,
    /// TSecr: the echo; valid where ACK is set.
    pub echo: u32,
}

/// Bytes that arrived while some before them are missing (RFC 2018 §3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SackBlock {
    /// The first byte.
    pub left: Seq,
    /// The byte behind the last.
    pub right: Seq,
}

/// Up to four [`SackBlock`]s, the most a header has room for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SackBlocks {
    blocks: [SackBlock; 4],
    len: u8,
}

impl SackBlocks {
    /// No block.
    pub const EMPTY: SackBlocks =
        SackBlocks { blocks: [SackBlock { left: Seq(0), right: Seq(0) }; 4], len: 0 };

    /// Adds a block; a fifth is left out.
    pub fn push(&mut self, block: SackBlock) {
        if let Some(place) = self.blocks.get_mut(usize::from(self.len)) {
            *place = block;
            self.len += 1;
        }
    }

    /// The blocks in their order.
    pub fn as_slice(&self) -> &[SackBlock] {
        self.blocks.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Options {
    /// No options.
    pub fn new() -> Self {
        Options::default()
    }

    /// The bytes as they are sent: a multiple of four.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.array.get(..self.padded_len()).unwrap_or_default()
    }

    fn padded_len(&self) -> usize {
        usize::from(self.bytes.used).next_multiple_of(4)
    }

    /// The largest segment that the sender of this SYN can take, in bytes of data (RFC 9293 §3.2).
    pub fn maximum_segment_size(&self) -> Option<u16> {
        self.known.maximum_segment_size
    }

    /// By how many bits the sender's windows are to be shifted (RFC 7323 §2), as sent: more than 14 means 14.
    pub fn window_scale(&self) -> Option<u8> {
        self.known.window_scale
    }

    /// Whether the sender of this SYN understands SACK (RFC 2018 §2).
    pub fn sack_permitted(&self) -> bool {
        self.known.sack_permitted
    }

    /// What arrived out of order at the sender.
    pub fn sack(&self) -> SackBlocks {
        self.known.sack
    }

    /// The sender's clock, and the echo of ours.
    pub fn timestamps(&self) -> Option<Timestamps> {
        self.known.timestamps
    }

    /// Adds the maximum segment size.
    pub fn push_maximum_segment_size(&mut self, size: u16) {
        let [high, low] = size.to_be_bytes();
        if self.push(&[MAXIMUM_SEGMENT_SIZE, 4, high, low]) {
            self.known.maximum_segment_size = Some(size);
        }
    }

    /// Adds the window scale.
    pub fn push_window_scale(&mut self, shift: u8) {
        if self.push(&[WINDOW_SCALE, 3, shift]) {
            self.known.window_scale = Some(shift);
        }
    }

    /// Adds "SACK permitted".
    pub fn push_sack_permitted(&mut self) {
        self.known.sack_permitted |= self.push(&[SACK_PERMITTED, 2]);
    }

    /// Adds timestamps.
    pub fn push_timestamps(&mut self, timestamps: Timestamps) {
        let mut bytes = [TIMESTAMPS, 10, 0, 0, 0, 0, 0, 0, 0, 0];
        let (_, numbers) = bytes.split_at_mut(2);
        let (value, echo) = numbers.split_at_mut(4);
        value.copy_from_slice(&timestamps.value.to_be_bytes());
        echo.copy_from_slice(&timestamps.echo.to_be_bytes());
        if self.push(&bytes) {
            self.known.timestamps = Some(timestamps);
        }
    }

    /// Adds as many of the blocks as there is room for, and nothing if that is none.
    pub fn push_sack(&mut self, blocks: &SackBlocks) {
        let room = (MOST - usize::from(self.bytes.used)).saturating_sub(2) / 8;
        let blocks = blocks.as_slice();
        let blocks = blocks.get(..room.min(blocks.len())).unwrap_or_default();
        if blocks.is_empty() {
            return;
        }
        self.push(&[SACK, 2 + 8 * blocks.len() as u8]); // at most four blocks
        for block in blocks {
            self.push(&block.left.0.to_be_bytes());
            self.push(&block.right.0.to_be_bytes());
            self.known.sack.push(*block);
        }
    }

    /// Adds a no-operation, which moves what follows to a better place.
    pub fn push_no_operation(&mut self) {
        self.push(&[NO_OPERATION]);
    }

    /// Appends the bytes if there is room.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let used = usize::from(self.bytes.used);
        let Some(place) = self.bytes.array.get_mut(used..used + bytes.len()) else { return false };
        place.copy_from_slice(bytes);
        self.bytes.used += bytes.len() as u8; // at most 40
        true
    }

    /// Reads `len` bytes of options.
    pub(crate) fn decode(r: &mut Reader<'_, impl Trace>, len: usize) -> Result<Options, WireError> {
        let mut options = Options::new();
        if let Some(bytes) = r.remaining().get(..len) {
            options.push(bytes); // at most 40, as the data offset has four bits
        }
        options.known = r.block(len, "options", known)?;
        Ok(options)
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        if !w.is_traced() {
            return w.bytes(self.bytes(), "options");
        }
        w.group("options", "RFC 9293 §3.1", |w| write_named(self.bytes(), w));
    }
}

impl PartialEq for Options {
    fn eq(&self, other: &Options) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Options {}

/// Reads options to the end of their block. The kinds of one byte first, then those with a length.
fn known<'a>(r: &mut Reader<'a, impl Trace>) -> Result<Known, WireError> {
    let mut known = Known::default();
    while let Some(kind) = r.peek() {
        match kind {
            END_OF_LIST => {
                r.u8("end of option list")?;
                // RFC 9293 §3.1: what follows is padding, and ignored.
                if r.peek().is_some() {
                    r.rest("padding");
                }
            }
            NO_OPERATION => {
                r.u8("no-operation")?;
            }
            MAXIMUM_SEGMENT_SIZE => r.group("maximum segment size", "RFC 9293 §3.2", |r| {
                head(r, |len| len == 4, &rules::OPTION_LENGTH_WRONG)?;
                known.maximum_segment_size = Some(r.u16("size")?);
                Ok(())
            })?,
            WINDOW_SCALE => r.group("window scale", "RFC 7323 §2.2", |r| {
                head(r, |len| len == 3, &rules::OPTION_LENGTH_WRONG)?;
                let shift = r.u8("shift")?;
                r.note(|| format!("windows count in units of {}", 1_u32 << shift.min(14)));
                known.window_scale = Some(shift);
                Ok(())
            })?,
            SACK_PERMITTED => r.group("SACK permitted", "RFC 2018 §2", |r| {
                head(r, |len| len == 2, &rules::OPTION_LENGTH_WRONG)?;
                known.sack_permitted = true;
                Ok(())
            })?,
            SACK => r.group("SACK", "RFC 2018 §3", |r| {
                let len = head(r, |len| matches!(len, 10 | 18 | 26 | 34), &rules::SACK_LENGTH_WRONG)?;
                known.sack = SackBlocks::EMPTY;
                for _ in 0..len / 8 {
                    let block =
                        SackBlock { left: Seq(r.u32("left edge")?), right: Seq(r.u32("right edge")?) };
                    known.sack.push(block);
                }
                Ok(())
            })?,
            TIMESTAMPS => r.group("timestamps", "RFC 7323 §3.2", |r| {
                head(r, |len| len == 10, &rules::OPTION_LENGTH_WRONG)?;
                known.timestamps = Some(Timestamps { value: r.u32("value")?, echo: r.u32("echo reply")? });
                Ok(())
            })?,
            _ => r.group("unknown option", "RFC 9293 §3.1", |r| {
                let len = head(r, |_| true, &rules::OPTION_LENGTH_WRONG)?;
                r.bytes(usize::from(len) - 2, "data")?;
                Ok(())
            })?,
        }
    }
    Ok(known)
}

/// Reads kind and length, and checks the length: 2 at least (RFC 9293 §3.1, MUST-7), and what the kind demands.
fn head(
    r: &mut Reader<'_, impl Trace>,
    fits: impl FnOnce(u8) -> bool,
    rule: &'static wirelab_wire::Rule,
) -> Result<u8, WireError> {
    r.u8("kind")?;
    let len = r.u8("length")?;
    if len < 2 {
        return Err(r.invalid("length", &rules::OPTION_LENGTH_BELOW_TWO));
    }
    if fits(len) { Ok(len) } else { Err(r.invalid("length", rule)) }
}

/// Writes options that were read or built here, each under the name by which it is read.
fn write_named(mut bytes: &[u8], w: &mut Writer<'_, impl Trace>) {
    while let &[kind, ref rest @ ..] = bytes {
        let len = match kind {
            END_OF_LIST => {
                w.u8(kind, "end of option list");
                if !rest.is_empty() {
                    w.bytes(rest, "padding");
                }
                return;
            }
            NO_OPERATION => {
                w.u8(kind, "no-operation");
                bytes = rest;
                continue;
            }
            _ => rest.first().map_or(bytes.len(), |&len| usize::from(len)),
        };
        let Some((option, behind)) = bytes.split_at_checked(len) else { return };
        let data = option.get(2..).unwrap_or_default();
        let (name, section) = match kind {
            MAXIMUM_SEGMENT_SIZE => ("maximum segment size", "RFC 9293 §3.2"),
            WINDOW_SCALE => ("window scale", "RFC 7323 §2.2"),
            SACK_PERMITTED => ("SACK permitted", "RFC 2018 §2"),
            SACK => ("SACK", "RFC 2018 §3"),
            TIMESTAMPS => ("timestamps", "RFC 7323 §3.2"),
            _ => ("unknown option", "RFC 9293 §3.1"),
        };
        w.group(name, section, |w| {
            w.u8(kind, "kind");
            w.u8(len as u8, "length"); // it was a u8
            write_data(kind, data, w);
        });
        bytes = behind;
    }
}

fn write_data(kind: u8, data: &[u8], w: &mut Writer<'_, impl Trace>) {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
    match kind {
        MAXIMUM_SEGMENT_SIZE => w.u16(number(data) as u16, "size"),
        WINDOW_SCALE => w.u8(number(data) as u8, "shift"),
        SACK_PERMITTED => {}
        SACK | TIMESTAMPS => {
            let names = if kind == SACK { ["left edge", "right edge"] } else { ["value", "echo reply"] };
            for (word, name) in data.chunks(4).zip(names.into_iter().cycle()) {
                w.u32(number(word), name);
            }
        }
        _ => w.bytes(data, "data"),
    }
}
