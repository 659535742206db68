//! The page `/`. It never changes, and its validators say so.

use std::time::SystemTime;

use bytes::Bytes;
use wirelab_http::conditional::{self, Outcome, Validators};
use wirelab_http::date::Date;
use wirelab_http::etag::EntityTag;
use wirelab_http::{Fields, Request, StatusCode};

use crate::{Body, Reply};

const CONTENT: &[u8] = b"OK";
const TAG: &str = "OK";
/// 1 January 2021: before any request for it.
const MODIFIED: Date = Date(1_609_459_200);

/// What the page's answers have in common, made once: this page is what servers are measured with.
#[derive(Debug)]
pub(super) struct Root {
    validators: Validators,
    validator_fields: Fields,
    page_fields: Fields,
}

impl Root {
    pub(super) fn new() -> Self {
        let etag = EntityTag::strong(TAG);
        let described = Reply::empty(StatusCode::OK)
            .with("ETag", format!("\"{TAG}\""))
            .with("Last-Modified", MODIFIED.to_bytes());
        let validator_fields = described.head.fields.clone();
        let page_fields = described.with("Content-Type", "text/plain; charset=utf-8").head.fields;
        let validators = Validators { etag, last_modified: Some(MODIFIED) };
        Root { validators, validator_fields, page_fields }
    }

    /// The answer to GET and HEAD whose conditions hold.
    pub(super) fn page(&self) -> Reply {
        let body = Body::Full(Bytes::from_static(CONTENT));
        Root::reply(StatusCode::OK, &self.page_fields, body)
    }

    /// The answer in place of the page, if the conditions of the request demand one.
    pub(super) fn instead_of_page(&self, request: &Request) -> Option<Reply> {
        if !has_conditions(&request.fields) {
            return None;
        }
        let now = Date::from(SystemTime::now());
        match conditional::evaluate(&request.method, &request.fields, Some(&self.validators), now) {
            Outcome::NotModified => {
                Some(Root::reply(StatusCode::NOT_MODIFIED, &self.validator_fields, Body::Empty))
            }
            Outcome::PreconditionFailed => Some(Reply::error(StatusCode::PRECONDITION_FAILED)),
            Outcome::Proceed | Outcome::ProceedWholly => None,
        }
    }

    fn reply(status: StatusCode, fields: &Fields, body: Body) -> Reply {
        let mut reply = Reply { body, ..Reply::empty(status) };
        // Three short fields are not 4 GiB long.
        let _ = reply.head.fields.append(fields);
        reply
    }
}

/// Whether one of the fields is called `If-…` (RFC 9110 §13.1): one walk through the names in place of five.
fn has_conditions(fields: &Fields) -> bool {
    fields.iter_bytes().any(|(name, _)| matches!(name, [b'I' | b'i', b'F' | b'f', b'-', ..]))
}
