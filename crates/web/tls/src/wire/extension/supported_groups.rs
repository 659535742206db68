//! supported_groups (RFC 8446 §4.2.7): groups for the key exchange, the preferred one first.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::codes::NamedGroup;
use crate::wire::vector::{self, Names, Prefix::U16};

const NAMES: Names = ("named_group_list length", "named_group_list");

pub(super) fn read<T: Trace>(r: &mut Reader<'_, T>) -> Result<Vec<NamedGroup>, WireError> {
    vector::list(r, U16, NAMES, 2, |r| {
        let group = NamedGroup(r.u16("named_group")?);
        r.note(|| group.note());
        Ok(group)
    })
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, groups: &[NamedGroup]) {
    vector::write_block(w, U16, NAMES, |w| {
        for group in groups {
            w.u16(group.0, "named_group");
        }
    });
}
