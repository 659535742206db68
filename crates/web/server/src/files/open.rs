//! From a request's path to an open file.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use wirelab_http::{StatusCode, path};

/// A regular file, open.
pub(super) struct Found {
    pub(super) file: File,
    pub(super) metadata: Metadata,
    pub(super) name: String,
}

/// The file that serves for a folder.
const INDEX: &str = "index.html";

/// What a path names; `None` if that is a folder, and the path does not end with a slash.
pub(super) fn find(root: &Path, request_path: &str) -> io::Result<Option<Found>> {
    let not_found = || io::Error::from(ErrorKind::NotFound);
    let mut names = path::safe_segments(request_path).map_err(|_| not_found())?;
    if names.iter().any(|name| name.starts_with('.') && name != ".well-known") {
        return Err(not_found());
    }
    let names_folder = names.is_empty() || request_path.ends_with('/');
    if names_folder {
        names.push(INDEX.to_owned());
    }
    // Links are resolved first and judged by where they lead.
    let target = names.iter().fold(root.to_owned(), |target, name| target.join(name)).canonicalize()?;
    if !target.starts_with(root) {
        return Err(not_found());
    }
    // What was no link a moment ago must not have become one; and opening a pipe must not wait for its writer.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(&target)?;
    let metadata = file.metadata()?;
    if metadata.is_file() {
        return Ok(Some(Found { file, metadata, name: names.pop().unwrap_or_default() }));
    }
    if metadata.is_dir() && !names_folder { Ok(None) } else { Err(not_found()) }
}

/// What a client is told when a file cannot be opened.
pub(super) fn status_of(error: &io::Error) -> StatusCode {
    match error.raw_os_error() {
        Some(libc::EACCES | libc::EPERM) => StatusCode::FORBIDDEN,
        Some(libc::ENOENT | libc::ENOTDIR | libc::ENAMETOOLONG | libc::ELOOP | libc::ENXIO) => {
            StatusCode::NOT_FOUND
        }
        // Out of descriptors: it will work again when others have ended.
        Some(libc::EMFILE | libc::ENFILE) => StatusCode::SERVICE_UNAVAILABLE,
        None if error.kind() == ErrorKind::NotFound => StatusCode::NOT_FOUND,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}
