//! Which address shows what.

mod odd;
mod sockets;
mod tcp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;

use wirelab::http::{Method, Request, StatusCode, accept};
use wirelab::server::{Context, Handler, Reply, Step, collect};
use wirelab::sim::Ladder;
use wirelab::wire::Explanation;
use wirelab::wire::render::{self, Style};

use self::sockets::SharedQueue;
use crate::background::Running;
use crate::pages::{home, text};
use crate::visit::{Circumstances, Visit};
use crate::{exact, source};

/// Content up to this length is explained.
const LONGEST_CONTENT: usize = 16 * 1024;

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// The lab's pages.
pub struct Lab {
    /// Where experiments connect to.
    address: SocketAddr,
    running: Running,
    queue: Arc<SharedQueue>,
}

impl Lab {
    /// The pages of a server that listens on `address`.
    pub fn new(address: SocketAddr) -> Self {
        let reachable = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Lab {
            address: SocketAddr::new(reachable, address.port()),
            running: Running::default(),
            queue: Arc::default(),
        }
    }
}

/// In which form a page is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Html,
    Text(Style),
    Json,
}

impl Form {
    /// Browsers name `text/html`; curl and its kind take anything, and get text (RFC 9110 §12.5.1).
    fn wanted(request: &Request) -> Self {
        let asks =
            |what| request.target.query().is_some_and(|query| query.split('&').any(|part| part == what));
        let style =
            Style { color: request.target.path() == "/ansi" || asks("color=1"), source: asks("source=1") };
        match accept::media_type(&request.fields, &["text/plain", "text/html"]) {
            Some("text/html") if style == Style::PLAIN => Form::Html,
            _ => Form::Text(style),
        }
    }
}

impl Handler for Lab {
    fn handle(&self, request: Request, context: &Context) -> Step {
        let path = request.target.path().to_owned();
        match (&request.method, path.as_str()) {
            (Method::Get | Method::Head, "/odd") => self.odd(&request),
            (_, path) if path == "/sockets" || path.starts_with("/sockets/") => self.sockets(request),
            (Method::Get | Method::Head, "/tcp" | "/tcp.pcapng") => self.tcp(&request),
            (Method::Get | Method::Head, "/lab.css") => {
                let ladder = Ladder::stylesheet();
                asset(
                    "text/css; charset=utf-8",
                    [render::CSS, &ladder, include_str!("assets/lab.css")].concat(),
                )
            }
            (Method::Get | Method::Head, "/lab.js") => {
                asset("text/javascript; charset=utf-8", include_str!("assets/lab.js").into())
            }
            (Method::Get | Method::Head, "/favicon.svg" | "/favicon.ico") => {
                asset("image/svg+xml", include_str!("assets/favicon.svg").into())
            }
            (Method::Get | Method::Head, path) if path.starts_with("/source/") => {
                source_file(path.trim_start_matches("/source/"))
            }
            (Method::Get | Method::Head | Method::Post, "/" | "/ansi" | "/json") => {
                explain_visit(request, context)
            }
            (Method::Get | Method::Head | Method::Post, "/hello") => hello(request),
            (Method::Get | Method::Head, _) => not_found(),
            _ => Reply::method_not_allowed("GET, HEAD").into(),
        }
    }
}

fn not_found() -> Step {
    Reply::text("There is nothing here. What there is: /, /odd, /sockets, /tcp, /source/, /json, /ansi\n")
        .status(StatusCode::NOT_FOUND)
        .into()
}

/// A page that does not show its own head.
fn page(content_type: &str, text: String) -> Reply {
    let reply = Reply::of_type(content_type, text.into());
    exact::FIELDS_OF_PAGES.iter().fold(reply, |reply, (name, value)| reply.with(name, value))
}

/// Assets are asked for each time, so that reloading shows what a connection is reused for.
fn asset(content_type: &str, text: String) -> Step {
    Reply::of_type(content_type, text.into())
        .with("X-Content-Type-Options", "nosniff")
        .with("Cache-Control", "no-cache")
        .into()
}

fn source_file(path: &str) -> Step {
    match path {
        "" => page(HTML, source::index_page()).into(),
        path => match source::read(path) {
            Some(text) => page(HTML, source::file_page(path, &text)).into(),
            None => not_found(),
        },
    }
}

fn explain_visit(request: Request, context: &Context) -> Step {
    let connection = Circumstances::of(context);
    let form = match request.target.path() {
        "/json" => Form::Json,
        _ => Form::wanted(&request),
    };
    collect(LONGEST_CONTENT, request, move |request, content| {
        let option = exact::connection_option(&request, connection.stopping);
        let visit = Visit::new(&request, &content, connection);
        let draw = |head: &Explanation| match form {
            Form::Html => home::html(&visit, head),
            Form::Text(style) => text::home(&visit, head, style),
            Form::Json => home::json(&visit),
        };
        exact::reply(StatusCode::OK, content_type(form), option, draw).into()
    })
}

fn content_type(form: Form) -> &'static str {
    match form {
        Form::Html => HTML,
        Form::Text(_) => TEXT,
        Form::Json => JSON,
    }
}

/// What the odd requests ask for: something short.
fn hello(request: Request) -> Step {
    collect(LONGEST_CONTENT, request, |request, content: Bytes| {
        let target = request.target.path_and_query();
        Reply::text(format!("{} {target} with {} bytes of content\n", request.method, content.len())).into()
    })
}
