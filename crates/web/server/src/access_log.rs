use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use wirelab_http::{Method, Request, StatusCode, Target, Version};

/// One line a request, in the Combined Log Format that log analysers read, and behind it the time that the request
/// took, from the arrival of its head, in microseconds:
///
/// ```text
/// 192.0.2.7 - - [Sun, 06 Nov 1994 08:49:37 GMT] "GET /about HTTP/1.1" 200 1234 "-" "curl/8.5.0" 181
/// ```
///
/// The date is that of HTTP instead of the format's own. Each worker collects its lines, and writes them once a turn of
/// its loop, all together.
pub(crate) struct AccessLog {
    lines: Vec<u8>,
    writer: Writer,
}

/// Where the lines of all workers go.
pub(crate) type Writer = Arc<Mutex<Box<dyn Write + Send>>>;

/// What a line says of the request; noted when the head arrives, since the handler takes the request with it.
pub(crate) struct Entry {
    began: Instant,
    method: Method,
    target: Target,
    version: Version,
    referer: Option<Box<[u8]>>,
    user_agent: Option<Box<[u8]>>,
}

impl Entry {
    pub(crate) fn new(request: &Request, now: Instant) -> Self {
        let field = |name| request.fields.get(name).map(Box::from);
        Entry {
            began: now,
            method: request.method.clone(),
            target: request.target.clone(),
            version: request.version,
            referer: field("referer"),
            user_agent: field("user-agent"),
        }
    }
}

impl AccessLog {
    pub(crate) fn new(writer: Writer) -> Self {
        AccessLog { lines: Vec::new(), writer }
    }

    /// Adds a line. Without an entry there was no request that could be understood.
    pub(crate) fn write(
        &mut self,
        peer: SocketAddr,
        date: &[u8],
        entry: Option<&Entry>,
        status: Option<StatusCode>,
        sent: u64,
    ) {
        // Writing to memory does not fail.
        let _ = write_line(&mut self.lines, peer, date, entry, status, sent);
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.lines.is_empty() {
            return Ok(());
        }
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let written = writer.write_all(&self.lines).and_then(|()| writer.flush());
        self.lines.clear();
        written
    }
}

fn write_line(
    out: &mut Vec<u8>,
    peer: SocketAddr,
    date: &[u8],
    entry: Option<&Entry>,
    status: Option<StatusCode>,
    sent: u64,
) -> io::Result<()> {
    write!(out, "{} - - [", peer.ip())?;
    out.write_all(date)?;
    match entry {
        Some(entry) => write!(out, "] \"{} {} {}\" ", entry.method, entry.target, entry.version)?,
        None => out.write_all(b"] \"-\" ")?,
    }
    match status {
        Some(status) => write!(out, "{} {sent} ", status.0)?,
        None => write!(out, "- {sent} ")?,
    }
    quote(out, entry.and_then(|entry| entry.referer.as_deref()))?;
    out.write_all(b" ")?;
    quote(out, entry.and_then(|entry| entry.user_agent.as_deref()))?;
    writeln!(out, " {}", entry.map_or(0, |entry| entry.began.elapsed().as_micros()))
}

/// A field's value in quotes, with the characters escaped that would end the quotes or confuse a terminal.
fn quote(out: &mut impl Write, value: Option<&[u8]>) -> io::Result<()> {
    match value {
        Some(value) => write!(out, "\"{}\"", value.escape_ascii()),
        None => out.write_all(b"\"-\""),
    }
}
