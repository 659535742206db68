use std::fmt;

/// The result of a request, three digits (RFC 9110 §15). Codes that have no name here are legal and survive.
///
/// ```
/// use wirelab_http::StatusCode;
///
/// assert_eq!(StatusCode::NOT_FOUND.to_string(), "404 Not Found");
/// assert!(StatusCode(299).is_success());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(pub u16);

impl StatusCode {
    /// 100 to 199: the final response is still to come.
    pub fn is_informational(self) -> bool {
        (100..200).contains(&self.0)
    }

    /// 200 to 299.
    pub fn is_success(self) -> bool {
        (200..300).contains(&self.0)
    }

    /// 400 or more: the client's mistake (4xx) or the server's (5xx).
    pub fn is_error(self) -> bool {
        self.0 >= 400
    }

    /// Whether a response with this status has no content, whatever its fields say: 1xx, 204 and 304 (RFC 9112 §6.3).
    pub fn forbids_content(self) -> bool {
        self.is_informational() || self == StatusCode::NO_CONTENT || self == StatusCode::NOT_MODIFIED
    }
}

macro_rules! status_codes {
    ($($code:literal $name:ident $reason:literal $doc:literal,)*) => {
        impl StatusCode {
            $(#[doc = $doc] pub const $name: StatusCode = StatusCode($code);)*

            /// The phrase that the registry gives the code; empty for codes that it does not know.
            pub fn reason(self) -> &'static str {
                match self.0 { $($code => $reason,)* _ => "" }
            }
        }
    };
}

status_codes! {
    100 CONTINUE "Continue" "The head is fine, send the content (§15.2.1).",
    101 SWITCHING_PROTOCOLS "Switching Protocols" "From here on another protocol is spoken (§15.2.2).",
    103 EARLY_HINTS "Early Hints" "Fields that the final response will probably have (RFC 8297).",
    200 OK "OK" "It worked (§15.3.1).",
    201 CREATED "Created" "A new resource is there (§15.3.2).",
    202 ACCEPTED "Accepted" "It will be done later, or not (§15.3.3).",
    204 NO_CONTENT "No Content" "It worked, and there is nothing to show (§15.3.5).",
    206 PARTIAL_CONTENT "Partial Content" "The parts that a Range field asked for (§15.3.7).",
    301 MOVED_PERMANENTLY "Moved Permanently" "Use the other address from now on (§15.4.2).",
    302 FOUND "Found" "Use the other address this time (§15.4.3).",
    303 SEE_OTHER "See Other" "The answer is at the other address, by GET (§15.4.4).",
    304 NOT_MODIFIED "Not Modified" "What you have is still good (§15.4.5).",
    307 TEMPORARY_REDIRECT "Temporary Redirect" "As 302, the method stays (§15.4.8).",
    308 PERMANENT_REDIRECT "Permanent Redirect" "As 301, the method stays (§15.4.9).",
    400 BAD_REQUEST "Bad Request" "The request is malformed (§15.5.1).",
    401 UNAUTHORIZED "Unauthorized" "Say who you are first (§15.5.2).",
    403 FORBIDDEN "Forbidden" "Understood, and refused (§15.5.4).",
    404 NOT_FOUND "Not Found" "There is nothing here (§15.5.5).",
    405 METHOD_NOT_ALLOWED "Method Not Allowed" "Not with this method; Allow lists those that work (§15.5.6).",
    408 REQUEST_TIMEOUT "Request Timeout" "The request took too long to arrive (§15.5.9).",
    411 LENGTH_REQUIRED "Length Required" "Content needs a Content-Length here (§15.5.12).",
    412 PRECONDITION_FAILED "Precondition Failed" "An If-… field did not hold (§15.5.13).",
    413 CONTENT_TOO_LARGE "Content Too Large" "More content than is accepted (§15.5.14).",
    414 URI_TOO_LONG "URI Too Long" "The target is longer than is accepted (§15.5.15).",
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type" "Not in this format (§15.5.16).",
    416 RANGE_NOT_SATISFIABLE "Range Not Satisfiable" "The ranges lie outside of the content (§15.5.17).",
    417 EXPECTATION_FAILED "Expectation Failed" "The Expect field asks for what cannot be had (§15.5.18).",
    421 MISDIRECTED_REQUEST "Misdirected Request" "This server does not answer for that authority (§15.5.20).",
    426 UPGRADE_REQUIRED "Upgrade Required" "Not in this protocol; Upgrade names those that work (§15.5.22).",
    429 TOO_MANY_REQUESTS "Too Many Requests" "Slow down (RFC 6585 §4).",
    431 REQUEST_HEADER_FIELDS_TOO_LARGE "Request Header Fields Too Large" "The head is larger than is accepted (RFC 6585 §5).",
    500 INTERNAL_SERVER_ERROR "Internal Server Error" "The server's own mistake (§15.6.1).",
    501 NOT_IMPLEMENTED "Not Implemented" "The server cannot do that at all (§15.6.2).",
    502 BAD_GATEWAY "Bad Gateway" "The server behind answered nonsense (§15.6.3).",
    503 SERVICE_UNAVAILABLE "Service Unavailable" "Not now (§15.6.4).",
    504 GATEWAY_TIMEOUT "Gateway Timeout" "The server behind did not answer in time (§15.6.5).",
    505 HTTP_VERSION_NOT_SUPPORTED "HTTP Version Not Supported" "Not in this major version (§15.6.6).",
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            "" => write!(f, "{:03}", self.0),
            reason => write!(f, "{:03} {reason}", self.0),
        }
    }
}

impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
