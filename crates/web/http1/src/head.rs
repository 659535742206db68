use std::ops::Range;

use bytes::{Bytes, BytesMut};
use wirelab_http::grammar::is_token;
use wirelab_http::{Fields, InvalidTarget, Method, Request, Response, Span, StatusCode, Target, Version};
use wirelab_wire::{Decode, Reader, WireError};

use crate::wire::{RequestLine, StatusLine, empty_lines, field_line};
use crate::{Config, Error, Role, Violation};

/// A head that is arriving. Whole lines are read once, however many pieces they come in: only the last, incomplete line is
/// looked at again when more bytes are there.
#[derive(Debug, Default)]
pub(crate) struct HeadInProgress {
    line: Option<StartLine>,
    fields: Vec<Span>,
    /// Behind the last complete line.
    at: usize,
    /// The start line is that of a HEAD request; also after the head was refused.
    is_head: bool,
}

/// A start line, as places in the input.
#[derive(Clone, Debug)]
enum StartLine {
    Request { method: Range<usize>, target: Range<usize>, version: Version },
    Response { version: Version, status: StatusCode, reason: Range<usize> },
}

/// A complete head.
#[derive(Debug)]
pub(crate) enum Head {
    Request(Request),
    Response(Response),
}

impl HeadInProgress {
    /// Whether nothing of a head has been read yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.line.is_none()
    }

    /// Whether it is the head of a HEAD request, as far as one can see: its refusal has no content.
    pub(crate) fn is_head(&self) -> bool {
        self.is_head
    }

    /// Reads on. When the head is complete it is split off from `input`.
    pub(crate) fn advance(
        &mut self,
        input: &mut BytesMut,
        role: Role,
        config: &Config,
    ) -> Result<Option<Head>, Error> {
        if self.line.is_none() && !self.read_start_line(input, role, config)? {
            return Ok(None);
        }
        if !self.read_fields(input, config)? {
            return Ok(None);
        }
        let HeadInProgress { line, fields, at, is_head } = std::mem::take(self);
        let text = input.split_to(at).freeze();
        let head = line.map(|line| line.into_head(text, fields)).transpose();
        self.is_head = is_head && head.is_err();
        head
    }

    fn read_start_line(&mut self, input: &[u8], role: Role, config: &Config) -> Result<bool, Error> {
        let limit = config.max_start_line;
        // Reading is confined to the limit, so that the verdict does not depend on how much has arrived.
        let mut r = Reader::prefix_at(input.get(..limit).unwrap_or(input), self.at);
        let line = match role {
            Role::Server => empty_lines(&mut r).and_then(|()| request_line(&mut r)),
            Role::Client => status_line(&mut r),
        };
        match line {
            Ok(line) => {
                self.is_head = line.is_head_request(input);
                self.line = Some(line);
            }
            Err(error) if !error.is_incomplete() => return Err(error.into()),
            Err(_) => {
                return match input.get(..limit) {
                    Some(within) => Err(start_line_too_long(within, role).into()),
                    None => Ok(false),
                };
            }
        }
        self.at = r.position();
        Ok(true)
    }

    fn read_fields(&mut self, input: &[u8], config: &Config) -> Result<bool, Error> {
        let limit = config.max_head;
        if self.fields.capacity() == 0 {
            self.fields.reserve(16);
        }
        let mut r = Reader::prefix_at(input.get(..limit).unwrap_or(input), self.at);
        loop {
            match field_line(&mut r, &mut self.fields) {
                Ok(more) => {
                    self.at = r.position();
                    if !more {
                        return Ok(true);
                    }
                }
                Err(error) if !error.is_incomplete() => return Err(error.into()),
                Err(_) if input.len() >= limit => return Err(Violation::HeadTooLong { limit }.into()),
                Err(_) => return Ok(false),
            }
            if self.fields.len() > config.max_fields {
                return Err(Violation::TooManyFields { limit: config.max_fields }.into());
            }
        }
    }
}

/// What is too long about a start line that does not end `within` the limit. RFC 9112 §3: a method longer than any that
/// is implemented is answered with 501; 414 is for the target.
fn start_line_too_long(within: &[u8], role: Role) -> Violation {
    let limit = within.len();
    // Whatever else stands before the method was refused already: only empty lines are left to be trimmed.
    if role == Role::Server && is_token(within.trim_ascii_start()) {
        Violation::MethodTooLong { limit }
    } else {
        Violation::StartLineTooLong { limit }
    }
}

