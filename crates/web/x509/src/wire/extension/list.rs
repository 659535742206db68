use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::Extension;
use crate::rules;
use crate::wire::der::{DerReader, DerWriter};

/// More extensions than any certificate has. Each is compared with all before it, so that there must be a bound before
/// any [`Config`](crate::Config) is asked.
const MOST: usize = 256;

/// `Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension`, no two of one kind (RFC 5280 §4.2).
pub(crate) fn read_list<'a>(r: &mut Reader<'a, impl Trace>) -> Result<Vec<Extension<'a>>, WireError> {
    r.sequence("extensions", |r| {
        let mut list: Vec<Extension<'a>> = Vec::new();
        while !r.remaining().is_empty() {
            let extension = Extension::decode(r)?;
            if list.iter().any(|other| other.id == extension.id) {
                return Err(r.invalid("extnID", &rules::EXTENSION_REPEATED));
            }
            if list.len() == MOST {
                return Err(r.invalid("extension", &rules::EXTENSIONS_TOO_MANY));
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
