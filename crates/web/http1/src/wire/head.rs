use bytes::Bytes;
use wirelab_http::{Fields, Method, Request, Response, Span, Target};
use wirelab_wire::{Decode, Encode, Reader, Trace, WireError, Writer};

use super::encode::{encode_request, encode_response};
use super::field_line::field_line;
use super::line::end_of_line;
use super::request_line::RequestLine;
use super::rules::BARE_CR;
use super::status_line::StatusLine;

/// The head of a request: its line, its fields, and the empty line behind them (RFC 9112 §2.1).
#[derive(Clone, Debug)]
pub struct RequestHead<'a> {
    /// The bytes that the fields lie in.
    pub text: &'a [u8],
    /// Method, target, version.
    pub line: RequestLine<'a>,
    /// Where in `text` they are.
    pub fields: Vec<Span>,
}

/// The head of a response: its line, its fields, and the empty line behind them (RFC 9112 §2.1).
#[derive(Clone, Debug)]
pub struct ResponseHead<'a> {
    /// The bytes that the fields lie in.
    pub text: &'a [u8],
    /// Version, status, reason.
    pub line: StatusLine<'a>,
    /// Where in `text` they are.
    pub fields: Vec<Span>,
}

impl<'a> RequestHead<'a> {
    /// As [`Decode::decode`], with the fields going to the end of a list of the caller's: a server that keeps one
    /// list does not allocate for every head.
    ///
    /// # Errors
    /// The bytes are not the head of a request, or not all of it.
    #[inline]
    pub fn decode_into(
        r: &mut Reader<'a, impl Trace>,
        fields: &mut Vec<Span>,
    ) -> Result<RequestLine<'a>, WireError> {
        empty_lines(r)?;
        let line = r.message::<RequestLine>()?;
        field_lines(r, fields)?;
        Ok(line)
    }
}

impl<'a> ResponseHead<'a> {
    /// As [`Decode::decode`], with the fields going to the end of a list of the caller's.
    ///
    /// # Errors
    /// The bytes are not the head of a response, or not all of it.
    #[inline]
    pub fn decode_into(
        r: &mut Reader<'a, impl Trace>,
        fields: &mut Vec<Span>,
    ) -> Result<StatusLine<'a>, WireError> {
        let line = r.message::<StatusLine>()?;
        field_lines(r, fields)?;
        Ok(line)
    }
}

impl<'a> Decode<'a> for RequestHead<'a> {
    const NAME: &'static str = "HTTP/1.1 request head";
    const SECTION: &'static str = "RFC 9112 §2.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let mut fields = Vec::new();
        let line = RequestHead::decode_into(r, &mut fields)?;
        Ok(RequestHead { text: r.so_far(), line, fields })
    }
}

impl<'a> Decode<'a> for ResponseHead<'a> {
    const NAME: &'static str = "HTTP/1.1 response head";
    const SECTION: &'static str = "RFC 9112 §2.1";

    fn decode(r: &mut Reader<'a, impl Trace>) -> Result<Self, WireError> {
        let mut fields = Vec::new();
        let line = ResponseHead::decode_into(r, &mut fields)?;
        Ok(ResponseHead { text: r.so_far(), line, fields })
    }
}

impl RequestHead<'_> {
    /// The fields, in a copy of the text.
    pub fn fields(&self) -> Fields {
        Fields::received(Bytes::copy_from_slice(self.text), self.fields.clone())
    }

    /// The head as a value of its own; `None` if the target has none of the four forms.
    pub fn request(&self) -> Option<Request> {
        Some(Request {
            method: Method::from_bytes(self.line.method)?,
            target: Target::parse(self.line.target).ok()?,
            version: self.line.version,
            fields: self.fields(),
        })
    }
}

impl ResponseHead<'_> {
    /// The head as a value of its own.
    pub fn response(&self) -> Response {
        Response {
            status: self.line.status,
            reason: Some(Bytes::copy_from_slice(self.line.reason)),
            version: self.line.version,
            fields: Fields::received(Bytes::copy_from_slice(self.text), self.fields.clone()),
        }
    }
}

/// Equal when line and fields are, wherever they lie.
impl PartialEq for RequestHead<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.line == other.line && self.fields() == other.fields()
    }
}

impl Eq for RequestHead<'_> {}

/// Equal when line and fields are, wherever they lie.
impl PartialEq for ResponseHead<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.line == other.line && self.response().fields == other.response().fields
    }
}

impl Eq for ResponseHead<'_> {}

/// Blanks that may or may not be there come out as the one that is usual.
impl Encode for RequestHead<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        if let Some(request) = self.request() {
            encode_request(&request, w);
        }
    }
}

/// Blanks that may or may not be there come out as the one that is usual.
impl Encode for ResponseHead<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        encode_response(&self.response(), &Fields::new(), w);
    }
}

/// Empty lines before a request: some old clients sent one behind a body, and a server should let it pass (RFC 9112
/// §2.2).
#[inline]
pub(crate) fn empty_lines(r: &mut Reader<'_, impl Trace>) -> Result<(), WireError> {
    while matches!(r.peek(), Some(b'\r' | b'\n')) {
        end_of_line(r, "empty line", &BARE_CR)?;
    }
    Ok(())
}

/// Field lines up to and with the empty line.
#[inline]
pub(crate) fn field_lines(r: &mut Reader<'_, impl Trace>, fields: &mut Vec<Span>) -> Result<(), WireError> {
    while field_line(r, fields)? {}
    Ok(())
}
