use wirelab_http::url::Url;
use wirelab_http::{Fields, Method, Response, StatusCode};

use crate::Error;
use crate::body::Body;
use crate::request::Outgoing;

/// Where a response leads, if it leads anywhere, and `request` can be sent there.
pub(crate) fn location(head: &Response, request: &Outgoing) -> Result<Option<Url>, Error> {
    let status = head.status;
    let Some(location) = head.fields.get("Location").filter(|_| is_redirect(status)) else { return Ok(None) };
    if !changes_to_get(status, &request.method) && !request.body.is_complete() {
        return Ok(None);
    }
    let location = String::from_utf8_lossy(location);
    match request.url.resolve(&location) {
        Ok(url) => Ok(Some(url)),
        Err(problem) => Err(Error::Url { url: location.into_owned(), problem }),
    }
}

/// Turns `request` into the one that follows a redirect (RFC 9110 §15.4).
pub(crate) fn follow(status: StatusCode, url: Url, request: &mut Outgoing) {
    if changes_to_get(status, &request.method) {
        request.method = Method::Get;
        request.body = Body::Empty;
        remove(&mut request.fields, &CONTENT_FIELDS);
    }
    if (url.host(), url.port()) != (request.url.host(), request.url.port()) {
        remove(&mut request.fields, &ORIGIN_FIELDS);
    }
    request.url = url;
}

/// 300 leaves the choice to a person, 304 and 305 are no redirects.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.0, 301 | 302 | 303 | 307 | 308)
}

/// 303 says so (§15.4.4). 301 and 302 do not, but for POST everybody has always done it, and the specification gave in
/// (§15.4.2, §15.4.3).
fn changes_to_get(status: StatusCode, method: &Method) -> bool {
    match status.0 {
        303 => !matches!(method, Method::Get | Method::Head),
        301 | 302 => *method == Method::Post,
        _ => false,
    }
}

/// What describes content that is not sent any more.
const CONTENT_FIELDS: [&str; 9] = [
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Content-Language",
    "Content-Location",
    "Content-Range",
    "Digest",
    "Expect",
    "Transfer-Encoding",
];

/// What was meant for one server and is not the next one's business.
const ORIGIN_FIELDS: [&str; 4] = ["Host", "Authorization", "Proxy-Authorization", "Cookie"];

fn remove(fields: &mut Fields, names: &[&str]) {
    for name in names {
        fields.remove(name);
    }
}
