use std::borrow::Cow;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::interface::{RESOLUTION, Resolution};
use super::order::{Order, padding, put_padding, skip_padding};
use super::packet::{Direction, FLAGS};
use crate::rules::pcapng as rules;

/// The longest value whose length fits into the option's 16 bits.
const LONGEST: usize = u16::MAX as usize;

const SECTION: &str = "pcapng, Options";

/// The options at the end of a block, in their order.
///
/// They are made by the methods of the blocks that they belong to; those that are not known here survive being read and
/// written.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────┬───────────────────────────────┐
/// │             code              │            length             │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │            value …            padding to a whole word         │
/// └───────────────────────────────────────────────────────────────┘
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options<'a>(Vec<Opt<'a>>);

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt<'a> {
    code: u16,
    value: OptionValue<'a>,
}

/// What an option holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionValue<'a> {
    /// Characters, in UTF-8 if the writer keeps to the draft.
    Text(&'a [u8]),
    /// A number of one byte.
    U8(u8),
    /// A number of four bytes.
    U32(u32),
    /// A number of eight bytes.
    U64(u64),
    /// A timestamp, in the interface's units.
    Time(u64),
    /// Anything else.
    Bytes(&'a [u8]),
}

/// The kind of value that a code demands.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    U8,
    U32,
    U64,
    Time,
    Bytes,
}

/// Whose options they are: the codes from 2 on mean other things in each kind of block.
#[derive(Clone, Copy)]
pub(crate) enum Owner {
    Section,
    Interface,
    Packet,
    Names,
    Statistics,
    Secrets,
}

pub(crate) const COMMENT: u16 = 1;

/// The name of an option in the draft, and the shape of its value.
fn known(owner: Owner, code: u16) -> (&'static str, Shape) {
    use Shape::{Bytes, Text, Time, U8, U32, U64};
    match (owner, code) {
        (_, COMMENT) => ("opt_comment", Text),
        (_, 2988 | 2989 | 19372 | 19373) => ("opt_custom", Bytes),
        (Owner::Section, 2) => ("shb_hardware", Text),
        (Owner::Section, 3) => ("shb_os", Text),
        (Owner::Section, 4) => ("shb_userappl", Text),
        (Owner::Interface, 2) => ("if_name", Text),
        (Owner::Interface, 3) => ("if_description", Text),
        (Owner::Interface, 4) => ("if_IPv4addr", Bytes),
        (Owner::Interface, 5) => ("if_IPv6addr", Bytes),
        (Owner::Interface, 6) => ("if_MACaddr", Bytes),
        (Owner::Interface, 7) => ("if_EUIaddr", Bytes),
        (Owner::Interface, 8) => ("if_speed", U64),
        (Owner::Interface, 9) => ("if_tsresol", U8),
        (Owner::Interface, 10) => ("if_tzone", U32),
        (Owner::Interface, 11) => ("if_filter", Bytes),
        (Owner::Interface, 12) => ("if_os", Text),
        (Owner::Interface, 13) => ("if_fcslen", U8),
        (Owner::Interface, 14) => ("if_tsoffset", U64),
        (Owner::Interface, 15) => ("if_hardware", Text),
        (Owner::Interface, 16) => ("if_txspeed", U64),
        (Owner::Interface, 17) => ("if_rxspeed", U64),
        (Owner::Packet, 2) => ("epb_flags", U32),
        (Owner::Packet, 3) => ("epb_hash", Bytes),
        (Owner::Packet, 4) => ("epb_dropcount", U64),
        (Owner::Packet, 5) => ("epb_packetid", U64),
        (Owner::Packet, 6) => ("epb_queue", U32),
        (Owner::Packet, 7) => ("epb_verdict", Bytes),
        (Owner::Names, 2) => ("ns_dnsname", Text),
        (Owner::Names, 3) => ("ns_dnsIP4addr", Bytes),
        (Owner::Names, 4) => ("ns_dnsIP6addr", Bytes),
        (Owner::Statistics, 2) => ("isb_starttime", Time),
        (Owner::Statistics, 3) => ("isb_endtime", Time),
        (Owner::Statistics, 4) => ("isb_ifrecv", U64),
        (Owner::Statistics, 5) => ("isb_ifdrop", U64),
        (Owner::Statistics, 6) => ("isb_filteraccept", U64),
        (Owner::Statistics, 7) => ("isb_osdrop", U64),
        (Owner::Statistics, 8) => ("isb_usrdeliv", U64),
        _ => ("unknown option", Bytes),
    }
}

impl<'a> Opt<'a> {
    /// Its code, whose meaning depends on the block.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Its value.
    pub fn value(&self) -> OptionValue<'a> {
        self.value
    }

    fn value_len(&self) -> usize {
        match self.value {
            OptionValue::Text(bytes) | OptionValue::Bytes(bytes) => bytes.len(),
            OptionValue::U8(_) => 1,
            OptionValue::U32(_) => 4,
            OptionValue::U64(_) | OptionValue::Time(_) => 8,
        }
    }
}

