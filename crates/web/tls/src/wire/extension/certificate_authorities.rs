//! certificate_authorities (RFC 8446 §4.2.4): the authorities by whom the peer's chain should end.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::wire::vector::{self, Names, Prefix::U16};

const AUTHORITIES: Names = ("authorities length", "authorities");
const NAME: Names = ("distinguished_name length", "distinguished_name");

/// The names, each in DER.
pub(super) fn read<'a, T: Trace>(r: &mut Reader<'a, T>) -> Result<Vec<&'a [u8]>, WireError> {
    vector::list(r, U16, AUTHORITIES, 3, |r| vector::opaque(r, U16, NAME, 1))
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, authorities: &[&[u8]]) {
    vector::write_block(w, U16, AUTHORITIES, |w| {
        for name in authorities {
            vector::write_opaque(w, U16, NAME, name);
        }
    });
}
