//! What start lines and field lines share: how a line ends.

use wirelab_wire::{Reader, Rule, Trace, WireError};

use super::rules::{BARE_CR, BARE_LF};

/// The CRLF behind `field`. Any other byte here is one that `field` cannot hold, which breaks `rule`; except that CR and LF alone
/// have rules of their own: a recipient may take a lone LF as the end of a line (RFC 9112 §2.2), and that is how
/// two recipients come to see different messages.
#[inline]
#[track_caller]
pub(super) fn end_of_line(
    r: &mut Reader<'_, impl Trace>,
    field: &'static str,
    rule: &'static Rule,
) -> Result<(), WireError> {
    match r.remaining() {
        [b'\r', b'\n', ..] => r.literal(b"\r\n", "end of line", &BARE_CR),
        [b'\r', _, ..] => Err(r.invalid_here(field, &BARE_CR)),
        [b'\n', ..] => Err(r.invalid_here(field, &BARE_LF)),
        [] | [b'\r'] => Err(r.short(2, "end of line")),
        _ => Err(r.invalid_here(field, rule)),
    }
}
