//! Static files: a folder of the disk as a part of the site (RFC 9110 §13, §14).

mod open;
mod parts;

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use wirelab_http::conditional::{self, Outcome, Validators};
use wirelab_http::date::Date;
use wirelab_http::etag::EntityTag;
use wirelab_http::range::{self, ContentRange, Part, Resolved};
use wirelab_http::{Method, Request, StatusCode, file_type};

use self::open::Found;
use self::parts::Parts;
use crate::{Body, Context, FilePart, Handler, Reply, Step};

/// Serves the files below a folder: GET and HEAD, conditions, ranges, and `index.html` for folders. Large files are sent by
/// `sendfile`, so that their bytes never come into the process.
///
/// **What cannot be reached.** A path is taken apart and decoded before any of it is looked at, so that no `..`,
/// encoded slash or control character survives ([`wirelab_http::path::safe_segments`]). Symbolic links are followed
/// as long as they stay below the root; one that leads out is answered with 404. Names that begin with a dot are
/// hidden (404), but for `.well-known` (RFC 8615). Only regular files are served: a pipe or a device would
/// stop the loop. Whoever can write below the root while the server runs can exchange a folder for a link between the
/// check and the opening; give such people a root of their own.
///
/// Reading a file that is not in the page cache stops the loop until the disk has answered.
///
/// ```no_run
/// use wirelab_server::{Config, Files, Server};
///
/// # fn main() -> std::io::Result<()> {
/// let files = Files::new("/srv/www")?;
/// Server::bind("127.0.0.1:8080".parse().unwrap(), Config::default())?.run(files)
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Files {
    root: PathBuf,
}

/// The methods that files have.
const ALLOW: &str = "GET, HEAD, OPTIONS";

impl Files {
    /// The files below `root`.
    ///
    /// # Errors
    /// There is no such folder, or it may not be entered.
    pub fn new(root: impl AsRef<Path>) -> io::Result<Self> {
        let root = root.as_ref().canonicalize()?;
        if !root.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, "the root is not a folder"));
        }
        Ok(Files { root })
    }

    /// The answer to `request`, with `path` (percent-encoded, from the root on, beginning with `/`) in place of the
    /// target's own: for files below a part of the site only.
    pub fn reply(&self, request: &Request, path: &str) -> Reply {
        match request.method {
            Method::Get | Method::Head => {}
            Method::Options => return Reply::empty(StatusCode::NO_CONTENT).with("Allow", ALLOW),
            // RFC 9110 §9.1: not known, which is not the same as not allowed.
            Method::Connect | Method::Other(_) => return Reply::error(StatusCode::NOT_IMPLEMENTED),
            _ => return Reply::method_not_allowed(ALLOW),
        }
        match open::find(&self.root, path) {
            Ok(Some(Found { file, metadata, name })) => {
                Representation::new(&metadata, &name).reply(request, file)
            }
            Ok(None) => redirect_to_folder(request),
            Err(error) => Reply::error(open::status_of(&error)),
        }
    }
}

impl Handler for Files {
    fn handle(&self, request: Request, _context: &Context) -> Step {
        self.reply(&request, request.target.path()).into()
    }
}

/// Relative links in a folder's page count from the last slash, so that the slash must be there.
fn redirect_to_folder(request: &Request) -> Reply {
    // Only the last segment, relative: a path beginning with `//` would be taken for another host's.
    let name = request.target.path().rsplit('/').next().unwrap_or_default();
    let query = request.target.query().map_or(String::new(), |query| format!("?{query}"));
    Reply::error(StatusCode::PERMANENT_REDIRECT).with("Location", format!("./{name}/{query}"))
}

/// What there is to know about a file before it is read.
struct Representation {
    len: u64,
    content_type: &'static str,
    validators: Validators,
    now: Date,
}

