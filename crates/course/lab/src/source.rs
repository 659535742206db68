//! The lab's own source code, from the checkout that it was built from, with an anchor at each line.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::html::{Tab, escape, page};

/// No source file is longer.
const LONGEST: u64 = 512 * 1024;

/// Good places to begin.
const TOUR: &[(&str, &str)] = &[
    ("crates/course/lab/src/lib.rs", "this page: from a request to its explanation"),
    ("crates/sockets/reactor/src/lib.rs", "epoll: which sockets are ready"),
    ("crates/web/server/src/lib.rs", "the server: accept, read, ask the handler, write"),
    ("crates/web/http1/src/lib.rs", "HTTP/1.1 without sockets"),
    ("crates/web/http1/src/wire/head.rs", "how a head is read"),
    ("crates/web/http1/src/wire/field_line.rs", "how one field line is read"),
    ("crates/foundation/wire/src/reader.rs", "the reader that decodes and explains at once"),
];

/// The root of the checkout.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
}

/// Whether `path` can only be a Rust file below `crates`: every part is a plain name.
fn is_safe(path: &str) -> bool {
    let plain = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(allowed)
    };
    path.starts_with("crates/") && path.ends_with(".rs") && path.split('/').all(plain)
}

/// The text of a source file. `None`: it is none, or is not there.
pub(crate) fn read(path: &str) -> Option<String> {
    if !is_safe(path) {
        return None;
    }
    // Names are plain, but a link in the tree could still lead out of it.
    let (base, file) = (root().join("crates").canonicalize().ok()?, root().join(path).canonicalize().ok()?);
    let is_short = file.metadata().is_ok_and(|about| about.is_file() && about.len() <= LONGEST);
    if !file.starts_with(base) || !is_short {
        return None;
    }
    std::fs::read_to_string(file).ok()
}

/// A source file as a page.
pub(crate) fn file_page(path: &str, text: &str) -> String {
    let mut lines = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        let class = if line.trim_start().starts_with("//") { " class=\"comment\"" } else { "" };
        let _ = write!(
            lines,
            "<span class=\"line\" id=\"L{number}\"><a href=\"#L{number}\" aria-label=\"line {number}\">{number:>4}</a><code{class}>{}</code>\n</span>",
            escape(line)
        );
    }
    let shown = escape(path);
    let main = format!(
        "<h1 class=\"path\">{shown}</h1>\n<p>From the checkout that this lab was built from. \
         <a href=\"/source/\">Where to begin reading</a></p>\n<pre class=\"code\">{lines}</pre>\n"
    );
    page(Tab::Source, path, &main)
}

/// The way through the code.
pub(crate) fn index_page() -> String {
    let item = |&(path, about): &(&str, &str)| {
        format!("<li><a href=\"/source/{path}\"><code>{path}</code></a><br>{}</li>\n", escape(about))
    };
    let items: String = TOUR.iter().map(item).collect();
    let main = format!(
        "<h1>The code that served you</h1>\n<p>Each field of <a href=\"/\">your request</a> links to the line that read it. \
         To read in order:</p>\n<ol class=\"tour\">\n{items}</ol>\n"
    );
    page(Tab::Source, "Source", &main)
}

#[cfg(test)]
mod tests {
    use super::{TOUR, is_safe, read};

    #[test]
    fn only_rust_files_below_crates_are_read() {
        let refused = [
            "crates/../Cargo.toml",
            "crates/../../etc/passwd.rs",
            "/etc/passwd",
            "crates/web/http1/Cargo.toml",
            "crates//web/x.rs",
            "crates/.hidden/x.rs",
            "crates/web\\x.rs",
            "crates/%2e%2e/x.rs",
            "tests/src/lib.rs",
            ".rs",
            "",
        ];
        for path in refused {
            assert!(!is_safe(path) && read(path).is_none(), "{path} was let through");
        }
    }

    #[test]
    fn every_stop_of_the_tour_exists() {
        for (path, _) in TOUR {
            assert!(read(path).is_some(), "{path} is not there");
        }
    }
}
