use wirelab_http::Version;
use wirelab_http::grammar::{TOKEN, VISIBLE};
use wirelab_wire::{Decode, Reader, Trace, WireError};

use super::line::end_of_line;
use super::notes;
use super::rules::{METHOD_TOKEN, TARGET_CHARACTER, VERSION_FORM};

/// The first line of a request (RFC 9112 §3).
///
/// ```text
/// method SP request-target SP "HTTP/" DIGIT "." DIGIT CRLF
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// A token, such as `GET`.
    pub method: &'a [u8],
    /// What it is about, in one of four forms; only its characters are checked here.
    pub target: &'a [u8],
    /// Both digits as they came.
    pub version: Version,
}

impl<'a> Decode<'a> for RequestLine<'a> {
    const NAME: &'static str = "request line";
    const SECTION: &'static str = "RFC 9112 §3";

    #[inline]
    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let method = r.run(TOKEN, "method")?;
        if method.is_empty() {
            return Err(r.invalid_here("method", &METHOD_TOKEN));
        }
        notes::about_method(r, method);
        r.literal(b" ", "blank", &METHOD_TOKEN)?;
        let target = r.run(VISIBLE, "request target")?;
        if target.is_empty() {
            return Err(r.invalid_here("request target", &TARGET_CHARACTER));
        }
        notes::about_target(r, target);
        r.literal(b" ", "blank", &TARGET_CHARACTER)?;
        let version = version(r)?;
        end_of_line(r, "version", &VERSION_FORM)?;
        Ok(RequestLine { method, target, version })
    }
}

/// `HTTP/` and two digits (RFC 9112 §2.3).
#[inline]
pub(super) fn version(r: &mut Reader<'_, impl Trace>) -> Result<Version, WireError> {
    r.literal(b"HTTP/", "protocol", &VERSION_FORM)?;
    let major = digit(r, "major version")?;
    r.literal(b".", "dot", &VERSION_FORM)?;
    let minor = digit(r, "minor version")?;
    Ok(Version { major, minor })
}

#[inline]
fn digit(r: &mut Reader<'_, impl Trace>, name: &'static str) -> Result<u8, WireError> {
    match r.peek_for(name)? {
        digit @ b'0'..=b'9' => {
            r.text(1, name)?;
            Ok(digit - b'0')
        }
        _ => Err(r.invalid_here(name, &VERSION_FORM)),
    }
}
