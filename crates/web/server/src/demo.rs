//! The demo site: what every server program of the course serves, so that their figures can be compared.

mod generated;
mod pictures;
mod root;
mod upload;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use wirelab_http::{Method, Request, StatusCode, allow, cookie, path};

use self::root::Root;
use crate::{Context, Files, Handler, Reply, Step, collect};

/// A handler with a page for each thing that a server must be able to do.
///
/// | Path | Answer |
/// |---|---|
/// | `/` | GET: `OK`, with an ETag. POST: the content back |
/// | `/echo` | GET: the fields of the request, each as `Name: value` and a line break. POST, PUT: the content back |
/// | `/cookie` | GET, POST: the cookies of the request, each as `name=value` and a line break |
/// | `/N` | GET: the number and a line break. POST: the content back |
/// | `/headers` | the head of the request, byte for byte |
/// | `/bytes/N` | N bytes with Content-Length, at most 1 GiB |
/// | `/stream/N` | N lines without Content-Length; with `?ms=M`, one every M milliseconds |
/// | `/delay/MS` | an answer after that many milliseconds, at most a minute |
/// | `/status/N` | that status, 200 to 599, with the fields that it needs |
/// | `/images/N` | a small SVG picture of the number; `/images/N.bmp`: a bitmap |
/// | `/upload` | POST, PUT: stores the content, and says how long it was and its checksum |
/// | `/files/…` | files, if [`with_files`](Self::with_files) said where |
///
/// Other paths are 404, other methods 405 with Allow (unknown ones and CONNECT: 501), and OPTIONS says what is
/// allowed.
#[derive(Debug)]
pub struct DemoSite {
    files: Option<Files>,
    uploads: Option<PathBuf>,
    root: Root,
    /// What `/bytes/N` is cut from.
    block: Bytes,
}

/// What one echo holds in memory.
const ECHO_LIMIT: usize = 16 * 1024 * 1024;
const LONGEST_BYTES: u64 = 1 << 30;
const LONGEST_DELAY: u64 = 60_000;

impl DemoSite {
    /// The site without `/files/`; `/upload` only counts.
    pub fn new() -> Self {
        DemoSite { files: None, uploads: None, root: Root::new(), block: generated::block() }
    }

    /// With the files below `root` at `/files/`.
    ///
    /// # Errors
    /// Those of [`Files::new`].
    pub fn with_files(mut self, root: impl AsRef<Path>) -> io::Result<Self> {
        self.files = Some(Files::new(root)?);
        Ok(self)
    }

    /// `/upload` writes to a nameless file in this folder (or, if it is no folder, to this file), which is gone with the
    /// answer.
    #[must_use]
    pub fn with_uploads(mut self, place: impl Into<PathBuf>) -> Self {
        self.uploads = Some(place.into());
        self
    }

    fn answer(&self, page: Page, request: Request) -> Step {
        let reads = matches!(request.method, Method::Get | Method::Head);
        match page {
            Page::Files(_) | Page::Nothing => Reply::error(StatusCode::NOT_FOUND).into(),
            Page::Upload => upload::begin(self.uploads.as_deref()),
            Page::Root => self.root(request),
            Page::Echo if reads => Reply::text(field_lines(&request)).into(),
            Page::Echo => echo(request),
            Page::Cookie => Reply::text(cookie_lines(&request)).into(),
            Page::Number(_) if !reads => echo(request),
            Page::Number(number) => Reply::text(format!("{number}\n")).into(),
            Page::Headers => Reply::text(request.fields.received_text().cloned().unwrap_or_default()).into(),
            Page::Bytes(len) => generated::bytes(&self.block, len).into(),
            Page::Stream(lines) => generated::lines(lines, pause(&request)).into(),
            Page::Delay(ms) => delay(ms),
            Page::Status(status) => status_page(status).into(),
            Page::Image(number) => pictures::svg(number).into(),
            Page::Bitmap(number) => pictures::bitmap(number).into(),
        }
    }

    fn root(&self, request: Request) -> Step {
        match self.root.instead_of_page(&request) {
            Some(reply) => reply.into(),
            None if request.method == Method::Post => echo(request),
            None => self.root.page().into(),
        }
    }
}

