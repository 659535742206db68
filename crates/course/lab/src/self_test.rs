//! `--self-test`: the lab looks at itself.

use std::net::{Ipv4Addr, SocketAddr};

use wirelab::http::Method;
use wirelab::http1::wire::ResponseHead;
use wirelab::server::{Config, Server};
use wirelab::wire::explain_prefix;

use crate::Lab;
use crate::odd::cases::{ALL, Case};
use crate::odd::experiment::converse;

/// Starts the lab on a free port, asks for every page, and compares what the pages show with what was sent and received.
///
/// # Errors
/// What differed, or could not be done.
pub fn run() -> Result<String, String> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = Server::bind(free, Config::default()).map_err(|error| error.to_string())?;
    let (address, handle) = (server.local_addr(), server.handle());
    let thread = std::thread::spawn(move || server.run(Lab::new(address)));
    let report = check_all(address);
    handle.stop();
    match thread.join() {
        Ok(Ok(())) => report,
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the server's thread panicked".to_owned()),
    }
}

fn check_all(address: SocketAddr) -> Result<String, String> {
    let mut report = String::new();
    for path in [
        "/odd",
        "/sockets",
        "/sockets/nagle",
        "/sockets/workers",
        "/sockets/queue",
        "/sockets/queue.json",
        "/tcp",
        "/tcp.pcapng?drop=4",
        "/source/",
        "/source/crates/web/http1/src/wire/field_line.rs",
        "/lab.css",
        "/lab.js",
        "/favicon.svg",
        "/json",
    ] {
        let page = Page::get(address, path, "text/html")?;
        page.expect(200)?;
        report += &format!("ok   {path}\n");
    }
    check_own_bytes(address)?;
    report += "ok   / shows the bytes of its request, and of its own head\n";
    for case in ALL {
        check_case(address, case)?;
        report += &format!("ok   /odd?case={}\n", case.id);
    }
    Ok(report)
}

/// A page, and the bytes that brought it.
#[derive(Debug)]
pub struct Page {
    /// The request, to the byte.
    pub sent: Vec<u8>,
    /// The head of the response, to the byte.
    pub head: Vec<u8>,
    /// The content.
    pub body: String,
    /// The status.
    pub status: u16,
}

impl Page {
    /// Asks for `path` in this media type.
    ///
    /// # Errors
    /// No answer came.
    pub fn get(address: SocketAddr, path: &str, accept: &str) -> Result<Page, String> {
        Page::ask(
            address,
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\n\r\n").into_bytes(),
        )
    }

    /// Sends these bytes, which must be one request other than HEAD.
    ///
    /// # Errors
    /// No answer came.
    pub fn ask(address: SocketAddr, sent: Vec<u8>) -> Result<Page, String> {
        let outcome = converse(address, std::slice::from_ref(&sent), &[Method::Get])
            .map_err(|error| error.to_string())?;
        let (head, _) = explain_prefix::<ResponseHead<'_>>(&outcome.received);
        let head = head.map_err(|error| format!("no answer to {}: {error}", sent.escape_ascii()))?;
        let (status, head) = (head.line.status.0, head.text.to_vec());
        let body = outcome.received.get(head.len()..).unwrap_or_default();
        Ok(Page { sent, body: String::from_utf8_lossy(body).into_owned(), head, status })
    }

    /// That the status is this one.
    ///
    /// # Errors
    /// It is another one.
    pub fn expect(&self, status: u16) -> Result<(), String> {
        let line = self.sent.split(|&byte| byte == b'\r').next().unwrap_or_default();
        let differs = || format!("{}: expected {status}, got {}", line.escape_ascii(), self.status);
        if self.status == status { Ok(()) } else { Err(differs()) }
    }

    /// The bytes of the hexadecimal grids whose ids begin with `prefix`, in the order of the page.
    pub fn grid(&self, prefix: &str) -> Vec<u8> {
        let mark = format!("tabindex=\"-1\" data-leaf=\"{prefix}");
        let cells = self.body.split(&mark).skip(1);
        cells.filter_map(|cell| u8::from_str_radix(cell.split_once("\">")?.1.get(..2)?, 16).ok()).collect()
    }
}

fn check_own_bytes(address: SocketAddr) -> Result<(), String> {
    let page = Page::get(address, "/?x=%3Cscript%3E&y=<script>", "text/html,*/*;q=0.1")?;
    page.expect(200)?;
    let heading = format!("You just sent {} bytes", page.sent.len());
    let checks = [
        ("the heading", page.body.contains(&heading)),
        ("the bytes of the request", page.grid("q") == page.sent),
        ("the bytes of the response's head", page.grid("r") == page.head),
    ];
    match checks.iter().find(|(_, holds)| !holds) {
        Some((what, _)) => Err(format!("the page does not show {what} as they were")),
        None => Ok(()),
    }
}

fn check_case(address: SocketAddr, case: &Case) -> Result<(), String> {
    let page = Page::get(address, &format!("/odd?case={}", case.id), "text/html")?;
    page.expect(200)?;
    let statuses: Vec<String> = case.statuses.iter().map(u16::to_string).collect();
    let answer = format!("<strong>{}</strong>", statuses.join(", then "));
    let why = match case.rule {
        Some(rule) => format!("The rule is called {rule}."),
        None => "found nothing wrong with it".to_owned(),
    };
    for expected in [answer, why] {
        if !page.body.contains(&expected) {
            return Err(format!("/odd?case={} does not show {expected}", case.id));
        }
    }
    Ok(())
}
