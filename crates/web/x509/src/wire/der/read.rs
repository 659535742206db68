use wirelab_wire::{Decode, Reader, Trace, WireError};

use super::{Elements, Tag};
use crate::rules;

/// Reading DER elements with a [`Reader`]. `name` is the name of the value's field.
///
/// ```
/// use wirelab_wire::Reader;
/// use wirelab_x509::wire::der::{DerReader, Tag};
///
/// let mut r = Reader::whole(&[0x30, 0x03, 0x04, 0x01, 0xff]);
/// let value = r.sequence("outer", |r| r.primitive(Tag::OCTET_STRING, "inner"))?;
/// assert_eq!(value, [0xff]);
/// # Ok::<(), wirelab_wire::WireError>(())
/// ```
pub trait DerReader<'a>: Sized {
    /// Tag and length of an element that must have this tag; gives the length of its value in bytes.
    fn header(&mut self, tag: Tag, name: &'static str) -> Result<usize, WireError>;

    /// A length (X.690 §10.1): definite, and in as few bytes as it takes.
    fn length(&mut self) -> Result<usize, WireError>;

    /// An element whose value is opaque here.
    fn primitive(&mut self, tag: Tag, name: &'static str) -> Result<&'a [u8], WireError>;

    /// As [`primitive`](Self::primitive), for characters.
    fn characters(&mut self, tag: Tag, name: &'static str) -> Result<&'a [u8], WireError>;

    /// An element whose value `body` reads to its end.
    fn constructed<R>(
        &mut self,
        tag: Tag,
        name: &'static str,
        body: impl FnOnce(&mut Self) -> Result<R, WireError>,
    ) -> Result<R, WireError>;

    /// A SEQUENCE.
    fn sequence<R>(
        &mut self,
        name: &'static str,
        body: impl FnOnce(&mut Self) -> Result<R, WireError>,
    ) -> Result<R, WireError> {
        self.constructed(Tag::SEQUENCE, name, body)
    }

    /// SEQUENCE OF or SET OF at least one `M`. Each is checked now, and read again when it is asked for.
    fn elements<M: Decode<'a>>(&mut self, tag: Tag, name: &'static str)
    -> Result<Elements<'a, M>, WireError>;

    /// A BOOLEAN: 0xff or 0 (X.690 §11.1).
    fn boolean(&mut self, name: &'static str) -> Result<bool, WireError>;

    /// `BOOLEAN DEFAULT FALSE`: DER writes it only where it is TRUE (X.690 §11.5).
    fn boolean_default_false(&mut self, name: &'static str) -> Result<bool, WireError>;

    /// Whether an element with this tag comes next.
    fn next_is(&self, tag: Tag) -> bool;

    /// An OPTIONAL element: read only if its tag comes next.
    fn optional<R>(
        &mut self,
        tag: Tag,
        body: impl FnOnce(&mut Self) -> Result<R, WireError>,
    ) -> Result<Option<R>, WireError> {
        match self.next_is(tag) {
            true => body(self).map(Some),
            false => Ok(None),
        }
    }
}

impl<'a, T: Trace> DerReader<'a> for Reader<'a, T> {
    #[track_caller]
    fn header(&mut self, tag: Tag, name: &'static str) -> Result<usize, WireError> {
        if self.u8("tag")? != tag.0 {
            return Err(self.invalid(name, &rules::TAG));
        }
        self.note(|| tag.to_string());
        self.length()
    }

    #[track_caller]
    fn length(&mut self) -> Result<usize, WireError> {
        let first = self.u8("length")?;
        let value = match first {
            0..=0x7f => return Ok(first.into()),
            0x80 => return Err(self.invalid("length", &rules::LENGTH_INDEFINITE)),
            0x81 => long_length(self, 1, |r| r.u8("long length").map(u32::from))?,
            0x82 => long_length(self, 2, |r| r.u16("long length").map(u32::from))?,
            0x83 => long_length(self, 3, |r| r.u24("long length"))?,
            _ => return Err(self.invalid("length", &rules::LENGTH_TOO_LONG)),
        };
        // X.690 §10.1: the fewest bytes that hold it.
        let least = match first {
            0x81 => 0x80,
            0x82 => 0x100,
            _ => 0x1_0000,
        };
        if value < least {
            return Err(self.invalid("length", &rules::LENGTH_NOT_MINIMAL));
        }
        Ok(value as usize)
    }

    #[track_caller]
    fn primitive(&mut self, tag: Tag, name: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.header(tag, name)?;
        self.bytes(len, name)
    }

    #[track_caller]
    fn characters(&mut self, tag: Tag, name: &'static str) -> Result<&'a [u8], WireError> {
        let len = self.header(tag, name)?;
        self.text(len, name)
    }

    #[track_caller]
    fn constructed<R>(
        &mut self,
        tag: Tag,
        name: &'static str,
        body: impl FnOnce(&mut Self) -> Result<R, WireError>,
    ) -> Result<R, WireError> {
        let len = self.header(tag, name)?;
        self.block(len, name, body)
    }

    #[track_caller]
    fn elements<M: Decode<'a>>(
        &mut self,
        tag: Tag,
        name: &'static str,
    ) -> Result<Elements<'a, M>, WireError> {
        self.constructed(tag, name, |r| {
            let bytes = r.remaining();
            if bytes.is_empty() {
                return Err(r.invalid_here(name, &rules::LIST_EMPTY));
            }
            while !r.remaining().is_empty() {
                M::decode(r)?;
            }
            Ok(Elements::checked(bytes))
        })
    }

    #[track_caller]
    fn boolean(&mut self, name: &'static str) -> Result<bool, WireError> {
        if self.header(Tag::BOOLEAN, name)? != 1 {
            return Err(self.invalid(name, &rules::BOOLEAN));
        }
        match self.u8(name)? {
            0xff => Ok(true),
            0 => Ok(false),
            _ => Err(self.invalid(name, &rules::BOOLEAN)),
        }
    }

    #[track_caller]
    fn boolean_default_false(&mut self, name: &'static str) -> Result<bool, WireError> {
        if !self.next_is(Tag::BOOLEAN) {
            return Ok(false);
        }
        match self.boolean(name)? {
            true => Ok(true),
            false => Err(self.invalid(name, &rules::DEFAULT_WRITTEN)),
        }
    }

    fn next_is(&self, tag: Tag) -> bool {
        self.peek() == Some(tag.0)
    }
}

fn long_length<'a, T: Trace>(
    r: &mut Reader<'a, T>,
    bytes: u8,
    read: impl FnOnce(&mut Reader<'a, T>) -> Result<u32, WireError>,
) -> Result<u32, WireError> {
    r.note(|| match bytes {
        1 => "long form: the next byte is the length".to_owned(),
        _ => format!("long form: the next {bytes} bytes are the length"),
    });
    read(r)
}
