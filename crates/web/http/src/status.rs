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
    ($($code:literal $name:ident $reason:literal $section:literal $meaning:literal,)*) => {
        impl StatusCode {
            $(#[doc = concat!($meaning, " (", $section, ")")] pub const $name: StatusCode = StatusCode($code);)*

            /// The phrase that the registry gives the code; empty for codes that it does not know.
            pub fn reason(self) -> &'static str {
                match self.0 { $($code => $reason,)* _ => "" }
            }

            /// Where the code is defined, and what it says, in a sentence; `None` for codes that have no name here.
            pub fn definition(self) -> Option<(&'static str, &'static str)> {
                match self.0 { $($code => Some(($section, $meaning)),)* _ => None }
            }
        }
    };
}

status_codes! {
    100 CONTINUE "Continue" "RFC 9110 §15.2.1" "The head is fine, send the content.",
    101 SWITCHING_PROTOCOLS "Switching Protocols" "RFC 9110 §15.2.2" "From here on another protocol is spoken.",
    103 EARLY_HINTS "Early Hints" "RFC 8297 §2" "Fields that the final response will probably have.",
    200 OK "OK" "RFC 9110 §15.3.1" "It worked.",
    201 CREATED "Created" "RFC 9110 §15.3.2" "A new resource is there.",
    202 ACCEPTED "Accepted" "RFC 9110 §15.3.3" "It will be done later, or not.",
    203 NON_AUTHORITATIVE_INFORMATION "Non-Authoritative Information" "RFC 9110 §15.3.4" "It worked, and a proxy has changed the content.",
    204 NO_CONTENT "No Content" "RFC 9110 §15.3.5" "It worked, and there is nothing to show.",
    205 RESET_CONTENT "Reset Content" "RFC 9110 §15.3.6" "It worked; empty the form for the next entry.",
    206 PARTIAL_CONTENT "Partial Content" "RFC 9110 §15.3.7" "The parts that a Range field asked for.",
    300 MULTIPLE_CHOICES "Multiple Choices" "RFC 9110 §15.4.1" "There are several representations to choose from.",
    301 MOVED_PERMANENTLY "Moved Permanently" "RFC 9110 §15.4.2" "Use the other address from now on.",
    302 FOUND "Found" "RFC 9110 §15.4.3" "Use the other address this time.",
    303 SEE_OTHER "See Other" "RFC 9110 §15.4.4" "The answer is at the other address, by GET.",
    304 NOT_MODIFIED "Not Modified" "RFC 9110 §15.4.5" "What you have is still good.",
    307 TEMPORARY_REDIRECT "Temporary Redirect" "RFC 9110 §15.4.8" "As 302, the method stays.",
    308 PERMANENT_REDIRECT "Permanent Redirect" "RFC 9110 §15.4.9" "As 301, the method stays.",
    400 BAD_REQUEST "Bad Request" "RFC 9110 §15.5.1" "The request is malformed.",
    401 UNAUTHORIZED "Unauthorized" "RFC 9110 §15.5.2" "Say who you are first.",
    402 PAYMENT_REQUIRED "Payment Required" "RFC 9110 §15.5.3" "Reserved, and never defined.",
    403 FORBIDDEN "Forbidden" "RFC 9110 §15.5.4" "Understood, and refused.",
    404 NOT_FOUND "Not Found" "RFC 9110 §15.5.5" "There is nothing here.",
    405 METHOD_NOT_ALLOWED "Method Not Allowed" "RFC 9110 §15.5.6" "Not with this method; Allow lists those that work.",
    406 NOT_ACCEPTABLE "Not Acceptable" "RFC 9110 §15.5.7" "There is no representation that the Accept fields would take.",
    407 PROXY_AUTHENTICATION_REQUIRED "Proxy Authentication Required" "RFC 9110 §15.5.8" "Tell the proxy who you are first.",
    408 REQUEST_TIMEOUT "Request Timeout" "RFC 9110 §15.5.9" "The request took too long to arrive.",
    409 CONFLICT "Conflict" "RFC 9110 §15.5.10" "The request does not go with the present state of the target.",
    410 GONE "Gone" "RFC 9110 §15.5.11" "There was something here, and it will not come back.",
    411 LENGTH_REQUIRED "Length Required" "RFC 9110 §15.5.12" "Content needs a Content-Length here.",
    412 PRECONDITION_FAILED "Precondition Failed" "RFC 9110 §15.5.13" "An If-… field did not hold.",
    413 CONTENT_TOO_LARGE "Content Too Large" "RFC 9110 §15.5.14" "More content than is accepted.",
    414 URI_TOO_LONG "URI Too Long" "RFC 9110 §15.5.15" "The target is longer than is accepted.",
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type" "RFC 9110 §15.5.16" "Not in this format.",
    416 RANGE_NOT_SATISFIABLE "Range Not Satisfiable" "RFC 9110 §15.5.17" "The ranges lie outside of the content.",
    417 EXPECTATION_FAILED "Expectation Failed" "RFC 9110 §15.5.18" "The Expect field asks for what cannot be had.",
    421 MISDIRECTED_REQUEST "Misdirected Request" "RFC 9110 §15.5.20" "This server does not answer for that authority.",
    422 UNPROCESSABLE_CONTENT "Unprocessable Content" "RFC 9110 §15.5.21" "The format is right, and what it says makes no sense.",
    425 TOO_EARLY "Too Early" "RFC 8470 §5.2" "Not in TLS early data, which could be a replay; try again after the handshake.",
    426 UPGRADE_REQUIRED "Upgrade Required" "RFC 9110 §15.5.22" "Not in this protocol; Upgrade names those that work.",
    428 PRECONDITION_REQUIRED "Precondition Required" "RFC 6585 §3" "Only with an If-Match field or the like, so that no update gets lost.",
    429 TOO_MANY_REQUESTS "Too Many Requests" "RFC 6585 §4" "Slow down.",
    431 REQUEST_HEADER_FIELDS_TOO_LARGE "Request Header Fields Too Large" "RFC 6585 §5" "The head is larger than is accepted.",
    451 UNAVAILABLE_FOR_LEGAL_REASONS "Unavailable For Legal Reasons" "RFC 7725 §3" "The law does not let the server send it.",
    500 INTERNAL_SERVER_ERROR "Internal Server Error" "RFC 9110 §15.6.1" "The server's own mistake.",
    501 NOT_IMPLEMENTED "Not Implemented" "RFC 9110 §15.6.2" "The server cannot do that at all.",
    502 BAD_GATEWAY "Bad Gateway" "RFC 9110 §15.6.3" "The server behind answered nonsense.",
    503 SERVICE_UNAVAILABLE "Service Unavailable" "RFC 9110 §15.6.4" "Not now.",
    504 GATEWAY_TIMEOUT "Gateway Timeout" "RFC 9110 §15.6.5" "The server behind did not answer in time.",
    505 HTTP_VERSION_NOT_SUPPORTED "HTTP Version Not Supported" "RFC 9110 §15.6.6" "Not in this major version.",
    507 INSUFFICIENT_STORAGE "Insufficient Storage" "RFC 4918 §11.5" "There is no room for what the request wants to store.",
    511 NETWORK_AUTHENTICATION_REQUIRED "Network Authentication Required" "RFC 6585 §6" "The network, not the server, wants to know who you are first.",
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
