//! Which address shows what.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use wirelab::http::{Method, Request, StatusCode, accept};
use wirelab::server::{Context, Handler, Reply, Step, collect};
use wirelab::wire::Explanation;
use wirelab::wire::render::{self, Style};

use crate::odd::cases::Case;
use crate::odd::experiment::{self, Outcome, Running};
use crate::pages::odd::Finished;
use crate::pages::{home, odd, text};
use crate::visit::{Circumstances, Visit};
use crate::{exact, source};

/// Content up to this length is explained.
const LONGEST_CONTENT: usize = 16 * 1024;

/// How often it is looked whether an experiment is over.
const POLL: Duration = Duration::from_millis(5);

const HTML: &str = "text/html; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json";

/// The lab's pages.
#[derive(Debug)]
pub struct Lab {
    /// Where experiments connect to.
    address: SocketAddr,
    running: Running,
}

impl Lab {
    /// The pages of a server that listens on `address`.
    pub fn new(address: SocketAddr) -> Self {
        let reachable = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        Lab { address: SocketAddr::new(reachable, address.port()), running: Running::default() }
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
            (Method::Get | Method::Head, "/lab.css") => {
                asset("text/css; charset=utf-8", [render::CSS, include_str!("assets/lab.css")].concat())
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
    Reply::text("There is nothing here. What there is: /, /odd, /source/, /json, /ansi\n")
        .status(StatusCode::NOT_FOUND)
        .into()
}

/// What all pages are sent with.
fn page(content_type: &str, text: String) -> Reply {
    Reply::of_type(content_type, text.into())
        .with("Content-Security-Policy", exact::POLICY)
        .with("X-Content-Type-Options", "nosniff")
        .with("Referrer-Policy", "no-referrer")
        .with("Cache-Control", "no-store")
        .with("Vary", "Accept")
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

impl Lab {
    fn odd(&self, request: &Request) -> Step {
        let form = Form::wanted(request);
        let wanted =
            request.target.query().unwrap_or_default().split('&').find_map(|part| part.strip_prefix("case="));
        let Some(id) = wanted else {
            return match form {
                Form::Html => page(HTML, odd::list()).into(),
                _ => page(TEXT, text::odd_list()).into(),
            };
        };
        let Some(case) = Case::find(id) else { return not_found() };
        let parts = case.parts(&self.address.to_string());
        match experiment::start(&self.running, self.address, parts.clone(), case.methods) {
            Some(outcome) => await_outcome(Experiment { case, parts, outcome, form, since: Instant::now() }),
            None => Reply::text("Enough experiments are running; try again.\n")
                .status(StatusCode::SERVICE_UNAVAILABLE)
                .into(),
        }
    }
}

struct Experiment {
    case: &'static Case,
    parts: Vec<Vec<u8>>,
    outcome: Receiver<io::Result<Outcome>>,
    form: Form,
    since: Instant,
}

/// Comes back until the experiment's thread has something to say; the loop serves others, and the experiment, meanwhile.
fn await_outcome(experiment: Experiment) -> Step {
    match experiment.outcome.try_recv() {
        Ok(Ok(outcome)) => show(&experiment, outcome),
        Err(TryRecvError::Empty) if experiment.since.elapsed() < experiment::LIMIT * 2 => {
            Step::Later(POLL, Box::new(|| await_outcome(experiment)))
        }
        Ok(Err(error)) => failed(&error.to_string()),
        Err(_) => failed("it did not end in time"),
    }
}

fn show(experiment: &Experiment, outcome: Outcome) -> Step {
    let finished = Finished::new(experiment.case, &experiment.parts, outcome);
    match experiment.form {
        Form::Html => page(HTML, odd::case(&finished)).into(),
        Form::Text(style) => page(TEXT, text::odd_case(&finished, style)).into(),
        Form::Json => not_found(),
    }
}

fn failed(why: &str) -> Step {
    Reply::text(format!("The experiment failed: {why}\n")).status(StatusCode::INTERNAL_SERVER_ERROR).into()
}
