//! The book against the code: what it includes exists, what it shows is what the programs print, and no program is left
//! out of it.
//!
//! `WIRELAB_BLESS=1 cargo test -p wirelab-tests --test book` writes the golden files anew; read the difference.

use std::path::{Path, PathBuf};

use wirelab::formats;
use wirelab::wire::render::{Style, terminal};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All pages, with their text.
fn pages() -> Vec<(PathBuf, String)> {
    let mut folders = vec![root().join("book/src")];
    let mut pages = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                let text = std::fs::read_to_string(&path).unwrap();
                pages.push((path, text));
            }
        }
    }
    assert!(pages.len() > 5);
    pages
}

fn compare(name: &str, actual: &str) {
    let path = root().join("tests/golden").join(name);
    if std::env::var_os("WIRELAB_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, actual).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, golden, "{} is out of date", path.display());
}

/// What `explain FORMAT BYTES` prints, without colours.
fn explanation(format: &str, bytes: &[u8]) -> String {
    let format = formats::find(format).unwrap();
    terminal(&(format.explain)(bytes), Style::PLAIN)
}

#[test]
fn the_explanations_in_the_book_are_what_explain_prints() {
    let request = b"GET /about HTTP/1.1\r\nHost: example.com\r\n\r\n";
    compare("explain_http1_request.txt", &explanation("http1-request", request));
    let folded = b"GET / HTTP/1.1\r\nHost: example.com\r\nX-Long: first\r\n second\r\n\r\n";
    compare("explain_refused.txt", &explanation("http1-request", folded));
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
    compare("explain_chunked.txt", &explanation("http1-response", chunked));
}

#[test]
fn the_state_table_in_the_book_is_the_one_that_is_enforced() {
    compare("state_table.txt", &wirelab::http1::state::table());
}

#[test]
fn everything_that_the_book_includes_or_shows_exists() {
    for (page, text) in pages() {
        let included = text.split("{{#include ").skip(1).filter_map(|rest| rest.split("}}").next());
        let pictures = text.split("![").skip(1).filter_map(|rest| rest.split("](").nth(1)?.split(')').next());
        let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
        let local = |target: &&str| !target.contains("://") && !target.is_empty();
        // `file.rs:name` is the part of a file between two comments, ANCHOR: name and ANCHOR_END: name.
        let parts = included.clone().filter_map(|target| target.split_once(':'));
        for (target, anchor) in parts {
            let file = std::fs::read_to_string(page.parent().unwrap().join(target)).unwrap_or_default();
            assert!(
                file.contains(&format!("ANCHOR_END: {anchor}\n")),
                "{}: {target} has no {anchor}",
                page.display()
            );
        }
        let included = included.map(|target| target.split(':').next().unwrap_or(target));
        for target in included.chain(pictures).chain(links).filter(local) {
            let path = page.parent().unwrap().join(target);
            assert!(path.exists(), "{}: there is no {target}", page.display());
        }
    }
}

#[test]
fn every_program_has_its_place_in_the_book() {
    let book: String = pages().into_iter().map(|(_, text)| text).collect();
    for entry in std::fs::read_dir(root().join("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if let Some(program) = name.strip_suffix(".rs") {
            assert!(book.contains(program), "no page mentions {program}");
        }
    }
}

#[test]
fn every_page_of_a_section_has_the_five_steps_in_order() {
    for (page, text) in pages() {
        if !text.contains("\n## Predict\n") {
            continue;
        }
        let places = ["Predict", "Run", "Explain", "Change", "Make"].map(|step| {
            text.find(&format!("\n## {step}\n")).unwrap_or_else(|| panic!("{page:?} lacks {step}"))
        });
        assert!(places.is_sorted(), "{}: the steps are out of order", page.display());
    }
}
