//! psk_key_exchange_modes (RFC 8446 §4.2.9): whether a pre-shared key may be used alone, or with a key exchange.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::codes::PskKeyExchangeMode;
use crate::wire::vector::{self, Names, Prefix::U8};

const NAMES: Names = ("ke_modes length", "ke_modes");

pub(super) fn read<T: Trace>(r: &mut Reader<'_, T>) -> Result<Vec<PskKeyExchangeMode>, WireError> {
    vector::list(r, U8, NAMES, 1, |r| {
        let mode = PskKeyExchangeMode(r.u8("ke_mode")?);
        r.note(|| match mode.name() {
            Some(name) => name.to_owned(),
            None if mode.is_grease() => "GREASE: reserved, means nothing (RFC 8701)".to_owned(),
            None => "not known here".to_owned(),
        });
        Ok(mode)
    })
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, modes: &[PskKeyExchangeMode]) {
    vector::write_block(w, U8, NAMES, |w| {
        for mode in modes {
            w.u8(mode.0, "ke_mode");
        }
    });
}
