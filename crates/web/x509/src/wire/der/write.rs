use bytes::BytesMut;
use wirelab_wire::{Encode, Off, Trace, Writer};

use super::Tag;

/// Writing DER elements with a [`Writer`], under the names that [`DerReader`](super::DerReader) gives them.
///
/// ```
/// use bytes::BytesMut;
/// use wirelab_wire::Writer;
/// use wirelab_x509::wire::der::{DerWriter, Tag};
///
/// let mut out = BytesMut::new();
/// Writer::new(&mut out).constructed(Tag::SEQUENCE, "outer", |w| w.boolean(true, "inner"));
/// assert_eq!(out[..], [0x30, 0x03, 0x01, 0x01, 0xff]);
/// ```
pub trait DerWriter<T: Trace> {
    /// Tag and length.
    fn header(&mut self, tag: Tag, len: usize);

    /// An element with an opaque value.
    fn primitive(&mut self, tag: Tag, value: &[u8], name: &'static str);

    /// As [`primitive`](Self::primitive), for characters.
    fn characters(&mut self, tag: Tag, value: &[u8], name: &'static str);

    /// An element whose value `body` writes. The length stands before the value and has no fixed size, so the body is
    /// written to a buffer of its own first; where a trace listens it then runs once more, for the names' places.
    fn constructed(&mut self, tag: Tag, name: &'static str, body: impl Fn(&mut Writer<'_, T>));

    /// A SEQUENCE.
    fn sequence(&mut self, name: &'static str, body: impl Fn(&mut Writer<'_, T>)) {
        self.constructed(Tag::SEQUENCE, name, body);
    }

    /// SEQUENCE OF or SET OF: `items` writes its elements.
    fn elements(&mut self, tag: Tag, name: &'static str, items: &impl Encode) {
        self.constructed(tag, name, |w| items.encode(w));
    }

    /// A BOOLEAN.
    fn boolean(&mut self, value: bool, name: &'static str);

    /// `BOOLEAN DEFAULT FALSE`: FALSE is not written.
    fn boolean_default_false(&mut self, value: bool, name: &'static str) {
        if value {
            self.boolean(value, name);
        }
    }
}

impl<T: Trace> DerWriter<T> for Writer<'_, T> {
    fn header(&mut self, tag: Tag, len: usize) {
        self.u8(tag.0, "tag");
        match len {
            0..=0x7f => self.u8(len as u8, "length"),
            0x80..=0xff => {
                self.u8(0x81, "length");
                self.u8(len as u8, "long length");
            }
            0x100..=0xffff => {
                self.u8(0x82, "length");
                self.u16(len as u16, "long length");
            }
            _ => {
                self.u8(0x83, "length");
                self.u24(len as u32, "long length");
            }
        }
    }

    fn primitive(&mut self, tag: Tag, value: &[u8], name: &'static str) {
        self.header(tag, value.len());
        self.bytes(value, name);
    }

    fn characters(&mut self, tag: Tag, value: &[u8], name: &'static str) {
        self.header(tag, value.len());
        self.text(value, name);
    }

    fn constructed(&mut self, tag: Tag, name: &'static str, body: impl Fn(&mut Writer<'_, T>)) {
        let mut value = BytesMut::new();
        body(&mut Writer::traced(&mut value, T::default()));
        self.header(tag, value.len());
        match self.is_traced() {
            true => self.group(name, "", |w| body(w)),
            false => self.bytes(&value, name),
        }
    }

    fn boolean(&mut self, value: bool, name: &'static str) {
        self.header(Tag::BOOLEAN, 1);
        self.u8(if value { 0xff } else { 0 }, name);
    }
}

/// What `body` writes, as bytes of their own.
pub(crate) fn to_vec(body: impl FnOnce(&mut Writer<'_, Off>)) -> Vec<u8> {
    let mut out = BytesMut::new();
    body(&mut Writer::new(&mut out));
    out.to_vec()
}
