mod known;
mod value;

use std::borrow::Cow;

use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::item::{self, Form};
use super::order::Order;
use crate::rules::pcapng as rules;
pub(crate) use known::{COMMENT, Owner};
pub use value::OptionValue;

/// The longest value whose length fits into the option's 16 bits.
const LONGEST: usize = u16::MAX as usize;

const SECTION: &str = "pcapng, Options";

const FORM: Form = Form { code: "code", length: "length", end_has_length: &rules::OPTION_LENGTH };

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

impl<'a> Opt<'a> {
    /// Its code, whose meaning depends on the block.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// Its value.
    pub fn value(&self) -> OptionValue<'a> {
        self.value
    }

    /// `None` for the one that ends the list.
    fn decode(r: &mut Reader<'a, impl Trace>, order: Order, owner: Owner) -> Result<Option<Self>, WireError> {
        let (name, shape) = owner.ahead(r, order);
        r.group(name, SECTION, |r| {
            let value = |r: &mut Reader<'a, _>, code, len| {
                if shape.len().is_some_and(|fixed| fixed != len) {
                    return Err(r.invalid(FORM.length, &rules::OPTION_LENGTH));
                }
                Ok(Opt { code, value: shape.decode(r, order, len)? })
            };
            FORM.decode(r, order, |_| None, value)
        })
    }

    fn encode(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        FORM.encode(w, order, (self.code, self.value.len()), |w| self.value.encode(w, order));
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
                match Opt::decode(r, order, owner)? {
                    Some(option) => options.0.push(option),
                    None => break,
                }
            }
            Ok(options)
        })
    }

    /// The bytes that [`encode`](Self::encode) writes.
    pub(crate) fn encoded_len(&self) -> usize {
        let lens = self.0.iter().map(|option| item::encoded_len(option.value.len()));
        if self.0.is_empty() { 0 } else { lens.sum::<usize>() + item::encoded_len(0) }
    }

    pub(crate) fn encode(&self, w: &mut Writer<'_, impl Trace>, order: Order, owner: Owner) {
        if self.0.is_empty() {
            return;
        }
        w.group("options", SECTION, |w| {
            for option in &self.0 {
                w.group(owner.known(option.code).0, SECTION, |w| option.encode(w, order));
            }
            w.group(known::END, SECTION, |w| FORM.encode_end(w, order));
        });
    }
}

/// The longest beginning of `text` that is not longer than `most` bytes and ends between characters.
pub(crate) fn cut(text: &str, most: usize) -> &str {
    let mut ends = (0..=most.min(text.len())).rev();
    ends.find_map(|end| text.get(..end)).unwrap_or_default()
}