impl Default for DemoSite {
    fn default() -> Self {
        Self::new()
    }
}

impl Handler for DemoSite {
    fn handle(&self, request: Request, _context: &Context) -> Step {
        let page = Page::of_path(request.target.path());
        if let (Page::Files(path), Some(files)) = (&page, &self.files) {
            return files.reply(&request, path).into();
        }
        let methods = page.methods();
        match &request.method {
            Method::Options => {
                Reply::empty(StatusCode::NO_CONTENT).with("Allow", allow::value(methods)).into()
            }
            method if methods.contains(method) => self.answer(page, request),
            // The target of CONNECT is no page of this site, but another server (RFC 9110 §9.3.6); a method that nobody
            // knows is none that this page lacks (§9.1).
            Method::Connect | Method::Other(_) => Reply::error(StatusCode::NOT_IMPLEMENTED).into(),
            _ if matches!(page, Page::Nothing | Page::Files(_)) => Reply::error(StatusCode::NOT_FOUND).into(),
            _ => Reply::method_not_allowed(&allow::value(methods)).into(),
        }
    }
}

/// What a path stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Page {
    Root,
    Echo,
    Cookie,
    Number(u64),
    Headers,
    Bytes(u64),
    Stream(u64),
    Delay(u64),
    Status(StatusCode),
    Image(u64),
    Bitmap(u64),
    Upload,
    /// The path below `/files`.
    Files(String),
    Nothing,
}

impl Page {
    /// What an encoded path stands for: `/%37` is `/7` (RFC 3986 §6.2.2.2), and `/bytes%2F7` is not `/bytes/7`.
    fn of_path(path: &str) -> Page {
        match Page::of(path) {
            Page::Nothing if path.contains('%') => match path::safe_segments(path) {
                Ok(names) => Page::of(&format!("/{}", names.join("/"))).or_nothing_of_files(),
                Err(_) => Page::Nothing,
            },
            page => page,
        }
    }

    /// A path below `/files` is decoded there, and must not be twice.
    fn or_nothing_of_files(self) -> Page {
        if matches!(self, Page::Files(_)) { Page::Nothing } else { self }
    }

    fn of(path: &str) -> Page {
        let (first, rest) = path.strip_prefix('/').unwrap_or(path).split_once('/').unzip();
        match (first, rest) {
            (None, _) => Page::of_one_segment(path),
            (Some("files"), Some(rest)) => Page::Files(format!("/{rest}")),
            (Some("images"), Some(name)) if name.ends_with(".bmp") => {
                number(name.trim_end_matches(".bmp")).map_or(Page::Nothing, Page::Bitmap)
            }
            (Some(name), Some(rest)) => number(rest).map_or(Page::Nothing, |n| Page::with_number(name, n)),
            _ => Page::Nothing,
        }
    }

    fn of_one_segment(path: &str) -> Page {
        match path {
            // `*` is the target of `OPTIONS *`, which asks about the server as a whole.
            "/" | "*" => Page::Root,
            "/echo" => Page::Echo,
            "/cookie" => Page::Cookie,
            "/headers" => Page::Headers,
            "/upload" => Page::Upload,
            _ => path.strip_prefix('/').and_then(number).map_or(Page::Nothing, Page::Number),
        }
    }

    fn with_number(name: &str, number: u64) -> Page {
        match name {
            "bytes" if number <= LONGEST_BYTES => Page::Bytes(number),
            "stream" => Page::Stream(number),
            "delay" if number <= LONGEST_DELAY => Page::Delay(number),
            "status" if (200..600).contains(&number) => Page::Status(StatusCode(number as u16)),
            "images" => Page::Image(number),
            _ => Page::Nothing,
        }
    }

    fn methods(&self) -> &'static [Method] {
        match self {
            Page::Root | Page::Number(_) | Page::Cookie => {
                &[Method::Get, Method::Head, Method::Post, Method::Options]
            }
            Page::Echo => &[Method::Get, Method::Head, Method::Post, Method::Put, Method::Options],
            Page::Upload => &[Method::Post, Method::Put, Method::Options],
            _ => &[Method::Get, Method::Head, Method::Options],
        }
    }
}