impl Representation {
    fn new(metadata: &Metadata, name: &str) -> Self {
        let now = SystemTime::now();
        let modified = metadata.modified().ok();
        let tag = format!("{:x}-{:x}-{:x}", metadata.ino(), metadata.len(), nanoseconds(metadata));
        // A file that changed just now may change again within the clock's resolution: its tag is not strong yet
        // (RFC 9110 §8.8.1).
        let settled = modified.is_some_and(|at| now.duration_since(at).is_ok_and(|age| age.as_secs() >= 1));
        let etag = if settled { EntityTag::strong(tag) } else { EntityTag::weak(tag) };
        let now = Date::from(now);
        // RFC 9110 §8.8.2.1: never later than the message itself.
        let last_modified = modified.map(|modified| Date::from(modified).min(now));
        let validators = Validators { etag, last_modified };
        Representation { len: metadata.len(), content_type: file_type::of_path(name), validators, now }
    }

    fn reply(&self, request: &Request, file: std::fs::File) -> Reply {
        let validators = Some(&self.validators);
        match conditional::evaluate(&request.method, &request.fields, validators, self.now) {
            Outcome::NotModified => self.described(Reply::empty(StatusCode::NOT_MODIFIED)),
            Outcome::PreconditionFailed => Reply::error(StatusCode::PRECONDITION_FAILED),
            Outcome::ProceedWholly => self.whole(file),
            Outcome::Proceed => {
                let ranges = range::requested(&request.method, &request.fields, range::USUAL_LIMIT);
                match ranges.map_or(Resolved::Whole, |ranges| ranges.resolve(self.len)) {
                    Resolved::Whole => self.whole(file),
                    Resolved::Unsatisfiable => self.unsatisfiable(),
                    Resolved::Parts(parts) => match parts[..] {
                        [part] => self.part(file, part),
                        _ => self.several(file, parts),
                    },
                }
            }
        }
    }

    fn whole(&self, file: std::fs::File) -> Reply {
        let body = Body::File(FilePart { file, offset: 0, len: self.len });
        self.typed(StatusCode::OK, body).with("Accept-Ranges", "bytes")
    }

    fn part(&self, file: std::fs::File, part: Part) -> Reply {
        let range = ContentRange::Part { part, complete: Some(self.len) };
        let body = Body::File(FilePart { file, offset: part.first, len: part.len() });
        self.typed(StatusCode::PARTIAL_CONTENT, body).with("Content-Range", range.to_string())
    }

    fn several(&self, file: std::fs::File, parts: Vec<Part>) -> Reply {
        let Some(parts) = Parts::new(file, parts, self.content_type, self.len) else {
            return Reply::error(StatusCode::INTERNAL_SERVER_ERROR);
        };
        let reply = Reply::empty(StatusCode::PARTIAL_CONTENT)
            .with("Content-Type", parts.content_type())
            .with("Content-Length", parts.content_length().to_string());
        let mut reply = self.described(reply);
        reply.body = Body::Stream(Box::new(parts));
        reply
    }

    fn unsatisfiable(&self) -> Reply {
        let range = ContentRange::Unsatisfied { complete: self.len };
        Reply::error(StatusCode::RANGE_NOT_SATISFIABLE).with("Content-Range", range.to_string())
    }

    fn typed(&self, status: StatusCode, body: Body) -> Reply {
        let mut reply = Reply::empty(status).with("Content-Type", self.content_type);
        reply.body = body;
        self.described(reply)
    }

    fn described(&self, mut reply: Reply) -> Reply {
        if let Some(etag) = &self.validators.etag {
            reply = reply.with("ETag", etag.to_string());
        }
        if let Some(date) = self.validators.last_modified {
            reply = reply.with("Last-Modified", date.to_bytes());
        }
        // Type and content are what the server says; a browser that guesses can be made to run an upload.
        reply.with("X-Content-Type-Options", "nosniff")
    }
}

fn nanoseconds(metadata: &Metadata) -> i128 {
    i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec())
}
