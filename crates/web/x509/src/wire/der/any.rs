use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::{DerReader, DerWriter, Tag};
use crate::rules;

/// An element of any type, its value left unread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Any<'a> {
    /// Its tag, of one byte.
    pub tag: Tag,
    /// Its value.
    pub value: &'a [u8],
}

impl<'a> Any<'a> {
    /// NULL.
    pub const NULL: Any<'static> = Any { tag: Tag::NULL, value: &[] };

    /// Reads one, called `name`.
    pub fn read(r: &mut Reader<'a, impl Trace>, name: &'static str) -> Result<Self, WireError> {
        let tag = Tag(r.u8("tag")?);
        if tag.is_long() {
            return Err(r.invalid(name, &rules::TAG_NUMBER));
        }
        r.note(|| tag.to_string());
        let len = r.length()?;
        let value = r.bytes(len, name)?;
        Ok(Any { tag, value })
    }

    /// Writes it, called `name`.
    pub fn write(self, w: &mut Writer<'_, impl Trace>, name: &'static str) {
        w.primitive(self.tag, self.value, name);
    }
}

impl<'a> Decode<'a> for Any<'a> {
    const NAME: &'static str = "element";
    const SECTION: &'static str = "X.690 §8.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        Any::read(r, "value")
    }
}

impl Encode for Any<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        self.write(w, "value");
    }
}
