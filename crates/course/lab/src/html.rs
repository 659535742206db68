//! HTML by hand: the frame of every page, and explanations in the colours of HTTP.

pub use wirelab::wire::render::escape;
use wirelab::wire::render::{self, HtmlOptions};
use wirelab::wire::{Explanation, Node};

/// The tabs, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// `/`
    Home,
    /// `/odd`
    Odd,
    /// `/sockets`
    Sockets,
    /// `/tcp`
    Tcp,
    /// `/source/…`
    Source,
}

/// A whole page: `title` is text, `main` is markup.
pub fn page(tab: Tab, title: &str, main: &str) -> String {
    let title = escape(title);
    let link = |to: Tab, href: &str, name: &str| {
        let current = if to == tab { " aria-current=\"page\"" } else { "" };
        format!("<li><a href=\"{href}\"{current}>{name}</a></li>")
    };
    let tabs = [
        link(Tab::Home, "/", "Your connection"),
        link(Tab::Odd, "/odd", "Odd requests"),
        link(Tab::Sockets, "/sockets", "Sockets"),
        link(Tab::Tcp, "/tcp", "TCP"),
        link(Tab::Source, "/source/", "Source"),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title} · Wirelab</title>\n<link rel=\"stylesheet\" href=\"/lab.css\">\n\
         <link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">\n<script src=\"/lab.js\" defer></script>\n\
         </head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n\
         <header><p class=\"brand\"><a href=\"/\">Wirelab</a></p><nav aria-label=\"Pages\"><ul>{tabs}</ul></nav></header>\n\
         <main id=\"main\" tabindex=\"-1\">\n{main}</main>\n\
         <footer><p>Served by our own event loop and our own HTTP/1.1. In a terminal: <code>curl -s</code> with this \
         page’s address.</p></footer>\n</body>\n</html>\n"
    )
}

/// The address in the lab of a line of source code.
pub fn source_link(file: &str, line: u32) -> String {
    format!("/source/{}#L{line}", file.replace('\\', "/"))
}

/// An explanation whose bytes are coloured by what they are in HTTP. `prefix` keeps the ids of several explanations on one
/// page apart.
pub fn explained(explanation: &Explanation, prefix: &str) -> String {
    let options = HtmlOptions { id_prefix: prefix, source_link: Some(source_link), class_of };
    render::html(explanation, &options)
}

/// The class of a field's bytes.
fn class_of(leaf: &Node) -> &'static str {
    match leaf.name {
        "method" | "request target" | "status code" | "reason phrase" | "chunk size" => "k-start",
        "protocol" | "major version" | "dot" | "minor version" => "k-version",
        "field name" | "extension name" => "k-name",
        "field value" | "extension value" => "k-value",
        "refused here" => "k-bad",
        "not understood" | "read, and given up" | "never read" => "k-unread",
        "content" | "chunk data" | "joined chunks" | "content, joined from its chunks" => "k-data",
        _ => "k-mark",
    }
}
