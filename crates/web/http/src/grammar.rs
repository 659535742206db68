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

#[cfg(test)]
mod tests {
    use super::{is_token, list, trim};
    use proptest::prelude::*;

    fn members(value: &str) -> Vec<&str> {
        list(value.as_bytes()).map(|member| std::str::from_utf8(member).unwrap()).collect()
    }

    #[test]
    fn commas_within_quoted_strings_do_not_separate() {
        assert_eq!(members(r#"a;q="1,2", b"#), [r#"a;q="1,2""#, "b"]);
        assert_eq!(
            members(r#"a="\",b", c"#),
            [r#"a="\",b""#, "c"],
            "an escaped quote does not end the string"
        );
        assert_eq!(members(r#"a="\\",b"#), [r#"a="\\""#, "b"], "an escaped backslash escapes nothing");
        assert_eq!(members(r"a\,b"), [r"a\", "b"], "a backslash outside of quotes is a character");
    }

    #[test]
    fn empty_members_are_ignored() {
        assert_eq!(members(" , a,\t,b ,, "), ["a", "b"]);
        assert!(members("").is_empty());
    }

    #[test]
    fn every_character_of_a_token_is_one_and_no_other() {
        // RFC 9110 §5.6.2.
        let allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for byte in 0..=u8::MAX {
            assert_eq!(is_token(&[byte]), allowed.as_bytes().contains(&byte), "{byte:#04x}");
        }
        assert!(!is_token(b""));
    }

    proptest! {
        #[test]
        fn members_come_back(parts in proptest::collection::vec("[a-z]{1,5}(=\"[a-z, ]{0,5}\")?", 0..6)) {
            let value = parts.join(" ,\t");
            prop_assert_eq!(members(&value), parts);
        }

        #[test]
        fn what_is_trimmed_has_no_blanks_at_its_ends(bytes in proptest::collection::vec(prop_oneof![Just(b' '), Just(b'\t'), any::<u8>()], 0..12)) {
            let trimmed = trim(&bytes);
            let is_blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
            prop_assert!(!is_blank(trimmed.first()) && !is_blank(trimmed.last()));
            prop_assert!(bytes.windows(trimmed.len().max(1)).any(|window| window == trimmed) || trimmed.is_empty());
        }
    }
}
