//! supported_versions (RFC 8446 §4.2.1): the versions that a client offers, the preferred one first; the one that a
//! server chose.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::codes::ProtocolVersion;
use crate::wire::vector::{self, Names, Prefix::U8};

const NAMES: Names = ("versions length", "versions");

pub(super) fn read_offered<T: Trace>(r: &mut Reader<'_, T>) -> Result<Vec<ProtocolVersion>, WireError> {
    vector::list(r, U8, NAMES, 2, |r| {
        let version = ProtocolVersion(r.u16("version")?);
        r.note(|| version.note());
        Ok(version)
    })
}

pub(super) fn read_selected(r: &mut Reader<'_, impl Trace>) -> Result<ProtocolVersion, WireError> {
    let version = ProtocolVersion(r.u16("selected_version")?);
    r.note(|| version.note());
    Ok(version)
}

pub(super) fn write_offered<T: Trace>(w: &mut Writer<'_, T>, versions: &[ProtocolVersion]) {
    vector::write_block(w, U8, NAMES, |w| {
        for version in versions {
            w.u16(version.0, "version");
        }
    });
}
