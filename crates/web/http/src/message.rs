use bytes::Bytes;

use crate::{Fields, Method, StatusCode, Target, Version};

/// The head of a request, the same in all versions of HTTP. The content travels apart from it.
///
/// ```
/// use wirelab_http::{Method, Request, Target};
///
/// let request = Request::new(Method::Get, Target::parse(b"/about?x=1").unwrap())
///     .with("Host", "example.com")
///     .with("Accept", "*/*");
/// assert_eq!(request.target.path(), "/about");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// With what.
    pub target: Target,
    /// In which version it was sent, or is to be.
    pub version: Version,
    /// And all the rest.
    pub fields: Fields,
}

/// The head of a response, the same in all versions of HTTP. The content travels apart from it.
///
/// ```
/// use wirelab_http::{Response, StatusCode};
///
/// let response = Response::new(StatusCode::OK).with("Content-Type", "text/plain").with("Content-Length", 2);
/// assert_eq!(response.fields.get_str("content-length"), Some("2"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// How it went.
    pub status: StatusCode,
    /// The phrase behind the status, if it is not the usual one. Only HTTP/1 sends it, and nobody may rely on it.
    pub reason: Option<Bytes>,
    /// In which version it was sent, or is to be.
    pub version: Version,
    /// And all the rest.
    pub fields: Fields,
}

impl Request {
    /// A request without fields, in HTTP/1.1.
    pub fn new(method: Method, target: Target) -> Self {
        Request { method, target, version: Version::HTTP_11, fields: Fields::new() }
    }

    /// With one more field. One that cannot be sent is left out: where name or value come from elsewhere, use
    /// [`Fields::push`], which says so.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        let _ = self.fields.push(name, value.to_string());
        self
    }
}

impl Response {
    /// A response without fields, in HTTP/1.1.
    pub fn new(status: StatusCode) -> Self {
        Response { status, reason: None, version: Version::HTTP_11, fields: Fields::new() }
    }

    /// With one more field. One that cannot be sent is left out: where name or value come from elsewhere, use
    /// [`Fields::push`], which says so.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        let _ = self.fields.push(name, value.to_string());
        self
    }
}
