//! record_size_limit (RFC 8449 §4): how long a record the sender takes.

use wirelab_wire::{Reader, Trace, WireError};

use crate::rules::RECORD_SIZE_LIMIT_LOW;

/// In bytes, of the plaintext with its content type and padding.
pub(super) fn read(r: &mut Reader<'_, impl Trace>) -> Result<u16, WireError> {
    let limit = r.u16("record_size_limit")?;
    if limit < 64 {
        return Err(r.invalid("record_size_limit", &RECORD_SIZE_LIMIT_LOW));
    }
    Ok(limit)
}
