//! A page that shows the head that it is sent with, to the byte.
//!
//! The head says how long the page is, and the page shows the head: each depends on the other. A longer page can only make
//! the number longer, and only by a digit now and then, so that trying again and again comes to an end.

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use wirelab::http::date::Date;
use wirelab::http::{Fields, Request, Response, StatusCode, Version};
use wirelab::http1::wire::encode_response;
use wirelab::server::{Body, Reply};
use wirelab::wire::{Encode, Explanation, Trace, Writer, explain_written};

use crate::meaning;

/// What all pages are sent with. They may load and do nothing but the lab's own style and script.
pub const FIELDS_OF_PAGES: &[(&str, &str)] = &[
    (
        "Content-Security-Policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Vary", "Accept"),
];

/// How often the length is tried. Two are enough, unless the page's length is within a digit of a power of ten.
const TRIES: usize = 8;

/// Makes the page that `page` draws from its own head.
pub fn reply(
    status: StatusCode,
    content_type: &str,
    connection: Option<&'static str>,
    page: impl Fn(&Explanation) -> String,
) -> Reply {
    let mut length = 0;
    let (mut head, mut text) = (Response::new(status), String::new());
    for _ in 0..TRIES {
        head = complete_head(status, content_type, connection, length);
        text = page(&explain_head(&head));
        if text.len() == length {
            break;
        }
        length = text.len();
    }
    Reply { head, body: Body::Full(Bytes::from(text)) }
}

/// All fields that will be sent, so that nobody has to add any.
fn complete_head(
    status: StatusCode,
    content_type: &str,
    connection: Option<&str>,
    length: usize,
) -> Response {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let head = Response::new(status)
        .with("Date", Date(seconds))
        .with("Server", "wirelab")
        .with("Content-Type", content_type)
        .with("Content-Length", length);
    let head = FIELDS_OF_PAGES.iter().fold(head, |head, (name, value)| head.with(name, value));
    match connection {
        Some(option) => head.with("Connection", option),
        None => head,
    }
}

/// What the answer must say about the connection's future (RFC 9112 §9.3): nothing in the usual case.
pub fn connection_option(request: &Request, stopping: bool) -> Option<&'static str> {
    let asks = |option| request.fields.has_member("connection", option);
    match () {
        () if stopping || asks("close") => Some("close"),
        () if request.version >= Version::HTTP_11 => None,
        () if asks("keep-alive") => Some("keep-alive"),
        () => Some("close"),
    }
}

/// The bytes of the head, and what each of them is, with the line of code that wrote it.
fn explain_head(head: &Response) -> Explanation {
    let (_, mut explanation) = explain_written(&Written(head), "HTTP/1.1 response head", "RFC 9112 §2.1");
    meaning::add(&mut explanation);
    explanation
}

struct Written<'r>(&'r Response);

impl Encode for Written<'_> {
    fn encode(&self, w: &mut Writer<'_, impl Trace>) {
        encode_response(self.0, &Fields::new(), w);
    }
}

#[cfg(test)]
mod tests {
    use super::{StatusCode, reply};
    use wirelab::server::Body;

    #[test]
    fn the_length_in_the_page_is_the_length_of_the_page_also_across_powers_of_ten() {
        for padding in [0, 95, 96, 97, 98, 99, 990, 9_700, 9_800] {
            let reply = reply(StatusCode::OK, "text/plain", None, |head| {
                let text = head.buffers.iter().map(|b| String::from_utf8_lossy(&b.bytes).into_owned());
                "x".repeat(padding) + &text.collect::<String>()
            });
            let Body::Full(body) = reply.body else { panic!("no body") };
            let text = String::from_utf8(body.to_vec()).unwrap();
            assert!(text.contains(&format!("Content-Length: {}\r\n", text.len())), "{text}");
        }
    }
}
