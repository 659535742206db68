use wirelab_http::grammar;
use wirelab_http::{Fields, Version};

use crate::Violation;

/// What the fields of a head say about the connection and the message's extent, found in one pass.
#[derive(Debug, Default)]
pub(crate) struct Control<'f> {
    /// The value of Host, and whether there was a second one.
    pub(crate) host: Option<&'f [u8]>,
    pub(crate) host_repeated: bool,
    /// The value of Content-Length, and whether there was a second one.
    length: Option<&'f [u8]>,
    length_repeated: bool,
    codings: Codings,
    /// `Connection: close`.
    pub(crate) close: bool,
    /// `Connection: keep-alive`.
    pub(crate) keep_alive: bool,
    /// There is an Upgrade field, and Connection names it.
    pub(crate) upgrade: bool,
    /// `Expect: 100-continue`.
    pub(crate) expects_continue: bool,
}

/// What Transfer-Encoding says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Codings {
    #[default]
    None,
    /// `chunked`, and nothing else.
    Chunked,
    /// Others so far, and `chunked` may still follow.
    Unknown,
    Refused(Refused),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refused {
    NotLast,
    Repeated,
    Unknown,
}

impl<'f> Control<'f> {
    pub(crate) fn of(fields: &'f Fields) -> Self {
        let mut control = Control::default();
        let (mut upgrade_field, mut upgrade_option) = (false, false);
        for (name, value) in fields.iter_bytes() {
            // By length first: of the fields of a usual request only two or three are compared at all.
            match name.len() {
                4 if is_named(name, b"Host") => {
                    control.host_repeated |= control.host.replace(value).is_some();
                }
                6 if is_named(name, b"Expect") => {
                    control.expects_continue |=
                        grammar::list(value).any(|expected| expected.eq_ignore_ascii_case(b"100-continue"));
                }
                7 if is_named(name, b"Upgrade") => upgrade_field = true,
                10 if is_named(name, b"Connection") => {
                    for option in grammar::list(value) {
                        control.close |= option.eq_ignore_ascii_case(b"close");
                        control.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                        upgrade_option |= option.eq_ignore_ascii_case(b"upgrade");
                    }
                }
                14 if is_named(name, b"Content-Length") => {
                    control.length_repeated |= control.length.replace(value).is_some();
                }
                17 if is_named(name, b"Transfer-Encoding") => control.codings.add(value),
                _ => {}
            }
        }
        control.upgrade = upgrade_field && upgrade_option;
        control
    }

    /// Whether the sender lets the connection live on (RFC 9112 §9.3).
    pub(crate) fn persists(&self, version: Version) -> bool {
        !self.close && (version >= Version::HTTP_11 || self.keep_alive)
    }

    /// Whether there is a Transfer-Encoding, good or bad.
    pub(crate) fn has_codings(&self) -> bool {
        self.codings != Codings::None
    }

    /// Whether the content is chunked (RFC 9112 §6.1).
    pub(crate) fn chunked(&self, version: Version) -> Result<bool, Violation> {
        match self.codings {
            Codings::None => Ok(false),
            // RFC 9112 §6.1: the framing of such a message is to be treated as faulty.
            _ if version < Version::HTTP_11 => Err(Violation::TransferCodingInHttp10),
            // RFC 9112 §6.3: an attempt at smuggling, "ought to be handled as an error".
            _ if self.length.is_some() => Err(Violation::LengthWithTransferCoding),
            Codings::Chunked => Ok(true),
            // RFC 9112 §6.3: 400, even where the coding itself would be worth a 501.
            Codings::Unknown | Codings::Refused(Refused::NotLast) => Err(Violation::ChunkedNotLast),
            Codings::Refused(Refused::Repeated) => Err(Violation::ChunkedRepeated),
            Codings::Refused(Refused::Unknown) => Err(Violation::TransferCodingUnknown),
        }
    }

    /// The announced length, if there is one (RFC 9110 §8.6, RFC 9112 §6.3).
    pub(crate) fn content_length(&self) -> Result<Option<u64>, Violation> {
        let Some(value) = self.length else { return Ok(None) };
        if self.length_repeated || value.contains(&b',') {
            return Err(Violation::LengthRepeated);
        }
        // Digits only: no sign, no blank, no `0x`, all of which some library function would accept.
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return Err(Violation::LengthInvalid);
        }
        let length = value
            .iter()
            .try_fold(0u64, |length, digit| length.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        length.map(Some).ok_or(Violation::LengthOverflow)
    }
}

/// Whether `name` is `expected`, by the usual spelling first: that is a comparison of a few words, where one without
/// regard to case goes byte by byte. A request and its response take 100 instructions less.
#[inline]
fn is_named<const N: usize>(name: &[u8], expected: &[u8; N]) -> bool {
    name == expected || name.eq_ignore_ascii_case(expected)
}

impl Codings {
    /// Takes in one field line; several are one list (RFC 9110 §5.3).
    fn add(&mut self, value: &[u8]) {
        let mut codings = grammar::list(value).peekable();
        // A line without a coding in it says nothing that one could rely on.
        if codings.peek().is_none() {
            *self = Codings::Refused(Refused::NotLast);
        }
        for coding in codings {
            // Nothing else will do: parameters and look-alikes are what smuggling is made of (RFC 9112 §7.1).
            let chunked = coding.eq_ignore_ascii_case(b"chunked");
            *self = match *self {
                Codings::None if chunked => Codings::Chunked,
                Codings::Unknown if chunked => Codings::Refused(Refused::Unknown),
                Codings::None | Codings::Unknown => Codings::Unknown,
                Codings::Chunked | Codings::Refused(Refused::Unknown) if chunked => {
                    Codings::Refused(Refused::Repeated)
                }
                Codings::Chunked | Codings::Refused(Refused::Unknown) => Codings::Refused(Refused::NotLast),
                refused @ Codings::Refused(_) => refused,
            };
        }
    }
}
