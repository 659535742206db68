//! Code, length, value, padding: the form of options and of the records of names. A list of them ends with a code of 0.

use wirelab_wire::{Reader, Rule, Trace, WireError, Writer};

use super::order::{Order, padding, put_padding, skip_padding};

/// What is different between the two lists.
pub(crate) struct Form {
    /// What the first field is called.
    pub(crate) code: &'static str,
    /// And the second.
    pub(crate) length: &'static str,
    /// The end has no value.
    pub(crate) end_has_length: &'static Rule,
}

const END: u16 = 0;

impl Form {
    /// Reads one item, of which `value` reads the value and nothing else. `None` for the one that ends the list.
    pub(crate) fn decode<'a, T, R: Trace>(
        &self,
        r: &mut Reader<'a, R>,
        order: Order,
        note: impl FnOnce(u16) -> Option<&'static str>,
        value: impl FnOnce(&mut Reader<'a, R>, u16, usize) -> Result<T, WireError>,
    ) -> Result<Option<T>, WireError> {
        let code = order.u16(r, self.code)?;
        if let Some(note) = note(code) {
            r.note(|| note.to_owned());
        }
        let len = usize::from(order.u16(r, self.length)?);
        match (code, len) {
            (END, 0) => return Ok(None),
            (END, _) => return Err(r.invalid(self.length, self.end_has_length)),
            _ => {}
        }
        let value = value(r, code, len)?;
        skip_padding(r, len)?;
        Ok(Some(value))
    }

    /// Writes one item, of which `value` writes the `len` bytes of the value: no more than 16 bits can count.
    pub(crate) fn encode<T: Trace>(
        &self,
        w: &mut Writer<'_, T>,
        order: Order,
        (code, len): (u16, usize),
        value: impl FnOnce(&mut Writer<'_, T>),
    ) {
        order.put_u16(w, code, self.code);
        order.put_u16(w, len as u16, self.length); // read from 16 bits, or cut to them
        value(w);
        put_padding(w, len);
    }

    /// Writes the one that ends a list.
    pub(crate) fn encode_end(&self, w: &mut Writer<'_, impl Trace>, order: Order) {
        self.encode(w, order, (END, 0), |_| {});
    }
}

/// How many bytes an item takes whose value has `len`; the end takes as many as an item without a value.
pub(crate) fn encoded_len(len: usize) -> usize {
    4 + len + padding(len)
}
