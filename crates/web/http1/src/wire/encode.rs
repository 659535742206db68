//! Heads to bytes. The names of the fields are the reader's.

use wirelab_http::{Fields, Request, Response, StatusCode, Version};
use wirelab_wire::{Trace, Writer};

/// Writes the head of a request, up to and with the empty line.
pub fn encode_request(request: &Request, w: &mut Writer<'_, impl Trace>) {
    w.group("request line", "RFC 9112 §3", |w| {
        w.text(request.method.as_str().as_bytes(), "method");
        w.text(b" ", "blank");
        w.text(request.target.as_str().as_bytes(), "request target");
        w.text(b" ", "blank");
        encode_version(request.version, w);
        w.text(b"\r\n", "end of line");
    });
    encode_fields(&request.fields, w);
    w.text(b"\r\n", "end of line");
}

/// Writes the head of a response, up to and with the empty line; `more` are fields that the connection adds.
pub fn encode_response(response: &Response, more: &Fields, w: &mut Writer<'_, impl Trace>) {
    w.group("status line", "RFC 9112 §4", |w| {
        encode_version(response.version, w);
        w.text(b" ", "blank");
        w.text(&digits(response.status), "status code");
        w.text(b" ", "blank");
        w.text(response.reason.as_deref().unwrap_or(response.status.reason().as_bytes()), "reason phrase");
        w.text(b"\r\n", "end of line");
    });
    encode_fields(&response.fields, w);
    encode_fields(more, w);
    w.text(b"\r\n", "end of line");
}

/// Writes field lines.
pub(crate) fn encode_fields(fields: &Fields, w: &mut Writer<'_, impl Trace>) {
    // Fields that were built are kept as lines: nobody watching, they go out in one copy.
    if let (false, Some(lines)) = (w.is_traced(), fields.built_lines()) {
        return w.text(lines, "field lines");
    }
    for (name, value) in fields.iter() {
        w.group("field line", "RFC 9112 §5", |w| {
            w.text(name.as_bytes(), "field name");
            w.text(b":", "colon");
            w.text(b" ", "blanks");
            w.text(value, "field value");
            w.text(b"\r\n", "end of line");
        });
    }
}

fn encode_version(version: Version, w: &mut Writer<'_, impl Trace>) {
    w.text(b"HTTP/", "protocol");
    w.text(&[b'0' + version.major % 10], "major version");
    w.text(b".", "dot");
    w.text(&[b'0' + version.minor % 10], "minor version");
}

/// Three digits, whatever the number: a status is 100 to 999.
fn digits(status: StatusCode) -> [u8; 3] {
    let digit = |place: u16| b'0' + (status.0 / place % 10) as u8;
    [digit(100), digit(10), digit(1)]
}
