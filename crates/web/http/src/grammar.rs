//! The characters that HTTP's grammar is made of, as sets (RFC 9110 §5.5, §5.6; RFC 5234 appendix B.1).

use wirelab_wire::ByteSet;

/// `tchar`: what names, methods and other tokens consist of (RFC 9110 §5.6.2).
pub const TOKEN: &ByteSet = &ByteSet::of(&[
    (b'a', b'z'),
    (b'A', b'Z'),
    (b'-', b'-'),
    (b'0', b'9'),
    (b'!', b'!'),
    (b'#', b'\''),
    (b'*', b'+'),
    (b'.', b'.'),
    (b'^', b'`'),
    (b'|', b'|'),
    (b'~', b'~'),
]);

/// What a field value may hold: visible characters, blanks, tabs, and `obs-text`, the bytes above 0x7f, which have
/// no meaning of their own but must pass (RFC 9110 §5.5). All other control characters are refused.
pub const FIELD_TEXT: &ByteSet = &ByteSet::of(&[(b' ', b'~'), (0x80, 0xff), (b'\t', b'\t')]);

/// `VCHAR`: the printable ASCII characters without the blank (RFC 5234 appendix B.1).
pub const VISIBLE: &ByteSet = &ByteSet::of(&[(b'!', b'~')]);

/// `OWS`: blanks and tabs (RFC 9110 §5.6.3).
pub const BLANK: &ByteSet = &ByteSet::of(&[(b' ', b' '), (b'\t', b'\t')]);

/// `DIGIT`.
pub const DIGIT: &ByteSet = &ByteSet::of(&[(b'0', b'9')]);

/// `HEXDIG`, in either case (RFC 5234 §2.3).
pub const HEX_DIGIT: &ByteSet = &ByteSet::of(&[(b'0', b'9'), (b'a', b'f'), (b'A', b'F')]);

/// Whether `bytes` is a token: one or more of [`TOKEN`].
pub fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && TOKEN.span(bytes) == bytes.len()
}

/// `bytes` without blanks and tabs at either end.
pub fn trim(bytes: &[u8]) -> &[u8] {
    let begins = bytes.iter().position(|&byte| !BLANK.contains(byte)).unwrap_or(bytes.len());
    let ends = bytes.iter().rposition(|&byte| !BLANK.contains(byte)).map_or(begins, |last| last + 1);
    bytes.get(begins..ends).unwrap_or_default()
}

/// The members of a comma-separated list (RFC 9110 §5.6.1), without the blanks around them; empty members, which a
/// recipient must ignore, are left out. Commas within quoted strings do not separate.
///
/// ```
/// use wirelab_http::grammar::list;
///
/// assert_eq!(list(b"keep-alive, , Upgrade").collect::<Vec<_>>(), [&b"keep-alive"[..], b"Upgrade"]);
/// assert_eq!(list(br#"a;q="1,2", b"#).count(), 2);
/// ```
pub fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    let mut escaped = false;
    value
        .split(move |&byte| {
            let separates = byte == b',' && !quoted;
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                _ => {}
            }
            separates
        })
        .map(trim)
        .filter(|member| !member.is_empty())
}
