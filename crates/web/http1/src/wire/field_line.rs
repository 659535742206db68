use wirelab_http::Span;
use wirelab_http::grammar::{BLANK, FIELD_TEXT, TOKEN};
use wirelab_wire::{Reader, Trace, WireError};

use super::line::end_of_line;
use super::notes;
use super::rules::{
    BARE_CR, BLANK_BEFORE_COLON, BLANK_BEFORE_FIRST_FIELD, FIELD_NAME_CHARACTER, FIELD_NAME_EMPTY, OBS_FOLD,
    VALUE_CHARACTER,
};

/// Reads one field line (RFC 9112 §5) and adds it to `fields`. `false`: it was the empty line that ends a head.
///
/// ```text
/// field-name ":" OWS field-value OWS CRLF
/// ```
///
/// The end of the name and the end of the line are both looked for from the line's first byte on, so that the
/// processor does it side by side: the value's end need not wait for the name's. A head is read a quarter faster so.
#[inline]
pub(crate) fn field_line(r: &mut Reader<'_, impl Trace>, fields: &mut Vec<Span>) -> Result<bool, WireError> {
    let line_len = r.run_ahead(FIELD_TEXT, "field line")?;
    match TOKEN.span(r.remaining()) {
        0 => no_field_line(r, fields.is_empty()),
        name_len => r
            .group("field line", "RFC 9112 §5", |r| named_field_line(r, name_len, line_len, fields))
            .map(|()| true),
    }
}

#[inline]
fn named_field_line(
    r: &mut Reader<'_, impl Trace>,
    name_len: usize,
    line_len: usize,
    fields: &mut Vec<Span>,
) -> Result<(), WireError> {
    let name = r.position();
    let name_text = r.text(name_len, "field name")?;
    notes::about_name(r, name_text);
    if r.peek() != Some(b':') {
        return Err(r.invalid_here("field name", name_ends_in(r.peek())));
    }
    r.text(1, "colon")?;
    let blanks = r.short_run(BLANK, "blanks")?;
    notes::about_blanks(r, blanks);
    let value = r.position();
    let run = (name + line_len).saturating_sub(value);
    let value_len = without_blanks_behind(r.remaining(), run);
    let value_text = r.text(value_len, "field value")?;
    notes::about_value(r, name_text, value_text);
    let blanks = r.text(run - value_len, "blanks")?;
    notes::about_blanks(r, blanks);
    end_of_line(r, "field value", &VALUE_CHARACTER)?;
    let offset = |at: usize| at as u32; // a head of 4 GiB is over every limit
    fields.push(Span {
        name: offset(name),
        name_end: offset(name + name_len),
        value: offset(value),
        value_end: offset(value + value_len),
    });
    Ok(())
}

/// The length of `text[..len]` without the blanks at its end: they are not part of the value (RFC 9112 §5.1).
#[inline]
fn without_blanks_behind(text: &[u8], mut len: usize) -> usize {
    while len > 0 && text.get(len - 1).is_some_and(|&byte| BLANK.contains(byte)) {
        len -= 1;
    }
    len
}

/// What a line is that does not begin with a name.
#[inline]
fn no_field_line(r: &mut Reader<'_, impl Trace>, is_first: bool) -> Result<bool, WireError> {
    match r.peek_for("field name")? {
        b'\r' | b'\n' => {
            end_of_line(r, "end of head", &BARE_CR)?;
            r.note(|| "an empty line: there are no more fields".into());
            Ok(false)
        }
        // RFC 9112 §2.2 for the first line, §5.2 for the others: reject, or mend; to reject is safer.
        b' ' | b'\t' if is_first => Err(r.invalid_here("field name", &BLANK_BEFORE_FIRST_FIELD)),
        b' ' | b'\t' => Err(r.invalid_here("field value", &OBS_FOLD)),
        b':' => Err(r.invalid_here("field name", &FIELD_NAME_EMPTY)),
        _ => Err(r.invalid_here("field name", &FIELD_NAME_CHARACTER)),
    }
}

/// The rule that a name breaks when this byte, and no colon, ends it.
fn name_ends_in(byte: Option<u8>) -> &'static wirelab_wire::Rule {
    match byte {
        Some(b' ' | b'\t') => &BLANK_BEFORE_COLON,
        _ => &FIELD_NAME_CHARACTER,
    }
}
