use wirelab_http::grammar::FIELD_TEXT;
use wirelab_http::{StatusCode, Version};
use wirelab_wire::{Decode, Reader, Trace, WireError};

use super::line::end_of_line;
use super::notes;
use super::request_line::version;
use super::rules::{REASON_CHARACTER, STATUS_DIGITS, VERSION_FORM};

/// The first line of a response (RFC 9112 §4).
///
/// ```text
/// "HTTP/" DIGIT "." DIGIT SP 3DIGIT SP [ reason-phrase ] CRLF
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusLine<'a> {
    /// Both digits as they came.
    pub version: Version,
    /// Three digits, 100 to 999.
    pub status: StatusCode,
    /// Words for people. A client ignores them.
    pub reason: &'a [u8],
}

impl<'a> Decode<'a> for StatusLine<'a> {
    const NAME: &'static str = "status line";
    const SECTION: &'static str = "RFC 9112 §4";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let version = version(r)?;
        r.literal(b" ", "blank", &VERSION_FORM)?;
        let status = status_code(r)?;
        // The blank must be there even when no reason follows, and many a sender forgets it: a line that ends
        // here cannot be misread, so it is let pass.
        if r.peek_for("blank")? == b' ' {
            r.literal(b" ", "blank", &STATUS_DIGITS)?;
        } else if !matches!(r.peek(), Some(b'\r' | b'\n')) {
            return Err(r.invalid_here("status code", &STATUS_DIGITS));
        }
        let reason = r.run(FIELD_TEXT, "reason phrase")?;
        end_of_line(r, "reason phrase", &REASON_CHARACTER)?;
        Ok(StatusLine { version, status, reason })
    }
}

#[inline]
fn status_code(r: &mut Reader<'_, impl Trace>) -> Result<StatusCode, WireError> {
    let digits = r.text(3, "status code")?;
    let code = digits
        .iter()
        .try_fold(0, |code: u16, &digit| digit.is_ascii_digit().then(|| code * 10 + u16::from(digit - b'0')));
    match code {
        Some(code @ 100..) => {
            notes::about_status(r, code);
            Ok(StatusCode(code))
        }
        _ => Err(r.invalid("status code", &STATUS_DIGITS)),
    }
}
