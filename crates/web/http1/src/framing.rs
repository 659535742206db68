use wirelab_http::{Method, Response, Version};

use crate::Violation;
use crate::control::Control;

/// How far the content of a message reaches (RFC 9112 §6.3). Everything about request smuggling is that two
/// readers answer this question differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Exactly this many bytes; 0 if there is no content.
    Length(u64),
    /// Chunks, up to one of size 0 (§7.1).
    Chunked,
    /// Up to the end of the stream; responses only.
    UntilClose,
}

/// The framing of a request's content.
pub(crate) fn of_request(version: Version, control: &Control<'_>) -> Result<Framing, Violation> {
    if control.chunked(version)? {
        return Ok(Framing::Chunked);
    }
    // A request without either field has no content: its end cannot be the end of the stream, on which the client
    // waits for the answer.
    Ok(Framing::Length(control.content_length()?.unwrap_or(0)))
}

/// The framing of a response's content. It depends on the request: the answer to HEAD has the fields of the answer to
/// GET, and nothing behind them.
pub(crate) fn of_response(
    response: &Response,
    control: &Control<'_>,
    request: Option<&Method>,
) -> Result<Framing, Violation> {
    let bodiless = request == Some(&Method::Head) || response.status.forbids_content();
    let tunnel = request == Some(&Method::Connect) && response.status.is_success();
    if bodiless || tunnel {
        return Ok(Framing::Length(0));
    }
    if control.chunked(response.version)? {
        return Ok(Framing::Chunked);
    }
    Ok(control.content_length()?.map_or(Framing::UntilClose, Framing::Length))
}