impl<'a> Options<'a> {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Opt<'a>> {
        self.0.iter()
    }

    /// What people wrote beside the block, one string for each comment. Bytes that are not UTF-8 are replaced.
    pub fn comments(&self) -> impl Iterator<Item = Cow<'a, str>> {
        let texts = self.0.iter().filter(|option| option.code == COMMENT).map(Opt::value);
        texts.filter_map(|value| match value {
            OptionValue::Text(text) => Some(String::from_utf8_lossy(text)),
            _ => None,
        })
    }

    pub(crate) fn push(&mut self, code: u16, value: OptionValue<'a>) {
        self.0.push(Opt { code, value });
    }

    /// Adds a text, as much of it as its length can count.
    pub(crate) fn push_text(&mut self, code: u16, text: &'a str) {
        self.push(code, OptionValue::Text(cut(text, LONGEST).as_bytes()));
    }

    /// The first value under this code.
    pub(crate) fn value(&self, code: u16) -> Option<OptionValue<'a>> {
        self.0.iter().find(|option| option.code == code).map(Opt::value)
    }

    pub(crate) fn text(&self, code: u16) -> Option<&'a [u8]> {
        match self.value(code)? {
            OptionValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Reads to the end of the body.
    pub(crate) fn decode(
        r: &mut Reader<'a, impl Trace>,
        order: Order,
        owner: Owner,
    ) -> Result<Options<'a>, WireError> {
        let mut options = Options::default();
        if r.remaining().is_empty() {
            return Ok(options);
        }
        r.group("options", SECTION, |r| {
            // The end is marked, and may be missing: then it is the end of the block.
            while !r.remaining().is_empty() {
                match decode_one(r, order, owner)? {
                    Some(option) => options.0.push(option),
                    None => break,
                }
            }
            Ok(options)
        })
    }

    /// The bytes that [`encode`](Self::encode) writes.
    pub(crate) fn encoded_len(&self) -> usize {
        let lens = self.0.iter().map(Opt::value_len).map(|len| 4 + len + padding(len));
        if self.0.is_empty() { 0 } else { lens.sum::<usize>() + 4 }
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_, impl Trace>, order: Order, owner: Owner) {
        if self.0.is_empty() {
            return;
        }
        w.group("options", SECTION, |w| {
            for option in &self.0 {
                w.group(known(owner, option.code).0, SECTION, |w| encode_one(option, w, order));
            }
            w.group("opt_endofopt", SECTION, |w| {
                order.put_u16(w, 0, "code");
                order.put_u16(w, 0, "length");
            });
        });
    }
}

/// The longest beginning of `text` that is not longer than `most` bytes and ends between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let mut ends = (0..=most.min(text.len())).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or_default()
}

/// `None` for the one that ends the list.
fn decode_one<'a>(
    r: &mut Reader<'a, impl Trace>,
    order: Order,
    owner: Owner,
) -> Result<Option<Opt<'a>>, WireError> {
    let next = r.remaining().first_chunk().map(|&bytes| match order {
        Order::Little => u16::from_le_bytes(bytes),
        Order::Big => u16::from_be_bytes(bytes),
    });
    let (name, shape) = match next {
        Some(0) => ("opt_endofopt", Shape::Bytes),
        Some(code) => known(owner, code),
        None => ("option", Shape::Bytes),
    };
    r.group(name, SECTION, |r| {
        let code = order.u16(r, "code")?;
        let len = usize::from(order.u16(r, "length")?);
        let wrong = match shape {
            _ if code == 0 => len != 0,
            Shape::Text | Shape::Bytes => false,
            Shape::U8 => len != 1,
            Shape::U32 => len != 4,
            Shape::U64 | Shape::Time => len != 8,
        };
        if wrong {
            return Err(r.invalid("length", &rules::OPTION_LENGTH));
        }
        if code == 0 {
            return Ok(None);
        }
        let value = match shape {
            Shape::Text => OptionValue::Text(r.text(len, "value")?),
            Shape::U8 => {
                let value = r.u8("value")?;
                if let (Owner::Interface, RESOLUTION) = (owner, code) {
                    r.note(|| format!("timestamps count {}", Resolution(value)));
                }
                OptionValue::U8(value)
            }
            Shape::U32 => {
                let value = order.u32(r, "value")?;
                if let (Owner::Packet, FLAGS) = (owner, code) {
                    r.note(|| format!("{:?}", Direction::of(value)).to_lowercase());
                }
                OptionValue::U32(value)
            }
            Shape::U64 => OptionValue::U64(order.u64(r, "value")?),
            Shape::Time => OptionValue::Time(order.time(r)?),
            Shape::Bytes => OptionValue::Bytes(r.bytes(len, "value")?),
        };
        skip_padding(r, len)?;
        Ok(Some(Opt { code, value }))
    })
}

fn encode_one(option: &Opt<'_>, w: &mut Writer<'_, impl Trace>, order: Order) {
    let len = option.value_len();
    order.put_u16(w, option.code, "code");
    order.put_u16(w, len as u16, "length"); // read from 16 bits, or cut to them
    match option.value {
        OptionValue::Text(text) => w.text(text, "value"),
        OptionValue::U8(value) => w.u8(value, "value"),
        OptionValue::U32(value) => order.put_u32(w, value, "value"),
        OptionValue::U64(value) => order.put_u64(w, value, "value"),
        OptionValue::Time(time) => order.put_time(w, time),
        OptionValue::Bytes(bytes) => w.bytes(bytes, "value"),
    }
    put_padding(w, len);
}
