//! Several parts of a representation in one answer: `multipart/byteranges` (RFC 9110 §14.6, RFC 2046 §5.1).
//!
//! ```text
//! --boundary CRLF
//! Content-Type: application/pdf CRLF
//! Content-Range: bytes 500-999/8000 CRLF CRLF
//! …500 bytes… CRLF
//! --boundary CRLF
//! …
//! CRLF --boundary-- CRLF
//! ```

use bytes::Bytes;

use crate::grammar::FIELD_TEXT;
use crate::range::{ContentRange, Part};

/// An answer with several parts: the texts between them, and how long all of it is.
///
/// ```
/// use wirelab_http::multipart::{ByteRanges, Piece};
/// use wirelab_http::range::Part;
///
/// let file = b"0123456789";
/// let parts = vec![Part { first: 0, last: 1 }, Part { first: 8, last: 9 }];
/// let answer = ByteRanges::new("XYZ", Some("text/plain"), parts, file.len() as u64).unwrap();
/// let mut content = Vec::new();
/// for piece in answer.pieces() {
///     match piece {
///         Piece::Text(text) => content.extend_from_slice(&text),
///         Piece::Content(part) => content.extend_from_slice(&file[part.first as usize..=part.last as usize]),
///     }
/// }
/// assert_eq!(content.len() as u64, answer.content_length());
/// assert!(content.ends_with(b"\r\n\r\n89\r\n--XYZ--\r\n"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteRanges {
    boundary: String,
    content_type: Option<String>,
    parts: Vec<Part>,
    complete: u64,
}

/// What to send next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// This text: a delimiter and the head of a part, or the closing delimiter.
    Text(Bytes),
    /// These bytes of the representation.
    Content(Part),
}

/// Why there can be no such answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMultipart {
    /// The boundary has not 1 to 70 letters, digits, or characters of `'+-._`. RFC 2046 §5.1.1 allows some more, which
    /// would have to be quoted, and clients exist that do not unquote (RFC 9110 §14.6).
    #[error("the boundary has not 1 to 70 letters, digits, or characters of '+-._")]
    Boundary,
    /// The media type of the parts cannot be sent in a field.
    #[error("the content type has a control character")]
    ContentType,
}

impl ByteRanges {
    /// An answer with these parts of a representation of `complete` bytes. `content_type` is what a 200 would have.
    ///
    /// The boundary must not occur in the content: take one that nobody can guess, such as 24 random letters.
    ///
    /// # Errors
    /// The boundary or the content type cannot be sent.
    pub fn new(
        boundary: &str,
        content_type: Option<&str>,
        parts: Vec<Part>,
        complete: u64,
    ) -> Result<Self, InvalidMultipart> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"'+-._".contains(&byte);
        if !(1..=70).contains(&boundary.len()) || !boundary.bytes().all(allowed) {
            return Err(InvalidMultipart::Boundary);
        }
        if content_type.is_some_and(|value| FIELD_TEXT.span(value.as_bytes()) != value.len()) {
            return Err(InvalidMultipart::ContentType);
        }
        let content_type = content_type.map(str::to_owned);
        Ok(ByteRanges { boundary: boundary.to_owned(), content_type, parts, complete })
    }

    /// The answer's own Content-Type. Its head has no Content-Range: each part has one (§15.3.7.2).
    pub fn content_type(&self) -> String {
        format!("multipart/byteranges; boundary={}", self.boundary)
    }

    /// The answer's Content-Length, delimiters and heads included.
    pub fn content_length(&self) -> u64 {
        let length = |piece| match piece {
            Piece::Text(text) => text.len() as u64,
            Piece::Content(part) => part.len(),
        };
        self.pieces().map(length).fold(0, u64::saturating_add)
    }

    /// All that is to be sent, in order.
    pub fn pieces(&self) -> impl Iterator<Item = Piece> {
        let part = |(index, part): (usize, &Part)| {
            [Piece::Text(self.part_head(index == 0, *part).into()), Piece::Content(*part)]
        };
        let closing = Piece::Text(format!("\r\n--{}--\r\n", self.boundary).into());
        self.parts.iter().enumerate().flat_map(part).chain([closing])
    }

    /// The delimiter before a part, and its head. The line break before a delimiter belongs to it, not to the part
    /// that it ends (RFC 2046 §5.1.1).
    fn part_head(&self, is_first: bool, part: Part) -> String {
        let line_break = if is_first { "" } else { "\r\n" };
        let content_type = match &self.content_type {
            Some(value) => format!("Content-Type: {value}\r\n"),
            None => String::new(),
        };
        let range = ContentRange::Part { part, complete: Some(self.complete) };
        format!("{line_break}--{}\r\n{content_type}Content-Range: {range}\r\n\r\n", self.boundary)
    }
}

#[cfg(test)]
mod tests {
    use super::{ByteRanges, InvalidMultipart, Piece};
    use crate::range::Part;
    use proptest::prelude::*;

    fn content(answer: &ByteRanges, file: &[u8]) -> Vec<u8> {
        let mut content = Vec::new();
        for piece in answer.pieces() {
            match piece {
                Piece::Text(text) => content.extend_from_slice(&text),
                Piece::Content(part) => {
                    content.extend_from_slice(&file[part.first as usize..=part.last as usize])
                }
            }
        }
        content
    }

    #[test]
    fn the_parts_stand_between_delimiters() {
        let parts = vec![Part { first: 7, last: 9 }, Part { first: 0, last: 1 }];
        let answer = ByteRanges::new("XYZ", None, parts, 10).unwrap();
        let expected = "--XYZ\r\nContent-Range: bytes 7-9/10\r\n\r\n789\
                        \r\n--XYZ\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--XYZ--\r\n";
        assert_eq!(String::from_utf8_lossy(&content(&answer, b"0123456789")), expected);
        assert_eq!(answer.content_type(), "multipart/byteranges; boundary=XYZ");
    }

    #[test]
    fn a_boundary_or_type_that_cannot_be_sent_is_refused() {
        for boundary in ["", "a b", "a\"", "a\r\n", "ä", &"x".repeat(71)] {
            assert_eq!(
                ByteRanges::new(boundary, None, vec![], 1),
                Err(InvalidMultipart::Boundary),
                "{boundary}"
            );
        }
        let smuggled = Some("text/plain\r\nX: y");
        assert_eq!(ByteRanges::new("b", smuggled, vec![], 1), Err(InvalidMultipart::ContentType));
    }

    proptest! {
        #[test]
        fn the_length_that_is_announced_is_sent(ends in proptest::collection::vec((0..50u64, 0..50u64), 0..8)) {
            let part = |(a, b): (u64, u64)| Part { first: a.min(b), last: a.max(b) };
            let parts = ends.into_iter().map(part).collect();
            let answer = ByteRanges::new("XYZ", Some("text/plain"), parts, 50).unwrap();
            prop_assert_eq!(content(&answer, &[b'x'; 50]).len() as u64, answer.content_length());
        }
    }
}
