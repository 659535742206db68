use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::Extension;
use crate::rules;
use crate::wire::der::{DerReader, DerWriter};

/// `Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension`, no two of one kind (RFC 5280 §4.2).
pub(crate) fn read_list<'a>(r: &mut Reader<'a, impl Trace>) -> Result<Vec<Extension<'a>>, WireError> {
    r.sequence("extensions", |r| {
        let mut list: Vec<Extension<'a>> = Vec::new();
        while !r.remaining().is_empty() {
            let extension = Extension::decode(r)?;
            if list.iter().any(|other| other.id == extension.id) {
                return Err(r.invalid("extnID", &rules::EXTENSION_REPEATED));
            }
            list.push(extension);
        }
        match list.is_empty() {
            true => Err(r.invalid_here("extensions", &rules::LIST_EMPTY)),
            false => Ok(list),
        }
    })
}

/// Writes what [`read_list`] reads.
pub(crate) fn write_list(w: &mut Writer<'_, impl Trace>, list: &[Extension<'_>]) {
    w.sequence("extensions", |w| list.iter().for_each(|extension| extension.encode(w)));
}
