use wirelab_wire::{Reader, Trace, WireError, Writer};

use super::option::{COMMENT, Options, Owner};
use super::order::Order;
use crate::rules::pcapng as rules;

const MAGIC: u32 = 0x1a2b_3c4d;
const APPLICATION: u16 = 4;

/// The Section Header Block: what a file begins with. A second one begins another section, with interfaces of its own.
///
/// ```text
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// ┌───────────────────────────────────────────────────────────────┐
/// │                    block type = 0a0d0d0a                      │
/// ├───────────────────────────────────────────────────────────────┤
/// │                      block total length                       │
/// ├───────────────────────────────────────────────────────────────┤
/// │                  byte-order magic = 1a2b3c4d                  │
/// ├───────────────────────────────┬───────────────────────────────┤
/// │         major version         │         minor version         │
/// ├───────────────────────────────┴───────────────────────────────┤
/// │                                                               │
/// │                        section length                         │
/// ├───────────────────────────────────────────────────────────────┤
/// │                            options …                          │
/// ├───────────────────────────────────────────────────────────────┤
/// │                      block total length                       │
/// └───────────────────────────────────────────────────────────────┘
/// ```
///
/// Its type is the same bytes in either order, and has CR and LF in it: a transfer as text, which changes line ends, breaks
/// the first four bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionHeader<'a> {
    /// The byte order of all numbers up to the next section.
    pub order: Order,
    /// 0 today; a larger one may bring blocks and options that can be skipped.
    pub minor_version: u16,
    /// How many bytes of blocks follow, if the writer knew: it has to go back for this.
    pub length: Option<u64>,
    /// What else it says.
    pub options: Options<'a>,
}

impl<'a> SectionHeader<'a> {
    /// The header of a section of unknown length.
    pub fn new(order: Order) -> Self {
        SectionHeader { order, minor_version: 0, length: None, options: Options::default() }
    }

    /// With the name of the program that writes (`shb_userappl`).
    #[must_use]
    pub fn with_application(mut self, name: &'a str) -> Self {
        self.options.push_text(APPLICATION, name);
        self
    }

    /// With a comment.
    #[must_use]
    pub fn with_comment(mut self, comment: &'a str) -> Self {
        self.options.push_text(COMMENT, comment);
        self
    }

    /// The order that the magic number tells, in the bytes that begin with the block's type.
    pub(crate) fn order_ahead(r: &Reader<'_, impl Trace>) -> Result<Order, WireError> {
        match r.remaining().get(8..12) {
            None => Err(r.short(12, "byte-order magic")),
            Some([0x4d, 0x3c, 0x2b, 0x1a]) => Ok(Order::Little),
            Some([0x1a, 0x2b, 0x3c, 0x4d]) => Ok(Order::Big),
            Some(_) => {
                let error = r.invalid_here("byte-order magic", &rules::BYTE_ORDER_MAGIC);
                Err(WireError { at: r.position() + 8, ..error })
            }
        }
    }

    pub(crate) fn decode_body(r: &mut Reader<'a, impl Trace>, order: Order) -> Result<Self, WireError> {
        order.u32(r, "byte-order magic")?;
        r.note(|| format!("{order:?}-endian").to_lowercase());
        if order.u16(r, "major version")? != 1 {
            return Err(r.invalid("major version", &rules::MAJOR_VERSION));
        }
        let minor_version = order.u16(r, "minor version")?;
        let length = match order.u64(r, "section length")? {
            u64::MAX => {
                r.note(|| "unknown: up to the next section, or the end of the file".to_owned());
                None
            }
            length => Some(length),
        };
        let options = Options::decode(r, order, Owner::Section)?;
        Ok(SectionHeader { order, minor_version, length, options })
    }

    pub(crate) fn body_len(&self) -> usize {
        16 + self.options.encoded_len()
    }

    pub(crate) fn encode_body(&self, w: &mut Writer<'_, impl Trace>) {
        let order = self.order;
        order.put_u32(w, MAGIC, "byte-order magic");
        order.put_u16(w, 1, "major version");
        order.put_u16(w, self.minor_version, "minor version");
        order.put_u64(w, self.length.unwrap_or(u64::MAX), "section length");
        self.options.encode(w, order, Owner::Section);
    }
}