/// Digits only: no sign, no blank.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// The fields of a request, a line for each. Names are as they were sent.
fn field_lines(request: &Request) -> Vec<u8> {
    let line = |(name, value): (&[u8], &[u8])| [name, b": ", value, b"\n"].concat();
    request.fields.iter_bytes().flat_map(line).collect()
}

/// The cookies of a request, a line for each.
fn cookie_lines(request: &Request) -> String {
    cookie::pairs(&request.fields).map(|(name, value)| format!("{name}={value}\n")).collect()
}

fn echo(request: Request) -> Step {
    collect(ECHO_LIMIT, request, |request, content| {
        let content_type = request.fields.get_str("content-type").unwrap_or("application/octet-stream");
        Reply::of_type(content_type, content).into()
    })
}

fn delay(ms: u64) -> Step {
    let answer = move || Reply::text(format!("{ms} ms later\n")).into();
    Step::Later(Duration::from_millis(ms), Box::new(answer))
}

/// The status, with what RFC 9110 §15 demands of an answer that has it.
fn status_page(status: StatusCode) -> Reply {
    let reply = Reply::error(status);
    match status {
        StatusCode::RESET_CONTENT => Reply::empty(status),
        StatusCode::UNAUTHORIZED => reply.with("WWW-Authenticate", "Bearer realm=\"demo\""),
        StatusCode::METHOD_NOT_ALLOWED => reply.with("Allow", "GET, HEAD, OPTIONS"),
        StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
            reply.with("Proxy-Authenticate", "Bearer realm=\"demo\"")
        }
        StatusCode::RANGE_NOT_SATISFIABLE => reply.with("Content-Range", "bytes */0"),
        StatusCode::UPGRADE_REQUIRED => reply.with("Upgrade", "HTTP/1.1").with("Connection", "upgrade"),
        _ => reply,
    }
}

/// The `ms` of `?ms=100`.
fn pause(request: &Request) -> Option<Duration> {
    let query = request.target.query()?;
    let ms = query.split('&').find_map(|pair| number(pair.strip_prefix("ms=")?))?;
    Some(Duration::from_millis(ms.min(LONGEST_DELAY)))
}

#[cfg(test)]
mod tests {
    use super::{Page, StatusCode};

    #[test]
    fn paths_stand_for_pages() {
        let pages = [
            ("/", Page::Root),
            ("*", Page::Root),
            ("/7", Page::Number(7)),
            ("/echo", Page::Echo),
            ("/cookie", Page::Cookie),
            ("/bytes/1000", Page::Bytes(1000)),
            ("/status/404", Page::Status(StatusCode::NOT_FOUND)),
            ("/images/3", Page::Image(3)),
            ("/images/3.bmp", Page::Bitmap(3)),
            ("/files/a/b.txt", Page::Files("/a/b.txt".to_owned())),
            ("/files/", Page::Files("/".to_owned())),
        ];
        for (path, page) in pages {
            assert_eq!(Page::of(path), page, "{path}");
        }
    }

    #[test]
    fn an_encoded_path_stands_for_the_same_page() {
        assert_eq!(Page::of_path("/%65cho"), Page::Echo);
        assert_eq!(Page::of_path("/bytes/%37"), Page::Bytes(7));
        for path in ["/bytes%2F7", "/7%00", "/%2537", "/%zz", "/%66iles/%2561", "/%2e%2e/7"] {
            assert_eq!(Page::of_path(path), Page::Nothing, "{path}");
        }
    }

    #[test]
    fn what_is_nearly_a_page_is_none() {
        for path in
            ["/+7", "/7/", "/bytes/", "/bytes/x", "/bytes/1073741825", "/status/100", "/delay/60001", "/a"]
        {
            assert_eq!(Page::of(path), Page::Nothing, "{path}");
        }
        assert_eq!(Page::of("/18446744073709551616"), Page::Nothing, "2^64 is too large");
        assert_eq!(Page::of("/images/x.bmp"), Page::Nothing);
    }
}
