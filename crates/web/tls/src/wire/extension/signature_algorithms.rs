//! signature_algorithms and signature_algorithms_cert (RFC 8446 §4.2.3): signatures that the sender can verify in the
//! handshake, and in certificates where these differ.

use wirelab_wire::{Reader, Trace, WireError, Writer};

use crate::codes::SignatureScheme;
use crate::wire::vector::{self, Names, Prefix::U16};

const NAMES: Names = ("supported_signature_algorithms length", "supported_signature_algorithms");

pub(super) fn read<T: Trace>(r: &mut Reader<'_, T>) -> Result<Vec<SignatureScheme>, WireError> {
    vector::list(r, U16, NAMES, 2, |r| {
        let scheme = SignatureScheme(r.u16("signature_scheme")?);
        r.note(|| scheme.note());
        Ok(scheme)
    })
}

pub(super) fn write<T: Trace>(w: &mut Writer<'_, T>, schemes: &[SignatureScheme]) {
    vector::write_block(w, U16, NAMES, |w| {
        for scheme in schemes {
            w.u16(scheme.0, "signature_scheme");
        }
    });
}
