//! What all versions of HTTP share: the meaning of messages, apart from the bytes that carry them.
//!
//! # Why it is a crate of its own
//!
//! HTTP/1.1 writes a request as lines of text, HTTP/2 as binary frames, HTTP/3 as frames on QUIC streams. What the request
//! says is the same in all of them: a method, a target, fields, content. RFC 9110 defines that meaning once for
//! all versions, and so does this crate. Nothing here does I/O or asks a clock; where time matters, it is an argument.
//!
//! ```text
//!            server          client            who decides: files, redirects, caches
//!         ──────┴───────────────┴──────
//!           wirelab-http (this crate)          what it means: Request, Response, Range, If-None-Match, …
//!         ──────┬─────────┬─────────┬──
//!             http1     http2     http3        how it is carried: lines, frames
//!         ──────┴─────────┴─────────┴──
//!              TCP, TLS           QUIC
//! ```
//!
//! # The life of a request on a file server
//!
//! ```text
//!  Request ─▶ host ─▶ path ─────────▶ file_type, accept ─▶ conditional ─▶ range ───▶ Response
//!             which   which file,     what it is,          304? 412?      206? 416?
//!             site?   if it is safe   which coding         etag, date     multipart
//! ```
//!
//! # Reading order
//!
//! 1. The message: [`Request`], [`Response`], and what they consist of: [`Method`], [`Target`], [`Version`],
//!    [`StatusCode`], [`Fields`]. [`grammar`] has the characters that all of it is made of.
//! 2. Where it goes: [`url`] (a client's address), [`host`] (which site), [`path`] (which file), [`allow`] (how).
//! 3. What is sent: [`media_type`], [`file_type`], and [`accept`], by which the client chooses.
//! 4. Whether it is sent: [`date`] and [`etag`] tell versions apart, [`conditional`] compares them.
//! 5. How much of it: [`range`], and [`multipart`] for several parts at once.
//! 6. [`cookie`]: what a server keeps in a browser. [`registry`]: what each name and number means, in a sentence.
//!
//! # What is left out
//!
//! - The client's cookie jar (RFC 6265 §5): which cookies to keep, and where to send them back.
//! - Content codings (gzip, br): [`accept`] says which one is wanted; nothing here compresses.
//! - Reading multipart content: [`multipart`] only writes byte ranges.
//! - Structured Fields (RFC 8941, RFC 9651): the fields that use them are passed on as they are.
//! - Caching (RFC 9111) and authentication (RFC 9110 §11): they need a memory, and will be crates of their own.
//! - Accept-Charset and Accept-Language: files come in one charset, and in one language.
//!
//! # Example
//!
//! A browser has a copy of a page and asks whether it is still good:
//!
//! ```
//! use wirelab_http::conditional::{self, Outcome, Validators};
//! use wirelab_http::{Method, Request, Response, StatusCode, Target};
//! use wirelab_http::{date::Date, etag::EntityTag, file_type, path};
//!
//! let request = Request::new(Method::Get, Target::parse(b"/docs/../caf%C3%A9.html").unwrap())
//!     .with("Host", "example.com")
//!     .with("If-None-Match", "\"v1\", \"v2\"");
//!
//! let names = path::safe_segments(request.target.path()).unwrap();
//! assert_eq!(names, ["café.html"]);
//!
//! let now = Date(1_700_000_000);
//! let current = Validators { etag: EntityTag::strong("v2"), last_modified: Some(Date(1_600_000_000)) };
//! let status = match conditional::evaluate(&request.method, &request.fields, Some(&current), now) {
//!     Outcome::Proceed | Outcome::ProceedWholly => StatusCode::OK,
//!     Outcome::NotModified => StatusCode::NOT_MODIFIED,
//!     Outcome::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
//! };
//! let response = Response::new(status).with("Date", now).with("ETag", "\"v2\"");
//! assert_eq!(response.status.to_string(), "304 Not Modified");
//! assert_eq!(response.fields.get_str("date"), Some("Tue, 14 Nov 2023 22:13:20 GMT"));
//! assert_eq!(file_type::of_path(&names[0]), "text/html; charset=utf-8");
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod accept;
pub mod allow;
mod calendar;
pub mod conditional;
pub mod cookie;
pub mod date;
pub mod etag;
mod fields;
pub mod file_type;
pub mod grammar;
pub mod host;
pub mod media_type;
mod message;
mod method;
pub mod multipart;
mod parameters;
pub mod path;
pub mod range;
pub mod registry;
mod status;
mod target;
pub mod url;
mod version;

pub use fields::{Fields, InvalidField, Span};
pub use message::{Request, Response};
pub use method::Method;
pub use status::StatusCode;
pub use target::{InvalidTarget, Target, is_authority};
pub use version::Version;