fn request_line(r: &mut Reader<'_>) -> Result<StartLine, WireError> {
    let begins = r.position();
    let line = RequestLine::decode(r)?;
    let method = begins..begins + line.method.len();
    let target = method.end + 1..method.end + 1 + line.target.len();
    Ok(StartLine::Request { method, target, version: line.version })
}

fn status_line(r: &mut Reader<'_>) -> Result<StartLine, WireError> {
    let line = StatusLine::decode(r)?;
    let ends = r.position() - 2;
    Ok(StartLine::Response {
        version: line.version,
        status: line.status,
        reason: ends - line.reason.len()..ends,
    })
}

impl StartLine {
    fn is_head_request(&self, input: &[u8]) -> bool {
        matches!(self, StartLine::Request { method, .. } if input.get(method.clone()) == Some(b"HEAD"))
    }

    /// The places become values: the text is shared, not copied.
    fn into_head(self, text: Bytes, fields: Vec<Span>) -> Result<Head, Error> {
        match self {
            StartLine::Request { method, target, version } => {
                check_version(version)?;
                // It is a token, or the line would not have been read.
                let method = text.get(method).and_then(Method::from_bytes).unwrap_or(Method::Get);
                let target = Target::from_shared(text.slice(target)).map_err(Violation::Target)?;
                target.check_method(&method).map_err(Violation::Target)?;
                Ok(Head::Request(Request { method, target, version, fields: Fields::received(text, fields) }))
            }
            StartLine::Response { version, status, reason } => {
                check_version(version)?;
                let reason = text.slice(reason);
                let usual = reason == status.reason().as_bytes();
                let reason = (!usual).then_some(reason);
                Ok(Head::Response(Response {
                    status,
                    reason,
                    version,
                    fields: Fields::received(text, fields),
                }))
            }
        }
    }
}

/// RFC 9110 §2.5: a higher minor version is read as the highest one known; another major version cannot be read.
fn check_version(version: Version) -> Result<(), Violation> {
    if version.major == 1 { Ok(()) } else { Err(Violation::VersionNotSupported(version)) }
}

/// The host that a request is for, checked (RFC 9112 §3.2, RFC 9110 §7.2).
pub(crate) fn check_host(request: &Request, host: Option<&[u8]>, repeated: bool) -> Result<(), Violation> {
    if repeated {
        return Err(Violation::HostRepeated);
    }
    let Some(host) = host else {
        let required = request.version >= Version::HTTP_11;
        return if required { Err(Violation::HostMissing) } else { Ok(()) };
    };
    let host = std::str::from_utf8(host).map_err(|_| Violation::HostInvalid)?;
    // RFC 9110 §4.2.1: nor may it be empty, since an http URI without a host must be refused.
    if !wirelab_http::is_authority(host) {
        return Err(Violation::HostInvalid);
    }
    match request.target.authority() {
        // RFC 9112 §3.2.2 lets the target win. Whoever sends two different hosts hopes that somebody else does not.
        Some(authority)
            if request.target.is_absolute()
                && !same_authority(authority, host, request.target.scheme().unwrap_or_default()) =>
        {
            Err(Violation::HostDiffersFromTarget)
        }
        _ => Ok(()),
    }
}

/// Whether two authorities are the same, with the scheme's default port written out or not (RFC 9110 §4.2.3).
fn same_authority(a: &str, b: &str, scheme: &str) -> bool {
    let default_port = match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => ":80",
        _ if scheme.eq_ignore_ascii_case("https") => ":443",
        _ => ":",
    };
    without_port(a, default_port).eq_ignore_ascii_case(without_port(b, default_port))
}

fn without_port<'a>(authority: &'a str, default_port: &str) -> &'a str {
    authority.strip_suffix(default_port).or_else(|| authority.strip_suffix(':')).unwrap_or(authority)
}

impl From<InvalidTarget> for Error {
    fn from(error: InvalidTarget) -> Self {
        Error::Violation(Violation::Target(error))
    }
}
